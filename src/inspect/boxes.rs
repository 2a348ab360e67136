//! The tree of boxes.

use super::mp4;
use super::output::Output;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::isobmff::{BoxNode, DumpOptions, dump_each};

/// The most boxes that are described, and the most bytes of one that are read into memory.
const BOUNDS: DumpOptions = DumpOptions { max_boxes: 200_000, max_box_size: 32 << 20 };

pub(super) fn write(input: &Input, out: &mut Output<'_>) -> Result<()> {
    if !mp4::starts_with_box(input) {
        let error = Error::unsupported("the file has no boxes: it is no MP4 file").in_file(input.name());
        out.failed(input.name(), &error)?;
        return Err(error);
    }
    if out.is_json() {
        out.text(format_args!("{{\"file\":"))?;
        out.json(&input.name())?;
        out.text(format_args!(",\"boxes\":["))?;
    } else {
        out.text(format_args!("{}\n", input.name()))?;
    }
    let mut error = None;
    let mut is_first = true;
    dump_each(input, &BOUNDS, |node| {
        if error.is_none() {
            error = first_error(&node).map(|error| error.in_file(input.name()));
        }
        if !out.is_json() {
            return out.text(format_args!("{node}"));
        }
        out.text(format_args!("{}", if is_first { "\n" } else { ",\n" }))?;
        is_first = false;
        out.json(&node)
    })?;
    if out.is_json() {
        out.text(format_args!("\n],"))?;
        out.close(error.as_ref())?;
    }
    error.map_or(Ok(()), Err)
}

/// The first thing that is wrong in a box or the boxes in it.
fn first_error(node: &BoxNode) -> Option<Error> {
    if let Some(error) = &node.error {
        // What it says may start with a byte offset of its own.
        return Some(Error::format(error.clone()).within(node.kind));
    }
    node.children.iter().find_map(first_error).map(|error| error.within(node.kind))
}
