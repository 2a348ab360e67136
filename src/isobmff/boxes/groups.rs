//! Sample groups: `sgpd` says what a group means, `sbgp` which samples are in it.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::table::{hex, hex_option, list, table_entry};
use crate::isobmff::{FourCC, ParseBox, Reader, Table, WriteBox, Writer};

/// One description of an [`Sgpd`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupEntry {
    /// `roll`: samples from (negative: before) this one until decoding is right.
    Roll {
        /// In samples.
        roll_distance: i16,
    },
    /// `prol`: the same for audio pre-roll.
    Prol {
        /// In samples.
        roll_distance: i16,
    },
    /// `rap `: random access points that are no sync samples.
    Rap {
        /// Whether the number is known.
        num_leading_samples_known: bool,
        /// 7 bits.
        num_leading_samples: u8,
    },
    /// `seig`: the encryption of the samples.
    Seig(SeigEntry),
    /// `av1f`: AV1 forward key frames.
    Av1f {
        /// Samples between this one and the one that shows it; 0 is the next one.
        fwd_distance: u8,
    },
    /// `av1m`: AV1 temporal units of several frames.
    Av1m,
    /// `av1s`: AV1 switch frames.
    Av1s,
    /// `av1M`: AV1 temporal units with metadata.
    #[serde(rename = "av1M")]
    Av1Metadata,
    /// Any other description as its bytes.
    Raw(#[serde(serialize_with = "hex")] Vec<u8>),
}

/// The description of a `seig` group, in place of the track's [`Tenc`](super::Tenc).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeigEntry {
    /// Blocks encrypted in each round of the pattern; 0 without a pattern.
    pub crypt_byte_block: u8,
    /// Blocks left clear in each round.
    pub skip_byte_block: u8,
    /// 1 encrypted, 0 not.
    #[serde(rename = "isProtected")]
    pub is_protected: u8,
    /// 0, 8 or 16.
    #[serde(rename = "Per_Sample_IV_Size")]
    pub per_sample_iv_size: u8,
    /// The key's id.
    #[serde(rename = "KID", serialize_with = "hex")]
    pub kid: [u8; 16],
    /// The IV of all samples, where they have none of their own.
    #[serde(serialize_with = "hex_option", skip_serializing_if = "Option::is_none")]
    pub constant_iv: Option<Vec<u8>>,
}

impl SeigEntry {
    fn len(&self) -> usize {
        20 + self.constant_iv().map_or(0, |iv| 1 + iv.len())
    }

    /// The constant IV where the layout has one.
    fn constant_iv(&self) -> Option<&[u8]> {
        if self.is_protected == 1 && self.per_sample_iv_size == 0 {
            Some(self.constant_iv.as_deref().unwrap_or(&[]))
        } else {
            None
        }
    }
}

impl GroupEntry {
    /// Whether descriptions of the given type tell their own length.
    fn is_known(grouping_type: FourCC) -> bool {
        matches!(
            &grouping_type.0,
            b"roll" | b"prol" | b"rap " | b"seig" | b"av1f" | b"av1m" | b"av1s" | b"av1M"
        )
    }

    /// Reads a description of the given type.
    fn read(grouping_type: FourCC, r: &mut Reader<'_>) -> Result<Self> {
        Ok(match &grouping_type.0 {
            b"roll" => GroupEntry::Roll { roll_distance: r.i16()? },
            b"prol" => GroupEntry::Prol { roll_distance: r.i16()? },
            b"rap " => {
                let byte = r.u8()?;
                GroupEntry::Rap {
                    num_leading_samples_known: byte & 0x80 != 0,
                    num_leading_samples: byte & 0x7f,
                }
            }
            b"seig" => {
                r.skip(1)?;
                let pattern = r.u8()?;
                let (is_protected, per_sample_iv_size, kid) = (r.u8()?, r.u8()?, r.array()?);
                let constant_iv = if is_protected == 1 && per_sample_iv_size == 0 {
                    let len = r.u8()?;
                    Some(r.bytes(len.into())?.to_vec())
                } else {
                    None
                };
                GroupEntry::Seig(SeigEntry {
                    crypt_byte_block: pattern >> 4,
                    skip_byte_block: pattern & 15,
                    is_protected,
                    per_sample_iv_size,
                    kid,
                    constant_iv,
                })
            }
            b"av1f" => GroupEntry::Av1f { fwd_distance: r.u8()? },
            b"av1m" => GroupEntry::Av1m,
            b"av1s" => GroupEntry::Av1s,
            b"av1M" => GroupEntry::Av1Metadata,
            _ => GroupEntry::Raw(r.rest().to_vec()),
        })
    }

