//! `EXT-X-KEY` and `EXT-X-SESSION-KEY`. RFC 8216 § 4.3.2.4.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::attributes::Attributes;
use crate::cenc::Scheme;
use crate::error::{Error, Result};
use crate::manifest::address;
use crate::manifest::dash::uuid;
use crate::manifest::model::Encryption;

const WIDEVINE: [u8; 16] = 0xedef_8ba9_79d6_4ace_a3c8_27dc_d51d_21ed_u128.to_be_bytes();
const FAIRPLAY: &str = "com.apple.streamingkeydelivery";
const PLAYREADY: [u8; 16] = 0x9a04_f079_9840_4286_ab92_e65b_e088_5f95_u128.to_be_bytes();
/// The common system and ClearKey: what they need is said in `KEYFORMAT`s of their own.
const CLEAR: [[u8; 16]; 2] = [
    0x1077_efec_c0b2_4d02_ace3_3c1e_52e2_fb4b_u128.to_be_bytes(),
    0xe271_9d58_a985_b3c9_781a_b030_af78_d30e_u128.to_be_bytes(),
];

/// A tag for each way to the key that players know: DRM systems of the header's `pssh`; FairPlay or the address of the
/// key's bytes; Clear Key, for keys that the page gives.
///
/// `identity` promises the bytes of a key (RFC 8216 § 4.3.2.4), so it needs an address: Shaka Player takes any other data
/// there for the key. It does not know `org.w3.clearkey`; under `cbcs`, FairPlay beside it makes it take the page's keys.
///
/// # Errors
/// `Unsupported` where HLS has no method for the scheme, `Usage` for FairPlay without `cbcs`, `Format` for a `pssh` that
/// is cut short.
pub(super) fn attributes(encryption: &Encryption, tag: &str) -> Result<Vec<Attributes>> {
    let method = match encryption.scheme {
        Scheme::Cbcs => "SAMPLE-AES",
        Scheme::Cenc => "SAMPLE-AES-CTR",
        other => {
            return Err(Error::unsupported(format!("HLS has no method for `{other}`")).clause("rule HLS-09"));
        }
    };
    let line = |uri: &str, format: &str| {
        let line = Attributes::of(tag).plain("METHOD", method).quoted("URI", uri);
        line.quoted("KEYFORMAT", format).quoted("KEYFORMATVERSIONS", "1")
    };
    let with_id = |line: Attributes| line.plain("KEYID", format_args!("0x{}", encryption.kid));
    let mut lines = Vec::new();
    for (system, pssh) in &encryption.pssh {
        match *system {
            PLAYREADY => {
                let object = STANDARD.encode(pssh_data(pssh)?);
                let uri = format!("data:text/plain;charset=UTF-16;base64,{object}");
                lines.push(line(&uri, "com.microsoft.playready"));
            }
            system if CLEAR.contains(&system) => {}
            system => {
                let uri = format!("data:text/plain;base64,{}", STANDARD.encode(pssh));
                let one = line(&uri, &format!("urn:uuid:{}", uuid(&system)));
                lines.push(if system == WIDEVINE { with_id(one) } else { one });
            }
        }
    }
    let kid = encryption.kid.to_string();
    let key_uri = encryption.key_uri.as_deref().map(|uri| address::whole(&uri.replace("{kid}", &kid)));
    // The ID where an address belongs: those who know this format find the key by it.
    let id = format!("data:text/plain;base64,{}", STANDARD.encode(encryption.kid.bytes()));
    match (key_uri, encryption.scheme) {
        (Some(uri), Scheme::Cbcs) if uri.starts_with("skd:") => lines.push(line(&uri, FAIRPLAY)),
        (Some(uri), _) if uri.starts_with("skd:") => {
            return Err(Error::usage("FairPlay (a key address with skd:) takes the scheme cbcs only"));
        }
        (Some(uri), _) => lines.push(line(&uri, "identity")),
        (None, Scheme::Cbcs) => lines.push(line(&format!("skd://{kid}"), FAIRPLAY)),
        (None, _) => {}
    }
    lines.push(with_id(line(&id, "org.w3.clearkey")));
    Ok(lines)
}

/// What a `pssh` box holds for its system. ISO/IEC 23001-7 § 8.1.
fn pssh_data(pssh: &[u8]) -> Result<&[u8]> {
    let u32_at = |at: usize| Some(u32::from_be_bytes(*pssh.get(at..)?.first_chunk()?) as usize);
    let data = || {
        // Size, type, version and flags, system; then key IDs, of version 1.
        let ids = if *pssh.get(8)? == 0 { 0 } else { u32_at(28)?.checked_mul(16)?.checked_add(4)? };
        let at = ids.checked_add(28)?;
        let size = u32_at(at)?;
        pssh.get(at.checked_add(4)?..)?.get(..size)
    };
    data().ok_or_else(|| Error::format("a `pssh` box is cut short").clause("rule ENC-35"))
}
