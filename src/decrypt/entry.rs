//! Sample entries: how they are protected, and what they were before.

use crate::cenc::{Iv, KeyId, Pattern, Scheme};
use crate::error::{Error, Result};
use crate::isobmff::boxes::{Frma, PiffOverride, Schm, SeigEntry, Tenc};
use crate::isobmff::{Body, FourCC, RawBox, Reader};

/// How a sample is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Protection {
    pub(super) scheme: Scheme,
    pub(super) pattern: Pattern,
    pub(super) kid: KeyId,
    /// Bytes of the IV that each sample has, 0 where all have [`constant_iv`](Self::constant_iv).
    pub(super) iv_size: u8,
    pub(super) constant_iv: Option<Iv>,
}

/// The values that `tenc` and `seig` have in common.
struct Values<'a> {
    crypt: u8,
    skip: u8,
    is_protected: u8,
    iv_size: u8,
    kid: [u8; 16],
    constant_iv: Option<&'a [u8]>,
}

impl Values<'_> {
    /// `None` for samples that are clear.
    fn protection(&self, scheme: Scheme) -> Result<Option<Protection>> {
        let fail = |message: String| Err(Error::format(message).clause("rule ENC-02"));
        match self.is_protected {
            0 => return Ok(None),
            1 => {}
            other => return fail(format!("isProtected is {other}, 0 or 1 was expected")),
        }
        let pattern = Pattern::new(self.crypt, self.skip)?;
        if !scheme.has_pattern() && pattern != Pattern::NONE {
            let message = format!("pattern {pattern} under {scheme}, which has none");
            return Err(Error::format(message).clause("rule ENC-06"));
        }
        let constant_iv = match (self.iv_size, self.constant_iv) {
            (0, Some(iv)) => Some(Iv::from_bytes(iv)?),
            (0, None) => return fail("neither an IV per sample nor a constant one".into()),
            (8 | 16, _) => None,
            (size, _) => return fail(format!("Per_Sample_IV_Size is {size}, 0, 8 or 16 was expected")),
        };
        let kid = KeyId(self.kid);
        Ok(Some(Protection { scheme, pattern, kid, iv_size: self.iv_size, constant_iv }))
    }
}

/// What a `seig` description says of its samples; `None` where they are clear.
///
/// # Errors
/// `Format` where its values make no sense.
pub(super) fn of_group(seig: &SeigEntry, scheme: Scheme) -> Result<Option<Protection>> {
    let values = Values {
        crypt: seig.crypt_byte_block,
        skip: seig.skip_byte_block,
        is_protected: seig.is_protected,
        iv_size: seig.per_sample_iv_size,
        kid: seig.kid,
        constant_iv: seig.constant_iv.as_deref(),
    };
    values.protection(scheme).map_err(|e| e.within("seig"))
}

/// What a PIFF `senc` says in place of the track's `tenc`.
///
/// # Errors
/// `Format` for an algorithm that is not known.
pub(super) fn of_piff_override(piff: &PiffOverride) -> Result<Option<Protection>> {
    let Some(scheme) = piff_scheme(piff.algorithm_id)? else { return Ok(None) };
    let (crypt, skip, is_protected, constant_iv) = (0, 0, 1, None);
    let values = Values { crypt, skip, is_protected, iv_size: piff.iv_size, kid: piff.kid, constant_iv };
    values.protection(scheme)
}

/// PIFF's `AlgorithmID`: 0 clear, 1 AES-CTR, 2 AES-CBC over whole blocks.
fn piff_scheme(algorithm: u32) -> Result<Option<Scheme>> {
    match algorithm {
        0 => Ok(None),
        1 => Ok(Some(Scheme::Cenc)),
        2 => Ok(Some(Scheme::Cbc1)),
        other => Err(Error::format(format!("AlgorithmID is {other}, 0, 1 or 2 was expected"))),
    }
}

