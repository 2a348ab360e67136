//! Stub.

use super::Options;
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Container};
use crate::error::{Error, Result};

/// Stub.
pub fn build(_: demux::Track, _: Container, _: &Options, _: &Control) -> Result<Track> {
    Err(Error::unsupported("not built yet"))
}
