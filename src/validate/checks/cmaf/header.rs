//! Fields of a CMAF header.

use crate::findings::Severity;
use crate::isobmff::boxes::{
    ChunkOffsets, Ctts, DataEntry, Dref, Elst, Mehd, Mvhd, SampleSizes, Smhd, Stsc, Stts, Tkhd, UNITY_MATRIX,
    Vmhd,
};
use crate::isobmff::{BoxHeader, Child};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{CMF_05, CMF_18, CMF_19, CMF_20, CMF_21, CMF_22, CMF_23, CMF_30, CMF_32};

/// `track_enabled` and `track_in_movie`.
const ENABLED: u32 = 1;
const IN_MOVIE: u32 = 2;

/// Rules CMF-05, CMF-18 to CMF-23, CMF-30 and CMF-32.
#[derive(Default)]
pub(in crate::validate) struct CmafHeader;

impl Check for CmafHeader {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        match &header.kind.0 {
            b"meta" | b"udta" => {
                let message = format!("`{}` stands at the top of the file", header.kind);
                let finding = found.finding(&CMF_30, header.offset, message).path(header.kind.to_string());
                found.push(finding.fix("move it into `moov`"));
            }
            b"mfra" => {
                let message = "`mfra` is there, which is for files that are read as a whole";
                let finding = found.finding(&CMF_32, header.offset, message).path("mfra");
                found.push(
                    finding
                        .fix("leave it out; `sidx` has what players need (ffmpeg: -movflags +skip_trailer)"),
                );
            }
            _ => {}
        }
    }

    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        if let Some(moov) = &header.moov {
            is_header(header, moov, found);
            movie_header(moov, found);
        }
        for trak in header.traks() {
            track_header(&trak, found);
            media_header(&trak, found);
            data_references(&trak, found);
            tables(&trak, found);
            edits(&trak, found);
        }
    }
}

/// What makes a movie box the header of one track in fragments.
fn is_header(header: &Header<'_>, moov: &Child<'_>, found: &mut Gathered) {
    let count = moov.boxes().map_while(Result::ok).filter(|child| child.kind() == b"trak").count();
    let begin =
        |found: &Gathered, message: String| found.finding(&CMF_05, moov.header.offset, message).path("moov");
    if count > 1 {
        let finding = begin(found, format!("{count} tracks in the file, one was expected"));
        found.push(finding.fix("write each track into a file of its own"));
    }
    if !header.file.has_mvex {
        let message = "there is no `mvex`, so the file is not fragmented and is no CMAF track";
        let finding = begin(found, message.to_owned());
        found.push(finding.fix("pack it with `cmaf pack`"));
    }
}

fn movie_header(moov: &Child<'_>, found: &mut Gathered) {
    let Ok(Some(child)) = moov.reader().find(b"mvhd") else { return };
    let Ok(mvhd) = child.parse::<Mvhd>() else { return };
    let begin = |found: &Gathered, message: String| {
        found.finding(&CMF_18, child.header.offset, message).path("moov/mvhd")
    };
    if mvhd.rate != 0x1_0000 {
        let finding = begin(found, format!("rate is {}, 1 was expected", f64::from(mvhd.rate) / 65536.0));
        found.push(finding);
    }
    if mvhd.volume != 0x100 {
        let finding = begin(found, format!("volume is {}, 1 was expected", f64::from(mvhd.volume) / 256.0));
        found.push(finding);
    }
    if mvhd.matrix != UNITY_MATRIX {
        let finding = begin(found, "the matrix turns, moves or scales the picture".to_owned());
        found.push(finding);
    }
    let mvex = moov.boxes().map_while(Result::ok).find(|child| child.kind() == b"mvex");
    let mehd = mvex.and_then(|mvex| mvex.reader().find_as::<Mehd>().ok().flatten());
    let stated = mehd.map(|mehd| mehd.fragment_duration);
    if mvhd.duration != 0 && Some(mvhd.duration) != stated {
        let finding = begin(found, format!("duration is {}, 0 was expected", told(mvhd.duration)));
        found.push(finding.severity(Severity::Warning));
    }
}

/// A duration, of which all bits 1 is none.
fn told(duration: u64) -> String {
    if duration == crate::isobmff::boxes::UNKNOWN_DURATION {
        "unknown (all bits 1)".to_owned()
    } else {
        duration.to_string()
    }
}

fn track_header(trak: &Trak<'_>, found: &mut Gathered) {
    let Some((offset, tkhd)) = trak.read::<Tkhd>("tkhd") else { return };
    let at = ("tkhd", offset);
    if tkhd.duration != 0 {
        let message = format!("duration is {}, 0 was expected", told(tkhd.duration));
        found.push(trak.finding(found, &CMF_18, at, message));
    }
    if tkhd.matrix != UNITY_MATRIX {
        let message = "the matrix turns, moves or scales the picture, which players of CMAF need not do";
        found.push(trak.finding(found, &CMF_18, at, message));
    }
    if trak.track.media.as_deref() == Some("audio") && (tkhd.width, tkhd.height) != (0, 0) {
        let message = format!(
            "an audio track is {} by {} pixels, 0 by 0 was expected",
            tkhd.width >> 16,
            tkhd.height >> 16
        );
        found.push(trak.finding(found, &CMF_19, at, message));
    }
    if tkhd.flags & (ENABLED | IN_MOVIE) != ENABLED | IN_MOVIE {
        let missing = match (tkhd.flags & ENABLED, tkhd.flags & IN_MOVIE) {
            (0, 0) => "track_enabled and track_in_movie",
            (0, _) => "track_enabled",
            _ => "track_in_movie",
        };
        let message =
            format!("flags are 0x{:x}: {missing} is not set, so that players may leave it out", tkhd.flags);
        found.push(trak.finding(found, &CMF_19, at, message).severity(Severity::Warning));
    }
}

