//! WebVTT as it is packaged: the header, and cues whose words stay as they are written.

use crate::formats::webvtt::{Blocks, timestamp};
use crate::ttal::time::MediaTime;

/// One cue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cue {
    /// When it comes, exactly.
    pub(super) begin: MediaTime,
    /// When it goes.
    pub(super) end: MediaTime,
    /// Its identifier, maybe empty.
    pub(super) id: String,
    /// Its settings, as they are written.
    pub(super) settings: String,
    /// Its text with tags and references, lines ended by LF.
    pub(super) payload: String,
}

/// A WebVTT file without its comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebVtt {
    /// The signature, the lines below it, style sheets and regions; without line end.
    pub(super) header: String,
    /// The cues by begin, those of one begin as they stand in the file.
    pub(super) cues: Vec<Cue>,
}

impl WebVtt {
    /// What was taken apart; `text` is what the blocks are parts of.
    pub(super) fn of(blocks: &Blocks<'_>, text: &str) -> Self {
        let mut header = String::from("WEBVTT");
        for (number, line) in lines(blocks.header).split('\n').enumerate() {
            // It would move times that are on the track's own timeline.
            if number > 0 && (line.is_empty() || line.starts_with("X-TIMESTAMP-MAP")) {
                continue;
            }
            header.push_str(if number > 0 { "\n" } else { "" });
            header.push_str(line);
        }
        for (name, blocks) in [("STYLE", &blocks.styles), ("REGION", &blocks.regions)] {
            for (_, text) in blocks {
                header.extend(["\n\n", name, "\n", &lines(text)]);
            }
        }
        let milliseconds = |time: u64| MediaTime::from_milliseconds(i64::try_from(time).unwrap_or(i64::MAX));
        let cues = blocks.cues.iter().map(|cue| Cue {
            begin: milliseconds(cue.begin),
            end: milliseconds(cue.end),
            id: lines(cue.id),
            settings: cue.settings.to_string(),
            payload: lines(&text[cue.text.clone()]),
        });
        let mut cues: Vec<Cue> = cues.collect();
        cues.sort_by_key(|cue| cue.begin);
        WebVtt { header, cues }
    }

    /// Moves all cues, and the timestamps inside of them.
    pub(super) fn shift(&mut self, by: MediaTime) {
        if by == MediaTime::ZERO {
            return;
        }
        for cue in &mut self.cues {
            cue.begin = cue.begin + by;
            cue.end = cue.end + by;
            cue.payload = move_timestamps(&cue.payload, by);
        }
    }

    /// Takes out cues that end before they begin, or at once; says how many.
    pub(super) fn drop_empty(&mut self) -> usize {
        let before = self.cues.len();
        self.cues.retain(|cue| cue.end > cue.begin);
        before - self.cues.len()
    }

    /// When the last cue ends.
    pub(super) fn end(&self) -> MediaTime {
        self.cues.iter().map(|cue| cue.end).max().unwrap_or(MediaTime::ZERO)
    }

    /// The file. Cues before 0 begin there, those that end before are left out.
    pub(super) fn compose(&self) -> String {
        let mut out = self.header.clone();
        out.push('\n');
        for cue in self.cues.iter().filter(|cue| cue.end > MediaTime::ZERO) {
            let begin = milliseconds(cue.begin);
            let end = milliseconds(cue.end).max(begin + 1);
            out.push('\n');
            if !cue.id.is_empty() && !cue.id.contains(['\n', '\r']) && !cue.id.contains("-->") {
                out.extend([&*cue.id, "\n"]);
            }
            out.extend([&*clock(begin), " --> ", &*clock(end)]);
            if !cue.settings.is_empty() {
                out.extend([" ", &*cue.settings.replace(['\n', '\r'], " ").replace("-->", "")]);
            }
            out.push('\n');
            // A sample may hold what a file can't: an empty line would end the cue, an arrow begin one.
            for line in lines(&cue.payload).trim_end_matches('\n').split('\n') {
                let line = if line.is_empty() && !cue.payload.is_empty() { "&nbsp;" } else { line };
                out.push_str(&line.replace("-->", "--&gt;"));
                out.push_str(if cue.payload.is_empty() { "" } else { "\n" });
            }
        }
        out
    }
}

/// Text with LF at the end of lines, and no NUL, as the parser of WebVTT sees it.
fn lines(text: &str) -> String {
    if !text.contains(['\r', '\0']) {
        return text.to_string();
    }
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}")
}

/// Whole milliseconds, not before 0.
fn milliseconds(time: MediaTime) -> u64 {
    time.milliseconds().max(0).unsigned_abs()
}

/// `HH:MM:SS.mmm`.
pub(super) fn clock(milliseconds: u64) -> String {
    let mut text = String::with_capacity(12);
    crate::formats::push_clock(&mut text, milliseconds, '.');
    text
}

/// The timestamps inside a cue's text, as ranges of it, with their times in milliseconds.
fn timestamps(payload: &str) -> Vec<(std::ops::Range<usize>, u64)> {
    let mut found = Vec::new();
    for (at, _) in payload.match_indices('<') {
        let inside = &payload[at + 1..];
        if let Some((time, rest)) = timestamp(inside)
            && rest.starts_with('>')
        {
            found.push((at + 1..payload.len() - rest.len(), time));
        }
    }
    found
}

/// Whether words of a cue come later than others.
pub(crate) fn has_timestamps(payload: &str) -> bool {
    !timestamps(payload).is_empty()
}

/// A cue's text with its timestamps moved.
pub(super) fn move_timestamps(payload: &str, by: MediaTime) -> String {
    let mut moved = String::with_capacity(payload.len());
    let mut at = 0;
    for (range, time) in timestamps(payload) {
        let time = MediaTime::from_milliseconds(i64::try_from(time).unwrap_or(i64::MAX)) + by;
        moved.push_str(&payload[at..range.start]);
        moved.push_str(&clock(milliseconds(time)));
        at = range.end;
    }
    moved.push_str(&payload[at..]);
    moved
}
