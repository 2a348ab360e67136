//! From spots to places that people find: line, column, and a JSON pointer or an XML path.
//!
//! One pass over the source answers for any number of targets.

mod json;
mod xml;

use super::place::Spot;
use super::rules::Syntax;
use super::source::Source;

/// How deep what is located may lie: deeper than readers go, so that what they name is found, and what they refuse
/// costs nothing more.
const MAX_DEPTH: usize = 512;

/// What is to be located.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// An object, or one of its keys.
    Spot(Spot),
    /// The value or element at a byte offset.
    Offset(usize),
    /// The value at a byte offset, shown by the key it stands under.
    Member(usize),
    /// What a JSON pointer leads to.
    Pointer(&'a str),
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placed {
    /// Byte offset in the source's text.
    pub offset: usize,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// JSON pointer or XML path of what is there; empty for the root of JSON.
    pub path: String,
    /// The same of what is meant: a key that is missing included.
    pub subject: String,
}

/// Finds all targets.
pub fn locate(source: &Source, syntax: Syntax, targets: &[Target<'_>]) -> Vec<Placed> {
    if targets.is_empty() {
        return Vec::new();
    }
    let mut placed = match syntax {
        Syntax::Json => json::locate(source.text(), targets),
        Syntax::Xml => xml::locate(source.text(), targets),
    };
    let offsets: Vec<usize> = placed.iter().map(|placed| placed.offset).collect();
    for (placed, (line, column)) in placed.iter_mut().zip(source.line_columns(&offsets)) {
        (placed.line, placed.column) = (line, column);
    }
    placed
}

/// Offsets to look for, in order, with the number of their targets.
fn sorted_offsets(targets: &[Target<'_>], text: &str) -> Vec<(usize, usize)> {
    let mut offsets: Vec<(usize, usize)> = targets
        .iter()
        .enumerate()
        .filter_map(|(number, target)| match target {
            Target::Offset(offset) | Target::Member(offset) => {
                let mut offset = (*offset).min(text.len());
                while !text.is_char_boundary(offset) {
                    offset -= 1;
                }
                Some((offset, number))
            }
            Target::Spot(_) | Target::Pointer(_) => None,
        })
        .collect();
    offsets.sort_unstable();
    offsets
}
