//! ISO base media file format: reading, writing, and the registry of boxes.
