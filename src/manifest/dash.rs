//! Stub.
use super::model::Presentation;
use crate::error::Result;
/// Stub.
pub fn write(_: &Presentation) -> Result<String> {
    Ok(String::new())
}
