//! Samples as temporal units: which OBUs there are, and how they are written.

use std::collections::BTreeMap;

use crate::av1::{Metadata, Obu, ObuType};
use crate::error::Error;
use crate::input::Window;
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::Track;
use crate::inspect::sample::{Broken, Sample};
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_21, AV1_22, AV1_24, AV1_25, AV1_27, AV1_41, AV1_43};

/// Rules AV1-21, AV1-22, AV1-24, AV1-25, AV1-27, AV1-41 and AV1-43.
#[derive(Default)]
pub(super) struct Units {
    window: Option<Window>,
    /// The sample that can't be read, or whose fault is said already.
    broken: Option<(u32, u64)>,
    /// The spatial layers of the last sample of each track, as a bit mask, where it has several.
    layers: BTreeMap<u32, u8>,
}

impl Check for Units {
    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        self.window = Some(header.file.input().window());
    }

    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, found: &mut Gathered) {
        let obu = seen.obu;
        let kind = obu.header.kind;
        let at = |rule, message: String, found: &Gathered| {
            let mut finding = found.in_sample(rule, track, sample, message);
            finding.location = found.at(obu.offset);
            finding
        };
        match kind {
            ObuType::TemporalDelimiter if obu.index > 0 => {
                let message =
                    format!("OBU {} is a temporal delimiter: a second temporal unit begins", obu.index);
                let finding = at(&AV1_21, message, found);
                found.push(finding.fix("Make a sample of each temporal unit."));
                self.broken = Some((track.id, sample.number));
            }
            ObuType::TemporalDelimiter | ObuType::Padding | ObuType::RedundantFrameHeader => {
                let finding =
                    at(&AV1_24, format!("OBU {} ({kind}) is of no use in a sample", obu.index), found);
                found.push(finding);
            }
            ObuType::TileList => {
                let message = format!("OBU {} is a tile list", obu.index);
                let finding = at(&AV1_25, message, found);
                found.push(finding);
                self.broken = Some((track.id, sample.number));
            }
            _ => {}
        }
        let has_tiles_to_come =
            matches!(seen.parsed, Ok(Obu::FrameHeader(event)) if !event.show_existing_frame);
        let ends_no_unit = matches!(kind, ObuType::TemporalDelimiter | ObuType::SequenceHeader);
        if !obu.header.has_size_field && (ends_no_unit || has_tiles_to_come) {
            let message = format!(
                "OBU {} ({kind}) has no obu_size, so that all behind it is taken for its own",
                obu.index
            );
            let finding = at(&AV1_22, message, found);
            found.push(finding.found("obu_has_size_field 0").expected("obu_has_size_field 1"));
        }
        // Frames and tile groups end with their tiles, and what is unknown may end with anything.
        let has_trailing_bits = match seen.parsed {
            Ok(Obu::SequenceHeader(_) | Obu::FrameHeader(_) | Obu::RedundantFrameHeader) => true,
            Ok(Obu::Metadata(Metadata::Unregistered(_))) => false,
            Ok(Obu::Metadata(_)) => true,
            _ => false,
        };
        let last = obu.payload.end.checked_sub(1).filter(|last| *last >= obu.payload.start);
        if let (true, Some(last), Some(window)) = (has_trailing_bits, last, &mut self.window)
            && window.at_most(last, 1).is_ok_and(|bytes| bytes == [0])
        {
            let message =
                format!("OBU {} ({kind}) is filled up with zero bytes behind its trailing bits", obu.index);
            let finding = at(&AV1_27, message, found);
            found.push(finding);
        }
    }

    fn broken(&mut self, track: &Track, sample: &Sample, part: Broken, error: &Error, found: &mut Gathered) {
        if part != Broken::Obus {
            return;
        }
        if self.broken.replace((track.id, sample.number)) == Some((track.id, sample.number)) {
            return;
        }
        // Without the message's own place, which the finding has.
        let message = format!("the OBUs can't be read: {}", error.message());
        let mut finding = found.in_sample(&AV1_21, track, sample, message);
        if let Some(offset) = error.offset() {
            finding.location = found.at(offset);
        }
        found.push(finding);
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let Some(scan) = scan.filter(|scan| !scan.opaque) else { return };
        if self.broken == Some((track.id, sample.number)) {
            self.layers.remove(&track.id);
            return;
        }
        if scan.frame_count == 0 {
            let finding = found.in_sample(&AV1_21, track, sample, "the sample has no frame");
            found.push(finding);
            return;
        }
        if scan.shown_count == 0 {
            let message = format!("the sample shows no frame; it decodes {}", scan.frame_count);
            let finding = found.in_sample(&AV1_43, track, sample, message);
            found.push(finding.found("0").expected("1"));
        }
        let shown_of = |layer: u8| scan.frames.iter().filter(|f| f.shown && f.spatial_id == layer).count();
        if let Some((layer, shown)) =
            (0..4).map(|layer| (layer, shown_of(layer))).find(|(_, shown)| *shown > 1)
        {
            let of_layer =
                if scan.has_extension { format!(" of spatial layer {layer}") } else { String::new() };
            let message =
                format!("the sample shows {shown} frames{of_layer}: it is more than one temporal unit");
            let finding = found.in_sample(&AV1_43, track, sample, message);
            found.push(finding.found(shown.to_string()).expected("1"));
        }
        // A base layer alone, then a higher one alone: two samples of what is one temporal unit.
        let layers = if scan.has_extension { scan.spatial_layers } else { 1 };
        let last = self.layers.insert(track.id, layers).unwrap_or(0);
        if last != 0 && layers & 1 == 0 && last & layers == 0 && last < layers {
            let message = format!(
                "the sample has only spatial layer {}, the one before lower ones: layers of a temporal unit are one sample",
                layers.trailing_zeros()
            );
            let finding = found.in_sample(&AV1_41, track, sample, message);
            found.push(finding);
        }
    }
}
