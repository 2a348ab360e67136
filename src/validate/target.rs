//! What is to be checked: files, folders, manifests with the files they name.

mod found;
mod manifests;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use self::found::{Kind, kind, natural};
use self::manifests::Manifest;
use super::gathered::Gathered;
use super::manifest::address::Root;
use super::profile::Profiles;
use super::{Checked, Options, set, track};
use crate::control::Control;
use crate::demux::{Part, init_groups, probe};
use crate::error::{Error, ErrorKind, Result};
use crate::findings::FileReport;
use crate::input::Input;

/// More files than are held open at once.
const OPEN_LIMIT: usize = 64;
/// Folders in folders.
const DEPTH_LIMIT: usize = 16;
/// Entries of folders that are looked at.
const ENTRY_LIMIT: usize = 1 << 17;
/// Notices that are kept.
const NOTICE_LIMIT: usize = 50;

/// What is to be checked.
#[derive(Debug)]
pub enum Target {
    /// A file, a manifest, or a folder.
    Path(PathBuf),
    /// A file that is open already, standard input say.
    Input(Input),
}

/// What came of checking targets.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Of each manifest and of each file, or init segment with its media segments: in the order in which they were named,
    /// what a manifest names behind it.
    pub checked: Vec<Checked>,
    /// What could not be read.
    pub failures: Vec<Error>,
    /// What was left out on purpose.
    pub notices: Vec<String>,
}

/// Checks track files, init segments with the media segments behind them, folders, MPDs and HLS playlists. What a
/// manifest names is looked for in its folder only, or in the folder that is a target; nothing is fetched. A file is
/// checked once, whoever names it.
///
/// # Errors
/// `Interrupted`. What can't be read is in [`Outcome::failures`].
pub fn targets(targets: Vec<Target>, options: &Options, control: &Control) -> Result<Outcome> {
    let mut session = Session::new(options, control);
    session.gather(targets);
    session.check()
}

/// A file that was found.
struct File {
    /// As it is shown.
    path: PathBuf,
    /// Where it is open already.
    input: Option<Input>,
    len: u64,
}

/// Files that are checked as one.
struct Group {
    files: Vec<usize>,
    members: HashSet<usize>,
}

/// What is reported, in order.
enum Item {
    Group(usize),
    Manifest(usize),
}

struct Session<'a> {
    options: &'a Options,
    control: &'a Control,
    files: Vec<File>,
    /// By canonical path.
    by_path: HashMap<PathBuf, usize>,
    groups: Vec<Group>,
    /// The files of all groups.
    claimed: HashSet<usize>,
    /// The groups of each first file.
    by_first: HashMap<usize, Vec<usize>>,
    manifests: Vec<Manifest>,
    manifest_by_path: HashMap<PathBuf, usize>,
    /// How many playlists name the one that is read.
    depth: usize,
    /// Findings of each manifest.
    found: Vec<Gathered>,
    items: Vec<Item>,
    /// Groups of each folder without manifests, which are compared.
    loose: Vec<Vec<usize>>,
    failures: Vec<Error>,
    notices: Vec<String>,
}

