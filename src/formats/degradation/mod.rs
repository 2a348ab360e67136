//! What a format can't hold by its nature, told before anything is written.
//!
//! [`TABLE`] says for each kind of data and each kind of target whether it is kept, kept partly or lost;
//! [`measure`] walks a script once and reports what of it meets a cell that is not `Kept`. What depends on the words
//! that are written out (rounded times, texts in other languages) is reported by the writers themselves.

mod kinds;
mod measure;

pub use measure::measure;

use super::LossCode;

/// How well a target holds a kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of it: reading the output gives it back.
    Kept,
    /// A part of it, in these words for reports; empty where it depends on the value whether anything is lost.
    Partly(&'static str),
    /// Nothing.
    Lost,
}

/// The kinds of targets that lose something. TTAL and DAPT hold everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// IMSC and other TTML.
    Imsc,
    /// WebVTT.
    WebVtt,
    /// SubRip.
    Srt,
    /// Comma-separated values: one sheet.
    Csv,
    /// A workbook.
    Xlsx,
    /// A text document.
    Docx,
}

impl Target {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Target; 6] =
        [Target::Imsc, Target::WebVtt, Target::Srt, Target::Csv, Target::Xlsx, Target::Docx];

    /// The target that a format's name means; `None` for formats that hold everything.
    pub fn of(format: &str) -> Option<Self> {
        Some(match format {
            "imsc" | "imsc1" | "imsc1.1" | "imsc1.2" | "ttml" => Target::Imsc,
            "vtt" | "webvtt" => Target::WebVtt,
            "srt" => Target::Srt,
            "csv" | "tsv" => Target::Csv,
            "xlsx" => Target::Xlsx,
            "docx" => Target::Docx,
            _ => return None,
        })
    }
}

/// A kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Begin and end of events.
    Times,
    /// Identifiers of events.
    Id,
    /// The words.
    Words,
    /// Texts in a second language.
    OtherLanguage,
    /// Italics, bold, underline.
    Emphasis,
    /// Colours and all other styles.
    Style,
    /// Readings beside words.
    Ruby,
    /// Regions, alignment, direction.
    Position,
    /// Times of parts of a text.
    SpanTime,
    /// Who speaks.
    Character,
    /// What is known about characters and talents.
    Talent,
    /// On-screen marks, what is represented, descriptions, language sources, status, tags.
    Annotation,
    /// Forced narratives.
    Forced,
    /// Recordings, synthesized speech, mixing.
    Audio,
    /// Anchors and detections.
    LipSync,
    /// Shot changes.
    Shots,
    /// Recording loops.
    Loops,
    /// The programme, timing and the rest about the document.
    Meta,
    /// How the script and its parts came to be.
    Lineage,
    /// Events that overlap.
    Overlap,
    /// Vendor data and foreign XML.
    Extension,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The kind of data.
    pub field: Field,
    /// The code of its loss; the words are never lost.
    pub code: Option<LossCode>,
    /// How the targets hold it, in the order of [`Target::ALL`].
    pub cells: [Keep; 6],
}

use Keep::{Kept as K, Lost as L, Partly as P};

/// Depends on the value.
const V: Keep = P("");
const METADATA: Keep = P("in metadata only");
const COMMENTS: Keep = P("in comments only");

const fn row(field: Field, code: LossCode, cells: [Keep; 6]) -> Row {
    Row { field, code: Some(code), cells }
}

/// What each target keeps, by kind of data, in the order of [`Field`]. WebVTT's comments and SubRip's speakers are
/// there only if the writer's options ask for them; without, the cell counts as lost.
///
/// A CSV file is one sheet of events: what a workbook keeps on other sheets is lost in it.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    //                                                 IMSC      WebVTT     SRT  CSV  XLSX  DOCX
    row(Field::Times,         LossCode::Time,        [K,        V,         V,   K,   K,    K]),
    row(Field::Id,            LossCode::Id,          [K,        K,         L,   K,   K,    K]),
    Row { field: Field::Words, code: None, cells:    [K,        K,         K,   K,   K,    K] },
    row(Field::OtherLanguage, LossCode::Lang,        [V,        V,         V,   K,   K,    K]),
    row(Field::Emphasis,      LossCode::Style,       [K,        K,         V,   L,   K,    K]),
    row(Field::Style,         LossCode::Style,       [K,        V,         L,   L,   L,    V]),
    row(Field::Ruby,          LossCode::Ruby,        [K,        V,         L,   L,   L,    V]),
    row(Field::Position,      LossCode::Pos,         [K,        V,         V,   L,   L,    V]),
    row(Field::SpanTime,      LossCode::SpanTime,    [K,        V,         L,   L,   L,    L]),
    row(Field::Character,     LossCode::Char,        [METADATA, P("by name only"), P("by name only"), K, K, K]),
    row(Field::Talent,        LossCode::Talent,      [METADATA, COMMENTS,  L,   L,   K,    K]),
    row(Field::Annotation,    LossCode::Annot,       [METADATA, COMMENTS,  L,   K,   K,    K]),
    row(Field::Forced,        LossCode::Forced,      [K,        L,         L,   K,   K,    K]),
    row(Field::Audio,         LossCode::Audio,       [L,        L,         L,   P("by address and level only"), P("by address and level only"), L]),
    row(Field::LipSync,       LossCode::Lip,         [METADATA, L,         L,   K,   K,    P("in words only")]),
    row(Field::Shots,         LossCode::Lip,         [METADATA, L,         L,   L,   K,    P("in words only")]),
    row(Field::Loops,         LossCode::Lip,         [METADATA, L,         L,   K,   K,    K]),
    row(Field::Meta,          LossCode::Meta,        [METADATA, COMMENTS,  L,   L,   K,    K]),
    row(Field::Lineage,       LossCode::Lineage,     [METADATA, COMMENTS,  L,   L,   K,    K]),
    row(Field::Overlap,       LossCode::Overlap,     [K,        K,         K,   K,   K,    K]),
    row(Field::Extension,     LossCode::Ext,         [K,        L,         L,   K,   K,    L]),
];

/// The row of a kind of data.
pub fn row_of(field: Field) -> &'static Row {
    // The rows stand in the order of the enum; a test proves it.
    &TABLE[field as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_fields() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.field as usize, at, "{:?}", row.field);
        }
        assert_eq!(Field::Extension as usize + 1, TABLE.len());
    }
}
