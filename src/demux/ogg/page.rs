//! Pages (RFC 3533 § 6).

use crate::error::{Error, Result};
use crate::input::Window;

/// Bytes of a page before its lacing values.
const HEADER: u64 = 27;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub serial: u32,
    pub sequence: u32,
    /// The position that its last packet leads to; -1 for none.
    pub granule: i64,
    /// Its first packet began in a page before.
    pub continues: bool,
    /// The first page of its stream.
    pub begins: bool,
    /// The last page of its stream.
    pub ends: bool,
    /// Lacing values.
    pub lacing: Vec<u8>,
    /// Where its data starts.
    pub data: u64,
    /// Where it ends.
    pub end: u64,
}

impl Page {
    /// Reads a page, whose checksum must be right; none at the end of the file.
    pub fn read(window: &mut Window, at: u64) -> Result<Option<Page>> {
        let len = window.input().len();
        if at >= len {
            return Ok(None);
        }
        let cut = || Error::format(format!("truncated: {} bytes left for an Ogg page", len - at)).at(at);
        let head = window.at_most(at, HEADER as usize)?;
        let Some(head) = head.first_chunk::<{ HEADER as usize }>().copied() else { return Err(cut()) };
        if !head.starts_with(super::MAGIC) {
            return Err(Error::format("no Ogg page where one should start").at(at));
        }
        if head[4] != 0 {
            return Err(Error::unsupported(format!("Ogg version {}, 0 is known", head[4])).at(at));
        }
        let u32_at = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let data = at + HEADER + u64::from(head[26]);
        let lacing = window.at_most(at + HEADER, head[26].into())?.to_vec();
        let end = data + lacing.iter().map(|value| u64::from(*value)).sum::<u64>();
        if lacing.len() < usize::from(head[26]) || end > len {
            return Err(cut());
        }
        // At most 64 kilobytes.
        let bytes = window.bytes(at, (end - at) as usize)?;
        if checksum(bytes) != u32_at(22) {
            return Err(Error::format("the checksum of the Ogg page is wrong").at(at).clause("RFC 3533 § 6"));
        }
        let granule = (u64::from(u32_at(10)) << 32 | u64::from(u32_at(6))) as i64;
        Ok(Some(Page {
            serial: u32_at(14),
            sequence: u32_at(18),
            granule,
            continues: head[5] & 1 != 0,
            begins: head[5] & 2 != 0,
            ends: head[5] & 4 != 0,
            lacing,
            data,
            end,
        }))
    }
}

/// The checksum of a page, its own field taken as 0: polynomial 0x04c11db7.
pub(super) fn checksum(page: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0u32; 256];
        let mut index = 0;
        while index < 256 {
            let mut crc = (index as u32) << 24;
            let mut bit = 0;
            while bit < 8 {
                crc = crc << 1 ^ if crc & 0x8000_0000 != 0 { 0x04c1_1db7 } else { 0 };
                bit += 1;
            }
            table[index] = crc;
            index += 1;
        }
        table
    };
    page.iter().enumerate().fold(0, |crc, (at, byte)| {
        let byte = if (22..26).contains(&at) { 0 } else { *byte };
        crc << 8 ^ TABLE[usize::from((crc >> 24) as u8 ^ byte)]
    })
}
