//! The CMAF header: `ftyp` and `moov` of one track.

use super::brand;
use super::protection::Protection;
use super::track::{Media, SampleEntry, Track};
use crate::isobmff::Writer;
use crate::language::packed_code;

/// The ID of the only track of a file.
pub(super) const TRACK_ID: u32 = 1;

const UNITY_MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// Writes the header of a track (rules CMF-01 to CMF-09 and CMF-18 to CMF-22).
pub(super) fn write(w: &mut Writer, track: &Track, protection: Option<&Protection>) {
    brand::file_type(w, track);
    w.boxed(b"moov", |w| {
        w.full(b"mvhd", 0, 0, |w| {
            w.zeros(8); // creation_time, modification_time
            w.u32(track.timescale);
            w.u32(0); // duration: given by mehd
            w.u32(0x0001_0000); // rate
            w.u16(0x0100); // volume
            w.zeros(10);
            UNITY_MATRIX.iter().for_each(|&v| w.u32(v));
            w.zeros(24);
            w.u32(TRACK_ID + 1); // next_track_ID
        });
        w.boxed(b"trak", |w| trak(w, track, protection));
        w.boxed(b"mvex", |w| {
            let duration = track.duration();
            let wide = duration > u64::from(u32::MAX);
            w.full(b"mehd", u8::from(wide), 0, |w| w.u32_or_u64(wide, duration));
            w.full(b"trex", 0, 0, |w| {
                w.u32(TRACK_ID);
                w.u32(1); // default_sample_description_index
                w.zeros(12); // duration, size, flags: fragments say
            });
        });
        if let Some(pssh) = protection.and_then(|p| p.pssh.as_deref()) {
            w.bytes(pssh);
        }
    });
}

fn trak(w: &mut Writer, track: &Track, protection: Option<&Protection>) {
    let handler = Handler::of(track);
    let alternate_group = match track.media {
        Media::Video => 1,
        Media::Audio => 2,
        Media::Text => 3,
    };
    // track_enabled, track_in_movie
    w.full(b"tkhd", 0, 3, |w| {
        w.zeros(8); // creation_time, modification_time
        w.u32(TRACK_ID);
        w.zeros(8); // reserved, duration
        w.zeros(8); // reserved
        w.u16(0); // layer
        w.u16(alternate_group);
        w.u16(if track.media == Media::Audio { 0x0100 } else { 0 }); // volume
        w.u16(0);
        UNITY_MATRIX.iter().for_each(|&v| w.u32(v));
        let (width, height) = track.presentation_size;
        [width, height].into_iter().for_each(|n| w.u32(n.min(0xffff) << 16)); // 16.16
    });
    if track.presented_from > 0 {
        edit_list(w, track.presented_from);
    }
    w.boxed(b"mdia", |w| {
        let (code, says_all) = packed_code(track.language.as_deref());
        w.full(b"mdhd", 0, 0, |w| {
            w.zeros(8); // creation_time, modification_time
            w.u32(track.timescale);
            w.u32(0); // duration
            w.u16(code.iter().fold(0, |packed, letter| packed << 5 | u16::from(letter - 0x60)));
            w.u16(0);
        });
        w.full(b"hdlr", 0, 0, |w| {
            w.u32(0);
            w.fourcc(handler.kind);
            w.zeros(12);
            w.cstring(handler.name);
        });
        if let Some(tag) = track.language.as_deref().filter(|_| !says_all) {
            w.full(b"elng", 0, 0, |w| w.cstring(tag));
        }
        w.boxed(b"minf", |w| {
            match &handler.kind {
                b"vide" => w.full(b"vmhd", 0, 1, |w| w.zeros(8)),
                b"soun" => w.full(b"smhd", 0, 0, |w| w.zeros(4)),
                b"subt" => w.full(b"sthd", 0, 0, |_| {}),
                _ => w.full(b"nmhd", 0, 0, |_| {}),
            }
            w.boxed(b"dinf", |w| {
                w.full(b"dref", 0, 0, |w| {
                    w.u32(1);
                    w.full(b"url ", 0, 1, |_| {}); // the media is in this file
                });
            });
            w.boxed(b"stbl", |w| stbl(w, track, protection));
        });
    });
}

