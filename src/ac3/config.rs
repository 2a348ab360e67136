//! The configurations `dac3` and `dec3`, from sync frames (ETSI TS 102 366 Annex F).

use super::{BLOCK, BLOCKS, Kind, SyncFrame};
use crate::error::{Error, Result};
use crate::isobmff::boxes::{Dac3, Dec3, Ec3Substream};

/// The frames of one time, put together: what a track is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentation {
    /// The first program's own frame.
    pub main: SyncFrame,
    /// All programs, with their dependent substreams.
    pub substreams: Vec<Ec3Substream>,
    /// kbit/s of all.
    pub data_rate: u16,
    /// Joint object coding: the number of objects.
    pub joint_objects: Option<u8>,
    /// Channels of the first program, by the bits of `chanmap`.
    mask: u16,
}

/// The bits of `chanmap` that a channel pair has, and that of low frequencies (ETSI TS 102 366 table E.1.5).
const PAIRS: u16 = 0x0400 | 0x0200 | 0x0040 | 0x0020 | 0x0010 | 0x0004;
const LFE: u16 = 0x0001;
const SECOND_LFE: u16 = 0x0002;

/// `acmod`'s channels as bits of `chanmap`: left, centre, right, left and right surround, centre surround.
const MODES: [u16; 8] = [0xa000, 0x4000, 0xa000, 0xe000, 0xa100, 0xe100, 0xb800, 0xf800];

/// The bits of `chan_loc`, from the lowest, as bits of `chanmap`: the pairs beside the centre and behind, the centre
/// behind and above, and on; last the second channel of low frequencies.
const LOCATIONS: [u16; 9] = [0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010, 0x0008, SECOND_LFE];

impl Presentation {
    /// Puts together the frames of one time.
    ///
    /// # Errors
    /// `Format` where the first frame is no program's own, or a program comes twice; `Unsupported` for AC-3 with E-AC-3 beside
    /// it.
    pub fn of(frames: &[SyncFrame]) -> Result<Self> {
        let Some(main) = frames.first().copied() else { return Err(Error::format("no sync frame")) };
        if main.kind == Kind::Ac3 && frames.iter().any(|frame| frame.kind != Kind::Ac3) {
            return Err(Error::unsupported("AC-3 with substreams of E-AC-3 beside it"));
        }
        if main.kind == Kind::Dependent {
            return Err(Error::format("a dependent substream without the one it depends on"));
        }
        let mut substreams: Vec<Ec3Substream> = Vec::new();
        let mut programs = Vec::new();
        let mut bytes = 0;
        let mut mask = mask_of(&main);
        for frame in frames {
            bytes += frame.size as u64;
            match frame.kind {
                Kind::Ac3 | Kind::Independent(_) => {
                    // Frames of fewer blocks: the same substreams again.
                    if programs.contains(&frame.kind) {
                        continue;
                    }
                    programs.push(frame.kind);
                    substreams.push(Ec3Substream {
                        fscod: frame.fscod,
                        bsid: frame.bsid,
                        asvc: false,
                        bsmod: frame.bsmod,
                        acmod: frame.acmod,
                        lfeon: frame.lfeon,
                        num_dep_sub: 0,
                        chan_loc: 0,
                    });
                }
                Kind::Dependent => {
                    let index = substreams.len() - 1;
                    let repeated = frames.iter().take_while(|f| !std::ptr::eq(*f, frame));
                    let repeated = repeated.filter(|f| f.kind == programs[index]).count() > 1;
                    if repeated {
                        continue;
                    }
                    let map = mask_of(frame);
                    let parent = &mut substreams[index];
                    parent.num_dep_sub = (parent.num_dep_sub + 1).min(15);
                    for (bit, location) in LOCATIONS.iter().enumerate() {
                        parent.chan_loc |= u16::from(map & location != 0) << bit;
                    }
                    if index == 0 {
                        mask |= map;
                    }
                }
            }
        }
        if substreams.len() > 8 {
            return Err(Error::limit(format!("{} programs, `dec3` holds 8", substreams.len())));
        }
        let rate = bytes * 8 * u64::from(main.sample_rate) / u64::from(BLOCK * BLOCKS) / 1000;
        Ok(Presentation {
            main,
            substreams,
            data_rate: rate.min(0x1fff) as u16,
            joint_objects: frames.iter().find_map(|frame| frame.joint_objects),
            mask,
        })
    }

