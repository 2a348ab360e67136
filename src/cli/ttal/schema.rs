//! `ttal schema`.

use clap::Args;

use super::super::print;
use crate::error::Result;
use crate::ttal::schema;

/// Print the JSON Schema of TTAL
///
/// Editors that know it complete and check keys as you type.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SchemaArgs {}

const EXAMPLES: &str = "\
Examples:
  For an editor:
    ttal schema > ttal-1.0.schema.json";

/// Runs the command.
pub(super) fn run(_: &SchemaArgs) -> Result<u8> {
    print(&schema::text())?;
    Ok(0)
}
