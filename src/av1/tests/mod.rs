//! Whole streams made by hand, bit by bit.

use super::sequence::{SELECT_INTEGER_MV, SELECT_SCREEN_CONTENT_TOOLS};
use super::*;
use crate::error::{ErrorKind, Result};
use std::ops::Range;
use std::sync::Arc;

mod headers;
mod references;
mod sequence;
mod tiles;

/// Bits written from the most significant end.
#[derive(Debug, Clone, Default)]
struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    /// `f(n)`.
    fn f(&mut self, n: usize, value: u64) -> &mut Self {
        assert!(n == 64 || value >> n == 0, "{value} in {n} bits");
        for i in (0..n).rev() {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            self.bytes[self.len / 8] |= ((value >> i & 1) as u8) << (7 - self.len % 8);
            self.len += 1;
        }
        self
    }

    fn flag(&mut self, value: bool) -> &mut Self {
        self.f(1, value.into())
    }

    fn trailing(&mut self) -> Vec<u8> {
        self.f(1, 1).bytes.clone()
    }
}

/// A sequence header without any tool: 64×64 samples, 8 bits, 4:2:0, 3 bits of order hint.
fn plain_sequence() -> SequenceHeader {
    SequenceHeader {
        seq_profile: 0,
        still_picture: false,
        reduced_still_picture_header: false,
        timing_info: None,
        decoder_model_info: None,
        initial_display_delay_present_flag: false,
        operating_points: vec![OperatingPoint {
            operating_point_idc: 0,
            seq_level_idx: 0,
            seq_tier: 0,
            operating_parameters_info: None,
            initial_display_delay_minus_1: None,
        }],
        frame_width_bits_minus_1: 15,
        frame_height_bits_minus_1: 15,
        max_frame_width_minus_1: 63,
        max_frame_height_minus_1: 63,
        frame_id_numbers_present_flag: false,
        delta_frame_id_length_minus_2: 0,
        additional_frame_id_length_minus_1: 0,
        use_128x128_superblock: false,
        enable_filter_intra: false,
        enable_intra_edge_filter: false,
        enable_interintra_compound: false,
        enable_masked_compound: false,
        enable_warped_motion: false,
        enable_dual_filter: false,
        enable_order_hint: true,
        enable_jnt_comp: false,
        enable_ref_frame_mvs: false,
        seq_force_screen_content_tools: 0,
        seq_force_integer_mv: SELECT_INTEGER_MV,
        order_hint_bits: 3,
        enable_superres: false,
        enable_cdef: false,
        enable_restoration: false,
        color_config: ColorConfig {
            high_bitdepth: false,
            twelve_bit: false,
            mono_chrome: false,
            color_description_present_flag: false,
            color_primaries: 2,
            transfer_characteristics: 2,
            matrix_coefficients: 2,
            color_range: false,
            subsampling_x: true,
            subsampling_y: true,
            chroma_sample_position: 0,
            separate_uv_delta_q: false,
        },
        film_grain_params_present: false,
    }
}

