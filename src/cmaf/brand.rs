//! Brands of files and segments.

use super::track::Track;
use crate::isobmff::Writer;

/// Writes `ftyp` of a track (rules CMF-01, CMF-02, AV1-01).
pub(super) fn file_type(w: &mut Writer, track: &Track) {
    w.boxed(b"ftyp", |w| {
        let brands: &[[u8; 4]] = if track.is_cmaf { &[*b"cmf2", *b"cmfc", *b"iso6"] } else { &[*b"iso6"] };
        w.fourcc(brands[0]);
        w.u32(0); // minor_version
        brands.iter().chain(&track.brands).for_each(|brand| w.fourcc(brand));
    });
}

/// Writes `styp` of a media segment. It claims to be a fragment or a chunk too where it is just one (rule CMF-03).
pub(super) fn segment_type(w: &mut Writer, one_fragment: bool, one_chunk: bool) {
    w.boxed(b"styp", |w| {
        w.fourcc(b"msdh");
        w.u32(0); // minor_version
        w.fourcc(b"msdh");
        w.fourcc(b"cmfs");
        if one_fragment {
            w.fourcc(b"cmff");
        }
        if one_chunk {
            w.fourcc(b"cmfl");
        }
    });
}
