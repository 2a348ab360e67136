//! Timed Text Authoring Lineage: scripts for localization, their model, rules and lineage.

pub mod computed;
pub mod json;
pub mod language;
pub mod locate;
pub mod model;
pub mod place;
pub mod rules;
pub mod schema;
pub mod source;
pub mod time;
pub mod validate;
