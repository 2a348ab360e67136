//! Movie fragments: defaults, numbers, runs and flags of samples.

use std::ops::Range;

use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::{Kind, Sample};
use crate::isobmff::ParseBox;
use crate::isobmff::boxes::{Mfhd, Trex, Trun};
use crate::validate::check::{Check, Header, MovieFragment, Traf};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ISO_12, ISO_13, ISO_14, ISO_15, ISO_16};

/// Rules ISO-12 to ISO-16.
#[derive(Default)]
pub(in crate::validate) struct Fragments {
    sequence_number: Option<u32>,
    /// Where the runs of the fragment before lie.
    before: Vec<Range<u64>>,
}

impl Check for Fragments {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        let (Some(moov), true) = (&header.moov, header.file.has_mvex || header.file.moofs > 0) else {
            return;
        };
        let Some(mvex) = moov.boxes().map_while(Result::ok).find(|child| child.kind() == b"mvex") else {
            let message = "there are fragments, and `moov` has no `mvex` that says so";
            found.push(found.finding(&ISO_12, moov.header.offset, message).path("moov"));
            return;
        };
        let trexes: Vec<(u64, Trex)> = mvex
            .boxes()
            .map_while(Result::ok)
            .filter(|child| child.kind() == b"trex")
            .filter_map(|child| Some((child.header.offset, child.parse().ok()?)))
            .collect();
        for trak in header.traks() {
            let id = trak.track.id;
            let mut of_track = trexes.iter().filter(|(_, trex)| trex.track_id == id);
            let message = match (of_track.next(), of_track.next()) {
                (Some(_), None) => continue,
                (None, _) => format!("track {id} has no `trex`"),
                (Some(_), Some(_)) => format!("track {id} has several `trex`"),
            };
            let finding = found.finding(&ISO_12, mvex.header.offset, message).path("moov/mvex");
            found.push(finding.context("track", id.to_string()));
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        self.number(fragment, found);
        self.places(fragment, found);
        for traf in &fragment.trafs {
            arrays(fragment, traf, found);
            flags(fragment, traf, found);
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let Some(marks) = sample.marks else { return };
        let depends = match marks.depends_on {
            1 => "depends on others",
            2 => "depends on none",
            _ => "has a value that is reserved",
        };
        let message = match (marks.sync, marks.depends_on, scan.and_then(UnitScan::kind)) {
            (_, 3, _) => "sample_depends_on is 3, which is reserved".to_owned(),
            (true, 1, _) => format!("the sample is marked as a sync sample that {depends}"),
            (false, 2, Some(Kind::Dependent)) => {
                format!("the sample is marked as one that {depends}; its frames refer to others")
            }
            _ => return,
        };
        found.push(found.in_sample(&ISO_16, track, sample, message));
    }
}

impl Fragments {
    fn number(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        let Ok(Some(child)) = fragment.moof.reader().find(b"mfhd") else { return };
        let Ok(mfhd) = child.parse::<Mfhd>() else { return };
        if let Some(before) = self.sequence_number.replace(mfhd.sequence_number)
            && mfhd.sequence_number <= before
        {
            let message =
                format!("sequence_number is {}, the fragment before has {before}", mfhd.sequence_number);
            let finding = fragment.finding(found, &ISO_13, child.header.offset, message);
            found.push(
                finding.path(format!("{}/mfhd", fragment.path())).expected(format!("more than {before}")),
            );
        }
    }

    /// Where runs lie: none over another, and all in the file of their `moof`.
    fn places(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        let mut runs: Vec<(Range<u64>, u64, &Traf<'_>)> = Vec::new();
        for traf in &fragment.trafs {
            for (offset, _, samples) in traf.run_samples() {
                let Some(start) = samples.iter().map(|sample| sample.offset).min() else { continue };
                let ends = samples.iter().map(|sample| sample.offset.saturating_add(sample.size));
                let end = ends.max().unwrap_or(start);
                if end > start {
                    runs.push((start..end, offset, traf));
                }
            }
        }
        let part_of = |offset: u64| found.parts().partition_point(|(_, start)| *start <= offset);
        let file = part_of(fragment.offset());
        let outside = runs.iter().find(|(range, ..)| part_of(range.start) != file);
        if let Some((range, offset, traf)) = outside {
            let message = format!("the run's data begins {}", away(range.start, fragment.offset()));
            let finding = fragment.in_traf(found, &ISO_14, (traf, "trun", *offset), message);
            found.push(finding.expected("data in the same file"));
        }
        runs.sort_by_key(|(range, ..)| range.start);
        let mut end = (0, 0);
        for (range, offset, traf) in &runs {
            let again = self.before.iter().find(|of| of.start < range.end && range.start < of.end);
            let message = match again {
                _ if range.start < end.0 => {
                    format!(
                        "{} bytes of the run's data are of another run too",
                        end.0.min(range.end) - range.start
                    )
                }
                Some(_) => "the run's data is of the fragment before too".to_owned(),
                None => {
                    end = end.max((range.end, *offset));
                    continue;
                }
            };
            found.push(fragment.in_traf(found, &ISO_14, (traf, "trun", *offset), message));
            end = end.max((range.end, *offset));
        }
        self.before = runs.into_iter().map(|(range, ..)| range).collect();
    }
}

/// How far a byte is from the `moof`.
fn away(offset: u64, moof: u64) -> String {
    match offset.checked_sub(moof) {
        Some(behind) => format!("{behind} bytes behind the start of its `moof`, in another file"),
        None => format!("{} bytes before its `moof`, in another file", moof - offset),
    }
}

fn arrays(fragment: &MovieFragment<'_>, traf: &Traf<'_>, found: &mut Gathered) {
    for (offset, run) in &traf.runs {
        if run.header.first_sample_flags.is_some() && run.header.has_flags {
            let message = "the run has flags of its first sample, and flags of each sample";
            let finding = fragment.in_traf(found, &ISO_15, (traf, "trun", *offset), message);
            found.push(finding.fix("leave first_sample_flags out, for each sample says it"));
        }
    }
    for child in traf.child.boxes().map_while(Result::ok).filter(|child| child.kind() == b"trun") {
        let mut r = child.reader();
        if let Ok(run) = Trun::parse(&mut r)
            && !r.is_empty()
        {
            let message = format!(
                "sample_count is {}, {} more bytes are behind these samples",
                run.sample_count,
                r.remaining()
            );
            found.push(fragment.in_traf(found, &ISO_15, (traf, "trun", child.header.offset), message));
        }
    }
}

/// Bits of flags that have no meaning.
fn flags(fragment: &MovieFragment<'_>, traf: &Traf<'_>, found: &mut Gathered) {
    for (offset, _, samples) in traf.run_samples() {
        let wrong = samples.iter().enumerate().find(|(_, sample)| sample.flags.reserved() != 0);
        if let Some((number, sample)) = wrong {
            let message = format!("sample_flags of sample {} of the run are {}", number + 1, sample.flags);
            let finding = fragment.in_traf(found, &ISO_16, (traf, "trun", offset), message);
            found.push(finding.expected("the top four bits 0"));
        }
    }
}
