//! Showpack packages media as CMAF and carries localization scripts without loss.
//!
//! The command-line tools `cmaf` and `ttal` are thin: what they do can be called from here with typed errors.
//! The library prints nothing.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr))]

pub mod aac;
pub mod ac3;
pub mod av1;
mod avc;
pub mod cenc;
pub mod cli;
pub mod cmaf;
pub mod control;
pub mod decrypt;
pub mod demux;
pub mod error;
pub mod extract;
pub mod findings;
pub mod flac;
pub mod formats;
mod hevc;
mod html;
pub mod iamf;
pub mod input;
pub mod inspect;
pub mod isobmff;
pub mod language;
pub mod manifest;
mod misfit;
mod nal;
mod nearest;
pub mod opus;
pub mod output;
pub mod pack;
mod spill;
pub mod time;
pub mod ttal;
pub mod validate;
mod vp9;
mod workers;

pub use error::{Error, ErrorKind, Result};
pub use input::Input;
