//! Input containers, found by content, as packets on one timeline.
