//! Boxes as they are written: without what speaks of protection, and with offsets that fit again.

use crate::cenc::Scheme;
use crate::error::{Error, Result};
use crate::isobmff::boxes::{Senc, Tfhd};
use crate::isobmff::{FourCC, RawBox};

use super::movie::Track;

/// PIFF's predecessor of `pssh`.
const PIFF_PSSH: [u8; 16] = 0xd08a4f18_10f3_4a82_b6c8_32d8aba183d3_u128.to_be_bytes();

/// Where bytes of the input come to lie in the output.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// From each input offset on, what it is in the output.
    moves: Vec<(u64, u64)>,
}

impl Moves {
    /// From `old` on, bytes lie at `new` and behind. Called in ascending order.
    pub(super) fn add(&mut self, old: u64, new: u64) {
        let same_shift = self.moves.last().is_some_and(|(o, n)| old.wrapping_sub(*o) == new.wrapping_sub(*n));
        if !same_shift {
            self.moves.push((old, new));
        }
    }

    /// The place in the output of a byte that is copied, or of a box's start.
    pub(super) fn new_place(&self, old: u64) -> u64 {
        let index = self.moves.partition_point(|(from, _)| *from <= old);
        match index.checked_sub(1).and_then(|index| self.moves.get(index)) {
            Some((from, to)) => to.saturating_add(old - from),
            None => old,
        }
    }
}

