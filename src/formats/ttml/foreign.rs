//! XML that the model does not know: capturing it with its namespaces, and comparing it whatever its prefixes are.

use roxmltree::{Attribute, Node};

use super::names::Vocabulary;
use super::xml::{self, StartTag};
use crate::ttal::model::{Foreign, Slot};
use crate::ttal::place::Place;

/// An element that the model does not know, as it is spelt, with the namespaces that it uses declared on it.
pub fn element(text: &str, node: Node<'_, '_>, slot: Slot, index: u32) -> Foreign {
    let range = node.range();
    let slice = &text[range.clone()];
    let mut tag = StartTag::new(text, range.start);
    let name_end = tag.name_end() - range.start;
    let mut known: Vec<&str> = tag.by_ref().filter_map(|a| a.declared_prefix(text)).collect();
    let mut declarations = String::new();
    for inner in node.descendants().filter(Node::is_element) {
        let own = StartTag::new(text, inner.range().start);
        let prefix = prefix_of(&text[inner.range().start + 1..own.name_end()]).unwrap_or("");
        let attributes = own.filter(|a| a.declared_prefix(text).is_none());
        let prefixes = attributes.filter_map(|a| prefix_of(&text[a.name]));
        for prefix in std::iter::once(prefix).chain(prefixes) {
            if prefix == "xml" || known.contains(&prefix) {
                continue;
            }
            // Where it means something else around the whole, it is declared within.
            let uri = node.lookup_namespace_uri(Some(prefix).filter(|p| !p.is_empty()));
            if let Some(uri) = uri {
                let colon = if prefix.is_empty() { "" } else { ":" };
                declarations.push_str(&format!(" xmlns{colon}{prefix}=\"{}\"", escaped(uri)));
            }
            known.push(prefix);
        }
    }
    let xml = [&slice[..name_end], &declarations, &slice[name_end..]].concat();
    Foreign { at: Place::at(range.start), xml: xml.into(), slot, index, ..Foreign::default() }
}

/// An attribute that the model does not know.
pub fn attribute(text: &str, attribute: &Attribute<'_, '_>) -> Foreign {
    let range = attribute.range_qname();
    let name = &text[range.clone()];
    let value = escaped(attribute.value());
    let xml = match (prefix_of(name), attribute.namespace()) {
        (Some(prefix), Some(uri)) => format!("xmlns:{prefix}=\"{}\" {name}=\"{value}\"", escaped(uri)),
        _ => format!("{name}=\"{value}\""),
    };
    Foreign {
        at: Place::at(range.start),
        xml: xml.into(),
        slot: Slot::Attribute,
        index: 0,
        ..Foreign::default()
    }
}

fn prefix_of(name: &str) -> Option<&str> {
    name.split_once(':').map(|(prefix, _)| prefix)
}

/// A text as it stands in an attribute: markup, and white space that the parser would change, as references.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    out
}

/// What a piece of foreign XML says, without its prefixes: expanded names, attributes in order of their names.
/// `None` where it is not well-formed.
pub fn canonical(foreign: &Foreign) -> Option<String> {
    let wrapped;
    let xml: &str = if foreign.slot == Slot::Attribute {
        wrapped = format!("<a {}/>", foreign.xml);
        &wrapped
    } else {
        &foreign.xml
    };
    let document = xml::parse_fragment(xml).ok()?;
    let mut out = String::with_capacity(xml.len());
    canonical_node(document.root_element(), &mut out);
    Some(out)
}

/// The local name of a foreign child that DAPT knows, so that it stays where it is: TTML's metadata, and paragraphs
/// outside of events. `None` for all others, which are left out.
pub(crate) fn kept_child(foreign: &Foreign) -> Option<&'static str> {
    if foreign.slot != Slot::Child {
        return None;
    }
    let document = xml::parse_fragment(&foreign.xml).ok()?;
    match super::names::tag(document.root_element()) {
        (Vocabulary::Tt, "p") => Some("p"),
        (Vocabulary::Metadata, _) => Some("metadata"),
        _ => None,
    }
}

fn canonical_node(node: Node<'_, '_>, out: &mut String) {
    if let Some(text) = node.text().filter(|_| node.is_text()) {
        out.push_str(&escaped(text));
        return;
    }
    if !node.is_element() {
        return;
    }
    let name = |uri: Option<&str>, name: &str| format!("{{{}}}{name}", uri.unwrap_or(""));
    let own = name(node.tag_name().namespace(), node.tag_name().name());
    let mut attributes: Vec<(String, String)> =
        node.attributes().map(|a| (name(a.namespace(), a.name()), escaped(a.value()))).collect();
    attributes.sort();
    out.push('<');
    out.push_str(&own);
    for (name, value) in attributes {
        out.push_str(&format!(" {name}=\"{value}\""));
    }
    out.push('>');
    for child in node.children() {
        canonical_node(child, out);
    }
    out.push_str("</>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_elements_carry_their_namespaces() {
        let text = r#"<a xmlns="urn:a" xmlns:v="urn:v" xmlns:w="urn:w" xmlns:x="urn:x"><v:b w:c="1"><d xmlns:x="urn:y"><x:e/></d></v:b></a>"#;
        let document = roxmltree::Document::parse(text).unwrap();
        let node = document.root_element().first_child().unwrap();
        let foreign = element(text, node, Slot::Metadata, 2);
        assert!(
            foreign.xml.starts_with(r#"<v:b xmlns:v="urn:v" xmlns:w="urn:w" xmlns="urn:a""#),
            "{}",
            foreign.xml
        );
        let canonical_form = canonical(&foreign).unwrap();
        assert_eq!(canonical_form, r#"<{urn:v}b {urn:w}c="1"><{urn:a}d><{urn:y}e></></></>"#);
        let other = Foreign {
            xml:
                r#"<b xmlns="urn:v" xmlns:q="urn:w" q:c="1"><d xmlns="urn:a"><p:e xmlns:p="urn:y"/></d></b>"#
                    .into(),
            ..Foreign::default()
        };
        assert_eq!(canonical(&other), Some(canonical_form));
    }
}
