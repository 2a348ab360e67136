//! Every box of a file, read.

use std::collections::HashMap;

use crate::findings::Severity;
use crate::inspect::mp4::Mp4;
use crate::isobmff::{BoxNode, DumpOptions, FourCC, dump_each};
use crate::validate::check::Check;
use crate::validate::gathered::Gathered;
use crate::validate::table::ISO_01;

/// Boxes of one top-level box that are looked at; real ones have some hundred.
const BOXES: usize = 100_000;
/// The most bytes of a box that is read into memory.
const BOX_LIMIT: u64 = 64 << 20;

/// Rule ISO-01.
///
/// It reads the file once more when all else was seen, for then each box is taken by itself, whatever stands around it.
#[derive(Default)]
pub(in crate::validate) struct Boxes {
    fragments: u64,
}

impl Check for Boxes {
    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        let options = DumpOptions { max_boxes: BOXES, max_box_size: BOX_LIMIT };
        // An error here is of the disk, and the readings before had none.
        let _ = dump_each(file.input(), &options, |node| {
            // What stands between boxes, or is cut off by the end of the file, is told by ISO-02.
            let is_cut = node.offset.saturating_add(node.size) > file.input().len();
            if node.kind != FourCC([0; 4]) && !is_cut {
                let path = if node.kind == b"moof" {
                    self.fragments += 1;
                    format!("moof[{}]", self.fragments)
                } else {
                    node.kind.to_string()
                };
                look(&node, path, found);
            }
            Ok(())
        });
    }
}

fn look(node: &BoxNode, path: String, found: &mut Gathered) {
    if let Some(error) = &node.error {
        let message = match node.error_offset {
            // The place goes where places go.
            Some(offset) => error.strip_prefix(&format!("byte {offset}: ")).unwrap_or(error),
            None => error,
        };
        let at = node.error_offset.unwrap_or(node.offset);
        found.push(found.finding(&ISO_01, at, format!("`{}`: {message}", node.kind)).path(&*path));
    }
    let is_large = node.header_len == if node.uuid.is_some() { 32 } else { 16 };
    if is_large && node.kind != b"mdat" && node.size <= u64::from(u32::MAX) {
        let message = format!("`{}` of {} bytes has a size of 64 bits", node.kind, node.size);
        let finding = found.finding(&ISO_01, node.offset, message).severity(Severity::Advice);
        found.push(finding.path(&*path).fix("write the size in 32 bits, which every reader takes"));
    }
    let mut numbers: HashMap<FourCC, (usize, usize)> = HashMap::new();
    for child in &node.children {
        numbers.entry(child.kind).or_default().1 += 1;
    }
    for child in &node.children {
        let (number, of) = numbers.entry(child.kind).or_default();
        *number += 1;
        let is_numbered = *of > 1 || matches!(&child.kind.0, b"trak" | b"traf");
        let number = if is_numbered { format!("[{number}]") } else { String::new() };
        look(child, format!("{path}/{}{number}", child.kind), found);
    }
}
