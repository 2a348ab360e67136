//! A `moov`: its tracks, and their protection.

use super::entry::Entry;
use super::groups;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::isobmff::boxes::{Sgpd, Tkhd, Trex};
use crate::isobmff::{BOX_LIMIT, Body, BoxHeader, FourCC, LoadedBox, RawBox, read_box};

/// A track.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: u32,
    pub(super) entries: Vec<Entry>,
    /// Descriptions of `seig` groups in the `stbl`, which fragments may use too.
    pub(super) groups: Option<Sgpd>,
    pub(super) default_sample_description_index: u32,
    pub(super) default_sample_size: u32,
}

impl Track {
    /// Whether any of its sample entries is protected.
    pub(super) fn is_protected(&self) -> bool {
        self.entries.iter().any(|entry| entry.scheme.is_some())
    }

    /// The entry of a `sample_description_index`, which counts from 1.
    ///
    /// # Errors
    /// `Format` where there is none.
    pub(super) fn entry(&self, index: u32) -> Result<&Entry> {
        let entry = index.checked_sub(1).and_then(|index| self.entries.get(usize::try_from(index).ok()?));
        entry.ok_or_else(|| {
            let (id, count) = (self.id, self.entries.len());
            Error::format(format!("sample_description_index is {index}, track {id} has {count}"))
                .clause("rule ISO-09")
        })
    }
}

/// A `moov` in memory.
#[derive(Debug)]
pub(super) struct Movie {
    /// As it was read.
    pub(super) loaded: LoadedBox,
    /// The same for rewriting.
    pub(super) raw: RawBox,
    /// In the order of their boxes.
    pub(super) tracks: Vec<Track>,
}

impl Movie {
    /// Reads a `moov`.
    ///
    /// # Errors
    /// `Format` where it is broken, `Unsupported` for protection that is not of Common Encryption, `Limit` where it
    /// is too large for memory.
    pub(super) fn read(input: &Input, header: &BoxHeader) -> Result<Movie> {
        let loaded = read_box(input, header, BOX_LIMIT)?;
        let mut raw = RawBox::read(&loaded.as_child())?;
        // Of a box that was not opened this gives the reason.
        for child in loaded.reader().boxes() {
            child?;
        }
        let mut tracks = Vec::new();
        let defaults = defaults(&raw)?;
        let traks = raw.children_mut().into_iter().flatten().filter(|child| child.kind == b"trak");
        for trak in traks {
            let track = track(trak, &defaults).map_err(|e| e.within("moov"))?;
            if tracks.iter().any(|other: &Track| other.id == track.id) {
                let message = format!("two tracks have the ID {}", track.id);
                return Err(Error::format(message).at(trak.offset).within("moov/trak"));
            }
            tracks.push(track);
        }
        Ok(Movie { loaded, raw, tracks })
    }

    /// Whether any track is protected.
    pub(super) fn is_protected(&self) -> bool {
        self.tracks.iter().any(Track::is_protected)
    }

    /// The index of a track.
    ///
    /// # Errors
    /// `Format` where there is none of this ID.
    pub(super) fn index_of(&self, id: u32) -> Result<usize> {
        let index = self.tracks.iter().position(|track| track.id == id);
        index.ok_or_else(|| Error::format(format!("track {id} is not in the `moov`")))
    }
}

/// What `mvex` says for fragments.
fn defaults(moov: &RawBox) -> Result<Vec<Trex>> {
    let mvex = moov.children().iter().filter(|child| child.kind == b"mvex");
    let trex = mvex.flat_map(|mvex| mvex.find_all(b"trex"));
    trex.map(|trex| trex.parse().map_err(|e| e.within("moov/mvex"))).collect()
}

fn track(trak: &mut RawBox, defaults: &[Trex]) -> Result<Track> {
    let Tkhd { track_id: id, .. } = require(trak, b"tkhd")?.parse().map_err(|e| e.within("trak"))?;
    let minf = descend(trak, &[b"mdia", b"minf"])?;
    let elsewhere = elsewhere(minf);
    let stbl = require(minf, b"stbl")?;
    let groups = groups::descriptions(stbl).map_err(|e| e.within("trak/mdia/minf/stbl"))?;
    require(stbl, b"stsd")?;
    let mut entries = Vec::new();
    let stsd = trak.descend_mut(&[b"mdia", b"minf", b"stbl", b"stsd"]);
    if let Some(stsd) = stsd {
        if let Body::Bytes(_) = stsd.body {
            return Err(broken(stsd, 8));
        }
        for entry in stsd.children_mut().into_iter().flatten() {
            let offset = entry.offset;
            let read = Entry::read(entry).map_err(|e| e.at(offset).within("trak/mdia/minf/stbl/stsd"))?;
            if read.scheme.is_some() && elsewhere.contains(&read.data_reference_index) {
                let message = "its samples are in another file; only self-contained files are decrypted";
                return Err(Error::unsupported(message).at(offset).within("trak/mdia/minf/stbl/stsd"));
            }
            entries.push(read);
        }
    }
    let trex = defaults.iter().find(|trex| trex.track_id == id);
    Ok(Track {
        id,
        entries,
        groups,
        default_sample_description_index: trex.map_or(1, |t| t.default_sample_description_index),
        default_sample_size: trex.map_or(0, |t| t.default_sample_size),
    })
}

/// The data references (from 1) that lead to other files.
fn elsewhere(minf: &RawBox) -> Vec<u16> {
    let dref = minf.descend(&[b"dinf", b"dref"]);
    let references = dref.map_or(&[][..], RawBox::children).iter().zip(1..=u16::MAX);
    let other = references.filter(|(reference, _)| {
        matches!(&reference.body, Body::Bytes(bytes) if bytes.get(3).is_some_and(|flags| flags & 1 == 0))
    });
    other.map(|(_, index)| index).collect()
}

fn descend<'a>(from: &'a RawBox, path: &[&[u8; 4]]) -> Result<&'a RawBox> {
    path.iter().try_fold(from, |at, kind| require(at, kind))
}

fn require<'a>(parent: &'a RawBox, kind: &[u8; 4]) -> Result<&'a RawBox> {
    if let Body::Bytes(_) = parent.body {
        return Err(broken(parent, 0));
    }
    parent.find(kind).ok_or_else(|| {
        let message = format!("box `{}` is missing", FourCC(*kind));
        Error::format(message).at(parent.offset).within(parent.kind).clause("rule ISO-04")
    })
}

/// Why a container was not opened; its boxes start behind `prefix` bytes.
fn broken(container: &RawBox, prefix: usize) -> Error {
    let found = container.with_reader(|r| {
        r.skip(prefix)?;
        r.boxes().try_for_each(|child| child.map(drop))
    });
    match found {
        Err(e) => e,
        Ok(()) => Error::format("its boxes can't be read").at(container.offset).within(container.kind),
    }
}
