//! Sequence headers.

use serde::Serialize;

use super::bits::BitReader;
use crate::error::{Error, Result};

/// The value of `seq_force_screen_content_tools` that leaves the choice to each frame.
pub(super) const SELECT_SCREEN_CONTENT_TOOLS: u8 = 2;
/// The value of `seq_force_integer_mv` that leaves the choice to each frame.
pub(super) const SELECT_INTEGER_MV: u8 = 2;

/// `sequence_header_obu()`, AV1 § 5.5.1, with the specification's field names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SequenceHeader {
    /// Profile: 0 (4:2:0, 8 and 10 bits), 1 (4:4:4), 2 (4:2:2, or 12 bits).
    pub seq_profile: u8,
    /// The stream is one frame.
    pub still_picture: bool,
    /// The stream is one frame with the short headers of still pictures.
    pub reduced_still_picture_header: bool,
    /// `timing_info()`, where `timing_info_present_flag` is 1.
    pub timing_info: Option<TimingInfo>,
    /// `decoder_model_info()`, where `decoder_model_info_present_flag` is 1.
    pub decoder_model_info: Option<DecoderModelInfo>,
    /// Whether operating points may have an `initial_display_delay_minus_1`.
    pub initial_display_delay_present_flag: bool,
    /// The operating points, at least one, in order of preference.
    pub operating_points: Vec<OperatingPoint>,
    /// The bits of a frame width in frame headers, minus 1.
    pub frame_width_bits_minus_1: u8,
    /// The bits of a frame height in frame headers, minus 1.
    pub frame_height_bits_minus_1: u8,
    /// The largest frame width in samples, minus 1.
    pub max_frame_width_minus_1: u32,
    /// The largest frame height in samples, minus 1.
    pub max_frame_height_minus_1: u32,
    /// Whether frames carry ids.
    pub frame_id_numbers_present_flag: bool,
    /// The bits of a frame id difference, minus 2; 0 without ids.
    pub delta_frame_id_length_minus_2: u8,
    /// The bits that a frame id has more than a difference, minus 1; 0 without ids.
    pub additional_frame_id_length_minus_1: u8,
    /// Superblocks are 128×128, not 64×64.
    pub use_128x128_superblock: bool,
    /// Enables filter intra.
    pub enable_filter_intra: bool,
    /// Enables the intra edge filter.
    pub enable_intra_edge_filter: bool,
    /// Enables inter-intra compound.
    pub enable_interintra_compound: bool,
    /// Enables masked compound.
    pub enable_masked_compound: bool,
    /// Enables warped motion.
    pub enable_warped_motion: bool,
    /// Enables filters that differ by direction.
    pub enable_dual_filter: bool,
    /// Frames carry order hints.
    pub enable_order_hint: bool,
    /// Enables distance weights.
    pub enable_jnt_comp: bool,
    /// Enables motion vectors of references.
    pub enable_ref_frame_mvs: bool,
    /// 0, 1, or 2: each frame chooses.
    pub seq_force_screen_content_tools: u8,
    /// 0, 1, or 2: each frame chooses.
    pub seq_force_integer_mv: u8,
    /// `OrderHintBits`: `order_hint_bits_minus_1` + 1, 0 without order hints.
    pub order_hint_bits: u8,
    /// Enables super-resolution.
    pub enable_superres: bool,
    /// Enables CDEF.
    pub enable_cdef: bool,
    /// Enables loop restoration.
    pub enable_restoration: bool,
    /// `color_config()`.
    pub color_config: ColorConfig,
    /// Frame headers carry film grain parameters.
    pub film_grain_params_present: bool,
}

/// `timing_info()`, AV1 § 5.5.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TimingInfo {
    /// Units of the `time_scale` clock in a display tick; 0 is illegal but kept.
    pub num_units_in_display_tick: u32,
    /// Units per second; 0 is illegal but kept.
    pub time_scale: u32,
    /// Whether all pictures last equally long.
    pub equal_picture_interval: bool,
    /// Display ticks per picture, minus 1, where all pictures last equally long; else 0.
    pub num_ticks_per_picture_minus_1: u32,
}

impl TimingInfo {
    /// Frames per second as numerator and denominator, not reduced, where all pictures last equally long.
    pub fn frame_rate(&self) -> Option<(u64, u64)> {
        let units = u64::from(self.num_units_in_display_tick)
            .checked_mul(u64::from(self.num_ticks_per_picture_minus_1) + 1)?;
        let sensible = self.equal_picture_interval && self.time_scale > 0 && units > 0;
        sensible.then_some((self.time_scale.into(), units))
    }
}

