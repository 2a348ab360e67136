//! What the sample entries of all video codecs have in common (ISO/IEC 14496-12 § 12.1).

use crate::demux::Colour;
use crate::error::{Error, Result};
use crate::isobmff::Writer;
use crate::time::gcd;

/// A visual sample entry.
#[derive(Debug)]
pub(super) struct VisualEntry<'a> {
    /// Width and height in luma samples.
    pub(super) size: (u32, u32),
    /// What `compressorname` says; at most 31 bytes.
    pub(super) compressor: &'a str,
    /// The type and the body of the codec's configuration box.
    pub(super) record: (&'a [u8; 4], &'a [u8]),
    /// What is written of colour, light and the pixel aspect ratio, where it is known.
    pub(super) colour: &'a Colour,
}

impl VisualEntry<'_> {
    /// The entry's body: the fields, the configuration, then `colr`, `mdcv`, `clli` and `pasp`.
    ///
    /// # Errors
    /// `Limit` where the picture does not fit its fields.
    pub(super) fn body(&self) -> Result<Vec<u8>> {
        let fits = |n: u32| {
            u16::try_from(n)
                .map_err(|_| Error::limit(format!("a picture {n} wide or high does not fit a sample entry")))
        };
        let (width, height) = (fits(self.size.0)?, fits(self.size.1)?);
        let mut w = Writer::new();
        w.zeros(6); // reserved
        w.u16(1); // data_reference_index
        w.zeros(16); // pre_defined, reserved
        w.u16(width);
        w.u16(height);
        w.u32(0x0048_0000); // horizresolution, 72 dpi
        w.u32(0x0048_0000); // vertresolution
        w.u32(0); // reserved
        w.u16(1); // frame_count
        let name = &self.compressor.as_bytes()[..self.compressor.len().min(31)];
        w.u8(name.len() as u8);
        w.bytes(name);
        w.zeros(31 - name.len());
        w.u16(0x0018); // depth
        w.i16(-1); // pre_defined
        w.boxed(self.record.0, |w| w.bytes(self.record.1));
        self.colour_boxes(&mut w);
        Ok(w.into_bytes())
    }

    fn colour_boxes(&self, w: &mut Writer) {
        let Colour { nclx, mastering, light, pixel_aspect } = self.colour;
        if let Some(nclx) = nclx {
            w.boxed(b"colr", |w| {
                w.bytes(b"nclx");
                w.u16(nclx.colour_primaries);
                w.u16(nclx.transfer_characteristics);
                w.u16(nclx.matrix_coefficients);
                w.u8(u8::from(nclx.full_range) << 7);
            });
        }
        if let Some(mastering) = mastering {
            w.boxed(b"mdcv", |w| {
                for (x, y) in mastering.display_primaries.into_iter().chain([mastering.white_point]) {
                    w.u16(x);
                    w.u16(y);
                }
                w.u32(mastering.max_luminance);
                w.u32(mastering.min_luminance);
            });
        }
        if let Some(light) = light {
            w.boxed(b"clli", |w| {
                w.u16(light.max_content_light_level);
                w.u16(light.max_pic_average_light_level);
            });
        }
        if let Some((h, v)) = pixel_aspect {
            w.boxed(b"pasp", |w| {
                w.u32(*h);
                w.u32(*v);
            });
        }
    }
}

/// A ratio of width to height, reduced.
///
/// # Errors
/// `Limit` where it does not fit `pasp`.
pub(super) fn reduced_aspect(h: u64, v: u64) -> Result<(u32, u32)> {
    let divisor = gcd(h, v).max(1);
    let fits = |n: u64| {
        u32::try_from(n / divisor).map_err(|_| Error::limit("the pixel aspect ratio does not fit `pasp`"))
    };
    Ok((fits(h)?, fits(v)?))
}
