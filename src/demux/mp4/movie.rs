//! The movie box: what each track is and says.

use crate::demux::{Codec, Colour, Config, ContentLight, Edit, Mastering, Media, Nclx, TrackKind, note};
use crate::error::{Error, Result};
use crate::isobmff::boxes::{
    AudioSampleEntry, Clli, Colr, DataEntry, Dref, Elng, Elst, Hdlr, Language, Mdcv, Mdhd, Pasp, Protection,
    Tkhd, VisualSampleEntry,
};
use crate::isobmff::{Child, FourCC, Orientation, Reader};

/// More sample entries than any track has.
const ENTRY_LIMIT: usize = 10_000;

/// What a `trak` holds, as far as it must be known to tell whether it is wanted.
#[derive(Debug)]
pub(super) struct Summary {
    pub track_id: u32,
    pub handler: FourCC,
    /// The first sample entry's type, before encryption where that is known.
    pub codec: FourCC,
    pub language: Option<String>,
}

impl Summary {
    pub fn read(trak: &Child<'_>) -> Result<Self> {
        let track_id = trak.reader().require_as::<Tkhd>()?.track_id;
        if track_id == 0 {
            return Err(trak.reader().error("track_ID is 0").clause("rule ISO-05"));
        }
        let mdia = trak.reader().require(b"mdia")?.reader();
        let handler = mdia.require_as::<Hdlr>()?.handler_type;
        let entry = sample_entries(&stbl(&mdia)?)?.first().copied();
        let Some(entry) = entry else {
            return Err(stbl(&mdia)?.error("stsd is empty").clause("rule ISO-09"));
        };
        Ok(Summary { track_id, handler, codec: original_format(&entry), language: language(&mdia)? })
    }

    /// What the track is, where it is one to be packaged; an auxiliary track (alpha, depth) is not.
    pub fn kind(&self) -> Option<TrackKind> {
        if self.handler == b"auxv" {
            return None;
        }
        if self.codec == b"av01" {
            return Some(TrackKind::Av1);
        }
        codec(self.codec).map(TrackKind::Coded)
    }
}

/// The coding that a type of sample entry stands for, of those that are packaged beside AV1.
fn codec(format: FourCC) -> Option<Codec> {
    Some(match &format.0 {
        b"avc1" | b"avc3" => Codec::Avc,
        b"hvc1" | b"hev1" => Codec::Hevc,
        b"vp09" => Codec::Vp9,
        b"mp4a" => Codec::Aac,
        b"Opus" => Codec::Opus,
        b"ac-3" => Codec::Ac3,
        b"ec-3" => Codec::Eac3,
        b"fLaC" => Codec::Flac,
        b"iamf" => Codec::Iamf,
        b"wvtt" => Codec::Wvtt,
        b"stpp" => Codec::Stpp,
        _ => return None,
    })
}

/// A track to be packaged.
#[derive(Debug)]
pub(super) struct Movie<'a> {
    pub timescale: u32,
    pub edits: Vec<Edit>,
    pub config: Vec<Config>,
    pub protected: bool,
    pub stbl: Reader<'a>,
    pub notes: Vec<String>,
}

impl<'a> Movie<'a> {
    /// Reads all of a `trak` but its sample tables.
    pub fn read(trak: &Child<'a>, kind: &TrackKind) -> Result<Self> {
        let mdia = trak.reader().require(b"mdia")?.reader();
        let mdhd: Mdhd = mdia.require_as()?;
        if mdhd.timescale == 0 {
            return Err(mdia.error("the timescale is 0").clause("rule ISO-06"));
        }
        let stbl = stbl(&mdia)?;
        let mut movie = Movie {
            timescale: mdhd.timescale,
            edits: edits(trak)?,
            config: Vec::new(),
            protected: false,
            stbl,
            notes: Vec::new(),
        };
        let is_sound = matches!(kind, TrackKind::Coded(codec) if codec.media() == Media::Audio);
        if is_sound && has_loudness(trak)? {
            movie.notes.push("loudness metadata (`ludt`) is left out (rule AUD-20)".to_owned());
        }
        if let (false, Some(orientation)) =
            (is_sound, Orientation::of(&trak.reader().require_as::<Tkhd>()?.matrix))
        {
            movie.notes.push(format!(
                "the source shows the picture {orientation}, which a CMAF track can't say: it is shown as it is coded; \
                 encode it upright (rule CMF-18)"
            ));
        }
        let dref = data_references(&mdia)?;
        for (index, entry) in sample_entries(&stbl)?.iter().enumerate() {
            let place = |e: Error| e.within(format!("sample entry {}", index + 1));
            movie.entry(index, entry, &dref, kind).map_err(place)?;
        }
        Ok(movie)
    }

