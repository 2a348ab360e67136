//! One sync frame.

use crate::av1::bits::BitReader;
use crate::error::{Error, Result};

/// kbit/s of `frmsizecod / 2`.
const BIT_RATES: [u32; 19] =
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];

/// What a sync frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// AC-3.
    Ac3,
    /// E-AC-3: a program of its own, by `substreamid`.
    Independent(u8),
    /// E-AC-3: further channels of the program before.
    Dependent,
}

/// A sync frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncFrame {
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: usize,
    /// Samples of sound a second.
    pub sample_rate: u32,
    /// 3 for the lower rates of E-AC-3.
    pub fscod: u8,
    /// Blocks of 256 samples.
    pub blocks: u32,
    /// Bit stream identification.
    pub bsid: u8,
    /// Bit stream mode.
    pub bsmod: u8,
    /// Audio coding mode: which channels there are.
    pub acmod: u8,
    /// With a channel of low frequencies.
    pub lfeon: bool,
    /// AC-3: the row of the table of bit rates.
    pub bit_rate_code: u8,
    /// Dependent substreams: where their channels are, the first bit for the left one.
    pub chanmap: Option<u16>,
    /// Joint object coding: the number of objects (ETSI TS 103 420).
    pub joint_objects: Option<u8>,
}

impl SyncFrame {
    /// Bytes that are enough to tell a frame's size.
    pub const HEAD: usize = 8;

    /// Reads the header of a frame. Where `bytes` end within it, what is at its end (joint object coding) may not be
    /// found.
    ///
    /// # Errors
    /// `Format` where there is no sync word or a field is reserved, `Unsupported` for little-endian words and
    /// variants of AC-3 that no player has.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        match bytes.first_chunk::<{ SyncFrame::HEAD }>() {
            Some([0x0b, 0x77, ..]) => {}
            Some([0x77, 0x0b, ..]) => {
                return Err(Error::unsupported("AC-3 with the bytes of each word swapped; swap them first"));
            }
            Some(_) => return Err(Error::format("no AC-3 sync word")),
            None => return Err(Error::format(format!("{} bytes are no AC-3 sync frame", bytes.len()))),
        }
        // In both the identification is at the same place.
        match bytes[5] >> 3 {
            0..=8 => ac3(bytes),
            bsid @ (9 | 10) => Err(Error::unsupported(format!("AC-3 at a lower sample rate (bsid {bsid})"))),
            11..=16 => eac3(bytes),
            bsid => Err(Error::format(format!("bsid {bsid} is reserved"))),
        }
    }

    /// How long it is, in samples of sound.
    pub fn duration(&self) -> u32 {
        self.blocks * super::BLOCK
    }
}

fn ac3(bytes: &[u8]) -> Result<SyncFrame> {
    let mut bits = BitReader::new(bytes);
    bits.skip(32); // syncword, crc1
    let fscod = bits.u8(2);
    let code = bits.u8(6);
    let rate = BIT_RATES.get(usize::from(code / 2)).copied();
    let rate = rate.ok_or_else(|| Error::format(format!("frmsizecod {code} is reserved")))?;
    let (sample_rate, size) = match fscod {
        0 => (48_000, rate * 4),
        1 => (44_100, 2 * (rate * 320 / 147 + u32::from(code & 1))),
        2 => (32_000, rate * 6),
        _ => return Err(Error::format("fscod 3 is reserved")),
    };
    let (bsid, bsmod, acmod) = (bits.u8(5), bits.u8(3), bits.u8(3));
    if acmod & 1 != 0 && acmod != 1 {
        bits.skip(2); // cmixlev
    }
    if acmod & 4 != 0 {
        bits.skip(2); // surmixlev
    }
    if acmod == 2 {
        bits.skip(2); // dsurmod
    }
    Ok(SyncFrame {
        kind: Kind::Ac3,
        size: size as usize,
        sample_rate,
        fscod,
        blocks: super::BLOCKS,
        bsid,
        bsmod,
        acmod,
        lfeon: bits.flag(),
        bit_rate_code: code / 2,
        chanmap: None,
        joint_objects: None,
    })
}

