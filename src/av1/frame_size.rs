//! Frame sizes: coded, upscaled, rendered.

use super::bits::BitReader;
use super::event::never_decoded;
use super::frame::FrameHeader;
use super::references::References;
use super::sequence::SequenceHeader;
use crate::error::{Error, Result};

const SUPERRES_NUM: u32 = 8;
const SUPERRES_DENOM_MIN: u32 = 9;
const SUPERRES_DENOM_BITS: u32 = 3;

impl FrameHeader {
    /// `frame_size()`, AV1 § 5.9.5.
    pub(super) fn read_frame_size(&mut self, r: &mut BitReader<'_>, seq: &SequenceHeader) -> Result<()> {
        let (mut width, mut height) = (seq.max_frame_width_minus_1 + 1, seq.max_frame_height_minus_1 + 1);
        if self.frame_size_override_flag {
            let (max_width, max_height) = (width, height);
            width = r.f(u32::from(seq.frame_width_bits_minus_1) + 1) + 1;
            height = r.f(u32::from(seq.frame_height_bits_minus_1) + 1) + 1;
            if width > max_width || height > max_height {
                return Err(Error::format(format!(
                    "a frame of {width}x{height}, the sequence header allows {max_width}x{max_height}"
                ))
                .clause("AV1 § 6.8.4"));
            }
        }
        self.frame_width = width;
        self.frame_height = height;
        self.read_superres_params(r, seq);
        Ok(())
    }

    /// `render_size()`, AV1 § 5.9.6.
    pub(super) fn read_render_size(&mut self, r: &mut BitReader<'_>) {
        (self.render_width, self.render_height) = (self.upscaled_width, self.frame_height);
        let render_and_frame_size_different = r.flag();
        if render_and_frame_size_different {
            self.render_width = r.f(16) + 1;
            self.render_height = r.f(16) + 1;
        }
    }

    /// `frame_size_with_refs()`, AV1 § 5.9.7.
    pub(super) fn read_frame_size_with_refs(
        &mut self,
        r: &mut BitReader<'_>,
        seq: &SequenceHeader,
        references: &References,
    ) -> Result<()> {
        for slot in self.ref_frame_idx {
            let found_ref = r.flag();
            if found_ref {
                let reference = references.frame(slot.into()).ok_or_else(|| never_decoded(slot.into()))?;
                self.frame_width = reference.upscaled_width;
                self.frame_height = reference.frame_height;
                self.render_width = reference.render_width;
                self.render_height = reference.render_height;
                self.read_superres_params(r, seq);
                return Ok(());
            }
        }
        self.read_frame_size(r, seq)?;
        self.read_render_size(r);
        Ok(())
    }

    /// `superres_params()`, AV1 § 5.9.8, and `compute_image_size()`, AV1 § 5.9.9.
    fn read_superres_params(&mut self, r: &mut BitReader<'_>, seq: &SequenceHeader) {
        self.use_superres = seq.enable_superres && r.flag();
        let denom =
            if self.use_superres { r.f(SUPERRES_DENOM_BITS) + SUPERRES_DENOM_MIN } else { SUPERRES_NUM };
        self.superres_denom = denom as u8;
        self.upscaled_width = self.frame_width;
        self.frame_width = (self.upscaled_width * SUPERRES_NUM + denom / 2) / denom;
        self.mi_cols = 2 * ((self.frame_width + 7) >> 3);
        self.mi_rows = 2 * ((self.frame_height + 7) >> 3);
    }
}
