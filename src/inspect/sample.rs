//! What the views are made from: samples as their container has them, and who looks at them.

use std::sync::Arc;

use serde::Serialize;

use super::av1::{SeenObu, UnitScan};
use crate::cenc::Subsample;
use crate::error::{Error, Result};
use crate::isobmff::FourCC;
use crate::isobmff::boxes::{GroupEntry, SeigEntry};

/// One sample, or one temporal unit of a container that has no samples.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// In the track, from 1.
    pub number: u64,
    /// Number of the movie fragment in the file, from 1; 0 for samples of the movie box.
    pub fragment: u64,
    /// Of its first byte in the file.
    pub offset: u64,
    /// In bytes.
    pub size: u64,
    /// Decode time, in ticks of the track.
    pub time: Option<i64>,
    /// In ticks of the track.
    pub duration: Option<u64>,
    /// Composition time less decode time.
    pub composition_offset: i64,
    /// What the container says of its dependencies.
    pub marks: Option<Marks>,
    /// Sample entry, from 1.
    pub description: u32,
    /// The sample groups it is in.
    pub groups: Vec<Membership>,
    /// How it is protected, where the track is.
    pub protection: Option<Protected>,
    /// Whether it lies behind the end of the file, or in parts.
    pub is_missing: bool,
}

/// What a container says of a sample's dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// A sync sample.
    pub sync: bool,
    /// `sample_depends_on`: 0 unknown, 1 on others, 2 on none.
    pub depends_on: u8,
}

impl Marks {
    pub fn kind(self) -> Kind {
        match (self.sync, self.depends_on) {
            (true, _) => Kind::Sync,
            (false, 2) => Kind::Independent,
            (false, _) => Kind::Dependent,
        }
    }
}

/// What decoding a sample needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing: decoding can start here.
    Sync,
    /// No other sample, yet decoding can't start here.
    #[serde(rename = "indep")]
    Independent,
    /// Other samples.
    #[serde(rename = "dep")]
    Dependent,
}

impl Kind {
    /// The short word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Sync => "sync",
            Kind::Independent => "indep",
            Kind::Dependent => "dep",
        }
    }
}

/// Membership in a sample group.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub grouping_type: FourCC,
    pub parameter: Option<u32>,
    /// As `sbgp` has it.
    pub index: u32,
    /// The description, where it is found.
    pub entry: Option<Arc<GroupEntry>>,
}

impl Membership {
    pub fn seig(&self) -> Option<&SeigEntry> {
        match self.entry.as_deref() {
            Some(GroupEntry::Seig(seig)) => Some(seig),
            _ => None,
        }
    }
}

/// How a sample is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protected {
    /// Whether it is, or left clear in a protected track.
    pub is_protected: bool,
    /// The key.
    pub kid: Option<[u8; 16]>,
    /// The sample's own IV.
    pub iv: Vec<u8>,
    /// Which bytes are clear and which protected; empty where the whole sample is.
    pub map: Vec<Subsample>,
    /// Bytes in clear ranges.
    pub clear: u64,
    /// Bytes in protected ranges.
    pub protected: u64,
    /// Whether an IV and subsamples were found for it, where it must have them.
    pub described: bool,
}

/// The part of a track that one movie fragment holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragment {
    /// Of the `moof`.
    pub offset: u64,
    pub samples: u64,
    /// In ticks.
    pub duration: u64,
    /// Earliest composition time, in ticks.
    pub earliest: i64,
    /// Whether the first sample is marked as a sync sample.
    pub starts_with_sync: bool,
}

/// What of a sample can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Its bytes are not in the file.
    Place,
    /// The tables of the movie box end before it, or can't be read.
    Tables,
    /// Its IV or subsamples.
    Protection,
    /// Its OBUs.
    Obus,
}

/// What is called for everything in a file, in its order. `track` is an index.
pub(crate) trait Visitor {
    /// Whether AV1 samples are to be looked into.
    fn wants_obus(&self) -> bool {
        true
    }

    /// A sample begins; its size may not be known yet.
    fn unit(&mut self, _track: usize, _sample: &Sample) -> Result<()> {
        Ok(())
    }

    /// An OBU of the sample.
    fn obu(&mut self, _seen: &SeenObu<'_>) -> Result<()> {
        Ok(())
    }

    /// A sample is complete.
    fn sample(&mut self, track: usize, sample: &Sample, scan: Option<&UnitScan>) -> Result<()>;

    /// Something of a sample can't be read. It comes before [`Visitor::sample`] of the same sample, which may not come.
    fn broken(&mut self, _track: usize, _sample: &Sample, _part: Broken, _error: &Error) -> Result<()> {
        Ok(())
    }

    /// A track's part of a movie fragment is complete; its samples came before.
    fn fragment(&mut self, _track: usize, _fragment: &Fragment) -> Result<()> {
        Ok(())
    }
}