fn media_header(trak: &Trak<'_>, found: &mut Gathered) {
    if let Some((offset, vmhd)) = trak.read::<Vmhd>("mdia/minf/vmhd")
        && vmhd != Vmhd::default()
    {
        let message = format!(
            "graphicsmode is {} and opcolor {:?}, 0 and [0, 0, 0] were expected",
            vmhd.graphicsmode, vmhd.opcolor
        );
        found.push(trak.finding(found, &CMF_20, ("mdia/minf/vmhd", offset), message));
    }
    if let Some((offset, smhd)) = trak.read::<Smhd>("mdia/minf/smhd")
        && smhd.balance != 0
    {
        let message = format!("balance is {}, 0 was expected", f64::from(smhd.balance) / 256.0);
        found.push(trak.finding(found, &CMF_20, ("mdia/minf/smhd", offset), message));
    }
}

fn data_references(trak: &Trak<'_>, found: &mut Gathered) {
    let path = "mdia/minf/dinf/dref";
    let Some((offset, dref)) = trak.read::<Dref>(path) else { return };
    let message = match dref.entries.as_slice() {
        [entry] if entry.is_self_contained() => return,
        [DataEntry { flags, .. }] => {
            format!("the flags of the entry are {flags}, 1 was expected: the data is in the same file")
        }
        entries => format!("`dref` has {} entries, one was expected", entries.len()),
    };
    found.push(trak.finding(found, &CMF_21, (path, offset), message));
}

/// The samples are in fragments, so that the tables are empty.
fn tables(trak: &Trak<'_>, found: &mut Gathered) {
    let Some(stbl) = trak.find("mdia/minf/stbl") else { return };
    let stsd = trak.find("mdia/minf/stbl/stsd");
    if let Some((stsd, full)) = stsd.and_then(|stsd| Some((stsd, stsd.reader().full().ok()?)))
        && full.version != 0
    {
        let message = format!("`stsd` has version {}, 0 was expected", full.version);
        let at = ("mdia/minf/stbl/stsd", stsd.header.offset);
        found.push(trak.finding(found, &CMF_22, at, message));
    }
    let r = stbl.reader();
    let counts = [
        ("stts", r.find_as::<Stts<'_>>().ok().flatten().map(|stts| stts.entries.len())),
        ("stsc", r.find_as::<Stsc<'_>>().ok().flatten().map(|stsc| stsc.entries.len())),
        ("stsz", SampleSizes::find(&r).ok().map(|sizes| sizes.sample_count as usize)),
        ("stco", ChunkOffsets::find(&r).ok().map(|chunks| chunks.len())),
    ];
    let full: Vec<String> = counts
        .iter()
        .filter_map(|(kind, count)| Some(format!("`{kind}` {}", count.filter(|count| *count > 0)?)))
        .collect();
    if !full.is_empty() {
        let message = format!("the header has samples; entries: {}", full.join(", "));
        let finding = trak.finding(found, &CMF_22, ("mdia/minf/stbl", stbl.header.offset), message);
        found.push(finding.fix("write all samples into fragments (ffmpeg: -movflags +empty_moov)"));
    }
    let ctts = trak.read::<Ctts<'_>>("mdia/minf/stbl/ctts").filter(|(_, ctts)| !ctts.entries.is_empty());
    let sdtp = trak.find("mdia/minf/stbl/sdtp").map(|sdtp| sdtp.header.offset);
    for (kind, offset) in [("ctts", ctts.map(|(offset, _)| offset)), ("sdtp", sdtp)] {
        let Some(offset) = offset else { continue };
        let message = format!("`{kind}` is in the header, which has no samples for it");
        found.push(trak.finding(found, &CMF_32, (&format!("mdia/minf/stbl/{kind}"), offset), message));
    }
}

fn edits(trak: &Trak<'_>, found: &mut Gathered) {
    let Some((offset, elst)) = trak.read::<Elst>("edts/elst") else { return };
    let at = ("edts/elst", offset);
    let [edit] = elst.entries.as_slice() else {
        let message = format!("the edit list has {} edits, one was expected", elst.entries.len());
        found.push(trak.finding(found, &CMF_23, at, message));
        return;
    };
    if edit.segment_duration != 0 {
        let message = format!("segment_duration is {}, 0 was expected: to the end", edit.segment_duration);
        found.push(trak.finding(found, &CMF_23, at, message));
    }
    if edit.media_time < 0 {
        let message = format!(
            "media_time is {}, the time of the first sample that is shown was expected",
            edit.media_time
        );
        found.push(trak.finding(found, &CMF_23, at, message));
    }
    if (edit.media_rate_integer, edit.media_rate_fraction) != (1, 0) {
        let rate = f64::from(edit.media_rate_integer) + f64::from(edit.media_rate_fraction) / 65536.0;
        found.push(trak.finding(found, &CMF_23, at, format!("media_rate is {rate}, 1 was expected")));
    }
}