fn eac3(bytes: &[u8]) -> Result<SyncFrame> {
    let mut bits = BitReader::new(bytes);
    bits.skip(16);
    let (strmtyp, substreamid) = (bits.u8(2), bits.u8(3));
    let size = (bits.f(11) as usize + 1) * 2;
    let fscod = bits.u8(2);
    let code = bits.u8(2);
    let (sample_rate, blocks) = match (fscod, code) {
        (3, 0) => (24_000, 6),
        (3, 1) => (22_050, 6),
        (3, 2) => (16_000, 6),
        (3, _) => return Err(Error::format("fscod2 3 is reserved")),
        (fscod, code) => ([48_000, 44_100, 32_000][usize::from(fscod)], [1, 2, 3, 6][usize::from(code)]),
    };
    let (acmod, lfeon) = (bits.u8(3), bits.flag());
    let bsid = bits.u8(5);
    let kind = match strmtyp {
        0 => Kind::Independent(substreamid),
        1 => Kind::Dependent,
        2 => {
            // A converted AC-3 stream: as a program of its own.
            Kind::Independent(substreamid)
        }
        _ => return Err(Error::format("strmtyp 3 is reserved")),
    };
    let mut frame = SyncFrame {
        kind,
        size,
        sample_rate,
        fscod,
        blocks,
        bsid,
        bsmod: 0,
        acmod,
        lfeon,
        bit_rate_code: 0,
        chanmap: None,
        joint_objects: None,
    };
    information(&mut bits, strmtyp, code, &mut frame);
    Ok(frame)
}

/// The rest of the bit stream information (ETSI TS 102 366 § E.1.2.2).
fn information(bits: &mut BitReader<'_>, strmtyp: u8, numblkscod: u8, frame: &mut SyncFrame) {
    let acmod = frame.acmod;
    let whole = frame.fscod == 3 || numblkscod == 3;
    for _ in 0..if acmod == 0 { 2 } else { 1 } {
        bits.skip(5); // dialnorm
        optional(bits, 8); // compr
    }
    if strmtyp == 1 && bits.flag() {
        frame.chanmap = Some(bits.u16(16));
    }
    if bits.flag() {
        mixing(bits, strmtyp, whole, frame);
    }
    if bits.flag() {
        frame.bsmod = bits.u8(3);
        bits.skip(2); // copyrightb, origbs
        if acmod == 2 {
            bits.skip(4); // dsurmod, dheadphonmod
        }
        if acmod >= 6 {
            bits.skip(2); // dsurexmod
        }
        for _ in 0..if acmod == 0 { 2 } else { 1 } {
            optional(bits, 8); // mixlevel, roomtyp, adconvtyp
        }
        if frame.fscod < 3 {
            bits.skip(1); // sourcefscod
        }
    }
    if strmtyp == 0 && !whole {
        bits.skip(1); // convsync
    }
    // blkid, then frmsizecod.
    if strmtyp == 2 && (whole || bits.flag()) {
        bits.skip(6);
    }
    if bits.flag() {
        let length = bits.f(6) + 1;
        // 7 reserved bits, flag_ec3_extension_type_a, complexity_index_type_a.
        if length >= 2 && bits.f(8) & 1 == 1 {
            let complexity = bits.u8(8);
            frame.joint_objects = Some(complexity).filter(|_| !bits.overrun());
        }
    }
}

/// The mixing metadata.
fn mixing(bits: &mut BitReader<'_>, strmtyp: u8, whole: bool, frame: &SyncFrame) {
    let acmod = frame.acmod;
    if acmod > 2 {
        bits.skip(2); // dmixmod
    }
    if acmod & 1 != 0 && acmod > 2 {
        bits.skip(6); // ltrtcmixlev, lorocmixlev
    }
    if acmod & 4 != 0 {
        bits.skip(6); // ltrtsurmixlev, lorosurmixlev
    }
    if frame.lfeon {
        optional(bits, 5); // lfemixlevcod
    }
    if strmtyp != 0 {
        return;
    }
    // pgmscl, that of the second channel of two programs, extpgmscl
    for _ in 0..if acmod == 0 { 3 } else { 2 } {
        optional(bits, 6);
    }
    match bits.f(2) {
        0 => {}
        1 => bits.skip(5),
        2 => bits.skip(12),
        _ => {
            let length = bits.f(5) as usize;
            bits.skip(8 * (length + 2));
        }
    }
    if acmod < 2 {
        for _ in 0..if acmod == 0 { 2 } else { 1 } {
            optional(bits, 14); // panmean, paninfo
        }
    }
    if bits.flag() {
        if !whole && frame.blocks == 1 {
            bits.skip(5); // blkmixcfginfo
        } else {
            for _ in 0..frame.blocks {
                optional(bits, 5);
            }
        }
    }
}