    fn entry(&mut self, index: usize, entry: &Child<'_>, dref: &[DataEntry], kind: &TrackKind) -> Result<()> {
        let format = original_format(entry);
        self.protected |= entry.kind() != format;
        let expected = match kind {
            TrackKind::Av1 => format == b"av01",
            kind => codec(format).map(TrackKind::Coded).as_ref() == Some(kind),
        };
        if !expected {
            let rest = match kind {
                TrackKind::Coded(codec) => codec.format(),
                _ => "AV1",
            };
            note(&mut self.notes, format!("sample entry {} is `{format}`, not {rest}", index + 1));
            self.config.push(Config::default());
            return Ok(());
        }
        let mut r = entry.reader();
        r.skip(6)?;
        let reference = usize::from(r.u16()?);
        if let Some(data) =
            reference.checked_sub(1).and_then(|i| dref.get(i)).filter(|d| !d.is_self_contained())
        {
            let place = data.location.as_deref().unwrap_or("elsewhere").escape_debug();
            return Err(Error::unsupported(format!("the samples are in another file: {place}")));
        }
        let is_video = match kind {
            TrackKind::Coded(codec) => codec.media() == Media::Video,
            _ => true,
        };
        if !is_video {
            self.config.push(Config {
                format: format.0,
                entry: Some(entry.payload().to_vec()),
                ..Config::default()
            });
            return Ok(());
        }
        r.skip(16)?;
        let (width, height) = (r.u16()?, r.u16()?);
        r.skip(VisualSampleEntry::PREFIX - 28)?;
        let size = (width != 0 && height != 0).then_some((width.into(), height.into()));
        if *kind != TrackKind::Av1 {
            self.config.push(Config {
                colour: colour(&r)?,
                size,
                format: format.0,
                entry: Some(entry.payload().to_vec()),
                ..Config::default()
            });
            return Ok(());
        }
        let av1c = r.find(b"av1C")?.map(|av1c| av1c.payload().to_vec());
        if av1c.is_none() {
            note(&mut self.notes, format!("sample entry {} has no av1C (rule AV1-07)", index + 1));
        }
        self.config.push(Config { av1c, colour: colour(&r)?, size, format: format.0, ..Config::default() });
        Ok(())
    }
}

fn stbl<'a>(mdia: &Reader<'a>) -> Result<Reader<'a>> {
    Ok(mdia.require(b"minf")?.reader().require(b"stbl")?.reader())
}

fn sample_entries<'a>(stbl: &Reader<'a>) -> Result<Vec<Child<'a>>> {
    let mut r = stbl.require(b"stsd")?.reader();
    // Version 1 has the same layout; QuickTime uses it for audio.
    r.full_up_to(1)?;
    let count = r.u32()?;
    let count = r.count(count, 16)?;
    if count > ENTRY_LIMIT {
        return Err(Error::limit(format!("{count} sample entries, at most {ENTRY_LIMIT} are handled"))
            .within(r.path()));
    }
    let entries: Vec<_> = r.boxes().take(count).collect::<Result<_>>()?;
    if entries.len() < count {
        let message = format!("{count} sample entries expected, {} are there", entries.len());
        return Err(r.error(message).clause("rule ISO-09"));
    }
    Ok(entries)
}

