//! What will be written: sets, names, keys and cuts, all decided before the first output.

use super::encrypt::Encryptor;
use super::job::{Job, Manifests};
use super::names;
use super::open::{Content, Item, open_all};
use super::report::{PartReport, PlanReport, PlannedReport, TrackFacts};
use super::sets::{self, Set};
use crate::cenc::KeyId;
use crate::cmaf::align::{self, Instant, Line};
use crate::cmaf::codec::text;
use crate::cmaf::cut::{self, Cuts, Durations, Fragment};
use crate::cmaf::write::Destination;
use crate::cmaf::{Dependency, Media, Track};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::manifest::hls;
use crate::time::{Seconds, display_ticks};
use crate::ttal::time::MediaTime;

/// Everything that is known before writing begins.
pub(super) struct Plan {
    pub(super) sets: Vec<Set>,
    /// In the order of the inputs; [`Set::members`] are indices into them.
    pub(super) tracks: Vec<Planned>,
    /// The instant at which the presentation begins.
    pub(super) start: Instant,
    /// The manifests that are written: of those asked for the ones that can hold the presentation. HLS has none of text
    /// alone (RFC 8216 § 4.3.4.2).
    pub(super) manifests: Manifests,
    pub(super) warnings: Vec<String>,
}

impl Plan {
    /// The plan as it is reported.
    pub(super) fn report(&self, job: &Job) -> PlanReport {
        let manifests = [(self.manifests.hls, hls::MULTIVARIANT), (self.manifests.dash, names::MPD)];
        PlanReport {
            version: 1,
            sets: self.sets.iter().map(|set| set.report(&self.tracks)).collect(),
            tracks: self.tracks.iter().map(|planned| planned.report(job)).collect(),
            manifests: manifests
                .iter()
                .filter(|(wanted, _)| *wanted)
                .map(|(_, m)| (*m).to_string())
                .collect(),
            warnings: self.warnings.clone(),
        }
    }
}

impl Planned {
    /// The `codecs` parameter.
    pub(super) fn codec(&self) -> &str {
        self.track.entries.first().map_or("", |entry| &entry.codec)
    }

    /// Whether a chunk starts with a sync sample, which lists of single pictures need.
    pub(super) fn has_sync_chunk(&self) -> bool {
        let (track, cuts) = (&self.track, &self.cuts);
        let samples = track.samples.samples();
        let chunks = |fragment| cut::chunks(samples, fragment, track.timescale, cuts.chunk);
        cuts.fragments
            .iter()
            .flat_map(chunks)
            .any(|chunk| samples[chunk].first().is_some_and(|sample| sample.dependency == Dependency::Sync))
    }

    /// Where it is written.
    pub(super) fn destination<'a>(&'a self, job: &'a Job) -> Destination<'a> {
        Destination { folder: &job.folder, name: &self.name, layout: job.layout, template: &job.template }
    }

    fn report(&self, job: &Job) -> PlannedReport {
        let Planned { name, input, track, cuts, key, part, beside, .. } = self;
        let durations: Vec<u64> = cuts.segment_durations().collect();
        // The last is what is left.
        let whole = &durations[..durations.len().saturating_sub(1).max(1).min(durations.len())];
        let mut warnings = track.warnings.clone();
        warnings.extend(part.map(|part| part.warning(track.timescale)));
        let mut files = self.destination(job).files(track, cuts);
        files.extend_from_slice(beside);
        PlannedReport {
            facts: TrackFacts::of(input, name, track),
            duration: track.duration(),
            segments: durations.len(),
            shortest: whole.iter().copied().min().unwrap_or(0),
            longest: durations.iter().copied().max().unwrap_or(0),
            scheme: key.and(job.encryption.as_ref()).map(|encryption| encryption.scheme),
            kid: *key,
            files,
            warnings,
        }
    }
}

/// A track that will be written.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) input: String,
    pub(super) track: Track,
    pub(super) cuts: Cuts,
    pub(super) part: Option<PartReport>,
    /// The key to encrypt it with.
    pub(super) key: Option<KeyId>,
    /// The text as a WebVTT file, for players that read no text in ISOBMFF.
    pub(super) sidecar: Option<String>,
    /// Files beside it, below the output folder: its playlists and `sidecar`.
    pub(super) beside: Vec<String>,
}

