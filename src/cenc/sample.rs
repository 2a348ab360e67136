//! Encryption and decryption of a sample, whole or in pieces.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aes::Aes128;
use cipher::{BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::{CtrCore, flavors::Ctr64BE};

use super::cbc::{EncryptPiece, EncryptRanges, decrypt_piece};
use super::keys::Key;
use super::scheme::{Pattern, Scheme};
use super::subsample::{Subsample, check_span, protected_ranges};
use super::walk::{BLOCK, Walk};
use crate::error::{Error, Result};

/// Which way a [`RangeCipher`] works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Clear to protected.
    Encrypt,
    /// Protected to clear.
    Decrypt,
}

/// A key made ready for a scheme and a pattern. Clones share the key schedule, threads share a reference.
#[derive(Clone)]
pub struct SampleCipher {
    aes: Arc<Aes128>,
    scheme: Scheme,
    pattern: Pattern,
}

impl SampleCipher {
    /// Makes the key schedule. `pattern` is [`Pattern::NONE`] for `cenc` and `cbc1`, and for whole-sample
    /// protection of audio under `cbcs` (rule ENC-26).
    ///
    /// # Errors
    /// `Format` for a pattern with `cenc` or `cbc1` (rule ENC-06), or one that encrypts no block.
    pub fn new(key: &Key, scheme: Scheme, pattern: Pattern) -> Result<SampleCipher> {
        let Pattern { crypt, skip } = Pattern::new(pattern.crypt, pattern.skip)?;
        if !scheme.has_pattern() && (crypt, skip) != (0, 0) {
            return Err(Error::format(format!("pattern {pattern} under {scheme}, which has none"))
                .clause("rule ENC-06"));
        }
        if crypt == 0 && skip > 0 {
            return Err(Error::format(format!("pattern {pattern} encrypts no block")));
        }
        Ok(SampleCipher { aes: Arc::new(Aes128::new(key.bytes().into())), scheme, pattern })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The pattern.
    pub fn pattern(&self) -> Pattern {
        self.pattern
    }

    /// Encrypts a sample in place.
    ///
    /// `iv` is the initial counter or chaining block, an IV of 8 bytes being its first half ([`Iv::block`]). Without
    /// `subsamples` the whole sample is one protected range. What the scheme leaves clear of a range (a last partial
    /// block under `cbcs`, the blocks that the pattern skips) is not touched.
    ///
    /// # Errors
    /// `Format` where the map does not span `data` (rule ENC-07); `Unsupported` for `cens` and `cbc1`. `data` is then
    /// as it was.
    ///
    /// [`Iv::block`]: super::Iv::block
    pub fn encrypt_sample(&self, iv: &[u8; 16], subsamples: &[Subsample], data: &mut [u8]) -> Result<()> {
        self.check_direction(Direction::Encrypt)?;
        if self.scheme != Scheme::Cbcs {
            return self.in_a_row(iv, Direction::Encrypt, subsamples, data);
        }
        let ranges = ranges(subsamples, data.len())?;
        self.aes.encrypt_with_backend(EncryptRanges { iv, walk: Walk::new(self.pattern), ranges, data });
        Ok(())
    }

    /// Decrypts a sample in place. The parameters are those of [`encrypt_sample`](Self::encrypt_sample).
    ///
    /// # Errors
    /// `Format` where the map does not span `data` (rule ENC-07). `data` is then as it was.
    pub fn decrypt_sample(&self, iv: &[u8; 16], subsamples: &[Subsample], data: &mut [u8]) -> Result<()> {
        self.in_a_row(iv, Direction::Decrypt, subsamples, data)
    }

    /// Starts a sample whose protected ranges are given in pieces.
    ///
    /// # Errors
    /// `Unsupported` for encryption under `cens` and `cbc1` (rule ENC-03).
    pub fn start(&self, iv: &[u8; 16], direction: Direction) -> Result<RangeCipher<'_>> {
        self.check_direction(direction)?;
        Ok(RangeCipher::new(self, iv, direction))
    }

    fn check_direction(&self, direction: Direction) -> Result<()> {
        if direction == Direction::Encrypt && !self.scheme.can_encrypt() {
            return Err(Error::unsupported(format!(
                "encryption is under cbcs or cenc, not under {}",
                self.scheme
            ))
            .clause("rule ENC-03"));
        }
        Ok(())
    }

    fn in_a_row(
        &self,
        iv: &[u8; 16],
        direction: Direction,
        subsamples: &[Subsample],
        data: &mut [u8],
    ) -> Result<()> {
        let mut cipher = RangeCipher::new(self, iv, direction);
        for range in ranges(subsamples, data.len())? {
            cipher.next_range();
            cipher.process(&mut data[range])?;
        }
        Ok(())
    }
}

impl fmt::Debug for SampleCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleCipher")
            .field("scheme", &self.scheme)
            .field("pattern", &self.pattern)
            .finish_non_exhaustive()
    }
}

