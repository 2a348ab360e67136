//! `ttal validate`.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Args;

use super::super::{print_report, terminal};
use super::files::{PIPE, display_name, read_bytes};
use crate::error::{Error, Result};
use crate::findings::{FileReport, Format, Report, Selection};
use crate::formats::{self, Notes, ReadOptions};
use crate::ttal::convert;
use crate::ttal::normal::sha256;
use crate::ttal::rules::table::RULES;
use crate::ttal::rules::{Parent, RuleOptions, Suite};
use crate::ttal::validate::{ValidateOptions, validate_bytes};

/// Check scripts by the rules of DAPT and TTAL
///
/// TTAL (JSON) and DAPT (XML) are judged by the same rules, and all findings are reported, with line and column, event
/// and timecode. In folders, all scripts are checked. `ttal explain RULE` says what a rule demands, and why.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ValidateArgs {
    /// Files, folders or patterns; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<String>,
    /// How findings are reported
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Let warnings fail too; keys that look misspelt are errors
    #[arg(long)]
    strict: bool,
    /// Check only these rules: names, beginnings or groups, as D-07,T
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Judge as a test suite does, where it differs from the specification
    #[arg(long, value_enum, value_name = "SUITE")]
    suite: Option<Suite>,
    /// Look whether local audio files are there; nothing is fetched from a network
    #[arg(long)]
    check_media: bool,
    /// A document that the scripts were made from, to be compared with their lineage; may be given several times
    #[arg(long = "parent", value_name = "FILE")]
    parents: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  One script:
    ttal validate episode.ttal
  All scripts of a season, for GitHub Actions:
    ttal validate --format github season1/
  Only what DAPT demands, for a pipeline:
    ttal validate --select S,D --json - < episode.xml
  Whether a translation was made from the transcript that is at hand:
    ttal validate --parent transcript.ttal translation.ttal

Exit codes:
  0  no rule of severity error is broken
  1  one is; with --strict, a warning counts too
  2  the arguments make no sense
  4  a file can't be read; the others are reported all the same";

/// Runs the command.
pub(super) fn run(arguments: &ValidateArgs) -> Result<u8> {
    let selection = Selection::new(RULES, &arguments.select, &arguments.ignore, arguments.strict)?;
    let named_pipe = arguments.inputs.iter().filter(|input| *input == PIPE).count();
    if named_pipe > 1 {
        return Err(Error::usage("standard input can be used once only"));
    }
    let mut failures = Vec::new();
    let paths = expand(&arguments.inputs, &mut failures)?;
    let rules = RuleOptions {
        suite: arguments.suite,
        parents: arguments.parents.iter().map(|path| parent(path)).collect::<Result<_>>()?,
        strict: arguments.strict,
        ..RuleOptions::default()
    };
    let mut report = Report::new("ttal", RULES, selection);
    for result in validate_all(&paths, &rules, arguments.check_media) {
        match result {
            Ok(file) => report.push(file),
            Err(error) => failures.push(error),
        }
    }
    report.unreadable = failures.iter().map(Error::to_string).collect();
    let format = if arguments.json { Format::Json } else { arguments.format };
    print_report(&report, format, &failures)
}

/// The files that the arguments mean, in the order given, each once.
fn expand(inputs: &[String], failures: &mut Vec<Error>) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for input in inputs {
        let path = Path::new(input);
        if input == PIPE || path.is_file() {
            paths.push(input.clone());
        } else if path.is_dir() {
            let before = paths.len();
            folder(path, 0, &mut paths, failures);
            if paths.len() == before {
                terminal::warning(&format!("{input}: no scripts in this folder"));
            }
        } else if input.contains(['*', '?', '[']) && !path.exists() {
            let before = paths.len();
            let matches = glob::glob(input).map_err(|e| Error::usage(format!("{input}: {e}")))?;
            for found in matches {
                match found {
                    Ok(found) if found.is_dir() => folder(&found, 0, &mut paths, failures),
                    Ok(found) => paths.push(found.to_string_lossy().into_owned()),
                    Err(e) => {
                        let name = e.path().to_string_lossy().into_owned();
                        failures.push(Error::io("cannot read", e.into()).in_file(name));
                    }
                }
            }
            if paths.len() == before {
                return Err(Error::usage(format!("no file matches {input}")));
            }
        } else {
            // It is said what is wrong with it when it is opened.
            paths.push(input.clone());
        }
    }
    let mut seen = HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    Ok(paths)
}

/// Folders within folders are gone into this deep; links may lead in circles.
const MAX_DEPTH: u32 = 32;

/// Adds the scripts in a folder and those below it, by name.
fn folder(path: &Path, depth: u32, paths: &mut Vec<String>, failures: &mut Vec<Error>) {
    let entries = std::fs::read_dir(path).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<PathBuf>>>()
    });
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(e) => {
            failures.push(Error::io("cannot read", e).in_file(path.to_string_lossy()));
            return;
        }
    };
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if entry.is_dir() {
            if depth < MAX_DEPTH && !entry.is_symlink() {
                folder(&entry, depth + 1, paths, failures);
            }
        } else if is_script(&entry) {
            paths.push(entry.to_string_lossy().into_owned());
        }
    }
}

/// Whether a file is a script by its name, or by its name and beginning.
fn is_script(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let marks: &[&str] = match extension.as_deref() {
        Some("ttal" | "dapt") => return true,
        Some("json") => &["\"ttalVersion\""],
        Some("xml" | "ttml") => &["/profile/dapt#metadata", "/profile/dapt1.0/"],
        _ => return false,
    };
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(1 << 16).read_to_end(&mut start));
    let text = String::from_utf8_lossy(&start);
    // What can't be opened is reported when it is read.
    read.is_err() || marks.iter().any(|mark| text.contains(mark))
}

/// Validates files on all cores; the results are in the order of the files.
fn validate_all(paths: &[String], rules: &RuleOptions, check_media: bool) -> Vec<Result<FileReport>> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<FileReport>>>> = paths.iter().map(|_| Mutex::new(None)).collect();
    let workers = thread::available_parallelism().map_or(1, |n| n.get()).min(paths.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(path), Some(slot)) = (paths.get(at), results.get(at)) else { break };
                    let result = validate_file(path, rules, check_media);
                    if let Ok(mut slot) = slot.lock() {
                        *slot = Some(result);
                    }
                }
            });
        }
    });
    results.into_iter().filter_map(|slot| slot.into_inner().ok().flatten()).collect()
}

/// What lineage can be compared with: the document's name, and the hashes of its script and of its bytes.
fn parent(path: &str) -> Result<Parent> {
    let bytes = read_bytes(path)?;
    let (source, format) = formats::open(display_name(path), bytes, None, None)?;
    let mut parent = Parent { document_id: None, sha256: vec![source.sha256()] };
    if let Some(read) = format.read.filter(|_| convert::is_script(format)) {
        let script = read(&source, &ReadOptions::default(), &mut Notes::default())?;
        parent.sha256.push(sha256(&script));
        parent.document_id = script.document_id.map(Into::into);
    }
    Ok(parent)
}

fn validate_file(path: &str, rules: &RuleOptions, check_media: bool) -> Result<FileReport> {
    let bytes = read_bytes(path)?;
    let folder = || Path::new(path).parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let rules = RuleOptions { media_folder: check_media.then(folder), ..rules.clone() };
    Ok(validate_bytes(display_name(path), bytes, &ValidateOptions { rules }))
}
