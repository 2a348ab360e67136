//! What an MPD says of the pictures and the sound of a track. Rules MPD-08, MPD-10, AV1-46 to AV1-49.

use super::compare::Measured;
use super::read::Descriptor;
use super::text;
use crate::findings::Severity;
use crate::validate::manifest::{Page, codecs, measure};
use crate::validate::table::{MPD_08, MPD_10};

/// How far two rates may be apart, as a part of the rate: 24 is no 24000/1001.
const RATE_TOLERANCE: f64 = 2e-4;
/// Channels of the layouts of ISO/IEC 23091-3, by number.
const CHANNELS: [u32; 21] = [0, 1, 2, 3, 4, 5, 6, 8, 2, 3, 4, 7, 8, 24, 8, 12, 10, 12, 14, 12, 14];
const CICP: &str = "urn:mpeg:mpegB:cicp:";

/// Looks at one representation.
pub(super) fn check(one: &Measured<'_>, page: &mut Page<'_>) {
    codec(one, page);
    size(one, page);
    frame_rate(one, page);
    sound(one, page);
    colour(one, page);
}

fn codec(one: &Measured<'_>, page: &mut Page<'_>) {
    let Some(said) = one.set.of(one.one, "codecs") else {
        let message = format!("there is no codecs attribute; the track has `{}`", one.facts().codec());
        return one.say_as(page, &MPD_08, Severity::Warning, one.one.element.spot, message);
    };
    let spot = one.set.spot_of(one.one, "codecs");
    let list: Vec<&str> = said.split(',').map(str::trim).collect();
    let mut faults: Vec<codecs::Fault> = list.iter().flat_map(|codec| codecs::form(codec)).collect();
    // Of several, one for each track of the file.
    if let [single] = list.as_slice() {
        faults.extend(codecs::truth(single, one.facts(), &MPD_08));
    }
    for fault in faults {
        one.say_as(page, fault.rule, fault.severity, spot, fault.message);
    }
}

fn size(one: &Measured<'_>, page: &mut Page<'_>) {
    let track = &one.facts().track;
    let Some((width, height)) =
        track.entries.first().and_then(|entry| entry.size).filter(|(w, h)| *w > 0 && *h > 0)
    else {
        return;
    };
    if one.facts().media() != "video" {
        return;
    }
    let shown = track.presentation_size.unwrap_or((width, height));
    for (name, has, also) in [("width", width, shown.0), ("height", height, shown.1)] {
        let Some(says) = one.set.of(one.one, name).and_then(|value| value.trim().parse::<u32>().ok()) else {
            continue;
        };
        if says != has && says != also {
            let message = format!("{name} is {says}, and the track has {has}");
            one.say(page, &MPD_08, one.set.spot_of(one.one, name), message);
        }
    }
    let most = [("maxWidth", width.min(shown.0)), ("maxHeight", height.min(shown.1))];
    for (name, has) in most {
        if let Some(says) = one.set.element.number(name).filter(|says| *says < has.into()) {
            let message = format!("{name} is {says}, and a track of the set has {has}");
            one.say(page, &MPD_08, one.set.element.spot_of(name), message);
        }
    }
    let pixel = track.entries.first().and_then(|entry| entry.colour.pixel_aspect).unwrap_or((1, 1));
    let same = |(a, b): (u64, u64), (c, d): (u64, u64)| {
        let (x, y) = (u128::from(a) * u128::from(d), u128::from(c) * u128::from(b));
        x.abs_diff(y) * 100 <= x.max(y)
    };
    // Where the header of the track already scales the picture, either way of telling may be meant.
    let is_scaled = shown != (width, height);
    if let Some(says) = one.set.of(one.one, "sar").and_then(text::aspect)
        && !same(says, (pixel.0.into(), pixel.1.into()))
        && !is_scaled
    {
        let message = format!("sar is {}:{}, and the track has {}:{}", says.0, says.1, pixel.0, pixel.1);
        one.say(page, &MPD_08, one.set.spot_of(one.one, "sar"), message);
    }
    if let Some(says) = one.set.element.get("par").and_then(text::aspect) {
        let has = (u64::from(width) * u64::from(pixel.0), u64::from(height) * u64::from(pixel.1));
        if !same(says, has) && !same(says, (shown.0.into(), shown.1.into())) {
            let message =
                format!("par is {}:{}, and the pictures are shown as {}x{}", says.0, says.1, has.0, has.1);
            one.say_as(page, &MPD_08, Severity::Warning, one.set.element.spot_of("par"), message);
        }
    }
}

