//! Sync samples of sound.

use super::super::entries::{Kept, entries};
use crate::aac::Config;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::Esds;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::AUD_19;

/// Rule AUD-19, for the codecs that have no rule of their own.
#[derive(Default)]
pub(in crate::validate) struct Access {
    entries: Kept<()>,
}

impl Check for Access {
    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        for trak in header.traks() {
            for at in &entries(&trak) {
                let Some(entry) = at.audio() else { continue };
                let all_sync = match &at.format.0 {
                    b"ac-3" | b"ec-3" => true,
                    // Frames of xHE-AAC may need others.
                    b"mp4a" => entry.find::<Esds>().ok().flatten().is_some_and(|esds| {
                        Config::parse(&esds.decoder_specific_info).is_ok_and(|config| config.usac.is_none())
                    }),
                    _ => false,
                };
                if all_sync {
                    self.entries.keep(&trak, at, ());
                }
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        if self.entries.of(track, sample).is_some() && sample.marks.is_some_and(|marks| !marks.sync) {
            let message =
                "the sample is not marked as a sync sample; each frame of its codec can be decoded alone";
            found.push(found.in_sample(&AUD_19, track, sample, message));
        }
    }
}
