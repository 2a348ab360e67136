//! Tracks as the movie box describes them.

use super::entry::{Entry, media};
use crate::error::{Error, Result};
use crate::isobmff::boxes::{Edit, Elng, Elst, Hdlr, Language, Mdhd, Tkhd, Trex};
use crate::isobmff::{Child, Orientation, Reader};

/// More sample entries than any track has.
const ENTRY_LIMIT: usize = 1000;

/// One track.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub id: u32,
    /// `video`, `audio` …, none without the movie box.
    pub media: Option<String>,
    pub timescale: Option<u32>,
    pub language: Option<String>,
    /// As `tkhd` has it, in pixels.
    pub presentation_size: Option<(u32, u32)>,
    /// How `tkhd` turns the picture.
    pub orientation: Option<Orientation>,
    pub edits: Vec<Edit>,
    pub entries: Vec<Entry>,
    pub trex: Trex,
    /// Place in the movie box, counting `trak` boxes from 0.
    pub trak: Option<usize>,
    pub notes: Vec<String>,
    /// What is wrong with its boxes.
    pub error: Option<String>,
}

impl Track {
    /// A track of which only its number is known.
    pub fn unknown(id: u32) -> Self {
        Track {
            id,
            media: None,
            timescale: None,
            language: None,
            presentation_size: None,
            orientation: None,
            edits: Vec::new(),
            entries: Vec::new(),
            trex: Trex { track_id: id, default_sample_description_index: 1, ..Trex::default() },
            trak: None,
            notes: Vec::new(),
            error: None,
        }
    }

    /// Reads the `trak` that is number `index`; what comes behind something broken may be missing.
    pub fn read(trak: &Child<'_>, index: usize) -> Result<Self> {
        let tkhd: Tkhd = trak.reader().require_as()?;
        let mut track = Track::unknown(tkhd.track_id);
        track.trak = Some(index);
        let pixels = |fixed: u32| (fixed >> 16) + u32::from(fixed & 0x8000 != 0);
        if tkhd.width != 0 && tkhd.height != 0 {
            track.presentation_size = Some((pixels(tkhd.width), pixels(tkhd.height)));
        }
        track.orientation = Orientation::of(&tkhd.matrix);
        if let Err(error) = track.read_rest(trak) {
            track.error = Some(error.to_string());
        }
        Ok(track)
    }

    fn read_rest(&mut self, trak: &Child<'_>) -> Result<()> {
        let r = trak.reader();
        if let Some(edts) = r.find(b"edts")? {
            self.edits = edts.reader().find_as::<Elst>()?.map_or_else(Vec::new, |elst| elst.entries);
        }
        let mdia = r.require(b"mdia")?.reader();
        self.media = Some(media(mdia.require_as::<Hdlr>()?.handler_type));
        let mdhd: Mdhd = mdia.require_as()?;
        if mdhd.timescale == 0 {
            self.notes.push("the timescale is 0 (rule ISO-06)".to_owned());
        }
        self.timescale = Some(mdhd.timescale).filter(|timescale| *timescale != 0);
        self.language = match (mdia.find_as::<Elng>()?, mdhd.language) {
            (Some(elng), _) if !elng.extended_language.is_empty() => Some(elng.extended_language),
            (_, Language::Iso(letters)) => Some(Language::Iso(letters).to_string()),
            _ => None,
        };
        self.language = self.language.take().filter(|language| language != "und");
        self.read_entries(&stbl(trak)?)
    }

    fn read_entries(&mut self, stbl: &Reader<'_>) -> Result<()> {
        let mut r = stbl.require(b"stsd")?.reader();
        r.full()?;
        let count = r.u32()? as usize;
        for child in r.boxes().take(ENTRY_LIMIT) {
            self.entries.push(Entry::read(&child?, &mut self.notes));
        }
        if self.entries.len() != count {
            let found = self.entries.len();
            return Err(Error::format(format!("stsd counts {count} sample entries, {found} are there"))
                .clause("rule ISO-09"));
        }
        Ok(())
    }

    /// The entry with this number, from 1.
    pub fn entry(&self, description: u32) -> Option<&Entry> {
        self.entries.get((description as usize).checked_sub(1)?)
    }

    /// Whether it holds AV1 pictures.
    pub fn is_av1(&self) -> bool {
        self.entries.iter().any(|entry| entry.format == b"av01")
    }
}

/// The sample tables of a `trak`.
pub(crate) fn stbl<'a>(trak: &Child<'a>) -> Result<Reader<'a>> {
    let mdia = trak.reader().require(b"mdia")?.reader();
    Ok(mdia.require(b"minf")?.reader().require(b"stbl")?.reader())
}