/// What is known of the coding, for checking keys.
#[derive(Debug, Clone)]
pub(super) enum Codec {
    /// AV1.
    Av1,
    /// NAL units behind lengths of so many bytes.
    Nal(usize),
    /// Anything else.
    Other,
}

/// A sample entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its type before encryption.
    pub(super) format: FourCC,
    /// The scheme, `None` for a clear entry.
    pub(super) scheme: Option<Scheme>,
    /// What holds for samples of no group; `None` where they are clear.
    pub(super) default: Option<Protection>,
    pub(super) codec: Codec,
    /// From 1.
    pub(super) data_reference_index: u16,
}

impl Entry {
    /// Reads an entry, and opens it where the boxes in it were not found by its type.
    ///
    /// # Errors
    /// `Format` for broken protection boxes, `Unsupported` for a scheme that is not of Common Encryption.
    pub(super) fn read(entry: &mut RawBox) -> Result<Entry> {
        let data_reference_index = match &entry.body {
            Body::Bytes(bytes) | Body::Boxes { prefix: bytes, .. } => {
                bytes.get(6..8).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]))
            }
        };
        if !is_encrypted(entry.kind) {
            let (format, codec) = (entry.kind, Codec::Other);
            return Ok(Entry { format, scheme: None, default: None, codec, data_reference_index });
        }
        open(entry)?;
        let (format, scheme, default) = protection(entry)?;
        let codec = codec(entry, format);
        Ok(Entry { format, scheme: Some(scheme), default, codec, data_reference_index })
    }

    /// Makes an entry that was read what it was before it was encrypted.
    pub(super) fn restore(&self, entry: &mut RawBox) {
        if self.scheme.is_none() {
            return;
        }
        entry.kind = self.format;
        if let Some(children) = entry.children_mut() {
            children.retain(|child| child.kind != b"sinf");
        }
    }
}

/// Whether a sample entry's type says that a protection scheme was applied.
fn is_encrypted(kind: FourCC) -> bool {
    matches!(&kind.0, b"encv" | b"enca" | b"enct" | b"encs" | b"encm" | b"encf" | b"encp" | b"enc3")
}

/// Opens an entry whose layout does not follow from its type, by looking for the boxes at its end.
fn open(entry: &mut RawBox) -> Result<()> {
    let Body::Bytes(bytes) = &entry.body else { return Ok(()) };
    // Of video and audio the layout is known, so that the boxes must be broken.
    let known = match &entry.kind.0 {
        b"encv" => Some(78),
        b"enca" => Some(28),
        _ => None,
    };
    let strings = bytes.get(8..).unwrap_or_default().iter().enumerate().filter(|(_, b)| **b == 0);
    let strings = strings.map(|(at, _)| 8 + at + 1).nth(2);
    let mut starts = known.into_iter().chain([8, 38]).chain(strings);
    let first = starts.clone().next().unwrap_or(8);
    let found = starts.find_map(|start| {
        let children = children_from(entry, start).ok()?;
        children.iter().any(|child| child.kind == b"sinf").then_some((start, children))
    });
    match found {
        Some((start, children)) => {
            let prefix = bytes.get(..start).unwrap_or_default().to_vec();
            entry.body = Body::Boxes { prefix, children, suffix: Vec::new() };
            Ok(())
        }
        None => Err(match children_from(entry, first) {
            Err(e) => e,
            Ok(_) => missing(entry, "sinf"),
        }),
    }
}

fn children_from(entry: &RawBox, start: usize) -> Result<Vec<RawBox>> {
    entry.with_reader(|r: &mut Reader<'_>| {
        r.skip(start)?;
        RawBox::read_all(r)
    })
}

fn missing(parent: &RawBox, kind: &str) -> Error {
    Error::format(format!("box `{kind}` is missing")).at(parent.offset).within(parent.kind)
}

