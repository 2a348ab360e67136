//! Manifests: one model of a presentation, and its two writers, DASH and HLS.
//!
//! Both are functions of the model alone: the same presentation gives the same text.

mod address;
pub mod bandwidth;
pub mod dash;
pub mod hls;
pub mod model;
