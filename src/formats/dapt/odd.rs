//! What of the model TTML's syntax can't hold, though no rule of form forbids it: it travels in metadata by its path.

use serde::Serialize;

use crate::formats::ttml::element::{Takes, decimal};
use crate::formats::ttml::metadata::VALUE;
use crate::formats::ttml::names::namespace_of;
use crate::ttal::model::{Animation, Attributes, Id, List, Mix, Recording, Source, Speak, Unknown, is_name};

/// Values by their paths, for one element.
#[derive(Debug, Default)]
pub(super) struct Odd(pub Vec<(String, String)>);

/// Attributes without a namespace that styling may hold.
const BARE: &[&str] = &["timeContainer", "condition", "animate"];

impl Odd {
    /// Adds a value.
    pub fn add<T: Serialize + ?Sized>(&mut self, path: impl AsRef<str>, value: &T) {
        let json = serde_json::to_string(value).unwrap_or_default();
        self.0.push((format!("{VALUE}{}", path.as_ref()), json));
    }

    /// Adds keys that the model does not know, of an object inside.
    pub fn unknown(&mut self, path: &str, unknown: &Unknown) {
        for (key, value) in unknown {
            self.add(format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), value);
        }
    }

    /// Adds a list of identifiers if an attribute can't hold it.
    pub fn ids(&mut self, path: &str, ids: &List<Id>) {
        if !are_plain(ids) {
            self.add(path, ids);
        }
    }

    /// Adds style attributes if some can't be attributes.
    pub fn styling(&mut self, path: &str, styling: &Attributes, takes: Takes, has: Has) {
        if styling.iter().any(|(name, value)| !is_attribute(name, value, takes, has)) {
            self.add(path, styling);
        }
    }

    /// Adds what animations have that elements can't.
    pub fn animations(&mut self, path: &str, animations: &List<Animation>) {
        if !are_writable(animations) {
            self.add(path, animations);
            return;
        }
        for (at, animation) in animations.iter().enumerate() {
            self.unknown(&format!("{path}/{at}"), &animation.unknown);
        }
    }

    /// Adds what a mix has that attributes and elements can't.
    pub fn mix(&mut self, mix: Option<&Mix>) {
        let Some(mix) = mix else { return };
        self.unknown("mix", &mix.unknown);
        for (at, animation) in mix.animate.iter().enumerate() {
            self.unknown(&format!("mix/animate/{at}"), &animation.unknown);
        }
    }

    /// Adds what speech has that attributes can't.
    pub fn speak(&mut self, speak: Option<&Speak>) {
        if let Some(speak) = speak {
            self.unknown("speak", &speak.unknown);
        }
    }

    /// Adds what the sources of a recording have that elements can't.
    pub fn recording(&mut self, recording: &Recording) {
        self.sources(&recording.sources);
        match recording.mix.as_deref() {
            // Without values it could not be told from an animation of styles, which recordings don't have.
            Some(mix) if mix.animate.iter().any(|a| a.gain.is_empty() && a.pan.is_empty()) => {
                self.add("mix", mix)
            }
            mix => self.mix(mix),
        }
    }

    /// Adds sources that elements can't hold.
    pub fn sources(&mut self, sources: &List<Source>) {
        if !sources.iter().all(has_one_form) {
            self.add("sources", sources);
            return;
        }
        for (at, source) in sources.iter().enumerate() {
            self.unknown(&format!("sources/{at}"), &source.unknown);
        }
    }
}

/// Which of the attributes that styling could hold an element has already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Has {
    gain: bool,
    pan: bool,
    speak: bool,
}

impl Has {
    /// What the mix and the speech of an element are written as.
    pub fn of(mix: Option<&Mix>, speak: Option<&Speak>) -> Self {
        Has {
            gain: mix.is_some_and(|mix| mix.gain.is_some()),
            pan: mix.is_some_and(|mix| mix.pan.is_some()),
            speak: speak.is_some(),
        }
    }
}

/// Whether a source is in exactly one form, with nothing that only another form has.
pub(super) fn has_one_form(source: &Source) -> bool {
    let embedded = source.data.is_some() || !source.chunks.is_empty();
    let forms =
        [source.uri.is_some(), source.resource.is_some(), source.data.is_some(), !source.chunks.is_empty()];
    forms.iter().filter(|form| **form).count() == 1
        && (embedded || (source.encoding.is_none() && source.length.is_none()))
}

/// Whether a list of identifiers can be an attribute.
pub(super) fn are_plain(ids: &[Id]) -> bool {
    ids.iter().all(|id| !id.is_empty() && !id.contains(|c: char| c.is_ascii_whitespace()))
}

/// Whether animations can be elements.
pub(super) fn are_writable(animations: &[Animation]) -> bool {
    animations.iter().all(|animation| {
        matches!(&*animation.kind, "set" | "animate")
            && animation.styling.iter().all(|(name, value)| match name {
                "xml:id" => true,
                "style" => is_joined(value),
                _ => is_attribute(name, value, Takes::default(), Has::default()),
            })
    })
}

/// Whether a text is identifiers joined by single spaces.
pub(super) fn is_joined(text: &str) -> bool {
    !text.is_empty() && text.split_ascii_whitespace().collect::<Vec<_>>().join(" ") == text
}

/// Whether an entry of styling can be an attribute of an element that takes these, and comes back as one.
pub(super) fn is_attribute(name: &str, value: &str, takes: Takes, has: Has) -> bool {
    let Some((prefix, local)) = name.split_once(':') else { return BARE.contains(&name) };
    if !is_name(local) || namespace_of(prefix).is_none() {
        return false;
    }
    match (prefix, local) {
        ("tx", _) | ("xml", "id") => false,
        ("xml", "lang") => !takes.language,
        ("xml", name) => matches!(name, "space" | "base"),
        ("daptm", "langSrc" | "represents") => !takes.meaning,
        ("daptm", "onScreen") => !takes.on_screen,
        ("ttm", "agent") => !takes.characters,
        ("ttm", "role") => !takes.role,
        ("tta", "gain") => !takes.mix || (decimal(value).is_none() && !has.gain),
        ("tta", "pan") => !takes.mix || (decimal(value).is_none() && !has.pan),
        ("tta", "speak") => !takes.speak,
        ("tta", "pitch") => !takes.speak || !has.speak,
        _ => true,
    }
}

impl Odd {
    /// Adds what of a resource's bytes its element can't hold.
    pub fn bytes(&mut self, resource: &crate::ttal::model::Resource, is_audio: bool) {
        for (key, value) in
            [("format", &resource.format), ("encoding", &resource.encoding), ("length", &resource.length)]
        {
            if is_audio && value.is_some() {
                self.add(key, value);
            }
        }
        let covered = is_audio || !resource.sources.is_empty();
        if resource.data.is_some() && (covered || !resource.chunks.is_empty()) {
            self.add("data", &resource.data);
        }
        if covered && !resource.chunks.is_empty() {
            self.add("chunks", &resource.chunks);
        }
    }
}
