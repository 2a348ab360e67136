//! What decides the length of a frame header.

use super::*;

#[test]
fn headers_end_as_they_must() {
    let mut s = Stream::new(plain_sequence());
    let header = key(false, 0, 1);
    assert_ne!(header.len % 8, 0);
    let error = s.obu(ObuType::FrameHeader, &header.bytes).unwrap_err();
    assert_eq!(
        error.message(),
        format!("no trailing bits follow the {} bits of the frame header", header.len)
    );
    let mut payload = header.bytes.clone();
    *payload.last_mut().unwrap() |= 1;
    payload.push(0x80);
    let error = s.obu(ObuType::Frame, &payload).unwrap_err();
    assert_eq!(
        error.message(),
        format!("no zeros fill the byte after the {} bits of the frame header", header.len)
    );
    let error = s.obu(ObuType::Frame, &header.bytes).unwrap_err();
    assert_eq!(error.message(), "no byte is left for tile 0");
    assert_eq!(
        s.obu(ObuType::Frame, &show_existing(0).bytes).unwrap_err().message(),
        "a frame OBU has show_existing_frame = 1"
    );
}

#[test]
fn sizes_come_from_the_header_or_a_reference() {
    let mut sequence = plain_sequence();
    (sequence.max_frame_width_minus_1, sequence.max_frame_height_minus_1) = (199, 99);
    sequence.enable_superres = true;
    let mut s = Stream::new(sequence);
    // A hidden key frame of 150x80, rendered as 300x160, coded at 8/13 of its width.
    let mut b = Bits::default();
    b.flag(false).f(2, 0).flag(false).flag(true).flag(false).flag(false).flag(true).f(3, 0).f(8, 0b10);
    b.f(16, 149).f(16, 79).flag(true).f(3, 4).flag(true).f(16, 299).f(16, 159);
    b.flag(false).flag(true).flag(false).flag(false); // two by two superblocks, one tile
    write_after_tiles(&mut b, true);
    let key = s.frame(&b).unwrap();
    assert_eq!((key.upscaled_width, key.frame_width, key.frame_height), (150, 92, 80));
    assert_eq!((key.render_width, key.render_height), (300, 160));
    assert_eq!(s.parser.frame().unwrap().superres_denom, 13);
    // An inter frame that takes the size of its third reference, without super-resolution.
    let by_reference = |slots: [u64; 7]| {
        let mut b = Bits::default();
        b.flag(false)
            .f(2, 1)
            .flag(true)
            .flag(false)
            .flag(false)
            .flag(true)
            .f(3, 1)
            .f(3, 7)
            .f(8, 0)
            .flag(false);
        for slot in slots {
            b.f(3, slot);
        }
        b.f(3, 0b001).flag(false);
        b.flag(false).flag(true).flag(false);
        b.flag(false).flag(true).f(1, 0).f(1, 0);
        write_after_tiles(&mut b, false);
        b
    };
    let inter = s.frame(&by_reference([0, 0, 1, 0, 0, 0, 0])).unwrap();
    assert_eq!((inter.upscaled_width, inter.frame_width, inter.frame_height), (150, 150, 80));
    assert_eq!((inter.render_width, inter.render_height, inter.missing_slots), (300, 160, 1));
    let error = s.frame(&by_reference([1, 1, 6, 1, 1, 1, 1])).unwrap_err();
    assert_eq!(error.message(), "reference 6 was never decoded");
    // Larger than the sequence header allows.
    let mut b = Bits::default();
    b.flag(false).f(2, 0).flag(true).flag(false).flag(true).f(3, 0).f(16, 200).f(16, 79);
    let error = s.frame(&b).unwrap_err();
    assert_eq!(error.message(), "a frame of 201x80, the sequence header allows 200x100");
}

#[test]
fn lossless_segments_are_inherited() {
    let mut s = Stream::new(plain_sequence());
    let mut b = Bits::default();
    b.flag(false).f(2, 0).flag(true).flag(false).flag(false).f(3, 0).flag(false).flag(false).flag(true);
    b.f(8, 100).f(3, 0).flag(false).flag(true); // base_q_idx, ..., segmentation_enabled
    for _ in 0..8 {
        b.flag(true).f(9, 0x200 - 100).f(7, 0); // -100
    }
    b.flag(false).flag(false); // delta_q_present, reduced_tx_set: lossless frames have nothing between
    s.frame(&b).unwrap();
    let frame = s.parser.frame().unwrap();
    assert!(frame.coded_lossless && frame.all_lossless);
    assert_eq!(frame.segmentation_params.feature_data[7][0], -100);
    // An inter frame with other quantizers: lossless only as long as it takes over the features.
    let inter = |base_q_idx: u64, lossless: bool| {
        let mut b = Bits::default();
        b.flag(false)
            .f(2, 1)
            .flag(true)
            .flag(false)
            .flag(false)
            .flag(false)
            .f(3, 1)
            .f(3, 0)
            .f(8, 0)
            .flag(false);
        b.f(21, 0).flag(false).flag(false).flag(true).flag(false).flag(false).flag(true);
        b.f(8, base_q_idx).f(3, 0).flag(false);
        b.flag(true).flag(false).flag(false).flag(false); // segmentation_enabled, no update, delta_q_present
        if !lossless {
            b.f(6, 0).f(6, 0).f(3, 0).flag(false).flag(false);
        }
        b.flag(false).flag(false).f(7, 0);
        b
    };
    s.frame(&inter(90, true)).unwrap();
    assert!(s.parser.frame().unwrap().coded_lossless);
    s.frame(&inter(101, false)).unwrap();
    assert!(!s.parser.frame().unwrap().coded_lossless);
}