    /// The box of AC-3.
    pub fn dac3(&self) -> Dac3 {
        let main = &self.main;
        Dac3 {
            fscod: main.fscod,
            bsid: main.bsid,
            bsmod: main.bsmod,
            acmod: main.acmod,
            lfeon: main.lfeon,
            bit_rate_code: main.bit_rate_code,
        }
    }

    /// The box of E-AC-3, with the extension of joint object coding (ETSI TS 103 420 § 8).
    pub fn dec3(&self) -> Dec3 {
        Dec3 {
            data_rate: self.data_rate,
            substreams: self.substreams.clone(),
            extension: self.joint_objects.map_or_else(Vec::new, |objects| vec![1, objects]),
        }
    }

    /// How many channels the first program has.
    pub fn channels(&self) -> u32 {
        self.mask.count_ones() + (self.mask & PAIRS).count_ones()
    }

    /// The channels of the first program as Dolby's mask.
    pub fn mask(&self) -> u16 {
        self.mask
    }

    /// The layout's number of ISO/IEC 23091-3, where it is one of its table.
    pub fn layout(&self) -> Option<u8> {
        if self.main.acmod == 0 {
            return Some(8); // two programs of one channel
        }
        Some(match self.mask {
            0x4000 => 1,
            0xa000 => 2,
            0xe000 => 3,
            0xe100 => 4,
            0xf800 => 5,
            0xf801 => 6,
            0xfc01 => 7,
            0xa100 => 9,
            0xb800 => 10,
            0xf901 => 11,
            0xfa01 => 12,
            0xf811 => 14,
            _ => return None,
        })
    }
}

/// A frame's channels by the bits of `chanmap`.
fn mask_of(frame: &SyncFrame) -> u16 {
    frame.chanmap.unwrap_or(MODES[usize::from(frame.acmod & 7)] | if frame.lfeon { LFE } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{JOC, REAR, eac3_frame};
    use super::super::frames;
    use super::*;

    #[test]
    fn joint_objects_and_channels_behind() {
        let mut bytes = eac3_frame(0, 0, 768, 3, 7, JOC);
        bytes.extend(eac3_frame(1, 0, 256, 3, 2, REAR));
        let found = Presentation::of(&frames(&bytes).unwrap()).unwrap();
        assert_eq!((found.channels(), found.layout(), found.mask()), (8, Some(12), 0xfa01));
        let dec3 = found.dec3();
        assert_eq!((dec3.data_rate, dec3.extension.as_slice()), (256, &[1, 16][..]));
        assert_eq!((dec3.substreams[0].num_dep_sub, dec3.substreams[0].chan_loc), (1, 2));
    }

    #[test]
    fn six_frames_of_one_block_are_one_substream() {
        let bytes: Vec<u8> = (0..6).flat_map(|_| eac3_frame(0, 0, 128, 0, 7, "11111 0 0 0 0")).collect();
        let found = Presentation::of(&frames(&bytes).unwrap()).unwrap();
        assert_eq!((found.substreams.len(), found.data_rate, found.layout()), (1, 192, Some(6)));
    }

    #[test]
    fn what_is_broken_is_said() {
        assert!(Presentation::of(&[]).is_err());
        let alone = frames(&eac3_frame(1, 0, 256, 3, 2, REAR)).unwrap();
        assert!(Presentation::of(&alone).is_err());
        let cut = eac3_frame(0, 0, 768, 3, 7, JOC);
        assert!(frames(&cut[..700]).unwrap_err().to_string().contains("768 bytes, 700 are left"));
    }
}
