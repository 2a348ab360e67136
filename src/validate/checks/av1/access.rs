//! Random access: what samples are marked as, against what their frames are.

use std::collections::{BTreeMap, BTreeSet};

use super::{EntryId, av1_entry};
use crate::av1::FrameType;
use crate::error::Error;
use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::{Broken, Kind, Sample};
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_12, AV1_29, AV1_30, AV1_31, AV1_32};

/// Rules AV1-12 and AV1-29 to AV1-32.
#[derive(Default)]
pub(super) struct Access {
    /// Sample entries whose samples were seen, and those with a sync sample among them.
    seen: BTreeSet<EntryId>,
    with_sync: BTreeSet<EntryId>,
    places: BTreeMap<EntryId, (String, u64)>,
    /// The sample whose OBUs can't be read.
    broken: Option<(u32, u64)>,
}

impl Check for Access {
    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        for trak in header.traks().filter(|trak| trak.track.is_av1()) {
            for (number, (child, _)) in trak.entries().enumerate() {
                let path = format!("{}/mdia/minf/stbl/stsd/{}[{}]", trak.path, child.kind(), number + 1);
                self.places.insert((trak.track.id, number as u32 + 1), (path, child.header.offset));
            }
        }
    }

    fn broken(&mut self, track: &Track, sample: &Sample, part: Broken, _: &Error, _: &mut Gathered) {
        if part == Broken::Obus {
            self.broken = Some((track.id, sample.number));
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let (Some(scan), Some(marks)) = (scan, sample.marks) else { return };
        let id = (track.id, sample.description);
        self.seen.insert(id);
        if marks.sync {
            self.with_sync.insert(id);
        }
        let Some(first) = scan.first.filter(|_| self.broken != Some((track.id, sample.number))) else {
            return;
        };
        let kind = if first.show_existing_frame {
            "shows a frame that was decoded before"
        } else {
            match (first.frame_type, first.show_frame) {
                (FrameType::Key, true) => "is a shown key frame",
                (FrameType::Key, false) => "is a key frame that is not shown here",
                (FrameType::IntraOnly, _) => "is an intra-only frame",
                (FrameType::Switch, _) => "is a switch frame",
                (FrameType::Inter, _) => "is an inter frame",
            }
        };
        let finding = if marks.sync && !scan.starts_with_key_frame() {
            let is_key = first.frame_type == FrameType::Key;
            let rule = if is_key { &AV1_30 } else { &AV1_29 };
            let message = format!("marked as a sync sample, and its first frame {kind}");
            found.in_sample(rule, track, sample, message).fix("Mark the sample as no sync sample.")
        } else if marks.sync && scan.lacks_sequence_header() {
            let message = "marked as a sync sample, and no sequence header stands before its key frame";
            found
                .in_sample(&AV1_31, track, sample, message)
                .fix("Put the sequence header of configOBUs in front of the frame, or mark the sample as no sync sample.")
        } else if !marks.sync && scan.starts_with_key_frame() && !scan.lacks_sequence_header() {
            // Forbidden is only the mark on what is no random access point; without it players can't seek here.
            let message = "not marked as a sync sample, and its first frame is a shown key frame behind a sequence header";
            found.in_sample(&AV1_29, track, sample, message).severity(Severity::Warning)
        } else if !marks.sync
            && first.frame_type == FrameType::IntraOnly
            && !first.show_existing_frame
            && scan.kind() == Some(Kind::Independent)
            && marks.depends_on != 2
        {
            let message = format!(
                "its frames are intra-only and refer to no other sample; sample_depends_on is {}, not 2",
                marks.depends_on
            );
            let finding = found.in_sample(&AV1_32, track, sample, message);
            finding.found(marks.depends_on.to_string()).expected("2")
        } else {
            return;
        };
        found.push(finding);
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for id in self.seen.difference(&self.with_sync) {
            let track = file.tracks.iter().find(|track| track.id == id.0);
            let config = track.and_then(|track| av1_entry(track, id.1)?.av1.as_ref());
            let Some(config) = config else { continue };
            if matches!(config.sequence(), Ok(None)) {
                let (path, offset) = self.places.get(id).cloned().unwrap_or_default();
                let message =
                    "no sample of the entry is a sync sample, and configOBUs has no sequence header either";
                let finding = found.finding(&AV1_12, offset, message).path(path);
                found.push(finding.context("track", id.0.to_string()));
            }
        }
    }
}