/// The payload of a sequence header OBU.
fn write_sequence(s: &SequenceHeader) -> Vec<u8> {
    let mut b = Bits::default();
    b.f(3, s.seq_profile.into()).flag(s.still_picture).flag(s.reduced_still_picture_header);
    if s.reduced_still_picture_header {
        b.f(5, s.operating_points[0].seq_level_idx.into());
    } else {
        b.flag(s.timing_info.is_some());
        if let Some(timing) = s.timing_info {
            b.f(32, timing.num_units_in_display_tick.into()).f(32, timing.time_scale.into());
            b.flag(timing.equal_picture_interval);
            if timing.equal_picture_interval {
                let value = u64::from(timing.num_ticks_per_picture_minus_1) + 1;
                let zeros = value.ilog2() as usize;
                b.f(zeros, 0).f(zeros + 1, value);
            }
            b.flag(s.decoder_model_info.is_some());
            if let Some(model) = s.decoder_model_info {
                b.f(5, model.buffer_delay_length_minus_1.into());
                b.f(32, model.num_units_in_decoding_tick.into());
                b.f(5, model.buffer_removal_time_length_minus_1.into());
                b.f(5, model.frame_presentation_time_length_minus_1.into());
            }
        }
        b.flag(s.initial_display_delay_present_flag).f(5, s.operating_points.len() as u64 - 1);
        for point in &s.operating_points {
            b.f(12, point.operating_point_idc.into()).f(5, point.seq_level_idx.into());
            if point.seq_level_idx > 7 {
                b.f(1, point.seq_tier.into());
            }
            if let Some(model) = s.decoder_model_info {
                b.flag(point.operating_parameters_info.is_some());
                if let Some(info) = point.operating_parameters_info {
                    let n = usize::from(model.buffer_delay_length_minus_1) + 1;
                    b.f(n, info.decoder_buffer_delay.into()).f(n, info.encoder_buffer_delay.into());
                    b.flag(info.low_delay_mode_flag);
                }
            }
            if s.initial_display_delay_present_flag {
                b.flag(point.initial_display_delay_minus_1.is_some());
                if let Some(delay) = point.initial_display_delay_minus_1 {
                    b.f(4, delay.into());
                }
            }
        }
    }
    b.f(4, s.frame_width_bits_minus_1.into()).f(4, s.frame_height_bits_minus_1.into());
    b.f(usize::from(s.frame_width_bits_minus_1) + 1, s.max_frame_width_minus_1.into());
    b.f(usize::from(s.frame_height_bits_minus_1) + 1, s.max_frame_height_minus_1.into());
    if !s.reduced_still_picture_header {
        b.flag(s.frame_id_numbers_present_flag);
        if s.frame_id_numbers_present_flag {
            b.f(4, s.delta_frame_id_length_minus_2.into()).f(3, s.additional_frame_id_length_minus_1.into());
        }
    }
    b.flag(s.use_128x128_superblock).flag(s.enable_filter_intra).flag(s.enable_intra_edge_filter);
    if !s.reduced_still_picture_header {
        b.flag(s.enable_interintra_compound).flag(s.enable_masked_compound).flag(s.enable_warped_motion);
        b.flag(s.enable_dual_filter).flag(s.enable_order_hint);
        if s.enable_order_hint {
            b.flag(s.enable_jnt_comp).flag(s.enable_ref_frame_mvs);
        }
        b.flag(s.seq_force_screen_content_tools == SELECT_SCREEN_CONTENT_TOOLS);
        if s.seq_force_screen_content_tools != SELECT_SCREEN_CONTENT_TOOLS {
            b.f(1, s.seq_force_screen_content_tools.into());
        }
        if s.seq_force_screen_content_tools > 0 {
            b.flag(s.seq_force_integer_mv == SELECT_INTEGER_MV);
            if s.seq_force_integer_mv != SELECT_INTEGER_MV {
                b.f(1, s.seq_force_integer_mv.into());
            }
        }
        if s.enable_order_hint {
            b.f(3, u64::from(s.order_hint_bits) - 1);
        }
    }
    b.flag(s.enable_superres).flag(s.enable_cdef).flag(s.enable_restoration);
    write_color(&mut b, &s.color_config, s.seq_profile);
    b.flag(s.film_grain_params_present).trailing()
}

fn write_color(b: &mut Bits, c: &ColorConfig, seq_profile: u8) {
    b.flag(c.high_bitdepth);
    if seq_profile == 2 && c.high_bitdepth {
        b.flag(c.twelve_bit);
    }
    if seq_profile != 1 {
        b.flag(c.mono_chrome);
    }
    b.flag(c.color_description_present_flag);
    let codes = [c.color_primaries, c.transfer_characteristics, c.matrix_coefficients];
    if c.color_description_present_flag {
        for code in codes {
            b.f(8, code.into());
        }
    }
    if c.mono_chrome {
        b.flag(c.color_range);
        return;
    }
    if codes != [1, 13, 0] {
        b.flag(c.color_range);
        if seq_profile == 2 && c.twelve_bit {
            b.flag(c.subsampling_x);
            if c.subsampling_x {
                b.flag(c.subsampling_y);
            }
        }
        if c.subsampling_x && c.subsampling_y {
            b.f(2, c.chroma_sample_position.into());
        }
    }
    b.flag(c.separate_uv_delta_q);
}

/// A parser with a sequence header, and what it said of each OBU.
struct Stream {
    parser: Parser,
    tiles: Vec<Range<u64>>,
    extension: Option<u8>,
}

