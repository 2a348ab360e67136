//! Frame headers.

use serde::Serialize;

use super::bits::BitReader;
use super::event::{FrameType, never_decoded};
use super::film_grain::FilmGrainParams;
use super::filters::{CdefParams, LoopFilterParams, LrParams};
use super::motion::GlobalMotion;
use super::obu::Extension;
use super::quantizer::QuantizationParams;
use super::references::{NUM_REF_FRAMES, REFS_PER_FRAME, References};
use super::segmentation::{MAX_SEGMENTS, SegmentationParams};
use super::sequence::{SELECT_INTEGER_MV, SELECT_SCREEN_CONTENT_TOOLS, SequenceHeader};
use super::tiles::TileInfo;
use crate::error::Result;

/// `PRIMARY_REF_NONE`.
const PRIMARY_REF_NONE: u8 = 7;
const ALL_FRAMES: u8 = 0xff;

/// `uncompressed_header()`, AV1 § 5.9.2, of a coded frame, with the specification's field names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FrameHeader {
    /// Counts coded frames from 0, in decode order.
    pub serial: u64,
    /// Temporal layer.
    pub temporal_id: u8,
    /// Spatial layer.
    pub spatial_id: u8,
    /// `frame_type`.
    pub frame_type: FrameType,
    /// The frame is output as soon as it is decoded.
    pub show_frame: bool,
    /// The frame may be shown later.
    pub showable_frame: bool,
    /// When to show it, in display ticks, where the decoder model says.
    pub frame_presentation_time: Option<u32>,
    /// The header can be parsed without reference state.
    pub error_resilient_mode: bool,
    /// Probabilities stay as they are while decoding.
    pub disable_cdf_update: bool,
    /// Palettes may be used.
    pub allow_screen_content_tools: bool,
    /// Motion vectors are whole numbers.
    pub force_integer_mv: bool,
    /// The id, 0 in streams without them.
    pub current_frame_id: u32,
    /// The size is not the one of the sequence header.
    pub frame_size_override_flag: bool,
    /// `OrderHint`.
    pub order_hint: u8,
    /// The reference whose state is taken over, 7 for none.
    pub primary_ref_frame: u8,
    /// The slots that the frame is stored in, slot i in bit i.
    pub refresh_frame_flags: u8,
    /// Width in samples after super-resolution.
    pub upscaled_width: u32,
    /// Coded width in samples.
    pub frame_width: u32,
    /// Height in samples.
    pub frame_height: u32,
    /// Intended width in samples.
    pub render_width: u32,
    /// Intended height in samples.
    pub render_height: u32,
    /// The frame is coded narrower than it is.
    pub use_superres: bool,
    /// `SuperresDenom`, 8 to 16, over 8.
    pub superres_denom: u8,
    /// Columns of 4×4 blocks.
    pub mi_cols: u32,
    /// Rows of 4×4 blocks.
    pub mi_rows: u32,
    /// Intra block copy may be used.
    pub allow_intrabc: bool,
    /// Only two of the references are coded.
    pub frame_refs_short_signaling: bool,
    /// The slots of LAST_FRAME to ALTREF_FRAME; zeros in intra frames.
    pub ref_frame_idx: [u8; REFS_PER_FRAME],
    /// Those of these slots, slot i in bit i, that hold no valid frame.
    pub missing_slots: u8,
    /// Motion vectors are in eighths.
    pub allow_high_precision_mv: bool,
    /// 0 to 3, or 4: each block chooses.
    pub interpolation_filter: u8,
    /// Blocks may choose a motion mode.
    pub is_motion_mode_switchable: bool,
    /// Motion vectors of references are used.
    pub use_ref_frame_mvs: bool,
    /// The frame saves the probabilities it started from.
    pub disable_frame_end_update_cdf: bool,
    /// `tile_info()`.
    pub tile_info: TileInfo,
    /// `quantization_params()` and `delta_q_params()`.
    pub quantization_params: QuantizationParams,
    /// `segmentation_params()`.
    pub segmentation_params: SegmentationParams,
    /// `CodedLossless`.
    pub coded_lossless: bool,
    /// `AllLossless`.
    pub all_lossless: bool,
    /// `delta_lf_params()` and `loop_filter_params()`.
    pub loop_filter_params: LoopFilterParams,
    /// `cdef_params()`.
    pub cdef_params: CdefParams,
    /// `lr_params()`.
    pub lr_params: LrParams,
    /// `tx_mode_select`: blocks choose a transform size.
    pub tx_mode_select: bool,
    /// Blocks may use two references.
    pub reference_select: bool,
    /// Blocks may use skip mode.
    pub skip_mode_present: bool,
    /// Blocks may warp.
    pub allow_warped_motion: bool,
    /// Fewer transform types.
    pub reduced_tx_set: bool,
    /// `global_motion_params()`.
    pub global_motion: GlobalMotion,
    /// `film_grain_params()`.
    pub film_grain_params: FilmGrainParams,
    /// The bits of the header.
    pub header_bits: u32,
}

