//! What a file holds, for people and machines.
