//! IVs and subsamples of protected samples: from `senc`, or from where `saiz` and `saio` say.

use crate::cenc::Subsample;
use crate::error::{Error, Result};
use crate::input::{Input, Window};
use crate::isobmff::boxes::{Saio, Saiz, Senc, SencEntries, SubsampleEntry};
use crate::isobmff::{Reader, Table, TableEntry};

/// What one sample has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AuxInfo {
    pub iv: Vec<u8>,
    pub map: Vec<Subsample>,
    pub clear: u64,
    pub protected: u64,
}

impl AuxInfo {
    fn new(iv: &[u8], subsamples: &Table<'_, SubsampleEntry>) -> Self {
        let mut info = AuxInfo { iv: iv.to_vec(), ..AuxInfo::default() };
        for subsample in subsamples.iter() {
            info.map.push(Subsample {
                clear: subsample.bytes_of_clear_data,
                protected: subsample.bytes_of_protected_data,
            });
            info.clear += u64::from(subsample.bytes_of_clear_data);
            info.protected += u64::from(subsample.bytes_of_protected_data);
        }
        info
    }
}

/// The boxes that hold or find the information.
#[derive(Debug)]
pub(super) enum AuxBoxes<'a> {
    Senc { senc: Senc<'a>, iv_size: Option<u8> },
    Saio { saiz: Saiz<'a>, saio: Saio, base: u64 },
}

impl<'a> AuxBoxes<'a> {
    /// Looks for them in a `traf` or `stbl`; offsets count from `base`.
    ///
    /// # Errors
    /// `Format` where they are broken.
    pub fn find(r: &Reader<'a>, base: u64) -> Result<Option<Self>> {
        let mut saiz = None;
        let mut saio = None;
        for child in r.boxes() {
            let child = child?;
            let piff = child.header.uuid == Some(Senc::PIFF_UUID);
            match &child.kind().0 {
                b"senc" => {
                    let senc: Senc<'a> = child.parse()?;
                    let iv_size = senc.guess_iv_size();
                    return Ok(Some(AuxBoxes::Senc { senc, iv_size }));
                }
                b"uuid" if piff => {
                    let senc = Senc::parse_piff(&mut child.reader())?;
                    let iv_size = senc.piff_override.map(|o| o.iv_size).or_else(|| senc.guess_iv_size());
                    return Ok(Some(AuxBoxes::Senc { senc, iv_size }));
                }
                b"saiz" if saiz.is_none() => {
                    saiz = Some(child.parse::<Saiz<'a>>()?).filter(|saiz| is_cenc(saiz.aux_info_type));
                }
                b"saio" if saio.is_none() => {
                    saio = Some(child.parse::<Saio>()?).filter(|saio| is_cenc(saio.aux_info_type));
                }
                _ => {}
            }
        }
        Ok(saiz.zip(saio).map(|(saiz, saio)| AuxBoxes::Saio { saiz, saio, base }))
    }

    /// Reads from the first sample on.
    pub fn reader(&self, input: &Input) -> AuxReader<'_> {
        match self {
            AuxBoxes::Senc { senc, iv_size } => {
                AuxReader::Senc { entries: senc.entries(iv_size.unwrap_or(0)), iv_size: *iv_size }
            }
            AuxBoxes::Saio { saiz, saio, base } => AuxReader::Saio {
                saiz,
                saio,
                base: *base,
                window: Box::new(input.window()),
                index: 0,
                run: None,
                at: 0,
            },
        }
    }
}

fn is_cenc(kind: Option<crate::isobmff::boxes::AuxInfoType>) -> bool {
    let schemes: [&[u8; 4]; 4] = [b"cenc", b"cbcs", b"cens", b"cbc1"];
    kind.is_none_or(|kind| schemes.iter().any(|scheme| kind.aux_info_type == **scheme))
}

/// Gives the information of one sample after the other.
pub(super) enum AuxReader<'a> {
    Senc {
        entries: SencEntries<'a>,
        /// For want of a better.
        iv_size: Option<u8>,
    },
    Saio {
        saiz: &'a Saiz<'a>,
        saio: &'a Saio,
        base: u64,
        window: Box<Window>,
        index: u32,
        run: Option<usize>,
        at: u64,
    },
}

impl AuxReader<'_> {
    /// The information of the next sample, which is in chunk or run number `run`, from 0.
    ///
    /// # Errors
    /// `Format` where it is broken; there is no more then.
    pub fn next(&mut self, iv_size: Option<u8>, run: usize) -> Result<Option<AuxInfo>> {
        match self {
            AuxReader::Senc { entries, iv_size: guessed } => {
                let entry = entries.next_with(iv_size.or(*guessed).unwrap_or(0)).transpose()?;
                Ok(entry.map(|entry| AuxInfo::new(entry.initialization_vector, &entry.subsamples)))
            }
            AuxReader::Saio { saiz, saio, base, window, index, run: last, at } => {
                let Some(size) = saiz.get(*index) else { return Ok(None) };
                *index += 1;
                if last.is_none() || saio.offset.len() > 1 && *last != Some(run) {
                    let number = if saio.offset.len() > 1 { run } else { 0 };
                    let Some(offset) = saio.offset.get(number) else { return Ok(None) };
                    *at = base.saturating_add(*offset);
                    *last = Some(run);
                }
                if size == 0 {
                    return Ok(None);
                }
                let place = |error: Error| error.within("saio");
                let bytes = window.bytes(*at, size.into()).map_err(place)?;
                let mut r = Reader::new(bytes, *at);
                // Subsamples take a multiple of 6, IVs 8 or 16: for want of a `tenc` the rest tells.
                let guess =
                    [8u8, 16, 0].into_iter().find(|iv| size == *iv || size > *iv && (size - *iv) % 6 == 2);
                let iv = r.bytes(iv_size.or(guess).unwrap_or(0).into()).map_err(place)?;
                let mut info = AuxInfo { iv: iv.to_vec(), ..AuxInfo::default() };
                if !r.is_empty() {
                    let count = r.u16().map_err(place)?;
                    info = AuxInfo::new(iv, &r.table(count.into()).map_err(place)?);
                }
                *at += u64::from(size);
                Ok(Some(info))
            }
        }
    }
}

const _: () = assert!(SubsampleEntry::SIZE == 6);
