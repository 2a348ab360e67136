//! What a conversion lost.

use std::collections::BTreeMap;

use serde::Serialize;

/// What kind of thing was lost. The codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossCode {
    /// Times were rounded.
    Time,
    /// Identifiers.
    Id,
    /// Texts in other languages.
    Lang,
    /// Italics, colours and other styles.
    Style,
    /// Readings beside words.
    Ruby,
    /// Positions, regions and directions.
    Pos,
    /// Times of parts of a text.
    SpanTime,
    /// Who speaks.
    Char,
    /// What is known about characters and talents.
    Talent,
    /// Descriptions, on-screen marks, what is represented, language sources.
    Annot,
    /// That an event is a forced narrative.
    Forced,
    /// Recordings, synthesized speech, mixing.
    Audio,
    /// Anchors, detections, shots, loops.
    Lip,
    /// The programme, timing and other data about the document.
    Meta,
    /// How the script came to be.
    Lineage,
    /// Events that overlap, where the target has no overlaps.
    Overlap,
    /// Vendor data and foreign XML in metadata.
    Ext,
    /// Comments and processing instructions.
    Comment,
    /// Foreign XML outside of metadata.
    Foreign,
    /// Content profiles that can't be vouched for.
    Profile,
    /// The hidden copy that would bring everything back.
    Embed,
    /// Words outside of script events.
    Unmapped,
}

impl LossCode {
    /// All codes.
    pub const ALL: &'static [LossCode] = &[
        LossCode::Time,
        LossCode::Id,
        LossCode::Lang,
        LossCode::Style,
        LossCode::Ruby,
        LossCode::Pos,
        LossCode::SpanTime,
        LossCode::Char,
        LossCode::Talent,
        LossCode::Annot,
        LossCode::Forced,
        LossCode::Audio,
        LossCode::Lip,
        LossCode::Meta,
        LossCode::Lineage,
        LossCode::Overlap,
        LossCode::Ext,
        LossCode::Comment,
        LossCode::Foreign,
        LossCode::Profile,
        LossCode::Embed,
        LossCode::Unmapped,
    ];

    /// The code as reports give it.
    pub fn as_str(self) -> &'static str {
        match self {
            LossCode::Time => "C-TIME",
            LossCode::Id => "C-ID",
            LossCode::Lang => "C-LANG",
            LossCode::Style => "C-STYLE",
            LossCode::Ruby => "C-RUBY",
            LossCode::Pos => "C-POS",
            LossCode::SpanTime => "C-SPANTIME",
            LossCode::Char => "C-CHAR",
            LossCode::Talent => "C-TALENT",
            LossCode::Annot => "C-ANNOT",
            LossCode::Forced => "C-FORCED",
            LossCode::Audio => "C-AUDIO",
            LossCode::Lip => "C-LIP",
            LossCode::Meta => "C-META",
            LossCode::Lineage => "C-LINEAGE",
            LossCode::Overlap => "C-OVERLAP",
            LossCode::Ext => "C-EXT",
            LossCode::Comment => "C-COMMENT",
            LossCode::Foreign => "C-FOREIGN",
            LossCode::Profile => "C-PROFILE",
            LossCode::Embed => "C-EMBED",
            LossCode::Unmapped => "C-UNMAPPED",
        }
    }
}

/// How often one kind of thing was lost, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    count: u64,
    event_ids: Vec<Box<str>>,
    details: BTreeMap<String, u64>,
}

/// One line of a loss report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// The code.
    pub code: &'static str,
    /// How many things were lost.
    pub count: u64,
    /// The events that lost something, in document order, each once.
    pub event_ids: Vec<Box<str>>,
    /// What they were, with counts.
    pub detail: String,
}

/// Different details that are told apart for one code; more are counted only.
const MAX_DETAILS: usize = 20;

/// Collects losses while a conversion runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses(BTreeMap<LossCode, Entry>);

impl Losses {
    /// Notes that `detail` (a noun in the plural, as `colours`) of an event was lost once.
    pub fn add(&mut self, code: LossCode, event: Option<&str>, detail: &str) {
        let entry = self.0.entry(code).or_default();
        entry.count += 1;
        if let Some(event) = event
            && entry.event_ids.last().is_none_or(|last| &**last != event)
        {
            entry.event_ids.push(event.into());
        }
        if let Some(count) = entry.details.get_mut(detail) {
            *count += 1;
        } else if entry.details.len() < MAX_DETAILS {
            entry.details.insert(detail.to_string(), 1);
        }
    }

    /// Adds what another collection holds.
    pub fn extend(&mut self, other: Losses) {
        for (code, entry) in other.0 {
            let own = self.0.entry(code).or_default();
            own.count += entry.count;
            own.event_ids.extend(entry.event_ids);
            for (detail, count) in entry.details {
                *own.details.entry(detail).or_default() += count;
            }
        }
    }

    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something of this kind was lost.
    pub fn has(&self, code: LossCode) -> bool {
        self.0.contains_key(&code)
    }

    /// The report, by code.
    pub fn report(&self) -> Vec<Loss> {
        self.0
            .iter()
            .map(|(code, entry)| {
                let details: Vec<String> = entry
                    .details
                    .iter()
                    .map(
                        |(detail, &count)| {
                            if count > 1 { format!("{detail} ({count})") } else { detail.clone() }
                        },
                    )
                    .collect();
                Loss {
                    code: code.as_str(),
                    count: entry.count,
                    event_ids: entry.event_ids.clone(),
                    detail: details.join(", "),
                }
            })
            .collect()
    }
}
