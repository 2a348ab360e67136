//! What the cells of one row say together.

use std::collections::BTreeMap;

use super::cells::CellTime;
use super::read::Found;
use crate::formats::map::{Column, TimeFormat};
use crate::formats::{LossCode, Notes};
use crate::ttal::language;
use crate::ttal::model::{Content, Cue, Event, LipSync, List, Node, Recording, Source, Str, Text};
use crate::ttal::time::MediaTime;

/// What the cells of a row have said so far.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) id: Option<Str>,
    pub(super) begin: Option<CellTime>,
    pub(super) end: Option<CellTime>,
    pub(super) duration: Option<CellTime>,
    pub(super) language: Option<Str>,
    pub(super) texts: Vec<Text>,
    pub(super) sources: Vec<(Option<Str>, Str)>,
    pub(super) audio: Vec<(Option<Str>, Str)>,
    pub(super) lips: Vec<(Option<Str>, LipSync)>,
}

/// Takes a time of a second column: the more exact one counts. Timecodes are exact to the frame; numbers with their
/// decimals cut off are the same time if they differ by less than a nanosecond.
pub(super) fn place(slot: &mut Option<CellTime>, time: CellTime) {
    let Some(first) = slot else {
        *slot = Some(time);
        return;
    };
    let same = |a: MediaTime, b: MediaTime| (if a > b { a - b } else { b - a }).rounded(1_000_000_000) <= 1;
    let is_same = same(first.seconds, time.seconds);
    let first_stays = match (first.is_timecode, time.is_timecode) {
        (true, false) => is_same,
        (false, true) => !is_same,
        _ => false,
    };
    if !first_stays {
        *slot = Some(time);
    }
}

/// What a number without a unit counts in a column: as the map says, or its heading.
pub(super) fn unit(rules: &Column, column: &Found) -> Option<TimeFormat> {
    rules.unit.or_else(|| {
        let heading = column.heading.to_lowercase();
        let has = |word: &str| heading.contains(word);
        if has("milli") || has("(ms)") || heading.ends_with("ms") {
            Some(TimeFormat::Milliseconds)
        } else if has("sec") || has("(s)") {
            Some(TimeFormat::Seconds)
        } else if has("frame") {
            Some(TimeFormat::Frames)
        } else {
            None
        }
    })
}

/// Puts the texts of a row together with what other columns say of them.
pub(super) fn finish_texts(event: &mut Event, row: Row, offset: usize, notes: &mut Notes) {
    let mut texts = row.texts;
    for text in &mut texts {
        if text.language.is_none() {
            text.language = row.language.as_deref().map(Into::into);
        }
    }
    let mut homeless = 0;
    // A column without a language goes to the text without, or to the only one.
    let mut home = |language: &Option<Str>, texts: &mut Vec<Text>| {
        let fits = |text: &Text| match (language, &text.language) {
            (Some(wanted), Some(own)) => language::same(wanted, own),
            (None, _) => true,
            _ => false,
        };
        let found = texts.iter().position(fits);
        homeless += u32::from(found.is_none());
        found
    };
    for (language, source) in row.sources {
        if language.is_none() {
            event.language_source = Some((&*source).into());
        } else if let Some(at) = home(&language, &mut texts) {
            texts[at].language_source = Some((&*source).into());
        }
    }
    for (language, uri) in row.audio {
        if let Some(at) = home(&language, &mut texts) {
            let source = Source { uri: Some(uri), ..Source::default() };
            let recording = Recording { sources: [source].into_iter().collect(), ..Recording::default() };
            texts[at].audio.push(recording);
        }
    }
    for (language, lip) in row.lips {
        if let Some(at) = home(&language, &mut texts) {
            texts[at].lip_sync = Some(Box::new(lip));
        }
    }
    if homeless > 0 {
        notes.add(offset, "a cell about words that the row does not have");
        notes.losses.add(LossCode::Unmapped, None, "cells about words that are not there");
    }
    // What all texts stand for is what the event stands for.
    let first = texts.first().and_then(|text| text.represents.clone());
    if event.represents.is_none() && first.is_some() && texts.iter().all(|text| text.represents == first) {
        event.represents = first;
        texts.iter_mut().for_each(|text| text.represents = None);
    }
    event.texts = texts.into_iter().collect();
}

/// The words of a cell: line breaks as such, words in brackets as the map has them.
pub(super) fn content(cell: &str, brackets: &BTreeMap<String, String>) -> Content {
    let pairs: Vec<(char, char, &str)> = brackets
        .iter()
        .filter(|(_, meaning)| *meaning != "keep")
        .filter_map(|(pair, meaning)| {
            let mut chars = pair.chars();
            Some((chars.next()?, chars.next()?, meaning.as_str()))
        })
        .collect();
    let mut nodes = List::new();
    let normal = cell.replace("\r\n", "\n").replace('\r', "\n");
    for (at, line) in normal.split('\n').enumerate() {
        if at > 0 {
            nodes.push(Node::Break(None));
        }
        marked(line, &pairs, &mut nodes);
    }
    Content(nodes)
}

/// One line, with words in brackets as cues. Brackets that nothing closes are words like others.
fn marked(line: &str, pairs: &[(char, char, &str)], nodes: &mut List<Node>) {
    let run = |words: &str, nodes: &mut List<Node>| {
        if !words.is_empty() {
            nodes.push(Node::Run(words.into()));
        }
    };
    // Once nothing closes a kind of bracket, it is not looked for again: time stays linear.
    let mut open_kinds: Vec<&(char, char, &str)> = pairs.iter().collect();
    let (mut start, mut at) = (0, 0);
    while let Some(open) =
        line[at..].find(|c| open_kinds.iter().any(|pair| pair.0 == c)).map(|found| at + found)
    {
        let Some(kind) = open_kinds.iter().position(|pair| line[open..].starts_with(pair.0)) else { break };
        let &(_, close, cue) = open_kinds[kind];
        match line[open..].find(close) {
            Some(length) => {
                run(&line[start..open], nodes);
                at = open + length + close.len_utf8();
                start = at;
                let cue = Cue { cue: cue.into(), text: line[open..at].into(), ..Cue::default() };
                nodes.push(Node::Cue(Box::new(cue)));
            }
            None => {
                at = open;
                open_kinds.swap_remove(kind);
            }
        }
    }
    run(&line[start..], nodes);
}
