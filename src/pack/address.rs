//! Addresses that users give for manifests, checked before anything is done. RFC 3986.

use crate::error::{Error, Result};

/// Whether text can be an address at all.
///
/// # Errors
/// `Usage` with what it has that no address has.
pub fn check(text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::usage("it is empty"));
    }
    match text.chars().find(|c| *c == ' ' || c.is_ascii_control()) {
        Some(' ') => Err(Error::usage("it has a space, and no address has; write %20")),
        Some(other) => {
            let code = u32::from(other);
            Err(Error::usage(format!("it has a control character, and no address has; write %{code:02X}")))
        }
        None => Ok(()),
    }
}

/// Whether others can be relative to an address.
///
/// # Errors
/// As [`check`]; `Usage` where it has a fragment.
pub fn check_base(text: &str) -> Result<()> {
    check(text)?;
    if text.contains('#') {
        return Err(Error::usage(
            "it has a fragment, and what is put behind that leads nowhere; leave out all from the # on, or write %23 for \
             the sign itself",
        ));
    }
    Ok(())
}

/// Whether an address can be put before those in playlists. `main.m3u8` would find the others below a relative one, and
/// these, from there, their segments below it once more.
///
/// # Errors
/// As [`check_base`]; `Usage` where it is relative.
pub fn check_prefix(text: &str) -> Result<()> {
    check_base(text)?;
    if text.starts_with('/') || has_scheme(text) {
        return Ok(());
    }
    Err(Error::usage(
        "it is relative, and main.m3u8 and the playlists that it leads to would apply it one after the other; write an \
         absolute URL, or a path that begins with /",
    ))
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_nowhere_is_refused() {
        let why =
            |result: Result<()>| result.err().map(|e| e.to_string().chars().take(12).collect::<String>());
        for prefix in ["https://cdn.example/a", "//cdn.example", "/a/", "/get?file="] {
            assert_eq!(why(check_prefix(prefix)), None, "{prefix}");
        }
        assert_eq!(why(check_prefix("a/")).as_deref(), Some("it is relati"));
        assert_eq!(why(check_prefix("./a:b/")).as_deref(), Some("it is relati"));
        assert_eq!(why(check_base("../x/")), None);
        assert_eq!(why(check_base("/x#y")).as_deref(), Some("it has a fra"));
        assert_eq!(why(check("skd://key#1")), None);
        assert_eq!(why(check("")).as_deref(), Some("it is empty"));
        assert!(check("a b").unwrap_err().to_string().ends_with("write %20"));
        assert!(check("a\nb").unwrap_err().to_string().ends_with("write %0A"));
    }
}