impl<'a> Session<'a> {
    fn new(options: &'a Options, control: &'a Control) -> Self {
        Session {
            options,
            control,
            files: Vec::new(),
            by_path: HashMap::new(),
            groups: Vec::new(),
            claimed: HashSet::new(),
            by_first: HashMap::new(),
            manifests: Vec::new(),
            manifest_by_path: HashMap::new(),
            depth: 0,
            found: Vec::new(),
            items: Vec::new(),
            loose: Vec::new(),
            failures: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Finds all that is to be checked.
    fn gather(&mut self, targets: Vec<Target>) {
        let is_many = targets.len() > OPEN_LIMIT;
        let mut inputs: Vec<(Input, PathBuf)> = Vec::new();
        for target in targets {
            let path = match target {
                Target::Input(input) => {
                    let path = PathBuf::from(input.name());
                    inputs.push((input, path));
                    continue;
                }
                Target::Path(path) => path,
            };
            if path.is_dir() {
                self.media(std::mem::take(&mut inputs));
                self.folder(&path);
                continue;
            }
            let input = if is_many { Input::reopening(&path) } else { Input::open(&path) };
            match input {
                Ok(input) if kind(&path, &input) == Kind::Manifest => {
                    self.media(std::mem::take(&mut inputs));
                    self.single_manifest(&path);
                }
                Ok(input) => inputs.push((input, path)),
                Err(error) => self.failures.push(error),
            }
        }
        self.media(inputs);
    }

    /// Media files of the command line.
    fn media(&mut self, inputs: Vec<(Input, PathBuf)>) {
        let mut paths = inputs.iter().map(|(_, path)| path.clone()).collect::<Vec<_>>().into_iter();
        for group in init_groups(inputs.into_iter().map(|(input, _)| input).collect()) {
            if let Some(error) = group.first().and_then(no_boxes) {
                self.failures.push(error);
                paths.by_ref().take(group.len()).for_each(drop);
                continue;
            }
            let files: Vec<usize> =
                group.into_iter().zip(paths.by_ref()).map(|(input, path)| self.opened(path, input)).collect();
            self.add_group(files);
        }
    }

    fn single_manifest(&mut self, path: &Path) {
        let root = Root::new(path.parent().unwrap_or(Path::new("")));
        let canonical = path.canonicalize();
        match root.and_then(|root| Ok((root, canonical?))) {
            Ok((root, canonical)) => {
                self.manifest(&root, path.to_owned(), canonical);
            }
            Err(error) => {
                self.failures.push(Error::io("cannot open", error).in_file(path.display().to_string()));
            }
        }
    }

    /// Everything in a folder.
    fn folder(&mut self, path: &Path) {
        let root = match Root::new(path) {
            Ok(root) => root,
            Err(error) => {
                let name = path.display().to_string();
                return self.failures.push(Error::io("cannot open", error).in_file(name));
            }
        };
        let mut entries = Vec::new();
        self.walk(path, &root, 0, &mut entries);
        let (manifests, media): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.kind == Kind::Manifest);
        let has_manifests = !manifests.is_empty();
        let is_empty = manifests.is_empty() && media.is_empty();
        // Those that name others come before them, so that these are seen with what is said of them.
        let (whole, playlists): (Vec<_>, Vec<_>) =
            manifests.into_iter().partition(|entry| found::is_whole_manifest(&entry.path));
        for entry in whole.into_iter().chain(playlists) {
            self.manifest(&root, entry.path, entry.canonical);
        }
        let first = self.groups.len();
        self.group_media(media, has_manifests);
        if !has_manifests {
            self.loose.push((first..self.groups.len()).collect());
        }
        if is_empty {
            let message = "the folder has no manifest and no ISOBMFF file";
            self.failures.push(Error::usage(message).in_file(path.display().to_string()));
        }
    }

    fn walk(&mut self, folder: &Path, root: &Root, depth: usize, entries: &mut Vec<found::Entry>) {
        let read = match fs::read_dir(folder) {
            Ok(read) => read,
            Err(error) => {
                let name = folder.display().to_string();
                return self.failures.push(Error::io("cannot read the folder", error).in_file(name));
            }
        };
        let mut paths: Vec<PathBuf> =
            read.take(ENTRY_LIMIT).filter_map(std::result::Result::ok).map(|entry| entry.path()).collect();
        paths.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
        for path in paths {
            if entries.len() >= ENTRY_LIMIT {
                return self.notice(format!("{}: more than {ENTRY_LIMIT} files", folder.display()));
            }
            let Ok(metadata) = path.symlink_metadata() else { continue };
            if metadata.is_dir() {
                if depth < DEPTH_LIMIT {
                    self.walk(&path, root, depth + 1, entries);
                }
                continue;
            }
            let Ok(canonical) = path.canonicalize() else { continue };
            if !root.holds(&canonical) || !canonical.is_file() {
                continue;
            }
            match Input::open(&path) {
                Ok(input) => {
                    let kind = kind(&path, &input);
                    if kind != Kind::Other {
                        entries.push(found::Entry { path, canonical, kind });
                    }
                }
                Err(error) => self.failures.push(error),
            }
        }
    }

    /// Puts media files that no manifest names together with their init segments.
    fn group_media(&mut self, media: Vec<found::Entry>, has_manifests: bool) {
        let mut segments: Vec<found::Entry> = Vec::new();
        let mut inits: Vec<(PathBuf, Vec<usize>)> = Vec::new();
        let mut left = 0;
        for entry in media {
            if entry.kind == Kind::Media(Part::Media) {
                segments.push(entry);
                continue;
            }
            let is_claimed = self.by_path.get(&entry.canonical).is_some_and(|file| self.is_claimed(*file));
            if is_claimed {
                continue;
            }
            let Some(file) = self.file(entry.path.clone(), entry.canonical) else { continue };
            match entry.kind {
                Kind::Media(Part::Init) => inits.push((entry.path, vec![file])),
                _ => drop(self.add_group(vec![file])),
            }
        }
        for entry in segments {
            if self.by_path.get(&entry.canonical).is_some_and(|file| self.is_claimed(*file)) {
                continue;
            }
            let best = found::init_of(&entry.path, inits.iter().map(|(path, _)| path.as_path()));
            match best {
                None if has_manifests => left += 1,
                best => {
                    let Some(file) = self.file(entry.path, entry.canonical) else { continue };
                    match best.and_then(|best| inits.get_mut(best)) {
                        Some((_, files)) => files.push(file),
                        None => drop(self.add_group(vec![file])),
                    }
                }
            }
        }
        for (_, files) in inits {
            self.add_group(files);
        }
        if left > 0 {
            self.notice(format!("{left} media segments that no manifest lists were not checked"));
        }
    }

    fn is_claimed(&self, file: usize) -> bool {
        self.claimed.contains(&file)
    }

    /// Takes a file in, once.
    fn file(&mut self, path: PathBuf, canonical: PathBuf) -> Option<usize> {
        if let Some(known) = self.by_path.get(&canonical) {
            return Some(*known);
        }
        match fs::metadata(&canonical) {
            Ok(metadata) => {
                self.by_path.insert(canonical, self.files.len());
                self.files.push(File { path, input: None, len: metadata.len() });
                Some(self.files.len() - 1)
            }
            Err(error) => {
                let name = path.display().to_string();
                self.failures.push(Error::io("cannot open", error).in_file(name));
                None
            }
        }
    }

    /// Takes an open file in, once.
    fn opened(&mut self, path: PathBuf, input: Input) -> usize {
        let canonical = input.places().first().cloned();
        if let Some(known) = canonical.as_ref().and_then(|canonical| self.by_path.get(canonical)) {
            return *known;
        }
        if let Some(canonical) = canonical {
            self.by_path.insert(canonical, self.files.len());
        }
        self.files.push(File { path, len: input.len(), input: Some(input) });
        self.files.len() - 1
    }

    /// The group of these files; more files of one that is there already are added to it.
    fn add_group(&mut self, files: Vec<usize>) -> usize {
        let Some(first) = files.first().copied() else { return 0 };
        self.claimed.extend(&files);
        let known = self.by_first.entry(first).or_default();
        let same = known.iter().copied().find(|group| {
            let Some(group) = self.groups.get(*group) else { return false };
            let has_more = files.len() > 1 && group.files.len() > 1;
            !has_more || files.iter().skip(1).any(|file| group.members.contains(file))
        });
        if let Some(group) = same {
            if let Some(of) = self.groups.get_mut(group) {
                of.files.extend(files.into_iter().filter(|file| of.members.insert(*file)));
            }
            return group;
        }
        let group = self.groups.len();
        known.push(group);
        let mut members = HashSet::new();
        let files: Vec<usize> = files.into_iter().filter(|file| members.insert(*file)).collect();
        self.groups.push(Group { files, members });
        self.items.push(Item::Group(group));
        group
    }

    fn notice(&mut self, text: String) {
        if self.notices.len() < NOTICE_LIMIT && !self.notices.contains(&text) {
            self.notices.push(text);
        }
    }

    /// Checks all that was found.
    fn check(mut self) -> Result<Outcome> {
        let mut results: Vec<Option<Checked>> = Vec::new();
        for group in &self.groups {
            match self.check_group(group) {
                Ok(checked) => results.push(Some(checked)),
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
                Err(error) => {
                    self.failures.push(error);
                    results.push(None);
                }
            }
        }
        self.compare(&mut results);
        let names: Vec<(String, &str)> =
            self.manifests.iter().map(|manifest| (manifest.name.clone(), manifest.about())).collect();
        let mut reports: Vec<Option<Checked>> = Vec::new();
        for ((name, about), found) in names.into_iter().zip(self.found) {
            let report = FileReport::new(name, found.into_findings()).about(vec![about.to_owned()]);
            reports.push(Some(Checked { report, tracks: Vec::new() }));
        }
        let checked = self.items.iter().filter_map(|item| match item {
            Item::Group(group) => results.get_mut(*group)?.take(),
            Item::Manifest(manifest) => reports.get_mut(*manifest)?.take(),
        });
        Ok(Outcome { checked: checked.collect(), failures: self.failures, notices: self.notices })
    }

    fn check_group(&self, group: &Group) -> Result<Checked> {
        let is_many = group.files.len() > OPEN_LIMIT;
        let mut parts = Vec::with_capacity(group.files.len());
        for file in group.files.iter().filter_map(|file| self.files.get(*file)) {
            parts.push(match &file.input {
                Some(input) => input.clone(),
                None if is_many => Input::reopening(&file.path)?,
                None => Input::open(&file.path)?,
            });
        }
        track(&parts, self.options, self.control)
    }

    /// Compares tracks with manifests and with each other.
    fn compare(&mut self, results: &mut [Option<Checked>]) {
        let mut compared = set::Pairs::default();
        self.compare_manifests(results, &mut compared);
        let profiles = self.profiles();
        for groups in &self.loose {
            for (group, findings) in set::loose(groups, results, profiles, &mut compared) {
                let Some(Some(checked)) = results.get_mut(group) else { continue };
                let mut all = std::mem::take(&mut checked.report.findings);
                all.extend(findings);
                let about = std::mem::take(&mut checked.report.about);
                checked.report = FileReport::new(checked.report.file.clone(), all).about(about);
            }
        }
    }

    /// What manifests and sets are held to.
    fn profiles(&self) -> Profiles {
        self.options.profiles.as_deref().map_or(Profiles::ALL, Profiles::of)
    }
}

/// The error for a file that has no boxes at all.
fn no_boxes(input: &Input) -> Option<Error> {
    if crate::inspect::mp4::starts_with_box(input) {
        return None;
    }
    let what = match probe::container(input) {
        Ok(container) if container != crate::demux::Container::Mp4 => {
            format!("this is no ISOBMFF file but {container}; `cmaf pack` makes one of it")
        }
        Err(error) if error.kind() == ErrorKind::Io => return Some(error),
        _ if input.is_empty() => "the file is empty".to_owned(),
        _ => "this is no ISOBMFF file, no MPD and no HLS playlist".to_owned(),
    };
    Some(Error::unsupported(what).in_file(input.name()))
}
