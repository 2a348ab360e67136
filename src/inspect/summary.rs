//! Making the summary of a file.

use super::mp4::{Mp4, Track};
use super::names;
use super::report::*;
use super::source::{Packets, Source};
use super::totals::{Counter, EncryptionTotals, Totals};
use crate::av1::{ColorConfig, Metadata, SequenceHeader, codec_string};
use crate::cenc::KeyId;
use crate::control::Control;
use crate::demux::{Colour, TrackKind};
use crate::error::Result;
use crate::input::Input;
use crate::time::{Rational, gcd};

/// Notes beyond which no more are listed.
const NOTE_LIMIT: usize = 100;

/// Reads all of a file that the summary needs.
pub(super) fn summarize(input: &Input, source: &mut Source, control: &Control) -> Result<Summary> {
    let timescales = source.tracks().iter().map(|track| track.timescale).collect();
    let mut counter = Counter::new(timescales);
    source.walk(None, &mut counter, control)?;
    let mut summary = match source {
        Source::Mp4(file) => mp4(file, &counter.tracks),
        Source::Packets(file) => packets(file, &counter.tracks),
    };
    summary.file = input.name().to_owned();
    summary.size = input.len();
    summary.error = source.take_error();
    let more = summary.notes.len().saturating_sub(NOTE_LIMIT);
    if more > 0 {
        summary.notes.truncate(NOTE_LIMIT);
        summary.notes.push(format!("{more} more notes"));
    }
    Ok(summary)
}

fn empty(container: &'static str) -> Summary {
    Summary {
        file: String::new(),
        container,
        form: None,
        size: 0,
        brands: None,
        tracks: Vec::new(),
        index: None,
        key_systems: Vec::new(),
        notes: Vec::new(),
        error: None,
    }
}

fn packets(file: &mut Packets, totals: &[Totals]) -> Summary {
    let opened = &mut file.opened;
    let mut summary = empty(opened.container.keyword());
    summary.notes = std::mem::take(&mut opened.notes);
    let many = opened.tracks.len() > 1;
    for (track, totals) in opened.tracks.iter_mut().zip(totals) {
        let mut out =
            TrackSummary { id: track.id, language: track.language.clone(), ..TrackSummary::default() };
        let mut notes = track.take_notes();
        match &track.kind {
            TrackKind::Av1 => {
                let config = track.config.first().cloned().unwrap_or_default();
                out.kind = "video".to_owned();
                out.timescale = track.timescale;
                count(&mut out, totals);
                let mut video = Video::default();
                let (width, height) = config.size.unwrap_or(totals.av1.frame_size);
                (video.width, video.height) = (width, height);
                av1_video(&mut out, &mut video, &config.colour, totals);
                let rate =
                    track.default_duration.and_then(|(seconds, frames)| rational(frames, seconds, true));
                video.frame_rate = rate.or(frame_rate(totals, track.timescale)).or(video.frame_rate);
                out.video = Some(video);
                av1_notes(totals, &mut notes);
            }
            TrackKind::Coded(codec) => {
                out.kind = codec.media().name().to_owned();
                out.codec = Some(codec.format().to_owned());
            }
            TrackKind::Other { media, codec } => {
                out.kind.clone_from(media);
                out.codec = Some(codec.clone());
            }
        }
        summary.notes.extend(notes.into_iter().map(|note| of_track(track.id, many, note)));
        summary.tracks.push(out);
    }
    summary
}

fn of_track(id: u32, many: bool, note: String) -> String {
    if many { format!("track {id}: {note}") } else { note }
}