#[test]
fn decoder_model_fields_depend_on_the_layers() {
    let mut sequence = plain_sequence();
    sequence.timing_info = Some(TimingInfo {
        num_units_in_display_tick: 1,
        time_scale: 30,
        equal_picture_interval: false,
        num_ticks_per_picture_minus_1: 0,
    });
    sequence.decoder_model_info = Some(DecoderModelInfo {
        buffer_delay_length_minus_1: 0,
        num_units_in_decoding_tick: 1,
        buffer_removal_time_length_minus_1: 10,
        frame_presentation_time_length_minus_1: 20,
    });
    let point = |operating_point_idc, model: bool| OperatingPoint {
        operating_point_idc,
        operating_parameters_info: model.then(Default::default),
        ..sequence.operating_points[0]
    };
    // Base layer only, two temporal layers, another spatial layer, one without a model.
    let operating_points =
        vec![point(0x101, true), point(0x103, true), point(0x301, true), point(0x102, false)];
    sequence.operating_points = operating_points;
    let mut s = Stream::new(sequence);
    for (extension, removal_times, in_operating_point) in
        [(0x00, 3, true), (0x20, 1, false), (0x08, 1, false)]
    {
        s.extension = Some(extension);
        let mut b = Bits::default();
        b.flag(false).f(2, 0).flag(true).f(21, 77).flag(false).flag(false).f(3, 0);
        b.flag(true).f(11 * removal_times, 0).flag(false);
        write_rest(&mut b, true);
        let event = s.frame(&b).unwrap();
        assert_eq!(event.in_operating_point, in_operating_point);
        assert_eq!((event.temporal_id, event.spatial_id), (extension >> 5, extension >> 3 & 3));
        assert_eq!(s.parser.frame().unwrap().frame_presentation_time, Some(77));
    }
    let mut existing = show_existing(0);
    existing.f(21, 5);
    assert_eq!(s.header(&existing).unwrap().header_bits, 25);
}

#[test]
fn reduced_still_pictures() {
    let mut sequence = plain_sequence();
    (sequence.still_picture, sequence.reduced_still_picture_header) = (true, true);
    (sequence.enable_order_hint, sequence.order_hint_bits) = (false, 0);
    sequence.seq_force_screen_content_tools = SELECT_SCREEN_CONTENT_TOOLS;
    let mut s = Stream::new(sequence);
    let mut b = Bits::default();
    b.flag(false).flag(true).flag(true); // disable_cdf_update, allow_screen_content_tools, force_integer_mv
    b.flag(false).flag(true).flag(true); // render size, allow_intrabc, uniform_tile_spacing_flag
    b.f(8, 100).f(3, 0).flag(false).flag(false).flag(true).f(2, 1); // ... delta_q_present, delta_q_res
    b.flag(false).flag(false); // no filters with intra block copy: tx_mode_select, reduced_tx_set
    let event = s.frame(&b).unwrap();
    assert!(event.show_frame && !event.showable_frame);
    assert!(s.parser.frame().unwrap().allow_intrabc);
}

#[test]
fn film_grain_is_read_to_its_end() {
    let mut sequence = plain_sequence();
    sequence.film_grain_params_present = true;
    let mut s = Stream::new(sequence);
    let mut b = key(true, 0, 0xff);
    b.flag(true).f(16, 0x1234); // apply_grain, grain_seed
    b.f(4, 2).f(32, 0).flag(false); // two points, chroma_scaling_from_luma
    b.f(4, 1).f(16, 0).f(4, 10).f(64, 0).f(64, 0).f(32, 0); // cb and cr points
    b.f(2, 0).f(2, 3); // ar_coeff_lag
    for _ in 0..24 + 25 + 25 {
        b.f(8, 128);
    }
    b.f(4, 0).f(25, 0).f(25, 0).f(2, 0);
    s.frame(&b).unwrap();
    let grain = s.parser.frame().unwrap().film_grain_params;
    assert_eq!((grain.apply_grain, grain.grain_seed, grain.update_grain), (true, 0x1234, true));
    let with_grain_of = |slot: u64| {
        let mut b = inter(1, 7, 0, [0, 1, 2, 3, 4, 5, 6]);
        b.flag(true).f(16, 7).flag(false).f(3, slot);
        b
    };
    s.frame(&with_grain_of(6)).unwrap();
    assert_eq!(s.parser.frame().unwrap().film_grain_params.film_grain_params_ref_idx, Some(6));
    let error = s.frame(&with_grain_of(7)).unwrap_err();
    assert_eq!(error.message(), "film_grain_params_ref_idx 7 is no reference of the frame");
    let mut b = key(true, 0, 0xff);
    b.flag(true).f(16, 0).f(4, 15).f(64, 0).f(64, 0).f(64, 0).f(64, 0);
    assert_eq!(s.frame(&b).unwrap_err().message(), "num_y_points is 15, at most 14 are allowed");
}

#[test]
fn other_obus() {
    let mut s = Stream::new(plain_sequence());
    let list = s.obu(ObuType::TileList, &[0; 8]).unwrap_err();
    assert_eq!(list.kind(), ErrorKind::Unsupported);
    assert!(list.message().contains("large-scale tiles"));
    assert_eq!(s.obu(ObuType::Padding, &[0xff]).unwrap(), Obu::Padding);
    assert_eq!(s.obu(ObuType::Reserved(9), &[]).unwrap(), Obu::Reserved);
    let metadata = s.obu(ObuType::Metadata, &[1, 0, 1, 0, 2, 0x80]).unwrap();
    assert_eq!(metadata, Obu::Metadata(Metadata::HdrCll { max_cll: 1, max_fall: 2 }));
}
