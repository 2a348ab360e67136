//! Stub.

use super::Options as CodecOptions;
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Container};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::pack::TextCoding;
use crate::time::Rational;

/// Stub.
pub fn build(_: demux::Track, _: Container, _: &CodecOptions, _: &Control) -> Result<Track> {
    Err(Error::unsupported("not built yet"))
}

/// Stub.
pub struct Options {
    /// Stub.
    pub language: Option<String>,
    /// Stub.
    pub coding: Option<TextCoding>,
}
/// Stub.
pub struct Source;
/// Stub.
pub struct Grid {
    /// Stub.
    pub timescale: u32,
    /// Stub.
    pub cuts: Vec<u64>,
}
/// Stub.
pub fn probe(_: &Input) -> Result<bool> {
    Ok(false)
}
impl Source {
    /// Stub.
    pub fn open(_: &Input, _: &Options) -> Result<Source> {
        Err(Error::unsupported("not built yet"))
    }
    /// Stub.
    pub fn of_track(_: demux::Track, _: &Options) -> Result<Source> {
        Err(Error::unsupported("not built yet"))
    }
    /// Stub.
    pub fn name(&self) -> &str {
        ""
    }
    /// Stub.
    pub fn language(&self) -> Option<&str> {
        None
    }
    /// Stub.
    pub fn add_warnings(&mut self, _: Vec<String>) {}
    /// Stub.
    pub fn end(&self) -> Rational {
        Rational::new(0, 1).unwrap()
    }
    /// Stub.
    pub fn coding(&self) -> TextCoding {
        TextCoding::Wvtt
    }
    /// Stub.
    pub fn track(&self, _: &Grid) -> Result<Track> {
        Err(Error::unsupported("not built yet"))
    }
    /// Stub.
    pub fn sidecar(&self) -> Result<String> {
        Ok(String::new())
    }
}
