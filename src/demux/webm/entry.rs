//! `TrackEntry`: what Matroska says about one track (RFC 9559).

use super::ebml::Element;
use crate::demux::{Codec, Colour, Config, ContentLight, Mastering, Nclx, Sound, TrackKind, note};
use crate::error::{Error, Result};
use crate::input::Window;

/// The most bytes of CodecPrivate and of stripped headers that are taken.
const PRIVATE_LIMIT: u64 = 1 << 20;

/// One track.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub number: u64,
    pub kind: u64,
    pub codec: String,
    pub language: Option<String>,
    /// In nanoseconds.
    pub default_duration: Option<u64>,
    pub config: Config,
    /// What was cut off from the start of each frame.
    pub stripped: Vec<u8>,
    pub notes: Vec<String>,
    /// What was done to the frames that can't be undone here.
    encoded: Option<&'static str>,
    /// Bytes are missing from the start of CodecPrivate.
    private_is_stripped: bool,
}

impl Entry {
    /// Reads the children of a `TrackEntry`.
    pub fn read(element: &Element, window: &mut Window) -> Result<Self> {
        let mut entry = Entry::default();
        let mut bcp47 = None;
        let mut private = None;
        let (mut codec_delay, mut seek_pre_roll) = (None, None);
        let mut children = element.children()?;
        while let Some(child) = children.next(window)? {
            match child.id {
                0xd7 => entry.number = child.uint(window)?,
                0x83 => entry.kind = child.uint(window)?,
                0x86 => entry.codec = child.text(window)?,
                0x63a2 => private = Some(child.bytes(window, PRIVATE_LIMIT)?.to_vec()),
                0x23e383 => entry.default_duration = Some(child.uint(window)?).filter(|ns| *ns != 0),
                0x23314f => {
                    let scale = child.float(window)?;
                    if scale != 1.0 {
                        note(
                            &mut entry.notes,
                            format!("TrackTimestampScale {scale} is not looked at, as in other readers"),
                        );
                    }
                }
                0x22b59c => entry.language = Some(child.text(window)?),
                0x22b59d => bcp47 = Some(child.text(window)?),
                0x56aa => codec_delay = Some(child.uint(window)?),
                0x56bb => seek_pre_roll = Some(child.uint(window)?),
                0xe0 => entry.video(&child, window)?,
                0xe1 => entry.audio(&child, window)?,
                0x6d80 => entry.encodings(&child, window)?,
                _ => {}
            }
        }
        if entry.number == 0 {
            return Err(Error::format("the track has no number").at(element.offset));
        }
        if entry.private_is_stripped {
            private = None;
        }
        if entry.kind() == Some(TrackKind::Av1) {
            entry.config.av1c = private;
        } else {
            entry.config.private = private;
        }
        if let Some(sound) = &mut entry.config.sound {
            (sound.codec_delay, sound.seek_pre_roll) = (codec_delay, seek_pre_roll);
        }
        // An absent Language stands for `eng`, but is absent too where nobody has thought of the language.
        entry.language = bcp47.or(entry.language).filter(|l| !l.is_empty() && l != "und");
        Ok(entry)
    }

    /// What the track holds, in a word.
    pub fn media(&self) -> String {
        match self.kind {
            1 => "video".to_owned(),
            2 => "audio".to_owned(),
            17 => "subtitle".to_owned(),
            33 => "metadata".to_owned(),
            other => format!("type {other}"),
        }
    }

    /// What the track is, where it is one to be packaged.
    pub fn kind(&self) -> Option<TrackKind> {
        Some(TrackKind::Coded(match self.codec.as_str() {
            "V_AV1" => return Some(TrackKind::Av1),
            "V_VP9" => Codec::Vp9,
            "A_OPUS" => Codec::Opus,
            codec if codec.starts_with("A_AAC") => Codec::Aac,
            "A_AC3" => Codec::Ac3,
            "A_EAC3" => Codec::Eac3,
            "A_FLAC" => Codec::Flac,
            _ => return None,
        }))
    }

    /// Whether the frames can be had.
    ///
    /// # Errors
    /// `Unsupported` where they are encrypted or compressed.
    pub fn check_encoding(&self) -> Result<()> {
        match self.encoded {
            None => Ok(()),
            Some(what) => Err(Error::unsupported(format!("the frames of track {} are {what}", self.number))),
        }
    }