fn frame_rate(one: &Measured<'_>, page: &mut Page<'_>) {
    let said = one.set.of(one.one, "frameRate").and_then(text::ratio).filter(|rate| *rate > 0.0);
    let (Some(says), Some(has)) = (said, measure::steady_rate(one.facts())) else { return };
    let off = (says - has).abs() / has;
    if off > RATE_TOLERANCE && one.facts().media() == "video" {
        let said = one.set.of(one.one, "frameRate").unwrap_or("");
        let message = format!("frameRate is {said}, and the track has {has:.3} samples a second");
        // 30 for 29.97 plays, but drifts where a player counts frames.
        let severity = if off > 0.01 { Severity::Error } else { Severity::Warning };
        one.say_as(page, &MPD_08, severity, one.set.spot_of(one.one, "frameRate"), message);
    }
}

fn sound(one: &Measured<'_>, page: &mut Page<'_>) {
    let entry = one.facts().track.entries.first();
    let Some((channels, rate)) = entry.and_then(|entry| entry.audio) else { return };
    let kind = entry.map(|entry| entry.format).unwrap_or_default();
    if let Some(says) =
        one.set.of(one.one, "audioSamplingRate").and_then(|value| value.trim().parse::<u32>().ok())
    {
        // AAC may be decoded at twice the rate that the entry has, and entries hold no rates above 65535.
        let is_free = kind == b"mp4a" && says / 2 == rate || rate == 0 || says > 65_535;
        if says != rate && !is_free {
            let message = format!("audioSamplingRate is {says}, and the track has {rate}");
            one.say(page, &MPD_08, one.set.spot_of(one.one, "audioSamplingRate"), message);
        }
    }
    // Entries of other codecs often say 2 whatever there is.
    if kind != b"Opus" && kind != b"fLaC" {
        return;
    }
    for said in one.set.descriptors(one.one, "AudioChannelConfiguration") {
        let count = match (said.scheme(), said.value().trim().parse::<u32>()) {
            ("urn:mpeg:dash:23003:3:audio_channel_configuration:2011", Ok(value)) => Some(value),
            ("urn:mpeg:mpegB:cicp:ChannelConfiguration", Ok(value)) => {
                usize::try_from(value).ok().and_then(|value| CHANNELS.get(value)).copied()
            }
            _ => None,
        };
        // Up to 6, a number of the layout is its count.
        if let Some(count) = count.filter(|count| *count != 0 && *count != channels && channels <= 6) {
            let message = format!("{count} channels are given, and the track has {channels}");
            one.say(page, &MPD_08, said.element.spot, message);
        }
    }
}

/// Rule MPD-10.
fn colour(one: &Measured<'_>, page: &mut Page<'_>) {
    let Some(nclx) = one.facts().track.entries.first().and_then(|entry| entry.colour.nclx) else { return };
    let named = |name: &str| {
        let scheme = format!("{CICP}{name}");
        let properties = one.set.descriptors.iter().chain(&one.one.descriptors);
        let is_property =
            |one: &&Descriptor| matches!(one.name.as_str(), "EssentialProperty" | "SupplementalProperty");
        properties.filter(is_property).find(|one| one.scheme() == scheme)
    };
    let points = [
        ("ColourPrimaries", nclx.colour_primaries),
        ("TransferCharacteristics", nclx.transfer_characteristics),
        ("MatrixCoefficients", nclx.matrix_coefficients),
    ];
    for (name, has) in points {
        let Some(said) = named(name) else { continue };
        // 2 says nothing.
        if let Ok(says) = said.value().trim().parse::<u16>()
            && says != has
            && says != 2
            && has != 2
        {
            let message = format!("{name} is {says}, and the track has {has}");
            one.say_as(page, &MPD_10, Severity::Error, said.element.spot, message);
        }
    }
    let is_hdr = matches!(nclx.transfer_characteristics, 16 | 18);
    if is_hdr && named("TransferCharacteristics").is_none() {
        let which = if nclx.transfer_characteristics == 16 { "PQ" } else { "HLG" };
        let message = format!("the pictures are {which}, and no property says so (TransferCharacteristics)");
        let finding = page.finding(&MPD_10, one.one.element.spot, message).path(&one.one.element.path);
        let fix = "Write an EssentialProperty with the scheme urn:mpeg:mpegB:cicp:TransferCharacteristics.";
        page.push(finding.fix(fix));
    }
}