fn mp4(file: &mut Mp4, totals: &[Totals]) -> Summary {
    let mut summary = empty("mp4");
    let has_samples = totals.iter().any(|totals| totals.samples > 0);
    summary.form = Some(match () {
        () if !file.has_moov && file.moofs > 0 => Form::MediaSegment,
        () if file.has_moov && file.moofs > 0 => Form::Fragmented,
        () if file.has_moov && !has_samples && file.has_mvex => Form::InitSegment,
        () if file.has_moov => Form::Progressive,
        () => Form::Other,
    });
    summary.brands = file.brands.as_ref().map(|brands| BrandSummary {
        major: brands.major.to_string(),
        compatible: brands.compatible.iter().map(ToString::to_string).collect(),
    });
    summary.notes.append(&mut file.notes);
    let many = file.tracks.len() > 1;
    for (track, totals) in file.tracks.iter().zip(totals) {
        let mut notes = track.notes.clone();
        summary.tracks.push(mp4_track(track, totals, &mut notes));
        summary.notes.extend(notes.into_iter().map(|note| of_track(track.id, many, note)));
    }
    file_notes(file, &mut summary);
    for pssh in &file.pssh {
        summary.key_systems.push(KeySystem {
            system_id: names::Uuid(pssh.system_id).to_string(),
            name: names::system(pssh.system_id),
            kids: pssh.kids.iter().map(|kid| KeyId(*kid)).collect(),
            place: if pssh.in_moov { "moov" } else { "moof" },
        });
    }
    let indexes = &file.indexes.list;
    if !indexes.is_empty() {
        let problems = file.indexes.problems();
        summary.index = Some(IndexSummary {
            boxes: indexes.len(),
            references: indexes.iter().map(|index| index.references).sum(),
            media_references: indexes.iter().map(|index| index.media_references).sum(),
            fits: problems.is_empty(),
        });
        summary.notes.extend(problems);
    }
    summary
}

fn file_notes(file: &Mp4, summary: &mut Summary) {
    let has_av1 = file.tracks.iter().any(Track::is_av1);
    let is_segment = !file.has_moov && file.moofs > 0;
    if let Some(brands) = &file.brands
        && has_av1
        && !brands.segment
        && !brands.lists(b"av01")
        // AVIF has rules of its own.
        && !brands.lists(b"avis")
    {
        summary.notes.push("the brands lack av01 (rule AV1-01)".to_owned());
    }
    if file.brands.is_none() && file.has_moov {
        summary.notes.push("there is no ftyp box (rule ISO-03)".to_owned());
    }
    if is_segment && !file.has_foreign_moov {
        let how = "give the init segment before it, or with --init";
        summary.notes.push(format!("the movie box is elsewhere: {how}, to see what the tracks are"));
    }
    if !file.has_moov && file.moofs == 0 {
        let what =
            if file.has_meta { "a still picture or other items in `meta`" } else { "no moov and no moof" };
        summary.notes.push(format!("there are no tracks: {what}; --boxes shows what there is"));
    }
    if file.has_moov && file.moofs > 0 && !file.has_mvex {
        summary.notes.push("there are fragments, but the movie box announces none (`mvex`)".to_owned());
    }
}

