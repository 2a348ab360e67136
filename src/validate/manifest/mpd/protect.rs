//! `ContentProtection`. Rules MPD-11, MPD-12, ENC-36.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::compare::Measured;
use super::read::Descriptor;
use crate::cenc::KeyId;
use crate::findings::Severity;
use crate::manifest::dash::uuid;
use crate::validate::manifest::Page;
use crate::validate::table::{ENC_36, MPD_11, MPD_12};

const MP4: &str = "urn:mpeg:dash:mp4protection:2011";

/// Looks at one representation.
pub(super) fn check(one: &Measured<'_>, page: &mut Page<'_>) {
    let protections: Vec<&Descriptor> = one.set.descriptors(one.one, "ContentProtection").collect();
    let protection = one.facts().protection();
    let Some(protection) = protection else {
        if let Some(first) = protections.first().filter(|_| !one.facts().track.entries.is_empty()) {
            let message = "ContentProtection is given, and the track is not encrypted".to_owned();
            one.say(page, &MPD_11, first.element.spot, message);
        }
        return;
    };
    let scheme = protection.scheme.as_ref().map(|scheme| scheme.scheme_type.to_string()).unwrap_or_default();
    let kid =
        protection.tenc.as_ref().filter(|tenc| tenc.default_is_protected != 0).map(|tenc| tenc.default_kid);
    match protections.iter().find(|one| one.scheme().eq_ignore_ascii_case(MP4)) {
        None => {
            let message = format!(
                "the track is encrypted ({scheme}), and no ContentProtection with the scheme {MP4} says so"
            );
            one.say(page, &MPD_11, one.one.element.spot, message);
        }
        Some(mp4) => {
            if !mp4.value().eq_ignore_ascii_case(&scheme) {
                let message = format!(
                    "ContentProtection says `{}`, and the track is encrypted with `{scheme}`",
                    mp4.value()
                );
                one.say(page, &MPD_11, mp4.element.spot, message);
            }
            key_id(one, mp4, kid, page);
        }
    }
    for said in protections.iter().filter(|one| one.pssh.is_some()) {
        pssh(one, said, page);
    }
    let own = one.one.descriptors.iter().find(|one| one.name == "ContentProtection");
    if let Some(own) = own.filter(|_| one.set.descriptors.iter().all(|one| one.name != "ContentProtection"))
        && one.set.representations.len() == 1
    {
        let message =
            "ContentProtection stands in the Representation; players look for it in the AdaptationSet"
                .to_owned();
        one.say_as(page, &MPD_12, Severity::Advice, own.element.spot, message);
    }
    for (index, said) in protections.iter().enumerate() {
        let before = protections.iter().take(index);
        if said.scheme() != MP4
            && before.clone().any(|other| other.scheme().eq_ignore_ascii_case(said.scheme()))
        {
            let message = format!("two ContentProtection have the scheme {}", said.scheme());
            one.say(page, &MPD_12, said.element.spot, message);
        }
    }
}

fn key_id(one: &Measured<'_>, mp4: &Descriptor, kid: Option<[u8; 16]>, page: &mut Page<'_>) {
    let spot = mp4.element.spot_of("default_KID");
    let Some(kid) = kid else { return };
    let has = uuid(&kid);
    let Some(says) = mp4.element.get("default_KID") else {
        // Where keys change, the header's one is none that is used.
        if kid != [0; 16] {
            let message = format!("there is no cenc:default_KID; the track's is {has}");
            one.say_as(page, &MPD_11, Severity::Warning, spot, message);
        }
        return;
    };
    let list: Vec<&str> = says.split_whitespace().collect();
    let read: Vec<Option<[u8; 16]>> =
        list.iter().map(|text| text.parse::<KeyId>().ok().map(|kid| *kid.bytes())).collect();
    let finding = |message: String| {
        let finding = page.finding(&MPD_11, spot, message).path(&one.one.element.path);
        finding.context("representation", &one.known.listing.name).found(says).expected(&has)
    };
    if !read.contains(&Some(kid)) {
        let finding = finding(format!("cenc:default_KID is {says}, and the track's key is {has}"));
        page.push(finding);
    } else if list.iter().any(|text| text.len() != 36) {
        let finding = finding(format!("cenc:default_KID is {says}, not written as a UUID with hyphens"));
        page.push(finding);
    } else if list.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_uppercase())) {
        let finding =
            finding("cenc:default_KID is in upper case; some players compare it as text".to_owned());
        page.push(finding.severity(Severity::Advice));
    }
}

/// Rule ENC-36.
fn pssh(one: &Measured<'_>, said: &Descriptor, page: &mut Page<'_>) {
    let Some(text) = &said.pssh else { return };
    let spot = said.element.spot;
    let Ok(bytes) = STANDARD.decode(text) else {
        return one.say(page, &MPD_12, spot, "cenc:pssh is no Base64".to_owned());
    };
    let system = |bytes: &[u8]| bytes.get(12..28).map(<[u8]>::to_vec);
    if bytes.get(4..8) != Some(b"pssh") {
        return one.say(page, &MPD_12, spot, "cenc:pssh holds no `pssh` box".to_owned());
    }
    let of_system = system(&bytes).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).unwrap_or_default();
    let scheme = format!("urn:uuid:{}", uuid(&of_system));
    if !said.scheme().eq_ignore_ascii_case(&scheme) {
        let message = format!("cenc:pssh is for {scheme}, and its ContentProtection has {}", said.scheme());
        one.say(page, &MPD_12, spot, message);
    }
    let in_header: Vec<&Vec<u8>> =
        one.facts().pssh.iter().filter(|own| system(own) == system(&bytes)).collect();
    // The header need not have it too.
    if !in_header.is_empty() && !in_header.contains(&&bytes) {
        let message = format!("cenc:pssh for {scheme} is not the `pssh` box that the header has for it");
        one.say(page, &ENC_36, spot, message);
    }
}
