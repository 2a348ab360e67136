//! Groups of audio renditions: one for each coding and number of channels, all with the same members. Rule HLS-08.

use super::attributes::Attributes;
use super::subtitles::Names;
use super::{file, uri};
use crate::cmaf::{Channels, Media};
use crate::manifest::model::{Presentation, Rendition, SwitchingSet};

/// Alternatives between which a player chooses, in one coding as far as there are any in it.
pub(super) struct Group<'a> {
    /// `GROUP-ID`.
    pub(super) id: String,
    /// That of the renditions the group is for; others may be there where a language has none of it.
    pub(super) codec: &'a str,
    /// One for each of the presentation's members, in their order.
    pub(super) renditions: Vec<&'a Rendition>,
}

/// What people choose between: a language and role, whatever its coding.
pub(super) struct Member<'a> {
    /// The first of the sets that carry it.
    set: &'a SwitchingSet,
    /// How many sets of the same language and roles come before it in the same coding.
    ordinal: usize,
    name: String,
}

/// All audio of a presentation.
pub(super) struct Audio<'a> {
    pub(super) members: Vec<Member<'a>>,
    pub(super) groups: Vec<Group<'a>>,
}

/// What renditions of a group have in common: codec, channels, and how many better ones their sets have.
type Class<'a> = (&'a str, Option<String>, usize);

impl<'a> Audio<'a> {
    /// Sorts the audio of a presentation.
    pub(super) fn of(presentation: &'a Presentation) -> Audio<'a> {
        let sets: Vec<_> = presentation.sets.iter().filter(|set| set.media == Media::Audio).collect();
        let mut members: Vec<Member<'a>> = Vec::new();
        let mut names = Names::default();
        let mut slots: Vec<(Class<'a>, Vec<(usize, &'a Rendition)>)> = Vec::new();
        for (index, &set) in sets.iter().enumerate() {
            let is_same = |other: &SwitchingSet| other.language == set.language && other.roles == set.roles;
            let ordinal = sets[..index]
                .iter()
                .filter(|s| is_same(s) && coding(&s.renditions[0]) == coding(&set.renditions[0]));
            let ordinal = ordinal.count();
            let found = members.iter().position(|member| is_same(member.set) && member.ordinal == ordinal);
            let member = found.unwrap_or_else(|| {
                members.push(Member { set, ordinal, name: names.unique(set) });
                members.len() - 1
            });
            for (index, rendition) in set.renditions.iter().enumerate() {
                let (codec, channels) = coding(rendition);
                let better =
                    set.renditions[..index].iter().filter(|r| coding(r) == coding(rendition)).count();
                let class = (codec, channels, better);
                match slots.iter_mut().find(|(other, _)| *other == class) {
                    Some((_, filled)) => filled.push((member, rendition)),
                    None => slots.push((class, vec![(member, rendition)])),
                }
            }
        }
        let mut groups: Vec<Group<'a>> = Vec::new();
        for (class, filled) in &slots {
            let renditions: Vec<&Rendition> =
                (0..members.len()).filter_map(|member| fill(member, class, filled, &slots)).collect();
            // Where each language has one rendition, groups of any coding are the same.
            let is_new = |group: &Group<'_>| {
                !group.renditions.iter().map(|r| &r.name).eq(renditions.iter().map(|r| &r.name))
            };
            if groups.iter().all(is_new) {
                groups.push(Group { id: group_id(class), codec: class.0, renditions });
            }
        }
        Audio { members, groups }
    }

    /// The member that players begin with.
    pub(super) fn default_member(&self) -> usize {
        self.members.iter().position(|member| member.set.is_default).unwrap_or(0)
    }

    /// `EXT-X-MEDIA` of a group.
    pub(super) fn media(&self, presentation: &Presentation, group: &Group<'_>) -> String {
        let default = self.default_member();
        let lines =
            self.members.iter().zip(&group.renditions).enumerate().map(|(index, (member, rendition))| {
                let set = member.set;
                let is_default = index == default && set.is_default;
                // What is an extra is chosen by people only.
                let is_extra =
                    ["commentary", "supplementary", "karaoke"].iter().any(|role| set.has_role(role));
                let described = set.has_role("description").then_some("public.accessibility.describes-video");
                let line = Attributes::of("EXT-X-MEDIA")
                    .plain("TYPE", "AUDIO")
                    .quoted("GROUP-ID", &group.id)
                    .quoted("NAME", &member.name)
                    .maybe_quoted("LANGUAGE", set.language.as_deref())
                    .plain("DEFAULT", if is_default { "YES" } else { "NO" })
                    .plain("AUTOSELECT", if is_default || !is_extra { "YES" } else { "NO" })
                    .maybe_quoted("CHARACTERISTICS", described)
                    .maybe_quoted("CHANNELS", rendition.channels.as_ref().and_then(channels).as_deref())
                    .quoted("URI", &uri(presentation, &file(rendition)));
                format!("{line}\n")
            });
        lines.collect()
    }
}

fn coding(rendition: &Rendition) -> (&str, Option<String>) {
    (&rendition.codec, rendition.channels.as_ref().and_then(channels))
}

/// The value of `CHANNELS`; `None` where nothing counts them, as in immersive audio.
fn channels(channels: &Channels) -> Option<String> {
    match *channels {
        Channels { joint_objects: Some(objects), .. } => Some(format!("{objects}/JOC")),
        Channels { count: 0, .. } => None,
        Channels { count, .. } => Some(count.to_string()),
    }
}

fn group_id((codec, channels, better): &Class<'_>) -> String {
    let channels = channels.as_ref().map(|c| format!("-{}", c.replace('/', "-"))).unwrap_or_default();
    let rank = if *better > 0 { format!("-{}", better + 1) } else { String::new() };
    format!("audio-{codec}{channels}{rank}")
}

/// A member's rendition in a group; where it has none there, the nearest: of the same codec, else the first.
fn fill<'a>(
    member: usize,
    class: &Class<'_>,
    filled: &[(usize, &'a Rendition)],
    slots: &[(Class<'a>, Vec<(usize, &'a Rendition)>)],
) -> Option<&'a Rendition> {
    let of = |filled: &[(usize, &'a Rendition)]| filled.iter().find(|(m, _)| *m == member).map(|&(_, r)| r);
    let same_codec =
        || slots.iter().filter(|(other, _)| other.0 == class.0).find_map(|(_, filled)| of(filled));
    let any = || slots.iter().find_map(|(_, filled)| of(filled));
    of(filled).or_else(same_codec).or_else(any)
}