    /// Bytes of the description.
    pub fn len(&self) -> usize {
        match self {
            GroupEntry::Roll { .. } | GroupEntry::Prol { .. } => 2,
            GroupEntry::Rap { .. } | GroupEntry::Av1f { .. } => 1,
            GroupEntry::Av1m | GroupEntry::Av1s | GroupEntry::Av1Metadata => 0,
            GroupEntry::Seig(seig) => seig.len(),
            GroupEntry::Raw(bytes) => bytes.len(),
        }
    }

    /// Whether the description has no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn write(&self, w: &mut Writer) {
        match self {
            GroupEntry::Roll { roll_distance } | GroupEntry::Prol { roll_distance } => w.i16(*roll_distance),
            GroupEntry::Rap { num_leading_samples_known, num_leading_samples } => {
                w.u8(u8::from(*num_leading_samples_known) << 7 | num_leading_samples & 0x7f);
            }
            GroupEntry::Seig(seig) => {
                w.u8(0);
                w.u8(seig.crypt_byte_block << 4 | seig.skip_byte_block & 15);
                w.u8(seig.is_protected);
                w.u8(seig.per_sample_iv_size);
                w.bytes(&seig.kid);
                if let Some(iv) = seig.constant_iv() {
                    w.u8(iv.len() as u8);
                    w.bytes(iv);
                }
            }
            GroupEntry::Av1f { fwd_distance } => w.u8(*fwd_distance),
            GroupEntry::Av1m | GroupEntry::Av1s | GroupEntry::Av1Metadata => {}
            GroupEntry::Raw(bytes) => w.bytes(bytes),
        }
    }
}

/// `sgpd`: the descriptions of one type of sample group.
///
/// Version 0 is read as far as its descriptions tell their own length; version 1 or 2 is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sgpd {
    /// What is described.
    pub grouping_type: FourCC,
    /// Version 2: the description (from 1) of samples that no `sbgp` names; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_group_description_index: Option<u32>,
    /// Referred to by number, from 1.
    #[serde(serialize_with = "list")]
    pub entries: Vec<GroupEntry>,
}

/// More descriptions than a `sbgp` can name: from 0x10001 on its numbers mean those of a fragment.
const MAX_ENTRIES: u32 = 0xffff;

impl Sgpd {
    fn default_length(&self) -> u32 {
        let first = self.entries.first().map_or(0, GroupEntry::len);
        let same = self.entries.iter().all(|entry| entry.len() == first);
        if same { u32::try_from(first).unwrap_or(0) } else { 0 }
    }

    /// Bytes of the whole box.
    pub fn size(&self) -> u64 {
        let each = if self.default_length() == 0 { 4 } else { 0 };
        let entries: u64 = self.entries.iter().map(|entry| entry.len() as u64 + each).sum();
        24 + if self.default_group_description_index.is_some() { 4 } else { 0 } + entries
    }

    /// Reads what is behind version, flags and grouping type.
    fn read(r: &mut Reader<'_>, grouping_type: FourCC, has_length: bool, has_index: bool) -> Result<Self> {
        let default_length = if has_length { Some(r.u32()?) } else { None };
        let default_group_description_index = if has_index { Some(r.u32()?) } else { None };
        let entry_count = r.u32()?;
        if entry_count > MAX_ENTRIES {
            let message = format!("{entry_count} entries, at most {MAX_ENTRIES} were expected");
            return Err(r.error(message).clause("rule ISO-18"));
        }
        match default_length {
            Some(0) => r.count(entry_count, 4)?,
            Some(length) => r.count(entry_count, length as usize)?,
            // One description without bytes makes sense, several don't.
            None => r.count(entry_count.saturating_sub(1), 1)?,
        };
        let mut entries = Vec::new();
        for index in 0..entry_count {
            let length = match default_length {
                Some(0) => Some(r.u32()?),
                // Descriptions of a type that is not known here are taken to be of one length.
                None if !GroupEntry::is_known(grouping_type) => {
                    u32::try_from(r.remaining()).ok().map(|left| left / (entry_count - index))
                }
                other => other,
            };
            let entry = match length {
                None => GroupEntry::read(grouping_type, r)?,
                Some(length) => {
                    let at = r.position();
                    let bytes = r.bytes(length as usize)?;
                    let mut inner = Reader::new(bytes, at).with_path(r.path());
                    let entry = GroupEntry::read(grouping_type, &mut inner)?;
                    // A longer description is of a later edition: kept whole.
                    if inner.is_empty() { entry } else { GroupEntry::Raw(bytes.to_vec()) }
                }
            };
            entries.push(entry);
        }
        Ok(Sgpd { grouping_type, default_group_description_index, entries })
    }
}

