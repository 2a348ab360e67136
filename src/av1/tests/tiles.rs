//! Tile groups.

use super::*;
use crate::av1::bits::BitReader;

/// A key frame of 256×128 samples with 4×2 tiles, whose sizes take one byte.
fn eight_tiles() -> (SequenceHeader, Bits) {
    let mut sequence = plain_sequence();
    (sequence.max_frame_width_minus_1, sequence.max_frame_height_minus_1) = (255, 127);
    let mut b = Bits::default();
    b.flag(false).f(2, 0).flag(true).flag(false).flag(false).f(3, 0).flag(false).flag(false);
    b.flag(true).f(2, 0b11).flag(true); // uniform_tile_spacing_flag, 4 columns, 2 rows
    b.f(3, 7).f(2, 0); // context_update_tile_id, tile_size_bytes_minus_1
    write_after_tiles(&mut b, true);
    (sequence, b)
}

/// A tile group with tiles of the given sizes; the last one ends it.
fn tile_group(range: Option<(u64, u64)>, sizes: &[usize]) -> Vec<u8> {
    let mut b = Bits::default();
    b.flag(range.is_some());
    if let Some((tg_start, tg_end)) = range {
        b.f(3, tg_start).f(3, tg_end);
    }
    let mut bytes = b.bytes;
    for (i, &size) in sizes.iter().enumerate() {
        if i + 1 < sizes.len() {
            bytes.push(size as u8 - 1);
        }
        bytes.extend(vec![0xaa; size]);
    }
    bytes
}

#[test]
fn tiles_of_a_frame_obu() {
    let (sequence, header) = eight_tiles();
    let mut s = Stream::new(sequence);
    let mut payload = header.bytes.clone();
    payload.extend(tile_group(None, &[1, 2, 3, 4, 5, 6, 7, 8]));
    let Obu::Frame(event) = s.obu(ObuType::Frame, &payload).unwrap() else { panic!() };
    assert_eq!((event.tile_cols, event.tile_rows), (4, 2));
    let mut at = header.bytes.len() as u64 + 1;
    for (size, tile) in (1..).zip(&s.tiles) {
        at += u64::from(size < 8);
        assert_eq!(*tile, at..at + size);
        at += size;
    }
    assert_eq!((at, s.tiles.len()), (payload.len() as u64, 8));
    // Cut short, tile by tile.
    for len in header.bytes.len()..payload.len() {
        let result = s.obu(ObuType::Frame, &payload[..len]);
        let whole = len > payload.len() - 8;
        assert_eq!((result.is_ok(), s.tiles.len()), (whole, if whole { 8 } else { 0 }), "{len} bytes");
    }
    payload.truncate(header.bytes.len());
    payload.extend(tile_group(Some((0, 7)), &[1; 8]));
    let error = s.obu(ObuType::Frame, &payload).unwrap_err();
    assert_eq!(error.message(), "a frame OBU has tile_start_and_end_present_flag = 1");
}

#[test]
fn tile_groups_come_in_order() {
    let (sequence, header) = eight_tiles();
    let mut s = Stream::new(sequence);
    assert_eq!(s.parser.unfinished(), None);
    s.header(&header).unwrap();
    assert_eq!(s.parser.unfinished(), Some((0, 8)));
    assert_eq!(s.obu(ObuType::TileGroup, &tile_group(Some((0, 2)), &[9, 1, 4])).unwrap(), Obu::TileGroup);
    assert_eq!(s.tiles, [2..11, 12..13, 13..17]);
    let redundant = header.clone().trailing();
    assert_eq!(s.obu(ObuType::RedundantFrameHeader, &redundant).unwrap(), Obu::RedundantFrameHeader);
    let gap = s.obu(ObuType::TileGroup, &tile_group(Some((4, 7)), &[1; 4])).unwrap_err();
    assert_eq!(gap.to_string(), "a tile group with tiles 4 to 7, tile 3 of 8 comes next (AV1 § 6.10.1)");
    assert!(s.obu(ObuType::TileGroup, &tile_group(Some((0, 2)), &[1; 3])).is_err());
    assert!(s.obu(ObuType::TileGroup, &tile_group(Some((3, 2)), &[1; 3])).is_err());
    s.obu(ObuType::TileGroup, &tile_group(Some((3, 3)), &[300])).unwrap();
    assert_eq!((s.tiles.len(), s.tiles[0].clone()), (1, 1..301));
    s.obu(ObuType::TileGroup, &tile_group(Some((4, 7)), &[1; 4])).unwrap();
    assert_eq!(s.parser.unfinished(), None);
    let more = s.obu(ObuType::TileGroup, &tile_group(Some((0, 7)), &[1; 8])).unwrap_err();
    assert_eq!(more.message(), "a tile group without a frame header before it");
    assert!(s.obu(ObuType::RedundantFrameHeader, &redundant).is_err());
    s.header(&header).unwrap();
    let mut other = redundant.clone();
    other[3] ^= 1;
    let error = s.obu(ObuType::RedundantFrameHeader, &other).unwrap_err();
    assert_eq!(error.message(), "a redundant frame header differs from the frame header");
    assert!(s.obu(ObuType::RedundantFrameHeader, &redundant[..2]).is_err());
    s.obu(ObuType::TileGroup, &tile_group(None, &[1; 8])).unwrap();
    assert_eq!(s.tiles.len(), 8);
}

