//! Finding the format of a file: by name, by extension, by its looks.

use std::path::Path;

use super::{FORMATS, Format};
use crate::error::{Error, Result};
use crate::ttal::source::{Decoding, Source};

/// The format with this name.
///
/// # Errors
/// `Usage` with the nearest name where there is none.
pub fn by_name(name: &str) -> Result<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        let hint = match crate::nearest::nearest(name, names.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("formats are {}", names.join(", ")),
        };
        Error::usage(format!("no format `{name}`; {hint}"))
    })
}

/// The formats that a file name's extension stands for.
pub fn by_extension(name: &str) -> impl Iterator<Item = &'static Format> {
    let extension =
        Path::new(name).extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    FORMATS.iter().copied().filter(move |format| format.extensions.contains(&&*extension))
}

/// Decodes an input and finds out its format: the one given, or what its content looks like, or what its name says.
///
/// # Errors
/// `Format` where the content is not in the format's encoding; `Unsupported` where it looks like no format.
pub fn open(
    name: &str,
    bytes: Vec<u8>,
    from: Option<&'static Format>,
    encoding: Option<&'static encoding_rs::Encoding>,
) -> Result<(Source, &'static Format)> {
    if let Some(format) = from {
        let decoding = encoding.map_or(format.decoding, Decoding::As);
        return Ok((Source::decode(name, bytes, decoding)?, format));
    }
    let is_utf8 = std::str::from_utf8(&bytes).is_ok();
    let original = (!is_utf8).then(|| bytes.clone());
    let decoding = match encoding.or_else(|| declared_encoding(&bytes)) {
        Some(encoding) => Decoding::As(encoding),
        None if is_utf8 => Decoding::Strict,
        None => Decoding::Guess,
    };
    let source = Source::decode(name, bytes, decoding)?;
    let looks_like = |format: &&'static Format| format.read.is_some() && (format.probe)(source.text());
    let format = by_extension(name)
        .find(looks_like)
        .or_else(|| FORMATS.iter().copied().find(looks_like))
        .or_else(|| by_extension(name).find(|format| format.read.is_some()))
        .ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().filter(|f| f.read.is_some()).map(|f| f.name).collect();
            Error::unsupported(format!(
                "looks like no format that is read here; name it: --from {}",
                names.join("|")
            ))
            .in_file(name)
        })?;
    match original {
        // Where the format wants UTF-8, what was guessed does not count.
        Some(bytes) if format.decoding == Decoding::Strict && encoding.is_none() => {
            Ok((Source::decode(name, bytes, Decoding::Strict)?, format))
        }
        _ => Ok((source, format)),
    }
}

/// The encoding that an XML declaration names.
fn declared_encoding(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let start = bytes.strip_prefix(b"<?xml")?;
    let declaration = &start[..start.iter().take(256).position(|&b| b == b'>')?];
    let declaration = std::str::from_utf8(declaration).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    encoding_rs::Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}
