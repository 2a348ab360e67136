//! What elements of TTML have in common: attributes, animations, and what is noted while they are read.

use roxmltree::Node;

use super::foreign;
use super::names::{Vocabulary, attribute, attribute_tag, is_tt, tag};
use super::space::collapse;
use crate::findings::{Rule, Severity};
use crate::formats::{LossCode, Notes};
use crate::ttal::model::{
    Animation, Attributes, ContentDescriptor, Decimal, Foreign, Id, Language, List, Mix, MixAnimation,
    OnScreen, Speak, SpeakRate, Str, Time,
};
use crate::ttal::place::{Place, Spot};
use crate::ttal::rules::{self, Remark, Remarks};

/// What reading a document gathers beside the model.
#[derive(Debug)]
pub struct Reading<'r> {
    /// The source's text, which places point into.
    pub text: &'r str,
    /// What rules have to say.
    pub remarks: &'r mut Remarks,
    /// Oddities and losses.
    pub notes: &'r mut Notes,
    /// The event that is being read.
    pub event: Option<Str>,
    /// Whether the document claims a profile that may define vocabulary outside of `metadata`.
    pub declares_foreign: bool,
}

impl Reading<'_> {
    /// Notes that a rule is broken at a spot.
    pub fn remark(&mut self, rule: &'static Rule, spot: Spot, message: impl Into<String>) -> &mut Remark {
        let mut remark = Remark::new(rule, spot, message);
        remark.event.clone_from(&self.event);
        self.remarks.add(remark)
    }

    /// Notes vocabulary that a writer of DAPT has to leave out.
    pub fn remark_foreign(&mut self, offset: usize, what: String) {
        let declared = self.declares_foreign;
        let remark = self.remark(&rules::table::D_50, Place::at(offset).whole(), what);
        remark.severity = if declared { Severity::Advice } else { Severity::Warning };
    }
}

/// The place of an element.
pub fn place(node: Node<'_, '_>) -> Place {
    Place::at(node.range().start)
}

/// The text inside of an element, as it is.
pub fn literal(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|n| n.text()).collect()
}

/// The text inside of an element, with the white space handling that `xml:space` asks for.
pub fn words(node: Node<'_, '_>) -> String {
    let text = literal(node);
    if is_preserved(node) { text } else { collapse(&text) }
}

/// Whether white space in an element is kept.
pub fn is_preserved(node: Node<'_, '_>) -> bool {
    node.ancestors().find_map(|n| attribute(n, Vocabulary::Xml, "space")) == Some("preserve")
}

/// A list of identifiers.
pub fn ids(text: &str) -> List<Id> {
    text.split_ascii_whitespace().map(Id::from).collect()
}

/// Which attributes an element has a place of their own for in the model. Others go to its styling.
#[derive(Debug, Clone, Copy, Default)]
pub struct Takes {
    /// `begin`, `end`, `dur`.
    pub times: bool,
    /// `xml:lang`.
    pub language: bool,
    /// `daptm:langSrc` and `daptm:represents`.
    pub meaning: bool,
    /// `ttm:agent`.
    pub characters: bool,
    /// `region`.
    pub region: bool,
    /// `tta:gain` and `tta:pan`.
    pub mix: bool,
    /// `tta:speak` and `tta:pitch`.
    pub speak: bool,
    /// `ttm:role`.
    pub role: bool,
    /// `daptm:onScreen`.
    pub on_screen: bool,
    /// Attributes without a namespace that only this element has.
    pub own: &'static [&'static str],
}

impl Takes {
    /// What takes none.
    const NOTHING: Takes = Takes {
        times: false,
        language: false,
        meaning: false,
        characters: false,
        region: false,
        mix: false,
        speak: false,
        role: false,
        on_screen: false,
        own: &[],
    };
    /// The body and groups.
    pub const CONTAINER: Takes = Takes {
        times: true,
        language: true,
        meaning: true,
        characters: true,
        region: true,
        mix: true,
        ..Takes::NOTHING
    };
    /// Events.
    pub const EVENT: Takes = Takes { on_screen: true, ..Takes::CONTAINER };
    /// Texts.
    pub const TEXT: Takes = Takes { characters: false, speak: true, ..Takes::CONTAINER };
    /// Spans.
    pub const SPAN: Takes = Takes { region: false, role: true, ..Takes::TEXT };
}

