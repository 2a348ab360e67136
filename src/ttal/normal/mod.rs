//! The normal form of scripts, by which they are compared and hashed.
//!
//! Two scripts are equal if they mean the same in all that a DAPT document can carry: what is inherited is filled
//! in, times are exact fractions of seconds, language tags are canonical, references follow one rule. What is left
//! out: the schema hint, `xml:space` (its work is done once strings are literal), and what a processor of DAPT has
//! to prune: foreign XML outside of metadata, and profiles it can't vouch for.

mod canonical;
mod compare;
mod fill;
mod tidy;
pub mod tree;

pub use canonical::{canonical_json, sha256};
pub use compare::{Difference, model_equal};
pub use fill::normal_form;
pub use tidy::tidy;
