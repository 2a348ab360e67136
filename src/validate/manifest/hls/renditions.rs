//! `EXT-X-MEDIA` and its groups. Rule HLS-08.

use super::lexer::Attributes;
use super::multivariant::Stream;
use super::read::Multivariant;
use crate::findings::Severity;
use crate::validate::manifest::Page;
use crate::validate::table::HLS_08;

/// Looks at all renditions and at what variants say of groups.
pub(super) fn check(playlist: &Multivariant, media: &[Option<Stream<'_>>], page: &mut Page<'_>) {
    for attributes in &playlist.media {
        required(attributes, page);
    }
    groups(playlist, page);
    for variant in &playlist.variants {
        for kind in ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"] {
            let Some(group) = variant.attributes.get(kind).filter(|group| *group != "NONE") else { continue };
            let is_there =
                |one: &Attributes| one.get("TYPE") == Some(kind) && one.get("GROUP-ID") == Some(group);
            if !playlist.media.iter().any(is_there) {
                let message = format!("no EXT-X-MEDIA of the type {kind} has the GROUP-ID `{group}`");
                page.say(&HLS_08, variant.attributes.spot_of(kind), message);
            }
        }
    }
    for (attributes, stream) in playlist.media.iter().zip(media) {
        channels(attributes, *stream, page);
    }
}

fn required(attributes: &Attributes, page: &mut Page<'_>) {
    for name in ["TYPE", "GROUP-ID", "NAME"] {
        if attributes.get(name).is_none() {
            page.say(&HLS_08, attributes.spot, format!("EXT-X-MEDIA has no {name}"));
        }
    }
    let kind = attributes.get("TYPE").unwrap_or("");
    match kind {
        "SUBTITLES" if attributes.get("URI").is_none() => {
            page.say(&HLS_08, attributes.spot, "EXT-X-MEDIA of subtitles has no URI");
        }
        "CLOSED-CAPTIONS" if attributes.get("INSTREAM-ID").is_none() => {
            page.say(&HLS_08, attributes.spot, "EXT-X-MEDIA of closed captions has no INSTREAM-ID");
        }
        "AUDIO" | "VIDEO" | "SUBTITLES" | "CLOSED-CAPTIONS" | "" => {}
        other => {
            page.say(&HLS_08, attributes.spot_of("TYPE"), format!("TYPE `{other}` is none that there is"))
        }
    }
    if attributes.get("DEFAULT") == Some("YES") && attributes.get("AUTOSELECT") == Some("NO") {
        let message = "DEFAULT is YES, and AUTOSELECT is NO: what is default is selected by itself";
        page.say(&HLS_08, attributes.spot_of("AUTOSELECT"), message);
    }
}

/// The members of a group: their names are all different, and one at most is the default; and those of groups of one type
/// are the same.
fn groups(playlist: &Multivariant, page: &mut Page<'_>) {
    type Group<'a> = ((&'a str, &'a str), Vec<&'a Attributes>);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for attributes in &playlist.media {
        let (Some(kind), Some(id)) = (attributes.get("TYPE"), attributes.get("GROUP-ID")) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == (kind, id)) {
            Some((_, members)) => members.push(attributes),
            None => groups.push(((kind, id), vec![attributes])),
        }
    }
    for ((_, id), members) in &groups {
        for (index, member) in members.iter().enumerate() {
            let name = member.get("NAME");
            if name.is_some() && members.iter().take(index).any(|other| other.get("NAME") == name) {
                let message =
                    format!("the group `{id}` has two members with the NAME `{}`", name.unwrap_or(""));
                page.say(&HLS_08, member.spot_of("NAME"), message);
            }
        }
        let mut defaults = members.iter().filter(|member| member.get("DEFAULT") == Some("YES"));
        if let (Some(_), Some(second)) = (defaults.next(), defaults.next()) {
            page.say(
                &HLS_08,
                second.spot_of("DEFAULT"),
                format!("the group `{id}` has more than one default"),
            );
        }
    }
    for (index, ((kind, id), members)) in groups.iter().enumerate() {
        let Some(((_, first), others)) = groups.iter().take(index).find(|((other, _), _)| other == kind)
        else {
            continue;
        };
        let has =
            |list: &[&Attributes], name: Option<&str>| list.iter().any(|member| member.get("NAME") == name);
        let missing = others.iter().map(|member| member.get("NAME")).find(|name| !has(members, *name));
        let added = members.iter().map(|member| member.get("NAME")).find(|name| !has(others, *name));
        let text = match (missing, added) {
            (Some(name), _) => {
                format!("the group `{id}` has no `{}`, which `{first}` has", name.unwrap_or(""))
            }
            (None, Some(name)) => {
                format!("the group `{id}` has `{}`, which `{first}` has not", name.unwrap_or(""))
            }
            (None, None) => continue,
        };
        if let Some(member) = members.first() {
            page.say(&HLS_08, member.spot, text);
        }
    }
}

/// `CHANNELS`.
fn channels(attributes: &Attributes, stream: Option<Stream<'_>>, page: &mut Page<'_>) {
    let Some(said) = attributes.get("CHANNELS") else { return };
    let spot = attributes.spot_of("CHANNELS");
    let Ok(says) = said.split('/').next().unwrap_or("").parse::<u32>() else {
        return page.say(&HLS_08, spot, format!("CHANNELS `{said}` does not begin with a number"));
    };
    let entry = stream.and_then(|stream| stream.facts()).and_then(|facts| facts.track.entries.first());
    let Some(entry) = entry else { return };
    // Entries of some codecs say 2 whatever there is.
    let severity = match &entry.format.0 {
        b"Opus" | b"fLaC" => Severity::Error,
        b"mp4a" => Severity::Warning,
        _ => return,
    };
    if let Some((has, _)) = entry.audio.filter(|(has, _)| *has != says && *has != 0) {
        let message = format!("CHANNELS is {said}, and the track has {has}");
        let finding = page.finding(&HLS_08, spot, message).severity(severity);
        page.push(finding.found(said).expected(has.to_string()));
    }
}
