//! The uncompressed header of a frame (VP9 § 6.2).

use crate::av1::bits::BitReader;
use crate::error::{Error, Result};

/// More bytes than an uncompressed header has.
pub(crate) const MAX_HEADER: usize = 512;

/// `color_config( )`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColorConfig {
    pub(crate) bit_depth: u8,
    pub(crate) color_space: u8,
    pub(crate) full_range: bool,
    pub(crate) subsampling_x: bool,
    pub(crate) subsampling_y: bool,
}

impl ColorConfig {
    /// What frames of profile 0 have that do not say.
    pub(crate) const PROFILE_0: ColorConfig = ColorConfig {
        bit_depth: 8,
        color_space: 0,
        full_range: false,
        subsampling_x: true,
        subsampling_y: true,
    };
}

/// An uncompressed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) profile: u8,
    /// The frame only shows one that was decoded before.
    pub(crate) show_existing_frame: bool,
    pub(crate) key: bool,
    pub(crate) intra_only: bool,
    pub(crate) show_frame: bool,
    /// Width and height in luma samples; of frames that only show another, that one's.
    pub(crate) size: (u32, u32),
    /// What a key frame says of colour.
    pub(crate) color: Option<ColorConfig>,
    /// Bytes of the header, which the compressed header follows.
    pub(crate) header_size: usize,
}

/// Parses the headers of frames in the order of decoding, and keeps what they need of those before.
#[derive(Debug, Default)]
pub(crate) struct HeaderParser {
    /// Sizes of the frames in the reference slots; none where nothing was decoded.
    slots: [Option<(u32, u32)>; 8],
}

const SYNC_CODE: u32 = 0x49_8342;

impl HeaderParser {
    /// Parses the header of the next frame, whose first bytes are given: [`MAX_HEADER`] of them, or all.
    ///
    /// # Errors
    /// `Format` where it is broken, or refers to a frame that was never decoded.
    pub(crate) fn frame(&mut self, bytes: &[u8]) -> Result<FrameHeader> {
        let mut r = BitReader::new(bytes);
        let (header, refresh) = self.read(&mut r)?;
        if r.overrun() {
            return Err(Error::format("the uncompressed header is longer than its frame"));
        }
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if refresh >> index & 1 == 1 {
                *slot = Some(header.size);
            }
        }
        Ok(header)
    }

    /// Returns the header, and the slots that the frame is put into.
    fn read(&self, r: &mut BitReader<'_>) -> Result<(FrameHeader, u32)> {
        if r.f(2) != 2 {
            return Err(Error::format("no VP9 frame: frame_marker is not 2"));
        }
        let profile = r.u8(1) | r.u8(1) << 1;
        if profile == 3 && r.flag() {
            return Err(Error::unsupported("a reserved VP9 profile above 3"));
        }
        let mut header = FrameHeader {
            profile,
            show_existing_frame: r.flag(),
            key: false,
            intra_only: false,
            show_frame: true,
            size: (0, 0),
            color: None,
            header_size: 0,
        };
        if header.show_existing_frame {
            let slot = r.f(3);
            header.size = self.slot(slot)?;
            header.header_size = r.position().div_ceil(8);
            return Ok((header, 0));
        }
        header.key = !r.flag();
        header.show_frame = r.flag();
        let error_resilient = r.flag();
        let refresh;
        if header.key {
            sync_code(r)?;
            header.color = Some(color_config(r, profile)?);
            header.size = frame_size(r);
            render_size(r);
            refresh = 0xff;
        } else {
            header.intra_only = !header.show_frame && r.flag();
            if !error_resilient {
                r.skip(2); // reset_frame_context
            }
            if header.intra_only {
                sync_code(r)?;
                if profile > 0 {
                    color_config(r, profile)?;
                }
                refresh = r.f(8);
                header.size = frame_size(r);
                render_size(r);
            } else {
                refresh = r.f(8);
                header.size = self.inter_size(r)?;
                r.skip(1); // allow_high_precision_mv
                if !r.flag() {
                    r.skip(2); // raw_interpolation_filter
                }
            }
        }
        if !error_resilient {
            r.skip(2); // refresh_frame_context, frame_parallel_decoding_mode
        }
        r.skip(2); // frame_context_idx
        loop_filter_params(r);
        quantization_params(r);
        segmentation_params(r);
        tile_info(r, header.size.0);
        if r.f(16) == 0 && !r.overrun() {
            return Err(Error::format("header_size_in_bytes is 0"));
        }
        header.header_size = r.position().div_ceil(8);
        Ok((header, refresh))
    }

    fn slot(&self, index: u32) -> Result<(u32, u32)> {
        self.slots.get(index as usize).copied().flatten().ok_or_else(|| {
            Error::format(format!("a frame refers to slot {index}, in which nothing was decoded"))
        })
    }

    /// The references and `frame_size_with_refs( )`.
    fn inter_size(&self, r: &mut BitReader<'_>) -> Result<(u32, u32)> {
        let slots: [u32; 3] = std::array::from_fn(|_| {
            let slot = r.f(3);
            r.skip(1); // ref_frame_sign_bias
            slot
        });
        let found = slots.into_iter().find(|_| r.flag());
        let size = match found {
            Some(slot) => self.slot(slot)?,
            None => frame_size(r),
        };
        render_size(r);
        Ok(size)
    }
}

