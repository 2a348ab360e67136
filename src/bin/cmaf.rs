//! `cmaf`: packs, inspects, decrypts and extracts CMAF tracks.
fn main() {}
