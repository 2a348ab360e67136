//! Finding out what a file is from its bytes.

use std::ops::ControlFlow;

use crate::av1::{ObuHeader, ObuType, read_leb128};
use crate::demux::annexb::LEB128_MAX;
use crate::demux::{Container, ac3, adts, flac, iamf, ivf, obu, ogg};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

/// The boxes that an ISO base media file or segment may start with.
const FIRST_BOXES: &[&[u8; 4]] = &[
    b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"ssix", b"free", b"skip", b"wide", b"mdat", b"emsg",
    b"prft", b"uuid", b"meta", b"pdin",
];

/// How many OBUs are looked at to tell an OBU stream from Annex B, and both from anything else.
const OBUS_LOOKED_AT: usize = 64;

/// How many OBUs are no chance: a delimiter, a sequence header, a frame.
const ENOUGH: usize = 3;

/// Finds the container of `input`.
pub(crate) fn container(input: &Input) -> Result<Container> {
    let mut window = input.window();
    let head = window.at_most(0, 1024)?.to_vec();
    if head.is_empty() {
        return Err(Error::format("the file is empty").in_file(input.name()));
    }
    if head.starts_with(ivf::MAGIC) {
        return Ok(Container::Ivf);
    }
    if head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        return Ok(Container::Matroska);
    }
    if starts_with_box(&head) {
        return Ok(Container::Mp4);
    }
    if head.starts_with(ogg::MAGIC) {
        return Ok(Container::Ogg);
    }
    if iamf::is_iamf(&head) {
        return Ok(Container::Iamf);
    }
    if flac::is_flac(&mut window)? {
        return Ok(Container::Flac);
    }
    if adts::is_adts(&mut window)? {
        return Ok(Container::Adts);
    }
    if ac3::is_ac3(&mut window)? {
        return Ok(Container::Ac3);
    }
    let (obus, annexb) = (walk_obus(&mut window)?, walk_annexb(&mut window)?);
    if obus > 0 || annexb > 0 {
        return Ok(if obus >= annexb { Container::Obu } else { Container::AnnexB });
    }
    let tried: Vec<_> = Container::ALL.iter().map(Container::to_string).collect();
    let mut message = format!("none of the formats known here ({})", tried.join(", "));
    if let Some(other) = other_format(&head) {
        message.push_str(&format!(": it looks like {other}"));
    }
    Err(Error::format(message).in_file(input.name()))
}

fn starts_with_box(head: &[u8]) -> bool {
    let Some((size, rest)) = head.split_first_chunk::<4>() else { return false };
    let Some(kind) = rest.first_chunk::<4>() else { return false };
    let size = u32::from_be_bytes(*size);
    (size <= 1 || size >= 8) && FIRST_BOXES.contains(&kind)
}

/// How many OBUs at the start make sense as an OBU stream; 0 if it is none.
///
/// A file that is cut short in an OBU, or breaks off making sense after a few, counts up to there.
fn walk_obus(window: &mut Window) -> Result<usize> {
    let len = window.input().len();
    let (mut at, mut seen) = (0, 0);
    while at < len && seen < OBUS_LOOKED_AT {
        let (header, end) = match obu::step(window, at) {
            Ok(step) => step,
            Err(e) if e.kind() == crate::ErrorKind::Io => return Err(e),
            Err(_) => {
                let header = ObuHeader::parse(window.at_most(at, ObuHeader::MAX_LEN)?);
                let cut = header.is_ok_and(|h| h.payload_size.is_some() && known(h.kind));
                return Ok(if seen >= ENOUGH || seen > 0 && cut { seen } else { 0 });
            }
        };
        if seen == 0 && (header.kind != ObuType::TemporalDelimiter || header.payload_size != Some(0)) {
            return Ok(0);
        }
        if seen == 1 && !known(header.kind) {
            return Ok(0);
        }
        seen += 1;
        at = end;
    }
    Ok(seen)
}

fn known(kind: ObuType) -> bool {
    !matches!(kind, ObuType::Reserved(_))
}

