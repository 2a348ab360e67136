//! Rules AUD: audio codecs in ISOBMFF.

mod aac;
mod ac3;
mod access;
mod durations;
mod entry;
mod flac;
mod groups;
mod iamf;
mod opus;

use super::entries::EntryAt;
use crate::findings::Rule;
use crate::isobmff::boxes::AudioSampleEntry;
use crate::validate::Options;
use crate::validate::check::Check;
use crate::validate::gathered::Gathered;

/// The checks, fresh for a file.
pub(super) fn checks(_options: &Options) -> Vec<Box<dyn Check>> {
    vec![
        Box::<entry::Entry>::default(),
        Box::<access::Access>::default(),
        Box::<aac::Aac>::default(),
        Box::<ac3::Ac3>::default(),
        Box::<flac::Flac>::default(),
        Box::<iamf::Iamf>::default(),
        Box::<opus::Opus>::default(),
    ]
}

/// More things than are kept to say each of them once.
const TOLD_LIMIT: usize = 1000;

/// Whether something is told for the first time.
fn once<T: PartialEq>(told: &mut Vec<T>, what: T) -> bool {
    let is_new = told.len() < TOLD_LIMIT && !told.contains(&what);
    if is_new {
        told.push(what);
    }
    is_new
}

/// Holds `samplerate` of an entry against the only rate that it may have.
fn expect_rate(
    rule: &'static Rule,
    at: &EntryAt<'_>,
    entry: &AudioSampleEntry,
    rate: u32,
    found: &mut Gathered,
) {
    if entry.sample_rate() != f64::from(rate) {
        let message = format!("samplerate is {} Hz, {rate} Hz was expected", entry.sample_rate());
        found.push(found.finding(rule, at.offset(), message).path(&at.path));
    }
}
