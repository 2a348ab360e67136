//! Chunks: a `moof` and the `mdat` that holds its samples.

use crate::findings::Severity;
use crate::inspect::mp4::Mp4;
use crate::isobmff::{BoxHeader, FourCC};
use crate::validate::check::{Check, Header, MovieFragment, Traf};
use crate::validate::gathered::Gathered;
use crate::validate::table::{CMF_10, CMF_11, CMF_26, CMF_27, CMF_28, CMF_29, CMF_40, CMF_41};

/// Rules CMF-10, CMF-11, CMF-26 to CMF-29, CMF-40 and CMF-41.
#[derive(Default)]
pub(in crate::validate) struct Chunks {
    /// The last `moof` or `mdat`, and the box behind it.
    last: Option<FourCC>,
    /// An `mdat` before the first `moof`.
    early: Option<u64>,
    is_cmf2: bool,
}

impl Check for Chunks {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        let before = self.last;
        match &header.kind.0 {
            b"moof" | b"mdat" => self.last = Some(header.kind),
            // Room that was left free hurts nobody; of events and clocks there are rules of their own.
            b"free" | b"skip" | b"emsg" | b"prft" => {}
            _ if before.is_some_and(|kind| kind == b"moof") => {
                let message = format!("`{}` stands between a `moof` and its `mdat`", header.kind);
                found.push(found.finding(&CMF_10, header.offset, message).severity(Severity::Warning));
            }
            _ => {}
        }
        if header.kind != b"mdat" {
            return;
        }
        match before {
            None => self.early = self.early.or(Some(header.offset)),
            Some(kind) if kind == b"mdat" => {
                let message = "an `mdat` without a `moof` of its own";
                found.push(found.finding(&CMF_10, header.offset, message).path("mdat"));
            }
            Some(_) => {}
        }
    }

    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        self.is_cmf2 =
            header.file.brands.as_ref().is_some_and(|brands| !brands.segment && brands.lists(b"cmf2"));
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        media_data(fragment, found);
        if fragment.trafs.iter().all(|traf| traf.runs.iter().all(|(_, run)| run.sample_count == 0)) {
            let message = "the fragment has no samples";
            found.push(fragment.finding(found, &CMF_40, fragment.offset(), message));
        }
        for traf in &fragment.trafs {
            track_fragment_header(fragment, traf, found);
            runs(fragment, traf, found);
            if self.is_cmf2 {
                said_here(fragment, traf, found);
            }
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        if let Some(offset) = self.early.filter(|_| file.moofs > 0) {
            let message = "an `mdat` stands before the first `moof`";
            found.push(found.finding(&CMF_10, offset, message).path("mdat"));
        }
    }
}

/// The media data is that of the samples, no more and no less.
fn media_data(fragment: &MovieFragment<'_>, found: &mut Gathered) {
    let Some(mdat) = fragment.mdat else {
        let message = "the `moof` has no `mdat` behind it";
        found.push(fragment.finding(found, &CMF_10, fragment.offset(), message));
        return;
    };
    let payload = mdat.payload_offset()..mdat.end();
    let mut used = 0u64;
    for traf in &fragment.trafs {
        for (offset, _, samples) in traf.run_samples() {
            used = samples.iter().fold(used, |used, sample| used.saturating_add(sample.size));
            let is_outside = |offset: u64, size: u64| {
                size > 0 && (offset < payload.start || offset.saturating_add(size) > payload.end)
            };
            let Some(number) = samples.iter().position(|sample| is_outside(sample.offset, sample.size))
            else {
                continue;
            };
            let message = format!("sample {} of the run is not in the `mdat` of its chunk", number + 1);
            let finding = fragment.in_traf(found, &CMF_11, (traf, "trun", offset), message);
            found.push(finding.related(found.at(mdat.offset), "the `mdat`"));
            return;
        }
    }
    let length = mdat.payload_len();
    if used < length {
        let message =
            format!("the `mdat` has {length} bytes, the samples {used}: {} are of none", length - used);
        let finding = fragment.finding(found, &CMF_11, mdat.offset, message).path("mdat");
        found.push(finding.severity(Severity::Warning));
    }
}

fn track_fragment_header(fragment: &MovieFragment<'_>, traf: &Traf<'_>, found: &mut Gathered) {
    let begin = |found: &Gathered, message: String| {
        fragment.in_traf(found, &CMF_27, (traf, "tfhd", traf.child.header.offset), message)
    };
    if traf.tfhd.base_data_offset.is_some() {
        let finding = begin(
            found,
            "base_data_offset is there: a place in a file, which segments do not have".to_owned(),
        );
        found.push(
            finding.fix("leave it out and set default-base-is-moof (ffmpeg: -movflags +default_base_moof)"),
        );
    } else if !traf.tfhd.default_base_is_moof {
        let finding = begin(found, "default-base-is-moof is not set".to_owned());
        found.push(finding.fix("set it (ffmpeg: -movflags +default_base_moof)"));
    }
    let ids: Vec<String> = fragment.file.tracks.iter().map(|track| track.id.to_string()).collect();
    if traf.track.is_none() && !ids.is_empty() {
        let finding =
            begin(found, format!("track_ID is {}, which the header does not have", traf.tfhd.track_id));
        found.push(finding.expected(ids.join(" or ")));
    }
    if traf.tfdt.is_none() {
        let message = "there is no `tfdt`, so that the decode time of a segment by itself is not known";
        found.push(fragment.in_traf(found, &CMF_28, (traf, "", traf.child.header.offset), message));
    }
}

fn runs(fragment: &MovieFragment<'_>, traf: &Traf<'_>, found: &mut Gathered) {
    let mut end = 0;
    for (offset, run, samples) in traf.run_samples() {
        if run.header.data_offset.is_none() {
            let message = "data_offset is not there";
            found.push(fragment.in_traf(found, &CMF_29, (traf, "trun", offset), message));
        }
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { continue };
        if first.offset < end {
            let message =
                "the run's data stands before that of the run before it: samples are not in decode order";
            found.push(fragment.in_traf(found, &CMF_41, (traf, "trun", offset), message));
        }
        end = last.offset.saturating_add(last.size);
    }
}

/// All that is said of samples, in the fragment itself.
fn said_here(fragment: &MovieFragment<'_>, traf: &Traf<'_>, found: &mut Gathered) {
    let tfhd = &traf.tfhd;
    let runs = || traf.runs.iter().filter(|(_, run)| run.sample_count > 0).map(|(_, run)| run);
    let flags = |run: &crate::isobmff::boxes::Trun<'_>| {
        run.header.has_flags || run.header.first_sample_flags.is_some() && run.sample_count == 1
    };
    let missing: Vec<&str> = [
        ("sample_description_index", tfhd.sample_description_index.is_none()),
        ("duration", tfhd.default_sample_duration.is_none() && runs().any(|run| !run.header.has_duration)),
        ("size", tfhd.default_sample_size.is_none() && runs().any(|run| !run.header.has_size)),
        ("flags", tfhd.default_sample_flags.is_none() && runs().any(|run| !flags(run))),
    ]
    .into_iter()
    .filter_map(|(name, is_missing)| is_missing.then_some(name))
    .collect();
    if !missing.is_empty() {
        let message =
            format!("the brand `cmf2` is there, and the fragment leaves to `trex`: {}", missing.join(", "));
        let finding = fragment.in_traf(found, &CMF_26, (traf, "tfhd", traf.child.header.offset), message);
        found.push(finding.fix("write the values into `tfhd` or `trun`, or leave out `cmf2`"));
    }
}