/// How many OBUs at the start make sense as Annex B, 0 if it is none.
///
/// A file that breaks off making sense after a few OBUs counts up to there, one that is cut short already after a
/// delimiter and one more.
fn walk_annexb(window: &mut Window) -> Result<usize> {
    let len = window.input().len();
    let mut seen = 0;
    let mut at = 0;
    while at < len && seen < OBUS_LOOKED_AT {
        let Some((start, end)) = unit(window, at, u64::MAX)? else {
            return Ok(if seen >= ENOUGH { seen } else { 0 });
        };
        match walk_temporal_unit(window, start, end, &mut seen)? {
            ControlFlow::Continue(()) => at = end,
            ControlFlow::Break(()) => {
                return Ok(if seen >= ENOUGH || end > len && seen > 1 { seen } else { 0 });
            }
        }
    }
    Ok(seen)
}

/// Breaks where the bytes make no sense or end; continues where the temporal unit, or enough of it, is seen.
fn walk_temporal_unit(
    window: &mut Window,
    start: u64,
    end: u64,
    seen: &mut usize,
) -> Result<ControlFlow<()>> {
    let mut at = start;
    let mut first = true;
    while at < end {
        let Some((frame_start, frame_end)) = unit(window, at, end)? else {
            return Ok(ControlFlow::Break(()));
        };
        at = frame_start;
        while at < frame_end {
            let Some((obu, obu_end)) = unit(window, at, frame_end)? else {
                return Ok(ControlFlow::Break(()));
            };
            let header = window.at_most(obu, ObuHeader::MAX_LEN.min((obu_end - obu) as usize))?;
            let Ok(header) = ObuHeader::parse(header) else { return Ok(ControlFlow::Break(())) };
            let payload = obu_end - obu - (header.len() as u64).min(obu_end - obu);
            let delimiter = header.kind == ObuType::TemporalDelimiter;
            let consistent = header.payload_size.is_none_or(|size| size == payload)
                && delimiter == first
                && (!delimiter || payload == 0)
                && obu_end <= window.input().len();
            if !consistent {
                return Ok(ControlFlow::Break(()));
            }
            first = false;
            *seen += 1;
            if *seen >= OBUS_LOOKED_AT {
                return Ok(ControlFlow::Continue(()));
            }
            at = obu_end;
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Start and end of the unit whose length is at `at`; none if that is no length, is 0, or reaches behind `limit`.
fn unit(window: &mut Window, at: u64, limit: u64) -> Result<Option<(u64, u64)>> {
    let Ok((size, size_len)) = read_leb128(window.at_most(at, LEB128_MAX)?) else { return Ok(None) };
    let start = at + size_len as u64;
    let end = start.checked_add(size).filter(|end| size > 0 && *end <= limit);
    Ok(end.map(|end| (start, end)))
}

/// Formats that start with fixed bytes.
const MAGIC: &[(&[u8], &str)] = &[
    (b"YUV4MPEG2", "uncompressed video (Y4M)"),
    (b"FLV", "FLV"),
    (b"ID3", "MP3"),
    (b"RF64", "WAV"),
    (b"\x30\x26\xb2\x75", "ASF/WMV"),
    (b"\0\0\x01\xba", "an MPEG program stream"),
    (b"\0\0\x01\xb3", "MPEG-2 video"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"#EXTM3U", "an HLS playlist"),
    (b"WEBVTT", "WebVTT subtitles"),
];

/// The name of a format that people hand over by mistake.
fn other_format(head: &[u8]) -> Option<&'static str> {
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if head.starts_with(b"RIFF") {
        return Some(match head.get(8..12) {
            Some(b"AVI ") => "AVI",
            Some(b"WAVE") => "WAV",
            Some(b"WEBP") => "a WebP picture",
            _ => "a RIFF file",
        });
    }
    let sync_at = |first: usize, distance: usize| {
        (0..4).map(|i| first + i * distance).take_while(|at| *at < head.len()).all(|at| head[at] == 0x47)
    };
    if head.len() > 192 && (sync_at(0, 188) || sync_at(4, 192)) {
        return Some("an MPEG transport stream");
    }
    let nal = head.strip_prefix(b"\0\0\0\x01").or_else(|| head.strip_prefix(b"\0\0\x01"));
    if let Some(&[first, second, ..]) = nal {
        // The types that streams start with: parameter sets, delimiters, SEI. HEVC has a second header byte,
        // with the temporal ID plus 1 in it.
        return Some(match ((first >> 1) & 0x3f, first & 0x1f) {
            (32..=35 | 39, _) if second & 7 == 1 => "an HEVC byte stream",
            (_, 6 | 7 | 9) => "an AVC byte stream",
            _ => "a video byte stream with start codes (AVC, HEVC or VVC)",
        });
    }
    match head {
        // Layer bits are 0 in ADTS only.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => {
            return Some("AAC in ADTS, of which one frame is not followed by another");
        }
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 => return Some("MPEG audio (MP3)"),
        _ => {}
    }
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut.
        Err(e) if e.error_len().is_none() => {
            std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return None,
    };
    let printable = !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace());
    printable.then(|| match text.trim_start_matches('\u{feff}').trim_start() {
        xml if xml.contains("<MPD") => "a DASH manifest",
        xml if xml.starts_with('<') => "XML or HTML",
        _ => "text",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> String {
        match container(&Input::from_bytes("a", bytes.to_vec())) {
            Ok(container) => container.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        assert_eq!(found(b"DKIF"), "IVF");
        assert_eq!(found(b"\x1a\x45\xdf\xa3\x80"), "WebM/Matroska");
        assert_eq!(found(b"\0\0\0\x18ftypiso6"), "MP4");
        assert_eq!(found(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x10"), "MP4");
        assert_eq!(found(&[0x12, 0, 0x0a, 1, 0, 0x32, 1, 0]), "AV1 OBU stream");
        assert_eq!(found(&[0x12, 0, 0x0a, 1, 0, 0x32, 9, 0]), "AV1 OBU stream");
        assert_eq!(found(&[8, 7, 1, 0x10, 4, 0x32, 2, 9, 9]), "AV1 Annex B");
        assert_eq!(found(&[8, 7, 1, 0x10, 4, 0x32, 2, 9, 9, 8, 7, 1]), "AV1 Annex B");
        assert_eq!(
            found(&[0x12, 0x11, 1, 0x10, 2, 0x08, 0, 11, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            "AV1 Annex B"
        );
    }

    #[test]
    fn what_else_it_may_be_is_said() {
        let mut ts = vec![0; 188 * 3];
        for at in [0, 188, 376] {
            ts[at] = 0x47;
        }
        assert!(found(&ts).ends_with("it looks like an MPEG transport stream"), "{}", found(&ts));
        for (bytes, name) in [
            (&b"YUV4MPEG2 W16"[..], "uncompressed video (Y4M)"),
            (b"RIFF\0\0\0\0AVI LIST", "AVI"),
            (b"RIFF\0\0\0\0WAVEfmt ", "WAV"),
            (b"\0\0\0\x01\x67\x64", "an AVC byte stream"),
            (b"\0\0\0\x01\x09\xf0", "an AVC byte stream"),
            (b"\0\0\0\x01\x40\x01\x0c", "an HEVC byte stream"),
            (b"\0\0\0\x01\x46\x01\x50", "an HEVC byte stream"),
            (b"\xff\xf1\x50\x80", "AAC in ADTS, of which one frame is not followed by another"),
            (b"\xff\xfb\x90\x00", "MPEG audio (MP3)"),
            (b"<?xml version='1.0'?><MPD>", "a DASH manifest"),
            ("Gr\u{fc}n".as_bytes(), "text"),
        ] {
            assert!(found(bytes).ends_with(&format!("it looks like {name}")), "{}", found(bytes));
        }
        assert_eq!(
            found(b"\xfe\0\x01"),
            "a: none of the formats known here (IVF, WebM/Matroska, MP4, Ogg, IAMF, FLAC, ADTS, AC-3 stream, AV1 OBU stream, \
             AV1 Annex B)"
        );
        assert_eq!(found(b""), "a: the file is empty");
    }
}
