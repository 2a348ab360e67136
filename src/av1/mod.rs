//! AV1: OBUs, sequence and frame headers with the reference state they need, and tile byte ranges.
