//! How words look, as far as WebVTT can say it, and the classes that say it.

use std::collections::BTreeSet;

use super::css::DEFAULT_COLORS;
use crate::formats::color;
use crate::formats::style::Look;
use crate::ttal::model::Attributes;

/// How words look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Paint {
    pub(super) italic: bool,
    pub(super) bold: bool,
    pub(super) underline: bool,
    line_through: bool,
    color: Option<String>,
    background: Option<String>,
}

impl Paint {
    /// From what an element has after references and inheritance.
    pub(super) fn of(look: Look<'_>) -> Self {
        Paint {
            italic: look.italic,
            bold: look.bold,
            underline: look.underline,
            line_through: look.line_through,
            color: look.color.and_then(color::ttml),
            background: look
                .background
                .and_then(color::ttml)
                .filter(|color| !color.ends_with("00") || color.len() < 9),
        }
    }

    /// What an element inside of this has by a tag and attributes that style sheets give it.
    pub(super) fn inside(&self, tag: &str, attributes: &Attributes) -> Paint {
        let mut paint = Paint { background: None, ..self.clone() };
        match tag {
            "i" => paint.italic = true,
            "b" => paint.bold = true,
            "u" => paint.underline = true,
            _ => {}
        }
        for (name, value) in attributes.iter() {
            match name {
                "tts:fontStyle" => paint.italic = value != "normal",
                "tts:fontWeight" => paint.bold = value == "bold",
                "tts:textDecoration" => {
                    paint.underline = (paint.underline && value != "none") || value.contains("underline");
                    paint.line_through =
                        (paint.line_through && value != "none") || value.contains("lineThrough");
                }
                "tts:color" => paint.color = color::ttml(value),
                "tts:backgroundColor" => paint.background = color::ttml(value),
                _ => {}
            }
        }
        paint
    }

    /// The tags and classes that make this of `there`.
    pub(super) fn change(&self, there: &Paint, classes: &mut Classes) -> Change {
        let mut change = Change::default();
        for (tag, wanted, is) in [
            ("i", self.italic, there.italic),
            ("b", self.bold, there.bold),
            ("u", self.underline, there.underline),
        ] {
            if wanted && !is {
                change.tags.push(tag);
            }
        }
        let mut class = |name: String, declaration: Option<String>| {
            if let Some(declaration) = declaration {
                classes.0.insert(format!("::cue(.{name}) {{ {declaration} }}"));
            }
            change.classes.push(name);
        };
        if there.italic && !self.italic {
            class("upright".into(), Some("font-style: normal".into()));
        }
        if there.bold && !self.bold {
            class("light".into(), Some("font-weight: normal".into()));
        }
        if self.line_through && !there.line_through {
            class("line-through".into(), Some("text-decoration: line-through".into()));
        }
        for (wanted, is, prefix, named_prefix, property) in [
            (&self.color, &there.color, "color-", "", "color"),
            (&self.background, &there.background, "background-", "bg_", "background-color"),
        ] {
            let Some(color) = wanted.as_ref().filter(|_| wanted != is) else { continue };
            match DEFAULT_COLORS.iter().find(|(_, known)| known == color) {
                // No rule: players know these, and some readers give up on a file at its first style sheet.
                Some((name, _)) => class(format!("{named_prefix}{name}"), None),
                None => class(format!("{prefix}{}", &color[1..]), Some(format!("{property}: {color}"))),
            }
        }
        change
    }
}

/// What has to be written so that words look as they should.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Tags: i, b, u.
    pub(super) tags: Vec<&'static str>,
    /// Classes.
    pub(super) classes: Vec<String>,
}

/// Rules for the classes that were used.
#[derive(Debug, Default)]
pub(super) struct Classes(pub(super) BTreeSet<String>);

impl Paint {
    /// Takes the background of what this stands on, unless attributes set another: both are of the text as a whole.
    pub(super) fn inherit_background(&mut self, below: &Paint, attributes: &Attributes) {
        if attributes.get("tts:backgroundColor").is_none() {
            self.background.clone_from(&below.background);
        }
    }

    /// Leaves the background out, which is not inherited.
    pub(super) fn forget_background(&mut self) {
        self.background = None;
    }
}
