//! whether audio files are there; and what bytes in a script are.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::context::Ctx;
use super::table::R_07;
use super::{Remark, Remarks};

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let Some(folder) = &ctx.options.media_folder else { return };
    let mut look =
        |uri: &Option<crate::ttal::model::Str>, at: crate::ttal::place::Place, event: Option<&str>| {
            let Some(uri) = uri.as_deref() else { return };
            let Some(path) = local_path(folder, uri) else { return };
            if !path.is_file() {
                out.push(
                    Remark::new(&R_07, at.key("uri"), format!("there is no file {uri}"))
                        .in_event(event)
                        .found(uri),
                );
            }
        };
    for part in &ctx.parts {
        for source in part.element.audio().iter().flat_map(|recording| &recording.sources) {
            look(&source.uri, source.at, part.event_id());
        }
    }
    for resource in &ctx.script.resources {
        look(&resource.uri, resource.at, None);
        for source in &resource.sources {
            look(&source.uri, source.at, None);
        }
    }
}

/// The file that a URI means, if it is on this machine. Names of other hosts are never looked up.
fn local_path(folder: &Path, uri: &str) -> Option<PathBuf> {
    let path = uri.split(['?', '#']).next().unwrap_or("");
    let path = match path.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => {
            let rest = rest.strip_prefix("//localhost").unwrap_or(rest);
            rest.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(rest)
        }
        // A letter and a colon is a drive; anything else before a colon is a scheme.
        Some((scheme, _)) if scheme.len() > 1 && !scheme.contains('/') => return None,
        _ => path,
    };
    if path.is_empty() || path.starts_with("//") || path.starts_with("\\\\") {
        return None;
    }
    Some(folder.join(percent_decoded(path)))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |digit: &u8| char::from(*digit).to_digit(16).and_then(|d| u8::try_from(d).ok());
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = tail;
                }
                _ => bytes.push(b'%'),
            },
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_string())
}

/// How bytes are written as text in TTML2.
pub(super) const ENCODINGS: &[&str] = &["base16", "base32", "base32hex", "base64", "base64url"];

/// What is kept of decoded bytes.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub length: u64,
    /// The first bytes, as many as tell a format.
    pub start: Vec<u8>,
}

impl Decoded {
    const START: usize = 16;

    pub fn append(&mut self, next: Decoded) {
        self.length += next.length;
        let room = Self::START.saturating_sub(self.start.len());
        self.start.extend(next.start.iter().take(room));
    }
}

/// Why text does not become bytes.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// The encoding is unknown.
    Encoding,
    /// The text is not in the encoding.
    Text(String),
}

/// Decodes text, white space in it left out.
pub(super) fn decode(encoding: &str, text: &str) -> Result<Decoded, DecodeError> {
    let text: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let (alphabet, bits): (&[u8], u32) = match encoding {
        "base64" | "base64url" => {
            let alphabet =
                if encoding == "base64" { &base64::alphabet::STANDARD } else { &base64::alphabet::URL_SAFE };
            let lenient =
                GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let bytes = GeneralPurpose::new(alphabet, lenient)
                .decode(&text)
                .map_err(|error| DecodeError::Text(error.to_string().to_lowercase()))?;
            let start = bytes.iter().copied().take(Decoded::START).collect();
            return Ok(Decoded { length: bytes.len() as u64, start });
        }
        "base16" => (b"0123456789ABCDEF", 4),
        "base32" => (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5),
        "base32hex" => (b"0123456789ABCDEFGHIJKLMNOPQRSTUV", 5),
        _ => return Err(DecodeError::Encoding),
    };
    let mut digits = text.as_slice();
    while bits == 5 && digits.last() == Some(&b'=') {
        digits = &digits[..digits.len() - 1];
    }
    let mut decoded = Decoded::default();
    let (mut held, mut held_bits) = (0u32, 0u32);
    for (at, digit) in digits.iter().enumerate() {
        let value = alphabet.iter().position(|c| *c == digit.to_ascii_uppercase());
        let Some(value) = value.and_then(|v| u32::try_from(v).ok()) else {
            return Err(DecodeError::Text(format!("invalid symbol {digit}, offset {at}")));
        };
        held = (held << bits | value) & 0xfff;
        held_bits += bits;
        if held_bits >= 8 {
            held_bits -= 8;
            decoded.length += 1;
            if decoded.start.len() < Decoded::START {
                decoded.start.push((held >> held_bits & 0xff) as u8);
            }
        }
    }
    if held_bits >= bits {
        return Err(DecodeError::Text("the last byte is not complete".into()));
    }
    Ok(decoded)
}

/// The media type that bytes begin like.
pub(super) fn looks_like(start: &[u8]) -> Option<&'static str> {
    match start {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("audio/wave"),
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'f', b'L', b'a', b'C', ..] => Some("audio/flac"),
        [b'F', b'O', b'R', b'M', ..] => Some("audio/aiff"),
        [b'.', b's', b'n', b'd', ..] => Some("audio/basic"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("audio/mp4"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("audio/webm"),
        _ => None,
    }
}

/// Whether a declared type is one that is known to look otherwise.
pub(super) fn contradicts(declared: &str, seen: &str) -> bool {
    let declared = declared.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let name = declared.strip_prefix("audio/").unwrap_or(&declared);
    let family = match name {
        "wave" | "wav" | "x-wav" | "vnd.wave" | "x-pn-wav" => "audio/wave",
        "mpeg" | "mp3" | "mpeg3" | "x-mpeg-3" => "audio/mpeg",
        "ogg" | "opus" | "vorbis" => "audio/ogg",
        "flac" | "x-flac" => "audio/flac",
        "aiff" | "x-aiff" => "audio/aiff",
        "basic" => "audio/basic",
        "mp4" | "m4a" | "x-m4a" => "audio/mp4",
        "webm" => "audio/webm",
        _ => return false,
    };
    family != seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_decode() {
        let length = |encoding, text| decode(encoding, text).map(|d| (d.length, d.start));
        let foobar = || (6, b"foobar".to_vec());
        assert_eq!(length("base64", "Zm9v\n YmFy").unwrap(), foobar());
        assert_eq!(length("base16", "666F6f626172").unwrap(), foobar());
        assert_eq!(length("base32", "MZXW6YTBOI======").unwrap(), foobar());
        assert_eq!(length("base32hex", "CPNMUOJ1E8======").unwrap(), foobar());
        assert!(matches!(decode("base64", "Zm9!"), Err(DecodeError::Text(_))));
        assert!(matches!(decode("base16", "666"), Err(DecodeError::Text(_))));
        assert!(matches!(decode("rot13", "Sbb"), Err(DecodeError::Encoding)));
    }

    #[test]
    fn only_local_files_are_looked_for() {
        let path = |uri| local_path(Path::new("base"), uri).map(|p| p.to_string_lossy().into_owned());
        assert_eq!(path("a%20b.wav#t=1").as_deref(), Some("base/a b.wav"));
        assert_eq!(path("file:///x/a.wav").as_deref(), Some("/x/a.wav"));
        assert_eq!(path("https://example.com/a.wav"), None);
        assert_eq!(path("//host/a.wav"), None);
        assert_eq!(path("#here"), None);
    }

    #[test]
    fn types_and_bytes_are_compared() {
        assert!(contradicts("audio/mpeg", looks_like(b"RIFF....WAVEfmt ").unwrap()));
        assert!(!contradicts("audio/x-wav; rate=48000", "audio/wave"));
        assert!(!contradicts("audio/x-own", "audio/wave"));
        assert_eq!(looks_like(b"abc"), None);
    }
}