fn mp4_track(track: &Track, totals: &Totals, notes: &mut Vec<String>) -> TrackSummary {
    let mut out = TrackSummary {
        id: track.id,
        kind: track.media.clone().unwrap_or_else(|| "unknown".to_owned()),
        codec: track.entries.first().map(|entry| entry.codec.clone()),
        language: track.language.clone(),
        timescale: track.timescale,
        edits: track.edits.len(),
        ..TrackSummary::default()
    };
    count(&mut out, totals);
    out.fragments = totals.fragment_durations.range().map(|(shortest, longest)| Fragments {
        count: totals.fragments,
        starting_with_sync: totals.fragments_with_sync,
        shortest,
        longest,
        typical: totals.fragment_durations.typical().unwrap_or(longest),
    });
    out.groups = groups(totals);
    let entry = track.entries.first();
    if let Some((channels, sample_rate)) = entry.and_then(|entry| entry.audio) {
        out.audio = Some(Audio { channels, sample_rate });
    }
    if let Some(entry) = entry
        && let Some((width, height)) = entry.size
    {
        let mut video = Video {
            width,
            height,
            presentation_size: track.presentation_size,
            turned: track.orientation.map(|orientation| orientation.degrees).filter(|degrees| *degrees != 0),
            mirrored: track.orientation.is_some_and(|orientation| orientation.mirrored),
            bit_depth: entry.bit_depth,
            chroma: entry.chroma.map(str::to_owned),
            frame_rate: frame_rate(totals, track.timescale),
            ..Video::default()
        };
        if entry.format == b"av01" {
            let sequence = entry.av1.as_ref().and_then(|av1| av1.sequence().ok().flatten());
            if let Some(sequence) = &sequence
                && totals.av1.sequence.is_none()
            {
                stream(&mut out, &mut video, sequence, &entry.colour);
            }
            av1_video(&mut out, &mut video, &entry.colour, totals);
            av1_box_notes(track, totals, notes);
            av1_notes(totals, notes);
        } else {
            video.presentation_size = video.presentation_size.filter(|size| *size != (width, height));
            colour(&mut video, &entry.colour, None);
        }
        out.video = Some(video);
    }
    if let Some(first) = totals.first_missing {
        let samples = names::plural(totals.missing, "sample is", "samples are");
        notes.push(format!("{samples} not in the file as a whole, first sample {first} (rule ISO-10)"));
    }
    if track.entries.len() > 1 {
        let kinds: Vec<String> = track.entries.iter().take(4).map(|entry| entry.kind.to_string()).collect();
        let more = if track.entries.len() > kinds.len() { " …" } else { "" };
        notes.push(format!(
            "{} sample entries ({}{more}); what is said is of the first",
            track.entries.len(),
            kinds.join(", ")
        ));
    }
    if track.entries.iter().any(|entry| entry.is_protected) || totals.encryption.protected_samples > 0 {
        out.encryption = Some(encryption(track, &totals.encryption));
        encryption_notes(track, totals, notes);
    }
    out
}

/// What is counted for tracks of every kind.
fn count(out: &mut TrackSummary, totals: &Totals) {
    out.samples = totals.samples;
    out.size = totals.bytes;
    out.start = totals.start;
    // A single picture of IVF has a time and no duration.
    let span = totals.start.zip(totals.end).filter(|_| totals.durations.range().is_some());
    out.duration = span.map(|(start, end)| end.saturating_sub(start).unsigned_abs());
    if let (Some(duration @ 1..), Some(timescale)) = (out.duration, out.timescale) {
        let bits = u128::from(totals.bytes) * 8 * u128::from(timescale);
        let average = u64::try_from(bits / u128::from(duration)).unwrap_or(u64::MAX);
        out.bit_rate = Some(BitRate { average, peak: totals.peak.bits() });
    }
    out.random_access = totals.marked_sync.filter(|_| totals.samples > 0).map(|sync| RandomAccess {
        sync,
        marked_sync: Some(sync),
        ..RandomAccess::default()
    });
}

fn groups(totals: &Totals) -> Vec<GroupSummary> {
    let group =
        |((kind, parameter), group): (&(crate::isobmff::FourCC, Option<u32>), &super::totals::Group)| {
            GroupSummary {
                kind: kind.to_string(),
                parameter: *parameter,
                samples: group.samples,
                distances: group.distances,
            }
        };
    totals.groups.iter().map(group).collect()
}

fn rational(numerator: u64, denominator: u64, is_constant: bool) -> Option<FrameRateSummary> {
    let rate = Rational::new(numerator, denominator).filter(|rate| !rate.is_zero())?;
    Some(FrameRateSummary {
        numerator: rate.numerator(),
        denominator: rate.denominator(),
        is_constant,
        from_sequence_header: false,
    })
}

fn frame_rate(totals: &Totals, timescale: Option<u32>) -> Option<FrameRateSummary> {
    let timescale = u64::from(timescale?);
    // One picture has no rate.
    if totals.samples < 2 {
        return None;
    }
    if totals.is_constant() {
        return rational(timescale, totals.durations.typical()?, true);
    }
    let duration = u64::try_from(totals.end?.checked_sub(totals.start?)?).ok()?;
    let common = gcd(totals.samples, duration).max(1);
    rational((totals.samples / common).checked_mul(timescale)?, duration / common, false)
}