/// Attributes that TTML defines without a namespace, for any element.
const ANYWHERE: &[&str] = &["timeContainer", "condition", "animate"];
/// Attributes that TTML defines without a namespace, for some elements.
const SOMEWHERE: &[&str] = &[
    "agent",
    "begin",
    "calcMode",
    "clipBegin",
    "clipEnd",
    "dur",
    "encoding",
    "end",
    "extends",
    "fill",
    "format",
    "keySplines",
    "keyTimes",
    "length",
    "region",
    "repeatCount",
    "src",
    "style",
    "type",
];

/// The attributes of an element.
#[derive(Debug, Default)]
pub struct Common<'a> {
    /// `xml:id`.
    pub id: Option<Id>,
    /// `begin`.
    pub begin: Option<Time>,
    /// `end`.
    pub end: Option<Time>,
    /// `dur`.
    pub dur: Option<Time>,
    /// `xml:lang`.
    pub language: Option<Language>,
    /// `daptm:langSrc`.
    pub language_source: Option<Language>,
    /// `daptm:represents`.
    pub represents: Option<ContentDescriptor>,
    /// `ttm:agent`.
    pub characters: List<Id>,
    /// `ttm:role`.
    pub role: Option<Str>,
    /// `daptm:onScreen`.
    pub on_screen: Option<OnScreen>,
    /// `region`.
    pub region: Option<Id>,
    /// `style`.
    pub style: List<Id>,
    /// Style attributes, and all others without a place of their own.
    pub styling: Attributes,
    /// `tta:gain` and `tta:pan`.
    pub mix: Option<Box<Mix>>,
    /// `tta:speak` and `tta:pitch`.
    pub speak: Option<Box<Speak>>,
    /// The attributes that only this element has.
    pub own: Vec<(&'a str, &'a str)>,
    /// Attributes that the model does not know.
    pub foreign: List<Foreign>,
}

impl<'a> Common<'a> {
    /// An attribute that only this element has.
    pub fn own(&self, name: &str) -> Option<&'a str> {
        self.own.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The same, as a string of the model.
    pub fn own_str(&self, name: &str) -> Option<Str> {
        self.own(name).map(Str::from)
    }
}

/// A number as the model holds it; `None` where the text is none.
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if text.parse::<serde_json::Number>().is_ok() {
        return Some(Decimal(text.into()));
    }
    // TTML takes spellings that JSON does not: `.5`, `+1`.
    let plain = text.strip_prefix('+').unwrap_or(text);
    let with_zero = match plain.strip_prefix('-') {
        Some(rest) if rest.starts_with('.') => format!("-0{rest}"),
        None if plain.starts_with('.') => format!("0{plain}"),
        _ => plain.to_string(),
    };
    let digits_only = with_zero.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    (digits_only && with_zero.parse::<serde_json::Number>().is_ok()).then(|| Decimal(with_zero.into()))
}

