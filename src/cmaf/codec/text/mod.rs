//! Timed text: WebVTT becomes `wvtt`, TTML becomes `stpp` (ISO/IEC 14496-30).
//!
//! Text comes from files of all formats of [`crate::formats`] that have times, scripts included, or from a text track
//! of an ISO base media file. [`Source::track`] cuts it at a [`Grid`], the segments of the track that it goes with.
//! WebVTT and TTML are carried on as they are written; other formats go through the model of scripts.

mod demuxed;
mod document;
mod grid;
mod stpp;
#[cfg(test)]
mod tests;
mod webvtt;
mod wvtt;

use encoding_rs::Encoding;

pub(crate) use self::document::Document;
pub use self::grid::Grid;
use self::stpp::Dated;
use self::webvtt::WebVtt;
pub(crate) use self::webvtt::has_timestamps;
use crate::cmaf::{Description, Media, Track};
use crate::control::Control;
use crate::demux::{self, Codec, Container, TrackKind};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::imsc::Conformance;
use crate::formats::{self, Format, LossCode, Losses, Notes, OptionNames, ReadOptions, WriteOptions};
use crate::input::Input;
use crate::ttal::convert::{Conversion, convert, is_script};
use crate::ttal::language;
use crate::ttal::model::{Extensions, Script};
use crate::ttal::source::{Decoding, Source as Decoded};
use crate::ttal::time::MediaTime;

/// The largest file of text that is read.
const MAX_FILE: u64 = 256 << 20;

/// How much of a file is looked at to tell whether it is text.
const PROBED: u64 = 64 << 10;

/// Oddities of an input that are told one by one.
const MAX_NOTES: usize = 10;

/// The formats that hold timed text.
const FORMATS: &[&str] = &["ttal", "dapt", "ttml", "webvtt", "srt"];

/// What the options of readers are called behind an input of `cmaf pack`.
const SETTINGS: OptionNames = OptionNames { encoding: "encoding=", any_kind: None };

/// How text is coded in a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// WebVTT, sample entries `wvtt`.
    Wvtt,
    /// TTML, sample entries `stpp`.
    Stpp,
}

/// What is made of an input.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The language to take of a script in several; the language of a text that does not say its own.
    pub language: Option<String>,
    /// The coding; otherwise `stpp` for TTML and `stpp` tracks, `wvtt` for all others.
    pub coding: Option<Coding>,
    /// The encoding of a file; told from the bytes where it is left out.
    pub encoding: Option<&'static Encoding>,
    /// Takes WebVTT files that hold chapters or metadata.
    pub any_kind: bool,
    /// Moves all times; negative moves them to earlier ones.
    pub shift: Option<MediaTime>,
}

/// Timed text, read and ready to be cut.
#[derive(Debug)]
pub struct Source {
    name: String,
    language: Option<String>,
    text: Text,
    warnings: Vec<String>,
}

#[derive(Debug)]
enum Text {
    WebVtt(WebVtt),
    /// Documents in the order of time; there is at least one.
    Ttml(Vec<Dated>),
}

/// The format of an input that is timed text, by its first bytes, in this encoding if one is given; `None` where it is
/// something else.
///
/// # Errors
/// `Io` where reading fails.
pub fn probe(input: &Input, encoding: Option<&'static Encoding>) -> Result<Option<&'static Format>> {
    let head = input.window().at_most(0, PROBED as usize)?.to_vec();
    let is_known = encoding.is_some() || Encoding::for_bom(&head).is_some();
    if !is_known && head.contains(&0) {
        return Ok(None);
    }
    let head = Decoded::decode(input.name(), head, encoding.map_or(Decoding::Guess, Decoding::As));
    Ok(head.ok().and_then(|head| recognised(head.text())))
}

/// The format of timed text that a text looks like.
fn recognised(text: &str) -> Option<&'static Format> {
    formats::FORMATS.iter().copied().find(|format| FORMATS.contains(&format.name) && (format.probe)(text))
}

impl Source {
    /// Reads a file of timed text, by its content whatever it is called.
    ///
    /// # Errors
    /// - `Format`: it is broken; the message gives line and column.
    /// - `Unsupported`: it is no timed text, or one of images.
    /// - `Usage`: no text is in the language asked for (the message lists those that there are), or it is a WebVTT
    ///   file of chapters or metadata.
    /// - `Limit`: more than 256 MiB.
    pub fn open(input: &Input, options: &Options) -> Result<Self> {
        if input.len() > MAX_FILE {
            let message = format!("{} bytes of text, at most {} MiB are read", input.len(), MAX_FILE >> 20);
            return Err(Error::limit(message).in_file(input.name()));
        }
        let bytes = input.read_vec(0, input.len())?;
        let unknown = || {
            let message =
                "no timed text that is packaged: WebVTT, SubRip, TTML, DAPT or a TTAL script was expected";
            Error::unsupported(message).in_file(input.name())
        };
        let (source, _) =
            formats::open(input.name(), bytes, None, options.encoding).map_err(|e| match e.kind() {
                ErrorKind::Unsupported => unknown(),
                _ => e,
            })?;
        let format = recognised(source.text()).ok_or_else(unknown)?;
        Source::read(&source, format, options).map_err(|e| e.in_file(input.name()))
    }

