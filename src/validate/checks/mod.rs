//! What looks for breaches of the rules: a family of rules a file.

mod audio;
mod av1;
mod cmaf;
mod encryption;
mod entries;
mod iso;
mod text;

use super::Options;
use super::check::{Check, Header, MovieFragment};
use super::facts::Facts;
use super::gathered::Gathered;
use crate::error::Error;
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::{Broken, Sample};
use crate::isobmff::BoxHeader;

/// All checks, fresh for a file, and the facts.
pub(super) struct Checks {
    families: Vec<Box<dyn Check>>,
    pub(super) facts: Facts,
}

impl Checks {
    pub(super) fn new(options: &Options) -> Self {
        let families =
            [iso::checks, cmaf::checks, av1::checks, encryption::checks, audio::checks, text::checks];
        let families = families.iter().flat_map(|checks| checks(options)).collect();
        Checks { families, facts: Facts::default() }
    }

    fn each(&mut self, mut call: impl FnMut(&mut dyn Check)) {
        self.families.iter_mut().for_each(|check| call(check.as_mut()));
        call(&mut self.facts);
    }
}

impl Check for Checks {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        self.each(|check| check.top_level(header, found));
    }

    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        self.each(|check| check.header(header, found));
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        self.each(|check| check.fragment(fragment, found));
    }

    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, found: &mut Gathered) {
        self.each(|check| check.obu(track, sample, seen, found));
    }

    fn broken(&mut self, track: &Track, sample: &Sample, part: Broken, error: &Error, found: &mut Gathered) {
        self.each(|check| check.broken(track, sample, part, error, found));
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        self.each(|check| check.sample(track, sample, scan, found));
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        self.each(|check| check.end(file, found));
    }
}
