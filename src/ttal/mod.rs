//! Timed Text Authoring Lineage: scripts for localization, their model, rules and lineage.

pub mod cast;
pub mod computed;
pub mod facts;
pub mod ids;
pub mod json;
pub mod language;
pub mod model;
pub mod place;
pub mod retime;
pub mod rules;
pub mod source;
pub mod time;
