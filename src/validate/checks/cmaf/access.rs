//! Where fragments and segments start, and whether decoding can start there.

use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::{Kind, Sample};
use crate::isobmff::BoxHeader;
use crate::isobmff::boxes::Styp;
use crate::validate::check::{Check, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{CMF_12, CMF_13, CMF_15, CMF_16};

/// Rules CMF-12, CMF-13, CMF-15 and CMF-16.
#[derive(Default)]
pub(in crate::validate) struct Access {
    /// Of the file of the last fragment, among those that are read as one.
    file: Option<usize>,
    /// Whether each of the files has a header or a fragment.
    files: Vec<bool>,
    /// Track and fragment of the last sample, and of the last one whose key is not known.
    last: Option<(u32, u64)>,
    undecryptable: Option<(u32, u64)>,
}

impl Check for Access {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        let parts = found.parts();
        let part = parts.partition_point(|(_, start)| *start <= header.offset);
        self.files.resize(parts.len(), false);
        if matches!(&header.kind.0, b"moov" | b"moof")
            && let Some(file) = part.checked_sub(1).and_then(|part| self.files.get_mut(part))
        {
            *file = true;
        }
        let Some((name, start)) = parts.get(part).filter(|(_, start)| *start < header.end()) else { return };
        let message = format!(
            "`{}` of {} bytes has {} bytes in its file, the rest would be in {name}",
            header.kind,
            header.size,
            start - header.offset
        );
        found.push(found.finding(&CMF_15, header.offset, message).path(header.kind.to_string()));
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        let file = found.parts().partition_point(|(_, start)| *start <= fragment.offset());
        let before = self.file.replace(file);
        if before.is_none_or(|before| before == file) {
            return;
        }
        // A chunk may start anywhere, where it says that it is one.
        let styp = fragment.before.iter().filter(|before| before.header.kind == b"styp");
        let styp = styp.filter_map(|before| before.child()?.parse::<Styp>().ok()).next_back();
        let is_chunk = styp.is_some_and(|styp| {
            let has = |brand: &[u8; 4]| styp.compatible_brands.iter().any(|of| of == brand);
            has(b"cmfl") && !has(b"cmff") && !has(b"cmfs")
        });
        for traf in fragment.trafs.iter().filter(|_| !is_chunk) {
            if traf.samples.first().is_some_and(|sample| sample.flags.sample_is_non_sync_sample()) {
                let message = "the segment starts with a sample that is no sync sample";
                let finding = fragment.in_traf(found, &CMF_16, (traf, "", traf.child.header.offset), message);
                found.push(finding.fix("cut segments where sync samples are"));
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        self.keys(track, sample, found);
        let place = (track.id, sample.fragment);
        let before = self.last.replace(place);
        if sample.fragment == 0 || before == Some(place) {
            return;
        }
        let Some(marks) = sample.marks else { return };
        let real = scan.and_then(UnitScan::kind);
        let message = match (marks.sync, real) {
            // Later ones may be chunks of the fragment before.
            (false, _) if sample.number == 1 => "the track starts with a sample that is no sync sample",
            (true, Some(Kind::Dependent | Kind::Independent)) => {
                "the fragment starts with a sample that is marked as a sync sample, and does not start with a key frame that is shown"
            }
            _ => return,
        };
        found.push(found.in_sample(&CMF_12, track, sample, message));
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        if file.moofs == 0 {
            return;
        }
        let empty = found.parts().iter().zip(&self.files).filter(|(_, has)| !**has);
        let empty: Vec<u64> = empty.map(|((_, start), _)| *start).collect();
        for start in empty {
            found.say(&CMF_16, start, "there is no fragment in this file");
        }
    }
}

impl Access {
    /// Whether what the fragment says is enough to decrypt it, keys apart.
    fn keys(&mut self, track: &Track, sample: &Sample, found: &mut Gathered) {
        let place = (track.id, sample.fragment);
        let Some(protection) = sample.protection.as_ref().filter(|protection| protection.is_protected) else {
            return;
        };
        // Without the header nothing is known of keys.
        if track.trak.is_none() || self.undecryptable == Some(place) {
            return;
        }
        let message = match (protection.kid, protection.described) {
            (Some(_), true) => return,
            (None, _) => "neither the header nor the fragment says which key the sample has",
            (_, false) => "neither the header nor the fragment has an IV for the sample",
        };
        self.undecryptable = Some(place);
        found.push(found.in_sample(&CMF_13, track, sample, message));
    }
}