fn sync_code(r: &mut BitReader<'_>) -> Result<()> {
    let code = r.f(24);
    if code != SYNC_CODE {
        return Err(Error::format(format!("frame_sync_code is {code:06x}, {SYNC_CODE:06x} expected")));
    }
    Ok(())
}

fn color_config(r: &mut BitReader<'_>, profile: u8) -> Result<ColorConfig> {
    const RGB: u8 = 7;
    let mut color = ColorConfig::PROFILE_0;
    if profile >= 2 {
        color.bit_depth = if r.flag() { 12 } else { 10 };
    }
    color.color_space = r.u8(3);
    let odd = profile & 1 == 1;
    if color.color_space != RGB {
        color.full_range = r.flag();
        if odd {
            color.subsampling_x = r.flag();
            color.subsampling_y = r.flag();
            r.skip(1); // reserved_zero
        }
    } else if odd {
        color.full_range = true;
        (color.subsampling_x, color.subsampling_y) = (false, false);
        r.skip(1); // reserved_zero
    } else {
        return Err(Error::format(format!("RGB in VP9 profile {profile}, which has no 4:4:4")));
    }
    Ok(color)
}

fn frame_size(r: &mut BitReader<'_>) -> (u32, u32) {
    (r.f(16) + 1, r.f(16) + 1)
}

fn render_size(r: &mut BitReader<'_>) {
    if r.flag() {
        r.skip(32);
    }
}

fn loop_filter_params(r: &mut BitReader<'_>) {
    r.skip(6 + 3); // loop_filter_level, loop_filter_sharpness
    if r.flag() && r.flag() {
        for _ in 0..4 + 2 {
            if r.flag() {
                r.skip(7); // loop_filter_ref_deltas, loop_filter_mode_deltas
            }
        }
    }
}

fn quantization_params(r: &mut BitReader<'_>) {
    r.skip(8); // base_q_idx
    for _ in 0..3 {
        if r.flag() {
            r.skip(5); // delta_q
        }
    }
}

fn segmentation_params(r: &mut BitReader<'_>) {
    /// Bits of each feature's value, and whether a sign follows.
    const FEATURES: [(usize, bool); 4] = [(8, true), (6, true), (2, false), (0, false)];
    if !r.flag() {
        return;
    }
    let probability = |r: &mut BitReader<'_>| {
        if r.flag() {
            r.skip(8);
        }
    };
    if r.flag() {
        (0..7).for_each(|_| probability(r)); // segmentation_tree_probs
        if r.flag() {
            (0..3).for_each(|_| probability(r)); // segmentation_pred_prob
        }
    }
    if r.flag() {
        r.skip(1); // segmentation_abs_or_delta_update
        for _ in 0..8 {
            for (bits, signed) in FEATURES {
                if r.flag() {
                    r.skip(bits + usize::from(signed));
                }
            }
        }
    }
}

fn tile_info(r: &mut BitReader<'_>, width: u32) {
    let blocks = width.div_ceil(64);
    let mut log2 = 0;
    while 64 << log2 < blocks {
        log2 += 1;
    }
    let mut most = 1;
    while blocks >> most >= 4 {
        most += 1;
    }
    while log2 < most - 1 && r.flag() {
        log2 += 1;
    }
    if r.flag() {
        r.skip(1); // increment_tile_rows_log2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The start of a key frame of 352x288 as libvpx writes it.
    const KEY: &[u8] =
        &[0x82, 0x49, 0x83, 0x42, 0x00, 0x15, 0xf0, 0x11, 0xf6, 0x00, 0x48, 0x28, 0x18, 0x06, 0x28];

    #[test]
    fn a_key_frame() {
        let mut parser = HeaderParser::default();
        let mut bytes = KEY.to_vec();
        bytes.resize(100, 0xff);
        let header = parser.frame(&bytes).unwrap();
        assert!(header.key && header.show_frame);
        assert_eq!((header.profile, header.size), (0, (352, 288)));
        assert_eq!(header.color.unwrap().bit_depth, 8);
        assert_eq!(parser.slots, [Some((352, 288)); 8]);
    }

    #[test]
    fn what_was_not_decoded_is_named() {
        let error = HeaderParser::default().frame(&[0b1000_1101]).unwrap_err();
        assert!(error.message().contains("slot 5"), "{error}");
        assert!(HeaderParser::default().frame(&KEY[..6]).is_err());
        assert!(HeaderParser::default().frame(&[]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), key: bool) {
            let mut parser = HeaderParser::default();
            let mut start = KEY.to_vec();
            start.resize(100, 0xff);
            parser.frame(&start).unwrap();
            if key && bytes.len() > 4 {
                bytes[..4].copy_from_slice(&KEY[..4]);
            }
            if let Ok(header) = parser.frame(&bytes) {
                prop_assert!(header.header_size <= bytes.len());
            }
        }
    }
}
