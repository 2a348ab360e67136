//! Where a part of a script stands in the file it was read from.

use std::fmt;

/// The byte offset at which an object of a script starts in its source: the `{` of a JSON object, the `<` of an
/// XML element. Objects that were made, not read, have none.
///
/// Places are equal whatever they are: where a thing stands is no part of what it says, so that models compare by
/// their contents.
#[derive(Clone, Copy, Default)]
pub struct Place(u32);

impl Place {
    /// The place at a byte offset. Offsets past 4 GiB have none: no source is that long.
    pub fn at(offset: usize) -> Self {
        Place(u32::try_from(offset).ok().and_then(|o| o.checked_add(1)).unwrap_or(0))
    }

    /// The byte offset, if there is a source.
    pub fn offset(self) -> Option<usize> {
        self.0.checked_sub(1).map(|o| o as usize)
    }
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset() {
            Some(offset) => write!(f, "@{offset}"),
            None => f.write_str("@-"),
        }
    }
}

/// Where a finding points: an object of the script, and maybe one of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// The object.
    pub place: Place,
    /// The JSON name of the key that the finding is about (`languageSource`); a reader of another syntax knows what
    /// it is called there. `None` means the object as a whole.
    pub key: Option<&'static str>,
}

impl Place {
    /// This object as a whole.
    pub fn whole(self) -> Spot {
        Spot { place: self, key: None }
    }

    /// One key of this object.
    pub fn key(self, key: &'static str) -> Spot {
        Spot { place: self, key: Some(key) }
    }
}