/// The type of an entry before it was encrypted; its own type where that can't be told.
fn original_format(entry: &Child<'_>) -> FourCC {
    let fields = match &entry.kind().0 {
        b"encv" => VisualSampleEntry::PREFIX,
        b"enca" => AudioSampleEntry::PREFIX,
        b"enct" => 8,
        _ => return entry.kind(),
    };
    let read = || {
        let mut r = entry.reader();
        r.skip(fields)?;
        Protection::read(&r.require(b"sinf")?.reader())
    };
    read().map_or(entry.kind(), |protection| protection.original_format)
}

fn language(mdia: &Reader<'_>) -> Result<Option<String>> {
    if let Some(elng) = mdia.find_as::<Elng>()?.filter(|elng| !elng.extended_language.is_empty()) {
        return Ok(Some(elng.extended_language).filter(|language| language != "und"));
    }
    Ok(match mdia.require_as::<Mdhd>()?.language {
        Language::Iso(letters) if letters != *b"und" => Some(Language::Iso(letters).to_string()),
        _ => None,
    })
}

fn has_loudness(trak: &Child<'_>) -> Result<bool> {
    let Some(udta) = trak.reader().find(b"udta")? else { return Ok(false) };
    // What QuickTime writers put there need not be boxes.
    Ok(udta.reader().find(b"ludt").is_ok_and(|ludt| ludt.is_some()))
}

fn edits(trak: &Child<'_>) -> Result<Vec<Edit>> {
    let Some(edts) = trak.reader().find(b"edts")? else { return Ok(Vec::new()) };
    let Some(elst) = edts.reader().find_as::<Elst>()? else { return Ok(Vec::new()) };
    let edit = |edit: crate::isobmff::boxes::Edit| Edit {
        segment_duration: edit.segment_duration,
        media_time: edit.media_time,
        media_rate: i32::from(edit.media_rate_integer) << 16 | i32::from(edit.media_rate_fraction as u16),
    };
    Ok(elst.entries.into_iter().map(edit).collect())
}

fn data_references(mdia: &Reader<'_>) -> Result<Vec<DataEntry>> {
    let Some(dinf) = mdia.require(b"minf")?.reader().find(b"dinf")? else { return Ok(Vec::new()) };
    Ok(dinf.reader().find_as::<Dref>()?.map_or_else(Vec::new, |dref| dref.entries))
}

/// The boxes of a sample entry that say how pictures are shown. Of several `colr` the first `nclx` counts.
fn colour(entry: &Reader<'_>) -> Result<Colour> {
    let mut colour = Colour::default();
    for child in entry.boxes() {
        let child = child?;
        match &child.kind().0 {
            b"colr" if colour.nclx.is_none() => {
                if let Colr::Nclx(nclx) = child.parse()? {
                    colour.nclx = Some(Nclx {
                        colour_primaries: nclx.colour_primaries,
                        transfer_characteristics: nclx.transfer_characteristics,
                        matrix_coefficients: nclx.matrix_coefficients,
                        full_range: nclx.full_range_flag,
                    });
                }
            }
            b"mdcv" => {
                let mdcv: Mdcv = child.parse()?;
                colour.mastering = Some(Mastering {
                    display_primaries: [
                        (mdcv.display_primaries_green_x, mdcv.display_primaries_green_y),
                        (mdcv.display_primaries_blue_x, mdcv.display_primaries_blue_y),
                        (mdcv.display_primaries_red_x, mdcv.display_primaries_red_y),
                    ],
                    white_point: (mdcv.white_point_x, mdcv.white_point_y),
                    max_luminance: mdcv.max_display_mastering_luminance,
                    min_luminance: mdcv.min_display_mastering_luminance,
                });
            }
            b"clli" => {
                let clli: Clli = child.parse()?;
                colour.light = Some(ContentLight {
                    max_content_light_level: clli.max_content_light_level,
                    max_pic_average_light_level: clli.max_pic_average_light_level,
                });
            }
            b"pasp" => {
                let pasp: Pasp = child.parse()?;
                if pasp.h_spacing != 0 && pasp.v_spacing != 0 {
                    colour.pixel_aspect = Some((pasp.h_spacing, pasp.v_spacing));
                }
            }
            _ => {}
        }
    }
    Ok(colour)
}