/// `uncompressed_header()` up to the choice between a coded frame and an existing one.
pub(super) enum HeaderKind {
    /// `show_existing_frame` is 1; the slot is `frame_to_show_map_idx`.
    Existing {
        /// `frame_to_show_map_idx`.
        slot: usize,
    },
    /// The rest of the header was read into the frame.
    Coded,
}

impl FrameHeader {
    /// The bytes that hold any frame header. Its longest parts: 32 buffer removal times of 32 bits, 128 tile sizes
    /// of up to 11 bits, 7 warp models of 6 parameters of up to 20 bits, 8 segments of 46 bits, film grain of under
    /// 1300 bits.
    pub(super) const MAX_LEN: usize = 1024;

    /// Whether the frame is coded as encoders prepare large-scale tiles, which AV1 § 7.3.1 asks for in part: nothing
    /// is filtered across tiles, nothing is learnt from frame to frame. Nothing in a stream says so outright, and
    /// an ordinary frame may be like that as well.
    pub(super) fn may_be_large_scale_tile(&self) -> bool {
        self.disable_frame_end_update_cdf
            && !self.coded_lossless
            && self.loop_filter_params.loop_filter_level == [0; 4]
            && !self.cdef_params.any_strength
            && self.lr_params.lr_type == [0; 3]
            && !self.use_superres
            && !self.use_ref_frame_mvs
            && !self.film_grain_params.apply_grain
    }

