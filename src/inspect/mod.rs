//! Looking into files: what a person wants to know first, and lists of boxes, samples and OBUs.
//!
//! [`summary`] gives a [`Summary`], which prints as text and serializes as JSON. [`boxes`], [`samples`] and [`obus`]
//! write a list while they read, so that memory does not grow with it. Each of them writes one file; a [`Report`]
//! puts several into one text or one JSON document. `docs/json.md` describes the JSON.
//!
//! A broken file gives what could be read of it, and the first error. No key is needed for anything here: what
//! [`samples`] and [`obus`] show of AV1 stays clear in encrypted tracks.
//!
//! ```no_run
//! use showpack::control::Control;
//! use showpack::{Input, inspect};
//!
//! let input = Input::open("movie.mp4")?;
//! let summary = inspect::summary(&input, &inspect::Options::default(), &Control::new())?;
//! for track in &summary.tracks {
//!     println!("{} {}", track.kind, track.samples);
//! }
//! # Ok::<(), showpack::Error>(())
//! ```

pub mod align;
pub(crate) mod av1;
mod boxes;
pub(crate) mod mp4;
mod names;
mod obus;
mod output;
mod report;
pub(crate) mod sample;
mod samples;
mod source;
mod summary;
mod text;
mod totals;

use std::fmt;
use std::io::Write;

use crate::control::Control;
use crate::demux::Container;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::isobmff::top_level;

use self::output::{Output, Separated};
use self::source::Source;

pub use report::{
    Audio, BitRate, BrandSummary, ColourSummary, ContentLightSummary, Delayed, DynamicMetadata, Encryption,
    Form, Fragments, FrameRateSummary, GroupSummary, IndexSummary, KeySystem, KeyUse, Layers,
    MasteringDisplay, OperatingPointSummary, RandomAccess, Summary, TrackSummary, Video,
};
pub use sample::Kind;

/// How to read a file.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The init segment of a media segment. A file with a movie box of its own does not need it.
    pub init: Option<Input>,
    /// Takes the file as this container whatever it looks like.
    pub container: Option<Container>,
}

/// How to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// See [`summary`].
    Summary,
    /// See [`boxes`].
    Boxes,
    /// See [`samples`].
    Samples,
    /// See [`obus`].
    Obus,
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            View::Summary => "summary",
            View::Boxes => "boxes",
            View::Samples => "samples",
            View::Obus => "obus",
        })
    }
}

/// Reads what a person wants to know of a file first.
///
/// What is broken is in [`Summary::error`], with what could be read around it.
///
/// # Errors
/// `Format` or `Unsupported` where the container is not known or nothing can be read, `Io`, `Interrupted`.
pub fn summary(input: &Input, options: &Options, control: &Control) -> Result<Summary> {
    let mut source = Source::open(input, options.init.as_ref(), options.container)?;
    summary::summarize(input, &mut source, control)
}

/// Writes the tree of boxes of an ISO base media file with fields and offsets.
///
/// # Errors
/// `Unsupported` where the file has no boxes, `Format` for the first box that is wrong, after all were written; `Io`.
pub fn boxes(input: &Input, format: Format, out: &mut dyn Write) -> Result<()> {
    boxes::write(input, &mut Output::new(out, format))
}

/// Writes a table of all samples.
///
/// # Errors
/// As [`summary`]; the first thing that is wrong in the file, after all that could be read was written.
pub fn samples(
    input: &Input,
    options: &Options,
    format: Format,
    out: &mut dyn Write,
    control: &Control,
) -> Result<()> {
    samples::write(input, options, &mut Output::new(out, format), control)
}

/// Writes the OBUs of all AV1 tracks, by temporal unit.
///
/// # Errors
/// As [`samples`]; `Unsupported` where there is no AV1 track.
pub fn obus(
    input: &Input,
    options: &Options,
    format: Format,
    out: &mut dyn Write,
    control: &Control,
) -> Result<()> {
    obus::write(input, options, &mut Output::new(out, format), control)
}

/// What an input is to the media segments behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A movie box and no media: it can stand as [`Options::init`].
    Init,
    /// Fragments and no movie box.
    Segment,
    /// Anything else.
    Other,
}

/// Tells init segments and media segments apart.
///
/// # Errors
/// `Io`.
pub fn part(input: &Input) -> Result<Part> {
    let (mut has_movie, mut has_media, mut has_fragments) = (false, false, false);
    if mp4::starts_with_box(input) {
        for header in top_level(input).lenient() {
            match &header?.kind.0 {
                b"moov" => has_movie = true,
                b"moof" => has_fragments = true,
                b"mdat" => has_media = true,
                _ => {}
            }
        }
    }
    Ok(match (has_movie, has_fragments, has_media) {
        (true, false, false) => Part::Init,
        (false, true, _) => Part::Segment,
        _ => Part::Other,
    })
}

/// Writes one view of several files as one text or one JSON document.
pub struct Report<'a> {
    out: &'a mut dyn Write,
    view: View,
    format: Format,
    files: usize,
}

impl<'a> Report<'a> {
    /// Starts a document.
    ///
    /// # Errors
    /// `Io` where writing fails.
    pub fn new(out: &'a mut dyn Write, view: View, format: Format) -> Result<Self> {
        if format == Format::Json {
            writeln!(out, "{{\"version\":1,\"view\":\"{view}\",\"files\":[").map_err(output::cannot_write)?;
        }
        Ok(Report { out, view, format, files: 0 })
    }

    /// Adds a file.
    ///
    /// # Errors
    /// What is wrong with the file, which is a part of the document too; `Io` where writing fails.
    pub fn file(&mut self, input: &Input, options: &Options, control: &Control) -> Result<()> {
        let separator = self.separator();
        let mut out = Separated::new(self.out, separator);
        let result = match self.view {
            View::Summary => write_summary(input, options, self.format, &mut out, control),
            View::Boxes => boxes(input, self.format, &mut out),
            View::Samples => samples(input, options, self.format, &mut out, control),
            View::Obus => obus(input, options, self.format, &mut out, control),
        };
        self.files += usize::from(out.has_begun());
        self.out.flush().map_err(output::cannot_write)?;
        result
    }

    /// Adds a file that could not be opened.
    ///
    /// # Errors
    /// `Io` where writing fails.
    pub fn unopened(&mut self, name: &str, error: &Error) -> Result<()> {
        let separator = self.separator();
        let mut out = Separated::new(self.out, separator);
        Output::new(&mut out, self.format).failed(name, error)?;
        self.files += usize::from(out.has_begun());
        Ok(())
    }

    /// What goes before the next file.
    fn separator(&self) -> &'static str {
        match self.format {
            _ if self.files == 0 => "",
            Format::Text => "\n",
            Format::Json => ",\n",
        }
    }

    /// Ends the document.
    ///
    /// # Errors
    /// `Io` where writing fails.
    pub fn finish(self) -> Result<()> {
        if self.format == Format::Json {
            self.out.write_all(b"\n]}\n").map_err(output::cannot_write)?;
        }
        self.out.flush().map_err(output::cannot_write)
    }
}

fn write_summary(
    input: &Input,
    options: &Options,
    format: Format,
    out: &mut dyn Write,
    control: &Control,
) -> Result<()> {
    let mut out = Output::new(out, format);
    match summary(input, options, control) {
        Ok(summary) => {
            match format {
                Format::Text => out.text(format_args!("{summary}"))?,
                Format::Json => out.pretty(&summary)?,
            }
            summary.error.map_or(Ok(()), Err)
        }
        Err(error) => {
            out.failed(input.name(), &error)?;
            Err(error)
        }
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("view", &self.view)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
