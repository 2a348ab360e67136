//! Addresses in manifests, and the files that they name. RFC 3986.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

/// Longer addresses are taken for hostile.
const LIMIT: usize = 4096;

/// Why an address leads to no file here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::validate) enum Elsewhere {
    /// It has a scheme or a host; nothing is fetched.
    Remote,
    /// It leaves the folder that is checked.
    Outside,
    /// Nothing is there.
    Missing,
    /// It can't be the name of a file.
    NoAddress,
}

/// A reference as seen from a base, both relative to the folder that is checked or with a scheme.
pub(in crate::validate) fn join(base: &str, reference: &str) -> String {
    let reference = reference.trim();
    if is_remote(reference) || reference.starts_with('/') || reference.len() > LIMIT {
        return reference.to_owned();
    }
    let base = base.split(['?', '#']).next().unwrap_or("");
    match base.rsplit_once('/') {
        _ if reference.is_empty() => base.to_owned(),
        Some((folder, _)) => format!("{folder}/{reference}"),
        None => reference.to_owned(),
    }
}

/// Whether an address has a scheme or a host.
pub(in crate::validate) fn is_remote(address: &str) -> bool {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme);
    address.starts_with("//")
        || scheme.is_some_and(|scheme| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        })
}

/// A folder that manifests may name files of.
#[derive(Debug, Clone)]
pub(in crate::validate) struct Root {
    /// As the user named it.
    pub(in crate::validate) shown: PathBuf,
    canonical: PathBuf,
}

impl Root {
    /// A folder that is there.
    pub(in crate::validate) fn new(path: &Path) -> std::io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Root { shown: path.to_owned(), canonical: path.canonicalize()? })
    }

    /// Whether a canonical path is in it.
    pub(in crate::validate) fn holds(&self, canonical: &Path) -> bool {
        canonical.starts_with(&self.canonical)
    }

    /// The path of a file in it from it, with `/`.
    pub(in crate::validate) fn relative(&self, path: &Path) -> String {
        let inner = path.canonicalize().ok();
        let inner = inner.as_deref().and_then(|path| path.strip_prefix(&self.canonical).ok());
        let parts = inner.into_iter().flat_map(Path::components);
        parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The file of an address: as it is shown, and its canonical path.
    pub(in crate::validate) fn find(&self, address: &str) -> Result<(PathBuf, PathBuf), Elsewhere> {
        if address.len() > LIMIT {
            return Err(Elsewhere::NoAddress);
        }
        if is_remote(address) {
            return Err(Elsewhere::Remote);
        }
        if address.starts_with('/') {
            return Err(Elsewhere::Outside);
        }
        let address = address.split(['?', '#']).next().unwrap_or("");
        let mut parts: Vec<String> = Vec::new();
        for part in address.split('/') {
            let part = percent_decode_str(part).decode_utf8().map_err(|_| Elsewhere::NoAddress)?;
            match part.as_ref() {
                "" | "." => {}
                ".." => drop(parts.pop().ok_or(Elsewhere::Outside)?),
                part if part.contains(['/', '\\', '\0']) => return Err(Elsewhere::NoAddress),
                part => parts.push(part.to_owned()),
            }
        }
        if parts.is_empty() {
            return Err(Elsewhere::NoAddress);
        }
        let inner: PathBuf = parts.iter().collect();
        let shown = if self.shown == Path::new(".") { inner.clone() } else { self.shown.join(&inner) };
        let canonical = self.canonical.join(&inner).canonicalize().map_err(|_| Elsewhere::Missing)?;
        if !self.holds(&canonical) {
            return Err(Elsewhere::Outside);
        }
        if !canonical.is_file() {
            return Err(Elsewhere::Missing);
        }
        Ok((shown, canonical))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_joined() {
        assert_eq!(join("a/b.m3u8", "c.mp4"), "a/c.mp4");
        assert_eq!(join("main.m3u8", "a/c.mp4"), "a/c.mp4");
        assert_eq!(join("a/b?x=/y", "../c"), "a/../c");
        assert_eq!(join("a/", "https://x.example/c"), "https://x.example/c");
        assert_eq!(join("https://x.example/a/", "c"), "https://x.example/a/c");
        assert_eq!(join("a/b", ""), "a/b");
        assert!(is_remote("skd://x") && is_remote("//host/x") && !is_remote("a/b:c") && !is_remote("1:2"));
    }

    #[test]
    fn nothing_outside_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("in");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        std::fs::write(inner.join("a b"), "x").unwrap();
        let root = Root::new(&inner).unwrap();
        assert!(root.find("a%20b?x").is_ok() && root.find("./a%20b").is_ok());
        for (address, why) in [
            ("../secret", Elsewhere::Outside),
            ("%2e%2e/secret", Elsewhere::Outside),
            ("/etc/passwd", Elsewhere::Outside),
            ("..%2fsecret", Elsewhere::NoAddress),
            ("file:///etc/passwd", Elsewhere::Remote),
            ("nothing", Elsewhere::Missing),
            (".", Elsewhere::NoAddress),
        ] {
            assert_eq!(root.find(address).unwrap_err(), why, "{address}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret"), inner.join("link")).unwrap();
            assert_eq!(root.find("link").unwrap_err(), Elsewhere::Outside);
        }
    }
}
