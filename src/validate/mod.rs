//! Whether media files keep the rules of ISOBMFF, CMAF, AV1 in ISOBMFF and Common Encryption.
//!
//! [`table`] says what each rule demands and why; `checks` holds what looks for breaches, a family of rules a file. A
//! file is read once box by box and once sample by sample, and every check sees all of it: memory does not grow with
//! the file, and all findings come in one run. No key is needed: the headers of encrypted AV1 are clear.
//!
//! ```no_run
//! use showpack::control::Control;
//! use showpack::{Input, validate};
//!
//! let report = validate::track(&[Input::open("movie.mp4")?], &Control::new())?;
//! for finding in &report.findings {
//!     println!("{} {}", finding.rule.id, finding.message);
//! }
//! # Ok::<(), showpack::Error>(())
//! ```

mod check;
mod checks;
mod gathered;
mod pass;
pub mod table;

use crate::control::Control;
use crate::error::Result;
use crate::findings::FileReport;
use crate::input::Input;
use crate::inspect::mp4::Mp4;

use self::gathered::Gathered;

/// Checks a track file, or an init segment with its media segments, which are told apart by their contents.
///
/// # Errors
/// `Io`, `Interrupted`; `Unsupported` where the first input is no ISOBMFF file. What is wrong with a file is a finding.
pub fn track(parts: &[Input], control: &Control) -> Result<FileReport> {
    let whole = Input::concat(parts.to_vec());
    let mut found = Gathered::new(parts);
    let mut checks = checks::all();
    let mut file = Mp4::open(&whole, None)?;
    pass::boxes(&file, &mut checks, &mut found, control)?;
    pass::samples(&mut file, &mut checks, &mut found, control)?;
    Ok(FileReport::new(whole.name(), found.into_findings()))
}
