//! The values of `tenc`.

use serde::Serialize;

use super::iv::Iv;
use super::keys::KeyId;
use super::scheme::{Pattern, Scheme};
use crate::error::{Error, Result};

/// What `tenc` says of a protected track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tenc {
    /// 0, or 1 for the schemes with a pattern.
    pub version: u8,
    /// `default_crypt_byte_block` and `default_skip_byte_block`.
    pub default_pattern: Pattern,
    /// `default_isProtected`.
    pub default_is_protected: bool,
    /// `default_Per_Sample_IV_Size` in bytes: 0, 8 or 16.
    pub default_per_sample_iv_size: u8,
    /// `default_KID`.
    pub default_kid: KeyId,
    /// `default_constant_IV`, where the IV size per sample is 0.
    pub default_constant_iv: Option<Iv>,
}

impl Tenc {
    /// The values for a `cenc` track with IVs of 8 or 16 bytes per sample.
    ///
    /// # Errors
    /// `Usage` for another size.
    pub fn cenc(kid: KeyId, iv_size: u8) -> Result<Tenc> {
        if !matches!(iv_size, 8 | 16) {
            return Err(Error::usage(format!("cenc IVs of {iv_size} bytes, 8 or 16 were expected")));
        }
        Ok(Tenc {
            version: 0,
            default_pattern: Pattern::NONE,
            default_is_protected: true,
            default_per_sample_iv_size: iv_size,
            default_kid: kid,
            default_constant_iv: None,
        })
    }

    /// The values for a `cbcs` track.
    ///
    /// # Errors
    /// `Usage` for an IV of 8 bytes (rule ENC-15).
    pub fn cbcs(kid: KeyId, pattern: Pattern, iv: Iv) -> Result<Tenc> {
        if iv.size() != 16 {
            return Err(
                Error::usage("an IV of 8 bytes, the constant IV of cbcs has 16").clause("rule ENC-15")
            );
        }
        Ok(Tenc {
            version: 1,
            default_pattern: Pattern::new(pattern.crypt, pattern.skip)?,
            default_is_protected: true,
            default_per_sample_iv_size: 0,
            default_kid: kid,
            default_constant_iv: Some(iv),
        })
    }

    /// The body of the box: version, flags, and all that follows; without size and type.
    pub fn body(&self) -> Vec<u8> {
        let Pattern { crypt, skip } = self.default_pattern;
        let pattern = if self.version == 0 { 0 } else { crypt << 4 | (skip & 15) };
        let protected = u8::from(self.default_is_protected);
        let mut out = vec![self.version, 0, 0, 0, 0, pattern, protected, self.default_per_sample_iv_size];
        out.extend_from_slice(self.default_kid.bytes());
        if let (true, 0, Some(iv)) =
            (self.default_is_protected, self.default_per_sample_iv_size, &self.default_constant_iv)
        {
            out.push(iv.size());
            out.extend_from_slice(iv.as_bytes());
        }
        out
    }

    /// Checks that the values go with `scheme`; of an unprotected track nothing is asked.
    ///
    /// # Errors
    /// `Format` where a value does not go with `scheme`.
    pub fn check(&self, scheme: Scheme) -> Result<()> {
        let fail = |what: String| Err(Error::format(what).clause("rule ENC-02"));
        if !self.default_is_protected {
            return Ok(());
        }
        if self.default_kid.0 == [0; 16] {
            return fail("default_KID is all zeros".to_string());
        }
        if !scheme.has_pattern() && self.default_pattern != Pattern::NONE {
            return fail(format!("pattern {} under {scheme}, which has none", self.default_pattern));
        }
        match (self.default_per_sample_iv_size, &self.default_constant_iv) {
            (0, Some(_)) | (8 | 16, None) => Ok(()),
            (0, None) => fail("neither an IV per sample nor a constant one".to_string()),
            (8 | 16, Some(_)) => fail("an IV per sample and a constant one".to_string()),
            (size, _) => fail(format!("default_Per_Sample_IV_Size {size}, 0, 8 or 16 was expected")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let kid = KeyId([0xab; 16]);
        let mut expected = vec![0, 0, 0, 0, 0, 0, 1, 8];
        expected.extend_from_slice(&[0xab; 16]);
        let tenc = Tenc::cenc(kid, 8).unwrap();
        assert_eq!(tenc.body(), expected);
        tenc.check(Scheme::Cenc).unwrap();

        let mut expected = vec![1, 0, 0, 0, 0, 0x19, 1, 0];
        expected.extend_from_slice(&[0xab; 16]);
        expected.push(16);
        expected.extend_from_slice(&[0xcd; 16]);
        let tenc = Tenc::cbcs(kid, Pattern::P1_9, Iv::from_bytes(&[0xcd; 16]).unwrap()).unwrap();
        assert_eq!(tenc.body(), expected);
        tenc.check(Scheme::Cbcs).unwrap();
        assert!(tenc.check(Scheme::Cenc).is_err());

        assert!(Tenc::cenc(kid, 0).is_err());
        assert!(Tenc::cbcs(kid, Pattern::P1_9, Iv::from_bytes(&[0xcd; 8]).unwrap()).is_err());
    }
}
