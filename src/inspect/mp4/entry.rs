//! Sample entries: what a track says of its samples, by the boxes alone.

use crate::av1::{Av1Config, codec_string};
use crate::demux::{Colour, ContentLight, Mastering, Nclx};
use crate::error::Result;
use crate::isobmff::boxes::{
    Av1C, AvcC, Btrt, Clli, Colr, DOps, Esds, HvcC, Mdcv, Pasp, Protection, SampleEntry, VpcC,
};
use crate::isobmff::{Child, FourCC, ParseBox};

/// One sample entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    /// Its type.
    pub kind: FourCC,
    /// Its type before encryption, where that is known.
    pub format: FourCC,
    /// The `codecs` parameter, as far as the boxes tell; the type where they don't.
    pub codec: String,
    pub av1: Option<Av1Config>,
    /// In pixels.
    pub size: Option<(u32, u32)>,
    pub bit_depth: Option<u8>,
    /// As `4:2:0`.
    pub chroma: Option<&'static str>,
    pub colour: Colour,
    /// Channels and samples per second.
    pub audio: Option<(u32, u32)>,
    pub is_protected: bool,
    pub protection: Option<Protection>,
    pub bit_rate: Option<Btrt>,
}

impl Entry {
    /// Reads an entry. What is wrong in it is said in `notes`; the rest is kept.
    pub fn read(child: &Child<'_>, notes: &mut Vec<String>) -> Self {
        let kind = child.kind();
        let is_protected = matches!(&kind.0, b"encv" | b"enca" | b"enct" | b"encs" | b"encm");
        let mut entry =
            Entry { kind, format: kind, codec: kind.to_string(), is_protected, ..Entry::default() };
        let typed = match SampleEntry::read(child) {
            Ok(typed) => typed,
            Err(error) => {
                notes.push(format!("sample entry `{kind}`: {error}"));
                return entry;
            }
        };
        match typed.protection() {
            Ok(protection) => entry.protection = protection,
            Err(error) => notes.push(format!("sample entry `{kind}`: {error}")),
        }
        if let Some(protection) = entry.protection.as_ref().filter(|_| is_protected) {
            entry.format = protection.original_format;
        } else if is_protected {
            notes.push(format!("sample entry `{kind}` has no protection scheme information (`sinf`)"));
        }
        match &typed {
            SampleEntry::Visual(visual) => {
                entry.size = Some((visual.width.into(), visual.height.into()));
                if let Err(error) = entry.colour(&typed) {
                    notes.push(format!("sample entry `{kind}`: {error}"));
                }
            }
            SampleEntry::Audio(audio) => {
                entry.audio = Some((audio.channels(), audio.sample_rate() as u32));
            }
            _ => {}
        }
        if let Err(error) = entry.codec(&typed) {
            notes.push(format!("sample entry `{kind}`: {error}"));
        }
        entry.bit_rate = typed.find().unwrap_or_default();
        entry
    }

    fn codec(&mut self, typed: &SampleEntry) -> Result<()> {
        self.codec = self.format.to_string();
        match &self.format.0 {
            b"av01" => {
                if let Some(av1c) = typed.find::<Av1C>()? {
                    let config = Av1Config::read(&av1c.av1_config)?;
                    self.bit_depth = Some(match (config.high_bitdepth, config.twelve_bit) {
                        (true, true) => 12,
                        (true, false) => 10,
                        _ => 8,
                    });
                    if let Some(sequence) = config.sequence()? {
                        let nclx = self.colour.nclx.map(|c| {
                            (
                                c.colour_primaries,
                                c.transfer_characteristics,
                                c.matrix_coefficients,
                                c.full_range,
                            )
                        });
                        self.codec = codec_string(&sequence, nclx);
                    }
                    self.av1 = Some(config);
                }
            }
            b"avc1" | b"avc2" | b"avc3" | b"avc4" => {
                if let Some(avcc) = typed.find::<AvcC>()? {
                    self.codec = avcc.codecs(self.format);
                }
            }
            b"hvc1" | b"hev1" => {
                if let Some(hvcc) = typed.find::<HvcC>()? {
                    let raw = typed.children().iter().find(|child| child.kind == HvcC::KIND);
                    let constraints = raw.map(|raw| raw.payload()).unwrap_or_default();
                    self.codec = hvcc.codecs(self.format, constraints.get(6..12).unwrap_or_default());
                    self.bit_depth = Some(8 + hvcc.bit_depth_luma_minus8);
                    self.chroma =
                        Some(["4:0:0", "4:2:0", "4:2:2", "4:4:4"][usize::from(hvcc.chroma_format_idc & 3)]);
                }
            }
            b"vp08" | b"vp09" => {
                if let Some(vpcc) = typed.find::<VpcC>()? {
                    self.codec = format!(
                        "{}.{:02}.{:02}.{:02}",
                        self.format, vpcc.profile, vpcc.level, vpcc.bit_depth
                    );
                    self.bit_depth = Some(vpcc.bit_depth);
                    self.chroma = ["4:2:0", "4:2:0", "4:2:2", "4:4:4"]
                        .get(usize::from(vpcc.chroma_subsampling))
                        .copied();
                }
            }
            b"mp4a" => {
                if let Some(esds) = typed.find::<Esds>()? {
                    let object_type = esds.object_type_indication;
                    let config = if object_type == 0x40 { esds.audio_specific_config().ok() } else { None };
                    self.codec = match config {
                        Some(config) => format!("mp4a.40.{}", config.audio_object_type),
                        None => format!("mp4a.{object_type:02x}"),
                    };
                }
            }
            b"Opus" => {
                self.codec = "opus".to_owned();
                if let Some(dops) = typed.find::<DOps>()? {
                    // Opus is always decoded at 48 kHz.
                    self.audio = Some((dops.output_channel_count.into(), 48_000));
                }
            }
            b"fLaC" => self.codec = "flac".to_owned(),
            _ => {}
        }
        Ok(())
    }

    /// Of several `colr` the first `nclx` counts.
    fn colour(&mut self, typed: &SampleEntry) -> Result<()> {
        for child in typed.children() {
            match &child.kind.0 {
                b"colr" if self.colour.nclx.is_none() => {
                    if let Colr::Nclx(nclx) = child.parse()? {
                        self.colour.nclx = Some(Nclx {
                            colour_primaries: nclx.colour_primaries,
                            transfer_characteristics: nclx.transfer_characteristics,
                            matrix_coefficients: nclx.matrix_coefficients,
                            full_range: nclx.full_range_flag,
                        });
                    }
                }
                b"mdcv" => {
                    let mdcv: Mdcv = child.parse()?;
                    self.colour.mastering = Some(Mastering {
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
                    self.colour.light = Some(ContentLight {
                        max_content_light_level: clli.max_content_light_level,
                        max_pic_average_light_level: clli.max_pic_average_light_level,
                    });
                }
                b"pasp" => {
                    let pasp: Pasp = child.parse()?;
                    if pasp.h_spacing != 0 && pasp.v_spacing != 0 {
                        self.colour.pixel_aspect = Some((pasp.h_spacing, pasp.v_spacing));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What people call a handler's media.
pub(crate) fn media(handler: FourCC) -> String {
    match &handler.0 {
        b"vide" => "video".to_owned(),
        b"soun" => "audio".to_owned(),
        b"subt" | b"text" | b"sbtl" | b"clcp" => "subtitle".to_owned(),
        b"pict" => "image sequence".to_owned(),
        b"auxv" => "auxiliary video".to_owned(),
        b"meta" => "metadata".to_owned(),
        b"hint" => "hint".to_owned(),
        _ => handler.to_string(),
    }
}
