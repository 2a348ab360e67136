//! Writes IMSC 1.1 Text: subtitles as W3C's profile of TTML2 has them.
//!
//! Each text of an event becomes one paragraph with absolute times. Wrappers lose their times but keep their styles;
//! an event's own styles go to a `div` around its paragraphs, which neighbours with the same styles share.

mod allowed;
mod body;
mod conforms;
mod head;
mod inline;
mod layout;
mod markup;
mod times;

use std::collections::{HashMap, HashSet};
use std::io::Write;

use allowed::Root;
pub(crate) use conforms::{Conformance, conformance};
use layout::Use;
use markup::Markup;
use times::Times;

use super::cues::{self, Cue};
use super::style::Styles;
use super::{Format, LossCode, Losses, RegionChoice, WriteOptions};
use crate::error::{Error, Result};
use crate::ttal::computed::Context;
use crate::ttal::model::{Attributes, Id, List, Script, is_name};
use crate::ttal::source::Decoding;

/// The row of this format. Documents of IMSC are read as any other TTML is.
pub(crate) const FORMAT: Format = Format {
    name: "imsc",
    title: "IMSC 1.1 Text",
    extensions: &["ttml", "imsc"],
    probe: |_| false,
    decoding: Decoding::Guess,
    read: None,
    write: Some(write),
};

/// The designator of the profile. IMSC 1.1 § 8.2.
const PROFILE: &str = "http://www.w3.org/ns/ttml/profile/imsc1.1/text";

/// Writes a script as IMSC 1.1 Text.
///
/// # Errors
/// `Io` where writing fails.
pub fn write(
    script: &Script,
    options: &WriteOptions,
    losses: &mut Losses,
    out: &mut dyn Write,
) -> Result<()> {
    let context = Context::new(script);
    let cues = cues::cues(script, &context, options, losses);
    let mut writer = Writer::new(script, &context, options, &cues, losses);
    let mut body = Markup::new(1);
    writer.body(&cues, &mut body);
    let mut head = Markup::new(1);
    writer.head(&mut head);
    let mut root = Markup::new(0);
    writer.root(&mut root);
    for _ in 0..writer.times.rounded {
        writer.losses.add(LossCode::Time, None, "times that decimals can't say, to the nanosecond");
    }
    for _ in 0..body.unwritable + head.unwritable + root.unwritable {
        writer.losses.add(LossCode::Unmapped, None, "characters that XML can't hold");
    }
    let mut write = |text: &str| out.write_all(text.as_bytes()).map_err(|e| Error::io("cannot write", e));
    write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\"")?;
    write(&Markup::declarations(&[&root, &head, &body]))?;
    write(root.text())?;
    write(">")?;
    write(head.text())?;
    write(body.text())?;
    write("\n</tt>\n")
}

/// What is known about a document while it is written.
struct Writer<'s, 'a> {
    script: &'s Script,
    context: &'a Context<'s>,
    options: &'a WriteOptions,
    losses: &'a mut Losses,
    styles: Styles<'s>,
    times: Times,
    root: Root,
    /// The language that paragraphs are in unless they say otherwise.
    language: &'s str,
    /// Styles that can be referred to.
    style_ids: HashSet<&'s str>,
    /// Styles that come back to themselves by what they refer to.
    circular: HashSet<&'s str>,
    /// Regions that can be referred to.
    region_ids: HashSet<&'s str>,
    /// The region of our own, where one is used.
    own_region: Option<String>,
    /// Agents that can be referred to.
    agent_ids: HashSet<&'s str>,
    /// All identifiers that are taken.
    ids: HashSet<&'s str>,
    /// When which region is used.
    uses: Vec<Use<'s>>,
    by_position: bool,
}