    fn video(&mut self, element: &Element, window: &mut Window) -> Result<()> {
        let (mut width, mut height) = (0, 0);
        let (mut display_width, mut display_height, mut unit) = (0, 0, 0);
        let mut children = element.children()?;
        while let Some(child) = children.next(window)? {
            match child.id {
                0xb0 => width = child.uint(window)?,
                0xba => height = child.uint(window)?,
                0x54b0 => display_width = child.uint(window)?,
                0x54ba => display_height = child.uint(window)?,
                0x54b2 => unit = child.uint(window)?,
                0x55b0 => self.colour(&child, window)?,
                _ => {}
            }
        }
        let narrow = |value: u64| u32::try_from(value).ok().filter(|value| *value != 0);
        let (Some(width), Some(height)) = (narrow(width), narrow(height)) else { return Ok(()) };
        self.config.size = Some((width, height));
        // Units: 0 pixels, 1 and 2 lengths, 3 the aspect ratio itself. In each the quotient is the aspect ratio.
        if let (0..=3, Some(dw), Some(dh)) = (unit, narrow(display_width), narrow(display_height)) {
            let (h, v) = reduce(u64::from(dw) * u64::from(height), u64::from(dh) * u64::from(width));
            if let (true, Ok(h), Ok(v)) = (h != v, u32::try_from(h), u32::try_from(v)) {
                self.config.colour.pixel_aspect = Some((h, v));
            }
        }
        Ok(())
    }

    fn audio(&mut self, element: &Element, window: &mut Window) -> Result<()> {
        let (mut channels, mut rate) = (1, 8000.0);
        let mut children = element.children()?;
        while let Some(child) = children.next(window)? {
            match child.id {
                0x9f => channels = child.uint(window)?,
                0xb5 => rate = child.float(window)?,
                _ => {}
            }
        }
        self.config.sound = Some(Sound {
            channels: u16::try_from(channels).unwrap_or(0),
            // A conversion of what is out of range saturates.
            sample_rate: rate.round() as u32,
            ..Sound::default()
        });
        Ok(())
    }

    fn colour(&mut self, element: &Element, window: &mut Window) -> Result<()> {
        let mut nclx = Nclx {
            colour_primaries: 2,
            transfer_characteristics: 2,
            matrix_coefficients: 2,
            full_range: false,
        };
        let mut said = false;
        let (mut max_cll, mut max_fall) = (None, None);
        let mut colour = Colour { pixel_aspect: self.config.colour.pixel_aspect, ..Colour::default() };
        let mut children = element.children()?;
        while let Some(child) = children.next(window)? {
            match child.id {
                0x55b1 | 0x55ba | 0x55bb => {
                    let value = child.uint(window)?;
                    let code = u16::try_from(value).map_err(|_| {
                        Error::format(format!("colour code point {value}, at most 65535 expected"))
                            .at(child.offset)
                    })?;
                    *match child.id {
                        0x55b1 => &mut nclx.matrix_coefficients,
                        0x55ba => &mut nclx.transfer_characteristics,
                        _ => &mut nclx.colour_primaries,
                    } = code;
                    said |= code != 2;
                }
                // 1 is broadcast range, 2 full; others leave it open.
                0x55b9 => {
                    let range = child.uint(window)?;
                    nclx.full_range = range == 2;
                    said |= matches!(range, 1 | 2);
                }
                0x55bc => max_cll = u16::try_from(child.uint(window)?).ok(),
                0x55bd => max_fall = u16::try_from(child.uint(window)?).ok(),
                0x55d0 => {
                    colour.mastering = mastering(&child, window)?;
                    if colour.mastering.is_none() {
                        note(
                            &mut self.notes,
                            "the mastering metadata is incomplete or out of range, left out".to_owned(),
                        );
                    }
                }
                _ => {}
            }
        }
        colour.nclx = said.then_some(nclx);
        if max_cll.is_some() || max_fall.is_some() {
            // 0 stands for unknown in `clli`.
            colour.light = Some(ContentLight {
                max_content_light_level: max_cll.unwrap_or(0),
                max_pic_average_light_level: max_fall.unwrap_or(0),
            });
        }
        self.config.colour = colour;
        Ok(())
    }

    fn encodings(&mut self, element: &Element, window: &mut Window) -> Result<()> {
        let mut count = 0;
        let mut children = element.children()?;
        while let Some(child) = children.next(window)? {
            if child.id == 0x6240 {
                count += 1;
                self.encoding(&child, window)?;
            }
        }
        if count > 1 && self.encoded.is_none() {
            self.encoded = Some("encoded in more than one way, which is not handled");
        }
        Ok(())
    }