/// The protected ranges of a sample of `size` bytes, all of it where there is no map.
fn ranges(subsamples: &[Subsample], size: usize) -> Result<impl Iterator<Item = Range<usize>>> {
    if !subsamples.is_empty() {
        check_span(subsamples, size as u64)?;
    }
    let whole = subsamples.is_empty().then_some(0..size);
    // The map spans data in memory, so each offset fits usize.
    Ok(whole.into_iter().chain(protected_ranges(subsamples).map(|r| r.start as usize..r.end as usize)))
}

/// The protected ranges of one sample, each in pieces: memory stays bounded however large a range is.
///
/// Call [`next_range`](Self::next_range) before each protected range (before the first it changes nothing), then
/// [`process`](Self::process) with its bytes in order. Clear bytes are not passed.
///
/// ```
/// use showpack::cenc::{Direction, Key, Pattern, SampleCipher, Scheme};
///
/// # fn main() -> showpack::Result<()> {
/// let cipher = SampleCipher::new(&Key::new([7; 16])?, Scheme::Cbcs, Pattern::P1_9)?;
/// let mut whole = vec![0; 1000];
/// let mut pieces = whole.clone();
/// cipher.encrypt_sample(&[1; 16], &[], &mut whole)?;
/// let mut range = cipher.start(&[1; 16], Direction::Encrypt)?;
/// for piece in pieces.chunks_mut(256) {
///     range.process(piece)?;
/// }
/// assert_eq!(pieces, whole);
/// # Ok(())
/// # }
/// ```
pub struct RangeCipher<'a> {
    aes: &'a Aes128,
    state: State<'a>,
    /// A piece that ended within a block was given, the range must be at its end.
    closed: bool,
}

type Keystream<'a> = StreamCipherCoreWrapper<CtrCore<&'a Aes128, Ctr64BE>>;

enum State<'a> {
    /// `cenc`: the keystream runs on over all protected bytes of the sample.
    Bytes(Box<Keystream<'a>>),
    /// `cens`: the keystream runs on over the encrypted blocks of the sample, the pattern restarts at each range.
    CtrBlocks { keystream: Box<Keystream<'a>>, walk: Walk },
    /// `cbcs` and `cbc1`. `restart` is the IV that each range starts with, `None` where the chain runs on.
    Chain { direction: Direction, chain: [u8; BLOCK], restart: Option<[u8; BLOCK]>, walk: Walk },
}

impl<'a> RangeCipher<'a> {
    fn new(cipher: &'a SampleCipher, iv: &[u8; 16], direction: Direction) -> RangeCipher<'a> {
        let aes = &*cipher.aes;
        let walk = Walk::new(cipher.pattern);
        // The counter is the low 64 bits, which wrap without a carry into the high ones.
        let keystream = || Box::new(Keystream::from_core(CtrCore::inner_iv_init(aes, iv.into())));
        let state = match cipher.scheme {
            Scheme::Cenc => State::Bytes(keystream()),
            Scheme::Cens => State::CtrBlocks { keystream: keystream(), walk },
            Scheme::Cbcs => State::Chain { direction, chain: *iv, restart: Some(*iv), walk },
            Scheme::Cbc1 => State::Chain { direction, chain: *iv, restart: None, walk },
        };
        RangeCipher { aes, state, closed: false }
    }

    /// Begins the next protected range of the sample.
    pub fn next_range(&mut self) {
        self.closed = false;
        match &mut self.state {
            State::Bytes(_) => {}
            State::CtrBlocks { walk, .. } => walk.restart(),
            State::Chain { chain, restart, walk, .. } => {
                walk.restart();
                if let Some(iv) = restart {
                    *chain = *iv;
                }
            }
        }
    }

    /// Encrypts or decrypts the next bytes of the range in place.
    ///
    /// A piece has a multiple of 16 bytes, but for the last of its range. Under `cenc` it has any length.
    ///
    /// # Errors
    /// `Usage` for a piece after one that ended within a block; `Limit` where the block counter is used up.
    pub fn process(&mut self, piece: &mut [u8]) -> Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.closed {
            return Err(Error::usage(
                "only the last piece of a protected range may end within a block of 16 bytes",
            ));
        }
        let used_up = |_| Error::limit("the block counter of the sample is used up");
        match &mut self.state {
            State::Bytes(keystream) => return keystream.try_apply_keystream(piece).map_err(used_up),
            State::CtrBlocks { keystream, walk } => {
                let mut result = Ok(());
                walk.runs(piece.len() / BLOCK, |run| {
                    if result.is_ok() {
                        result = keystream.try_apply_keystream(&mut piece[run]).map_err(used_up);
                    }
                });
                result?;
            }
            State::Chain { direction: Direction::Encrypt, chain, walk, .. } => {
                self.aes.encrypt_with_backend(EncryptPiece { chain, walk, data: piece });
            }
            State::Chain { direction: Direction::Decrypt, chain, walk, .. } => {
                decrypt_piece(self.aes, chain, walk, piece);
            }
        }
        self.closed = !piece.len().is_multiple_of(BLOCK);
        Ok(())
    }
}

impl fmt::Debug for RangeCipher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeCipher").finish_non_exhaustive()
    }
}
