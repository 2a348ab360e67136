//! Common Encryption: subsample maps, the AES modes, keys, IVs, and the bytes of `tenc` and `pssh`.
//!
//! Encryption is for `cenc` and `cbcs`; decryption also reads `cens` and `cbc1`. A sample is encrypted in place:
//!
//! ```
//! use showpack::cenc::{Iv, Key, Pattern, SampleCipher, Scheme, map_subsamples};
//!
//! # fn main() -> showpack::Result<()> {
//! let key = Key::new([7; 16])?;
//! let cipher = SampleCipher::new(&key, Scheme::Cbcs, Pattern::P1_9)?;
//! let iv = Iv::random(16)?;
//! let mut sample = vec![0; 1000];
//! let mut map = Vec::new();
//! map_subsamples(Scheme::Cbcs, 1000, &[36..1000], &mut map)?;
//! cipher.encrypt_sample(&iv.block(), &map, &mut sample)?;
//! cipher.decrypt_sample(&iv.block(), &map, &mut sample)?;
//! assert_eq!(sample, vec![0; 1000]);
//! # Ok(())
//! # }
//! ```

mod cbc;
mod iv;
mod key_json;
mod keys;
mod pssh;
mod sample;
mod scheme;
mod subsample;
mod tenc;
mod text;
mod walk;

pub use iv::{Iv, IvAllocator, IvSequence};
pub use keys::{Key, KeyId, KeyRing};
pub use pssh::{COMMON_SYSTEM_ID, common_pssh};
pub use sample::{Direction, RangeCipher, SampleCipher};
pub use scheme::{Pattern, Scheme};
pub use subsample::{
    Subsample, aux_info_limit, aux_info_size, check_span, map_parts, map_subsamples, map_subsamples_with_iv,
    protected_ranges,
};
pub use tenc::Tenc;