/// Whether a box only serves protection.
fn is_protection(b: &RawBox) -> bool {
    let first = |at: usize| b.payload().get(at..at + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    match &b.kind.0 {
        b"pssh" | b"senc" => true,
        b"uuid" => b.uuid == Some(Senc::PIFF_UUID) || b.uuid == Some(PIFF_PSSH),
        b"saiz" | b"saio" => {
            let typed = first(0).is_some_and(|flags| flags[3] & 1 == 1);
            !typed || first(4).is_some_and(|kind| Scheme::from_fourcc(kind).is_some())
        }
        b"sgpd" | b"sbgp" => first(4) == Some(*b"seig"),
        _ => false,
    }
}

/// Takes protection out of a `moov`.
pub(super) fn clear_movie(moov: &mut RawBox, tracks: &[Track]) {
    moov.retain(&mut |b| !is_protection(b));
    let traks = moov.children_mut().into_iter().flatten().filter(|child| child.kind == b"trak");
    for (trak, track) in traks.zip(tracks) {
        let stsd = trak.descend_mut(&[b"mdia", b"minf", b"stbl", b"stsd"]);
        let entries = stsd.and_then(RawBox::children_mut).into_iter().flatten();
        entries.zip(&track.entries).for_each(|(raw, entry)| entry.restore(raw));
    }
}

/// Takes protection out of a `moof`.
pub(super) fn clear_fragment(moof: &mut RawBox) {
    moof.retain(&mut |b| !is_protection(b));
}

/// Reads a big-endian number of 4 or 8 bytes in a box, and puts back what `change` makes of it.
fn patch(bytes: &mut [u8], at: usize, wide: bool, change: impl FnOnce(u64) -> Option<u64>) -> Option<()> {
    let length = if wide { 8 } else { 4 };
    let field = bytes.get_mut(at..at.checked_add(length)?)?;
    let value = field.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let changed = change(value)?;
    if !wide && changed > u64::from(u32::MAX) {
        return None;
    }
    field.copy_from_slice(&changed.to_be_bytes()[8 - length..]);
    Some(())
}

fn does_not_fit(b: &RawBox, what: &str) -> Error {
    Error::limit(format!("{what} does not fit after decryption")).at(b.offset).within(b.kind)
}

/// Edits the payload of a box in place.
fn edit(b: &mut RawBox, what: &str, change: impl FnOnce(&mut [u8]) -> Option<()>) -> Result<()> {
    let mut payload = b.payload();
    change(&mut payload).ok_or_else(|| does_not_fit(b, what))?;
    b.set_payload(payload);
    Ok(())
}

/// Moves the chunk offsets of a `moov`.
///
/// # Errors
/// `Limit` where one does not fit any more, or the table is cut short.
pub(super) fn move_chunks(moov: &mut RawBox, moves: &Moves) -> Result<()> {
    let traks = moov.children_mut().into_iter().flatten().filter(|child| child.kind == b"trak");
    for trak in traks {
        let stbl = trak.descend_mut(&[b"mdia", b"minf", b"stbl"]);
        for table in stbl.and_then(RawBox::children_mut).into_iter().flatten() {
            let wide = match &table.kind.0 {
                b"stco" => false,
                b"co64" => true,
                _ => continue,
            };
            edit(table, "a chunk offset", |bytes| {
                let size = if wide { 8 } else { 4 };
                let mut at = 8;
                while at + size <= bytes.len() {
                    patch(bytes, at, wide, |old| Some(moves.new_place(old)))?;
                    at += size;
                }
                Some(())
            })?;
        }
    }
    Ok(())
}

/// Moves the data offsets of a `moof`, which lay at `old` and lies at `new`.
///
/// # Errors
/// As [`move_chunks`], and `Format` for a broken `tfhd`.
pub(super) fn move_fragment(moof: &mut RawBox, old: u64, moves: &Moves) -> Result<()> {
    let new = moves.new_place(old);
    let mut first = true;
    for traf in moof.children_mut().into_iter().flatten().filter(|child| child.kind == b"traf") {
        let Some(tfhd) = traf.find_mut(b"tfhd") else { continue };
        let fields: Tfhd = tfhd.parse()?;
        let base = match fields.base_data_offset {
            Some(base) => {
                // version and flags, track_ID
                edit(tfhd, "a base data offset", |bytes| {
                    patch(bytes, 8, true, |old| Some(moves.new_place(old)))
                })?;
                Some((base, moves.new_place(base)))
            }
            None if fields.default_base_is_moof || first => Some((old, new)),
            // It counts from the end of the data before, which moves along.
            None => None,
        };
        first = false;
        let Some((old_base, new_base)) = base else { continue };
        for trun in traf.children_mut().into_iter().flatten().filter(|child| child.kind == b"trun") {
            edit(trun, "a data offset", |bytes| {
                if bytes.get(3)? & 1 == 0 {
                    return Some(());
                }
                patch(bytes, 8, false, |offset| {
                    let place = old_base.checked_add_signed((offset as u32 as i32).into())?;
                    let moved = i128::from(moves.new_place(place)) - i128::from(new_base);
                    i32::try_from(moved).ok().map(|moved| u64::from(moved as u32))
                })
            })?;
        }
    }
    Ok(())
}

/// Moves what a `sidx` that ends at `end` refers to.
///
/// # Errors
/// As [`move_chunks`].
pub(super) fn move_index(sidx: &mut RawBox, end: u64, moves: &Moves) -> Result<()> {
    edit(sidx, "a reference", |bytes| {
        let wide = *bytes.first()? > 0;
        let first_offset_at = if wide { 20 } else { 16 };
        let mut place = 0u64;
        patch(bytes, first_offset_at, wide, |first| {
            place = end.checked_add(first)?;
            moves.new_place(place).checked_sub(moves.new_place(end))
        })?;
        let mut at = first_offset_at + if wide { 12 } else { 8 };
        while at + 12 <= bytes.len() {
            patch(bytes, at, false, |field| {
                let (kind, size) = (field & 1 << 31, field & ((1 << 31) - 1));
                let next = place.checked_add(size)?;
                let moved = moves.new_place(next).checked_sub(moves.new_place(place))?;
                place = next;
                (moved < 1 << 31).then_some(kind | moved)
            })?;
            at += 12;
        }
        Some(())
    })
}

/// Moves the fragments that an `mfra` refers to.
///
/// # Errors
/// As [`move_chunks`].
pub(super) fn move_random_access(mfra: &mut RawBox, moves: &Moves) -> Result<()> {
    for tfra in mfra.children_mut().into_iter().flatten().filter(|child| child.kind == FourCC(*b"tfra")) {
        edit(tfra, "an offset", |bytes| {
            let wide = *bytes.first()? > 0;
            let lengths = *bytes.get(11)?;
            let time = if wide { 8 } else { 4 };
            let numbers = [4, 2, 0].map(|shift| usize::from(lengths >> shift & 3) + 1).iter().sum::<usize>();
            let mut at = 16;
            while at + 2 * time + numbers <= bytes.len() {
                patch(bytes, at + time, wide, |old| Some(moves.new_place(old)))?;
                at += 2 * time + numbers;
            }
            Some(())
        })?;
    }
    Ok(())
}
