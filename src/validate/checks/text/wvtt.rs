//! WebVTT.

use std::collections::HashSet;

use super::super::entries::{EntryAt, Kept, clear_start, entries};
use super::{SAMPLE_LIMIT, expect_track};
use crate::cmaf::codec::text::has_timestamps;
use crate::findings::Severity;
use crate::input::Window;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{SampleEntry, VttC};
use crate::isobmff::{Child, Reader};
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{TXT_05, TXT_06};

/// Rules TXT-05, TXT-06.
#[derive(Default)]
pub(in crate::validate) struct Wvtt {
    window: Option<Window>,
    entries: Kept<()>,
}

impl Check for Wvtt {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for at in entries(&trak).iter().filter(|at| at.format == b"wvtt") {
                self.window.get_or_insert_with(|| header.file.input().window());
                self.entries.keep(&trak, at, ());
                expect_track(&TXT_05, &trak, at, (b"text", b"nmhd"), found);
                configuration(at, found);
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        if self.entries.of(track, sample).is_none() || sample.size > SAMPLE_LIMIT {
            return;
        }
        if sample.size == 0 {
            let finding = found.in_sample(&TXT_06, track, sample, "the sample is empty, `vtte` was expected");
            found.push(finding.fix("write an empty `vtte` box where no cue is shown"));
            return;
        }
        if let Some(bytes) = clear_start(&mut self.window, sample, SAMPLE_LIMIT as usize) {
            for (message, severity) in defects(bytes, sample.offset) {
                found.push(found.in_sample(&TXT_06, track, sample, message).severity(severity));
            }
        }
    }
}

fn configuration(at: &EntryAt<'_>, found: &mut Gathered) {
    let mut say = |message: &str| {
        found.push(found.finding(&TXT_05, at.offset(), message).path(format!("{}/vttC", at.path)));
    };
    // What is in an encrypted one is not read.
    let Some(SampleEntry::Wvtt(entry)) = at.entry.as_ref().ok() else { return };
    let mut boxes = entry.children.iter().filter(|child| child.kind == b"vttC");
    let Some(first) = boxes.next() else {
        return say("the `wvtt` entry has no `vttC`");
    };
    if boxes.next().is_some() {
        say("the entry has several `vttC`, one was expected");
    }
    let Ok(VttC { config }) = first.parse() else { return };
    if !config.trim_start_matches('\u{feff}').starts_with("WEBVTT") {
        say("`vttC` does not begin with `WEBVTT`");
    }
    if config.contains("-->") {
        say("`vttC` has a cue, which belongs into samples");
    }
}

/// What is wrong with a sample, the first of each kind, and how bad that is.
fn defects(bytes: &[u8], offset: u64) -> Vec<(String, Severity)> {
    let mut defects: Vec<(String, Severity)> = Vec::new();
    let mut sources = HashSet::new();
    let (mut cues, mut empty) = (0u32, 0u32);
    for child in Reader::new(bytes, offset).boxes() {
        let child = match child {
            Ok(child) => child,
            Err(error) => {
                defects
                    .push((format!("the sample is no list of boxes: {}", error.message()), Severity::Error));
                break;
            }
        };
        match &child.kind().0 {
            b"vttc" => {
                cues += 1;
                cue(&child, &mut sources, &mut defects);
            }
            b"vtte" => empty += 1,
            // Comments of the file, or for later editions.
            _ => {}
        }
    }
    if empty > 0 && cues > 0 {
        let message = format!("{cues} `vttc` beside a `vtte`, which says that there is none");
        defects.push((message, Severity::Error));
    } else if empty > 1 {
        defects.push((format!("{empty} `vtte`, one was expected"), Severity::Warning));
    } else if empty + cues == 0 && defects.is_empty() {
        defects.push(("neither a `vttc` nor a `vtte` is in the sample".into(), Severity::Error));
    }
    let mut told = HashSet::new();
    defects.retain(|(message, _)| told.insert(message.clone()));
    defects
}

/// Looks at a cue.
fn cue(cue: &Child<'_>, sources: &mut HashSet<u32>, defects: &mut Vec<(String, Severity)>) {
    let (mut payloads, mut is_tied, mut has_time, mut has_stamps) = (0, false, false, false);
    let mut say = |message: String, severity| defects.push((message, severity));
    for field in cue.boxes() {
        let field = match field {
            Ok(field) => field,
            Err(error) => {
                say(format!("`vttc` is no list of boxes: {}", error.message()), Severity::Error);
                return;
            }
        };
        let kind = field.kind();
        match &kind.0 {
            b"vsid" => {
                is_tied = true;
                match field.reader().u32() {
                    // All bits set: no source.
                    Ok(u32::MAX) => {}
                    Ok(source) if !sources.insert(source) => {
                        say(format!("two cues have the `vsid` {source}"), Severity::Error);
                    }
                    Ok(_) => {}
                    Err(error) => say(format!("`vsid`: {}", error.message()), Severity::Error),
                }
            }
            b"iden" | b"sttg" | b"payl" | b"ctim" => {
                payloads += u32::from(kind == b"payl");
                has_time |= kind == b"ctim";
                match std::str::from_utf8(field.payload()) {
                    Ok(text) => has_stamps |= kind == b"payl" && has_timestamps(text),
                    Err(_) => say(format!("the text of `{kind}` is not UTF-8"), Severity::Error),
                }
            }
            _ => {}
        }
    }
    if payloads != 1 {
        say(format!("a `vttc` has {payloads} `payl`, one was expected"), Severity::Error);
    }
    if is_tied && has_stamps && !has_time {
        let message =
            "a cue that other samples go on with has timestamps in its text, and no `ctim` tells their clock";
        say(message.into(), Severity::Warning);
    }
}
