//! Manifests: one model of a presentation, and its two writers, DASH and HLS.

pub mod dash;
pub mod hls;
pub mod model;
