//! Rules ENC: sample entries, maps, IVs and groups of encrypted tracks.

mod aux_info;
mod decrypted;
mod entry;
mod ivs;
mod maps;
mod plain;
mod pssh;
mod seig;
mod sound;
mod statistics;
mod tiles;

use crate::cenc::Scheme;
use crate::inspect::mp4::{Entry, Track};
use crate::inspect::sample::{Membership, Sample};
use crate::validate::Options;
use crate::validate::check::Check;

/// The checks, fresh for a file.
pub(super) fn checks(options: &Options) -> Vec<Box<dyn Check>> {
    vec![
        Box::<entry::Entries>::default(),
        Box::<pssh::KeySystems>::default(),
        Box::<aux_info::AuxInfo>::default(),
        Box::<seig::Groups>::default(),
        Box::<maps::Maps>::default(),
        Box::<ivs::Ivs>::default(),
        Box::<sound::Sound>::default(),
        Box::<plain::Plain>::default(),
        Box::new(decrypted::Decrypted::new(&options.keys)),
    ]
}

/// The scheme of an entry, where it is one of Common Encryption.
fn scheme(entry: &Entry) -> Option<Scheme> {
    Scheme::from_fourcc(entry.protection.as_ref()?.scheme.as_ref()?.scheme_type.0)
}

/// The entry of a sample and its scheme, where the sample is protected.
fn protected_entry<'a>(track: &'a Track, sample: &Sample) -> Option<(&'a Entry, Scheme)> {
    let entry = track.entry(sample.description)?;
    sample.protection.as_ref().filter(|protection| protection.is_protected)?;
    Some((entry, scheme(entry)?))
}

/// The pattern of a sample, as blocks encrypted and blocks skipped, and its constant IV.
fn pattern_and_iv<'a>(entry: &'a Entry, sample: &'a Sample) -> (u8, u8, Option<&'a [u8]>) {
    if let Some(seig) = sample.groups.iter().find_map(Membership::seig) {
        return (seig.crypt_byte_block, seig.skip_byte_block, seig.constant_iv.as_deref());
    }
    match entry.protection.as_ref().and_then(|protection| protection.tenc.as_ref()) {
        Some(tenc) => {
            (tenc.default_crypt_byte_block, tenc.default_skip_byte_block, tenc.default_constant_iv.as_deref())
        }
        None => (0, 0, None),
    }
}

/// Whether the last byte of a protected range of this length is encrypted: where it ends a whole block, and the pattern
/// encrypts that.
fn is_last_encrypted(entry: &Entry, sample: &Sample, len: u64) -> bool {
    let (crypt, skip, _) = pattern_and_iv(entry, sample);
    let (crypt, skip) = (u64::from(crypt), u64::from(skip));
    let Some(last_block) = (len / 16).checked_sub(1) else { return false };
    match scheme(entry) {
        Some(Scheme::Cenc) => true,
        Some(scheme) => {
            let has_pattern = scheme.has_pattern() && skip > 0;
            len.is_multiple_of(16) && (!has_pattern || last_block % (crypt + skip) < crypt)
        }
        None => false,
    }
}

/// A key ID as people compare it.
fn kid_text(kid: &[u8; 16]) -> String {
    kid.iter().map(|byte| format!("{byte:02x}")).collect()
}