/// The original type, the scheme, and the defaults of an encrypted entry.
fn protection(entry: &RawBox) -> Result<(FourCC, Scheme, Option<Protection>)> {
    let inside = |e: Error| e.within(format_args!("{}/sinf", entry.kind));
    let mut other = None;
    for sinf in entry.find_all(b"sinf") {
        let frma = sinf.find(b"frma").ok_or_else(|| missing(sinf, "frma"))?;
        let frma: Frma = frma.parse().map_err(inside)?;
        let schm = sinf.find(b"schm").ok_or_else(|| missing(sinf, "schm"))?;
        let Schm { scheme_type, .. } = schm.parse().map_err(inside)?;
        let scheme = Scheme::from_fourcc(scheme_type.0);
        if scheme.is_none() && scheme_type != b"piff" {
            other = Some((scheme_type, schm.offset));
            continue;
        }
        let (scheme, default) = defaults(sinf, scheme).map_err(inside)?;
        return Ok((frma.data_format, scheme, default));
    }
    Err(match other {
        Some((scheme, offset)) => {
            let message = format!("protection scheme `{scheme}`, one of cenc, cbcs, cens, cbc1 was expected");
            inside(Error::unsupported(message).at(offset).within("schm"))
        }
        None => missing(entry, "sinf"),
    })
}

/// Reads `tenc` or its predecessor in PIFF, which tells the scheme itself.
fn defaults(sinf: &RawBox, scheme: Option<Scheme>) -> Result<(Scheme, Option<Protection>)> {
    let schi = sinf.find(b"schi").ok_or_else(|| missing(sinf, "schi"))?;
    if let Some(tenc) = schi.find(b"tenc") {
        let scheme = scheme.unwrap_or(Scheme::Cenc);
        let placed = |e: Error| e.at(tenc.offset).within("schi/tenc");
        let values: Tenc = tenc.parse().map_err(|e| e.within("schi"))?;
        return Ok((scheme, of_tenc(&values, scheme).map_err(placed)?));
    }
    let piff = schi.children().iter().find(|child| child.uuid == Some(Tenc::PIFF_UUID));
    let Some(piff) = piff else { return Err(missing(schi, "tenc")) };
    let placed = |e: Error| e.at(piff.offset).within("schi/uuid");
    let values = piff.with_reader(Tenc::parse_piff).map_err(placed)?;
    let algorithm = piff.with_reader(|r| {
        r.skip(4)?;
        r.u24()
    });
    let stated = piff_scheme(algorithm.map_err(placed)?).map_err(placed)?;
    let scheme = scheme.or(stated).unwrap_or(Scheme::Cenc);
    Ok((scheme, of_tenc(&values, scheme).map_err(placed)?))
}

fn of_tenc(tenc: &Tenc, scheme: Scheme) -> Result<Option<Protection>> {
    let values = Values {
        crypt: tenc.default_crypt_byte_block,
        skip: tenc.default_skip_byte_block,
        is_protected: tenc.default_is_protected,
        iv_size: tenc.default_per_sample_iv_size,
        kid: tenc.default_kid,
        constant_iv: tenc.default_constant_iv.as_deref(),
    };
    values.protection(scheme)
}

fn codec(entry: &RawBox, format: FourCC) -> Codec {
    let config = |kind: &[u8; 4]| entry.find(kind).map(RawBox::payload);
    // A configuration that can't be read only means that the key can't be checked.
    let length_size = |bytes: Vec<u8>, at: usize| match bytes.get(at) {
        Some(byte) => Codec::Nal(usize::from(byte & 3) + 1),
        None => Codec::Other,
    };
    match &format.0 {
        b"av01" => Codec::Av1,
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => {
            config(b"avcC").map_or(Codec::Other, |bytes| length_size(bytes, 4))
        }
        b"hvc1" | b"hev1" => config(b"hvcC").map_or(Codec::Other, |bytes| length_size(bytes, 21)),
        _ => Codec::Other,
    }
}
