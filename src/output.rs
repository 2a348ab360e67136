//! Outputs that appear whole or not at all: made beside their place, renamed when everything is written.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use crate::error::{Error, Result};
use crate::input::Input;

/// Writing at an offset, from several threads.
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, offset);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < bytes.len() {
            match std::os::windows::fs::FileExt::seek_write(file, &bytes[done..], offset + done as u64)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => done += n,
            }
        }
        Ok(())
    }
}

/// A file that is being written from several threads, with its name for messages.
#[derive(Debug)]
pub(crate) struct Target {
    file: File,
    name: String,
}

impl Target {
    pub(crate) fn new(file: File, name: String) -> Self {
        Target { file, name }
    }

    /// Writes at an offset.
    ///
    /// # Errors
    /// `Io` with the file's name.
    pub(crate) fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        write_all_at(&self.file, bytes, offset).map_err(|e| Error::io("cannot write", e).in_file(&self.name))
    }
}

/// Files and folders on their way to their final names. Dropped before [`Outputs::commit`], they vanish, and so
/// do folders that were made for them.
#[derive(Debug)]
pub struct Outputs {
    force: bool,
    /// What no output may replace, canonical.
    inputs: Vec<PathBuf>,
    pending: Vec<Pending>,
    made_folders: Vec<PathBuf>,
}

#[derive(Debug)]
enum Pending {
    File { temporary: NamedTempFile, place: PathBuf },
    Folder { temporary: TempDir, place: PathBuf },
}

impl Outputs {
    /// No outputs yet. With `force` existing ones are replaced, otherwise refused.
    pub fn new(force: bool) -> Self {
        Outputs { force, inputs: Vec::new(), pending: Vec::new(), made_folders: Vec::new() }
    }

    /// Keeps an input from being replaced by any output, force or not.
    pub fn keep(&mut self, input: &Input) {
        self.inputs.extend_from_slice(input.places());
    }

    /// Fails if an output at `place` would replace something and must not.
    ///
    /// # Errors
    /// `Usage` if it exists, or is an input.
    pub fn check_free(&self, place: &Path) -> Result<()> {
        let refused = |what| Err(Error::usage(what).in_file(place.display().to_string()));
        if place.symlink_metadata().is_err() {
            return Ok(());
        }
        if place.canonicalize().is_ok_and(|place| self.inputs.contains(&place)) {
            return refused("is an input, and would be replaced; choose another name for the output");
        }
        if !self.force {
            return refused("exists already; choose another name, or --force to replace it");
        }
        Ok(())
    }