impl<'a> ParseBox<'a> for Sgpd {
    const KIND: FourCC = FourCC(*b"sgpd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full_up_to(2)?.version;
        let grouping_type = r.fourcc()?;
        if version < 2 {
            return Sgpd::read(r, grouping_type, version == 1, false);
        }
        // Version 2 has the default length only since a later edition of the standard.
        let mut later = *r;
        match Sgpd::read(&mut later, grouping_type, true, true) {
            Ok(sgpd) if later.is_empty() => {
                *r = later;
                Ok(sgpd)
            }
            result => {
                let mut earlier = *r;
                match Sgpd::read(&mut earlier, grouping_type, false, true) {
                    Ok(sgpd) if earlier.is_empty() => {
                        *r = earlier;
                        Ok(sgpd)
                    }
                    _ => result,
                }
            }
        }
    }
}

impl WriteBox for Sgpd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let default_length = self.default_length();
        w.full_header(if self.default_group_description_index.is_some() { 2 } else { 1 }, 0);
        w.fourcc(self.grouping_type);
        w.u32(default_length);
        if let Some(index) = self.default_group_description_index {
            w.u32(index);
        }
        w.count(self.entries.len());
        for entry in &self.entries {
            if default_length == 0 {
                w.count(entry.len());
            }
            entry.write(w);
        }
    }
}

table_entry! {
    /// A run of samples in one group.
    pub struct SbgpEntry {
        /// Samples in the run.
        pub sample_count: u32,
        /// Description, from 1; from 0x10001 for one in the same track fragment; 0 for none.
        pub group_description_index: u32,
    }
}

/// `sbgp`: which samples are in which group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sbgp<'a> {
    /// Which `sgpd` is meant.
    pub grouping_type: FourCC,
    /// Version 1: tells boxes of one type apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grouping_type_parameter: Option<u32>,
    /// Runs, in decoding order.
    pub entries: Table<'a, SbgpEntry>,
}

impl Sbgp<'_> {
    /// Bytes of the whole box with `entry_count` runs.
    pub fn size_of(has_parameter: bool, entry_count: u32) -> u64 {
        20 + if has_parameter { 4 } else { 0 } + 8 * u64::from(entry_count)
    }
}

impl Sbgp<'static> {
    /// Folds each sample's description index (0 for none) into runs.
    pub fn from_indices(
        grouping_type: impl Into<FourCC>,
        grouping_type_parameter: Option<u32>,
        indices: impl IntoIterator<Item = u32>,
    ) -> Self {
        let mut runs: Vec<SbgpEntry> = Vec::new();
        for group_description_index in indices {
            match runs.last_mut() {
                Some(run)
                    if run.group_description_index == group_description_index
                        && run.sample_count < u32::MAX =>
                {
                    run.sample_count += 1;
                }
                _ => runs.push(SbgpEntry { sample_count: 1, group_description_index }),
            }
        }
        let entries = Table::from_entries(runs);
        Sbgp { grouping_type: grouping_type.into(), grouping_type_parameter, entries }
    }
}

impl<'a> ParseBox<'a> for Sbgp<'a> {
    const KIND: FourCC = FourCC(*b"sbgp");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full_up_to(1)?.version;
        let grouping_type = r.fourcc()?;
        let grouping_type_parameter = if version == 1 { Some(r.u32()?) } else { None };
        let count = r.u32()?;
        Ok(Sbgp { grouping_type, grouping_type_parameter, entries: r.table(count)? })
    }
}

