//! The AV1 parser against real streams: the maps of another packager, the header trace of ffmpeg, broken files.
//!
//! The streams are not part of the crate: `SHOWPACK_CORPUS` names their folder, else `../shared/corpus` is tried.
//! Without it, or without ffmpeg, the tests say so and pass; `REQUIRE_TOOLS=1` makes them fail.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

#[path = "common/corpus.rs"]
mod corpus;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use showpack::av1::{self, FrameEvent, FrameHeader, Obu, ObuType, Parser};
use showpack::{Error, ErrorKind};

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// How the OBUs of a file are packed.
#[derive(Clone, Copy)]
enum Packing {
    Ivf,
    Section5,
    AnnexB,
}

fn packing(path: &Path, file: &[u8]) -> Packing {
    if file.starts_with(b"DKIF") {
        Packing::Ivf
    } else if name(path).contains("annexb") || name(path).contains("argon") {
        Packing::AnnexB
    } else {
        Packing::Section5
    }
}

/// The OBUs of a file in the low-overhead format, in pieces as they were packed. What is cut short is left out.
fn pieces(file: &[u8], packing: Packing) -> Vec<Vec<u8>> {
    match packing {
        Packing::Section5 => vec![file.to_vec()],
        Packing::Ivf => {
            let mut pieces = Vec::new();
            let mut rest = file.get(32..).unwrap_or_default();
            while let Some((header, body)) = rest.split_first_chunk::<12>() {
                let size = u32::from_le_bytes(header[..4].try_into().unwrap()) as usize;
                let size = size.min(body.len());
                pieces.push(body[..size].to_vec());
                rest = &body[size..];
            }
            pieces
        }
        Packing::AnnexB => {
            fn sized<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
                let (size, len) = av1::read_leb128(bytes).unwrap();
                bytes.split_off(..len).unwrap();
                bytes.split_off(..size as usize).unwrap()
            }
            let mut pieces = Vec::new();
            let mut file = file;
            while !file.is_empty() {
                let mut piece = Vec::new();
                let mut unit = sized(&mut file);
                while !unit.is_empty() {
                    let mut frame = sized(&mut unit);
                    while !frame.is_empty() {
                        let obu = sized(&mut frame);
                        let header = av1::ObuHeader::parse(obu).unwrap();
                        let payload = &obu[header.len()..];
                        header.write(payload.len() as u64, &mut piece);
                        piece.extend_from_slice(payload);
                    }
                }
                pieces.push(piece);
            }
            pieces
        }
    }
}

fn walk_file(path: &Path) -> Walk {
    let file = fs::read(path).unwrap();
    walk(&pieces(&file, packing(path, &file)))
}

/// One temporal unit without its delimiter: its size, and where its tiles are in it.
#[derive(Debug, Default)]
struct Unit {
    size: u64,
    tiles: Vec<Range<u64>>,
}

/// Everything the parser says of a stream.
#[derive(Default)]
struct Walk {
    units: Vec<Unit>,
    frames: Vec<(FrameEvent, Option<FrameHeader>)>,
    errors: Vec<Error>,
}

fn walk(pieces: &[Vec<u8>]) -> Walk {
    let mut walk = Walk::default();
    let mut parser = Parser::new();
    let mut tiles = Vec::new();
    for obu in pieces.iter().flat_map(|piece| av1::obus(piece)) {
        let obu = match obu {
            Ok(obu) => obu,
            Err(error) => {
                walk.errors.push(error);
                continue;
            }
        };
        let mut payload = obu.payload;
        tiles.clear();
        let result = parser.obu(&obu.header, &mut payload, &mut tiles);
        if obu.header.kind == ObuType::TemporalDelimiter {
            walk.units.push(Unit::default());
        } else if let Some(unit) = walk.units.last_mut() {
            let start = unit.size + obu.header.len() as u64;
            unit.tiles.extend(tiles.iter().map(|tile| start + tile.start..start + tile.end));
            unit.size = start + obu.payload.len() as u64;
        }
        match result {
            Ok(Obu::Frame(event) | Obu::FrameHeader(event)) => {
                let header = parser.frame().filter(|_| !event.show_existing_frame).copied();
                walk.frames.push((event, header));
            }
            Ok(_) => {}
            Err(error) => walk.errors.push(error),
        }
    }
    assert!(parser.unfinished().is_none() || !walk.errors.is_empty());
    walk
}

