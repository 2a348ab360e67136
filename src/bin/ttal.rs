//! `ttal`: localization scripts.
fn main() {}