impl<'s, 'a> Writer<'s, 'a> {
    fn new(
        script: &'s Script,
        context: &'a Context<'s>,
        options: &'a WriteOptions,
        cues: &[Cue<'s>],
        losses: &'a mut Losses,
    ) -> Self {
        let language =
            cues.iter().flat_map(|cue| &cue.texts).map(|(_, computed)| computed.language).find(|language| {
                script
                    .language
                    .as_deref()
                    .is_none_or(|default| !crate::ttal::language::same(language, default))
                    || options.bilingual
            });
        let default = script.language.as_deref().unwrap_or("");
        let has_default =
            cues.iter().flat_map(|cue| &cue.texts).any(|(_, computed)| computed.language == default);
        let language = if has_default { default } else { language.unwrap_or(default) };
        let mut writer = Writer {
            script,
            context,
            options,
            losses,
            styles: Styles::new(script),
            times: Times::of(script, context.clock(), cues),
            root: head::measures(script),
            language,
            style_ids: HashSet::new(),
            circular: circular(script),
            region_ids: HashSet::new(),
            own_region: None,
            agent_ids: HashSet::new(),
            ids: HashSet::new(),
            uses: Vec::with_capacity(cues.len()),
            by_position: layout::uses_position(script),
        };
        // Identifiers that others refer to are taken first.
        for style in script.styles.iter().filter(|style| style.initial != Some(true)) {
            if let Some(id) = style.id.as_ref().filter(|id| writer.take_id(id)) {
                writer.style_ids.insert(id);
            }
        }
        for region in &script.regions {
            if options.region == RegionChoice::Authored && writer.take_id(&region.id) {
                writer.region_ids.insert(&region.id);
            }
        }
        for id in script.talents.iter().map(|t| &t.id).chain(script.characters.iter().map(|c| &c.id)) {
            if writer.take_id(id) {
                writer.agent_ids.insert(id);
            }
        }
        writer
    }

    /// Takes an identifier; `false` where XML can't have it, or it is taken.
    fn take_id(&mut self, id: &'s str) -> bool {
        let taken = is_name(id) && self.ids.insert(id);
        if !taken {
            self.losses.add(LossCode::Id, None, "identifiers that XML can't have, or that stand twice");
        }
        taken
    }

    /// The name of our own region, which is then used.
    fn own_region(&mut self) -> String {
        if let Some(id) = &self.own_region {
            return id.clone();
        }
        let name = layout::own_region(self.options.region).id;
        let taken =
            |id: &str| self.ids.contains(id) || self.script.events.iter().any(|event| &*event.id == id);
        let id = if taken(name) {
            (1..).map(|n| format!("{name}-{n}")).find(|id| !taken(id)).unwrap_or_default()
        } else {
            name.to_string()
        };
        self.own_region = Some(id.clone());
        id
    }

    /// Edges of regions on screen.
    fn edges(&self) -> HashMap<&'s str, [f64; 4]> {
        self.script
            .regions
            .iter()
            .filter_map(|region| {
                let geometry = layout::geometry(region, &self.styles, &self.root, self.by_position);
                Some((&*region.id.0, geometry.edges?))
            })
            .collect()
    }

    /// Writes references to styles, those that can be referred to.
    fn style_references(&mut self, style: &List<Id>, event: Option<&str>, markup: &mut Markup) {
        let mut known = String::new();
        for id in style {
            if self.style_ids.contains(&**id) {
                if !known.is_empty() {
                    known.push(' ');
                }
                known.push_str(id);
            } else {
                self.losses.add(LossCode::Style, event, "references to styles that are not there");
            }
        }
        if !known.is_empty() {
            markup.attribute("style", &known);
        }
    }

    /// Writes style attributes, those that the profile has.
    fn styling(&mut self, styling: &Attributes, on: allowed::On, event: Option<&str>, markup: &mut Markup) {
        for (name, value) in styling.iter() {
            self.style_attribute(name, value, on, event, markup);
        }
    }

    /// Writes a style attribute, if the profile has it.
    fn style_attribute(
        &mut self,
        name: &str,
        value: &str,
        on: allowed::On,
        event: Option<&str>,
        markup: &mut Markup,
    ) {
        match allowed::allowed(name, value, on, &self.root) {
            Some(allowed) => {
                markup.attribute(name, &allowed.value);
                if !allowed.exact {
                    self.losses.add(LossCode::Style, event, &format!("parts of {name}"));
                }
            }
            // It means nothing there, and regions of IMSC don't overlap.
            None if name == "tts:zIndex" || name == "xml:space" => {}
            None => {
                let code = match name {
                    "tts:origin" | "tts:extent" | "tts:position" | "tts:displayAlign" | "tts:writingMode" => {
                        LossCode::Pos
                    }
                    _ if name.starts_with("tts:ruby") => LossCode::Ruby,
                    _ if name.starts_with("tta:") => LossCode::Audio,
                    _ => LossCode::Style,
                };
                self.losses.add(code, event, name);
            }
        }
    }
}

/// Styles that refer to themselves, at once or through others: what remains when all styles are taken away, again
/// and again, that refer to none of those left.
fn circular(script: &Script) -> HashSet<&str> {
    let known: HashMap<&str, usize> = script
        .styles
        .iter()
        .enumerate()
        .filter_map(|(at, style)| Some((&**style.id.as_ref()?, at)))
        .collect();
    let mut open: Vec<usize> = vec![0; script.styles.len()];
    let mut referred_by: Vec<Vec<usize>> = vec![Vec::new(); script.styles.len()];
    for (at, style) in script.styles.iter().enumerate() {
        for to in style.style.iter().filter_map(|id| known.get(&**id)) {
            open[at] += 1;
            referred_by[*to].push(at);
        }
    }
    let mut done: Vec<usize> = (0..open.len()).filter(|&at| open[at] == 0).collect();
    while let Some(at) = done.pop() {
        for &by in &referred_by[at] {
            open[by] -= 1;
            if open[by] == 0 {
                done.push(by);
            }
        }
    }
    let left = script.styles.iter().zip(&open).filter(|(_, open)| **open > 0);
    left.filter_map(|(style, _)| Some(&**style.id.as_ref()?)).collect()
}