/// Opens and reads the inputs, and decides all that follows.
///
/// # Errors
/// What inputs and arguments cause; the outputs are checked for being free.
pub(super) fn make(job: &Job, encryptor: Option<&Encryptor<'_>>, control: &Control) -> Result<Plan> {
    let items = open_all(job, encryptor, control)?;
    let (sets, mut warnings) = sets::group(&items)?;
    let mut manifests = job.manifests.clone();
    if manifests.hls && sets.iter().all(|set| set.media == Media::Text) {
        manifests.hls = false;
        warnings.push("no HLS playlists are written: a presentation in HLS needs video or sound".to_string());
    }
    let names = names::choose(job, &manifests, &items)?;
    let keys = keys(&items, encryptor)?;
    let master = Master::of(job, &items, &sets, &names)?;
    let start = master.start();
    let mut planned: Vec<Option<Planned>> = items.iter().map(|_| None).collect();
    let mut items: Vec<Option<Item>> = items.into_iter().map(Some).collect();
    for (position, set) in sets.iter().enumerate() {
        for cut in cut_set(job, position, set, &mut items, &names, &master)? {
            let CutTrack { item, track, cuts, part, input, sidecar } = cut;
            let name = names[item].clone();
            let (key, beside) = (keys[item], Vec::new());
            planned[item] = Some(Planned { name, input, track, cuts, part, key, sidecar, beside });
        }
    }
    let mut tracks: Vec<Planned> = planned.into_iter().flatten().collect();
    for set in &sets {
        for &member in &set.members {
            let track = &mut tracks[member].track;
            track.language.clone_from(&set.language);
        }
        warnings.extend(timescale_warning(set, &tracks));
    }
    let beside = names::beside(&manifests, &sets, &tracks);
    tracks.iter_mut().zip(beside).for_each(|(planned, beside)| planned.beside = beside);
    warnings.extend(manifests.hls.then(|| mixed_sound_warning(&sets, &tracks)).flatten());
    Ok(Plan { sets, tracks, start, manifests, warnings })
}

fn keys(items: &[Item], encryptor: Option<&Encryptor<'_>>) -> Result<Vec<Option<KeyId>>> {
    let Some(encryptor) = encryptor else {
        if let Some(item) = items.iter().find(|item| item.settings.key.is_some()) {
            return Err(Error::usage("key= goes with --encrypt").in_file(&item.input));
        }
        return Ok(vec![None; items.len()]);
    };
    let key = |item: &Item| {
        let height = item.track().map_or(0, |track| track.presentation_size.1);
        encryptor.key_for(&item.settings, item.media(), height).map_err(|e| e.in_file(&item.input))
    };
    items.iter().map(key).collect()
}

fn timescale_warning(set: &Set, tracks: &[Planned]) -> Option<String> {
    let mut timescales: Vec<u32> = set.members.iter().map(|&m| tracks[m].track.timescale).collect();
    timescales.sort_unstable();
    timescales.dedup();
    let list: Vec<String> = timescales.iter().map(u32::to_string).collect();
    (list.len() > 1).then(|| {
        format!(
            "the renditions of {} have the timescales {}; some players want one for all (rule CMF-36)",
            tracks[set.members[0]].name,
            list.join(", ")
        )
    })
}

/// In an HLS group of one codec, a language that has no track in it is there in another. Rule HLS-08.
fn mixed_sound_warning(sets: &[Set], tracks: &[Planned]) -> Option<String> {
    let sounds = || sets.iter().filter(|set| set.media == Media::Audio);
    let codec = |set: &Set| tracks[set.members[0]].codec();
    let is_same = |one: &Set, other: &Set| one.language == other.language && one.roles == other.roles;
    let lacks = |name: &str, set: &Set| !sounds().any(|other| codec(other) == name && is_same(set, other));
    let (name, set) = sounds().find_map(|group| {
        let name = codec(group);
        Some((name, sounds().find(|set| lacks(name, set))?))
    })?;
    Some(format!(
        "over HLS, {} is also listed among the {name} tracks, for it has none of its own there; Shaka Player plays no sound \
         of several codecs: give each language a track in the same codecs",
        tracks[set.members[0]].name
    ))
}

/// The cut list that everything follows: that of the first set of video, or of sound where there is none.
struct Master {
    /// The set's index, and the samples at which its tracks are cut; none where there is nothing but text.
    set: Option<(usize, Vec<Vec<usize>>)>,
    /// Name of the track with which the presentation begins; empty where there is nothing but text.
    lead: String,
    /// Starts of fragments.
    fragments: Vec<Instant>,
    /// Starts of segments.
    segments: Vec<Instant>,
    end: Instant,
}

