//! What the targets of scripts do: read any bytes as one format, judge them, and write what was read in every format.

use showpack::formats::{self, Losses, Notes, ReadOptions, Speaker, WriteOptions};
use showpack::ttal::normal::model_equal;
use showpack::ttal::validate::{ValidateOptions, validate_bytes};

/// Reads bytes as a format and writes them in all.
pub fn convert(data: &[u8], format: &str) {
    let Ok(format) = formats::by_name(format) else { panic!("no format {format}") };
    // References to one of two things of one name may come back as references to the other.
    let mut is_clear = true;
    if matches!(format.name, "ttal" | "dapt") {
        let report = validate_bytes("input", data.to_vec(), &ValidateOptions::default());
        is_clear = report.findings.iter().all(|finding| finding.rule.id != "R-02");
    }
    let Ok((source, format)) = formats::open("input", data.to_vec(), Some(format), None) else { return };
    let options = ReadOptions { speaker: Speaker::Prefix, any_kind: true, ..ReadOptions::default() };
    let read = format.read.expect("the format is read");
    let Ok(script) = read(&source, &options, &mut Notes::default()) else { return };
    for target in formats::FORMATS {
        let Some(write) = target.write else { continue };
        let options = WriteOptions { bilingual: true, notes: true, ..WriteOptions::default() };
        formats::degradation::measure(&script, &options, target.name);
        let mut written = Vec::new();
        let result = write(&script, &options, &mut Losses::default(), &mut written);
        // What was written must be readable, and in the formats that hold everything be the same.
        if let (Ok(()), Some(read)) = (result, target.read) {
            let (source, _) =
                formats::open("output", written, Some(target), None).expect("what is written is in its encoding");
            let again = read(&source, &ReadOptions { any_kind: true, ..ReadOptions::default() }, &mut Notes::default());
            if target.name == "dapt" && is_clear {
                let again = again.expect("DAPT that was written is read");
                if let Err(differences) = model_equal(&script, &again) {
                    panic!("{differences:?}");
                }
            }
        }
    }
}
