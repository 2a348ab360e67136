//! The namespaces of TTML and its relatives, and the prefixes that the model gives them.

use roxmltree::{Attribute, Node};

/// The namespace of TTML's elements.
pub const TTML: &str = "http://www.w3.org/ns/ttml";
/// The namespace of our own metadata.
pub const TX: &str = "urn:ttal:metadata:1";
/// The namespace of EBU-TT metadata.
pub const EBU_METADATA: &str = "urn:ebu:tt:metadata";
/// DAPT's metadata vocabulary.
pub const DAPT_METADATA: &str = "http://www.w3.org/ns/ttml/profile/dapt#metadata";

/// Which vocabulary a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// TTML's elements.
    Tt,
    /// TTML parameters.
    Parameter,
    /// TTML styles.
    Style,
    /// TTML metadata.
    Metadata,
    /// TTML audio styles.
    Audio,
    /// DAPT metadata.
    Dapt,
    /// IMSC styles.
    ImscStyle,
    /// IMSC parameters.
    ImscParameter,
    /// EBU-TT styles.
    EbuStyle,
    /// EBU-TT metadata.
    EbuMetadata,
    /// XLink.
    Xlink,
    /// The xml prefix.
    Xml,
    /// Our own metadata.
    Tx,
    /// No namespace.
    None,
    /// Any other namespace.
    Foreign,
}

/// The namespaces with a fixed prefix, in the order in which a document declares them.
pub const FIXED: &[(Vocabulary, &str, &str)] = &[
    (Vocabulary::Parameter, "ttp", "http://www.w3.org/ns/ttml#parameter"),
    (Vocabulary::Style, "tts", "http://www.w3.org/ns/ttml#styling"),
    (Vocabulary::Metadata, "ttm", "http://www.w3.org/ns/ttml#metadata"),
    (Vocabulary::Audio, "tta", "http://www.w3.org/ns/ttml#audio"),
    (Vocabulary::Dapt, "daptm", DAPT_METADATA),
    (Vocabulary::ImscStyle, "itts", "http://www.w3.org/ns/ttml/profile/imsc1#styling"),
    (Vocabulary::ImscParameter, "ittp", "http://www.w3.org/ns/ttml/profile/imsc1#parameter"),
    (Vocabulary::EbuStyle, "ebutts", "urn:ebu:tt:style"),
    (Vocabulary::EbuMetadata, "ebuttm", EBU_METADATA),
    (Vocabulary::Xlink, "xlink", "http://www.w3.org/1999/xlink"),
    (Vocabulary::Tx, "tx", TX),
    (Vocabulary::Xml, "xml", "http://www.w3.org/XML/1998/namespace"),
];

/// The roots of TTML's namespaces before it was a Recommendation.
const DRAFTS: &[&str] = &["http://www.w3.org/2006/04/ttaf1", "http://www.w3.org/2006/10/ttaf1"];

impl Vocabulary {
    /// The vocabulary of a namespace. Drafts of TTML count as TTML.
    pub fn of(uri: Option<&str>) -> Self {
        let Some(uri) = uri.filter(|uri| !uri.is_empty()) else { return Vocabulary::None };
        if uri == TTML {
            return Vocabulary::Tt;
        }
        if let Some((vocabulary, ..)) = FIXED.iter().find(|(.., known)| *known == uri) {
            return *vocabulary;
        }
        match DRAFTS.iter().find_map(|draft| uri.strip_prefix(draft)) {
            Some("") => Vocabulary::Tt,
            Some("#style" | "#styling" | "#style-extension") => Vocabulary::Style,
            Some("#metadata" | "#metadata-extension") => Vocabulary::Metadata,
            Some("#parameter") => Vocabulary::Parameter,
            _ => Vocabulary::Foreign,
        }
    }

    /// The prefix that the model gives names of this vocabulary; empty where there is none.
    pub fn prefix(self) -> &'static str {
        FIXED.iter().find(|(vocabulary, ..)| *vocabulary == self).map_or("", |(_, prefix, _)| prefix)
    }
}

/// The namespace of a fixed prefix.
pub fn namespace_of(prefix: &str) -> Option<&'static str> {
    FIXED.iter().find(|(_, known, _)| *known == prefix).map(|(.., uri)| *uri)
}

/// The vocabulary and local name of an element.
pub fn tag<'input>(node: Node<'_, 'input>) -> (Vocabulary, &'input str) {
    let name = node.tag_name();
    (Vocabulary::of(name.namespace()), name.name())
}

/// The vocabulary and local name of an attribute.
pub fn attribute_tag<'input>(attribute: &Attribute<'_, 'input>) -> (Vocabulary, &'input str) {
    (Vocabulary::of(attribute.namespace()), attribute.name())
}

/// Whether a node is this element of TTML.
pub fn is_tt(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && tag(node) == (Vocabulary::Tt, name)
}

/// The value of an attribute, if it is there.
pub fn attribute<'a>(node: Node<'a, '_>, vocabulary: Vocabulary, name: &str) -> Option<&'a str> {
    node.attributes()
        .find(|a| a.name() == name && Vocabulary::of(a.namespace()) == vocabulary)
        .map(|a| a.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_of_drafts_count_as_ttml() {
        assert_eq!(Vocabulary::of(Some("http://www.w3.org/2006/10/ttaf1#styling")), Vocabulary::Style);
        assert_eq!(Vocabulary::of(Some(TTML)), Vocabulary::Tt);
        assert_eq!(Vocabulary::of(Some("urn:x")), Vocabulary::Foreign);
        assert_eq!(Vocabulary::of(None).prefix(), "");
    }
}
