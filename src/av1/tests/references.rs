//! What frames refer to, and what is missing.

use super::*;
use crate::av1::references::References;

#[test]
fn references_are_named_by_serial() {
    let mut s = Stream::new(plain_sequence());
    let first = s.frame(&key(true, 0, 0xff)).unwrap();
    assert_eq!((first.frame_type, first.serial, first.refresh_frame_flags), (FrameType::Key, 0, 0xff));
    assert!(first.show_frame && !first.showable_frame && first.is_shown());
    assert_eq!(first.references, [None; 8]);
    assert_eq!((first.frame_width, first.render_height, first.tile_cols), (64, 64, 1));
    let second = s.frame(&inter(1, 7, 0b100, [0; 7])).unwrap();
    assert_eq!((second.serial, second.references[0], second.references[7]), (1, Some(0), None));
    let third = s.frame(&inter(2, 1, 0, [0, 2, 1, 0, 0, 0, 0])).unwrap();
    assert_eq!(third.references, [0, 1, 0, 0, 0, 0, 0, 1].map(Some));
    assert!(third.check_references().is_ok());
    assert_eq!(s.parser.frame().unwrap().order_hint, 2);
}

#[test]
fn a_shown_key_frame_fills_all_slots() {
    let mut s = Stream::new(plain_sequence());
    s.frame(&key(true, 0, 0xff)).unwrap();
    let hidden = s.frame(&key(false, 5, 0b1000)).unwrap();
    assert!(!hidden.show_frame && hidden.showable_frame && !hidden.shown_key_frame);
    let before = s.frame(&inter(1, 7, 0b1, [0; 7])).unwrap();
    assert_eq!(before.references[0], Some(0));
    let shown = s.header(&show_existing(3)).unwrap();
    assert_eq!((shown.serial, shown.refresh_frame_flags, shown.header_bits), (1, 0xff, 4));
    assert!(shown.show_existing_frame && shown.shown_key_frame && !shown.show_frame && shown.is_shown());
    assert_eq!((shown.order_hint, shown.frame_type), (5, FrameType::Key));
    let after = s.frame(&inter(6, 0, 0, [0, 1, 2, 3, 4, 5, 6])).unwrap();
    assert_eq!(after.references, [Some(1); 8]);
    // Any other frame is just shown.
    let next = s.frame(&inter(7, 7, 0b10, [0; 7])).unwrap();
    let shown = s.header(&show_existing(1)).unwrap();
    assert_eq!((shown.serial, shown.refresh_frame_flags), (next.serial, 0));
    assert_eq!(s.frame(&inter(7, 7, 0, [0; 7])).unwrap().references[0], Some(1));
}

#[test]
fn a_stream_may_be_entered_at_a_hidden_key_frame() {
    let mut s = Stream::new(plain_sequence());
    assert_eq!(s.header(&show_existing(3)).unwrap_err().message(), "reference 3 was never decoded");
    s.frame(&key(false, 4, 0b100)).unwrap();
    let leading = s.frame(&inter(1, 7, 0b1, [2, 2, 2, 3, 2, 2, 5])).unwrap();
    assert_eq!(leading.references, [Some(0), Some(0), Some(0), None, Some(0), Some(0), None, None]);
    assert_eq!(leading.missing_slots, 0b10_1000);
    assert_eq!(
        leading.check_references().unwrap_err().to_string(),
        "reference 3 was never decoded (AV1 § 6.8.2)"
    );
    let primary = s.frame(&inter(2, 3, 0b10, [2, 2, 2, 3, 2, 2, 2])).unwrap_err();
    assert_eq!(primary.message(), "reference 3 was never decoded");
    assert!(s.header(&show_existing(2)).unwrap().shown_key_frame);
    assert!(s.frame(&inter(5, 3, 0, [0, 1, 2, 3, 4, 5, 6])).unwrap().check_references().is_ok());
}

#[test]
fn a_stream_may_be_entered_at_an_intra_only_frame() {
    let mut s = Stream::new(plain_sequence());
    let first = s.frame(&intra(2, true, 0, 0b1010)).unwrap();
    assert_eq!((first.frame_type, first.refresh_frame_flags), (FrameType::IntraOnly, 0b1010));
    let next = s.frame(&inter(1, 2, 0b1, [1, 3, 1, 3, 1, 3, 1])).unwrap();
    assert_eq!((next.references, next.missing_slots), ([Some(0); 8], 0));
}

#[test]
fn a_broken_header_empties_the_slots_it_names() {
    let mut s = Stream::new(plain_sequence());
    s.frame(&key(true, 0, 0xff)).unwrap();
    let mut broken = inter(1, 7, 0b11, [0; 7]);
    broken.bytes.truncate(5);
    assert_eq!(s.obu(ObuType::Frame, &broken.bytes).unwrap_err().message(), "a frame header ends early");
    assert!(s.tiles.is_empty());
    let next = s.frame(&inter(2, 7, 0, [2, 2, 1, 2, 2, 2, 0])).unwrap();
    assert_eq!((next.serial, next.missing_slots), (1, 0b11));
}

#[test]
fn the_sequence_header_must_come_first_and_its_change_empties_all() {
    let mut s = Stream::new(plain_sequence());
    let old = s.parser.sequence().unwrap().clone();
    let again = s.obu(ObuType::SequenceHeader, &write_sequence(&plain_sequence())).unwrap();
    assert!(matches!(again, Obu::SequenceHeader(header) if Arc::ptr_eq(&header, &old)));
    s.frame(&key(true, 0, 0xff)).unwrap();
    let mut other = plain_sequence();
    other.operating_points[0].seq_level_idx = 1;
    s.obu(ObuType::SequenceHeader, &write_sequence(&other)).unwrap();
    assert!(s.parser.frame().is_none());
    assert_eq!(s.frame(&inter(1, 7, 0, [0; 7])).unwrap().missing_slots, 1);
    s.parser = Parser::new();
    let error = s.frame(&key(true, 0, 0xff)).unwrap_err();
    assert_eq!(error.message(), "a frame header without a sequence header before it");
    s.parser.set_sequence(old);
    s.frame(&key(true, 0, 0xff)).unwrap();
}

