//! The parameter sets in force.

use std::collections::BTreeMap;

use super::{Rbsp, RbspReader};
use crate::error::{Error, Result};

/// A parameter set of a sequence or of pictures.
pub(crate) trait ParameterSet: Sized {
    /// What it is called in messages.
    const NAME: &'static str;

    /// Reads a NAL unit from its header on.
    ///
    /// # Errors
    /// `Format` where a value is out of its range.
    fn read(r: &mut RbspReader<'_>) -> Result<Self>;

    /// Parses a NAL unit, its header included.
    ///
    /// # Errors
    /// `Format` where it is broken.
    fn parse(unit: &[u8]) -> Result<Self> {
        let rbsp = Rbsp::new(unit);
        let mut r = rbsp.reader();
        let set = Self::read(&mut r)?;
        r.check()?;
        Ok(set)
    }

    /// Its number.
    fn id(&self) -> u8;
}

/// A parameter set of pictures, which refers to one of a sequence.
pub(crate) trait PictureParameterSet: ParameterSet {
    /// The number of the sequence parameter set.
    fn sequence_id(&self) -> u8;
}

/// Parameter sets by their numbers; a newer one takes the place of an older one.
#[derive(Debug)]
pub(crate) struct ParameterSets<S, P> {
    sequence: BTreeMap<u8, S>,
    picture: BTreeMap<u8, P>,
    /// What was wrong with the last one that was not understood.
    trouble: Option<String>,
}

impl<S, P> Default for ParameterSets<S, P> {
    fn default() -> Self {
        ParameterSets { sequence: BTreeMap::new(), picture: BTreeMap::new(), trouble: None }
    }
}

impl<S: ParameterSet, P: PictureParameterSet> ParameterSets<S, P> {
    /// Takes in a sequence parameter set. One that is not understood is only told of once a slice needs it.
    pub(crate) fn add_sequence(&mut self, unit: &[u8]) {
        add(&mut self.sequence, &mut self.trouble, unit);
    }

    /// Takes in a picture parameter set, as [`ParameterSets::add_sequence`] does.
    pub(crate) fn add_picture(&mut self, unit: &[u8]) {
        add(&mut self.picture, &mut self.trouble, unit);
    }

    /// The sets that a slice with this `pic_parameter_set_id` uses.
    ///
    /// # Errors
    /// `Unsupported` where one is missing or was not understood.
    pub(crate) fn of_slice(&self, id: u32) -> Result<(&S, &P)> {
        let picture = u8::try_from(id).ok().and_then(|id| self.picture.get(&id));
        let picture = picture.ok_or_else(|| self.missing::<P>(id))?;
        let id = picture.sequence_id();
        let sequence = self.sequence.get(&id).ok_or_else(|| self.missing::<S>(id.into()))?;
        Ok((sequence, picture))
    }

    /// Any sequence parameter set: that with the lowest number.
    pub(crate) fn any_sequence(&self) -> Option<&S> {
        self.sequence.values().next()
    }

    fn missing<T: ParameterSet>(&self, id: u32) -> Error {
        let name = T::NAME;
        Error::unsupported(match &self.trouble {
            Some(trouble) => format!("{name} {id} is needed and not known; not understood was a {trouble}"),
            None => format!("{name} {id} is needed and was not there before"),
        })
    }
}

fn add<T: ParameterSet>(sets: &mut BTreeMap<u8, T>, trouble: &mut Option<String>, unit: &[u8]) {
    match T::parse(unit) {
        Ok(set) => {
            sets.insert(set.id(), set);
        }
        Err(error) => *trouble = Some(format!("{}: {}", T::NAME, error.message())),
    }
}