    /// Reads the header into a frame that is all defaults. On an error, `refresh_frame_flags` tells which slots the
    /// frame would have been stored in, as far as it was read.
    ///
    /// # Errors
    /// `Format` where the header breaks the specification, or depends on a reference that is not there.
    pub(super) fn read(
        &mut self,
        r: &mut BitReader<'_>,
        seq: &SequenceHeader,
        extension: Option<Extension>,
        references: &mut References,
    ) -> Result<HeaderKind> {
        (self.temporal_id, self.spatial_id) = extension.map_or((0, 0), |e| (e.temporal_id, e.spatial_id));
        if seq.reduced_still_picture_header {
            self.show_frame = true;
            self.error_resilient_mode = true;
        } else {
            let show_existing_frame = r.flag();
            if show_existing_frame {
                let slot = r.f(3) as usize;
                self.read_temporal_point_info(r, seq);
                if seq.frame_id_numbers_present_flag {
                    // display_frame_id
                    r.skip(seq.id_len() as usize);
                }
                return Ok(HeaderKind::Existing { slot });
            }
            self.frame_type = FrameType::from_bits(r.f(2));
            self.show_frame = r.flag();
            if self.show_frame {
                self.read_temporal_point_info(r, seq);
                self.showable_frame = self.frame_type != FrameType::Key;
            } else {
                self.showable_frame = r.flag();
            }
            self.error_resilient_mode = self.resets_references() || r.flag();
        }
        self.disable_cdf_update = r.flag();
        self.allow_screen_content_tools = match seq.seq_force_screen_content_tools {
            SELECT_SCREEN_CONTENT_TOOLS => r.flag(),
            forced => forced != 0,
        };
        if self.allow_screen_content_tools {
            self.force_integer_mv = match seq.seq_force_integer_mv {
                SELECT_INTEGER_MV => r.flag(),
                forced => forced != 0,
            };
        }
        let intra = self.frame_type.is_intra();
        self.force_integer_mv |= intra;
        if seq.frame_id_numbers_present_flag {
            self.current_frame_id = r.f(seq.id_len());
            references.mark(seq, self.current_frame_id);
        }
        self.frame_size_override_flag =
            self.frame_type == FrameType::Switch || !seq.reduced_still_picture_header && r.flag();
        self.order_hint = r.u8(seq.order_hint_bits.into());
        self.primary_ref_frame = if intra || self.error_resilient_mode { PRIMARY_REF_NONE } else { r.u8(3) };
        self.skip_buffer_removal_times(r, seq);
        self.refresh_frame_flags = if self.resets_references() { ALL_FRAMES } else { r.u8(8) };
        let may_leave_references = !intra || self.refresh_frame_flags != ALL_FRAMES;
        if may_leave_references && self.error_resilient_mode && seq.enable_order_hint {
            for slot in 0..NUM_REF_FRAMES {
                let ref_order_hint = r.u8(seq.order_hint_bits.into());
                references.expect_order_hint(slot, ref_order_hint);
            }
        }
        if intra {
            self.read_frame_size(r, seq)?;
            self.read_render_size(r);
            if self.allow_screen_content_tools && self.upscaled_width == self.frame_width {
                self.allow_intrabc = r.flag();
            }
        } else {
            self.read_inter_setup(r, seq, references)?;
        }
        self.disable_frame_end_update_cdf =
            seq.reduced_still_picture_header || self.disable_cdf_update || r.flag();
        let previous = self.primary_reference(references)?;
        self.read_coding_tools(r, seq, references, previous)?;
        Ok(HeaderKind::Coded)
    }

    /// Whether the frame is of a kind that is always stored in all slots: a shown key frame, a switch frame.
    fn resets_references(&self) -> bool {
        self.frame_type == FrameType::Switch || self.frame_type == FrameType::Key && self.show_frame
    }

    /// `temporal_point_info()`, where it is present.
    fn read_temporal_point_info(&mut self, r: &mut BitReader<'_>, seq: &SequenceHeader) {
        let equal_picture_interval = seq.timing_info.is_some_and(|timing| timing.equal_picture_interval);
        if let Some(model) = seq.decoder_model_info.filter(|_| !equal_picture_interval) {
            self.frame_presentation_time =
                Some(r.f(u32::from(model.frame_presentation_time_length_minus_1) + 1));
        }
    }

    /// From `buffer_removal_time_present_flag` on.
    fn skip_buffer_removal_times(&self, r: &mut BitReader<'_>, seq: &SequenceHeader) {
        let Some(model) = seq.decoder_model_info else { return };
        let buffer_removal_time_present_flag = r.flag();
        if !buffer_removal_time_present_flag {
            return;
        }
        for point in seq.operating_points.iter().filter(|point| point.operating_parameters_info.is_some()) {
            if point.contains(self.temporal_id, self.spatial_id) {
                r.skip(usize::from(model.buffer_removal_time_length_minus_1) + 1);
            }
        }
    }

