//! Timed Text Authoring Lineage: scripts for localization, their model, rules and lineage.

pub mod cast;
pub mod computed;
pub mod convert;
pub mod derive;
pub mod facts;
pub mod filter;
pub mod flatten;
pub mod ids;
pub mod json;
pub mod language;
pub mod lineage;
pub mod locate;
pub mod model;
pub mod normal;
pub mod place;
pub mod retime;
pub mod roundtrip;
pub mod rules;
pub mod schema;
pub mod source;
pub mod summary;
pub mod time;
pub mod validate;
