//! Which kinds of styles elements have.

use std::collections::HashMap;

use crate::ttal::model::{Attributes, Style};

/// Styles that refer to one another are followed this far.
const MAX_CHAIN: u32 = 32;

/// Which kinds of styles an element has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kinds {
    pub(super) italic: bool,
    pub(super) bold: bool,
    pub(super) underline: bool,
    pub(super) color: bool,
    pub(super) background: bool,
    pub(super) other: bool,
    pub(super) ruby: bool,
    pub(super) direction: bool,
    pub(super) placed: bool,
    pub(super) forced: bool,
    pub(super) audio: bool,
}

impl Kinds {
    pub(super) fn add(&mut self, styling: &Attributes) {
        for (name, value) in styling.iter() {
            match name {
                "tts:fontStyle" => self.italic |= value != "normal",
                "tts:fontWeight" => self.bold |= value != "normal",
                "tts:textDecoration" => {
                    self.underline |= value.split_whitespace().any(|word| word == "underline");
                    self.other |= value.split_whitespace().any(|w| matches!(w, "lineThrough" | "overline"));
                }
                "tts:color" => self.color = true,
                "tts:backgroundColor" => self.background = true,
                "tts:ruby" | "tts:rubyAlign" | "tts:rubyPosition" | "tts:rubyReserve" => self.ruby = true,
                "tts:direction" | "tts:unicodeBidi" => self.direction = true,
                "tts:origin"
                | "tts:extent"
                | "tts:position"
                | "tts:displayAlign"
                | "tts:textAlign"
                | "tts:writingMode"
                | "ebutts:multiRowAlign" => self.placed = true,
                "itts:forcedDisplay" => self.forced |= value == "true",
                name if name.starts_with("tta:") => self.audio = true,
                name if name.starts_with("xml:") || name.starts_with("ttm:") => {}
                _ => self.other = true,
            }
        }
    }

    pub(super) fn join(&mut self, other: Kinds) {
        self.italic |= other.italic;
        self.bold |= other.bold;
        self.underline |= other.underline;
        self.color |= other.color;
        self.background |= other.background;
        self.other |= other.other;
        self.ruby |= other.ruby;
        self.direction |= other.direction;
        self.placed |= other.placed;
        self.forced |= other.forced;
        self.audio |= other.audio;
    }
}

/// The kinds of a style with those that it refers to. A style that leads back to itself adds nothing twice.
pub(super) fn follow<'s>(
    styles: &HashMap<&'s str, &'s Style>,
    id: &'s str,
    kinds: &mut HashMap<&'s str, Kinds>,
    depth: u32,
) -> Kinds {
    if let Some(known) = kinds.get(id) {
        return *known;
    }
    let Some(style) = styles.get(id).filter(|_| depth <= MAX_CHAIN) else { return Kinds::default() };
    let mut all = Kinds::default();
    all.add(&style.styling);
    kinds.insert(id, all);
    for id in &style.style {
        all.join(follow(styles, id, kinds, depth + 1));
    }
    kinds.insert(id, all);
    all
}
