//! ISO base media file format: reading, writing, and the registry of boxes.
//!
//! - [`top_level`] walks a file's boxes by their headers; [`read_box`] takes one (`moov`, `moof`) into memory.
//! - [`Reader`] and [`Boxes`] descend into it; [`Child::parse`] gives a typed box of [`boxes`]. Errors carry the
//!   absolute offset and the whole box path: add the file's name, not the path.
//! - [`Writer`] writes boxes and fills in sizes.
//! - [`RawBox`] is for rewriting: it keeps every byte that is not edited.
//! - [`dump`] describes a file box by box, by the registry.

pub mod boxes;
mod fourcc;
mod header;
mod layout;
mod orientation;
mod raw;
mod reader;
mod registry;
mod table;
mod tree;
mod value;
mod writer;

pub use fourcc::FourCC;
pub use header::{BoxHeader, SizeForm, TopLevel, top_level};
pub use orientation::Orientation;
pub use raw::{Body, RawBox};
pub use reader::{
    BOX_LIMIT, BoxPath, Boxes, Child, FullHeader, LoadedBox, ParseBox, Reader, read_available, read_box,
};
pub use registry::{BoxInfo, REGISTRY};
pub use table::{Table, TableEntry};
pub use tree::{BoxNode, DumpOptions, dump, dump_each};
pub use value::{Fields, Value, ValueError};
pub use writer::{WriteBox, Writer, header_len};
