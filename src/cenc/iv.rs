//! Initialization vectors: one constant IV for `cbcs`, never the same twice under one key for `cenc`.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::RangeInclusive;

use serde::{Serialize, Serializer};

use super::keys::KeyId;
use super::scheme::Scheme;
use super::text::from_hex;
use super::walk::BLOCK;
use crate::error::{Error, Result};

/// An IV of 8 or 16 bytes, printed as lower-case hexadecimal digits. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Iv {
    block: [u8; BLOCK],
    size: u8,
}

impl Iv {
    /// An IV of 8 or 16 bytes, as a file has it.
    ///
    /// # Errors
    /// `Format` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Iv> {
        if !matches!(bytes.len(), 8 | 16) {
            return Err(Error::format(format!("an IV of {} bytes, 8 or 16 were expected", bytes.len())));
        }
        let mut block = [0; BLOCK];
        block[..bytes.len()].copy_from_slice(bytes);
        Ok(Iv { block, size: bytes.len() as u8 })
    }

    /// An IV in hexadecimal digits to encrypt with: 16 bytes for `cbcs` (rule ENC-15), 8 or 16 for `cenc`.
    ///
    /// # Errors
    /// `Usage` for other text or length; `Unsupported` for a scheme that is only read.
    pub fn parse(text: &str, scheme: Scheme) -> Result<Iv> {
        let (sizes, clause) = match scheme {
            Scheme::Cbcs => ("32", "rule ENC-15"),
            Scheme::Cenc => ("16 or 32", "rule ENC-19"),
            Scheme::Cens | Scheme::Cbc1 => {
                return Err(Error::unsupported(format!(
                    "encryption is under cbcs or cenc, not under {scheme}"
                ))
                .clause("rule ENC-03"));
            }
        };
        let iv = match (text.len(), scheme) {
            (16, Scheme::Cbcs) => {
                return Err(Error::usage(
                    "an IV of 8 bytes, the constant IV of cbcs has 16: give 32 hexadecimal digits",
                )
                .clause(clause));
            }
            (16, _) => from_hex::<8>(text).map(|bytes| Iv::from_bytes(&*bytes)),
            _ => from_hex::<16>(text).map(|bytes| Iv::from_bytes(&*bytes)),
        };
        // The text is not quoted: a key given as an IV by mistake must not be printed.
        iv.unwrap_or_else(|| {
            let count = text.chars().count();
            Err(Error::usage(format!(
                "an IV of {count} characters, {sizes} hexadecimal digits were expected under {scheme}"
            ))
            .clause(clause))
        })
    }

    /// A random IV of 8 or 16 bytes from the operating system.
    ///
    /// # Errors
    /// `Usage` for another size, `Io` where there is no randomness.
    pub fn random(size: u8) -> Result<Iv> {
        if !matches!(size, 8 | 16) {
            return Err(Error::usage(format!("an IV of {size} bytes, 8 or 16 were expected")));
        }
        let mut block = [0; BLOCK];
        fill_random(&mut block[..usize::from(size)])?;
        Ok(Iv { block, size })
    }

    /// 8 or 16.
    pub fn size(&self) -> u8 {
        self.size
    }

    /// The bytes as `senc` or `tenc` has them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.block[..usize::from(self.size)]
    }

    /// The block that a cipher starts with: an IV of 8 bytes is its high half, the block counter in the low half
    /// starts at 0 (rule ENC-18).
    pub fn block(&self) -> [u8; 16] {
        self.block
    }

    fn halves(&self) -> (u64, u64) {
        let value = u128::from_be_bytes(self.block);
        ((value >> 64) as u64, value as u64)
    }
}

impl fmt::Display for Iv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Iv {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|e| Error::io("the operating system gives no random bytes", io::Error::other(e.to_string())))
}

/// The IVs of one `cenc` track, sample by sample.
///
/// IVs of 8 bytes go up by one. Those of 16 go up by the blocks that the sample before has used, so that no counter
/// block comes twice.
#[derive(Debug, Clone)]
pub struct IvSequence {
    size: u8,
    /// The high half of the next IV, and of the last that may be given. `None`: all are used.
    high: Option<RangeInclusive<u64>>,
    low: u64,
}

impl IvSequence {
    /// The IV of the next sample, of whose bytes `protected` are protected.
    ///
    /// # Errors
    /// `Limit` where the IVs reserved for the track are used up.
    pub fn next_iv(&mut self, protected: u64) -> Result<Iv> {
        let used_up = || Error::limit("the IVs reserved for the track are used up").clause("rule ENC-18");
        let high = self.high.as_ref().map(|range| *range.start()).ok_or_else(used_up)?;
        let block = (u128::from(high) << 64 | u128::from(self.low)).to_be_bytes();
        let iv = Iv { block, size: self.size };
        if self.size == 8 {
            self.step();
        } else {
            // A counter that ran into the next high half would meet another track there.
            let blocks = protected.div_ceil(BLOCK as u64);
            let last = self.low.checked_add(blocks.saturating_sub(1)).ok_or_else(used_up)?;
            match last.checked_add(1) {
                // A sample without protected bytes uses its IV up too, for no two samples to have the same.
                Some(next) => self.low = next,
                None => {
                    self.low = 0;
                    self.step();
                }
            }
        }
        Ok(iv)
    }

