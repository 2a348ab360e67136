//! Whether a document is one of IMSC's text profiles.

use roxmltree::{Document, Node};

use super::allowed::{On, Root, allowed};
use super::head::pair;
use crate::formats::ttml::names::{TTML, Vocabulary, attribute, attribute_tag, tag};

/// The profile that a document keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conformance {
    /// The text profile of IMSC 1.0.1.
    Imsc1,
    /// The text profile of IMSC 1.1.
    Imsc11,
}

/// Style attributes that came with IMSC 1.1.
const NEW: &[&str] = &[
    "itts:fillLineGap",
    "tts:disparity",
    "tts:luminanceGain",
    "tts:position",
    "tts:ruby",
    "tts:rubyAlign",
    "tts:rubyPosition",
    "tts:rubyReserve",
    "tts:shear",
    "tts:textCombine",
    "tts:textEmphasis",
    "tts:textShadow",
];

/// Which text profile a document keeps to, as far as its vocabulary and styles show it; times are left aside.
///
/// # Errors
/// What it has that neither of them knows.
pub(crate) fn conformance(document: &Document<'_>) -> Result<Conformance, String> {
    let root = document.root_element();
    if root.tag_name().namespace() != Some(TTML) {
        return Err("a draft of TTML".into());
    }
    if attribute(root, Vocabulary::Xml, "lang").is_none() {
        return Err("no xml:lang on its root".into());
    }
    let parameter = |name| attribute(root, Vocabulary::Parameter, name);
    let measures = Root {
        cells: parameter("cellResolution").and_then(|value| pair(value, "")).unwrap_or((32.0, 15.0)),
        pixels: attribute(root, Vocabulary::Style, "extent").and_then(|value| pair(value, "px")),
    };
    let declared = [parameter("profile"), parameter("contentProfiles")];
    let mut newer = parameter("contentProfiles").is_some()
        || declared
            .iter()
            .flatten()
            .any(|profile| profile.contains("imsc1.1") || profile.contains("imsc1.2"));
    for node in root.descendants().filter(Node::is_element) {
        let (vocabulary, name) = tag(node);
        if vocabulary != Vocabulary::Tt {
            continue;
        }
        let on = match name {
            "tt" | "head" | "metadata" | "styling" | "layout" => continue,
            "style" => On::Style,
            "initial" => {
                newer = true;
                On::Style
            }
            "region" => On::Region,
            "body" | "div" | "p" => On::Block,
            "span" | "br" => On::Span,
            "set" => On::Set,
            other => return Err(format!("`{other}` elements")),
        };
        for a in node.attributes() {
            let (vocabulary, name) = attribute_tag(&a);
            if !matches!(vocabulary, Vocabulary::Style | Vocabulary::ImscStyle | Vocabulary::EbuStyle) {
                continue;
            }
            let name = format!("{}:{name}", vocabulary.prefix());
            if !allowed(&name, a.value(), on, &measures).is_some_and(|allowed| allowed.exact) {
                return Err(format!("{name}=\"{}\"", a.value().escape_debug()));
            }
            let root_units = ["rw", "rh"].iter().any(|unit| {
                a.value()
                    .match_indices(unit)
                    .any(|(at, _)| a.value()[..at].ends_with(|c: char| c.is_ascii_digit()))
            });
            newer |= NEW.contains(&&*name) || root_units;
        }
    }
    Ok(if newer { Conformance::Imsc11 } else { Conformance::Imsc1 })
}
