//! Keys and key IDs, and the ring that holds them.
//!
//! No error and no `Debug` output here has any text that came in as a key, well-formed or not, nor as a malformed
//! key ID: the two may have been swapped.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::key_json;
use super::text::from_hex;
use crate::error::{Error, Result};

/// The most bytes that a key file may have.
const MOST_FILE_BYTES: u64 = 1 << 20;

/// A content key of 128 bits. It is wiped when dropped and printed nowhere.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 16]);

impl Key {
    /// A key of the bytes given.
    ///
    /// # Errors
    /// `Usage` for a key of zeros (rule ENC-40).
    pub fn new(bytes: [u8; 16]) -> Result<Key> {
        let key = Key(bytes);
        if key.0 == [0; 16] {
            return Err(Error::usage("the key is all zeros").clause("rule ENC-40"));
        }
        Ok(key)
    }

    /// A key of 32 hexadecimal digits.
    ///
    /// # Errors
    /// `Usage` for other text or a key of zeros. The error has nothing of the text but its length.
    pub fn from_hex(text: &str) -> Result<Key> {
        let bytes = from_hex(text).ok_or_else(|| not_hex("the key", text))?;
        Key::new(*bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// What is wrong with text that should be 32 hexadecimal digits, without the text.
fn not_hex(what: &str, text: &str) -> Error {
    let count = text.chars().count();
    Error::usage(if count == 32 {
        format!("{what} has characters that are no hexadecimal digits")
    } else {
        format!("{what} has {count} characters, 32 hexadecimal digits were expected")
    })
}

/// The ID of a key: 16 bytes, printed as 32 lower-case hexadecimal digits. It is no secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 16]);

impl KeyId {
    /// The bytes as they stand in `tenc` and `pssh`.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = Error;

    /// Reads 32 hexadecimal digits, or 36 characters with the dashes of a UUID. The error has nothing of the text
    /// but its length.
    fn from_str(text: &str) -> Result<Self> {
        let bytes = match text.as_bytes() {
            dashed if dashed.len() == 36 && [8, 13, 18, 23].iter().all(|&i| dashed[i] == b'-') => {
                from_hex(&Zeroizing::new(text.replace('-', "")))
            }
            _ => from_hex(text),
        };
        match bytes {
            Some(bytes) if *bytes == [0; 16] => {
                Err(Error::usage("the key ID is all zeros").clause("rule ENC-02"))
            }
            Some(bytes) => Ok(KeyId(*bytes)),
            None => Err(not_hex("the key ID", text)),
        }
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The keys at hand, each under its ID.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: BTreeMap<KeyId, Key>,
    labels: BTreeMap<String, KeyId>,
}

/// The longest label: shorter than a key in hexadecimal digits, which can't be one by mistake then.
const MOST_LABEL_BYTES: usize = 24;

impl KeyRing {
    /// An empty ring.
    pub fn new() -> KeyRing {
        KeyRing::default()
    }

    /// Adds a key. The same pair again changes nothing.
    ///
    /// # Errors
    /// `Usage` for an ID of zeros, or one that has another key already.
    pub fn insert(&mut self, kid: KeyId, key: Key) -> Result<()> {
        if kid.0 == [0; 16] {
            return Err(Error::usage("the key ID is all zeros").clause("rule ENC-02"));
        }
        match self.keys.entry(kid) {
            Entry::Vacant(entry) => {
                entry.insert(key);
            }
            Entry::Occupied(entry) if *entry.get() == key => {}
            Entry::Occupied(_) => {
                return Err(Error::usage(format!("key ID {kid} is given with two different keys")));
            }
        }
        Ok(())
    }

    /// Gives a key's ID a label, by which tracks ask for it.
    ///
    /// # Errors
    /// `Usage` for a label that is no word of letters, digits, `-` and `_`, or that another ID has already. The error
    /// has the label only where it is one.
    pub fn set_label(&mut self, label: &str, kid: KeyId) -> Result<()> {
        let is_word =
            |label: &str| label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if label.is_empty() || label.len() > MOST_LABEL_BYTES || !is_word(label) {
            return Err(Error::usage(format!(
                "a label of a key is a word of at most {MOST_LABEL_BYTES} letters, digits, - and _"
            )));
        }
        match self.labels.insert(label.to_string(), kid) {
            Some(other) if other != kid => {
                Err(Error::usage(format!("label {label} is given to two keys, {other} and {kid}")))
            }
            _ => Ok(()),
        }
    }

    /// The ID that a label stands for.
    pub fn labelled(&self, label: &str) -> Option<KeyId> {
        self.labels.get(label).copied()
    }

    /// The labels in alphabetical order.
    pub fn labels(&self) -> impl Iterator<Item = &str> + '_ {
        self.labels.keys().map(String::as_str)
    }

    /// Adds the key of `KID:KEY`, both 32 hexadecimal digits, the ID with the dashes of a UUID if wanted; or of
    /// `LABEL=KID:KEY`.
    ///
    /// # Errors
    /// `Usage` for other text, a key or ID of zeros, or a second key for an ID.
    pub fn add_pair(&mut self, text: &str) -> Result<()> {
        let text = text.trim();
        let (label, text) = match text.split_once('=') {
            Some((label, pair)) => (Some(label.trim()), pair.trim()),
            None => (None, text),
        };
        let (kid, key) = text.split_once(':').ok_or_else(|| {
            Error::usage(format!(
                "KID:KEY was expected, the text has no colon in {} characters",
                text.chars().count()
            ))
        })?;
        let kid = kid.trim().parse()?;
        let key = Key::from_hex(key.trim()).map_err(|e| e.within(format!("key ID {kid}")))?;
        self.insert(kid, key)?;
        label.map_or(Ok(()), |label| self.set_label(label, kid))
    }

    /// Adds pairs as [`add_pair`](Self::add_pair) reads them, with commas or white space between: the value of an
    /// environment variable, or a file with a pair in each line.
    ///
    /// # Errors
    /// As `add_pair`, with the pair's number, from 1; `Usage` where there is no pair.
    pub fn add_list(&mut self, text: &str) -> Result<()> {
        let mut count = 0;
        let pairs = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|pair| !pair.is_empty());
        for (i, pair) in pairs.enumerate() {
            self.add_pair(pair).map_err(|e| e.within(format!("pair {}", i + 1)))?;
            count += 1;
        }
        if count == 0 {
            return Err(Error::usage("no KID:KEY pair is given"));
        }
        Ok(())
    }

    /// Adds the keys of a JSON text, in one of these forms:
    ///
    /// - `{"keys": [{"kid": HEX, "key": HEX, "label": WORD}]}`, labels being optional;
    /// - `{"keys": [{"kty": "oct", "kid": BASE64URL, "k": BASE64URL}]}`, a JSON Web Key set (the ID in
    ///   hexadecimal digits is read too);
    /// - `{KID: KEY}`, both in hexadecimal digits.
    ///
    /// # Errors
    /// `Usage` for other text, a key or ID of zeros, or a second key for an ID.
    pub fn add_json(&mut self, text: Zeroizing<Vec<u8>>) -> Result<()> {
        key_json::parse(&text, |kid, key, label| {
            self.insert(kid, key)?;
            label.map_or(Ok(()), |label| self.set_label(label, kid))
        })
    }

    /// Adds the keys of a file: JSON as [`add_json`](Self::add_json) reads it if it starts with a brace, else pairs
    /// as [`add_list`](Self::add_list) does.
    ///
    /// # Errors
    /// `Io` where the file can't be read, `Limit` for one of more than 1 MiB, else as those two.
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        self.read_file(path).map_err(|e| e.in_file(path.display().to_string()))
    }

    fn read_file(&mut self, path: &Path) -> Result<()> {
        let file = File::open(path).map_err(|e| Error::io("cannot open", e))?;
        // Of full length from the start: a buffer that grows leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(MOST_FILE_BYTES as usize + 64));
        file.take(MOST_FILE_BYTES + 1).read_to_end(&mut text).map_err(|e| Error::io("cannot read", e))?;
        if text.len() as u64 > MOST_FILE_BYTES {
            return Err(Error::limit(format!("a key file has at most {MOST_FILE_BYTES} bytes")));
        }
        if text.trim_ascii_start().starts_with(b"{") {
            return self.add_json(text);
        }
        let text = std::str::from_utf8(&text).map_err(|_| Error::usage("the key file is not UTF-8 text"))?;
        self.add_list(text)
    }

    /// The key of an ID.
    pub fn get(&self, kid: &KeyId) -> Option<&Key> {
        self.keys.get(kid)
    }

    /// The IDs, ascending.
    pub fn kids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keys.keys().copied()
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}