    fn read(source: &Decoded, format: &'static Format, options: &Options) -> Result<Self> {
        let shift = options.shift.unwrap_or(MediaTime::ZERO);
        let coding = options.coding.unwrap_or(match format.name {
            "ttml" => Coding::Stpp,
            _ => Coding::Wvtt,
        });
        let mut notes = Notes { options: SETTINGS, ..Notes::default() };
        let mut losses = Losses::default();
        let (text, language) = match (format.name, coding) {
            ("webvtt", Coding::Wvtt) => {
                let blocks = formats::webvtt::parts(source, options.any_kind, &mut notes)?;
                let mut text = WebVtt::of(&blocks, source.text());
                text.shift(shift);
                (Text::WebVtt(text), formats::webvtt::language_of(blocks.header).map(str::to_string))
            }
            ("ttml", Coding::Stpp) if !is_draft(source.text()) => {
                let document = Document::read(source, shift)?;
                let language = document.language.clone();
                (Text::Ttml(vec![Dated { begin: MediaTime::ZERO, document }]), language)
            }
            _ => from_script(source, format, coding, options, &mut notes, &mut losses)?,
        };
        if let (Some(wanted), Some(own)) = (&options.language, &language)
            && !language::matches(own, wanted)
            && !language::matches(wanted, own)
        {
            return Err(Error::usage(format!("the text is in `{own}`, not in `{wanted}`")));
        }
        let language = options.language.clone().or(language).filter(|language| !language.is_empty());
        let mut made = Source { name: source.name().to_string(), language, text, warnings: Vec::new() };
        made.tell(&notes, Some(source));
        made.tell_losses(&losses);
        made.settle();
        Ok(made)
    }

    /// Reads a text track (`wvtt`, `stpp`) of an ISO base media file; its edit list is applied.
    ///
    /// # Errors
    /// `Format` where the file or a sample is broken, `Unsupported` for an encrypted track, one of images or edits
    /// that can't be applied, `Limit` where there is too much text, `Interrupted`, `Io`.
    pub fn from_track(mut track: demux::Track, options: &Options, control: &Control) -> Result<Self> {
        let name = track.payload.name().to_string();
        Source::demuxed(&mut track, &name, options, control).map_err(|e| e.in_file(name))
    }

    fn demuxed(track: &mut demux::Track, name: &str, options: &Options, control: &Control) -> Result<Self> {
        if track.protected {
            return Err(Error::unsupported("the track is encrypted; decrypt it first with `cmaf decrypt`"));
        }
        let shift = options.shift.unwrap_or(MediaTime::ZERO);
        let text = match track.kind {
            TrackKind::Coded(Codec::Wvtt) => {
                let mut text = demuxed::wvtt(track, control)?;
                text.shift(shift);
                Text::WebVtt(text)
            }
            TrackKind::Coded(Codec::Stpp) => Text::Ttml(demuxed::stpp(track, name, shift, control)?),
            _ => return Err(Error::usage("not a track of text")),
        };
        let own = match &text {
            Text::Ttml(documents) => documents.first().and_then(|dated| dated.document.language.clone()),
            Text::WebVtt(_) => None,
        };
        let language = options.language.clone().or(track.language.clone()).or(own);
        let mut source = Source { name: name.to_string(), language, text, warnings: track.take_notes() };
        source.recode(options)?;
        source.settle();
        Ok(source)
    }

    /// Brings the text into the coding that is asked for, if it is in the other one.
    fn recode(&mut self, options: &Options) -> Result<()> {
        let (mut notes, mut losses) = (Notes::default(), Losses::default());
        match (&self.text, options.coding) {
            (Text::WebVtt(text), Some(Coding::Stpp)) => {
                let source = Decoded::from_text(&*self.name, text.compose());
                let unmoved = Options { shift: None, ..options.clone() };
                let format = &formats::webvtt::WEBVTT;
                self.text = from_script(&source, format, Coding::Stpp, &unmoved, &mut notes, &mut losses)?.0;
            }
            (Text::Ttml(documents), Some(Coding::Wvtt)) => {
                self.text = Text::WebVtt(to_webvtt(documents, &self.name, &mut notes, &mut losses)?);
            }
            _ => {}
        }
        self.tell(&notes, None);
        self.tell_losses(&losses);
        Ok(())
    }

