//! AV1: OBUs, sequence and frame headers with the reference state they need, and tile byte ranges.
//!
//! [`Parser`] is fed one OBU after the other. It reads headers only: of a payload it asks for a short prefix and
//! for the size field of each tile, so that tile data is never touched.
//!
//! ```
//! use showpack::av1::{self, Obu, Parser};
//!
//! // A temporal delimiter and a padding OBU.
//! let unit = [0x12, 0x00, 0x7a, 0x01, 0x80];
//! let mut parser = Parser::new();
//! let mut tiles = Vec::new();
//! for obu in av1::obus(&unit) {
//!     let obu = obu?;
//!     let mut payload = obu.payload;
//!     match parser.obu(&obu.header, &mut payload, &mut tiles)? {
//!         Obu::TemporalDelimiter | Obu::Padding => {}
//!         other => panic!("{other:?}"),
//!     }
//! }
//! # Ok::<(), showpack::Error>(())
//! ```

pub(crate) mod bits;
mod codec_string;
mod config;
mod event;
mod film_grain;
mod filters;
mod frame;
mod frame_size;
mod metadata;
mod motion;
mod obu;
mod payload;
mod quantizer;
mod references;
mod segmentation;
mod sequence;
mod state;
mod tiles;
mod walk;

pub use codec_string::codec_string;
pub use config::Av1Config;
pub use event::{FrameEvent, FrameType, Obu};
pub use film_grain::FilmGrainParams;
pub use filters::{CdefParams, LoopFilterParams, LrParams};
pub use frame::FrameHeader;
pub use metadata::Metadata;
pub use motion::GlobalMotion;
pub use obu::{Extension, ObuHeader, ObuSlice, ObuType, Obus, leb128_len, obus, read_leb128, write_leb128};
pub use payload::{Payload, WindowPayload};
pub use quantizer::QuantizationParams;
pub use segmentation::SegmentationParams;
pub use sequence::{
    ColorConfig, DecoderModelInfo, OperatingParametersInfo, OperatingPoint, SequenceHeader, TimingInfo,
};
pub use state::Parser;
pub use tiles::TileInfo;
pub use walk::{LocatedObu, ObuWalk};

#[cfg(test)]
mod tests;
