//! HTML character references.

/// The characters that a reference at the begin of `text`, which begins with `&`, stands for, and its length. HTML
/// § 13.2.5.72, not as part of an attribute.
pub(super) fn reference(text: &str) -> Option<(String, usize)> {
    let rest = text.strip_prefix('&')?;
    if let Some(number) = rest.strip_prefix('#') {
        return numeric(number).map(|(c, length)| (c.to_string(), length + 2));
    }
    let length = rest.bytes().take(MAX_NAME).take_while(u8::is_ascii_alphanumeric).count();
    let name = &rest[..length];
    if rest[length..].starts_with(';')
        && let Some(characters) = quick_xml::escape::resolve_html5_entity(name)
    {
        return Some((characters.to_string(), length + 2));
    }
    // Some names may go without semicolon; the longest that fits is meant.
    let (known, characters) =
        BARE.iter().filter(|(known, _)| name.starts_with(known)).max_by_key(|(known, _)| known.len())?;
    Some((characters.to_string(), known.len() + 1))
}

/// Letters of the longest name.
const MAX_NAME: usize = 31;

/// The digits behind `&#`; the length counts from there.
fn numeric(text: &str) -> Option<(char, usize)> {
    let (digits, radix, before) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 1),
        None => (text, 10, 0),
    };
    let length = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    let code = digits[..length].bytes().fold(0u32, |code, digit| {
        let value = char::from(digit).to_digit(radix).unwrap_or(0);
        code.saturating_mul(radix).saturating_add(value)
    });
    let c = match code {
        0 => '\u{fffd}',
        0x80..=0x9f => {
            // What Windows has there, as HTML § 13.2.5.80 says.
            let byte = [u8::try_from(code).unwrap_or(0)];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
            text.chars().next().unwrap_or('\u{fffd}')
        }
        code => char::from_u32(code).unwrap_or('\u{fffd}'),
    };
    let semicolon = usize::from(digits[length..].starts_with(';'));
    Some((c, before + length + semicolon))
}

/// Names that HTML takes without semicolon too. HTML § 13.5.
const BARE: &[(&str, char)] = &[
    ("AElig", 'Æ'),
    ("AMP", '&'),
    ("Aacute", 'Á'),
    ("Acirc", 'Â'),
    ("Agrave", 'À'),
    ("Aring", 'Å'),
    ("Atilde", 'Ã'),
    ("Auml", 'Ä'),
    ("COPY", '©'),
    ("Ccedil", 'Ç'),
    ("ETH", 'Ð'),
    ("Eacute", 'É'),
    ("Ecirc", 'Ê'),
    ("Egrave", 'È'),
    ("Euml", 'Ë'),
    ("GT", '>'),
    ("Iacute", 'Í'),
    ("Icirc", 'Î'),
    ("Igrave", 'Ì'),
    ("Iuml", 'Ï'),
    ("LT", '<'),
    ("Ntilde", 'Ñ'),
    ("Oacute", 'Ó'),
    ("Ocirc", 'Ô'),
    ("Ograve", 'Ò'),
    ("Oslash", 'Ø'),
    ("Otilde", 'Õ'),
    ("Ouml", 'Ö'),
    ("QUOT", '"'),
    ("REG", '®'),
    ("THORN", 'Þ'),
    ("Uacute", 'Ú'),
    ("Ucirc", 'Û'),
    ("Ugrave", 'Ù'),
    ("Uuml", 'Ü'),
    ("Yacute", 'Ý'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("acute", '´'),
    ("aelig", 'æ'),
    ("agrave", 'à'),
    ("amp", '&'),
    ("aring", 'å'),
    ("atilde", 'ã'),
    ("auml", 'ä'),
    ("brvbar", '¦'),
    ("ccedil", 'ç'),
    ("cedil", '¸'),
    ("cent", '¢'),
    ("copy", '©'),
    ("curren", '¤'),
    ("deg", '°'),
    ("divide", '÷'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("egrave", 'è'),
    ("eth", 'ð'),
    ("euml", 'ë'),
    ("frac12", '½'),
    ("frac14", '¼'),
    ("frac34", '¾'),
    ("gt", '>'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("iexcl", '¡'),
    ("igrave", 'ì'),
    ("iquest", '¿'),
    ("iuml", 'ï'),
    ("laquo", '«'),
    ("lt", '<'),
    ("macr", '¯'),
    ("micro", 'µ'),
    ("middot", '·'),
    ("nbsp", '\u{a0}'),
    ("not", '¬'),
    ("ntilde", 'ñ'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("ograve", 'ò'),
    ("ordf", 'ª'),
    ("ordm", 'º'),
    ("oslash", 'ø'),
    ("otilde", 'õ'),
    ("ouml", 'ö'),
    ("para", '¶'),
    ("plusmn", '±'),
    ("pound", '£'),
    ("quot", '"'),
    ("raquo", '»'),
    ("reg", '®'),
    ("sect", '§'),
    ("shy", '\u{ad}'),
    ("sup1", '¹'),
    ("sup2", '²'),
    ("sup3", '³'),
    ("szlig", 'ß'),
    ("thorn", 'þ'),
    ("times", '×'),
    ("uacute", 'ú'),
    ("ucirc", 'û'),
    ("ugrave", 'ù'),
    ("uml", '¨'),
    ("uuml", 'ü'),
    ("yacute", 'ý'),
    ("yen", '¥'),
    ("yuml", 'ÿ'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_as_html_takes_them() {
        let take = |text| reference(text).unwrap_or_default();
        assert_eq!(take("&amp;x"), ("&".into(), 5));
        assert_eq!(take("&ampx"), ("&".into(), 4));
        assert_eq!(take("&notin;"), ("∉".into(), 7));
        assert_eq!(take("&notit;"), ("¬".into(), 4));
        assert_eq!(take("&lrm;"), ("\u{200e}".into(), 5));
        assert_eq!(take("&#x41;"), ("A".into(), 6));
        assert_eq!(take("&#65x"), ("A".into(), 4));
        assert_eq!(take("&#128;"), ("€".into(), 6));
        assert_eq!(take("&#99999999999;"), ("\u{fffd}".into(), 14));
        for none in ["&", "& ", "&#", "&#x;", "&l;", "&am"] {
            assert_eq!(reference(none), None, "{none}");
        }
    }
}
