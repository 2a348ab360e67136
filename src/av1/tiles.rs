//! How a frame is cut into tiles, and where their bytes are.

use std::ops::Range;

use serde::Serialize;

use super::bits::BitReader;
use super::payload::Payload;
use super::sequence::SequenceHeader;
use crate::error::{Error, Result};

const MAX_TILE_WIDTH: u32 = 4096;
const MAX_TILE_AREA: u32 = 4096 * 2304;
const MAX_TILE_COLS: u32 = 64;
const MAX_TILE_ROWS: u32 = 64;

/// `tile_info()`, AV1 § 5.9.15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TileInfo {
    /// Whether the tiles are equally large.
    pub uniform_tile_spacing_flag: bool,
    /// `TileCols`, 1 to 64.
    pub tile_cols: u16,
    /// `TileRows`, 1 to 64.
    pub tile_rows: u16,
    /// `TileColsLog2`.
    pub tile_cols_log2: u8,
    /// `TileRowsLog2`.
    pub tile_rows_log2: u8,
    /// The tile whose probabilities the frame saves.
    pub context_update_tile_id: u16,
    /// `TileSizeBytes`, 1 to 4; 0 where there is but one tile.
    pub tile_size_bytes: u8,
}

impl Default for TileInfo {
    fn default() -> Self {
        TileInfo {
            uniform_tile_spacing_flag: true,
            tile_cols: 1,
            tile_rows: 1,
            tile_cols_log2: 0,
            tile_rows_log2: 0,
            context_update_tile_id: 0,
            tile_size_bytes: 0,
        }
    }
}

impl TileInfo {
    /// `NumTiles`, 1 to 4096.
    pub fn num_tiles(&self) -> u32 {
        u32::from(self.tile_cols) * u32::from(self.tile_rows)
    }

    /// Reads the tiles of a frame of `mi_cols` × `mi_rows` blocks of 4×4.
    ///
    /// # Errors
    /// `Format` where there are more than 64 columns or rows.
    pub(super) fn read(
        r: &mut BitReader<'_>,
        seq: &SequenceHeader,
        mi_cols: u32,
        mi_rows: u32,
    ) -> Result<Self> {
        let sb_shift = if seq.use_128x128_superblock { 5 } else { 4 };
        let sb_cols = mi_cols.div_ceil(1 << sb_shift);
        let sb_rows = mi_rows.div_ceil(1 << sb_shift);
        let sb_size = sb_shift + 2;
        let max_tile_width_sb = MAX_TILE_WIDTH >> sb_size;
        let max_tile_area_sb = MAX_TILE_AREA >> (2 * sb_size);
        let min_log2_tile_cols = tile_log2(max_tile_width_sb, sb_cols);
        let max_log2_tile_cols = tile_log2(1, sb_cols.min(MAX_TILE_COLS));
        let max_log2_tile_rows = tile_log2(1, sb_rows.min(MAX_TILE_ROWS));
        let min_log2_tiles = min_log2_tile_cols.max(tile_log2(max_tile_area_sb, sb_rows * sb_cols));

        let mut increment = |mut log2: u32, max: u32| {
            while log2 < max && r.flag() {
                log2 += 1;
            }
            log2
        };
        let uniform_tile_spacing_flag = increment(0, 1) == 1;
        let (tile_cols, tile_rows, tile_cols_log2, tile_rows_log2);
        if uniform_tile_spacing_flag {
            tile_cols_log2 = increment(min_log2_tile_cols, max_log2_tile_cols);
            let tile_width_sb = (sb_cols + (1 << tile_cols_log2) - 1) >> tile_cols_log2;
            tile_cols = sb_cols.div_ceil(tile_width_sb);
            tile_rows_log2 = increment(min_log2_tiles.saturating_sub(tile_cols_log2), max_log2_tile_rows);
            let tile_height_sb = (sb_rows + (1 << tile_rows_log2) - 1) >> tile_rows_log2;
            tile_rows = sb_rows.div_ceil(tile_height_sb);
        } else {
            let widest_tile_sb;
            (tile_cols, widest_tile_sb) =
                read_uneven(r, sb_cols, max_tile_width_sb, MAX_TILE_COLS, "columns")?;
            tile_cols_log2 = tile_log2(1, tile_cols);
            let area = sb_rows * sb_cols;
            let max_tile_area_sb = if min_log2_tiles > 0 { area >> (min_log2_tiles + 1) } else { area };
            let max_tile_height_sb = (max_tile_area_sb / widest_tile_sb).max(1);
            (tile_rows, _) = read_uneven(r, sb_rows, max_tile_height_sb, MAX_TILE_ROWS, "rows")?;
            tile_rows_log2 = tile_log2(1, tile_rows);
        }
        let mut info = TileInfo {
            uniform_tile_spacing_flag,
            tile_cols: tile_cols as u16,
            tile_rows: tile_rows as u16,
            tile_cols_log2: tile_cols_log2 as u8,
            tile_rows_log2: tile_rows_log2 as u8,
            ..TileInfo::default()
        };
        if tile_cols_log2 > 0 || tile_rows_log2 > 0 {
            info.context_update_tile_id = r.u16(tile_rows_log2 + tile_cols_log2);
            info.tile_size_bytes = r.u8(2) + 1;
            if u32::from(info.context_update_tile_id) >= info.num_tiles() {
                return Err(Error::format(format!(
                    "context_update_tile_id is {}, the frame has {} tiles",
                    info.context_update_tile_id,
                    info.num_tiles()
                ))
                .clause("AV1 § 6.8.14"));
            }
        }
        Ok(info)
    }
}

