//! Language tags: BCP 47 form, canonical spelling, comparison.

use language_tags::LanguageTag;

/// Whether a tag is well-formed. BCP 47 § 2.1.
pub fn is_well_formed(tag: &str) -> bool {
    LanguageTag::parse(tag).is_ok()
}

/// What is said of a tag that is not well-formed.
pub fn malformed(tag: &str) -> String {
    format!("`{tag}` is no language tag; write it as fr or pt-BR")
}

/// The canonical spelling of a tag: usual case, no deprecated or extended subtags; malformed ones as they are.
pub fn canonical(tag: &str) -> String {
    match LanguageTag::parse(tag) {
        Ok(parsed) => {
            parsed.canonicalize().map_or_else(|_| parsed.as_str().to_string(), |c| c.as_str().to_string())
        }
        Err(_) => tag.to_string(),
    }
}

/// Whether a tag is its own canonical spelling at first sight: two letters, and none of those that were replaced.
fn is_canonical_code(tag: &str) -> bool {
    const REPLACED: [&str; 5] = ["in", "iw", "ji", "jw", "mo"];
    tag.len() == 2 && tag.bytes().all(|b| b.is_ascii_lowercase()) && !REPLACED.contains(&tag)
}

/// Whether two tags mean the same language, region and script.
pub fn same(a: &str, b: &str) -> bool {
    if is_canonical_code(a) && is_canonical_code(b) {
        return a == b;
    }
    a.eq_ignore_ascii_case(b) || (!a.is_empty() && !b.is_empty() && canonical(a) == canonical(b))
}

/// Whether `tag` is what someone who asks for `wanted` wants: the same, or more exact (`pt` takes `pt-BR`).
pub fn matches(tag: &str, wanted: &str) -> bool {
    if is_canonical_code(tag) && is_canonical_code(wanted) {
        return tag == wanted;
    }
    let (tag, wanted) = (canonical(tag).to_ascii_lowercase(), canonical(wanted).to_ascii_lowercase());
    tag.strip_prefix(&wanted)
        .is_some_and(|rest| !wanted.is_empty() && (rest.is_empty() || rest.starts_with('-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_by_what_they_mean() {
        for (a, b, equal) in [
            ("en", "en", true),
            ("en", "fr", false),
            ("EN", "en", true),
            ("iw", "he", true),
            ("pt", "pt-BR", false),
            ("zh-cmn-Hans", "cmn-hans", true),
            ("", "", true),
            ("", "en", false),
        ] {
            assert_eq!(same(a, b), equal, "{a} {b}");
        }
        for (tag, wanted, fits) in [
            ("pt-BR", "pt", true),
            ("pt", "pt-BR", false),
            ("pt", "pt", true),
            ("ptx", "pt", false),
            ("he", "iw", true),
            ("en", "", false),
        ] {
            assert_eq!(matches(tag, wanted), fits, "{tag} {wanted}");
        }
    }
}