#[test]
fn every_stream_is_read_to_its_end() {
    let Some(media) = corpus::media() else { return };
    for path in ["av1-raw", "av1-made"].iter().flat_map(|folder| corpus::files(&media.join(folder))) {
        let walk = walk_file(&path);
        assert!(walk.errors.is_empty(), "{}: {:?}", name(&path), walk.errors);
        assert!(!walk.frames.is_empty(), "{}", name(&path));
        for (event, _) in &walk.frames {
            event.check_references().unwrap();
        }
        let marked = walk.frames.iter().all(|(event, _)| event.large_scale_tile_marks);
        assert_eq!(marked, name(&path) == "largescale.ivf", "{}", name(&path));
        println!("{}: {} units, {} frame headers", name(&path), walk.units.len(), walk.frames.len());
    }
}

#[test]
fn tiles_are_what_another_packager_protects() {
    let Some(media) = corpus::media() else { return };
    let mut compared = 0;
    for path in corpus::files(&media.join("av1-maps")) {
        let map: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let source = map["source"].as_str().unwrap();
        let Some(stream) = ["av1-raw", "av1-made"]
            .iter()
            .map(|folder| media.join(folder).join(source))
            .find(|path| path.exists())
        else {
            continue;
        };
        if map["cbcs"]["inconsistent"].as_bool() == Some(true) {
            println!("{source}: its map is wrong");
            continue;
        }
        let samples = map["cbcs"]["samples"].as_array().unwrap();
        let units = walk_file(&stream).units;
        assert_eq!(units.len(), samples.len(), "{source}");
        for (i, (unit, sample)) in units.iter().zip(samples).enumerate() {
            let mut theirs = Vec::new();
            let mut at = 0;
            for entry in sample["subsamples"].as_array().unwrap() {
                let (clear, protected) = (entry[0].as_u64().unwrap(), entry[1].as_u64().unwrap());
                if protected > 0 {
                    theirs.push(at + clear..at + clear + protected);
                }
                at += clear + protected;
            }
            let sizes =
                |tiles: &[Range<u64>]| -> Vec<u64> { tiles.iter().map(|t| t.end - t.start).collect() };
            assert_eq!(sizes(&unit.tiles), sizes(&theirs), "{source}, sample {i}");
            if unit.size == sample["size"].as_u64().unwrap() {
                assert_eq!(unit.tiles, theirs, "{source}, sample {i}");
            } else {
                println!("{source}, sample {i}: {} bytes, the map has {}", unit.size, sample["size"]);
            }
        }
        compared += 1;
    }
    println!("{compared} maps compared");
    assert!(compared > 30);
}

/// What ffmpeg reads of a frame header: the value of each field that is coded, and the bits up to the end.
#[derive(Debug, Default)]
struct Trace {
    fields: HashMap<String, i64>,
    bits: u32,
}

