//! Writing DAPT.

use std::io::Write;

use crate::error::Result;
use crate::formats::{Losses, WriteOptions};
use crate::ttal::model::Script;

/// Writes.
pub fn write(_: &Script, _: &WriteOptions, _: &mut Losses, _: &mut dyn Write) -> Result<()> {
    Ok(())
}
