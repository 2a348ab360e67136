//! CMAF tracks: samples, fragments, segments, their index, and the writing of them.

pub mod align;
mod brand;
pub mod codec;
pub mod cut;
pub mod edit;
mod fragment;
mod header;
pub mod index;
mod payload;
pub mod protection;
pub mod sample;
pub mod template;
pub mod timeline;
pub mod track;
pub mod write;

pub use protection::Protection;
pub use sample::{Dependency, Detail, NewSample, Piece, Sample, SampleTable};
pub use track::{Channels, Description, GroupDescription, Media, SampleEntry, SampleGroup, Track};