/// Runs ffmpeg's `trace_headers` over OBUs in the low-overhead format.
fn trace(obus: &[u8]) -> Vec<Trace> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(obus).unwrap();
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostats", "-f", "obu", "-i"])
        .arg(file.path())
        .args(["-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let mut traces: Vec<Trace> = Vec::new();
    let (mut in_header, mut start) = (false, None);
    for line in text.lines() {
        let line = line
            .strip_prefix("[trace_headers @ ")
            .and_then(|rest| rest.split_once("] "))
            .map_or(line, |(_, rest)| rest);
        let words: Vec<_> = line.split_whitespace().collect();
        if line == "Frame Header" {
            traces.push(Trace::default());
            (in_header, start) = (true, None);
        } else if let [position, field, bits, "=", value] | [position, field, bits @ "=", value] = words[..] {
            // Some fields are listed without bits.
            let bits = bits.trim_matches('=');
            let fill = matches!(field, "zero_bit" | "trailing_one_bit" | "trailing_zero_bit");
            if !in_header || fill {
                continue;
            }
            let position: u32 = position.parse().unwrap();
            let trace = traces.last_mut().unwrap();
            // A number of several parts is listed once more as a whole, at its start.
            trace.bits = trace.bits.max(position + bits.len() as u32 - *start.get_or_insert(position));
            trace.fields.insert(field.to_owned(), value.parse().unwrap());
        } else {
            in_header = false;
        }
    }
    traces
}

#[test]
fn headers_are_what_ffmpeg_reads() {
    let Some(media) = corpus::media() else { return };
    if Command::new("ffmpeg").arg("-version").output().is_err() {
        return corpus::skip("ffmpeg");
    }
    let mut compared = 0;
    for path in ["av1-raw", "av1-made"].iter().flat_map(|folder| corpus::files(&media.join(folder))) {
        let file = fs::read(&path).unwrap();
        let pieces = pieces(&file, packing(&path, &file));
        let theirs = trace(&pieces.concat());
        let ours = walk(&pieces).frames;
        println!("{}: {} headers, {} traced", name(&path), ours.len(), theirs.len());
        if theirs.is_empty() {
            continue;
        }
        compared += 1;
        assert_eq!(ours.len(), theirs.len(), "{}", name(&path));
        for (i, ((event, header), trace)) in ours.iter().zip(&theirs).enumerate() {
            let place = format!("{}, header {i}: {event:?}", name(&path));
            assert_eq!(event.header_bits, trace.bits, "{place} {trace:?}");
            let check = |field: &str, ours: i64| {
                if let Some(&theirs) = trace.fields.get(field) {
                    assert_eq!(ours, theirs, "{field} of {place}");
                }
            };
            check("show_existing_frame", event.show_existing_frame.into());
            let Some(header) = header else { continue };
            check("frame_type", header.frame_type as i64);
            check("show_frame", header.show_frame.into());
            check("showable_frame", header.showable_frame.into());
            check("error_resilient_mode", header.error_resilient_mode.into());
            check("order_hint", header.order_hint.into());
            check("primary_ref_frame", header.primary_ref_frame.into());
            check("refresh_frame_flags", header.refresh_frame_flags.into());
            check("current_frame_id", header.current_frame_id.into());
            check("frame_width_minus_1", i64::from(header.upscaled_width) - 1);
            check("frame_height_minus_1", i64::from(header.frame_height) - 1);
            check("render_width_minus_1", i64::from(header.render_width) - 1);
            check("render_height_minus_1", i64::from(header.render_height) - 1);
            check("coded_denom", i64::from(header.superres_denom) - 9);
            for (j, slot) in header.ref_frame_idx.iter().enumerate() {
                check(&format!("ref_frame_idx[{j}]"), (*slot).into());
            }
            check("context_update_tile_id", header.tile_info.context_update_tile_id.into());
            check("base_q_idx", header.quantization_params.base_q_idx.into());
            check("segmentation_enabled", header.segmentation_params.segmentation_enabled.into());
            check("delta_q_present", header.quantization_params.delta_q_present.into());
            check("loop_filter_level[0]", header.loop_filter_params.loop_filter_level[0].into());
            check("cdef_bits", header.cdef_params.cdef_bits.into());
            check("reference_select", header.reference_select.into());
            check("skip_mode_present", header.skip_mode_present.into());
            check("allow_warped_motion", header.allow_warped_motion.into());
            check("reduced_tx_set", header.reduced_tx_set.into());
            check("apply_grain", header.film_grain_params.apply_grain.into());
            check("grain_seed", header.film_grain_params.grain_seed.into());
        }
    }
    assert!(compared > 40);
}

#[test]
fn broken_files_end_in_errors_at_worst() {
    let Some(media) = corpus::media() else { return };
    for path in corpus::files(&media.join("corrupt/av1-fuzz")) {
        // Some have lost their signature, but all are IVF.
        let walk = walk(&pieces(&fs::read(&path).unwrap(), Packing::Ivf));
        let last = walk.errors.last().map_or("no error".into(), Error::to_string);
        println!(
            "{}: {} frame headers, {} errors, {last}",
            name(&path),
            walk.frames.len(),
            walk.errors.len()
        );
        assert!(walk.errors.iter().all(|e| matches!(e.kind(), ErrorKind::Format | ErrorKind::Unsupported)));
    }
}
