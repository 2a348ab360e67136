//! What all readers of TTML share: safe parsing, names, styles, layout, agents, and words with their inner structure.

pub mod names;
pub mod plain;
pub mod xml;
