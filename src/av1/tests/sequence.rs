//! Sequence headers.

use super::*;

#[test]
fn sequence_headers_of_all_kinds() {
    let plain = plain_sequence();
    let mut all = vec![plain.clone()];
    let mut still = plain.clone();
    (still.still_picture, still.reduced_still_picture_header) = (true, true);
    (still.enable_order_hint, still.order_hint_bits) = (false, 0);
    still.seq_force_screen_content_tools = SELECT_SCREEN_CONTENT_TOOLS;
    all.push(still);
    let mut model = plain.clone();
    model.timing_info = Some(TimingInfo {
        num_units_in_display_tick: 1001,
        time_scale: 24000,
        equal_picture_interval: true,
        num_ticks_per_picture_minus_1: 4,
    });
    assert_eq!(model.timing_info.unwrap().frame_rate(), Some((24000, 5005)));
    model.decoder_model_info = Some(DecoderModelInfo {
        buffer_delay_length_minus_1: 31,
        num_units_in_decoding_tick: u32::MAX,
        buffer_removal_time_length_minus_1: 9,
        frame_presentation_time_length_minus_1: 30,
    });
    model.initial_display_delay_present_flag = true;
    model.operating_points = (0..32)
        .map(|i| OperatingPoint {
            operating_point_idc: 0xf00 | i,
            seq_level_idx: i as u8,
            seq_tier: u8::from(i > 20),
            operating_parameters_info: (i != 3).then_some(OperatingParametersInfo {
                decoder_buffer_delay: u32::MAX - u32::from(i),
                encoder_buffer_delay: i.into(),
                low_delay_mode_flag: i & 1 != 0,
            }),
            initial_display_delay_minus_1: (i != 4).then_some(i as u8 & 15),
        })
        .collect();
    all.push(model);
    let mut tools = plain.clone();
    (tools.frame_width_bits_minus_1, tools.max_frame_width_minus_1) = (0, 1);
    (tools.frame_height_bits_minus_1, tools.max_frame_height_minus_1) = (15, 65535);
    tools.frame_id_numbers_present_flag = true;
    (tools.delta_frame_id_length_minus_2, tools.additional_frame_id_length_minus_1) = (12, 1);
    for tool in [
        &mut tools.use_128x128_superblock,
        &mut tools.enable_masked_compound,
        &mut tools.enable_dual_filter,
        &mut tools.enable_ref_frame_mvs,
        &mut tools.enable_cdef,
        &mut tools.film_grain_params_present,
    ] {
        *tool = true;
    }
    (tools.seq_force_screen_content_tools, tools.seq_force_integer_mv) = (1, 0);
    all.push(tools);
    let mut colors = Vec::new();
    let yuv = plain.color_config;
    colors.push((0, ColorConfig { mono_chrome: true, color_range: true, ..yuv }));
    colors.push((0, ColorConfig { chroma_sample_position: 2, high_bitdepth: true, ..yuv }));
    let (subsampling_x, subsampling_y) = (false, false);
    colors.push((1, ColorConfig { subsampling_x, subsampling_y, separate_uv_delta_q: true, ..yuv }));
    let srgb = ColorConfig {
        color_description_present_flag: true,
        color_primaries: 1,
        transfer_characteristics: 13,
        matrix_coefficients: 0,
        color_range: true,
        subsampling_x,
        subsampling_y,
        ..yuv
    };
    colors.push((1, srgb));
    colors.push((2, ColorConfig { subsampling_y, ..yuv }));
    let deep = ColorConfig { high_bitdepth: true, twelve_bit: true, ..yuv };
    colors.extend([(2, deep), (2, ColorConfig { subsampling_y, ..deep })]);
    colors.push((2, ColorConfig { subsampling_x, subsampling_y, ..deep }));
    for (seq_profile, color_config) in colors {
        all.push(SequenceHeader { seq_profile, color_config, ..plain.clone() });
    }
    for sequence in all {
        let bytes = write_sequence(&sequence);
        assert_eq!(SequenceHeader::parse(&bytes).unwrap(), sequence);
        for len in 0..bytes.len() {
            assert!(SequenceHeader::parse(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
        }
        let mut padded = bytes.clone();
        padded.extend([0; 5]);
        assert!(SequenceHeader::parse(&padded).is_ok());
        padded.push(1);
        assert_eq!(SequenceHeader::parse(&padded).unwrap_err().kind(), ErrorKind::Format);
        assert!(sequence.same_but_operating_parameters(&sequence));
    }
}

#[test]
fn a_real_sequence_header() {
    let bytes = [0x00, 0x00, 0x00, 0x24, 0xc7, 0xff, 0xff, 0x36, 0xbe, 0x40, 0x10];
    let sequence = SequenceHeader::parse(&bytes).unwrap();
    assert_eq!((sequence.max_frame_width_minus_1, sequence.max_frame_height_minus_1), (1023, 511));
    assert_eq!((sequence.order_hint_bits, sequence.operating_points[0].seq_level_idx), (7, 4));
    assert!(sequence.enable_warped_motion && !sequence.enable_restoration);
}

#[test]
fn sequence_headers_that_contradict_themselves() {
    let message = |bytes: &[u8]| SequenceHeader::parse(bytes).unwrap_err().to_string();
    assert_eq!(message(&[0x60; 20]), "seq_profile 3 is reserved (AV1 § 6.4.1)");
    assert_eq!(message(&[0x08; 20]), "reduced_still_picture_header is 1, still_picture is 0 (AV1 § 6.4.1)");
    assert_eq!(message(&[0]), "a sequence header of 1 bytes ends early (AV1 § 5.5.1)");
}

#[test]
fn operating_parameters_may_change() {
    let mut a = plain_sequence();
    a.operating_points[0].operating_parameters_info = Some(OperatingParametersInfo::default());
    let mut b = a.clone();
    b.operating_points[0].operating_parameters_info =
        Some(OperatingParametersInfo { decoder_buffer_delay: 1, ..Default::default() });
    assert!(a.same_but_operating_parameters(&b));
    b.operating_points[0].operating_parameters_info = None;
    assert!(!a.same_but_operating_parameters(&b));
}
