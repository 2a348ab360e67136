//! Which tracks are renditions of one switching set.
//!
//! Tracks belong together where the user says so with `group=`; else where they have the same medium, codec, shape and
//! colour of the picture or channels of sound, language and roles, and last equally long.

use super::job::Settings;
use super::open::{Content, Item};
use super::plan::Planned;
use super::report::SetReport;
use crate::cmaf::Media;
use crate::cmaf::align::Instant;
use crate::error::{Error, Result};
use crate::time::FrameRate;

/// A switching set in the making.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) media: Media,
    pub(super) language: Option<String>,
    pub(super) roles: Vec<String>,
    pub(super) label: Option<String>,
    pub(super) is_default: bool,
    /// The name that the user gave it.
    pub(super) group: Option<String>,
    /// Indices of its items.
    pub(super) members: Vec<usize>,
}

impl Set {
    /// The set as it is reported.
    pub(super) fn report(&self, tracks: &[Planned]) -> SetReport {
        SetReport {
            kind: self.media,
            language: self.language.clone(),
            roles: self.roles.clone(),
            label: self.label.clone(),
            is_default: self.is_default,
            group: self.group.clone(),
            tracks: self.members.iter().map(|&member| tracks[member].name.clone()).collect(),
        }
    }
}

/// What decides whether two tracks can be renditions of one set.
struct Traits<'a> {
    media: Media,
    /// The type of the sample entry; of sound and text the whole `codecs` parameter.
    codec: String,
    language: Option<String>,
    roles: &'a [String],
    /// Of pictures as they are shown.
    shape: Option<(u64, u64)>,
    /// `transfer_characteristics`: SDR, PQ and HLG look different.
    transfer: Option<u16>,
    frame_rate: Option<FrameRate>,
    /// Channels and samples a second.
    sound: Option<(u32, u32)>,
    duration: Instant,
    /// The longest sample.
    frame: Instant,
}

impl<'a> Traits<'a> {
    fn of(item: &'a Item) -> Self {
        let track = item.track();
        let entry = track.and_then(|track| track.entries.first());
        let media = item.media();
        let codec = match (media, entry) {
            (Media::Video, Some(entry)) => String::from_utf8_lossy(&entry.format).into_owned(),
            (_, Some(entry)) => entry.codec.clone(),
            // Of several texts in one language no player can tell which one to switch to, nor between two codings.
            (_, None) => format!("{}, {:?}", item.input, item.settings.text),
        };
        let timescale = track.map_or(1, |track| track.timescale);
        let ticks = |ticks| Instant { ticks, timescale };
        let description = track.map(|track| &track.description);
        Traits {
            media,
            codec,
            language: item.language(),
            roles: &item.settings.roles,
            shape: track.filter(|_| media == Media::Video).map(|track| {
                let (width, height) = track.presentation_size;
                (width.into(), height.into())
            }),
            transfer: description.and_then(|d| d.colour).map(|colour| colour.transfer_characteristics),
            frame_rate: track.filter(|_| media == Media::Video).and_then(frame_rate),
            sound: description.and_then(|d| Some((d.channels?.count, d.sample_rate?))),
            duration: ticks(track.map_or(0, |track| track.duration().saturating_sub(track.presented_from))),
            frame: ticks(track.map_or(0, |track| track.samples.longest())),
        }
    }

    /// What keeps two tracks from being renditions of one set; `None` where nothing does.
    fn difference(&self, other: &Traits<'_>) -> Option<String> {
        let both = |what: &str, a: String, b: String| Some(format!("{what} {a} and {b}"));
        if self.media != other.media {
            return both("carry", self.media.name().into(), other.media.name().into());
        }
        if self.codec != other.codec {
            return both("have the codecs", self.codec.clone(), other.codec.clone());
        }
        if self.language != other.language {
            let shown = |language: &Option<String>| language.clone().unwrap_or_else(|| "none".into());
            return both("have the languages", shown(&self.language), shown(&other.language));
        }
        if self.roles != other.roles {
            return Some("have different roles".into());
        }
        self.picture_difference(other).or_else(|| self.sound_difference(other))
    }