    fn encoding(&mut self, element: &Element, window: &mut Window) -> Result<()> {
        let (mut scope, mut kind, mut algorithm, mut settings) = (1, 0, 0, Vec::new());
        let mut children = element.children()?;
        while let Some(child) = children.next(window)? {
            match child.id {
                0x5032 => scope = child.uint(window)?,
                0x5033 => kind = child.uint(window)?,
                0x5034 => {
                    let mut compression = child.children()?;
                    while let Some(child) = compression.next(window)? {
                        match child.id {
                            0x4254 => algorithm = child.uint(window)?,
                            0x4255 => settings = child.bytes(window, PRIVATE_LIMIT)?.to_vec(),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        self.encoded = match (kind, algorithm) {
            (0, 3) => {
                // Scope: 1 frames, 2 CodecPrivate.
                if scope & 2 != 0 {
                    note(&mut self.notes, "CodecPrivate has its header stripped and is left out".to_owned());
                    self.private_is_stripped = true;
                }
                if scope & 1 != 0 {
                    self.stripped = settings;
                }
                None
            }
            (0, 0) => Some("compressed with zlib, which is not handled: remux without compression"),
            (0, 1) => Some("compressed with bzlib, which is not handled: remux without compression"),
            (0, 2) => Some("compressed with LZO, which is not handled: remux without compression"),
            (1, _) => Some("encrypted, which is not handled in WebM/Matroska"),
            _ => Some("encoded in an unknown way"),
        };
        Ok(())
    }
}

/// Reads `MasteringMetadata`; none where a value is missing or does not fit the units of `mdcv`.
fn mastering(element: &Element, window: &mut Window) -> Result<Option<Mastering>> {
    // Red, green, blue, white, x and y each; then the highest and the lowest luminance.
    let mut values = [f64::NAN; 10];
    let mut children = element.children()?;
    while let Some(child) = children.next(window)? {
        if let Some(value) = child.id.checked_sub(0x55d1).and_then(|i| values.get_mut(i as usize)) {
            *value = child.float(window)?;
        }
    }
    let scaled = |index: usize, unit: f64, most: f64| {
        let value = (values[index] * unit).round();
        (0.0..=most).contains(&value).then_some(value)
    };
    let chromaticity = |index: usize| Some(scaled(index, 50_000.0, 65_535.0)? as u16);
    let point = |index: usize| Some((chromaticity(index)?, chromaticity(index + 1)?));
    let luminance = |index: usize| Some(scaled(index, 10_000.0, f64::from(u32::MAX))? as u32);
    let all = || {
        Some(Mastering {
            display_primaries: [point(2)?, point(4)?, point(0)?],
            white_point: point(6)?,
            max_luminance: luminance(8)?,
            min_luminance: luminance(9)?,
        })
    };
    Ok(all())
}

/// Seconds per frame as a fraction, from a duration that was rounded to nanoseconds.
///
/// The rates in use are whole numbers N and N · 1000/1001, whose frames last 10⁹/N and 1001·10⁶/N ns. Where one of
/// these with N up to 300 is within 1 ns, that is what was meant; the nearer one if both are, the whole number if
/// they are equally near. Any other duration is taken by its word.
pub(super) fn frame_duration(ns: u64) -> (u64, u64) {
    let candidate = |second: u64, duration: (u64, u64)| {
        let rate = (second + ns / 2) / ns;
        // |second / rate - ns| in units of 1 / rate ns.
        let error = second.abs_diff(rate.checked_mul(ns)?);
        ((1..=300).contains(&rate) && error <= rate).then_some((error, (duration.0, duration.1 * rate)))
    };
    if ns == 0 {
        return (0, 1);
    }
    let whole = candidate(1_000_000_000, (1, 1));
    let ntsc = candidate(1_001_000_000, (1001, 1000));
    match (whole, ntsc) {
        (Some(whole), Some(ntsc)) => {
            if ntsc.0 < whole.0 {
                ntsc.1
            } else {
                whole.1
            }
        }
        (Some(found), None) | (None, Some(found)) => found.1,
        (None, None) => reduce(ns, 1_000_000_000),
    }
}

/// A fraction in lowest terms.
pub(super) fn reduce(a: u64, b: u64) -> (u64, u64) {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    match x {
        0 => (a, b),
        divisor => (a / divisor, b / divisor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_durations_give_the_rate_that_was_meant() {
        for (ns, expected) in [
            (41_708_333, (1001, 24000)),
            (41_708_334, (1001, 24000)),
            (33_366_667, (1001, 30000)),
            (33_366_666, (1001, 30000)),
            (16_683_333, (1001, 60000)),
            (8_341_667, (1001, 120_000)),
            (41_666_667, (1, 24)),
            (40_000_000, (1, 25)),
            (33_333_333, (1, 30)),
            (16_666_666, (1, 60)),
            (80_000_000, (2, 25)),
            (41_708_336, (41_708_336 / 16, 62_500_000)),
            (1_000_000, (1, 1000)),
            (1, (1, 1_000_000_000)),
        ] {
            assert_eq!(frame_duration(ns), expected, "{ns}");
        }
        assert_eq!(frame_duration(u64::MAX).1, 1_000_000_000 / 5);
    }
}