#[test]
fn an_unfinished_frame_is_reported_once_and_kept() {
    let (sequence, header) = eight_tiles();
    let mut s = Stream::new(sequence);
    s.header(&header).unwrap();
    let error = s.obu(ObuType::TemporalDelimiter, &[]).unwrap_err();
    assert_eq!(error.to_string(), "the frame before ends at tile 0 of 8 (AV1 § 6.10.1)");
    assert_eq!(s.obu(ObuType::TemporalDelimiter, &[]).unwrap(), Obu::TemporalDelimiter);
    s.header(&header).unwrap();
    s.obu(ObuType::TileGroup, &tile_group(Some((0, 1)), &[1; 2])).unwrap();
    assert_eq!(s.header(&header).unwrap_err().message(), "the frame before ends at tile 2 of 8");
    s.header(&header).unwrap();
    s.parser.temporal_unit_start();
    assert_eq!(s.parser.unfinished(), None);
    assert_eq!(s.header(&show_existing(0)).unwrap().serial, 2);
}

#[test]
fn large_scale_tiles_are_named() {
    let (sequence, mut header) = eight_tiles();
    let mut s = Stream::new(sequence);
    let filters = header.len - 2 - 28;
    // Without filters, and with disable_frame_end_update_cdf.
    let mut b = Bits::default();
    for i in 0..header.len {
        let bit = u64::from(header.bytes[i / 8] >> (7 - i % 8) & 1);
        match i {
            10 => b.f(1, 1),
            i if (filters..filters + 12).contains(&i) => b.f(1, 0),
            i if (filters + 12..filters + 24).contains(&i) => &mut b,
            _ => b.f(1, bit),
        };
    }
    header = b;
    let mut payload = header.bytes.clone();
    payload.extend([0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc]);
    let error = s.obu(ObuType::Frame, &payload).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().ends_with("large-scale tiles, which are not handled"), "{error}");
}

/// Reads `tile_info()` of a frame of 64×64 superblocks.
fn tile_info(sb_cols: u32, sb_rows: u32, bits: &Bits) -> Result<TileInfo> {
    let mut r = BitReader::new(&bits.bytes);
    let info = TileInfo::read(&mut r, &plain_sequence(), sb_cols * 16, sb_rows * 16)?;
    assert_eq!(r.position(), bits.len);
    Ok(info)
}

#[test]
fn uneven_tiles() {
    let mut b = Bits::default();
    // Columns of 4, 2 and 1 superblocks of 7; rows of 1 and 3 of 4.
    b.flag(false).f(3, 0b100).f(2, 0b10).f(2, 0b00).f(2, 0b11).f(3, 5).f(2, 2);
    let info = tile_info(7, 4, &b).unwrap();
    assert_eq!((info.tile_cols, info.tile_rows, info.tile_cols_log2, info.tile_rows_log2), (3, 2, 2, 1));
    assert_eq!((info.context_update_tile_id, info.tile_size_bytes), (5, 3));
    let mut b = Bits::default();
    b.flag(false).f(3, 0b100).f(2, 0b10).f(2, 0b00).f(2, 0b11).f(3, 6).f(2, 2);
    assert_eq!(
        tile_info(7, 4, &b).unwrap_err().message(),
        "context_update_tile_id is 6, the frame has 6 tiles"
    );
    let mut b = Bits::default();
    b.flag(false).f(64, 0).f(64, 0).f(64, 0).f(64, 0).f(64, 0).f(64, 0);
    assert_eq!(tile_info(70, 1, &b).unwrap_err().message(), "more than 64 tile columns");
}

#[test]
fn even_tiles_from_one_to_the_most() {
    let mut b = Bits::default();
    b.flag(true);
    assert_eq!(tile_info(1, 1, &b).unwrap(), TileInfo::default());
    b.f(12, 0xfff).f(12, 4095).f(2, 3);
    let info = tile_info(64, 64, &b).unwrap();
    assert_eq!((info.num_tiles(), info.tile_size_bytes), (4096, 4));
    // The largest frame: width and area of a tile ask for as many tiles at least.
    let mut b = Bits::default();
    b.flag(true).flag(false).flag(false).f(9, 511).f(2, 0);
    let info = tile_info(1024, 1024, &b).unwrap();
    assert_eq!((info.tile_cols, info.tile_rows), (16, 32));
    // Five superblocks in four columns are three columns of two, two and one.
    let mut b = Bits::default();
    b.flag(true).f(3, 0b110).f(2, 2).f(2, 0);
    let info = tile_info(5, 1, &b).unwrap();
    assert_eq!((info.tile_cols, info.tile_cols_log2), (3, 2));
}
