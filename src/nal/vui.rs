//! What the video usability information of AVC and HEVC has in common.

use super::RbspReader;
use crate::demux::Nclx;

/// How pictures are shown, as a sequence parameter set says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PictureFacts {
    /// Width and height in luma samples, cropped.
    pub(crate) size: (u32, u32),
    /// Width to height of a picture element; `None` where nothing says.
    pub(crate) pixel_aspect: Option<(u32, u32)>,
    /// Code points of colour; `None` where nothing says.
    pub(crate) colour: Option<Nclx>,
}

/// `aspect_ratio_idc` from 1 on (ITU-T H.273, `SampleAspectRatio`).
const ASPECTS: [(u32, u32); 16] = [
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];

impl PictureFacts {
    /// Reads the start of `vui_parameters( )`, which is the same for AVC and HEVC: the aspect ratio, overscan, and
    /// the type of the video signal.
    pub(crate) fn read_vui(&mut self, r: &mut RbspReader<'_>) {
        if r.flag() {
            let index = r.u(8);
            let aspect = match index {
                255 => Some((r.u(16), r.u(16))),
                _ => (index as usize).checked_sub(1).and_then(|i| ASPECTS.get(i)).copied(),
            };
            self.pixel_aspect = aspect.filter(|&(h, v)| h != 0 && v != 0);
        }
        if r.flag() {
            r.skip(1); // overscan_appropriate_flag
        }
        if r.flag() {
            r.skip(3); // video_format
            let full_range = r.flag();
            let described = r.flag();
            let mut code = || if described { r.u(8) as u16 } else { 2 };
            let nclx = Nclx {
                colour_primaries: code(),
                transfer_characteristics: code(),
                matrix_coefficients: code(),
                full_range,
            };
            self.colour = (described || full_range).then_some(nclx);
        }
    }
}
