//! Stub.
use super::model::Presentation;
use crate::error::Result;
/// Stub.
pub fn write(_: &Presentation) -> Result<Vec<(String, String)>> {
    Ok(Vec::new())
}