/// What the stream of an AV1 track says.
fn av1_video(out: &mut TrackSummary, video: &mut Video, container: &Colour, totals: &Totals) {
    let av1 = &totals.av1;
    if let Some(sequence) = &av1.sequence {
        stream(out, video, sequence, container);
        video.film_grain_frames = sequence.film_grain_params_present.then_some(av1.grain_frames);
        layers(out, sequence, totals);
    }
    if av1.frame_size != (0, 0) {
        let allowed = (video.width, video.height);
        (video.width, video.height) = av1.frame_size;
        video.allowed_size = Some(allowed).filter(|allowed| *allowed != av1.frame_size);
    }
    let shown = video.presentation_size.or(Some(av1.render_size).filter(|size| *size != (0, 0)));
    video.presentation_size = shown.filter(|size| *size != (video.width, video.height));
    video.tiles = Some(av1.tiles).filter(|tiles| *tiles != (0, 0));
    video.mastering_display = video.mastering_display.or(av1.mastering.as_ref().and_then(mastering));
    if let Some(Metadata::HdrCll { max_cll, max_fall }) = av1.light {
        video.content_light.get_or_insert(ContentLightSummary { max_cll, max_fall });
    }
    video.dynamic_metadata = av1
        .t35
        .iter()
        .map(|(prefix, samples)| DynamicMetadata {
            prefix: names::Hex(prefix).to_string(),
            name: names::t35(*prefix),
            samples: *samples,
        })
        .collect();
    if av1.units > av1.opaque {
        video.frames = Some(av1.frames);
        out.random_access = Some(RandomAccess {
            sync: av1.sync,
            delayed: Some(Delayed {
                count: av1.delayed,
                shortest_distance: av1.delayed_distance.map(|(least, _)| least),
                longest_distance: av1.delayed_distance.map(|(_, most)| most),
            }),
            switch_frames: Some(av1.switch),
            intra_only: Some(av1.intra_only),
            marked_sync: totals.marked_sync,
        });
    }
}

/// What a sequence header says.
fn stream(out: &mut TrackSummary, video: &mut Video, sequence: &SequenceHeader, container: &Colour) {
    let nclx = container
        .nclx
        .map(|c| (c.colour_primaries, c.transfer_characteristics, c.matrix_coefficients, c.full_range));
    out.codec = Some(codec_string(sequence, nclx));
    let point = &sequence.operating_points[0];
    video.profile = ["Main", "High", "Professional"].get(usize::from(sequence.seq_profile)).copied();
    video.level = Some(names::level(point.seq_level_idx));
    video.tier = Some(if point.seq_tier == 0 { "main" } else { "high" });
    (video.width, video.height) =
        (sequence.max_frame_width_minus_1 + 1, sequence.max_frame_height_minus_1 + 1);
    video.bit_depth = Some(sequence.color_config.bit_depth());
    video.chroma = Some(chroma(&sequence.color_config).to_owned());
    colour(video, container, Some(&sequence.color_config));
    if let Some((numerator, denominator)) =
        sequence.timing_info.as_ref().and_then(|timing| timing.frame_rate())
        && video.frame_rate.is_none()
    {
        let rate = rational(numerator, denominator, true);
        video.frame_rate = rate.map(|rate| FrameRateSummary { from_sequence_header: true, ..rate });
    }
}

fn chroma(color: &ColorConfig) -> &'static str {
    match (color.mono_chrome, color.subsampling_x, color.subsampling_y) {
        (true, ..) => "4:0:0",
        (_, true, true) => "4:2:0",
        (_, true, false) => "4:2:2",
        _ => "4:4:4",
    }
}

