//! What sample entries of sound say whatever the codec is: channels, their layout, the rate.

use super::super::entries::{EntryAt, entries};
use crate::aac::Config;
use crate::findings::Severity;
use crate::isobmff::boxes::{AudioSampleEntry, Chnl, DOps, Esds};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AUD_17, AUD_18};

/// The highest rate of the core coder under which SBR, and with it PS, may be there untold.
const IMPLICIT_SBR: u32 = 24_000;

/// Rules AUD-17, AUD-18.
#[derive(Default)]
pub(in crate::validate) struct Entry;

impl Check for Entry {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for at in &entries(&trak) {
                if let Some(entry) = at.audio() {
                    channels(at, entry, found);
                    layout(at, entry, found);
                    rate(&trak, at, entry, found);
                }
            }
        }
    }
}

/// The configuration of AAC, where the entry has one that can be read.
fn aac(at: &EntryAt<'_>, entry: &AudioSampleEntry) -> Option<Config> {
    let esds = entry.find::<Esds>().ok()?.filter(|esds| esds.object_type_indication == 0x40)?;
    Config::parse(&esds.decoder_specific_info).ok().filter(|_| at.format == b"mp4a")
}

fn channels(at: &EntryAt<'_>, entry: &AudioSampleEntry, found: &mut Gathered) {
    let Some(config) = aac(at, entry) else { return };
    let (says, has) = (entry.channels(), config.channels());
    let ps = has == 1 && says == 2 && config.core_rate <= IMPLICIT_SBR && config.usac.is_none();
    if says != has && has > 0 && !ps {
        let message = format!("channelcount is {says}, the AudioSpecificConfig has {has} channels");
        found.push(found.finding(&AUD_17, at.offset(), message).path(&at.path));
    }
}

fn layout(at: &EntryAt<'_>, entry: &AudioSampleEntry, found: &mut Gathered) {
    let mut say = |message: String| {
        found.push(found.finding(&AUD_17, at.offset(), message).path(&at.path));
    };
    let Some(chnl) = entry.children.iter().find(|child| child.kind == b"chnl") else {
        // Only there nothing else tells where the channels are.
        let is_open = match &at.format.0 {
            b"ipcm" | b"fpcm" => true,
            b"Opus" => {
                entry.find::<DOps>().ok().flatten().is_some_and(|dops| dops.channel_mapping_family == 255)
            }
            _ => false,
        };
        if is_open && entry.channels() > 2 {
            say(format!("{} channels, and no `chnl` tells where they are", entry.channels()));
        }
        return;
    };
    match chnl.parse::<Chnl>() {
        Ok(Chnl { base_channel_count: Some(count), .. }) if u32::from(count) != entry.channels() => {
            say(format!("`chnl` has {count} channels, channelcount is {}", entry.channels()));
        }
        Ok(_) => {}
        Err(error) => say(format!("`chnl` can't be read: {}", error.message())),
    }
}

fn rate(trak: &Trak<'_>, at: &EntryAt<'_>, entry: &AudioSampleEntry, found: &mut Gathered) {
    let has_srat = entry.children.iter().any(|child| child.kind == b"srat");
    if has_srat && entry.entry_version == 0 {
        let message = "`srat` in an entry of version 0, where readers don't look for it";
        found.push(found.finding(&AUD_18, at.offset(), message).path(&at.path));
    }
    // Opus and FLAC have rules of their own.
    let rate = match &at.format.0 {
        b"mp4a" => aac(at, entry).map(|config| config.output_rate),
        b"ac-3" | b"ec-3" => Some(entry.sample_rate() as u32),
        _ => None,
    };
    let (Some(rate), Some(timescale)) = (rate.filter(|rate| *rate > 0), trak.track.timescale) else { return };
    if timescale % rate != 0 && rate % timescale != 0 {
        let message = format!("the track counts {timescale} ticks a second, its sound has {rate} samples");
        let finding = found.finding(&AUD_18, trak.child.header.offset, message);
        let finding = finding.path(format!("{}/mdia/mdhd", trak.path)).severity(Severity::Advice);
        found.push(finding.fix(format!("set the track's timescale to {rate}, so that durations are exact")));
    }
}
