//! Events and clocks before fragments.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::findings::Severity;
use crate::inspect::mp4::Mp4;
use crate::isobmff::boxes::{Emsg, EventTime, Prft};
use crate::isobmff::{BoxHeader, FourCC};
use crate::validate::check::{Before, Check, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{CMF_33, CMF_34, CMF_35};

/// Events that are kept to be told apart.
const EVENTS: usize = 10_000;

/// Rules CMF-33 to CMF-35.
#[derive(Default)]
pub(in crate::validate) struct Events {
    /// Whether the last box of a chunk was its `moof`, whose media data is to come.
    in_chunk: bool,
    /// `emsg` and `prft` since the last chunk.
    pending: Option<BoxHeader>,
    /// What was told in the event of a scheme, a value and a number.
    known: HashMap<u64, u64>,
}

impl Check for Events {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        match &header.kind.0 {
            b"moof" => (self.in_chunk, self.pending) = (true, None),
            b"mdat" => self.in_chunk = false,
            b"emsg" | b"prft" if self.in_chunk => {
                let message = format!("`{}` stands between a `moof` and its `mdat`", header.kind);
                let finding =
                    found.finding(rule(header.kind), header.offset, message).path(header.kind.to_string());
                found.push(finding.fix("put it before the `moof`"));
            }
            b"emsg" | b"prft" => self.pending = self.pending.or(Some(*header)),
            _ => {}
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for (place, before) in fragment.before.iter().enumerate() {
            let Some(child) = before.child() else { continue };
            if let Some(emsg) = child.parse::<Emsg>().ok().filter(|_| child.kind() == b"emsg") {
                self.event(fragment, before, &emsg, found);
            }
            if let Some(prft) = child.parse::<Prft>().ok().filter(|_| child.kind() == b"prft") {
                let behind = fragment.before.get(place + 1..).unwrap_or_default();
                clock(fragment, before, &prft, behind, found);
            }
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        let Some(header) = self.pending.filter(|_| file.moofs > 0) else { return };
        let message = format!("`{}` has no fragment behind it", header.kind);
        let finding = found.finding(rule(header.kind), header.offset, message).path(header.kind.to_string());
        found.push(finding.fix("put it before the `moof` of the fragment that it goes with"));
    }
}

fn rule(kind: FourCC) -> &'static crate::findings::Rule {
    if kind == b"emsg" { &CMF_33 } else { &CMF_35 }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Events {
    fn event(&mut self, fragment: &MovieFragment<'_>, before: &Before, emsg: &Emsg, found: &mut Gathered) {
        let begin = |found: &Gathered, rule, message: String| {
            let finding = fragment.finding(found, rule, before.header.offset, message);
            finding.path("emsg")
        };
        if let [track] = fragment.file.tracks.as_slice()
            && let Some(timescale) = track.timescale
            && timescale != emsg.timescale
        {
            let message = format!("timescale is {}, that of the track {timescale}", emsg.timescale);
            found.push(begin(found, &CMF_33, message));
        }
        if let EventTime::PresentationTimeDelta(_) = emsg.time {
            let message = "`emsg` has version 0: its time counts from its segment, and is lost where segments are cut anew";
            let finding = begin(found, &CMF_34, message.to_owned()).severity(Severity::Advice);
            found.push(finding.fix("write version 1, which has a time of its own"));
        }
        let name = hash((&emsg.scheme_id_uri, &emsg.value, emsg.id));
        // The start of events of version 0 is not the same number in each segment.
        let time = match emsg.time {
            EventTime::PresentationTime(time) => Some(time),
            EventTime::PresentationTimeDelta(_) => None,
        };
        let content = hash((time, emsg.event_duration, &emsg.message_data));
        let is_new = !self.known.contains_key(&name);
        if self.known.len() >= EVENTS && is_new {
            return;
        }
        if *self.known.entry(name).or_insert(content) != content {
            let message = format!(
                "the event of scheme `{}` with id {} was told before with another time, duration or message",
                emsg.scheme_id_uri.escape_debug(),
                emsg.id
            );
            found.push(begin(found, &CMF_34, message).fix("give each event an id of its own"));
        }
    }
}

fn clock(
    fragment: &MovieFragment<'_>,
    before: &Before,
    prft: &Prft,
    behind: &[Before],
    found: &mut Gathered,
) {
    let begin = |found: &Gathered, message: String| {
        fragment.finding(found, &CMF_35, before.header.offset, message).path("prft")
    };
    // Events may stand between; what begins a segment may not.
    if let Some(other) = behind.iter().find(|other| matches!(&other.header.kind.0, b"styp" | b"sidx")) {
        let finding =
            begin(found, format!("`prft` stands before the `{}` of its segment", other.header.kind));
        found.push(finding.fix("put it directly before the `moof`"));
    }
    let traf = fragment.trafs.iter().find(|traf| traf.tfhd.track_id == prft.reference_track_id);
    let Some(traf) = traf else {
        let message = format!(
            "reference_track_ID is {}, of which the fragment behind has nothing",
            prft.reference_track_id
        );
        found.push(begin(found, message));
        return;
    };
    let Some(tfdt) = traf.tfdt else { return };
    let start = tfdt.base_media_decode_time;
    let offsets = traf.samples.iter().map(|sample| sample.composition_offset.unsigned_abs());
    let latest = start.saturating_add(traf.duration()).saturating_add(offsets.max().unwrap_or(0));
    if !(start..=latest).contains(&prft.media_time) {
        let message = format!(
            "media_time is {}, the fragment behind has times from {start} to {latest}",
            prft.media_time
        );
        found.push(begin(found, message));
    }
}