/// `decoder_model_info()`, AV1 § 5.5.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DecoderModelInfo {
    /// The bits of the buffer delays, minus 1.
    pub buffer_delay_length_minus_1: u8,
    /// Units of the `time_scale` clock in a decoding tick.
    pub num_units_in_decoding_tick: u32,
    /// The bits of `buffer_removal_time`, minus 1.
    pub buffer_removal_time_length_minus_1: u8,
    /// The bits of `frame_presentation_time`, minus 1.
    pub frame_presentation_time_length_minus_1: u8,
}

/// One operating point of a sequence header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OperatingPoint {
    /// The layers to decode: temporal layer k in bit k, spatial layer j in bit j + 8. 0: everything.
    pub operating_point_idc: u16,
    /// Level index, 0 to 31.
    pub seq_level_idx: u8,
    /// Tier: 0 main, 1 high. 0 where the level has no tiers.
    pub seq_tier: u8,
    /// `operating_parameters_info()`, where `decoder_model_present_for_this_op` is 1.
    pub operating_parameters_info: Option<OperatingParametersInfo>,
    /// `initial_display_delay_minus_1`, in frames, where it is present.
    pub initial_display_delay_minus_1: Option<u8>,
}

impl OperatingPoint {
    /// Whether it takes in OBUs of these layers.
    pub fn contains(&self, temporal_id: u8, spatial_id: u8) -> bool {
        let idc = self.operating_point_idc;
        idc == 0 || idc >> temporal_id & 1 != 0 && idc >> (spatial_id + 8) & 1 != 0
    }
}

/// `operating_parameters_info()`, AV1 § 5.5.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OperatingParametersInfo {
    /// In 1/90000 s.
    pub decoder_buffer_delay: u32,
    /// In 1/90000 s.
    pub encoder_buffer_delay: u32,
    /// Whether the smoothing buffer may run empty.
    pub low_delay_mode_flag: bool,
}

/// `color_config()`, AV1 § 5.5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ColorConfig {
    /// More than 8 bits.
    pub high_bitdepth: bool,
    /// 12 bits; false where it is not coded.
    pub twelve_bit: bool,
    /// Luma only.
    pub mono_chrome: bool,
    /// Whether the three codes below are in the stream.
    pub color_description_present_flag: bool,
    /// Colour primaries of ITU-T H.273, 2 where unspecified.
    pub color_primaries: u8,
    /// Transfer characteristics of ITU-T H.273, 2 where unspecified.
    pub transfer_characteristics: u8,
    /// Matrix coefficients of ITU-T H.273, 2 where unspecified.
    pub matrix_coefficients: u8,
    /// Full range.
    pub color_range: bool,
    /// Chroma has half the width.
    pub subsampling_x: bool,
    /// Chroma has half the height.
    pub subsampling_y: bool,
    /// 0 unknown, 1 vertical, 2 colocated; 0 except for 4:2:0.
    pub chroma_sample_position: u8,
    /// U and V may have quantizers of their own.
    pub separate_uv_delta_q: bool,
}

impl ColorConfig {
    /// `BitDepth`: 8, 10 or 12.
    pub fn bit_depth(&self) -> u8 {
        match (self.high_bitdepth, self.twelve_bit) {
            (true, true) => 12,
            (true, false) => 10,
            (false, _) => 8,
        }
    }

    /// `NumPlanes`: 1 or 3.
    pub fn num_planes(&self) -> usize {
        if self.mono_chrome { 1 } else { 3 }
    }

    fn read(r: &mut BitReader<'_>, seq_profile: u8) -> ColorConfig {
        const CP_BT_709: u8 = 1;
        const TC_SRGB: u8 = 13;
        const MC_IDENTITY: u8 = 0;
        const UNSPECIFIED: u8 = 2;

        let high_bitdepth = r.flag();
        let twelve_bit = seq_profile == 2 && high_bitdepth && r.flag();
        let mono_chrome = seq_profile != 1 && r.flag();
        let color_description_present_flag = r.flag();
        let [color_primaries, transfer_characteristics, matrix_coefficients] =
            if color_description_present_flag { [r.u8(8), r.u8(8), r.u8(8)] } else { [UNSPECIFIED; 3] };
        let mut color = ColorConfig {
            high_bitdepth,
            twelve_bit,
            mono_chrome,
            color_description_present_flag,
            color_primaries,
            transfer_characteristics,
            matrix_coefficients,
            color_range: true,
            subsampling_x: false,
            subsampling_y: false,
            chroma_sample_position: 0,
            separate_uv_delta_q: false,
        };
        if mono_chrome {
            color.color_range = r.flag();
            (color.subsampling_x, color.subsampling_y) = (true, true);
            return color;
        }
        let srgb = (color_primaries, transfer_characteristics, matrix_coefficients)
            == (CP_BT_709, TC_SRGB, MC_IDENTITY);
        if !srgb {
            color.color_range = r.flag();
            (color.subsampling_x, color.subsampling_y) = match seq_profile {
                0 => (true, true),
                1 => (false, false),
                _ if twelve_bit => {
                    let x = r.flag();
                    (x, x && r.flag())
                }
                _ => (true, false),
            };
            if color.subsampling_x && color.subsampling_y {
                color.chroma_sample_position = r.u8(2);
            }
        }
        color.separate_uv_delta_q = r.flag();
        color
    }
}

