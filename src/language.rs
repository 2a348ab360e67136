//! Languages of tracks: BCP 47 tags, and the three-letter codes that containers have.

use isolang::Language;
use language_tags::LanguageTag;

use crate::error::{Error, Result};

/// ISO 639-2's bibliographic codes, and the terminological ones that stand for the same languages.
const BIBLIOGRAPHIC: [(&str, &str); 20] = [
    ("alb", "sqi"),
    ("arm", "hye"),
    ("baq", "eus"),
    ("bur", "mya"),
    ("chi", "zho"),
    ("cze", "ces"),
    ("dut", "nld"),
    ("fre", "fra"),
    ("geo", "kat"),
    ("ger", "deu"),
    ("gre", "ell"),
    ("ice", "isl"),
    ("mac", "mkd"),
    ("mao", "mri"),
    ("may", "msa"),
    ("per", "fas"),
    ("rum", "ron"),
    ("slo", "slk"),
    ("tib", "bod"),
    ("wel", "cym"),
];

/// The BCP 47 tag for what a container says of a language: `fr` for `fra` and `fre`, `pt-BR` as it is. Tags that are
/// no tags, and `und`, give none.
pub fn tag_of(code: &str) -> Option<String> {
    let mut parts = code.splitn(2, '-');
    let primary = parts.next().unwrap_or_default().to_ascii_lowercase();
    let primary = match BIBLIOGRAPHIC.iter().find(|(bibliographic, _)| *bibliographic == primary) {
        Some((_, terminological)) => (*terminological).to_string(),
        None => primary,
    };
    let shortest = match Language::from_639_3(&primary).and_then(|language| language.to_639_1()) {
        Some(two) => two.to_string(),
        None => primary,
    };
    let tag = match parts.next() {
        Some(rest) => format!("{shortest}-{rest}"),
        None => shortest,
    };
    if tag == "und" { None } else { canonical(&tag).ok() }
}

/// The canonical spelling of a BCP 47 tag whose primary language is registered.
///
/// # Errors
/// `Usage` for anything else.
pub fn canonical(tag: &str) -> Result<String> {
    let wrong = |why: &str| {
        Error::usage(format!("`{}` is no language tag{why}; write it as fr or pt-BR", tag.escape_debug()))
    };
    let parsed = LanguageTag::parse(tag).map_err(|_| wrong(""))?;
    let primary = parsed.primary_language();
    let known = match primary.len() {
        2 => {
            Language::from_639_1(primary).is_some() || ["in", "iw", "ji", "jw", "mo", "sh"].contains(&primary)
        }
        3 => {
            Language::from_639_3(primary).is_some()
                || BIBLIOGRAPHIC.iter().any(|(code, _)| *code == primary)
                || matches!(primary, "und" | "mul" | "mis" | "zxx")
                || ("qaa"..="qtz").contains(&primary)
        }
        _ => false,
    };
    // Grandfathered tags and private ones have no primary language.
    if !known && !primary.is_empty() {
        return Err(wrong(&format!(": no language has the code {}", primary.escape_debug())));
    }
    let canonical = parsed.canonicalize().map_err(|_| wrong(""))?;
    Ok(canonical.as_str().to_string())
}

/// The three letters of ISO 639-2/T that `mdhd` has for a tag, and whether they say all that the tag says.
pub fn packed_code(tag: Option<&str>) -> ([u8; 3], bool) {
    let Some(tag) = tag else { return (*b"und", true) };
    let primary = tag.split('-').next().unwrap_or_default();
    let letters = registered(primary).map_or(primary, |language| language.to_639_3());
    match <[u8; 3]>::try_from(letters.as_bytes()) {
        Ok(code) if code.iter().all(u8::is_ascii_lowercase) => (code, primary.len() == tag.len()),
        _ => (*b"und", tag == "und"),
    }
}

/// The English name of a tag's language, for people; none where there is none to tell.
pub fn name(tag: &str) -> Option<&'static str> {
    let language = registered(tag.split('-').next()?).filter(|language| *language != Language::Und)?;
    // ISO 639-3 puts what tells languages of one name apart in brackets.
    language.to_name().split(" (").next()
}

/// The language of a code of two or three letters.
fn registered(code: &str) -> Option<Language> {
    Language::from_639_1(code).or_else(|| Language::from_639_3(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_codes_become_tags() {
        for (code, tag) in [
            ("eng", Some("en")),
            ("fre", Some("fr")),
            ("fra", Some("fr")),
            ("de-CH", Some("de-CH")),
            ("ger-ch", Some("de-CH")),
            ("yue", Some("yue")),
            ("und", None),
            ("```", None),
            ("", None),
        ] {
            assert_eq!(tag_of(code).as_deref(), tag, "{code}");
        }
    }

    #[test]
    fn tags_are_checked() {
        assert_eq!(canonical("PT-br").unwrap(), "pt-BR");
        assert_eq!(canonical("zh-hant").unwrap(), "zh-Hant");
        for wrong in ["", "xx", "french", "fr_FR", "e", "fr-"] {
            assert!(canonical(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn media_headers_hold_three_letters() {
        assert_eq!(packed_code(Some("fr")), (*b"fra", true));
        assert_eq!(packed_code(Some("pt-BR")), (*b"por", false));
        assert_eq!(packed_code(Some("yue")), (*b"yue", true));
        assert_eq!(packed_code(None), (*b"und", true));
        assert_eq!((name("pt-BR"), name("fr"), name("und")), (Some("Portuguese"), Some("French"), None));
    }
}