    /// Puts right what needs no grid.
    fn settle(&mut self) {
        match &mut self.text {
            Text::WebVtt(text) => {
                let empty = text.drop_empty();
                if empty > 0 {
                    self.warnings.push(format!("{empty} cues end before they begin, or at once: left out"));
                }
            }
            Text::Ttml(documents) => {
                if let Err(why) = stpp::conformance(documents) {
                    self.warnings.push(format!(
                        "the text keeps to no text profile of IMSC because of {why}; it is announced as `stpp.ttml`, \
                         which not every player takes"
                    ));
                }
            }
        }
    }

    fn tell(&mut self, notes: &Notes, source: Option<&Decoded>) {
        let told = &notes.notes[..notes.notes.len().min(MAX_NOTES)];
        let offsets: Vec<usize> = told.iter().map(|note| note.offset.unwrap_or(0)).collect();
        let lines = source.map_or_else(Vec::new, |source| source.line_columns(&offsets));
        for (at, note) in told.iter().enumerate() {
            self.warnings.push(match lines.get(at).filter(|_| note.offset.is_some()) {
                Some((line, _)) => format!("line {line}: {}", note.message),
                None => note.message.clone(),
            });
        }
        let more = notes.notes.len() - told.len() + notes.more;
        if more > 0 {
            self.warnings.push(format!("{more} more oddities of this kind; `ttal convert` lists them"));
        }
    }

    /// Tells what viewers could miss; what a script says beside that has no place in subtitles anyway.
    fn tell_losses(&mut self, losses: &Losses) {
        const SEEN: [LossCode; 7] = [
            LossCode::Style,
            LossCode::Ruby,
            LossCode::Pos,
            LossCode::SpanTime,
            LossCode::Forced,
            LossCode::Overlap,
            LossCode::Unmapped,
        ];
        for loss in losses.report() {
            if SEEN.iter().any(|code| code.as_str() == loss.code) {
                self.warnings.push(format!("lost: {} ({})", loss.detail, loss.code));
            }
        }
    }

    /// The language, a BCP 47 tag or what the container says.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// How it will be coded.
    pub fn coding(&self) -> Coding {
        match &self.text {
            Text::WebVtt(_) => Coding::Wvtt,
            Text::Ttml(_) => Coding::Stpp,
        }
    }

    /// When the last cue ends; 0 without any. Paragraphs of TTML without end don't count.
    pub fn end(&self) -> MediaTime {
        match &self.text {
            Text::WebVtt(text) => text.end(),
            Text::Ttml(documents) => {
                documents.iter().map(|dated| dated.document.end()).max().unwrap_or(MediaTime::ZERO)
            }
        }
    }

    /// What was odd about the input, or could not be kept, one line each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Makes the track: samples without a gap over the whole grid, none across a cut.
    ///
    /// # Errors
    /// `Usage` for a grid that does not ascend, `Limit` where so much is shown at once that samples would not end.
    pub fn track(&self, grid: &Grid) -> Result<Track> {
        self.cut(grid).map_err(|e| e.in_file(&*self.name))
    }

    fn cut(&self, grid: &Grid) -> Result<Track> {
        let (start, _) = grid.ends()?;
        let mut warnings = self.warnings.clone();
        let (samples, entry, brand) = match &self.text {
            Text::WebVtt(text) => {
                let samples = wvtt::samples(text, grid, &mut warnings)?;
                (samples, wvtt::entry(text), Some(*b"cwvt"))
            }
            Text::Ttml(documents) => {
                let samples = stpp::samples(documents, grid, &mut warnings)?;
                let conformance = stpp::conformance(documents).ok();
                let brand = conformance.map(|conformance| match conformance {
                    Conformance::Imsc1 => *b"im1t",
                    Conformance::Imsc11 => *b"im2t",
                });
                (samples, stpp::entry(conformance), brand)
            }
        };
        Ok(Track {
            media: Media::Text,
            timescale: grid.timescale,
            start,
            presented_from: 0,
            language: self.language.clone(),
            samples,
            payload: Input::from_bytes(&*self.name, Vec::new()),
            entries: vec![entry],
            groups: Vec::new(),
            presentation_size: (0, 0),
            description: Description::default(),
            brands: brand.into_iter().collect(),
            is_cmaf: true,
            warnings,
        })
    }

    /// The text as one WebVTT file, its times on the presentation's timeline: what HLS takes beside segments. Without
    /// `X-TIMESTAMP-MAP`, time 0 of the file is time 0 of the presentation.
    ///
    /// # Errors
    /// `Format` where TTML can't be understood.
    pub fn sidecar(&self) -> Result<String> {
        match &self.text {
            Text::WebVtt(text) => Ok(text.compose()),
            Text::Ttml(documents) => {
                let text = to_webvtt(documents, &self.name, &mut Notes::default(), &mut Losses::default())?;
                Ok(text.compose())
            }
        }
    }
}

