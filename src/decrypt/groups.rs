//! `seig` sample groups: protection that changes within a track.

use super::entry::{Entry, Protection, of_group};
use crate::error::{Error, Result};
use crate::isobmff::boxes::{GroupEntry, Sbgp, SbgpEntry, Sgpd};
use crate::isobmff::{Boxes, Child, RawBox, Table};

const SEIG: &[u8; 4] = b"seig";

/// Descriptions from here on are those of the track fragment itself.
const LOCAL: u32 = 0x1_0000;

/// The `seig` descriptions in an `stbl`.
///
/// # Errors
/// `Format` where they are broken.
pub(super) fn descriptions(stbl: &RawBox) -> Result<Option<Sgpd>> {
    let sgpd = stbl.find_all(b"sgpd").find(|sgpd| sgpd.payload().get(4..8) == Some(SEIG));
    sgpd.map(RawBox::parse).transpose()
}

/// The `seig` groups of a track fragment, or of a track without fragments.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups<'a> {
    movie: Option<&'a Sgpd>,
    local: Option<Sgpd>,
    runs: Table<'a, SbgpEntry>,
    mapped: bool,
}

impl<'a> Groups<'a> {
    /// Takes the groups from the boxes of a `traf` (`local`) or an `stbl`; `movie` has the descriptions of the `stbl`.
    ///
    /// # Errors
    /// `Format` where they are broken.
    pub(super) fn read(boxes: Boxes<'a>, movie: Option<&'a Sgpd>, local: bool) -> Result<Groups<'a>> {
        let mut groups = Groups { movie, ..Groups::default() };
        for child in boxes {
            let child: Child<'a> = child?;
            let is_seig = child.payload().get(4..8) == Some(SEIG);
            match &child.kind().0 {
                b"sgpd" if is_seig && local => groups.local = Some(child.parse()?),
                b"sbgp" if is_seig && !groups.mapped => {
                    groups.runs = child.parse::<Sbgp<'a>>()?.entries;
                    groups.mapped = true;
                }
                b"csgp" if is_seig => {
                    return Err(Error::unsupported("compact groups of protected samples are not read")
                        .at(child.header.offset)
                        .within(child.path()));
                }
                _ => {}
            }
        }
        Ok(groups)
    }

    /// Walks over the samples, in decoding order.
    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor { groups: self, next: 0, left: 0, index: 0, last: None }
    }

    fn entries(sgpd: Option<&Sgpd>) -> Option<&[GroupEntry]> {
        sgpd.map(|sgpd| sgpd.entries.as_slice())
    }

    /// What an index of `sbgp` means; `Ok(None)` for the entry's own defaults.
    fn description(&self, index: u32) -> Result<Option<&GroupEntry>> {
        let (list, number) = match index {
            0 => {
                let default = |sgpd: Option<&Sgpd>| {
                    sgpd.and_then(|sgpd| sgpd.default_group_description_index).filter(|index| *index != 0)
                };
                if let Some(number) = default(self.local.as_ref()) {
                    (Groups::entries(self.local.as_ref()), number)
                } else if let Some(number) = default(self.movie) {
                    (Groups::entries(self.movie), number)
                } else {
                    return Ok(None);
                }
            }
            _ if index > LOCAL => (Groups::entries(self.local.as_ref()), index - LOCAL),
            // Writers of old numbered the descriptions of the fragment from 1.
            _ => (Groups::entries(self.movie.or(self.local.as_ref())), index),
        };
        let found = list.and_then(|list| list.get(usize::try_from(number).ok()?.checked_sub(1)?));
        match found {
            Some(entry) => Ok(Some(entry)),
            None => {
                Err(Error::format(format!("`seig` description {index} is missing")).clause("rule ENC-31"))
            }
        }
    }
}

/// See [`Groups::cursor`].
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    groups: &'a Groups<'a>,
    next: usize,
    left: u32,
    index: u32,
    /// What the index of the sample before meant.
    last: Option<(u32, Option<Protection>)>,
}

impl Cursor<'_> {
    /// How the next sample is protected, whose sample entry is `entry` and has the defaults `default`.
    ///
    /// # Errors
    /// `Format` where a description is missing or broken.
    pub(super) fn next(&mut self, entry: &Entry, default: Option<Protection>) -> Result<Option<Protection>> {
        while self.left == 0 {
            match self.groups.runs.get(self.next) {
                Some(run) => {
                    (self.left, self.index) = (run.sample_count, run.group_description_index);
                    self.next += 1;
                }
                None => (self.left, self.index) = (u32::MAX, 0),
            }
        }
        self.left -= 1;
        let Some(scheme) = entry.scheme else { return Ok(None) };
        if let Some((index, protection)) = self.last
            && index == self.index
        {
            return Ok(protection);
        }
        let protection = match self.groups.description(self.index)? {
            None => return Ok(default),
            Some(GroupEntry::Seig(seig)) => of_group(seig, scheme)?,
            Some(_) => return Err(Error::unsupported("a `seig` description of a later edition")),
        };
        self.last = Some((self.index, protection));
        Ok(protection)
    }
}
