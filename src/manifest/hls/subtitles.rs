//! Renditions of subtitles, and the names that people choose by.

use super::attributes::Attributes;
use super::{file, uri};
use crate::cmaf::Media;
use crate::language;
use crate::manifest::model::{Presentation, Rendition, SwitchingSet};

/// The `GROUP-ID` of all subtitles.
pub(super) const GROUP: &str = "subtitles";

/// Subtitles as they are listed.
pub(super) struct Subtitle<'a> {
    set: &'a SwitchingSet,
    name: String,
    pub(super) rendition: &'a Rendition,
}

/// What decides whether a set of text is listed.
pub(crate) struct Candidate<'a> {
    pub(crate) language: Option<&'a str>,
    pub(crate) roles: &'a [String],
    pub(crate) label: Option<&'a str>,
    /// The `codecs` parameter.
    pub(crate) codec: &'a str,
    /// Whether there is a WebVTT file beside it.
    pub(crate) has_file: bool,
}

impl Candidate<'_> {
    /// Whether two sets are the same text for their readers, in different codings.
    fn is_twin(&self, other: &Self) -> bool {
        let words = |one: &Self| (one.language, one.roles, one.label);
        let family = |one: &Self| one.codec.split('.').next().unwrap_or_default();
        words(self) == words(other) && family(self) != family(other)
    }
}

/// Which sets are listed, by index. Where sets differ in nothing but their coding, one of them is, by preference one
/// that has a WebVTT file; each comes with the first that it stands for.
pub(crate) fn listed(candidates: &[Candidate<'_>]) -> Vec<(usize, usize)> {
    let mut listed: Vec<(usize, usize)> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        match listed.iter_mut().find(|(_, one)| candidates[*one].is_twin(candidate)) {
            Some((_, one)) if !candidates[*one].has_file && candidate.has_file => *one = index,
            Some(_) => {}
            None => listed.push((index, index)),
        }
    }
    listed
}

/// The subtitles to list.
pub(super) fn list(presentation: &Presentation) -> Vec<Subtitle<'_>> {
    let texts = || presentation.sets.iter().filter(|set| set.media == Media::Text);
    let sets: Vec<&SwitchingSet> = texts().collect();
    let candidates: Vec<Candidate<'_>> = texts()
        .map(|set| Candidate {
            language: set.language.as_deref(),
            roles: &set.roles,
            label: set.label.as_deref(),
            codec: &set.renditions[0].codec,
            has_file: set.renditions[0].sidecar.is_some(),
        })
        .collect();
    let mut names = Names::default();
    let subtitle = |(first, one): (usize, usize)| Subtitle {
        set: sets[first],
        name: names.unique(sets[first]),
        rendition: &sets[one].renditions[0],
    };
    listed(&candidates).into_iter().map(subtitle).collect()
}

/// `EXT-X-MEDIA` of all of them.
pub(super) fn media(presentation: &Presentation, subtitles: &[Subtitle<'_>]) -> String {
    let default = subtitles.iter().position(|subtitle| subtitle.set.is_default);
    let lines = subtitles.iter().enumerate().map(|(index, subtitle)| {
        let set = subtitle.set;
        let characteristics = if set.has_role("caption") {
            Some("public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound")
        } else if set.has_role("easyreader") {
            Some("public.easy-to-read")
        } else {
            None
        };
        let line = Attributes::of("EXT-X-MEDIA")
            .plain("TYPE", "SUBTITLES")
            .quoted("GROUP-ID", GROUP)
            .quoted("NAME", &subtitle.name)
            .maybe_quoted("LANGUAGE", set.language.as_deref())
            .plain("DEFAULT", if default == Some(index) { "YES" } else { "NO" })
            .plain("AUTOSELECT", "YES")
            .flag("FORCED", set.has_role("forced-subtitle"))
            .maybe_quoted("CHARACTERISTICS", characteristics)
            .quoted("URI", &uri(presentation, &file(subtitle.rendition)));
        format!("{line}\n")
    });
    lines.collect()
}

/// Gives names that are unique in a group.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// A set's label, else its language in English with what its role adds, else its first track's name; with a number
    /// behind it where another one has it already.
    pub(super) fn unique(&mut self, set: &SwitchingSet) -> String {
        let name =
            set.label.clone().or_else(|| described(set)).unwrap_or_else(|| set.renditions[0].name.clone());
        let numbered = (2..).map(|number| format!("{name} {number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        let unique = candidates.find(|candidate| !self.0.contains(candidate)).unwrap_or(name);
        self.0.push(unique.clone());
        unique
    }
}

fn described(set: &SwitchingSet) -> Option<String> {
    let tag = set.language.as_deref()?;
    let name = language::name(tag)?;
    let plain = ["main", "alternate", "subtitle", "dub"];
    let roles = set.roles.iter().map(String::as_str).filter(|role| !plain.contains(role));
    let tag = tag.contains('-').then_some(tag);
    let more: Vec<&str> = tag.into_iter().chain(roles).collect();
    Some(if more.is_empty() { name.to_string() } else { format!("{name} ({})", more.join(", ")) })
}
