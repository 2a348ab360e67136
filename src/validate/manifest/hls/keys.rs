//! Keys. Rules HLS-09 and HLS-10, ENC-36.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::lexer::Attributes;
use super::read::{MediaPlaylist, Segment};
use crate::cenc::KeyId;
use crate::findings::Severity;
use crate::manifest::dash::uuid;
use crate::validate::manifest::{Known, Page};
use crate::validate::table::{ENC_36, HLS_09, HLS_10};

/// Looks at the keys of segments of one header.
pub(super) fn check(playlist: &MediaPlaylist, listed: &[Segment], known: &Known<'_>, page: &mut Page<'_>) {
    let Some(protection) = known.facts.protection() else {
        clear(playlist, listed, known, page);
        return;
    };
    let scheme = protection.scheme.as_ref().map(|scheme| scheme.scheme_type.to_string()).unwrap_or_default();
    let tenc = protection.tenc.as_ref();
    let mut sets: Vec<usize> = listed.iter().map(|segment| segment.keys).collect();
    sets.dedup();
    let mut seen: Vec<usize> =
        sets.iter().filter_map(|set| playlist.key_sets.get(*set)).flatten().copied().collect();
    seen.sort_unstable();
    seen.dedup();
    let keys: Vec<&Attributes> = seen.iter().filter_map(|key| playlist.keys.get(*key)).collect();
    if keys.iter().all(|key| key.get("METHOD") == Some("NONE")) {
        let spot = known.listing.spot;
        let message = format!("the track is encrypted ({scheme}), and no EXT-X-KEY says so");
        // Where a page gives the keys, players find out by the header.
        let finding = page.finding(&HLS_09, spot, message).severity(Severity::Warning);
        page.push(finding);
        return;
    }
    let expected = match scheme.as_str() {
        "cbcs" => "SAMPLE-AES",
        "cenc" => "SAMPLE-AES-CTR",
        _ => "",
    };
    for key in &keys {
        let method = key.get("METHOD").unwrap_or("");
        let spot = key.spot_of("METHOD");
        if method == "NONE" {
            continue;
        }
        if expected.is_empty() {
            page.say(
                &HLS_09,
                spot,
                format!("the track is encrypted with {scheme}, for which HLS has no method"),
            );
        } else if method != expected {
            let message = format!("METHOD is {method}, and the track is encrypted with {scheme}");
            let finding = page.finding(&HLS_09, spot, message);
            page.push(finding.found(method).expected(expected));
        }
        if key.get("URI").is_none() {
            page.say(&HLS_09, key.spot, "EXT-X-KEY has no URI");
        }
        let default = tenc.filter(|tenc| tenc.default_is_protected != 0).map(|tenc| tenc.default_kid);
        key_id(key, default, &known.facts.kids, page);
        pssh(key, &known.facts.pssh, page);
    }
    changes(playlist, listed, known, page);
}

/// Keys of a track that has none.
fn clear(playlist: &MediaPlaylist, listed: &[Segment], known: &Known<'_>, page: &mut Page<'_>) {
    if known.facts.track.entries.is_empty() {
        return;
    }
    let keys = listed.first().and_then(|segment| playlist.key_sets.get(segment.keys)).into_iter().flatten();
    for key in keys.filter_map(|key| playlist.keys.get(*key)) {
        // AES-128 encrypts files as a whole; those could not be read here.
        if let Some(method @ ("SAMPLE-AES" | "SAMPLE-AES-CTR" | "AES-128")) = key.get("METHOD") {
            let message = format!("METHOD is {method}, and the track is not encrypted");
            page.say(&HLS_09, key.spot_of("METHOD"), message);
            return;
        }
    }
}

/// The key that `KEYID` names is one of the track.
fn key_id(key: &Attributes, default: Option<[u8; 16]>, used: &[[u8; 16]], page: &mut Page<'_>) {
    let Some(text) = key.get("KEYID") else { return };
    let spot = key.spot_of("KEYID");
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let Ok(kid) = digits.parse::<KeyId>() else {
        return page.say(&HLS_09, spot, format!("KEYID `{text}` is no key ID"));
    };
    if default != Some(*kid.bytes()) && !used.contains(kid.bytes()) {
        let has = default.map_or_else(|| "another one".to_owned(), |kid| uuid(&kid).replace('-', ""));
        let message = format!("KEYID is {kid}, and the track's key is {has}");
        page.say(&HLS_09, spot, message);
    }
}

/// Rule ENC-36.
fn pssh(key: &Attributes, own: &[Vec<u8>], page: &mut Page<'_>) {
    let Some(data) = key.get("URI").filter(|uri| uri.starts_with("data:")) else { return };
    let Some((_, data)) = data.split_once(";base64,") else { return };
    let Ok(bytes) = STANDARD.decode(data) else {
        return page.say(&HLS_09, key.spot_of("URI"), "the data of the URI is no Base64");
    };
    if bytes.get(4..8) != Some(b"pssh") {
        return;
    }
    let mut of_system = own.iter().filter(|own| own.get(12..28) == bytes.get(12..28)).peekable();
    // The header need not have it too.
    if of_system.peek().is_some() && of_system.all(|own| *own != bytes) {
        let message = "the `pssh` box in the URI is not the one that the header has for this system";
        page.say(&ENC_36, key.spot_of("URI"), message);
    }
}

/// Rule HLS-10.
fn changes(playlist: &MediaPlaylist, listed: &[Segment], known: &Known<'_>, page: &mut Page<'_>) {
    let is_keyed = |segment: &Segment| {
        let keys = playlist.key_sets.get(segment.keys).into_iter().flatten();
        let keys = keys.filter_map(|key| playlist.keys.get(*key));
        keys.filter(|key| key.get("METHOD") != Some("NONE")).count() > 0
    };
    // Where no sample group says otherwise, all samples of a protected entry are encrypted.
    let is_all_protected =
        known.facts.track.entries.iter().all(|entry| entry.is_protected) && known.facts.clear_samples == 0;
    for pair in listed.windows(2) {
        let [before, segment] = pair else { continue };
        let Some(spot) = segment.discontinuity else { continue };
        // The header is the same, so that nothing but the key can be another.
        let continues = before.keys != segment.keys;
        let message = "a discontinuity at a change of the key; the header stays, and so does the timeline";
        if continues {
            let finding = page.finding(&HLS_10, spot, message).severity(Severity::Advice);
            page.push(finding);
        }
    }
    if let Some(first) = listed.iter().find(|segment| !is_keyed(segment)).filter(|_| is_all_protected) {
        let message = "no key is in force for this segment, and its samples are encrypted";
        let finding = page.finding(&HLS_10, first.resource.spot, message);
        page.push(finding.fix("Put EXT-X-KEY before the first segment that it is for."));
    }
}
