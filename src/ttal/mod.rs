//! Timed Text Authoring Lineage: scripts for localization, their model, rules and lineage.

pub mod computed;
pub mod json;
pub mod language;
pub mod model;
pub mod normal;
pub mod place;
pub mod roundtrip;
pub mod rules;
pub mod source;
pub mod time;