/// Whether a TTML document is in a namespace of its drafts, which players of `stpp` don't know.
fn is_draft(text: &str) -> bool {
    let root = text.split("<tt").nth(1).or_else(|| text.split(":tt").nth(1)).unwrap_or("");
    root.split('>').next().unwrap_or("").contains("/ttaf1")
}

/// Reads a script and makes text in this coding of it, as `ttal convert` does.
fn from_script(
    source: &Decoded,
    format: &'static Format,
    coding: Coding,
    options: &Options,
    notes: &mut Notes,
    losses: &mut Losses,
) -> Result<(Text, Option<String>)> {
    let language = options.language.as_deref().map(Into::into);
    let read = format.read.ok_or_else(|| Error::unsupported(format!("{} is not read", format.title)))?;
    let reading = ReadOptions { language, any_kind: options.any_kind, ..ReadOptions::default() };
    let mut script = read(source, &reading, notes)?;
    losses.extend(std::mem::take(&mut notes.losses));
    // Elsewhere the option names the language of a text that has but one.
    let language = options.language.as_deref().filter(|_| is_script(format)).map(Into::into);
    let write = WriteOptions { language, ..WriteOptions::default() };
    let target = match coding {
        Coding::Wvtt => &formats::webvtt::WEBVTT,
        Coding::Stpp => &formats::imsc::FORMAT,
    };
    let job = Conversion { write: write.clone(), ..Conversion::default() };
    convert(&mut script, &job, format, target, losses)?;
    let language = formats::cues::language_of(&script, &write).to_string();
    let language = Some(language).filter(|language| !language.is_empty());
    let shift = options.shift.unwrap_or(MediaTime::ZERO);
    let text = match coding {
        Coding::Wvtt => {
            let mut text = webvtt_of(&script, &write, losses);
            text.shift(shift);
            Text::WebVtt(text)
        }
        Coding::Stpp => {
            // What brings a file back as it was is nothing to players, and would stand in every segment.
            script.extensions = Extensions::default();
            for event in &mut script.events {
                event.extensions = Extensions::default();
            }
            let mut bytes = Vec::new();
            formats::imsc::write(&script, &write, losses, &mut bytes)?;
            let written = Decoded::decode(source.name(), bytes, Decoding::Strict)?;
            let document = Document::read(&written, shift)?;
            Text::Ttml(vec![Dated { begin: MediaTime::ZERO, document }])
        }
    };
    Ok((text, language))
}

/// The subtitles of a script as WebVTT, with exact times.
fn webvtt_of(script: &Script, options: &WriteOptions, losses: &mut Losses) -> WebVtt {
    let document = formats::webvtt::document(script, options, losses);
    let written = document.head + &document.body;
    let blocks = formats::webvtt::blocks(&written, &mut Notes::default());
    let mut text = WebVtt::of(&blocks, &written);
    if text.cues.len() == document.times.len() {
        for (cue, (begin, end)) in text.cues.iter_mut().zip(document.times) {
            (cue.begin, cue.end) = (begin, end);
        }
    }
    text
}

/// The text of TTML documents as WebVTT; styles of all of them come together.
fn to_webvtt(documents: &[Dated], name: &str, notes: &mut Notes, losses: &mut Losses) -> Result<WebVtt> {
    let mut all: Option<WebVtt> = None;
    for dated in documents {
        let source = Decoded::from_text(name, dated.document.whole());
        let script = formats::ttml::plain::read(&source, &ReadOptions::default(), notes)?;
        let text = webvtt_of(&script, &WriteOptions::default(), losses);
        match &mut all {
            None => all = Some(text),
            Some(all) => {
                for block in text.header.split("\n\n").skip(1) {
                    if !all.header.contains(block) {
                        all.header.extend(["\n\n", block]);
                    }
                }
                all.cues.extend(text.cues);
            }
        }
    }
    let mut all = all.unwrap_or(WebVtt { header: "WEBVTT".into(), cues: Vec::new() });
    all.cues.sort_by_key(|cue| cue.begin);
    Ok(all)
}

/// Makes a text track of its own: cut where the input's samples are cut.
///
/// # Errors
/// As [`Source::from_track`].
pub fn build(track: demux::Track, _: Container, _: &super::Options, control: &Control) -> Result<Track> {
    let timescale = track.timescale.unwrap_or(1000).max(1);
    let source = Source::from_track(track, &Options::default(), control)?;
    let mut grid = Grid { timescale, cuts: vec![0] };
    if let Text::Ttml(documents) = &source.text {
        let begins: Vec<u64> = documents.iter().map(|dated| grid.ticks(dated.begin)).collect();
        grid.cuts.extend(begins);
    }
    grid.cuts.push(grid.ticks(source.end()).max(1));
    grid.cuts.sort_unstable();
    grid.cuts.dedup();
    source.track(&grid)
}
