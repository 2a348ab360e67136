//! Keys on the command line, from a file, or from the environment.

use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use crate::cenc::KeyRing;
use crate::error::{Error, Result};
use crate::pack::STANDARD_INPUT;

/// The variable that may hold keys.
const VARIABLE: &str = "CMAF_KEYS";

/// Where keys come from. All that are given are taken together.
#[derive(Args)]
pub(super) struct KeyArgs {
    /// A key ID and its key, each 32 hexadecimal digits; LABEL= before them names the key. Other users of this machine may see it while the command
    /// runs: --key-file and CMAF_KEYS are safer.
    #[arg(long = "key", value_name = "[LABEL=]KID:KEY", value_parser = secret, help_heading = "Keys")]
    keys: Vec<Zeroizing<String>>,
    /// A JSON file with keys, {"keys":[{"kid":"…","key":"…","label":"…"}]}, labels optional, or {"KID":"KEY"}; `-` is standard input.
    ///
    /// The environment variable CMAF_KEYS may hold KID:KEY pairs too, with commas or spaces between them.
    #[arg(long, value_name = "FILE", help_heading = "Keys")]
    key_file: Option<PathBuf>,
}

fn secret(text: &str) -> std::result::Result<Zeroizing<String>, std::convert::Infallible> {
    Ok(Zeroizing::new(text.to_string()))
}

impl KeyArgs {
    /// Reads all keys.
    ///
    /// # Errors
    /// `Usage` for what is no key, `Io` for a file that can't be read. No message holds any of a key.
    pub(super) fn read(&self) -> Result<KeyRing> {
        let mut ring = KeyRing::new();
        for pair in &self.keys {
            ring.add_pair(pair)?;
        }
        match &self.key_file {
            Some(path) if path.as_os_str() == STANDARD_INPUT => {
                let mut text = Zeroizing::new(Vec::new());
                let read = io::stdin().lock().take(1 << 20).read_to_end(&mut text);
                read.map_err(|e| Error::io("cannot read keys from standard input", e))?;
                ring.add_json(text)?;
            }
            Some(path) => ring.add_file(path)?,
            None => {}
        }
        if let Some(list) = std::env::var_os(VARIABLE) {
            let list = list.into_string().map(Zeroizing::new).map_err(|raw| {
                drop(Zeroizing::new(raw.into_encoded_bytes()));
                Error::usage(format!("{VARIABLE} is no text"))
            })?;
            ring.add_list(&list)?;
        }
        Ok(ring)
    }

    /// Whether the command line names keys.
    pub(super) fn were_given(&self) -> bool {
        !self.keys.is_empty() || self.key_file.is_some()
    }

    /// Whether keys are to come from standard input.
    pub(super) fn use_standard_input(&self) -> bool {
        self.key_file.as_deref().is_some_and(|path| path.as_os_str() == STANDARD_INPUT)
    }
}
