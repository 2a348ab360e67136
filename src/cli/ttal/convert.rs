//! stub
use crate::error::Result;
#[derive(clap::Args)]
pub(super) struct ConvertArgs {}
pub(super) fn run(_: &ConvertArgs) -> Result<u8> {
    Ok(0)
}