impl SequenceHeader {
    /// The bytes that hold any sequence header: 32 operating points of 89 bits and the rest, with room to spare.
    pub(super) const MAX_LEN: usize = 1024;

    /// Reads the payload of a sequence header OBU; a longer one than fits the syntax must end in zeros.
    ///
    /// # Errors
    /// `Format` where it ends early, has a reserved profile, contradicts itself, or the trailing bits are wrong.
    pub fn parse(payload: &[u8]) -> Result<SequenceHeader> {
        let mut r = BitReader::new(payload);
        let header = SequenceHeader::read(&mut r);
        if r.overrun() {
            return Err(Error::format(format!("a sequence header of {} bytes ends early", payload.len()))
                .clause("AV1 § 5.5.1"));
        }
        let header = header?;
        if !r.trailing_bits() {
            return Err(Error::format(format!(
                "no trailing bits follow the {} bits of the sequence header",
                r.position()
            ))
            .clause("AV1 § 5.3.4"));
        }
        Ok(header)
    }

    fn read(r: &mut BitReader<'_>) -> Result<SequenceHeader> {
        let seq_profile = r.u8(3);
        if seq_profile > 2 {
            return Err(Error::format(format!("seq_profile {seq_profile} is reserved")).clause("AV1 § 6.4.1"));
        }
        let still_picture = r.flag();
        let reduced_still_picture_header = r.flag();
        if reduced_still_picture_header && !still_picture {
            return Err(
                Error::format("reduced_still_picture_header is 1, still_picture is 0").clause("AV1 § 6.4.1")
            );
        }
        let mut timing_info = None;
        let mut decoder_model_info = None;
        let mut initial_display_delay_present_flag = false;
        let mut operating_points = Vec::new();
        if reduced_still_picture_header {
            operating_points.push(OperatingPoint {
                operating_point_idc: 0,
                seq_level_idx: r.u8(5),
                seq_tier: 0,
                operating_parameters_info: None,
                initial_display_delay_minus_1: None,
            });
        } else {
            if r.flag() {
                timing_info = Some(read_timing_info(r));
                if r.flag() {
                    decoder_model_info = Some(read_decoder_model_info(r));
                }
            }
            initial_display_delay_present_flag = r.flag();
            let count = r.f(5) as usize + 1;
            operating_points.reserve_exact(count);
            for _ in 0..count {
                operating_points.push(read_operating_point(
                    r,
                    decoder_model_info.as_ref(),
                    initial_display_delay_present_flag,
                ));
            }
        }
        let frame_width_bits_minus_1 = r.u8(4);
        let frame_height_bits_minus_1 = r.u8(4);
        let max_frame_width_minus_1 = r.f(u32::from(frame_width_bits_minus_1) + 1);
        let max_frame_height_minus_1 = r.f(u32::from(frame_height_bits_minus_1) + 1);
        let frame_id_numbers_present_flag = !reduced_still_picture_header && r.flag();
        let (delta_frame_id_length_minus_2, additional_frame_id_length_minus_1) =
            if frame_id_numbers_present_flag { (r.u8(4), r.u8(3)) } else { (0, 0) };
        let mut header = SequenceHeader {
            seq_profile,
            still_picture,
            reduced_still_picture_header,
            timing_info,
            decoder_model_info,
            initial_display_delay_present_flag,
            operating_points,
            frame_width_bits_minus_1,
            frame_height_bits_minus_1,
            max_frame_width_minus_1,
            max_frame_height_minus_1,
            frame_id_numbers_present_flag,
            delta_frame_id_length_minus_2,
            additional_frame_id_length_minus_1,
            use_128x128_superblock: r.flag(),
            enable_filter_intra: r.flag(),
            enable_intra_edge_filter: r.flag(),
            enable_interintra_compound: false,
            enable_masked_compound: false,
            enable_warped_motion: false,
            enable_dual_filter: false,
            enable_order_hint: false,
            enable_jnt_comp: false,
            enable_ref_frame_mvs: false,
            seq_force_screen_content_tools: SELECT_SCREEN_CONTENT_TOOLS,
            seq_force_integer_mv: SELECT_INTEGER_MV,
            order_hint_bits: 0,
            enable_superres: false,
            enable_cdef: false,
            enable_restoration: false,
            color_config: ColorConfig::read(&mut BitReader::new(&[]), 0),
            film_grain_params_present: false,
        };
        if !reduced_still_picture_header {
            header.read_inter_tools(r);
        }
        header.enable_superres = r.flag();
        header.enable_cdef = r.flag();
        header.enable_restoration = r.flag();
        header.color_config = ColorConfig::read(r, seq_profile);
        header.film_grain_params_present = r.flag();
        Ok(header)
    }

