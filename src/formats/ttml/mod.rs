//! What all readers of TTML share: safe parsing, names, styles, layout, agents, and words with their inner structure.

pub mod audio;
pub mod element;
pub mod foreign;
pub mod head;
pub mod inline;
pub mod metadata;
pub mod names;
pub mod plain;
pub mod space;
pub mod xml;
