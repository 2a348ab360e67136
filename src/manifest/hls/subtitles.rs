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

/// The subtitles to list. Where sets differ in nothing but their coding, one of them is, by preference one that has a
/// WebVTT file.
pub(super) fn list(presentation: &Presentation) -> Vec<Subtitle<'_>> {
    let mut listed: Vec<Subtitle<'_>> = Vec::new();
    let mut names = Names::default();
    for set in presentation.sets.iter().filter(|set| set.media == Media::Text) {
        let rendition = &set.renditions[0];
        let is_same = |other: &SwitchingSet| {
            (&other.language, &other.roles, &other.label) == (&set.language, &set.roles, &set.label)
        };
        let twin =
            listed.iter_mut().find(|one| is_same(one.set) && family(one.rendition) != family(rendition));
        match twin {
            Some(twin) if twin.rendition.sidecar.is_none() && rendition.sidecar.is_some() => {
                twin.rendition = rendition
            }
            Some(_) => {}
            None => listed.push(Subtitle { set, name: names.unique(set), rendition }),
        }
    }
    listed
}

fn family(rendition: &Rendition) -> &str {
    rendition.codec.split('.').next().unwrap_or_default()
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