    /// What keeps pictures from being renditions of one set though they are meant for the same viewers.
    fn picture_difference(&self, other: &Traits<'_>) -> Option<String> {
        let both = |what: &str, a: String, b: String| Some(format!("{what} {a} and {b}"));
        if let (Some(a), Some(b)) = (self.shape, other.shape)
            && !same_shape(a, b)
        {
            let shown = |(w, h)| format!("{w}x{h}");
            return both("have pictures of different shape,", shown(a), shown(b));
        }
        if let (Some(a), Some(b)) = (self.frame_rate, other.frame_rate)
            && !compatible(a, b)
        {
            return both("have the frame rates", a.to_string(), b.to_string());
        }
        if let (Some(a), Some(b)) = (self.transfer, other.transfer)
            && a != b
            && [a, b].iter().any(|t| matches!(t, 16 | 18))
        {
            return Some("have different dynamic range".into());
        }
        None
    }

    fn sound_difference(&self, other: &Traits<'_>) -> Option<String> {
        if self.sound != other.sound {
            let shown = |sound: Option<(u32, u32)>| {
                sound.map_or_else(
                    || "unknown".into(),
                    |(channels, rate)| format!("{channels} channels at {rate} Hz"),
                )
            };
            return Some(format!("have {} and {}", shown(self.sound), shown(other.sound)));
        }
        None
    }

    /// Whether two tracks are meant for the same viewers, as far as the user and the codec say.
    fn is_alike(&self, other: &Traits<'_>) -> bool {
        (self.media, &self.codec, &self.language, self.roles)
            == (other.media, &other.codec, &other.language, other.roles)
    }

    /// Whether two tracks last equally long, up to a sample.
    fn lasts_like(&self, other: &Traits<'_>) -> bool {
        let seconds = |instant: Instant| (u128::from(instant.ticks), u128::from(instant.timescale));
        let ((a, ta), (b, tb)) = (seconds(self.duration), seconds(other.duration));
        let difference = (a * tb).abs_diff(b * ta);
        let allowed = (seconds(self.frame).0 * tb).max(seconds(other.frame).0 * ta);
        difference <= allowed
    }
}

/// Whether pictures have the same aspect ratio; sizes are rounded to even numbers.
fn same_shape(a: (u64, u64), b: (u64, u64)) -> bool {
    let difference = (a.0 * b.1).abs_diff(b.0 * a.1);
    difference <= 2 * a.0.max(a.1).max(b.0).max(b.1)
}

/// Whether one frame rate is a multiple of the other, as CMAF asks of a switching set.
fn compatible(a: FrameRate, b: FrameRate) -> bool {
    let (a, b) = (a.frames() * b.seconds(), b.frames() * a.seconds());
    a.max(b) % a.min(b).max(1) == 0
}

/// Frames a second of a track whose samples, but for the last, last equally long.
pub(super) fn frame_rate(track: &crate::cmaf::Track) -> Option<FrameRate> {
    let (last, others) = track.samples.samples().split_last()?;
    let duration = others.first().unwrap_or(last).duration;
    let even = others.iter().all(|s| s.duration == duration);
    if even {
        return FrameRate::new(track.timescale.into(), duration.into());
    }
    // Timescales that can't tell a frame's duration exactly have two durations in turn, one tick apart.
    let (min, max) =
        others.iter().fold((u32::MAX, 0), |(min, max), s| (min.min(s.duration), max.max(s.duration)));
    let total: u64 = others.iter().map(|s| u64::from(s.duration)).sum();
    if max - min > 1 || min < 2 {
        return None;
    }
    let measured = others.len() as f64 * f64::from(track.timescale) / total as f64;
    let near = |frames: u64, seconds: u64| {
        let rate = frames as f64 / seconds as f64;
        ((measured - rate).abs() / rate < 1e-4).then(|| FrameRate::new(frames, seconds)).flatten()
    };
    let whole = measured.round() as u64;
    near(whole, 1).or_else(|| near(whole * 1000, 1001))
}

