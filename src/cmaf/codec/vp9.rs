//! VP9 in ISOBMFF ("VP Codec ISO Media File Format Binding", version 1.0): a sample is a frame or a superframe, as it is.

use std::ops::Range;

use super::Options;
use super::clock::{self, Rates};
use super::video::{self, Access, CodecEntry, VideoCodec, configuration_box};
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Config, Container, Nclx};
use crate::error::Result;
use crate::input::Window;
use crate::isobmff::boxes::VpcC;
use crate::isobmff::{ParseBox, Reader, WriteBox, Writer};
use crate::nal::PictureFacts;
use crate::vp9::{ColorConfig, FrameHeader, HeaderParser, Load, MAX_HEADER, MAX_INDEX, Superframe, level};

/// Reads all packets of a VP9 track.
///
/// # Errors
/// - `Format`: the container or the stream is broken; the message names offset and sample.
/// - `Usage`: no times, and no frame rate was given.
/// - `Limit`: a value passes what ISOBMFF or Common Encryption can hold.
/// - `Interrupted`, `Io`.
pub fn build(
    track: demux::Track,
    container: Container,
    options: &Options,
    control: &Control,
) -> Result<Track> {
    let rates = Rates { wanted: options.frame_rate, stream: None, told_by: "VP9" };
    let mut warnings = Vec::new();
    let times = clock::timeline(&track, container, rates, &mut warnings)?;
    let codec = Vp9 { warnings, ..Vp9::default() };
    video::build(track, codec, times, options, control)
}

#[derive(Debug, Default)]
struct Vp9 {
    configurations: Vec<Configuration>,
    current: usize,
    parser: HeaderParser,
    samples: u64,
    /// The first sample whose frames were not understood, and why.
    not_understood: Option<(u64, String)>,
    /// The first key frame whose profile or colour is another than the sample entry says.
    differs: Option<u64>,
    warnings: Vec<String>,
}

/// One sample entry.
#[derive(Debug)]
struct Configuration {
    /// The input's, where it has one that can be read.
    vpcc: Option<(VpcC, Vec<u8>)>,
    /// What the container says of colour.
    colour: Option<Nclx>,
    /// The first key frame.
    key: Option<(u8, ColorConfig)>,
    /// The largest frame.
    size: Option<(u32, u32)>,
}

impl VideoCodec for Vp9 {
    const PARTS: &'static str = "frames";
    const WHOLE_BLOCKS: bool = true;

    fn select(&mut self, index: usize, config: &Config) -> Result<()> {
        self.current = index;
        if index < self.configurations.len() {
            return Ok(());
        }
        let mut vpcc = None;
        if let Some(record) = configuration_box(config, b"vpcC")? {
            match VpcC::parse(&mut Reader::new(record, 0)) {
                Ok(parsed) => vpcc = Some((parsed, record.to_vec())),
                Err(e) => {
                    self.warnings.push(format!("the input's vpcC is broken and made anew: {}", e.message()));
                }
            }
        }
        let colour = config.colour.nclx;
        self.configurations.push(Configuration { vpcc, colour, key: None, size: None });
        Ok(())
    }

    fn sample(
        &mut self,
        window: &mut Window,
        sample: Range<u64>,
        parts: Option<&mut Vec<Range<u64>>>,
    ) -> Result<Access> {
        self.samples += 1;
        let protected = parts.is_some();
        let mut unused = Vec::new();
        match self.frames(window, &sample, parts.unwrap_or(&mut unused)) {
            Ok(access) => Ok(access),
            // What cannot be read cannot be encrypted; copied it can be.
            Err(e) if !protected && e.kind() == crate::ErrorKind::Format => {
                self.not_understood.get_or_insert_with(|| (self.samples, e.message().to_string()));
                Ok(Access::Inter)
            }
            Err(e) => Err(e),
        }
    }