impl Master {
    fn of(job: &Job, items: &[Item], sets: &[Set], names: &[String]) -> Result<Self> {
        let Some((position, set)) = sets.iter().enumerate().find(|(_, set)| set.media != Media::Text) else {
            return Ok(Master::of_text(job, items));
        };
        let lines = lines(items, set, names);
        let cuts = fragment_cuts(job, set.media, &lines)?;
        let line = &lines[0];
        let starts: Vec<u64> = cuts.iter().map(|points| line.points[points[0]].time).collect();
        let instant = |ticks| Instant { ticks, timescale: line.timescale };
        let fragments = spans(&starts, line.end);
        let segments = cut::segments(&fragments, line.timescale, job.durations.segment);
        // Renditions may end a frame apart.
        let end = lines.iter().map(|line| Instant { ticks: line.end, timescale: line.timescale });
        Ok(Master {
            lead: line.name.clone(),
            fragments: starts.iter().map(|&ticks| instant(ticks)).collect(),
            segments: segments.iter().map(|range| instant(starts[range.start])).collect(),
            end: end.max_by(|a, b| a.compare(*b)).unwrap_or(instant(line.end)),
            set: Some((position, align::starts(&lines, &cuts))),
        })
    }

    /// Text alone is cut at the wanted duration.
    fn of_text(job: &Job, items: &[Item]) -> Self {
        const TIMESCALE: u32 = 1000;
        let ends = items.iter().filter_map(|item| match &item.content {
            Content::Text(source) => Some(source.end()),
            Content::Media(_) => None,
        });
        let end = ends.map(|end| ticks_up(end, TIMESCALE)).max().unwrap_or(0).max(1);
        let step = job.durations.segment.ticks(TIMESCALE).max(1);
        let count = end.div_ceil(step);
        let instant = |ticks| Instant { ticks, timescale: TIMESCALE };
        let starts: Vec<Instant> = (0..count).map(|n| instant(n * step)).collect();
        Master {
            set: None,
            lead: String::new(),
            fragments: starts.clone(),
            segments: starts,
            end: instant(end),
        }
    }

    fn start(&self) -> Instant {
        self.segments.first().copied().unwrap_or(Instant { ticks: 0, timescale: 1 })
    }
}

/// Ticks that hold all of a time.
fn ticks_up(time: MediaTime, timescale: u32) -> u64 {
    let ratio = time.ratio();
    let ticks = (ratio.numer() * i128::from(timescale) + ratio.denom() - 1).div_euclid(*ratio.denom());
    u64::try_from(ticks).unwrap_or(0)
}

fn lines(items: &[Item], set: &Set, names: &[String]) -> Vec<Line> {
    let line = |&member: &usize| items[member].track().map(|track| Line::of(names[member].as_str(), track));
    set.members.iter().filter_map(line).collect()
}

/// Spans between starts, as fragments without samples.
fn spans(starts: &[u64], end: u64) -> Vec<Fragment> {
    let ends = starts.iter().skip(1).copied().chain([end]);
    let span =
        |(&start, end): (&u64, u64)| Fragment { samples: 0..0, start, duration: end.saturating_sub(start) };
    starts.iter().zip(ends).map(span).collect()
}

/// A track with its cuts, and what belongs to it.
struct CutTrack {
    item: usize,
    track: Track,
    cuts: Cuts,
    part: Option<PartReport>,
    input: String,
    sidecar: Option<String>,
}

/// Cuts the tracks of a set.
fn cut_set(
    job: &Job,
    position: usize,
    set: &Set,
    items: &mut [Option<Item>],
    names: &[String],
    master: &Master,
) -> Result<Vec<CutTrack>> {
    let members: Vec<(usize, Item)> =
        set.members.iter().filter_map(|&member| Some((member, items[member].take()?))).collect();
    if set.media == Media::Text {
        return members
            .into_iter()
            .map(|(index, item)| cut_text(job, index, item, &names[index], master))
            .collect();
    }
    let shared = match &master.set {
        Some((master_set, starts)) if *master_set == position => Some(starts.clone()),
        _ if set.media == Media::Video => {
            let lines: Vec<Line> = members
                .iter()
                .filter_map(|(index, item)| Some(Line::of(names[*index].as_str(), item.track()?)))
                .collect();
            let cuts = fragment_cuts(job, set.media, &lines)?;
            Some(align::starts(&lines, &cuts))
        }
        // Sound follows.
        _ => None,
    };
    let renditions = members.len();
    let mut cut = Vec::with_capacity(renditions);
    for (position, (index, item)) in members.into_iter().enumerate() {
        let Content::Media(mut track) = item.content else { continue };
        let cuts = match &shared {
            Some(shared) => {
                let fragments = align::fragments_at(&track, &shared[position]);
                let segments = cut::segments(&fragments, track.timescale, job.durations.segment);
                Cuts { fragments, segments, chunk: job.durations.chunk }
            }
            None => follow(job, &track, &names[index], master).map_err(|e| e.in_file(&item.input))?,
        };
        if set.media == Media::Video && position == 0 {
            track.warnings.extend(long_segment_warning(job, &cuts, track.timescale, renditions));
        }
        track.warnings.extend(early_start_warning(&track, master));
        cut.push(CutTrack {
            item: index,
            track: *track,
            cuts,
            part: item.part,
            input: item.input,
            sidecar: None,
        });
    }
    Ok(cut)
}