#[test]
fn short_signaling_finds_the_other_references() {
    let mut sequence = plain_sequence();
    sequence.order_hint_bits = 5;
    let mut references = References::new();
    let missing = references.set_frame_refs(&sequence, 10, 0, 0).unwrap_err();
    assert_eq!(missing.message(), "reference 0 was never decoded");
    // Slot 7 repeats slot 6's hint; the current frame has hint 10.
    for (slot, hint) in [2, 4, 6, 8, 12, 16, 20, 20].into_iter().enumerate() {
        references.expect_order_hint(slot, hint);
    }
    // LAST, LAST2, LAST3, GOLDEN, BWDREF, ALTREF2, ALTREF
    assert_eq!(references.set_frame_refs(&sequence, 10, 3, 0).unwrap(), [3, 2, 1, 0, 4, 5, 7]);
    // No backward reference: the latest forward ones stand in, then the earliest of all.
    for (slot, hint) in [2, 4, 6, 8, 8, 8, 8, 8].into_iter().enumerate() {
        references.expect_order_hint(slot, hint);
    }
    assert_eq!(references.set_frame_refs(&sequence, 10, 7, 6).unwrap(), [7, 5, 4, 6, 3, 2, 1]);
    assert_eq!(references.set_frame_refs(&sequence, 8, 0, 1).unwrap(), [0, 2, 0, 1, 3, 4, 7]);
}

#[test]
fn skip_mode_needs_references_on_both_sides_or_two_before() {
    let sequence = plain_sequence();
    let mut references = References::new();
    let allowed = |references: &References, slots: [u8; 7]| {
        let frame = FrameHeader { ref_frame_idx: slots, order_hint: 4, ..Default::default() };
        references.skip_mode_allowed(&sequence, &frame).ok()
    };
    assert_eq!(allowed(&references, [0; 7]), None);
    for (slot, hint) in [2, 3, 3, 4, 5, 6, 7, 7].into_iter().enumerate() {
        references.expect_order_hint(slot, hint);
    }
    assert_eq!(allowed(&references, [1; 7]), Some(false));
    assert_eq!(allowed(&references, [1, 2, 3, 1, 2, 3, 3]), Some(false));
    assert_eq!(allowed(&references, [1, 2, 0, 1, 2, 3, 3]), Some(true));
    assert_eq!(allowed(&references, [1, 1, 1, 1, 4, 4, 4]), Some(true));
    assert_eq!(allowed(&references, [4, 5, 6, 7, 4, 4, 4]), Some(false));
}

#[test]
fn an_error_resilient_frame_tells_what_was_lost() {
    let mut s = Stream::new(plain_sequence());
    s.frame(&key(true, 0, 0xff)).unwrap();
    // A switch frame whose slot 3 should hold hint 2.
    let mut b = Bits::default();
    b.flag(false).f(2, 3).flag(true).flag(false).f(3, 4);
    for slot in 0..8 {
        b.f(3, if slot == 3 { 2 } else { 0 });
    }
    b.flag(false);
    for slot in 0..7 {
        b.f(3, slot);
    }
    b.f(16, 63).f(16, 63).flag(false).flag(false).flag(true).flag(false);
    write_rest(&mut b, false);
    let switch = s.frame(&b).unwrap();
    assert_eq!((switch.frame_type, switch.refresh_frame_flags), (FrameType::Switch, 0xff));
    assert!(switch.error_resilient_mode);
    assert_eq!(switch.missing_slots, 0b1000);
    assert_eq!(switch.references[3], None);
    assert_eq!(s.frame(&inter(5, 0, 0, [3; 7])).unwrap().references, [Some(1); 8]);
}

#[test]
fn frame_ids_tell_what_was_lost() {
    let mut sequence = plain_sequence();
    sequence.frame_id_numbers_present_flag = true; // ids of 3 bits, differences of 2
    let mut s = Stream::new(sequence);
    let mut b = Bits::default();
    b.flag(false).f(2, 0).flag(true).flag(false).f(3, 6).flag(false).f(3, 0).flag(false);
    write_rest(&mut b, true);
    s.frame(&b).unwrap();
    let inter = |id: u64, delta_frame_id: u64| {
        let mut b = Bits::default();
        b.flag(false).f(2, 1).flag(true).flag(false).flag(false).f(3, id).flag(false).f(3, 1).f(3, 7).f(8, 0);
        b.flag(false);
        for slot in 0..7 {
            b.f(3, slot).f(2, delta_frame_id - 1);
        }
        b.flag(false).flag(false).flag(true).flag(false);
        write_rest(&mut b, false);
        b
    };
    assert_eq!(s.frame(&inter(7, 1)).unwrap().missing_slots, 0);
    assert_eq!(s.frame(&inter(0, 2)).unwrap().missing_slots, 0, "ids wrap");
    assert_eq!(s.frame(&inter(7, 2)).unwrap().missing_slots, 0x7f, "another frame is meant");
    // 6 is more than a difference away from 3, in both directions.
    assert_eq!(s.frame(&inter(3, 4)).unwrap().missing_slots, 0x7f);
    let mut existing = show_existing(2);
    existing.f(3, 6);
    assert_eq!(s.header(&existing).unwrap().serial, 0);
}
