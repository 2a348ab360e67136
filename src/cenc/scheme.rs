//! The four protection schemes and the block pattern.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// A protection scheme of ISO/IEC 23001-7, as `schm` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// AES-CTR over all protected bytes; one IV per sample.
    Cenc,
    /// AES-CBC with a pattern; IV and pattern restart at each subsample.
    Cbcs,
    /// AES-CBC over whole blocks, chained through the sample. Read only.
    Cbc1,
    /// AES-CTR with a pattern. Read only.
    Cens,
}

const SCHEMES: [(Scheme, &str); 4] =
    [(Scheme::Cenc, "cenc"), (Scheme::Cbcs, "cbcs"), (Scheme::Cbc1, "cbc1"), (Scheme::Cens, "cens")];

impl Scheme {
    /// The `scheme_type` of `schm`, also the `aux_info_type` of `saiz` and `saio`.
    pub fn fourcc(self) -> [u8; 4] {
        match self {
            Scheme::Cenc => *b"cenc",
            Scheme::Cbcs => *b"cbcs",
            Scheme::Cbc1 => *b"cbc1",
            Scheme::Cens => *b"cens",
        }
    }

    /// The scheme that `schm` names, `None` for one that is not of Common Encryption.
    pub fn from_fourcc(fourcc: [u8; 4]) -> Option<Scheme> {
        SCHEMES.iter().map(|&(scheme, _)| scheme).find(|scheme| scheme.fourcc() == fourcc)
    }

    /// Whether the scheme may have a pattern. Its `tenc` is then of version 1 (rule ENC-02).
    pub fn has_pattern(self) -> bool {
        matches!(self, Scheme::Cbcs | Scheme::Cens)
    }

    /// Whether this crate encrypts with it (rule ENC-03).
    pub fn can_encrypt(self) -> bool {
        matches!(self, Scheme::Cenc | Scheme::Cbcs)
    }

    /// The `Per_Sample_IV_Size` that is written, in bytes: 8 for `cenc` (rule ENC-19), 0 for `cbcs`, whose IV of
    /// 16 bytes is constant (rule ENC-15). The two that are only read have 8 and 16.
    pub fn per_sample_iv_size(self) -> u8 {
        match self {
            Scheme::Cenc | Scheme::Cens => 8,
            Scheme::Cbcs => 0,
            Scheme::Cbc1 => 16,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = SCHEMES.iter().find(|(scheme, _)| scheme == self).map_or("", |(_, name)| name);
        f.pad(name)
    }
}

impl FromStr for Scheme {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        SCHEMES.iter().find(|(_, name)| *name == text).map(|&(scheme, _)| scheme).ok_or_else(|| {
            Error::usage(format!("protection scheme {text:?}, one of cenc, cbcs, cens, cbc1 was expected"))
        })
    }
}

impl Serialize for Scheme {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `crypt_byte_block` and `skip_byte_block`, in blocks of 16 bytes; `0:0` and `N:0` protect every block.
///
/// The default is `1:9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Blocks that are encrypted, 0 to 15.
    pub crypt: u8,
    /// Blocks that are left clear after them, 0 to 15.
    pub skip: u8,
}

impl Pattern {
    /// No pattern: every block.
    pub const NONE: Pattern = Pattern { crypt: 0, skip: 0 };
    /// One block of ten, the pattern recommended for video.
    pub const P1_9: Pattern = Pattern { crypt: 1, skip: 9 };
    /// Five blocks of ten.
    pub const P5_5: Pattern = Pattern { crypt: 5, skip: 5 };
    /// Every block, written as a pattern.
    pub const P10_0: Pattern = Pattern { crypt: 10, skip: 0 };

    /// A pattern as a file states it.
    ///
    /// # Errors
    /// `Format` where a value does not fit its 4 bits.
    pub fn new(crypt: u8, skip: u8) -> Result<Pattern> {
        if crypt > 15 || skip > 15 {
            return Err(Error::format(format!("pattern {crypt}:{skip}, each part is 0 to 15")));
        }
        Ok(Pattern { crypt, skip })
    }

    /// Whether every block is encrypted.
    pub fn is_full(self) -> bool {
        self.skip == 0
    }

    /// Checks that the pattern is one that AV1 video may have.
    ///
    /// # Errors
    /// `Usage` for any but `1:9`, `5:5` and `10:0` (rule ENC-05).
    pub fn check_av1(self) -> Result<()> {
        match self {
            Pattern::P1_9 | Pattern::P5_5 | Pattern::P10_0 => Ok(()),
            _ => {
                Err(Error::usage(format!("pattern {self}, AV1 allows 1:9, 5:5 and 10:0"))
                    .clause("rule ENC-05"))
            }
        }
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Pattern::P1_9
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.crypt, self.skip)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |part: &str| match part.as_bytes() {
            [b'0'..=b'9'] | [b'1', b'0'..=b'5'] => part.parse().ok(),
            _ => None,
        };
        text.split_once(':')
            .and_then(|(crypt, skip)| Some(Pattern { crypt: number(crypt)?, skip: number(skip)? }))
            .ok_or_else(|| {
                Error::usage(format!("pattern {text:?}, a form like 1:9 was expected, each part 0 to 15"))
            })
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_fourccs_lead_back() {
        for (scheme, name) in SCHEMES {
            assert_eq!(scheme.to_string(), name);
            assert_eq!(name.parse::<Scheme>().unwrap(), scheme);
            assert_eq!(scheme.fourcc(), name.as_bytes());
            assert_eq!(Scheme::from_fourcc(scheme.fourcc()), Some(scheme));
        }
        assert_eq!(Scheme::from_fourcc(*b"piff"), None);
        assert!("CENC".parse::<Scheme>().is_err());
    }

    #[test]
    fn patterns() {
        assert_eq!(Pattern::default().to_string(), "1:9");
        assert_eq!("5:5".parse::<Pattern>().unwrap(), Pattern::P5_5);
        assert_eq!("15:15".parse::<Pattern>().unwrap(), Pattern { crypt: 15, skip: 15 });
        for text in ["", ":", "1", "1:", ":9", "16:0", "0:16", "+1:9", "01:9", "1:9:1", " 1:9", "1:-9"] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
        assert!(Pattern::new(16, 0).is_err());
        assert!(Pattern::new(0, 15).is_ok());
        assert!(Pattern::NONE.check_av1().is_err());
        Pattern::P10_0.check_av1().unwrap();
    }
}