/// Where fragments start in the renditions of a set: in segments of video, nobody saying how long they are to be, at
/// every random access point that they share and that is about a second from the last.
fn fragment_cuts(job: &Job, media: Media, lines: &[Line]) -> Result<Vec<Vec<usize>>> {
    const OF_VIDEO: Seconds = Seconds::whole(1);
    let Durations { fragment, segment, .. } = job.durations;
    let cuts = align::shared_cuts(lines, fragment.unwrap_or(segment), job.align)?;
    Ok(match fragment {
        None if media == Media::Video => align::subdivide(lines, &cuts, OF_VIDEO),
        _ => cuts,
    })
}

/// Segments of video that are longer than wanted by more than a choice of cuts explains: players can neither seek nor
/// switch in them.
fn long_segment_warning(job: &Job, cuts: &Cuts, timescale: u32, renditions: usize) -> Option<String> {
    let Durations { segment, fragment, .. } = job.durations;
    let wanted = segment.ticks(timescale).max(fragment.map_or(0, |fragment| fragment.ticks(timescale)));
    let starts = cuts.segments.iter().map(|range| cuts.fragments[range.start].start);
    // The first of several.
    let (start, longest) =
        starts.zip(cuts.segment_durations()).rev().max_by_key(|(_, duration)| *duration)?;
    let points =
        if renditions > 1 { "random access point that all renditions have" } else { "random access point" };
    (longest > wanted.saturating_mul(2)).then(|| {
        format!(
            "the longest segment lasts {}, from {} on, as there is no {points} in it; {} was asked for: encode \
             with closed groups of pictures (x265: open-gop=0), or with key frames more often",
            display_ticks(longest, timescale),
            display_ticks(start, timescale),
            display_ticks(wanted, timescale)
        )
    })
}

/// What is presented before the presentation begins is not played. Less than a sample is what cutting leaves.
fn early_start_warning(track: &Track, master: &Master) -> Option<String> {
    let start = master.start().in_ticks(track.timescale);
    let early =
        start.checked_sub(track.start).filter(|early| *early > 0 && *early > track.samples.longest())?;
    Some(format!(
        "it begins {} before the presentation, which begins with {}: so much of it is clipped, not played",
        display_ticks(early, track.timescale),
        master.lead
    ))
}

/// Cuts a track where the master is cut.
fn follow(job: &Job, track: &Track, name: &str, master: &Master) -> Result<Cuts> {
    let line = Line::of(name, track);
    let follow = |cuts: &[Instant], target| align::follow(&line, cuts, master.end, target, job.align);
    let wanted = follow(&master.segments, job.durations.segment)?;
    let starts = match job.durations.fragment {
        Some(fragment) => follow(&master.fragments, fragment)?,
        None => wanted.clone(),
    };
    // The same instants give the same samples, so segments start where fragments do.
    let mut bounds: Vec<usize> = wanted.iter().filter_map(|start| starts.binary_search(start).ok()).collect();
    bounds.push(starts.len());
    let segments = bounds.windows(2).map(|pair| pair[0]..pair[1]).collect();
    Ok(Cuts { fragments: align::fragments_at(track, &starts), segments, chunk: job.durations.chunk })
}

/// Makes samples of timed text, a whole number of them in each segment.
fn cut_text(job: &Job, index: usize, item: Item, name: &str, master: &Master) -> Result<CutTrack> {
    let Content::Text(source) = item.content else {
        return Err(Error::unsupported("media and text can't be one switching set").in_file(item.input));
    };
    let timescale = master.start().timescale;
    let mut cuts: Vec<u64> = master.segments.iter().map(|instant| instant.ticks).collect();
    cuts.push(master.end.in_ticks(timescale));
    let grid = text::Grid { timescale, cuts };
    let mut track = source.track(&grid).map_err(|e| e.in_file(&item.input))?;
    track.warnings.splice(0..0, item.notes);
    let line = Line::of(name, &track);
    let starts = align::follow(&line, &master.segments, master.end, job.durations.segment, job.align)?;
    let fragments = align::fragments_at(&track, &starts);
    let segments = (0..fragments.len()).map(|n| n..n + 1).collect();
    let sidecar = match source.coding() {
        text::Coding::Wvtt if job.manifests.hls && master.set.is_some() => {
            Some(source.sidecar().map_err(|e| e.in_file(&item.input))?)
        }
        _ => None,
    };
    let cuts = Cuts { fragments, segments, chunk: None };
    Ok(CutTrack { item: index, track, cuts, part: None, input: item.input, sidecar })
}