/// Tiles of coded sizes along one side of `length_sb` superblocks: their number and the largest.
fn read_uneven(
    r: &mut BitReader<'_>,
    length_sb: u32,
    max_sb: u32,
    max_tiles: u32,
    name: &str,
) -> Result<(u32, u32)> {
    let (mut tiles, mut largest, mut start_sb) = (0, 0, 0);
    while start_sb < length_sb {
        if tiles == max_tiles {
            return Err(Error::format(format!("more than {max_tiles} tile {name}")).clause("AV1 § 6.8.14"));
        }
        let size_sb = r.ns((length_sb - start_sb).min(max_sb)) + 1;
        largest = largest.max(size_sb);
        start_sb += size_sb;
        tiles += 1;
    }
    Ok((tiles, largest))
}

/// `tile_log2()`, AV1 § 5.9.16.
fn tile_log2(blk_size: u32, target: u32) -> u32 {
    let mut k = 0;
    while blk_size << k < target {
        k += 1;
    }
    k
}

/// `tile_group_obu()`, AV1 § 5.11.1, from byte `offset` of `payload`: pushes each tile's range and gives the number
/// of the tile that must come next, which is the frame's number of tiles when it is done.
///
/// # Errors
/// `Format` where the group does not start at `next_tile`, or a tile does not fit; then nothing is pushed.
pub(super) fn read_tile_group(
    info: &TileInfo,
    next_tile: u32,
    whole_frame: bool,
    payload: &mut dyn Payload,
    offset: u64,
    tiles: &mut Vec<Range<u64>>,
) -> Result<u32> {
    let num_tiles = info.num_tiles();
    let (mut tg_start, mut tg_end) = (0, num_tiles - 1);
    let mut offset = offset;
    if num_tiles > 1 {
        // The flag and two numbers of up to 12 bits.
        let mut r = BitReader::new(payload.bytes(offset, 4)?);
        let tile_start_and_end_present_flag = r.flag();
        if tile_start_and_end_present_flag {
            if whole_frame {
                return Err(Error::format("a frame OBU has tile_start_and_end_present_flag = 1")
                    .clause("AV1 § 6.10.1"));
            }
            let tile_bits = u32::from(info.tile_cols_log2) + u32::from(info.tile_rows_log2);
            tg_start = r.f(tile_bits);
            tg_end = r.f(tile_bits);
        }
        let aligned = r.byte_alignment();
        if r.overrun() {
            return Err(Error::format("a tile group ends within its header").clause("AV1 § 5.11.1"));
        }
        if !aligned {
            return Err(Error::format("a tile group's header is not padded with zeros").clause("AV1 § 5.3.5"));
        }
        offset += r.position() as u64 / 8;
    }
    if tg_start != next_tile || tg_end < tg_start || tg_end >= num_tiles {
        return Err(Error::format(format!(
            "a tile group with tiles {tg_start} to {tg_end}, tile {next_tile} of {num_tiles} comes next"
        ))
        .clause("AV1 § 6.10.1"));
    }
    let pushed = tiles.len();
    let result = read_tiles(info.tile_size_bytes, tg_start, tg_end, payload, offset, tiles);
    if result.is_err() {
        tiles.truncate(pushed);
    }
    result.map(|()| tg_end + 1)
}

/// The ranges of tiles `tg_start` to `tg_end`, from byte `offset` on.
fn read_tiles(
    tile_size_bytes: u8,
    tg_start: u32,
    tg_end: u32,
    payload: &mut dyn Payload,
    mut offset: u64,
    tiles: &mut Vec<Range<u64>>,
) -> Result<()> {
    let end = payload.len();
    for tile in tg_start..tg_end {
        let field = payload.bytes(offset, tile_size_bytes.into())?;
        let mut bytes = [0; 8];
        bytes[..field.len()].copy_from_slice(field);
        // Where the field itself is cut short, the tile can't fit either.
        let size = u64::from_le_bytes(bytes) + 1;
        offset += u64::from(tile_size_bytes);
        let left = end.saturating_sub(offset);
        if size >= left {
            return Err(Error::format(format!(
                "tile {tile} of {size} bytes leaves nothing of {left} for tiles up to {tg_end}"
            ))
            .clause("AV1 § 5.11.1"));
        }
        tiles.push(offset..offset + size);
        offset += size;
    }
    if offset >= end {
        return Err(Error::format(format!("no byte is left for tile {tg_end}")).clause("AV1 § 5.11.1"));
    }
    tiles.push(offset..end);
    Ok(())
}
