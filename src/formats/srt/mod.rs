//! SubRip subtitles (`.srt`).
//!
//! There is no specification: what SubRip wrote and what players take is the measure. A cue is a number, a line with
//! its times, and lines of text up to a blank line; a few HTML tags mark italics and colours.

mod markup;
mod position;
mod read;
mod timing;
mod write;

use super::Format;
use crate::ttal::source::Decoding;

/// The format.
pub const SRT: Format = Format {
    name: "srt",
    title: "SubRip",
    extensions: &["srt"],
    probe,
    decoding: Decoding::Guess,
    read: Some(read::read),
    write: Some(write::write),
};

/// Lines that are looked at for the first cue.
const PROBED_LINES: usize = 50;

/// Whether there is a line with times among the first ones.
fn probe(text: &str) -> bool {
    !text.starts_with("WEBVTT") && text.lines().take(PROBED_LINES).any(|line| timing::timing(line).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Losses, Notes, ReadOptions, Speaker, WriteOptions};
    use crate::ttal::model::Script;
    use crate::ttal::source::Source;

    fn read(text: &str) -> (Script, Vec<String>) {
        let mut notes = Notes::default();
        let options = ReadOptions { speaker: Speaker::Prefix, ..ReadOptions::default() };
        let script = read::read(&Source::from_text("a.srt", text), &options, &mut notes).unwrap();
        (script, notes.notes.into_iter().map(|n| n.message).collect())
    }

    fn texts(script: &Script) -> Vec<String> {
        script.events.iter().map(|event| event.texts[0].content.plain_text()).collect()
    }

    fn written(script: &Script) -> String {
        let mut out = Vec::new();
        write::write(script, &WriteOptions::default(), &mut Losses::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn blank_lines_end_a_cue_only_before_times() {
        let (script, notes) = read(
            "1\r\n00:00:01,000 --> 00:00:02,000\r\nA\r\n\r\nB\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nC",
        );
        assert_eq!(texts(&script), ["A\n\nB", "C"]);
        assert_eq!(notes, ["blank lines inside of a cue"]);
        assert_eq!(
            written(&script),
            "1\n00:00:01,000 --> 00:00:02,000\nA\n\u{a0}\nB\n\n2\n00:00:03,000 --> 00:00:04,000\nC\n"
        );
    }

    #[test]
    fn numbers_may_be_missing_or_wrong() {
        let (script, notes) = read(
            "00:00:01,000 --> 00:00:02,000\nA\n7\n00:00:03,000 --> 00:00:04,000\n42\n\n8\n\n00:00:05,000 --> 00:00:06,000\nC\n",
        );
        assert_eq!(texts(&script), ["A", "42", "C"]);
        assert_eq!(notes.len(), 4, "{notes:?}");
    }

    #[test]
    fn words_that_look_like_markup_survive() {
        let (script, _) = read(
            "1\n00:00:01,000 --> 00:00:02,000\n&lt;i> &amp;amp; {\u{2060}\\an8} 00:00:01,000 --\u{2060}> 00:00:02,000\n",
        );
        assert_eq!(texts(&script), ["<i> &amp; {\\an8} 00:00:01,000 --> 00:00:02,000"]);
        let (again, notes) = read(&written(&script));
        assert_eq!(texts(&again), texts(&script));
        assert_eq!(notes, [""; 0]);
    }

    #[test]
    fn speakers_are_taken_off() {
        let (script, _) = read("1\n00:00:01,000 --> 00:00:02,000\n- JOHN: Hi.\n- MARY (O.S.): Ho.\nYes.\n");
        assert_eq!(texts(&script), ["Hi.", "Ho.\nYes."]);
        assert_eq!(&*script.events[1].characters[0], "mary");
        let (script, _) = read("1\n00:00:01,000 --> 00:00:02,000\n- Hi.\n- Ho.\n");
        assert_eq!(texts(&script), ["- Hi.\n- Ho."]);
    }
}
