//! CMAF tracks: samples, fragments, segments, their index, and the writing of them.
