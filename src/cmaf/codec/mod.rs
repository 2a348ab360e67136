//! Bindings: how the packets of a codec become the samples of a track.

pub mod av1;
