//! Settings behind an input's path, as in `song.mp4?lang=fr&role=dub`.

use std::path::Path;

use encoding_rs::Encoding;

use super::job::{KeyChoice, Settings, TrackChoice};
use crate::cmaf::Media;
use crate::cmaf::codec::text::Coding;
use crate::error::{Error, Result};
use crate::language;
use crate::nearest::nearest;

/// The roles of the DASH role scheme, `urn:mpeg:dash:role:2011`.
pub const ROLES: &[&str] = &[
    "main",
    "alternate",
    "supplementary",
    "commentary",
    "dub",
    "emergency",
    "caption",
    "subtitle",
    "sign",
    "metadata",
    "description",
    "enhanced-audio-intelligibility",
    "forced-subtitle",
    "easyreader",
    "karaoke",
];

/// The keys of settings, and what their values are.
const KEYS: &[(&str, Setter)] = &[
    ("lang", |s, v| {
        s.language = Some(language::canonical(v)?);
        Ok(())
    }),
    ("role", |s, v| {
        for role in v.split(',') {
            s.roles.push(self::role(role)?);
        }
        Ok(())
    }),
    ("label", |s, v| set(&mut s.label, v)),
    ("group", |s, v| set(&mut s.group, v)),
    ("key", |s, v| {
        s.key = Some(key(v));
        Ok(())
    }),
    ("name", |s, v| {
        check_name(v)?;
        set(&mut s.name, v)
    }),
    ("track", |s, v| {
        s.track = Some(track(v)?);
        Ok(())
    }),
    ("default", |s, v| {
        s.is_default = Some(yes_or_no(v)?);
        Ok(())
    }),
    ("text", |s, v| {
        s.text = Some(text_coding(v)?);
        Ok(())
    }),
    ("encoding", |s, v| {
        s.encoding = Some(encoding(v)?);
        Ok(())
    }),
    ("frame-rate", |s, v| {
        s.frame_rate = Some(v.parse()?);
        Ok(())
    }),
];

type Setter = fn(&mut Settings, &str) -> Result<()>;

fn set(field: &mut Option<String>, value: &str) -> Result<()> {
    if value.chars().any(char::is_control) {
        return Err(Error::usage("control characters have no place in it"));
    }
    *field = Some(value.to_string());
    Ok(())
}

/// A path, and the settings behind its last `?`. A file that is called so, question mark and all, is taken as it is.
///
/// # Errors
/// `Usage` for unknown keys, values that make no sense, and keys given twice.
pub fn split(argument: &str) -> Result<(&str, Settings)> {
    let none = || (argument, Settings::default());
    let Some((path, query)) = argument.rsplit_once('?') else { return Ok(none()) };
    if Path::new(argument).exists() {
        return Ok(none());
    }
    parse(query).map(|settings| (path, settings)).map_err(|e| e.in_file(path))
}

/// Settings as `key=value&key=value`, values percent-encoded where they must be.
fn parse(query: &str) -> Result<Settings> {
    let mut settings = Settings::default();
    let mut seen = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Error::usage(format!("the setting `{}` has no value; write it as lang=fr", pair.escape_debug()))
        })?;
        let Some((name, setter)) = KEYS.iter().find(|(name, _)| *name == key) else {
            let names = KEYS.iter().map(|(name, _)| *name);
            let near = nearest(key, names.clone());
            let known = names.collect::<Vec<_>>().join(", ");
            let hint =
                near.map_or_else(|| format!("known are {known}"), |near| format!("did you mean {near}?"));
            return Err(Error::usage(format!("no setting is called `{}`; {hint}", key.escape_debug())));
        };
        if seen.contains(name) && *name != "role" {
            return Err(Error::usage(format!("{name}= is given twice")));
        }
        seen.push(name);
        let value = percent_decode(value)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Error::usage(format!("{name}= has no readable value")))?;
        setter(&mut settings, &value).map_err(|e| Error::usage(format!("{name}=: {e}")))?;
    }
    Ok(settings)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = behind;
            continue;
        }
        let digits = behind.get(..2)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = &behind[2..];
    }
    String::from_utf8(bytes).ok()
}