/// How a track is handled (rule ISO-07).
struct Handler {
    kind: [u8; 4],
    name: &'static str,
}

impl Handler {
    fn of(track: &Track) -> Self {
        let is_wvtt = track.entries.first().is_some_and(|entry| entry.format == *b"wvtt");
        match track.media {
            Media::Video => Handler { kind: *b"vide", name: "Video" },
            Media::Audio => Handler { kind: *b"soun", name: "Audio" },
            Media::Text if is_wvtt => Handler { kind: *b"text", name: "Text" },
            Media::Text => Handler { kind: *b"subt", name: "Subtitles" },
        }
    }
}

/// One edit that leaves out the media before `media_time` (rule CMF-23).
fn edit_list(w: &mut Writer, media_time: u64) {
    let wide = media_time > i32::MAX as u64;
    w.boxed(b"edts", |w| {
        w.full(b"elst", u8::from(wide), 0, |w| {
            w.u32(1);
            w.u32_or_u64(wide, 0); // segment_duration: to the end
            w.u32_or_u64(wide, media_time);
            w.u32(0x1_0000); // media_rate
        });
    });
}

fn stbl(w: &mut Writer, track: &Track, protection: Option<&Protection>) {
    let rates = BitRates::of(track);
    w.full(b"stsd", 0, 0, |w| {
        w.count(track.entries.len());
        for entry in &track.entries {
            sample_entry(w, track.media, entry, &rates, protection);
        }
    });
    for table in [b"stts", b"stsc"] {
        w.full(table, 0, 0, |w| w.u32(0));
    }
    w.full(b"stsz", 0, 0, |w| w.zeros(8));
    w.full(b"stco", 0, 0, |w| w.u32(0));
}

fn sample_entry(
    w: &mut Writer,
    media: Media,
    entry: &SampleEntry,
    rates: &BitRates,
    protection: Option<&Protection>,
) {
    let format = match (protection, media) {
        (None, _) => &entry.format,
        (Some(_), Media::Video) => b"encv",
        (Some(_), Media::Audio) => b"enca",
        (Some(_), Media::Text) => b"enct",
    };
    w.boxed(format, |w| {
        w.bytes(&entry.body);
        w.boxed(b"btrt", |w| {
            w.u32(rates.largest_sample);
            w.u32(rates.max);
            w.u32(rates.avg);
        });
        if let Some(protection) = protection {
            w.boxed(b"sinf", |w| {
                w.boxed(b"frma", |w| w.fourcc(entry.format));
                w.full(b"schm", 0, 0, |w| {
                    w.fourcc(protection.scheme().fourcc());
                    w.u32(0x0001_0000); // scheme_version
                });
                w.boxed(b"schi", |w| w.boxed(b"tenc", |w| w.bytes(&protection.tenc.body())));
            });
        }
    });
}

/// What `btrt` says, in bytes and bits a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BitRates {
    largest_sample: u32,
    /// Over any window of one second.
    max: u32,
    avg: u32,
}

impl BitRates {
    fn of(track: &Track) -> Self {
        let samples = track.samples.samples();
        let timescale = u64::from(track.timescale);
        // Samples whose decode times are less than a second apart are in one window.
        let (mut oldest, mut ticks, mut bytes, mut max) = (0, 0u64, 0u64, 0u64);
        for sample in samples {
            bytes += u64::from(sample.size);
            while ticks >= timescale {
                ticks -= u64::from(samples[oldest].duration);
                bytes -= u64::from(samples[oldest].size);
                oldest += 1;
            }
            max = max.max(bytes);
            ticks += u64::from(sample.duration);
        }
        let total: u64 = samples.iter().map(|s| u64::from(s.size)).sum();
        let avg = u128::from(total) * 8 * u128::from(timescale) / u128::from(track.duration().max(1));
        let narrow = |n: u128| u32::try_from(n).unwrap_or(u32::MAX);
        let avg = narrow(avg);
        BitRates {
            largest_sample: samples.iter().map(|s| s.size).max().unwrap_or(0),
            max: narrow(u128::from(max) * 8).max(avg),
            avg,
        }
    }
}
