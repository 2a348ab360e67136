//! What encrypted tiles are with the keys that the user gave.

use std::collections::BTreeMap;

use super::statistics::Counts;
use super::tiles::Contents;
use super::{is_last_encrypted, kid_text, pattern_and_iv, protected_entry};
use crate::av1::obus;
use crate::cenc::{Iv, KeyId, KeyRing, Pattern, SampleCipher, protected_ranges};
use crate::findings::Severity;
use crate::input::Input;
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::{Entry, Mp4, Track};
use crate::inspect::sample::{Protected, Sample};
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::ENC_38;

/// Samples of a track that are all decrypted; of those behind, one in so many.
const ALL: u64 = 200;
const ONE_IN: u64 = 50;
/// The largest sample that is decrypted.
const LARGEST: u64 = 32 << 20;

/// Rule ENC-38, with keys.
pub(super) struct Decrypted {
    keys: KeyRing,
    input: Option<Input>,
    contents: Contents,
    /// By track and key: the first sample, and what was counted.
    counted: BTreeMap<(u32, [u8; 16]), (Sample, Counts)>,
}

impl Decrypted {
    pub(super) fn new(keys: &KeyRing) -> Self {
        Decrypted { keys: keys.clone(), input: None, contents: Contents::default(), counted: BTreeMap::new() }
    }
}

impl Check for Decrypted {
    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        self.input = Some(header.file.input().clone());
    }

    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, _: &mut Gathered) {
        if sample.protection.is_some() && !self.keys.is_empty() {
            self.contents.add(track, sample, seen);
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let is_picked = sample.number <= ALL || sample.number.is_multiple_of(ONE_IN);
        if self.keys.is_empty() || scan.is_none() || !is_picked || sample.is_missing || sample.size > LARGEST
        {
            return;
        }
        let Some((entry, _)) = protected_entry(track, sample) else { return };
        let Some(protection) = sample.protection.as_ref() else { return };
        let (Some(kid), Some(data)) = (protection.kid, self.decrypt(entry, sample, protection)) else {
            return;
        };
        let id = (track.id, kid);
        let (_, counts) = self.counted.entry(id).or_insert_with(|| (sample.clone(), Counts::default()));
        if protection.map.is_empty() {
            if let Some(error) = obus(&data).find_map(Result::err) {
                let message = format!(
                    "decrypted with the key for {}, the sample is no AV1: {}",
                    kid_text(&kid),
                    error.message()
                );
                let finding = found.in_sample(&ENC_38, track, sample, message);
                found.push(finding);
            }
            return;
        }
        let Some(contents) = self.contents.of(track, sample) else { return };
        let ends: Vec<u64> =
            contents.tiles.iter().map(|tile| tile.range.end.saturating_sub(sample.offset)).collect();
        for range in protected_ranges(&protection.map).filter(|range| range.end - range.start >= 16) {
            let bytes = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
            let Some(bytes) = bytes.and_then(|(start, end)| data.get(start..end)) else { continue };
            if let Some(block) = bytes.first_chunk() {
                counts.add_first(*block);
            }
            // Under `cbcs` most last bytes are clear, and tell nothing of the key.
            let is_encrypted = is_last_encrypted(entry, sample, bytes.len() as u64);
            if let Some(last) =
                bytes.last_chunk().filter(|_| is_encrypted && ends.binary_search(&range.end).is_ok())
            {
                counts.add_last(*last);
            }
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for ((id, kid), (first, counts)) in &self.counted {
            let Some(track) = file.tracks.iter().find(|track| track.id == *id) else { continue };
            let (why, severity) = match counts.encrypted() {
                Some(why) => (why, Severity::Error),
                None if counts.last.0 < 50 && counts.is_even() => {
                    let (tiles, _) = counts.first();
                    (
                        format!("the first bytes of {tiles} tiles are as even as random ones"),
                        Severity::Warning,
                    )
                }
                None => continue,
            };
            let message =
                format!("decrypted with the key for {}, the tiles are no AV1: {why}", kid_text(kid));
            let finding = found.in_sample(&ENC_38, track, first, message).severity(severity);
            found.push(
                finding.fix(
                    "Check the key; if it is right, the IVs or the map are not those of the encryption.",
                ),
            );
        }
    }
}

impl Decrypted {
    fn decrypt(&self, entry: &Entry, sample: &Sample, protection: &Protected) -> Option<Vec<u8>> {
        let key = self.keys.get(&KeyId(protection.kid?))?;
        let (crypt, skip, constant) = pattern_and_iv(entry, sample);
        let cipher = SampleCipher::new(key, super::scheme(entry)?, Pattern { crypt, skip }).ok()?;
        let iv = if protection.iv.is_empty() { constant? } else { &protection.iv };
        let iv = Iv::from_bytes(iv).ok()?.block();
        let mut data = self.input.as_ref()?.read_vec(sample.offset, sample.size).ok()?;
        cipher.decrypt_sample(&iv, &protection.map, &mut data).ok()?;
        Some(data)
    }
}