fn colour(video: &mut Video, container: &Colour, sequence: Option<&ColorConfig>) {
    video.pixel_aspect = container.pixel_aspect.filter(|(h, v)| h != v);
    let of_container = container.nclx.map(|nclx| ColourSummary {
        primaries: nclx.colour_primaries,
        transfer: nclx.transfer_characteristics,
        matrix: nclx.matrix_coefficients,
        full_range: nclx.full_range,
    });
    let of_stream = sequence.map(|color| ColourSummary {
        primaries: color.color_primaries.into(),
        transfer: color.transfer_characteristics.into(),
        matrix: color.matrix_coefficients.into(),
        full_range: color.color_range,
    });
    video.colour = of_container.or(of_stream);
    video.mastering_display = container.mastering.map(|display| MasteringDisplay {
        red: display.display_primaries[2],
        green: display.display_primaries[0],
        blue: display.display_primaries[1],
        white: display.white_point,
        max_luminance: display.max_luminance,
        min_luminance: display.min_luminance,
    });
    video.content_light = container.light.map(|light| ContentLightSummary {
        max_cll: light.max_content_light_level,
        max_fall: light.max_pic_average_light_level,
    });
}

/// A metadata OBU in the units of the box.
fn mastering(metadata: &Metadata) -> Option<MasteringDisplay> {
    let Metadata::HdrMdcv { primaries, white, max, min } = metadata else { return None };
    let scaled = |value: u64, from: u64, to: u64| (value * to + from / 2) / from;
    let point = |(x, y): (u16, u16)| {
        let part = |v: u16| u16::try_from(scaled(v.into(), 1 << 16, 50_000)).unwrap_or(u16::MAX);
        (part(x), part(y))
    };
    let luminance =
        |value: u32, bits: u32| u32::try_from(scaled(value.into(), 1 << bits, 10_000)).unwrap_or(u32::MAX);
    let [red, green, blue] = primaries.map(point);
    Some(MasteringDisplay {
        red,
        green,
        blue,
        white: point(*white),
        max_luminance: luminance(*max, 8),
        min_luminance: luminance(*min, 14),
    })
}

fn layers(out: &mut TrackSummary, sequence: &SequenceHeader, totals: &Totals) {
    let av1 = &totals.av1;
    let (temporal, spatial) = (av1.temporal_layers.count_ones(), av1.spatial_layers.count_ones());
    if temporal <= 1 && spatial <= 1 && sequence.operating_points.len() <= 1 {
        return;
    }
    let points = sequence.operating_points.iter().map(|point| OperatingPointSummary {
        idc: point.operating_point_idc,
        level: names::level(point.seq_level_idx),
    });
    out.layers = Some(Layers {
        temporal: temporal.max(1),
        spatial: spatial.max(1),
        operating_points: points.collect(),
    });
}

fn encryption(track: &Track, totals: &EncryptionTotals) -> Encryption {
    let protection = track.entries.iter().find_map(|entry| entry.protection.as_ref());
    let tenc = protection.and_then(|protection| protection.tenc.as_ref());
    let pattern = tenc
        .map(|tenc| (tenc.default_crypt_byte_block, tenc.default_skip_byte_block))
        .filter(|pattern| *pattern != (0, 0));
    Encryption {
        scheme: protection.and_then(|p| p.scheme.as_ref()).map(|scheme| scheme.scheme_type.to_string()),
        pattern,
        default_kid: tenc.map(|tenc| KeyId(tenc.default_kid)),
        iv_size: tenc
            .map(|tenc| tenc.default_per_sample_iv_size)
            .or_else(|| totals.iv_sizes.last().and_then(|size| u8::try_from(*size).ok())),
        constant_iv: tenc
            .and_then(|tenc| tenc.default_constant_iv.as_ref())
            .map(|iv| names::Hex(iv).to_string()),
        first_iv: totals.first_iv.as_ref().map(|iv| names::Hex(iv).to_string()),
        keys: totals
            .kids
            .iter()
            .map(|(kid, samples)| KeyUse { kid: KeyId(*kid), samples: *samples })
            .collect(),
        seig_samples: totals.seig_samples,
        protected_samples: totals.protected_samples,
        clear_samples: totals.clear_samples,
        subsamples: totals.subsamples,
        protected_bytes: totals.protected_bytes,
        clear_bytes: totals.clear_bytes,
    }
}

