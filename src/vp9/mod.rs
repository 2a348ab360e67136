//! VP9: the frames of a superframe and their uncompressed headers, as far as packaging needs them.
//!
//! Clauses are those of "VP9 Bitstream & Decoding Process Specification", version 0.7.

mod header;
mod level;
mod superframe;

pub(crate) use header::{ColorConfig, FrameHeader, HeaderParser, MAX_HEADER};
pub(crate) use level::{Load, level};
pub(crate) use superframe::{MAX_INDEX, Superframe};