impl WriteBox for Sbgp<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"sbgp")
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(self.grouping_type_parameter.is_some().into(), 0);
        w.fourcc(self.grouping_type);
        if let Some(parameter) = self.grouping_type_parameter {
            w.u32(parameter);
        }
        w.count(self.entries.len());
        w.table(&self.entries);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip, unhex};
    use super::*;

    fn check(sgpd: &Sgpd) {
        reread(sgpd);
        assert_eq!(Writer::single(sgpd).len() as u64, sgpd.size());
    }

    #[test]
    fn sgpd_layout() {
        let sgpd: Sgpd = roundtrip("0000001c 73677064 01000000 726f6c6c 00000002 00000002 ffff fffe");
        let roll = |roll_distance| GroupEntry::Roll { roll_distance };
        assert_eq!(sgpd.entries, [roll(-1), roll(-2)]);
        let sgpd: Sgpd = roundtrip("0000001c 73677064 01000000 6176316d 00000000 00000001 00000000");
        assert_eq!(sgpd.entries, [GroupEntry::Av1m]);
        let sgpd: Sgpd = roundtrip("0000001d 73677064 02000000 61763166 00000001 00000001 00000001 07");
        assert_eq!(sgpd.entries, [GroupEntry::Av1f { fwd_distance: 7 }]);
        for (kind, entry) in [
            (b"prol", GroupEntry::Prol { roll_distance: -3 }),
            (b"rap ", GroupEntry::Rap { num_leading_samples_known: true, num_leading_samples: 5 }),
            (b"av1s", GroupEntry::Av1s),
            (b"av1M", GroupEntry::Av1Metadata),
            (b"xxxx", GroupEntry::Raw(vec![1, 2, 3])),
        ] {
            let default_group_description_index = None;
            check(&Sgpd {
                grouping_type: kind.into(),
                default_group_description_index,
                entries: vec![entry],
            });
        }
    }

    #[test]
    fn seig_with_and_without_constant_iv() {
        let constant = SeigEntry {
            crypt_byte_block: 1,
            skip_byte_block: 9,
            is_protected: 1,
            per_sample_iv_size: 0,
            kid: [7; 16],
            constant_iv: Some(vec![3; 16]),
        };
        let clear = SeigEntry { is_protected: 0, constant_iv: None, kid: [0; 16], ..constant.clone() };
        let entries = vec![GroupEntry::Seig(constant), GroupEntry::Seig(clear)];
        let grouping_type = FourCC(*b"seig");
        check(&Sgpd { grouping_type, default_group_description_index: None, entries: entries.clone() });
        check(&Sgpd {
            grouping_type,
            default_group_description_index: Some(1),
            entries: entries[..1].to_vec(),
        });
    }

    #[test]
    fn earlier_editions() {
        let bytes = unhex("00000000 726f6c6c 00000002 ffff fffe");
        assert_eq!(Sgpd::parse(&mut Reader::new(&bytes, 0)).unwrap().entries.len(), 2);
        let bytes = unhex("02000000 726f6c6c 00000001 00000001 ffff");
        let sgpd = Sgpd::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!((sgpd.entries.len(), sgpd.default_group_description_index), (1, Some(1)));
    }

    #[test]
    fn hostile_counts() {
        for hex in [
            "00000000 61763173 ffffffff",
            "00000000 61763173 00000002",
            "02000000 00000000 00000000 00003200",
            "01000000 61763173 00000000 ffffffff",
            "01000000 61763173 ffffffff ffffffff",
            "02000000 61763173 00000001 ffffffff 00",
        ] {
            assert!(Sgpd::parse(&mut Reader::new(&unhex(hex), 0)).is_err(), "{hex}");
        }
    }

    #[test]
    fn sbgp_folds_runs() {
        let sbgp = Sbgp::from_indices(b"av1M", Some(1 << 24), [0, 1, 1, 0]);
        assert_eq!(sbgp.entries.len(), 3);
        let bytes = Writer::single(&sbgp);
        assert_eq!(bytes.len() as u64, Sbgp::size_of(true, 3));
        assert_eq!(Sbgp::parse(&mut Reader::new(&bytes[8..], 8)).unwrap(), sbgp);
        let bytes = unhex("00000000 726f6c6c 00000001 00000005 00010001");
        let sbgp = Sbgp::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(sbgp.entries.get(0).unwrap().group_description_index, 0x10001);
        assert_eq!(Writer::single(&sbgp)[8..], bytes);
    }
}
