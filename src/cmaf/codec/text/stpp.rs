//! TTML in ISOBMFF: a document for each segment (ISO/IEC 14496-30 § 6).

use super::document::Document;
use super::grid::{Grid, Samples};
use crate::cmaf::{SampleEntry, SampleTable};
use crate::error::{Error, Result};
use crate::formats::imsc::Conformance;
use crate::formats::ttml::names::TTML;
use crate::isobmff::Writer;
use crate::ttal::time::MediaTime;

/// How often paragraphs may be repeated in other segments, all together.
const MAX_REPEATS: usize = 4_000_000;

/// A document, and from when on it counts: up to the one behind it.
#[derive(Debug)]
pub(super) struct Dated {
    pub(super) begin: MediaTime,
    pub(super) document: Document,
}

/// The profile that all documents keep to, or what speaks against it.
pub(super) fn conformance(documents: &[Dated]) -> Result<Conformance, &str> {
    let mut all = Conformance::Imsc1;
    for dated in documents {
        match &dated.document.conformance {
            Ok(Conformance::Imsc1) => {}
            Ok(Conformance::Imsc11) => all = Conformance::Imsc11,
            Err(why) => return Err(why),
        }
    }
    Ok(all)
}

/// The sample entry for documents that keep to a profile, or to none that is known.
pub(super) fn entry(conformance: Option<Conformance>) -> SampleEntry {
    let codec = match conformance {
        Some(Conformance::Imsc1) => "stpp.ttml.im1t",
        Some(Conformance::Imsc11) => "stpp.ttml.im2t",
        None => "stpp.ttml",
    };
    let mut w = Writer::new();
    w.zeros(6);
    w.u16(1); // data_reference_index
    w.cstring(TTML);
    w.cstring(""); // schema_location
    w.cstring(""); // auxiliary_mime_types: there are no resources beside the document
    SampleEntry { format: *b"stpp", body: w.into_bytes(), codec: codec.into() }
}

/// A stretch of the grid that is one sample.
#[derive(Debug)]
struct Piece {
    ticks: (u64, u64),
    times: (MediaTime, MediaTime),
    document: usize,
    paragraphs: Vec<u32>,
}

/// Makes samples: a document for each segment; more where documents that can't be one meet inside of it.
///
/// # Errors
/// `Usage` for a grid that makes no sense, `Limit` where paragraphs overlap without bound.
pub(super) fn samples(documents: &[Dated], grid: &Grid, warnings: &mut Vec<String>) -> Result<SampleTable> {
    let (start, end) = grid.ends()?;
    let (start, end) = (grid.time(start)?, grid.time(end)?);
    let mut pieces = pieces(documents, grid)?;
    let (mut repeats, mut outside, mut clipped) = (0, 0, 0);
    for (number, dated) in documents.iter().enumerate() {
        let from = pieces.partition_point(|piece| piece.document < number);
        let to = pieces.partition_point(|piece| piece.document <= number);
        let own = &mut pieces[from..to];
        for (at, interval) in (0u32..).zip(dated.document.intervals()) {
            let first = own.partition_point(|piece| piece.times.1 <= interval.begin);
            let last = interval.end.map_or(own.len(), |end| own.partition_point(|piece| piece.times.0 < end));
            if first >= last {
                outside += 1;
                continue;
            }
            clipped += usize::from(interval.begin < start || interval.end.is_some_and(|until| until > end));
            repeats += last - first;
            if repeats > MAX_REPEATS {
                let message = format!("paragraphs would stand in segments more than {MAX_REPEATS} times");
                return Err(Error::limit(message));
            }
            own[first..last].iter_mut().for_each(|piece| piece.paragraphs.push(at));
        }
    }
    let counts = [
        (outside, "outside of the presentation or without duration, left out"),
        (clipped, "across the start or end of the presentation, clipped"),
    ];
    warnings.extend(
        counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, how)| format!("{count} paragraphs {how}")),
    );
    let mut samples = Samples::default();
    for piece in &pieces {
        let paragraphs = piece.paragraphs.iter().map(|&at| at as usize);
        let document = &documents[piece.document].document;
        let text = document.slice(paragraphs, (piece.times.0, Some(piece.times.1)));
        samples.push(text.into_bytes(), piece.ticks.1 - piece.ticks.0)?;
    }
    Ok(samples.table)
}

/// Segments of the grid, cut where another document begins.
fn pieces(documents: &[Dated], grid: &Grid) -> Result<Vec<Piece>> {
    let begins: Vec<u64> = documents.iter().map(|dated| grid.ticks(dated.begin)).collect();
    let mut pieces = Vec::with_capacity(grid.cuts.len());
    let mut document = 0;
    for pair in grid.cuts.windows(2) {
        let mut from = pair[0];
        while from < pair[1] {
            // Of documents that begin at one tick, the last one counts.
            while begins.get(document + 1).is_some_and(|&begin| begin <= from) {
                document += 1;
            }
            let to = begins.get(document + 1).map_or(pair[1], |&begin| begin.min(pair[1]));
            let times = (grid.time(from)?, grid.time(to)?);
            pieces.push(Piece { ticks: (from, to), times, document, paragraphs: Vec::new() });
            from = to;
        }
    }
    Ok(pieces)
}
