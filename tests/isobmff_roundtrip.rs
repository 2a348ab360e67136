//! What the writer writes, the reader reads; sizes told beforehand are those written.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use showpack::Input;
use showpack::isobmff::boxes::*;
use showpack::isobmff::{DumpOptions, FourCC, ParseBox, REGISTRY, Reader, Table, WriteBox, Writer, dump};

fn reread<T>(value: &T) -> Result<usize, TestCaseError>
where
    T: for<'a> ParseBox<'a> + WriteBox + PartialEq + std::fmt::Debug,
{
    let bytes = Writer::single(value);
    let mut r = Reader::new(&bytes[8..], 8);
    prop_assert_eq!(&T::parse(&mut r).unwrap(), value);
    prop_assert!(r.is_empty());
    Ok(bytes.len())
}

fn text() -> impl Strategy<Value = String> {
    "[a-z:/ é]{0,12}"
}

prop_compose! {
    fn trun_sample()(duration in any::<u32>(), size in any::<u32>(), flags in any::<u32>(), offset in any::<i32>())
        -> TrunSample
    {
        TrunSample {
            duration: Some(duration),
            size: Some(size),
            flags: Some(SampleFlags(flags)),
            composition_time_offset: Some(offset.into()),
        }
    }
}

prop_compose! {
    fn reference()(
        reference_type in any::<bool>(), referenced_size in 0..1u32 << 31, subsegment_duration in any::<u32>(),
        starts_with_sap in any::<bool>(), sap_type in 0..8u8, sap_delta_time in 0..1u32 << 28,
    ) -> SidxReference {
        SidxReference {
            reference_type, referenced_size, subsegment_duration, starts_with_sap, sap_type, sap_delta_time,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn headers(times in any::<[u64; 3]>(), numbers in any::<[u32; 3]>(), shift in 0..64u32, letters in "[a-z]{3}") {
        let [creation_time, modification_time, duration] = times.map(|t| t >> shift);
        let mvhd = Mvhd { creation_time, modification_time, ..Mvhd::new(numbers[0], duration, numbers[1]) };
        reread(&mvhd)?;
        reread(&Tkhd { creation_time, modification_time, width: numbers[2], ..Tkhd::new(numbers[0], duration) })?;
        let language = letters.parse().unwrap();
        reread(&Mdhd { creation_time, modification_time, timescale: numbers[0], duration, language })?;
        reread(&Mehd { fragment_duration: duration })?;
        let tfdt = Tfdt { base_media_decode_time: duration };
        prop_assert_eq!(reread(&tfdt)? as u64, tfdt.size());
        reread(&Prft { flags: 24, reference_track_id: 1, ntp_timestamp: times[0], media_time: duration })?;
    }

    #[test]
    fn edits(edits in vec((any::<u64>(), any::<i64>(), any::<i16>(), any::<i16>()), 0..5), shift in 0..64u32) {
        let entries = edits.into_iter().map(|(duration, time, rate, fraction)| Edit {
            segment_duration: duration >> shift,
            media_time: time >> shift,
            media_rate_integer: rate,
            media_rate_fraction: fraction,
        });
        reread(&Elst { flags: 0, entries: entries.collect() })?;
    }

    #[test]
    fn runs(
        samples in vec(trun_sample(), 0..50), version in 0..2u8, data_offset in option::of(any::<i32>()),
        first in option::of(any::<u32>()), has in any::<[bool; 4]>(),
    ) {
        let header = TrunHeader {
            version,
            data_offset,
            first_sample_flags: first.map(SampleFlags),
            has_duration: has[0],
            has_size: has[1],
            has_flags: has[2],
            has_composition_time_offset: has[3],
        };
        let mut w = Writer::new();
        header.write_box(&mut w, samples.iter().copied());
        prop_assert_eq!(w.len() as u64, header.size(samples.len() as u32));
        let bytes = w.into_bytes();
        let trun = Trun::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        prop_assert_eq!(trun.header, header);
        prop_assert_eq!(trun.samples().count(), samples.len());
        for (index, (read, sample)) in trun.samples().zip(&samples).enumerate() {
            prop_assert_eq!(read.duration, sample.duration.filter(|_| has[0]));
            prop_assert_eq!(read.size, sample.size.filter(|_| has[1]));
            let flags = sample.flags.filter(|_| has[2]);
            prop_assert_eq!(read.flags, if index == 0 { header.first_sample_flags.or(flags) } else { flags });
            let offset = sample.composition_time_offset.map(|o| if version == 0 { i64::from(o as u32) } else { o });
            prop_assert_eq!(read.composition_time_offset, offset.filter(|_| has[3]));
        }
        prop_assert_eq!(Writer::single(&trun), bytes);
    }

    #[test]
    fn sample_encryption(
        samples in vec(vec((any::<u16>(), any::<u32>()), 0..42), 0..20), iv_size in 0..3usize, with in any::<bool>(),
    ) {
        let iv_size = [0, 8, 16][iv_size];
        let iv = vec![7u8; iv_size];
        let subsamples: Vec<Vec<SubsampleEntry>> = samples.iter().map(|sample| {
            let entry = |&(clear, protected): &(u16, u32)| SubsampleEntry {
                bytes_of_clear_data: clear,
                bytes_of_protected_data: protected,
            };
            sample.iter().map(entry).collect()
        }).collect();
        let mut w = Writer::new();
        Senc::write_box(&mut w, with, subsamples.iter().map(|s| (&iv[..], s.iter().copied())));
        let bytes = w.into_bytes();
        let total = subsamples.iter().map(|s| s.len() as u64).sum();
        let size = Senc::size_of(samples.len() as u32, iv_size as u8, with.then_some(total));
        prop_assert_eq!(bytes.len() as u64, size);
        let senc = Senc::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        let mut entries = senc.entries(iv_size as u8);
        if with || iv_size > 0 {
            for expected in &subsamples {
                let at = entries.position();
                let entry = entries.next().unwrap().unwrap();
                let expected: &[_] = if with { expected } else { &[] };
                prop_assert_eq!(entry.initialization_vector, &iv[..]);
                prop_assert_eq!(entry.subsamples.iter().collect::<Vec<_>>(), expected);
                let size = Senc::entry_size(iv_size as u8, with.then_some(expected.len()));
                prop_assert_eq!(entries.position() - at, size);
            }
        }
        prop_assert!(entries.next().is_none());
    }

    #[test]
    fn auxiliary(sizes in vec(any::<u8>(), 0..40), equal in any::<bool>(), offsets in vec(any::<u64>(), 0..4)) {
        let sizes: Vec<u8> = sizes.iter().map(|s| if equal { 16 } else { *s }).collect();
        let saiz = Saiz::from_sizes(sizes.iter().copied());
        let bytes = Writer::single(&saiz);
        prop_assert_eq!(bytes.len() as u64, saiz.size());
        let read = Saiz::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        prop_assert_eq!((0..read.sample_count).map_while(|i| read.get(i)).collect::<Vec<_>>(), sizes);
        let saio = Saio { aux_info_type: None, offset: offsets };
        prop_assert_eq!(reread(&saio)? as u64, saio.size());
    }

    #[test]
    fn groups(
        distances in vec(any::<i16>(), 0..5), indices in vec(0..3u32, 0..40), raw in vec(vec(any::<u8>(), 0..6), 0..4),
        default in option::of(any::<u32>()), parameter in option::of(any::<u32>()),
    ) {
        let roll = distances.iter().map(|d| GroupEntry::Roll { roll_distance: *d }).collect();
        let raw = raw.into_iter().map(GroupEntry::Raw).collect();
        for (kind, entries) in [(b"roll", roll), (b"xyzw", raw)] {
            let grouping_type = FourCC(*kind);
            let sgpd = Sgpd { grouping_type, default_group_description_index: default, entries };
            prop_assert_eq!(reread(&sgpd)? as u64, sgpd.size());
        }
        let sbgp = Sbgp::from_indices(b"roll", parameter, indices.iter().copied());
        let bytes = Writer::single(&sbgp);
        let size = Sbgp::size_of(parameter.is_some(), sbgp.entries.len() as u32);
        prop_assert_eq!(bytes.len() as u64, size);
        let read = Sbgp::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        let unfold = |e: SbgpEntry| std::iter::repeat_n(e.group_description_index, e.sample_count as usize);
        prop_assert_eq!(read.entries.iter().flat_map(unfold).collect::<Vec<_>>(), indices);
        prop_assert_eq!(read, sbgp);
    }

    #[test]
    fn indexes(references in vec(reference(), 0..20), numbers in any::<[u64; 2]>(), shift in 0..64u32) {
        let sidx = Sidx {
            reference_id: 1,
            timescale: 2,
            earliest_presentation_time: numbers[0] >> shift,
            first_offset: numbers[1] >> shift,
            references: Table::from_entries(references),
        };
        let bytes = Writer::single(&sidx);
        prop_assert_eq!(bytes.len() as u64, sidx.size());
        prop_assert_eq!(Sidx::parse(&mut Reader::new(&bytes[8..], 8)).unwrap(), sidx);
    }

    #[test]
    fn texts(a in text(), b in text(), data in vec(any::<u8>(), 0..20), time in any::<u64>(), id in any::<u32>()) {
        for time in [EventTime::PresentationTime(time), EventTime::PresentationTimeDelta(time as u32)] {
            reread(&Emsg {
                scheme_id_uri: a.clone(),
                value: b.clone(),
                timescale: id,
                time,
                event_duration: id,
                id,
                message_data: data.clone(),
            })?;
        }
        reread(&Hdlr::new(b"vide", a.clone()))?;
        reread(&Elng { extended_language: a.clone() })?;
        reread(&Kind { scheme_uri: a.clone(), value: b.clone() })?;
        reread(&Mime { content_type: a.clone() })?;
        let location = Some(b.clone());
        let entry = DataEntry { kind: FourCC(*b"urn "), flags: 0, name: Some(a.clone()), location };
        reread(&Dref { entries: vec![entry, DataEntry::self_contained()] })?;
        reread(&Stsd::new(vec![SampleEntry::Stpp(StppSampleEntry {
            data_reference_index: 1,
            namespace: a.clone(),
            schema_location: b.clone(),
            auxiliary_mime_types: String::new(),
            children: vec![],
        })]))?;
        reread(&Schm { scheme_type: FourCC(*b"cbcs"), scheme_version: id, scheme_uri: Some(a) })?;
    }

    #[test]
    fn protection(
        kids in option::of(vec(any::<[u8; 16]>(), 0..4)), data in vec(any::<u8>(), 0..30), iv in vec(any::<u8>(), 8..17),
        pattern in any::<(u8, u8)>(),
    ) {
        reread(&Pssh { system_id: [3; 16], kids, data })?;
        let tenc = Tenc {
            default_crypt_byte_block: pattern.0 & 15,
            default_skip_byte_block: pattern.1 & 15,
            default_is_protected: 1,
            default_per_sample_iv_size: 0,
            default_kid: [9; 16],
            default_constant_iv: Some(iv),
        };
        reread(&tenc)?;
        reread(&Tenc { default_per_sample_iv_size: 8, default_constant_iv: None, ..tenc })?;
    }

    #[test]
    fn codecs(bytes in vec(any::<u8>(), 0..40), bits in any::<[u8; 6]>(), rate in any::<u32>()) {
        reread(&Esds {
            es_id: 1,
            object_type_indication: bits[0],
            stream_type: bits[1] & 63,
            buffer_size_db: rate >> 8,
            max_bitrate: rate,
            avg_bitrate: rate,
            decoder_specific_info: bytes.clone(),
        })?;
        let dac3 = Dac3 {
            fscod: bits[0] & 3,
            bsid: bits[1] & 31,
            bsmod: bits[2] & 7,
            acmod: bits[3] & 7,
            lfeon: bits[4] & 1 == 1,
            bit_rate_code: bits[5] & 31,
        };
        reread(&dac3)?;
        reread(&Av1C { av1_config: bytes.clone() })?;
        let mapping = (bits[0] != 0).then(|| ChannelMapping {
            stream_count: bits[1],
            coupled_count: bits[2],
            channel_mapping: bytes.clone(),
        });
        reread(&DOps {
            output_channel_count: bytes.len() as u8,
            pre_skip: rate as u16,
            input_sample_rate: rate,
            output_gain: -1,
            channel_mapping_family: bits[0],
            mapping,
        })?;
    }

    /// Any bytes in any known box: described or refused, in memory that its bytes bound.
    #[test]
    fn noise(payload in vec(prop_oneof![3 => 0..3u8, 1 => any::<u8>()], 0..80)) {
        let mut w = Writer::new();
        for row in REGISTRY {
            w.boxed(b"moov", |w| w.boxed(row.kind, |w| w.bytes(&payload)));
        }
        for entry in [b"av01", b"mp4a", b"stpp", b"wvtt", b"mett"] {
            w.full(b"stsd", 0, 0, |w| {
                w.u32(1);
                w.boxed(entry, |w| w.bytes(&payload));
            });
        }
        let nodes = dump(&Input::from_bytes("noise", w.into_bytes()), &DumpOptions::default()).unwrap();
        prop_assert_eq!(nodes.len(), REGISTRY.len() + 5);
        let text: usize = nodes.iter().map(|node| node.to_string().len()).sum();
        prop_assert!(text < 200_000);
    }
}
