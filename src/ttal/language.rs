//! Language tags: BCP 47 form, canonical spelling, comparison.

use language_tags::LanguageTag;

/// Whether a tag is well-formed. BCP 47 § 2.1.
pub fn is_well_formed(tag: &str) -> bool {
    LanguageTag::parse(tag).is_ok()
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

/// Whether two tags mean the same language, region and script.
pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_empty() && !b.is_empty() && canonical(a) == canonical(b))
}

/// Whether `tag` is what someone who asks for `wanted` wants: the same, or more exact (`pt` takes `pt-BR`).
pub fn matches(tag: &str, wanted: &str) -> bool {
    let (tag, wanted) = (canonical(tag).to_ascii_lowercase(), canonical(wanted).to_ascii_lowercase());
    tag.strip_prefix(&wanted)
        .is_some_and(|rest| !wanted.is_empty() && (rest.is_empty() || rest.starts_with('-')))
}
