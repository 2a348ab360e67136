//! Four-character codes: box types, brands, handlers, schemes, grouping types.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// A four-character code.
///
/// It prints as its characters, with `\xNN` for what is not printable ASCII.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FourCC(pub [u8; 4]);

impl FourCC {
    /// The type of boxes that are named by 16 more bytes.
    pub const UUID: FourCC = FourCC(*b"uuid");
}

impl fmt::Display for FourCC {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            match byte {
                0x20..0x7f => write!(f, "{}", char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for FourCC {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{self}'")
    }
}

impl Serialize for FourCC {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<[u8; 4]> for FourCC {
    fn from(bytes: [u8; 4]) -> Self {
        FourCC(bytes)
    }
}

impl From<&[u8; 4]> for FourCC {
    fn from(bytes: &[u8; 4]) -> Self {
        FourCC(*bytes)
    }
}

impl From<u32> for FourCC {
    fn from(value: u32) -> Self {
        FourCC(value.to_be_bytes())
    }
}

impl PartialEq<[u8; 4]> for FourCC {
    fn eq(&self, other: &[u8; 4]) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&[u8; 4]> for FourCC {
    fn eq(&self, other: &&[u8; 4]) -> bool {
        self.0 == **other
    }
}

impl FromStr for FourCC {
    type Err = Error;

    /// Takes exactly four bytes of text.
    fn from_str(text: &str) -> Result<Self> {
        let bytes = text.as_bytes().try_into();
        bytes.map(FourCC).map_err(|_| Error::usage(format!("`{text}` is not a code of four characters")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_readably() {
        assert_eq!(FourCC(*b"moov").to_string(), "moov");
        assert_eq!(FourCC(*b"\xa9nam").to_string(), "\\xa9nam");
        assert_eq!(format!("{:?}", FourCC(*b"url ")), "'url '");
        assert_eq!("av01".parse::<FourCC>().unwrap(), b"av01");
        assert!("av1".parse::<FourCC>().is_err());
    }
}