    /// The fields from `enable_interintra_compound` to `order_hint_bits_minus_1`.
    fn read_inter_tools(&mut self, r: &mut BitReader<'_>) {
        self.enable_interintra_compound = r.flag();
        self.enable_masked_compound = r.flag();
        self.enable_warped_motion = r.flag();
        self.enable_dual_filter = r.flag();
        self.enable_order_hint = r.flag();
        if self.enable_order_hint {
            self.enable_jnt_comp = r.flag();
            self.enable_ref_frame_mvs = r.flag();
        }
        let seq_choose_screen_content_tools = r.flag();
        if !seq_choose_screen_content_tools {
            self.seq_force_screen_content_tools = r.u8(1);
        }
        if self.seq_force_screen_content_tools > 0 {
            let seq_choose_integer_mv = r.flag();
            if !seq_choose_integer_mv {
                self.seq_force_integer_mv = r.u8(1);
            }
        }
        if self.enable_order_hint {
            self.order_hint_bits = r.u8(3) + 1;
        }
    }

    /// Whether nothing differs but `operating_parameters_info()`: what may change within a coded video sequence,
    /// AV1 § 7.5.
    pub fn same_but_operating_parameters(&self, other: &SequenceHeader) -> bool {
        let without = |header: &SequenceHeader| {
            let mut header = header.clone();
            for point in &mut header.operating_points {
                point.operating_parameters_info = point.operating_parameters_info.map(|_| Default::default());
            }
            header
        };
        self == other || without(self) == without(other)
    }

    /// `idLen`, the bits of a frame id.
    pub(super) fn id_len(&self) -> u32 {
        u32::from(self.additional_frame_id_length_minus_1) + u32::from(self.delta_frame_id_length_minus_2) + 3
    }

    /// `get_relative_dist()`, AV1 § 5.9.3.
    pub(super) fn relative_dist(&self, a: u8, b: u8) -> i32 {
        if !self.enable_order_hint {
            return 0;
        }
        let diff = i32::from(a) - i32::from(b);
        let m = 1 << (self.order_hint_bits - 1);
        (diff & (m - 1)) - (diff & m)
    }
}

fn read_timing_info(r: &mut BitReader<'_>) -> TimingInfo {
    let num_units_in_display_tick = r.f(32);
    let time_scale = r.f(32);
    let equal_picture_interval = r.flag();
    TimingInfo {
        num_units_in_display_tick,
        time_scale,
        equal_picture_interval,
        num_ticks_per_picture_minus_1: if equal_picture_interval { r.uvlc() } else { 0 },
    }
}

fn read_decoder_model_info(r: &mut BitReader<'_>) -> DecoderModelInfo {
    DecoderModelInfo {
        buffer_delay_length_minus_1: r.u8(5),
        num_units_in_decoding_tick: r.f(32),
        buffer_removal_time_length_minus_1: r.u8(5),
        frame_presentation_time_length_minus_1: r.u8(5),
    }
}

fn read_operating_point(
    r: &mut BitReader<'_>,
    decoder_model_info: Option<&DecoderModelInfo>,
    initial_display_delay_present_flag: bool,
) -> OperatingPoint {
    let operating_point_idc = r.u16(12);
    let seq_level_idx = r.u8(5);
    let seq_tier = if seq_level_idx > 7 { r.u8(1) } else { 0 };
    let decoder_model_info = decoder_model_info.filter(|_| r.flag());
    let operating_parameters_info = decoder_model_info.map(|info| {
        let n = u32::from(info.buffer_delay_length_minus_1) + 1;
        OperatingParametersInfo {
            decoder_buffer_delay: r.f(n),
            encoder_buffer_delay: r.f(n),
            low_delay_mode_flag: r.flag(),
        }
    });
    OperatingPoint {
        operating_point_idc,
        seq_level_idx,
        seq_tier,
        operating_parameters_info,
        initial_display_delay_minus_1: (initial_display_delay_present_flag && r.flag()).then(|| r.u8(4)),
    }
}