/// A field behind a flag.
fn optional(bits: &mut BitReader<'_>, n: usize) {
    if bits.flag() {
        bits.skip(n);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::aac::usac::tests::bits;

    /// An E-AC-3 frame of `size` bytes at 48 kHz.
    pub(crate) fn eac3_frame(
        strmtyp: u8,
        id: u8,
        size: usize,
        numblkscod: u8,
        acmod: u8,
        rest: &str,
    ) -> Vec<u8> {
        let head =
            format!("0000101101110111 {strmtyp:02b} {id:03b} {:011b} 00 {numblkscod:02b}", size / 2 - 1);
        let mut frame = bits(&format!("{head} {acmod:03b} 1 10000 {rest}"));
        frame.resize(size, 0);
        frame
    }

    /// dialnorm, no compr; no mixing and no other metadata; joint object coding with 16 objects.
    pub(crate) const JOC: &str = "11111 0 0 0  1 000001 00000001 00010000";

    /// The same of a dependent substream with channels behind at left and right.
    pub(crate) const REAR: &str = "11111 0  1 0000001000000000  0 0 0";

    #[test]
    fn ac3_frames() {
        let frame = SyncFrame::parse(&[0x0b, 0x77, 0, 0, 0x1e, 0x40, 0xe1, 0]).unwrap();
        assert_eq!((frame.kind, frame.size, frame.sample_rate), (Kind::Ac3, 1792, 48000));
        assert_eq!((frame.acmod, frame.lfeon, frame.bit_rate_code), (7, true, 15));
        // 44.1 kHz, 192 kbit/s, both lengths.
        for (code, size) in [(0x54, 834), (0x55, 836)] {
            assert_eq!(SyncFrame::parse(&[0x0b, 0x77, 0, 0, code, 0x40, 0x40, 0]).unwrap().size, size);
        }
        let message = |bytes: &[u8]| SyncFrame::parse(bytes).unwrap_err().to_string();
        assert_eq!(message(&[0x0b, 0x77]), "2 bytes are no AC-3 sync frame");
        assert_eq!(message(&[0; 8]), "no AC-3 sync word");
        assert!(message(&[0x77, 0x0b, 0, 0, 0, 0, 0, 0]).contains("swapped"));
        assert_eq!(message(&[0x0b, 0x77, 0, 0, 0xde, 0x40, 0, 0]), "fscod 3 is reserved");
        assert_eq!(message(&[0x0b, 0x77, 0, 0, 0x3f, 0x40, 0, 0]), "frmsizecod 63 is reserved");
        assert_eq!(message(&[0x0b, 0x77, 0, 0, 0x1e, 0xf8, 0, 0]), "bsid 31 is reserved");
    }

    #[test]
    fn eac3_frames() {
        let frame = SyncFrame::parse(&eac3_frame(0, 0, 768, 3, 7, JOC)).unwrap();
        assert_eq!((frame.kind, frame.size, frame.blocks), (Kind::Independent(0), 768, 6));
        assert_eq!((frame.acmod, frame.lfeon, frame.joint_objects), (7, true, Some(16)));
        let frame = SyncFrame::parse(&eac3_frame(1, 0, 256, 3, 2, REAR)).unwrap();
        assert_eq!((frame.kind, frame.chanmap, frame.joint_objects), (Kind::Dependent, Some(0x200), None));
        // One block, with mixing metadata.
        let rest = "11111 0  1 11 111111 111111 0 0 0 00 1 00000  0 0  1 000001 00000001 00000111";
        let frame = SyncFrame::parse(&eac3_frame(0, 0, 128, 0, 7, rest)).unwrap();
        assert_eq!((frame.blocks, frame.joint_objects), (1, Some(7)));
    }
}