/// A role of the DASH role scheme.
///
/// # Errors
/// `Usage` for other words.
pub fn role(text: &str) -> Result<String> {
    if ROLES.contains(&text) {
        return Ok(text.to_string());
    }
    let hint = match nearest(text, ROLES.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known are {}", ROLES.join(", ")),
    };
    Err(Error::usage(format!("no role is called `{}`; {hint}", text.escape_debug())))
}

/// A key's label, or `none`.
pub fn key(text: &str) -> KeyChoice {
    match text {
        "none" => KeyChoice::Clear,
        label => KeyChoice::Label(label.to_string()),
    }
}

/// A track's number, or a medium.
///
/// # Errors
/// `Usage` for other text.
pub fn track(text: &str) -> Result<TrackChoice> {
    Ok(match text {
        "video" => TrackChoice::Media(Media::Video),
        "audio" => TrackChoice::Media(Media::Audio),
        "text" => TrackChoice::Media(Media::Text),
        number => TrackChoice::Id(number.parse().map_err(|_| {
            Error::usage(format!(
                "`{}` is no track; write its number, video, audio or text",
                number.escape_debug()
            ))
        })?),
    })
}

/// How timed text is coded.
///
/// # Errors
/// `Usage` for other words.
pub fn text_coding(text: &str) -> Result<Coding> {
    match text {
        "wvtt" => Ok(Coding::Wvtt),
        "stpp" => Ok(Coding::Stpp),
        _ => Err(Error::usage(format!("`{}` is no coding of text; wvtt and stpp are", text.escape_debug()))),
    }
}

/// An encoding of text, by a name that browsers know it by.
///
/// # Errors
/// `Usage` for other words.
pub fn encoding(name: &str) -> Result<&'static Encoding> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        Error::usage(format!("no encoding is called `{}`; write it as windows-1252", name.escape_debug()))
    })
}

fn yes_or_no(text: &str) -> Result<bool> {
    match text {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(Error::usage(format!("`{}` is neither yes nor no", text.escape_debug()))),
    }
}

/// Whether text can be the name of a track's files.
///
/// # Errors
/// `Usage` where it can't.
pub fn check_name(name: &str) -> Result<()> {
    let is_path = name.contains(['/', '\\']) || name == "." || name == "..";
    if name.is_empty() || is_path || name.chars().any(char::is_control) {
        return Err(Error::usage(format!("`{}` is no file name", name.escape_debug())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read() {
        let (path, settings) =
            split("a b.mp4?lang=PT-br&role=dub,main&label=Fran%C3%A7ais%20%26%20co&key=SD&track=audio")
                .unwrap();
        assert_eq!(path, "a b.mp4");
        assert_eq!(settings.language.as_deref(), Some("pt-BR"));
        assert_eq!(settings.roles, ["dub", "main"]);
        assert_eq!(settings.label.as_deref(), Some("Français & co"));
        assert_eq!(settings.key, Some(KeyChoice::Label("SD".into())));
        assert_eq!(settings.track, Some(TrackChoice::Media(Media::Audio)));
        assert_eq!(split("plain.mp4").unwrap(), ("plain.mp4", Settings::default()));
        assert_eq!(split("x?encoding=Latin1").unwrap().1.encoding, Some(encoding_rs::WINDOWS_1252));
        assert_eq!(split("x?key=none").unwrap().1.key, Some(KeyChoice::Clear));
    }

    #[test]
    fn wrong_settings_are_named() {
        for (argument, message) in [
            ("a?lnag=fr", "a: no setting is called `lnag`; did you mean lang?"),
            ("a?lang", "a: the setting `lang` has no value; write it as lang=fr"),
            ("a?lang=", "a: lang= has no readable value"),
            ("a?label=%zz", "a: label= has no readable value"),
            ("a?lang=fr&lang=de", "a: lang= is given twice"),
            ("a?role=dubb", "a: role=: no role is called `dubb`; did you mean dub?"),
            ("a?name=x/y", "a: name=: `x/y` is no file name"),
            ("a?default=perhaps", "a: default=: `perhaps` is neither yes nor no"),
            ("a?text=srt", "a: text=: `srt` is no coding of text; wvtt and stpp are"),
            ("a?encoding=latin", "a: encoding=: no encoding is called `latin`; write it as windows-1252"),
            ("a?track=first", "a: track=: `first` is no track; write its number, video, audio or text"),
        ] {
            assert_eq!(split(argument).unwrap_err().to_string(), message);
        }
    }
}