impl Reading<'_> {
    /// Reads the attributes of an element.
    pub fn attributes<'a>(&mut self, node: Node<'a, '_>, takes: Takes) -> Common<'a> {
        let mut common = Common::default();
        let (mut speak, mut pitch) = (None, None);
        for attribute in node.attributes() {
            let (vocabulary, name) = attribute_tag(&attribute);
            let value = attribute.value();
            match (vocabulary, name) {
                (Vocabulary::Xml, "id") => common.id = Some(value.into()),
                (Vocabulary::Xml, "lang") if takes.language => common.language = Some(value.into()),
                (Vocabulary::None, "begin") if takes.times => common.begin = Some(value.into()),
                (Vocabulary::None, "end") if takes.times => common.end = Some(value.into()),
                (Vocabulary::None, "dur") if takes.times => common.dur = Some(value.into()),
                (Vocabulary::None, "region") if takes.region => common.region = Some(value.into()),
                (Vocabulary::None, "style") => common.style = ids(value),
                (Vocabulary::Dapt, "langSrc") if takes.meaning => common.language_source = Some(value.into()),
                (Vocabulary::Dapt, "represents") if takes.meaning => {
                    self.check_single(node, value);
                    common.represents = Some(value.into());
                }
                (Vocabulary::Dapt, "onScreen") if takes.on_screen => common.on_screen = Some(value.into()),
                (Vocabulary::Metadata, "agent") if takes.characters => common.characters = ids(value),
                (Vocabulary::Metadata, "role") if takes.role => common.role = Some(value.into()),
                (Vocabulary::Audio, "gain" | "pan") if takes.mix => {
                    let Some(number) = decimal(value) else {
                        common.styling.0.push((format!("tta:{name}").into(), value.into()));
                        self.remark(
                            &rules::table::S_09,
                            place(node).key("mix"),
                            format!("tta:{name} is no number"),
                        )
                        .found = Some(value.to_string());
                        continue;
                    };
                    let mix = common.mix.get_or_insert_default();
                    if name == "gain" { mix.gain = Some(number) } else { mix.pan = Some(number) }
                }
                (Vocabulary::Audio, "speak") if takes.speak => speak = Some(value),
                (Vocabulary::Audio, "pitch") if takes.speak => pitch = Some(value),
                (Vocabulary::None, _) if takes.own.contains(&name) => common.own.push((name, value)),
                (Vocabulary::None, _) if ANYWHERE.contains(&name) => {
                    self.check_time_container(node, name, value);
                    common.styling.0.push((name.into(), value.into()));
                }
                (Vocabulary::None | Vocabulary::Foreign | Vocabulary::Tx | Vocabulary::Tt, _) => {
                    let offset = attribute.range_qname().start;
                    let element = node.tag_name().name();
                    if vocabulary == Vocabulary::None && SOMEWHERE.contains(&name) {
                        let message = format!("`{name}` has no place on `{element}`");
                        self.remark(&rules::table::S_09, place(node).whole(), message);
                    } else {
                        self.remark_foreign(
                            offset,
                            format!("the attribute `{name}` is unknown and not in metadata"),
                        );
                    }
                    common.foreign.push(foreign::attribute(self.text, &attribute));
                }
                _ => {
                    if (vocabulary, name) == (Vocabulary::Dapt, "onScreen") {
                        let message = format!("`onScreen` says nothing on `{}`", node.tag_name().name());
                        let remark = self.remark(&rules::table::D_10, place(node).whole(), message);
                        remark.severity = Severity::Warning;
                        remark.fix = Some("give it to the event".into());
                    }
                    common.styling.0.push((format!("{}:{name}", vocabulary.prefix()).into(), value.into()));
                }
            }
        }
        match (speak, pitch) {
            (Some(rate), pitch) => {
                let (rate, pitch) = (SpeakRate::from(rate), pitch.map(Str::from));
                common.speak = Some(Box::new(Speak { at: place(node), rate, pitch, ..Speak::default() }));
            }
            (None, Some(pitch)) => common.styling.0.push(("tta:pitch".into(), pitch.into())),
            (None, None) => {}
        }
        if let Some(mix) = &mut common.mix {
            mix.at = place(node);
        }
        common
    }

    fn check_single(&mut self, node: Node<'_, '_>, value: &str) {
        if value.split_ascii_whitespace().nth(1).is_some() {
            let message = "`daptm:represents` holds a list";
            self.remark(&rules::table::D_09, place(node).key("represents"), message).found =
                Some(value.to_string());
        }
    }

    fn check_time_container(&mut self, node: Node<'_, '_>, name: &str, value: &str) {
        if name != "timeContainer" {
            return;
        }
        let message = if value == "par" {
            "`timeContainer` should be left out"
        } else {
            "`timeContainer` is not `par`"
        };
        let remark = self.remark(&rules::table::D_24, place(node).whole(), message);
        remark.severity = if value == "par" { Severity::Warning } else { Severity::Error };
        remark.found = Some(value.to_string());
    }

    /// Reads the `set` and `animate` children of an element: those of styles, and those of levels and places.
    /// Where `mixes` is false, all count as styles.
    pub fn animations(&mut self, parent: Node<'_, '_>, mixes: bool) -> (List<Animation>, List<MixAnimation>) {
        let (mut styles, mut mix) = (List::new(), List::new());
        for node in parent.children().filter(|n| is_tt(*n, "set") || is_tt(*n, "animate")) {
            let animation = self.animation(node);
            match mix_animation(&animation).filter(|_| mixes) {
                Some(animation) => mix.push(animation),
                None => styles.push(animation),
            }
        }
        (styles, mix)
    }

    fn animation(&mut self, node: Node<'_, '_>) -> Animation {
        const OWN: &[&str] = &["fill", "calcMode", "keyTimes", "keySplines", "repeatCount"];
        let common = self.attributes(node, Takes { times: true, own: OWN, ..Takes::default() });
        let mut animation = Animation {
            at: place(node),
            kind: node.tag_name().name().into(),
            fill: common.own("fill").map(Into::into),
            calc_mode: common.own_str("calcMode"),
            key_times: common.own_str("keyTimes"),
            key_splines: common.own_str("keySplines"),
            repeat_count: common.own_str("repeatCount"),
            begin: common.begin,
            end: common.end,
            dur: common.dur,
            styling: common.styling,
            ..Animation::default()
        };
        if let Some(id) = common.id {
            animation.styling.0.push(("xml:id".into(), id.0));
        }
        if !common.style.is_empty() {
            let style: Vec<&str> = common.style.iter().map(|id| &**id).collect();
            animation.styling.0.push(("style".into(), style.join(" ").into()));
        }
        for _ in &common.foreign {
            self.notes.losses.add(LossCode::Foreign, self.event.as_deref(), "attributes of animations");
        }
        for child in node.children().filter(Node::is_element) {
            self.remark_foreign(child.range().start, "elements inside of an animation are left out".into());
            self.notes.losses.add(LossCode::Foreign, self.event.as_deref(), "elements inside of animations");
        }
        animation
    }

    /// Notes a child that an element has no place for, and keeps it.
    pub fn foreign_child(&mut self, node: Node<'_, '_>, index: u32) -> Foreign {
        let (vocabulary, name) = tag(node);
        match vocabulary {
            Vocabulary::Metadata | Vocabulary::Parameter => {}
            Vocabulary::Tt => {
                let message = format!("`{name}` has no place here");
                self.remark(&rules::table::S_09, place(node).whole(), message);
            }
            _ => self.remark_foreign(
                node.range().start,
                format!("the element `{name}` is unknown and not in metadata"),
            ),
        }
        foreign::element(self.text, node, crate::ttal::model::Slot::Child, index)
    }
}

/// The animation of level and place that an animation of styles is, if it is nothing else.
pub(crate) fn mix_animation(animation: &Animation) -> Option<MixAnimation> {
    let styling = &animation.styling;
    let only_mix =
        !styling.is_empty() && styling.iter().all(|(name, _)| matches!(name, "tta:gain" | "tta:pan"));
    if &*animation.kind != "animate" || !only_mix {
        return None;
    }
    let list = |name: &str| match styling.get(name) {
        None => Some(List::new()),
        Some(values) => values.split(';').map(decimal).collect(),
    };
    Some(MixAnimation {
        at: animation.at,
        begin: animation.begin.clone(),
        end: animation.end.clone(),
        dur: animation.dur.clone(),
        fill: animation.fill.clone(),
        gain: list("tta:gain")?,
        pan: list("tta:pan")?,
        calc_mode: animation.calc_mode.clone(),
        key_times: animation.key_times.clone(),
        key_splines: animation.key_splines.clone(),
        repeat_count: animation.repeat_count.clone(),
        unknown: animation.unknown.clone(),
    })
}