fn encryption_notes(track: &Track, totals: &Totals, notes: &mut Vec<String>) {
    let encryption = &totals.encryption;
    if encryption.without_iv > 0 {
        notes.push(format!(
            "{} in a protected track without an IV (rule ENC-42)",
            names::plural(encryption.without_iv, "sample", "samples")
        ));
    }
    if let Some(first) = encryption.first_misfit {
        notes.push(format!(
            "the subsamples of {} are not as long as the sample, first of sample {first} (rule ENC-07)",
            names::plural(encryption.misfits, "sample", "samples")
        ));
    }
    if track.is_av1() && encryption.whole_samples > 0 {
        notes.push(format!(
            "{} encrypted as a whole: AV1 headers must stay clear, these could not be read (rule ENC-04)",
            names::plural(encryption.whole_samples, "AV1 sample is", "AV1 samples are")
        ));
    }
}

/// What the boxes of an AV1 track say against its samples.
fn av1_box_notes(track: &Track, totals: &Totals, notes: &mut Vec<String>) {
    let av1 = &totals.av1;
    let Some(entry) = track.entries.first() else { return };
    match &entry.av1 {
        Some(config) => {
            // Entries behind the first have sequence headers of their own.
            let sequence = av1.sequence.as_deref().filter(|_| track.entries.len() == 1);
            notes.extend(config.check(sequence).iter().take(4).map(|finding| format!("av1C: {finding}")));
        }
        None => {
            notes.push("the sample entry has no av1C, or one that can't be read (rule AV1-07)".to_owned())
        }
    }
    if let (Some(sequence), Some(size)) = (&av1.sequence, entry.size) {
        let coded = (sequence.max_frame_width_minus_1 + 1, sequence.max_frame_height_minus_1 + 1);
        if coded != size {
            notes.push(format!(
                "the sample entry says {}x{}, the sequence header {}x{} (rule AV1-03)",
                size.0, size.1, coded.0, coded.1
            ));
        }
    }
    if totals.composition_offsets {
        notes.push("samples have composition offsets, AV1 has none (rule AV1-26)".to_owned());
    }
    if let Some((first, is_hidden)) = av1.first_wrong_sync {
        let why = if is_hidden {
            "its key frame is hidden (rule AV1-30)"
        } else {
            "no shown key frame comes first (rule AV1-29)"
        };
        let samples = names::plural(av1.wrong_sync, "sample is", "samples are");
        notes.push(format!("{samples} wrongly marked as sync, first sample {first}: {why}"));
    }
    if let Some(first) = av1.first_unmarked_sync {
        let samples = names::plural(av1.unmarked_sync, "sample starts", "samples start");
        notes.push(format!(
            "{samples} with a shown key frame and not marked as sync, first sample {first} (rule AV1-29)"
        ));
    }
    if av1.without_sequence_header > 0 {
        let samples = names::plural(av1.without_sequence_header, "key frame has", "key frames have");
        notes.push(format!("{samples} no sequence header before in the same sample (rule AV1-29)"));
    }
    let signalled: u64 =
        totals.groups.iter().filter(|((kind, _), _)| kind == b"av1f").map(|(_, group)| group.samples).sum();
    // Of samples that were not read it is not known.
    if signalled != av1.delayed && av1.opaque == 0 {
        notes.push(format!(
            "{}, {signalled} of them in an av1f group (rule AV1-34)",
            names::plural(av1.delayed, "delayed random access point", "delayed random access points")
        ));
    }
}

fn av1_notes(totals: &Totals, notes: &mut Vec<String>) {
    let av1 = &totals.av1;
    if av1.sequence_changes > 0 {
        let changes = names::plural(av1.sequence_changes, "time", "times");
        notes.push(format!("the sequence header changes {changes}; what is said is of the first"));
    }
    if av1.showing_nothing > 0 && av1.units > av1.opaque {
        let units = names::plural(av1.showing_nothing, "temporal unit shows", "temporal units show");
        notes.push(format!("{units} no frame"));
    }
}
