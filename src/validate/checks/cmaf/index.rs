//! The index of a track file.

use std::ops::Range;

use crate::findings::Severity;
use crate::inspect::mp4::Mp4;
use crate::isobmff::boxes::Sidx;
use crate::validate::check::{Check, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::CMF_17;

/// Rule CMF-17.
#[derive(Default)]
pub(in crate::validate) struct TrackIndex {
    /// What the index before the first fragment refers to, in order.
    subsegments: Vec<Range<u64>>,
    /// Whether indexes refer to others.
    is_nested: bool,
    /// Number of the last subsegment that a fragment was in.
    last: Option<usize>,
    is_indexed: bool,
    /// The first fragment that is in no subsegment, and how many are.
    outside: Option<(u64, u64)>,
    /// The first `sidx` behind the one that counts, and how many there are.
    further: Option<(u64, u64)>,
}

impl Check for TrackIndex {
    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        // Segments have indexes of their own, if any.
        if found.parts().len() > 1 || fragment.file.tracks.len() > 1 {
            return;
        }
        self.indexes(fragment);
        if !self.is_indexed {
            return;
        }
        let place = self.subsegments.partition_point(|range| range.start <= fragment.offset()).checked_sub(1);
        let inside = place
            .filter(|place| self.subsegments.get(*place).is_some_and(|range| fragment.offset() < range.end));
        let Some(place) = inside else {
            let outside = self.outside.get_or_insert((fragment.offset(), 0));
            outside.1 += 1;
            return;
        };
        let is_first = self.last.replace(place) != Some(place);
        let first = fragment.trafs.first().and_then(|traf| Some((traf, traf.samples.first()?)));
        if let Some((traf, sample)) = first.filter(|_| is_first)
            && sample.flags.sample_is_non_sync_sample()
        {
            let message = format!(
                "subsegment {} starts inside a fragment: its first sample is no sync sample",
                place + 1
            );
            let finding = fragment.in_traf(found, &CMF_17, (traf, "", traf.child.header.offset), message);
            found.push(finding.fix("let the index refer to whole fragments"));
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        if let Some((offset, count)) = self.further {
            // Segments with an index each that were put behind each other.
            let message = match (self.is_indexed, count) {
                (true, 1) => "another `sidx`; a track file has one, of all fragments".to_owned(),
                (true, _) => format!("{count} more `sidx`; a track file has one, of all fragments"),
                (false, _) => "the `sidx` stands behind the first fragment".to_owned(),
            };
            found.push(found.finding(&CMF_17, offset, message).path("sidx"));
        } else if let Some((offset, count)) = self.outside {
            let message =
                format!("{count} movie fragments are not in the index, so players do not find them");
            found.push(found.finding(&CMF_17, offset, message).path("moof"));
        }
        if file.moofs > 1
            && !self.is_indexed
            && found.parts().len() == 1
            && file.tracks.len() == 1
            && file.has_moov
        {
            let message =
                "there is no `sidx`, so players find no time in the file without reading all before it";
            found.push(found.finding(&CMF_17, 0, message).severity(Severity::Advice));
        }
    }
}

impl TrackIndex {
    fn indexes(&mut self, fragment: &MovieFragment<'_>) {
        let mut count = 0;
        for before in fragment.before.iter().filter(|before| before.header.kind == b"sidx") {
            count += 1;
            let is_further = fragment.number > 1 || count > 1;
            if is_further && !self.is_nested {
                self.further.get_or_insert((before.header.offset, 0)).1 += 1;
                continue;
            }
            let Some(sidx) = before.child().and_then(|child| child.parse::<Sidx<'_>>().ok()) else {
                continue;
            };
            self.is_indexed = true;
            let mut start = before.header.end().saturating_add(sidx.first_offset);
            for reference in sidx.references.iter() {
                let end = start.saturating_add(reference.referenced_size.into());
                self.is_nested |= reference.reference_type;
                // One index has at most 65,535; files have few indexes before their first fragment.
                if !reference.reference_type && self.subsegments.len() < 1 << 20 {
                    self.subsegments.push(start..end);
                }
                start = end;
            }
            self.subsegments.sort_by_key(|range| range.start);
        }
    }
}