/// Puts items into sets, video first, then sound, then text, each in the order of the inputs. With them comes what the
/// user should know of them.
///
/// # Errors
/// `Usage` where a `group=` holds what can't be one set, or a guess would mix frame rates.
pub(super) fn group(items: &[Item]) -> Result<(Vec<Set>, Vec<String>)> {
    let traits: Vec<Traits<'_>> = items.iter().map(Traits::of).collect();
    let mut sets: Vec<Set> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let found = match &item.settings.group {
            Some(name) => sets.iter().position(|set| set.group.as_ref() == Some(name)),
            None => sets.iter().position(|set| {
                set.group.is_none()
                    && set.members.iter().all(|&member| {
                        traits[member].difference(&traits[index]).is_none()
                            && traits[member].lasts_like(&traits[index])
                            && same_words(&items[member].settings, &item.settings)
                    })
            }),
        };
        match found {
            Some(set) => {
                let set = &mut sets[set];
                for &member in &set.members {
                    if let Some(difference) = traits[member].difference(&traits[index]) {
                        return Err(Error::usage(format!(
                            "group={} holds {} and {}, which {difference}",
                            set.group.as_deref().unwrap_or_default(),
                            items[member].input,
                            item.input
                        ))
                        .clause("rule CMF-36"));
                    }
                }
                set.label = set.label.take().or_else(|| item.settings.label.clone());
                set.is_default |= item.settings.is_default == Some(true);
                set.members.push(index);
            }
            None => sets.push(Set {
                media: traits[index].media,
                language: traits[index].language.clone(),
                roles: item.settings.roles.clone(),
                label: item.settings.label.clone(),
                is_default: item.settings.is_default == Some(true),
                group: item.settings.group.clone(),
                members: vec![index],
            }),
        }
    }
    sets.sort_by_key(|set| set.media);
    choose_defaults(items, &mut sets);
    add_roles(&mut sets);
    let notes = near_misses(items, &traits, &sets);
    Ok((sets, notes))
}

/// Labels that differ are for different choices.
fn same_words(a: &Settings, b: &Settings) -> bool {
    a.label == b.label || a.label.is_none() || b.label.is_none()
}

/// The first set of video and of sound is the one that players choose, unless the user says otherwise.
fn choose_defaults(items: &[Item], sets: &mut [Set]) {
    for media in [Media::Video, Media::Audio] {
        if sets.iter().any(|set| set.media == media && set.is_default) {
            continue;
        }
        let refused = |set: &Set| set.members.iter().any(|&i| items[i].settings.is_default == Some(false));
        if let Some(first) = sets.iter_mut().find(|set| set.media == media && !refused(set)) {
            first.is_default = true;
        }
    }
}

/// Roles for sets of which nobody said any. What the default is in another coding has the same role.
fn add_roles(sets: &mut [Set]) {
    let defaults: Vec<(Media, Option<String>, Option<String>)> = sets
        .iter()
        .filter(|set| set.is_default)
        .map(|set| (set.media, set.language.clone(), set.label.clone()))
        .collect();
    for set in sets.iter_mut().filter(|set| set.roles.is_empty()) {
        let is_main = || defaults.contains(&(set.media, set.language.clone(), set.label.clone()));
        let role = match set.media {
            Media::Text => "subtitle",
            _ if is_main() => "main",
            _ => "alternate",
        };
        set.roles.push(role.to_string());
    }
}

/// The tracks that look like renditions of one another but for their duration, or the kind of their pictures: a set
/// falls apart over that, which its maker should know.
fn near_misses(items: &[Item], traits: &[Traits<'_>], sets: &[Set]) -> Vec<String> {
    let is_guessed = |set: &&Set| set.media != Media::Text && set.group.is_none();
    let mut notes = Vec::new();
    for (position, set) in sets.iter().enumerate().filter(|(_, set)| is_guessed(set)) {
        let others = sets[..position].iter().filter(is_guessed);
        notes.extend(
            others.filter_map(|other| near_miss(items, traits, other.members[0], set.members[0])).next(),
        );
    }
    notes
}

/// What keeps two tracks apart that look alike; `None` where they do not, or somebody meant them to be apart.
fn near_miss(items: &[Item], traits: &[Traits<'_>], a: usize, b: usize) -> Option<String> {
    let is_meant = !traits[a].is_alike(&traits[b]) || !same_words(&items[a].settings, &items[b].settings);
    if is_meant || !matches!(items[a].content, Content::Media(_)) {
        return None;
    }
    let names = format!("{} and {}", items[a].input, items[b].input);
    if let Some(difference) = traits[a].picture_difference(&traits[b]) {
        return Some(format!(
            "{names} {difference}, so they are no renditions of one switching set: players can't switch between them, and \
             group= does not join what differs so"
        ));
    }
    let is_same = traits[a].difference(&traits[b]).is_none();
    is_same.then(|| {
        format!(
            "{names} differ in duration by more than a frame, so players can't switch between them; group= puts them \
             together"
        )
    })
}