    /// Fails if a folder at `place` would replace something and must not: of what is there, only files that `is_ours`
    /// knows by their names are replaced, even by force.
    ///
    /// # Errors
    /// `Usage` if it exists, or holds an input or anything else that is not ours; `Io` if it can't be read.
    pub fn check_folder_free(&self, place: &Path, is_ours: impl Fn(&str) -> bool) -> Result<()> {
        self.check_free(place)?;
        if place.symlink_metadata().is_err() {
            return Ok(());
        }
        let cannot = |e| Error::io("cannot be read", e).in_file(place.display().to_string());
        for entry in fs::read_dir(place).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let name = entry.file_name();
            let is_file = entry.file_type().map_err(cannot)?.is_file();
            let is_input = entry.path().canonicalize().is_ok_and(|path| self.inputs.contains(&path));
            if is_input || !is_file || !name.to_str().is_some_and(&is_ours) {
                let what = format!(
                    "holds `{}`, which is no output of an earlier run, so the folder is not replaced; choose another name \
                     for the output, or move that away",
                    name.display()
                );
                return Err(Error::usage(what).in_file(place.display().to_string()));
            }
        }
        Ok(())
    }

    /// Starts a file that will be at `place`.
    ///
    /// # Errors
    /// `Usage` if it exists and must not be replaced, `Io` if it can't be made.
    pub fn file(&mut self, place: &Path) -> Result<File> {
        self.check_free(place)?;
        // What a link leads to is replaced, not the link.
        let place = &fs::canonicalize(place).unwrap_or_else(|_| place.to_path_buf());
        let old = fs::metadata(place).ok();
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            return Err(Error::usage("is there and no regular file: it can't be replaced")
                .in_file(place.display().to_string()));
        }
        let (folder, name) = self.prepare(place)?;
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{name}.");
        builder.prefix(&prefix).suffix(".partial");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let temporary = builder.tempfile_in(&folder).map_err(|e| cannot_make(place, e))?;
        let file = temporary.as_file().try_clone().map_err(|e| cannot_make(place, e))?;
        if let Some(old) = old {
            // What was private stays private.
            file.set_permissions(old.permissions()).map_err(|e| cannot_make(place, e))?;
        }
        self.pending.push(Pending::File { temporary, place: place.to_path_buf() });
        Ok(file)
    }

    /// Starts a folder that will be at `place`; what is put into the folder at the path returned comes along.
    ///
    /// # Errors
    /// As [`Outputs::check_folder_free`]; `Io` if it can't be made.
    pub fn folder(&mut self, place: &Path, is_ours: impl Fn(&str) -> bool) -> Result<PathBuf> {
        self.check_folder_free(place, is_ours)?;
        // What a link leads to is replaced, not the link.
        let place = &fs::canonicalize(place).unwrap_or_else(|_| place.to_path_buf());
        let (folder, name) = self.prepare(place)?;
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{name}.");
        builder.prefix(&prefix).suffix(".partial");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let temporary = builder.tempdir_in(&folder).map_err(|e| cannot_make(place, e))?;
        let path = temporary.path().to_path_buf();
        self.pending.push(Pending::Folder { temporary, place: place.to_path_buf() });
        Ok(path)
    }

    fn prepare(&mut self, place: &Path) -> Result<(PathBuf, String)> {
        self.check_free(place)?;
        let name = place
            .file_name()
            .ok_or_else(|| Error::usage("is no name for an output").in_file(place.display().to_string()))?;
        let folder = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        if folder.exists() && !folder.is_dir() {
            return Err(Error::usage("is no folder").in_file(folder.display().to_string()));
        }
        let mut missing = Vec::new();
        let mut ancestor = Some(folder.as_path());
        while let Some(path) = ancestor.filter(|p| !p.as_os_str().is_empty() && !p.exists()) {
            missing.push(path.to_path_buf());
            ancestor = path.parent();
        }
        for path in missing.into_iter().rev() {
            match fs::create_dir(&path) {
                Ok(()) => self.made_folders.push(path),
                // Another process was faster.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(cannot_make(&path, e)),
            }
        }
        Ok((folder, name.to_string_lossy().into_owned()))
    }

    /// Gives every output its final name, in the order they were started.
    ///
    /// # Errors
    /// `Io` if one can't be renamed; those behind it vanish.
    pub fn commit(mut self) -> Result<()> {
        for pending in self.pending.drain(..) {
            match pending {
                Pending::File { temporary, place } if self.force => {
                    temporary.persist(&place).map_err(|e| cannot_make(&place, e.error))?;
                }
                Pending::File { temporary, place } => {
                    temporary.persist_noclobber(&place).map_err(|e| cannot_make(&place, e.error))?;
                }
                Pending::Folder { temporary, place } => commit_folder(temporary, &place, self.force)?,
            }
            // From here on the folders hold something.
            self.made_folders.clear();
        }
        Ok(())
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        self.pending.clear();
        for folder in self.made_folders.iter().rev() {
            // Fails where something else was put into it meanwhile, and then it should stay.
            let _ = fs::remove_dir(folder);
        }
    }
}

