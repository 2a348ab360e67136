//! Styles that subtitles need, after references and inheritance.

use std::collections::HashMap;

use crate::ttal::model::{Attributes, Id, List, Region, Script, Style};

/// How words look. Values are TTML's; `None` is the initial value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look<'s> {
    /// `tts:fontStyle` is italic or oblique.
    pub italic: bool,
    /// `tts:fontWeight` is bold.
    pub bold: bool,
    /// `tts:textDecoration` has underline.
    pub underline: bool,
    /// `tts:textDecoration` has lineThrough.
    pub line_through: bool,
    /// `tts:color`.
    pub color: Option<&'s str>,
    /// `tts:backgroundColor`, which is not inherited.
    pub background: Option<&'s str>,
    /// `tts:direction`.
    pub direction: Option<&'s str>,
    /// `tts:textAlign`.
    pub text_align: Option<&'s str>,
    /// `tts:visibility` is hidden, or `tts:display` is none.
    pub hidden: bool,
}

/// Looks up styles and regions of one script.
#[derive(Debug)]
pub struct Styles<'s> {
    styles: HashMap<&'s str, &'s Style>,
    regions: HashMap<&'s str, &'s Region>,
    initial: Look<'s>,
}

/// References to styles that are followed from one another at most.
const MAX_CHAIN: u32 = 32;

/// References that are followed for one element at most. Styles that name one another many times over could ask for
/// billions; no document of people comes near this.
const MAX_STEPS: u32 = 10_000;

impl<'s> Styles<'s> {
    /// The styles of a script.
    pub fn new(script: &'s Script) -> Self {
        let styles = script.styles.iter().filter_map(|style| Some((&**style.id.as_ref()?, style))).collect();
        let regions = script.regions.iter().map(|region| (&*region.id.0, region)).collect();
        let mut styles = Styles { styles, regions, initial: Look::default() };
        for style in script.styles.iter().filter(|style| style.initial == Some(true)) {
            styles.initial = apply(styles.initial, &style.styling);
        }
        styles
    }

    /// How words look where nothing is said about them.
    pub fn initial(&self) -> Look<'s> {
        self.initial
    }

    /// A region by its identifier.
    pub fn region(&self, id: &str) -> Option<&'s Region> {
        self.regions.get(id).copied()
    }

    /// One attribute of an element: its own, else from the styles that it names, the last first.
    pub fn attribute(&self, name: &str, style: &List<Id>, styling: &'s Attributes) -> Option<&'s str> {
        styling.get(name).or_else(|| self.referred(name, style, 0, &mut 0))
    }

    fn referred(&self, name: &str, style: &List<Id>, depth: u32, steps: &mut u32) -> Option<&'s str> {
        if depth > MAX_CHAIN {
            return None;
        }
        style.iter().rev().find_map(|id| {
            *steps += 1;
            let style = self.styles.get(&**id).filter(|_| *steps <= MAX_STEPS)?;
            style.styling.get(name).or_else(|| self.referred(name, &style.style, depth + 1, steps))
        })
    }

    /// The look of an element below one with the look `parent`.
    pub fn look(&self, parent: Look<'s>, style: &List<Id>, styling: &'s Attributes) -> Look<'s> {
        let mut look = Look { background: None, ..parent };
        self.apply_references(&mut look, style, 0, &mut 0);
        apply(look, styling)
    }

    fn apply_references(&self, look: &mut Look<'s>, style: &List<Id>, depth: u32, steps: &mut u32) {
        if depth > MAX_CHAIN {
            return;
        }
        for style in style.iter().filter_map(|id| self.styles.get(&**id)) {
            *steps += 1;
            if *steps > MAX_STEPS {
                return;
            }
            self.apply_references(look, &style.style, depth + 1, steps);
            *look = apply(*look, &style.styling);
        }
    }
}

fn apply<'s>(mut look: Look<'s>, styling: &'s Attributes) -> Look<'s> {
    for (name, value) in styling.iter() {
        match name {
            "tts:fontStyle" => look.italic = matches!(value, "italic" | "oblique"),
            "tts:fontWeight" => look.bold = value == "bold",
            "tts:textDecoration" => {
                for word in value.split_whitespace() {
                    match word {
                        "none" => (look.underline, look.line_through) = (false, false),
                        "underline" => look.underline = true,
                        "noUnderline" => look.underline = false,
                        "lineThrough" => look.line_through = true,
                        "noLineThrough" => look.line_through = false,
                        _ => {}
                    }
                }
            }
            "tts:color" => look.color = Some(value),
            "tts:backgroundColor" => look.background = Some(value),
            "tts:direction" => look.direction = Some(value),
            "tts:textAlign" => look.text_align = Some(value),
            "tts:visibility" => look.hidden = value == "hidden",
            "tts:display" => look.hidden |= value == "none",
            _ => {}
        }
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_that_name_one_another_many_times_over_end() {
        let style = |number: usize| Style {
            id: Some(format!("s{number}").into()),
            style: [format!("s{}", number + 1).into(), format!("s{}", number + 1).into()]
                .into_iter()
                .collect(),
            ..Style::default()
        };
        let script = Script { styles: (0..40).map(style).collect(), ..Script::default() };
        let styles = Styles::new(&script);
        let (names, none) = ([Id::from("s0")].into_iter().collect(), Attributes::default());
        assert_eq!(styles.attribute("tts:color", &names, &none), None);
        assert_eq!(styles.look(styles.initial(), &names, &none), Look::default());
    }
}
