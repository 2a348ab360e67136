//! Whether a file holds subtitles, or chapters or metadata for programs.

use serde_json::Value;

use super::blocks::Blocks;

/// What a file holds that is no subtitles, with how it shows; `None` where it may be subtitles. Only what every cue
/// shows counts: subtitles are not to be refused.
pub(super) fn other_than_subtitles(text: &str, name: &str, blocks: &Blocks<'_>) -> Option<&'static str> {
    for line in blocks.header.lines() {
        let Some((key, value)) = line.split_once([':', '=']) else { continue };
        if !key.trim().eq_ignore_ascii_case("kind") {
            continue;
        }
        return match value.trim().to_ascii_lowercase().as_str() {
            "chapters" => Some("chapters, as its header says"),
            "metadata" => Some("metadata, as its header says"),
            _ => None,
        };
    }
    let cues = &blocks.cues;
    if cues.is_empty() {
        return None;
    }
    let payload = |range: &std::ops::Range<usize>| text[range.clone()].trim();
    if cues.iter().all(|cue| is_json(payload(&cue.text))) {
        return Some("metadata: every cue is JSON");
    }
    if cues.iter().all(|cue| is_address(payload(&cue.text))) {
        return Some("metadata: every cue is an address");
    }
    if cues.len() > 1 && cues.iter().all(|cue| is_selector(payload(&cue.text))) {
        return Some("metadata: every cue begins with a selector");
    }
    let numbered = |id: &str| {
        let (word, number) = id.trim().rsplit_once([' ', '-', '_']).unwrap_or((id, ""));
        const WORDS: [&str; 7] =
            ["chapter", "chapitre", "kapitel", "capítulo", "capitulo", "capitolo", "hoofdstuk"];
        WORDS.contains(&word.to_lowercase().as_str())
            && number.bytes().all(|b| b.is_ascii_digit())
            && !number.is_empty()
    };
    if cues.len() > 1 && cues.iter().all(|cue| numbered(cue.id)) {
        return Some("chapters: every identifier says so");
    }
    // A name alone proves little; chapters also follow one another without a gap, a line each.
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
    let named = stem.split(|c: char| !c.is_alphanumeric()).any(|word| word == "chapters");
    let seamless = cues.windows(2).all(|pair| pair[1].begin.abs_diff(pair[0].end) <= 100);
    if named && seamless && cues.iter().all(|cue| !payload(&cue.text).contains(['\n', '\r'])) {
        return Some("chapters, as its name says");
    }
    None
}

fn is_json(text: &str) -> bool {
    let looks = text.starts_with('{')
        || (text.starts_with('[') && text[1..].trim_start().starts_with(['{', '"', '[']));
    looks && serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object() || value.is_array())
}

fn is_address(text: &str) -> bool {
    let one = !text.is_empty() && !text.contains(char::is_whitespace);
    one && (text.contains("://") || text.starts_with("data:") || text.contains("#xywh="))
}

fn is_selector(text: &str) -> bool {
    let first = text.lines().next().unwrap_or("");
    first.len() > 1
        && first
            .strip_prefix('#')
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}
