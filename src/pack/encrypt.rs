//! Which key, pattern and IVs a track is encrypted with.

use super::job::{Encryption, KeyChoice, Settings};
use crate::cenc::{Iv, IvAllocator, KeyId, Pattern, SampleCipher, Scheme, Tenc, common_pssh};
use crate::cmaf::{Media, Protection, Track};
use crate::error::{Error, Result};

/// Gives each track its protection.
pub(super) struct Encryptor<'a> {
    encryption: &'a Encryption,
    ivs: IvAllocator,
    /// The IV to start with, until a track has it.
    first_iv: Option<Iv>,
}

impl<'a> Encryptor<'a> {
    pub(super) fn new(encryption: &'a Encryption) -> Result<Self> {
        let ivs = match encryption.iv.map(|iv| iv.block()) {
            Some([a, b, c, d, e, f, g, h, ..]) => {
                IvAllocator::starting_at(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
            None => IvAllocator::random()?,
        };
        if encryption.keys.is_empty() {
            return Err(Error::usage("no key to encrypt with; give one with --key, --key-file or CMAF_KEYS"));
        }
        Ok(Encryptor { encryption, ivs, first_iv: encryption.iv })
    }

    /// What samples are mapped for: the scheme and the size of the IV in each sample.
    pub(super) fn maps(&self) -> (Scheme, u8) {
        let size = match (self.encryption.scheme, self.encryption.iv) {
            (Scheme::Cenc, Some(iv)) => iv.size(),
            (scheme, _) => scheme.per_sample_iv_size(),
        };
        (self.encryption.scheme, size)
    }

    /// The key for a track; none where it stays clear. `height` is that of its pictures.
    ///
    /// # Errors
    /// `Usage` where no key, or none of several, is the one.
    pub(super) fn key_for(&self, settings: &Settings, media: Media, height: u32) -> Result<Option<KeyId>> {
        let keys = &self.encryption.keys;
        match &settings.key {
            Some(KeyChoice::Clear) => return Ok(None),
            Some(KeyChoice::Label(label)) => {
                let by_id = || label.parse::<KeyId>().ok().filter(|kid| keys.get(kid).is_some());
                return match keys.labelled(label).or_else(by_id) {
                    Some(kid) => Ok(Some(kid)),
                    None => Err(self.unknown_label(label)),
                };
            }
            None if media == Media::Text => return Ok(None),
            None => {}
        }
        if let Some(kid) = self.encryption.kid {
            return match keys.get(&kid) {
                Some(_) => Ok(Some(kid)),
                None => Err(Error::usage(format!("no key has the ID {kid}"))),
            };
        }
        let kids: Vec<KeyId> = keys.kids().collect();
        if let [only] = kids.as_slice() {
            return Ok(Some(*only));
        }
        let usual = usual_labels(media, height);
        if let Some(kid) = usual.iter().find_map(|label| keys.labelled(label)) {
            return Ok(Some(kid));
        }
        let list: Vec<String> = kids.iter().map(KeyId::to_string).collect();
        Err(Error::usage(format!(
            "several keys, and none is labelled {} for this {}; choose one with key= behind the input, or with --kid, \
             of {}",
            usual.join(" or "),
            media.name(),
            list.join(", ")
        )))
    }

    fn unknown_label(&self, label: &str) -> Error {
        let labels: Vec<&str> = self.encryption.keys.labels().collect();
        // What is not a word may be a key, given by mistake.
        let shown = if label.len() <= 24 && label.bytes().all(|b| b.is_ascii_graphic()) {
            format!("no key has the label {}", label.escape_debug())
        } else {
            "the label in key= is no label".to_string()
        };
        Error::usage(if labels.is_empty() {
            format!("{shown}; label one with --key LABEL=KID:KEY")
        } else {
            format!("{shown}, known are {}", labels.join(", "))
        })
    }

    /// How a track is encrypted under a key.
    ///
    /// # Errors
    /// `Usage` for a pattern that the codec does not allow; `Io` where there is no randomness.
    pub(super) fn protect(&mut self, track: &Track, kid: KeyId) -> Result<Protection> {
        let encryption = self.encryption;
        let key =
            encryption.keys.get(&kid).ok_or_else(|| Error::usage(format!("no key has the ID {kid}")))?;
        let pattern = match (encryption.scheme, track.media) {
            (Scheme::Cbcs, Media::Video) => {
                if track.entries.iter().any(|entry| entry.format == *b"av01") {
                    encryption.pattern.check_av1()?;
                }
                encryption.pattern
            }
            (Scheme::Cbcs, Media::Audio) => encryption.audio_pattern,
            _ => Pattern::NONE,
        };
        let cipher = SampleCipher::new(key, encryption.scheme, pattern)?;
        let pssh = if encryption.common_pssh { Some(common_pssh(&[kid])?) } else { None };
        let samples = track.samples.samples().len() as u64;
        let (_, iv_size) = self.maps();
        let (tenc, ivs) = match encryption.scheme {
            Scheme::Cbcs => {
                let iv = match encryption.iv {
                    Some(iv) => iv,
                    None => Iv::random(16)?,
                };
                (Tenc::cbcs(kid, pattern, iv)?, None)
            }
            _ => {
                let ivs = match self.first_iv.take() {
                    Some(first) => self.ivs.claim(kid, first, samples)?,
                    None if iv_size == 16 => self.ivs.reserve_long(kid)?,
                    None => self.ivs.reserve(kid, samples)?,
                };
                (Tenc::cenc(kid, iv_size)?, Some(ivs))
            }
        };
        Ok(Protection { cipher, tenc, ivs, pssh })
    }
}

/// The labels that keys of a kind of track usually have, the best first.
fn usual_labels(media: Media, height: u32) -> &'static [&'static str] {
    match (media, height) {
        (Media::Audio, _) => &["AUDIO", "audio"],
        (Media::Text, _) => &["TEXT", "text"],
        (Media::Video, 0..=576) => &["SD", "sd", "VIDEO", "video"],
        (Media::Video, 577..=1080) => &["HD", "hd", "VIDEO", "video"],
        (Media::Video, _) => &["UHD", "uhd", "UHD1", "VIDEO", "video"],
    }
}