    fn step(&mut self) {
        self.high =
            self.high.take().filter(|range| range.start() < range.end()).map(|r| r.start() + 1..=*r.end());
    }
}

/// Hands out the `cenc` IVs of all tracks, so that no (key, IV) pair is used twice (rule ENC-18).
///
/// What is handed out is the high half of the counter block, so IVs of 8 and of 16 bytes don't meet either.
/// Reserved ranges are apart over all keys, for two IDs may hold the same key; only a range that is asked for by
/// name is compared with those of its own ID alone.
#[derive(Debug, Clone)]
pub struct IvAllocator {
    next: Option<u64>,
    used: BTreeMap<KeyId, Vec<RangeInclusive<u64>>>,
}

impl IvAllocator {
    /// An allocator that starts at random. Packagings that are made apart under one key are then kept apart by
    /// chance only, with 63 random bits.
    ///
    /// # Errors
    /// `Io` where there is no randomness.
    pub fn random() -> Result<IvAllocator> {
        let mut bytes = [0; 8];
        fill_random(&mut bytes)?;
        // The first bit is cleared so that there is room behind every start.
        Ok(IvAllocator::starting_at(u64::from_be_bytes(bytes) >> 1))
    }

    /// An allocator that starts at a given value: the same IVs each time.
    pub fn starting_at(first: u64) -> IvAllocator {
        IvAllocator { next: Some(first), used: BTreeMap::new() }
    }

    /// Reserves IVs for the `samples` of a track, 8 bytes each.
    ///
    /// # Errors
    /// `Usage` for no samples; `Limit` where the IVs are used up.
    pub fn reserve(&mut self, kid: KeyId, samples: u64) -> Result<IvSequence> {
        let range = self.take(kid, samples)?;
        Ok(IvSequence { size: 8, high: Some(range), low: 0 })
    }

    /// Reserves IVs of 16 bytes for a track of any number of samples: 2^64 blocks.
    ///
    /// # Errors
    /// `Limit` where the IVs are used up.
    pub fn reserve_long(&mut self, kid: KeyId) -> Result<IvSequence> {
        let range = self.take(kid, 1)?;
        Ok(IvSequence { size: 16, high: Some(range), low: 0 })
    }

    /// Takes the IVs from `first` on for the `samples` of a track, as the user wants it. With 16 bytes the whole
    /// high half of `first` is taken, whatever `samples` is.
    ///
    /// # Errors
    /// `Usage` for no samples, where they meet IVs that the same key has elsewhere, or go past the last.
    pub fn claim(&mut self, kid: KeyId, first: Iv, samples: u64) -> Result<IvSequence> {
        let (high, low) = first.halves();
        let count = if first.size == 8 { samples } else { samples.min(1) };
        let last = last_of(high, count)?.ok_or_else(|| {
            Error::usage(format!("{samples} samples from IV {first} on go past the last IV"))
                .clause("rule ENC-18")
        })?;
        let used = self.used.entry(kid).or_default();
        if let Some(other) = used.iter().find(|other| *other.start() <= last && high <= *other.end()) {
            return Err(Error::usage(format!(
                "the IVs from {first} on meet those from {:016x} to {:016x}, which key ID {kid} has elsewhere",
                other.start(),
                other.end()
            ))
            .clause("rule ENC-18"));
        }
        used.push(high..=last);
        Ok(IvSequence { size: first.size, high: Some(high..=last), low })
    }

    fn take(&mut self, kid: KeyId, count: u64) -> Result<RangeInclusive<u64>> {
        let used_up = || Error::limit("all IVs are used up").clause("rule ENC-18");
        let mut first = self.next.ok_or_else(used_up)?;
        // Each claimed range is passed once: `first` only goes up.
        loop {
            let last = last_of(first, count)?.ok_or_else(used_up)?;
            let met = self.used.values().flatten().filter(|o| *o.start() <= last && first <= *o.end());
            match met.map(|other| *other.end()).max() {
                Some(end) => first = end.checked_add(1).ok_or_else(used_up)?,
                None => {
                    self.next = last.checked_add(1);
                    self.used.entry(kid).or_default().push(first..=last);
                    return Ok(first..=last);
                }
            }
        }
    }
}

/// The last of `count` values from `first` on, `None` past 64 bits.
fn last_of(first: u64, count: u64) -> Result<Option<u64>> {
    let more = count.checked_sub(1).ok_or_else(|| Error::usage("IVs for no samples"))?;
    Ok(first.checked_add(more))
}