    /// What only inter and switch frames have, from `frame_refs_short_signaling` to `use_ref_frame_mvs`.
    fn read_inter_setup(
        &mut self,
        r: &mut BitReader<'_>,
        seq: &SequenceHeader,
        references: &References,
    ) -> Result<()> {
        self.frame_refs_short_signaling = seq.enable_order_hint && r.flag();
        if self.frame_refs_short_signaling {
            let last_frame_idx = r.u8(3);
            let gold_frame_idx = r.u8(3);
            self.ref_frame_idx =
                references.set_frame_refs(seq, self.order_hint, last_frame_idx, gold_frame_idx)?;
        }
        for i in 0..REFS_PER_FRAME {
            if !self.frame_refs_short_signaling {
                self.ref_frame_idx[i] = r.u8(3);
            }
            let slot = usize::from(self.ref_frame_idx[i]);
            let mut valid = references.is_valid(slot);
            if seq.frame_id_numbers_present_flag {
                let delta_frame_id = r.f(u32::from(seq.delta_frame_id_length_minus_2) + 2) + 1;
                let expected = self.current_frame_id.wrapping_sub(delta_frame_id) & ((1 << seq.id_len()) - 1);
                valid &= references.frame(slot).is_some_and(|frame| frame.current_frame_id == expected);
            }
            if !valid {
                self.missing_slots |= 1 << slot;
            }
        }
        if self.frame_size_override_flag && !self.error_resilient_mode {
            self.read_frame_size_with_refs(r, seq, references)?;
        } else {
            self.read_frame_size(r, seq)?;
            self.read_render_size(r);
        }
        self.allow_high_precision_mv = !self.force_integer_mv && r.flag();
        let is_filter_switchable = r.flag();
        self.interpolation_filter = if is_filter_switchable { 4 } else { r.u8(2) };
        self.is_motion_mode_switchable = r.flag();
        self.use_ref_frame_mvs = !self.error_resilient_mode && seq.enable_ref_frame_mvs && r.flag();
        Ok(())
    }

    /// The frame whose state `load_previous()` takes over.
    fn primary_reference<'a>(&self, references: &'a References) -> Result<Option<&'a FrameHeader>> {
        let Some(&slot) = self.ref_frame_idx.get(usize::from(self.primary_ref_frame)) else {
            return Ok(None);
        };
        references.frame(slot.into()).map(Some).ok_or_else(|| never_decoded(slot.into()))
    }

    /// From `tile_info()` to the end.
    fn read_coding_tools(
        &mut self,
        r: &mut BitReader<'_>,
        seq: &SequenceHeader,
        references: &References,
        previous: Option<&FrameHeader>,
    ) -> Result<()> {
        let intra = self.frame_type.is_intra();
        self.tile_info = TileInfo::read(r, seq, self.mi_cols, self.mi_rows)?;
        self.quantization_params = QuantizationParams::read(r, seq);
        self.segmentation_params =
            SegmentationParams::read(r, previous.map(|previous| &previous.segmentation_params));
        self.quantization_params.read_delta_q_params(r);
        self.loop_filter_params.read_delta_lf_params(
            r,
            self.quantization_params.delta_q_present,
            self.allow_intrabc,
        );
        self.coded_lossless = (0..MAX_SEGMENTS).all(|segment| {
            let qindex = self.segmentation_params.qindex(self.quantization_params.base_q_idx, segment);
            self.quantization_params.is_lossless(qindex)
        });
        self.all_lossless = self.coded_lossless && self.frame_width == self.upscaled_width;
        if !(self.coded_lossless || self.allow_intrabc) {
            self.loop_filter_params.read(r, seq);
            if seq.enable_cdef {
                self.cdef_params = CdefParams::read(r, seq);
            }
        }
        if !(self.all_lossless || self.allow_intrabc) && seq.enable_restoration {
            self.lr_params = LrParams::read(r, seq);
        }
        self.tx_mode_select = !self.coded_lossless && r.flag();
        self.reference_select = !intra && r.flag();
        self.skip_mode_present = self.reference_select
            && seq.enable_order_hint
            && references.skip_mode_allowed(seq, self)?
            && r.flag();
        self.allow_warped_motion =
            !intra && !self.error_resilient_mode && seq.enable_warped_motion && r.flag();
        self.reduced_tx_set = r.flag();
        if !intra {
            let previous = previous.map(|previous| &previous.global_motion);
            self.global_motion = GlobalMotion::read(r, previous, self.allow_high_precision_mv);
        }
        if seq.film_grain_params_present && (self.show_frame || self.showable_frame) {
            self.film_grain_params = FilmGrainParams::read(r, seq, self)?;
        }
        Ok(())
    }
}