impl Stream {
    fn new(sequence: SequenceHeader) -> Self {
        let mut stream = Stream { parser: Parser::new(), tiles: Vec::new(), extension: None };
        stream.obu(ObuType::SequenceHeader, &write_sequence(&sequence)).unwrap();
        assert_eq!(stream.parser.sequence(), Some(&Arc::new(sequence)));
        stream
    }

    fn obu(&mut self, kind: ObuType, payload: &[u8]) -> Result<Obu> {
        let mut header = vec![kind.bits() << 3];
        if let Some(extension) = self.extension {
            header[0] |= 4;
            header.push(extension);
        }
        let header = ObuHeader::parse(&header).unwrap();
        self.tiles.clear();
        let mut payload = payload;
        self.parser.obu(&header, &mut payload, &mut self.tiles)
    }

    /// A frame OBU of a header and one tile of 5 bytes.
    fn frame(&mut self, header: &Bits) -> Result<FrameEvent> {
        let mut payload = header.bytes.clone();
        payload.extend([1, 2, 3, 4, 0x80]);
        let tile = header.bytes.len() as u64..payload.len() as u64;
        match self.obu(ObuType::Frame, &payload)? {
            Obu::Frame(event) => {
                assert_eq!(event.header_bits as usize, header.len);
                assert_eq!(self.tiles, [tile]);
                Ok(event)
            }
            other => panic!("{other:?}"),
        }
    }

    /// A frame header OBU.
    fn header(&mut self, header: &Bits) -> Result<FrameEvent> {
        match self.obu(ObuType::FrameHeader, &header.clone().trailing())? {
            Obu::FrameHeader(event) => Ok(event),
            other => panic!("{other:?}"),
        }
    }
}

/// What is behind the frame size in frames of [`plain_sequence`].
fn write_rest(b: &mut Bits, intra: bool) {
    b.flag(false); // disable_frame_end_update_cdf
    b.flag(true); // uniform_tile_spacing_flag
    write_after_tiles(b, intra);
}

/// What is behind `tile_info()`: base_q_idx 100, no tool.
fn write_after_tiles(b: &mut Bits, intra: bool) {
    b.f(8, 100).f(3, 0).flag(false); // base_q_idx, delta_coded, using_qmatrix
    b.flag(false).flag(false); // segmentation_enabled, delta_q_present
    b.f(6, 1).f(6, 2).f(6, 3).f(6, 4).f(3, 0).flag(false); // loop_filter_params
    b.flag(false); // tx_mode_select
    if !intra {
        b.flag(false); // reference_select
    }
    b.flag(false); // reduced_tx_set
    if !intra {
        b.f(7, 0); // is_global
    }
}

fn key(show_frame: bool, order_hint: u64, refresh_frame_flags: u64) -> Bits {
    intra(0, show_frame, order_hint, refresh_frame_flags)
}

fn intra(frame_type: u64, show_frame: bool, order_hint: u64, refresh_frame_flags: u64) -> Bits {
    let mut b = Bits::default();
    b.flag(false).f(2, frame_type).flag(show_frame);
    let resets = frame_type == 0 && show_frame;
    if !show_frame {
        b.flag(true); // showable_frame
    }
    if !resets {
        b.flag(false); // error_resilient_mode
    }
    b.flag(false).flag(false).f(3, order_hint); // disable_cdf_update, frame_size_override_flag
    if !resets {
        b.f(8, refresh_frame_flags);
    }
    b.flag(false); // render_and_frame_size_different
    write_rest(&mut b, true);
    b
}

fn inter(order_hint: u64, primary_ref_frame: u64, refresh_frame_flags: u64, refs: [u64; 7]) -> Bits {
    let mut b = Bits::default();
    b.flag(false).f(2, 1).flag(true); // shown inter frame
    b.flag(false).flag(false).flag(false); // error_resilient_mode, disable_cdf_update, frame_size_override_flag
    b.f(3, order_hint).f(3, primary_ref_frame).f(8, refresh_frame_flags);
    b.flag(false); // frame_refs_short_signaling
    for slot in refs {
        b.f(3, slot);
    }
    b.flag(false); // render_and_frame_size_different
    b.flag(false).flag(true).flag(false); // allow_high_precision_mv, is_filter_switchable, is_motion_mode_switchable
    write_rest(&mut b, false);
    b
}

fn show_existing(slot: u64) -> Bits {
    let mut b = Bits::default();
    b.flag(true).f(3, slot);
    b
}
