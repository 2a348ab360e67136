//! What `cmaf pack` tells people.

use crate::cmaf::Media;
use crate::cmaf::write::Layout;
use crate::manifest::hls;
use crate::pack::{Job, PlanReport, PlannedReport, Report, SetReport, TrackReport};
use crate::time::display_ticks;

/// What was made.
pub(super) fn of_report(report: &Report, job: &Job) -> String {
    let mut text = String::new();
    for track in &report.tracks {
        text.push_str(&track_block(track, job));
    }
    if report.tracks.len() > 1 {
        text.push_str("switching sets\n");
        for set in &report.sets {
            text.push_str(&format!("  {}\n", set_line(set)));
        }
    }
    if let Some(manifests) = manifests(&report.manifests) {
        text.push_str(&format!("manifests     {manifests}\n"));
    }
    text
}

/// What would be made.
pub(super) fn of_plan(plan: &PlanReport, job: &Job) -> String {
    let mut text = String::new();
    for set in &plan.sets {
        text.push_str(&format!("{}\n", set_line(set)));
        for name in &set.tracks {
            if let Some(track) = plan.tracks.iter().find(|track| track.facts.name == *name) {
                text.push_str(&planned_block(track));
            }
        }
    }
    text.push_str(&format!("would be written to {}\n", job.folder.display()));
    for track in &plan.tracks {
        text.push_str(&format!("  {}\n", planned_files(track, job)));
    }
    if let Some(manifests) = manifests(&plan.manifests) {
        text.push_str(&format!("  {manifests}\n"));
    }
    text
}

/// The files of a track; of its segments the first and the last.
fn planned_files(track: &PlannedReport, job: &Job) -> String {
    let of_track = match job.layout {
        Layout::Single => 1,
        Layout::Segments => 1 + track.segments,
    };
    let (of_track, beside) = track.files.split_at(of_track.min(track.files.len()));
    let ends = match of_track {
        [first, .., last] => format!("{first} to {last}"),
        files => files.join(", "),
    };
    std::iter::once(ends).chain(beside.iter().cloned()).collect::<Vec<_>>().join(", ")
}

/// The manifests that players open, and how many playlists there are beside them.
fn manifests(files: &[String]) -> Option<String> {
    let is_playlist = |file: &&String| file.ends_with(".m3u8") && *file != hls::MULTIVARIANT;
    let playlists = files.iter().filter(is_playlist).count();
    let mut shown: Vec<String> = files.iter().filter(|file| !is_playlist(file)).cloned().collect();
    if playlists > 0 {
        shown.push(plural(playlists, "media playlist", "media playlists"));
    }
    (!shown.is_empty()).then(|| shown.join(", "))
}

fn set_line(set: &SetReport) -> String {
    let mut words = vec![set.kind.name().to_string()];
    words.extend(set.language.clone());
    words.extend(set.label.as_ref().map(|label| format!("\"{label}\"")));
    let mut facts = set.roles.clone();
    if set.is_default {
        facts.push("default".into());
    }
    facts.extend(set.group.as_ref().map(|group| format!("group {group}")));
    format!("{} ({}): {}", words.join(" "), facts.join(", "), set.tracks.join(", "))
}

fn planned_block(track: &PlannedReport) -> String {
    let shown = |ticks| display_ticks(ticks, track.facts.timescale);
    let durations = if track.shortest == track.longest {
        shown(track.longest)
    } else {
        format!("{} to {}", shown(track.shortest), shown(track.longest))
    };
    let key = match (track.scheme, track.kid) {
        (Some(scheme), Some(kid)) => format!("{scheme}, key ID {kid}"),
        _ => "clear".to_string(),
    };
    let facts = media_facts(
        track.facts.kind,
        track.facts.width.zip(track.facts.height),
        track.facts.sample_rate,
        track.facts.channels,
    );
    format!(
        "  {}  {}{facts}, {} of {durations}, {key}, from {}\n",
        track.facts.name,
        track.facts.codec,
        plural(track.segments, "segment", "segments"),
        track.facts.input
    )
}

fn media_facts(
    media: Media,
    size: Option<(u32, u32)>,
    sample_rate: Option<u32>,
    channels: Option<u32>,
) -> String {
    match (media, size) {
        (Media::Video, Some((width, height))) => format!(", {width}x{height}"),
        (Media::Audio, _) => {
            let rate = sample_rate.map(|rate| format!(", {rate} Hz"));
            let channels = channels.map(|n| format!(", {}", plural(n as usize, "channel", "channels")));
            rate.into_iter().chain(channels).collect()
        }
        _ => String::new(),
    }
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn track_block(track: &TrackReport, job: &Job) -> String {
    let encryption = match &track.encryption {
        Some(e) => match e.pattern {
            Some(pattern) => format!("{} {pattern}, key ID {}, constant IV {}", e.scheme, e.kid, e.iv),
            None => format!("{}, key ID {}, first IV {}", e.scheme, e.kid, e.iv),
        },
        None => "none".to_string(),
    };
    let place = match track.files.as_slice() {
        [only] => job.folder.join(only).display().to_string(),
        [first, .., last] => {
            format!("{} to {}", job.folder.join(first).display(), job.folder.join(last).display())
        }
        [] => String::new(),
    };
    let facts = media_facts(
        track.facts.kind,
        track.facts.width.zip(track.facts.height),
        track.facts.sample_rate,
        track.facts.channels,
    );
    format!(
        "{place}\n  {:<11} {}{facts}{}\n  time        {} from {}, {}, {}\n  fragments   {}\n  encryption  {encryption}\n",
        track.facts.kind.name(),
        track.facts.codec,
        track.facts.language.as_ref().map(|language| format!(", {language}")).unwrap_or_default(),
        display_ticks(track.duration, track.facts.timescale),
        display_ticks(track.start, track.facts.timescale),
        plural(track.samples, "sample", "samples"),
        plural(track.sync_samples, "random access point", "random access points"),
        track.fragments.len(),
    )
}