fn commit_folder(temporary: TempDir, place: &Path, force: bool) -> Result<()> {
    let cannot = |e| cannot_make(place, e);
    let mut replaced = None;
    if force && place.symlink_metadata().is_ok() {
        let parent = place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let aside = tempfile::Builder::new().prefix(".replaced.").tempdir_in(parent).map_err(cannot)?;
        fs::rename(place, aside.path().join("old")).map_err(cannot)?;
        replaced = Some(aside);
    }
    let renamed = fs::rename(temporary.path(), place);
    if let (Err(_), Some(aside)) = (&renamed, &replaced) {
        fs::rename(aside.path().join("old"), place).map_err(cannot)?;
    }
    renamed.map_err(cannot)?;
    let _ = temporary.keep();
    Ok(())
}

fn cannot_make(path: &Path, source: io::Error) -> Error {
    Error::io("cannot be made", source).in_file(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn dropped_outputs_leave_nothing() {
        let root = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::new(false);
        outputs.file(&root.path().join("a/b/c.mp4")).unwrap().write_all(b"x").unwrap();
        let folder = outputs.folder(&root.path().join("a/d"), |_| false).unwrap();
        fs::write(folder.join("1.m4s"), b"y").unwrap();
        drop(outputs);
        assert!(names(root.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_modes_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let root = tempfile::tempdir().unwrap();
        let (script, link) = (root.path().join("script"), root.path().join("link"));
        fs::write(&script, b"1").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o600)).unwrap();
        symlink("script", &link).unwrap();
        let mut outputs = Outputs::new(true);
        outputs.file(&link).unwrap().write_all(b"2").unwrap();
        outputs.commit().unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read(&script).unwrap(), b"2");
        assert_eq!(script.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let socket = root.path().join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(Outputs::new(true).file(&socket).unwrap_err().to_string().contains("no regular file"));
    }

    #[test]
    fn committed_outputs_replace_only_by_force() {
        let root = tempfile::tempdir().unwrap();
        for (force, text) in [(false, "1"), (true, "2")] {
            let mut outputs = Outputs::new(force);
            outputs.file(&root.path().join("a.mp4")).unwrap().write_all(text.as_bytes()).unwrap();
            let folder = outputs.folder(&root.path().join("a"), |name| name == "init.mp4").unwrap();
            fs::write(folder.join("init.mp4"), text).unwrap();
            outputs.commit().unwrap();
            assert_eq!(fs::read_to_string(root.path().join("a.mp4")).unwrap(), text);
            assert_eq!(fs::read_to_string(root.path().join("a/init.mp4")).unwrap(), text);
            assert_eq!(names(root.path()), ["a", "a.mp4"]);
        }
        let refused = Outputs::new(false).file(&root.path().join("a.mp4")).unwrap_err();
        assert_eq!(refused.kind().exit_code(), 2);
    }

    #[test]
    fn force_replaces_neither_inputs_nor_what_is_not_ours() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("show");
        fs::create_dir(&folder).unwrap();
        let refused = |outputs: &mut Outputs| {
            let error = outputs.folder(&folder, |name| name.ends_with(".m4s")).unwrap_err();
            assert_eq!(error.kind().exit_code(), 2);
            error.to_string()
        };
        fs::write(folder.join("1.m4s"), b"x").unwrap();
        fs::create_dir(folder.join("2.m4s")).unwrap();
        assert!(refused(&mut Outputs::new(true)).contains("holds `2.m4s`"));
        fs::remove_dir(folder.join("2.m4s")).unwrap();
        fs::write(folder.join("letter.txt"), b"x").unwrap();
        assert!(refused(&mut Outputs::new(true)).contains("holds `letter.txt`"));
        fs::remove_file(folder.join("letter.txt")).unwrap();

        let mut outputs = Outputs::new(true);
        outputs.keep(&Input::open(folder.join("../show/1.m4s")).unwrap());
        assert!(refused(&mut outputs).contains("holds `1.m4s`"));
        let error = outputs.file(&folder.join("1.m4s")).unwrap_err();
        assert!(error.to_string().contains("is an input"));
        Outputs::new(true).folder(&folder, |name| name.ends_with(".m4s")).unwrap();
    }
}
