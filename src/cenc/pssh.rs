//! The `pssh` box of the common system.

use super::keys::KeyId;
use crate::error::{Error, Result};

/// The SystemID of the common `pssh`, which only lists key IDs: 1077efec-c0b2-4d02-ace3-3c1e52e2fb4b.
pub const COMMON_SYSTEM_ID: [u8; 16] =
    [0x10, 0x77, 0xef, 0xec, 0xc0, 0xb2, 0x4d, 0x02, 0xac, 0xe3, 0x3c, 0x1e, 0x52, 0xe2, 0xfb, 0x4b];

/// The bytes of a version 1 `pssh` box, header included, that lists `kids` for the common system: ascending, each
/// once, without system data.
///
/// # Errors
/// `Usage` without a key ID; `Limit` where the box would not fit its 32-bit size.
pub fn common_pssh(kids: &[KeyId]) -> Result<Vec<u8>> {
    if kids.is_empty() {
        return Err(Error::usage("a common pssh box without key IDs").clause("rule ENC-35"));
    }
    let mut kids = kids.to_vec();
    kids.sort_unstable();
    kids.dedup();
    // header 8, version and flags 4, SystemID 16, KID_count 4, the IDs, DataSize 4
    let size = kids.len().checked_mul(16).and_then(|n| u32::try_from(n.checked_add(36)?).ok());
    let size = size.ok_or_else(|| Error::limit(format!("{} key IDs in one pssh box", kids.len())))?;
    let mut out = Vec::with_capacity(size as usize);
    out.extend_from_slice(&size.to_be_bytes());
    out.extend_from_slice(b"pssh");
    out.extend_from_slice(&[1, 0, 0, 0]);
    out.extend_from_slice(&COMMON_SYSTEM_ID);
    out.extend_from_slice(&((size - 36) / 16).to_be_bytes());
    for kid in &kids {
        out.extend_from_slice(kid.bytes());
    }
    out.extend_from_slice(&[0; 4]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        let [a, b] = [KeyId([0xaa; 16]), KeyId([0xbb; 16])];
        let mut expected = b"\0\0\0\x44pssh\x01\0\0\0".to_vec();
        expected.extend_from_slice(&COMMON_SYSTEM_ID);
        expected.extend_from_slice(&[0, 0, 0, 2]);
        expected.extend_from_slice(&[0xaa; 16]);
        expected.extend_from_slice(&[0xbb; 16]);
        expected.extend_from_slice(&[0; 4]);
        assert_eq!(common_pssh(&[b, a, b]).unwrap(), expected);
        assert_eq!(expected.len(), 0x44);
        assert!(common_pssh(&[]).is_err());
        assert_eq!(KeyId(COMMON_SYSTEM_ID).to_string(), "1077efecc0b24d02ace33c1e52e2fb4b");
    }
}