    fn entry(&self, index: usize, load: &Load) -> CodecEntry {
        let configuration = &self.configurations[index];
        let size = configuration.size;
        let (vpcc, record) = match &configuration.vpcc {
            Some((vpcc, record)) if self.differs.is_none() => (vpcc.clone(), record.clone()),
            _ => {
                let vpcc = configuration.vpcc(load);
                let mut w = Writer::new();
                vpcc.write(&mut w);
                (vpcc, w.into_bytes())
            }
        };
        let colour = Nclx {
            colour_primaries: vpcc.colour_primaries.into(),
            transfer_characteristics: vpcc.transfer_characteristics.into(),
            matrix_coefficients: vpcc.matrix_coefficients.into(),
            full_range: vpcc.video_full_range_flag,
        };
        let known = vpcc.colour_primaries != 2
            || vpcc.transfer_characteristics != 2
            || vpcc.matrix_coefficients != 2
            || vpcc.video_full_range_flag;
        CodecEntry {
            format: *b"vp09",
            record: (*b"vpcC", record),
            compressor: "VPC Coding",
            codec: codec_string(&vpcc),
            picture: size.map(|size| PictureFacts {
                size,
                pixel_aspect: None,
                colour: known.then_some(colour),
            }),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        if let Some((sample, why)) = &self.not_understood {
            warnings
                .push(format!("sample {sample}: {why}; the stream may start in the middle, or lack a part"));
        }
        if let Some(sample) = self.differs {
            warnings.push(format!(
                "sample {sample}: the key frame has another profile, bit depth or subsampling than vpcC says, which is \
                 made anew"
            ));
        }
        warnings
    }
}

impl Vp9 {
    fn frames(
        &mut self,
        window: &mut Window,
        sample: &Range<u64>,
        parts: &mut Vec<Range<u64>>,
    ) -> Result<Access> {
        let size = sample.end - sample.start;
        let tail = size.min(MAX_INDEX as u64);
        let superframe = Superframe::read(size, window.bytes(sample.end - tail, tail as usize)?)?;
        let mut at = sample.start;
        let mut first = None;
        let mut intra = true;
        for size in superframe.frames {
            let prefix = size.min(MAX_HEADER as u64) as usize;
            let header = self.parser.frame(window.bytes(at, prefix)?).map_err(|e| e.at(at))?;
            self.look_at(&header);
            first.get_or_insert(header);
            intra &= header.key || header.intra_only;
            let start = at + header.header_size as u64;
            at += size;
            parts.push(start - sample.start..at - sample.start);
        }
        Ok(match first {
            Some(first) if first.key && first.show_frame => Access::Sync,
            _ if intra => Access::Intra,
            _ => Access::Inter,
        })
    }

    fn look_at(&mut self, header: &FrameHeader) {
        let configuration = &mut self.configurations[self.current];
        let (width, height) = configuration.size.unwrap_or((0, 0));
        configuration.size = Some((width.max(header.size.0), height.max(header.size.1)));
        let Some(color) = header.color else { return };
        configuration.key.get_or_insert((header.profile, color));
        let differs = configuration.vpcc.as_ref().is_some_and(|(vpcc, _)| {
            // Two values stand for 4:2:0, by where chroma samples lie.
            let subsampling = |value: u8| value.max(1);
            vpcc.profile != header.profile
                || vpcc.bit_depth != color.bit_depth
                || subsampling(vpcc.chroma_subsampling) != subsampling(chroma_subsampling(&color))
        });
        if differs {
            self.differs.get_or_insert(self.samples);
        }
    }
}

impl Configuration {
    /// `vpcC` by what the stream and its container say.
    fn vpcc(&self, load: &Load) -> VpcC {
        let (profile, color) = self.key.unwrap_or((0, ColorConfig::PROFILE_0));
        let own = code_points(color.color_space);
        let choose = |own: u8, container: Option<u16>| match container.map(u8::try_from) {
            Some(Ok(code)) if code != 2 => code,
            _ => own,
        };
        let container = self.colour;
        VpcC {
            profile,
            level: level(&Load { size: self.size.unwrap_or((0, 0)), ..*load }),
            bit_depth: color.bit_depth,
            chroma_subsampling: chroma_subsampling(&color),
            video_full_range_flag: color.full_range,
            colour_primaries: choose(own.0, container.map(|c| c.colour_primaries)),
            transfer_characteristics: choose(own.1, container.map(|c| c.transfer_characteristics)),
            matrix_coefficients: choose(own.2, container.map(|c| c.matrix_coefficients)),
            codec_initialization_data: Vec::new(),
        }
    }
}

/// `chromaSubsampling` of `vpcC`; 4:2:0 is taken to be co-located with luma, as encoders mean it.
fn chroma_subsampling(color: &ColorConfig) -> u8 {
    match (color.subsampling_x, color.subsampling_y) {
        (true, true) => 1,
        (true, false) => 2,
        (false, false) => 3,
        // 4:4:0 has a number that only later versions of the binding name.
        (false, true) => 4,
    }
}

/// Primaries, transfer and matrix of `color_space`, as far as it tells them; 2 is unspecified.
fn code_points(color_space: u8) -> (u8, u8, u8) {
    match color_space {
        1 => (2, 2, 6),  // BT.601, of either raster
        2 => (1, 1, 1),  // BT.709
        3 => (6, 6, 6),  // SMPTE 170M
        4 => (7, 7, 7),  // SMPTE 240M
        5 => (9, 2, 9),  // BT.2020, of any transfer
        7 => (1, 13, 0), // sRGB
        _ => (2, 2, 2),
    }
}

/// The `codecs` parameter (the binding's "Codecs Parameter String"), with all of its fields.
fn codec_string(vpcc: &VpcC) -> String {
    format!(
        "vp09.{:02}.{:02}.{:02}.{:02}.{:02}.{:02}.{:02}.{:02}",
        vpcc.profile,
        vpcc.level,
        vpcc.bit_depth,
        vpcc.chroma_subsampling,
        vpcc.colour_primaries,
        vpcc.transfer_characteristics,
        vpcc.matrix_coefficients,
        u8::from(vpcc.video_full_range_flag)
    )
}
