//! Keys and IVs: what is read, what is refused, and that no key ever shows.

use std::io::Write;

use showpack::cenc::{Iv, IvAllocator, IvSequence, Key, KeyId, KeyRing, Scheme};
use showpack::{Error, ErrorKind};
use zeroize::Zeroizing;

const KID: &str = "1000000000000000000000000000002a";
const KEY: &str = "dcb7e9a4f1683b50c2d8e7f91a06b35d";
const OTHER: &str = "7a1f4c6e8b0d92f3a5c7e1b4d6083f9e";

fn json(text: &str) -> Result<KeyRing, Error> {
    let mut ring = KeyRing::new();
    ring.add_json(Zeroizing::new(text.as_bytes().to_vec()))?;
    Ok(ring)
}

fn list(text: &str) -> Result<KeyRing, Error> {
    let mut ring = KeyRing::new();
    ring.add_list(text)?;
    Ok(ring)
}

fn assert_has(ring: &KeyRing, kid: &str, key: &str) {
    assert_eq!(ring.get(&kid.parse().unwrap()), Some(&Key::from_hex(key).unwrap()));
}

#[test]
fn pairs_and_lists() {
    assert_has(&list(&format!("{KID}:{KEY}")).unwrap(), KID, KEY);
    let upper = KEY.to_uppercase();
    let second = "20000000-0000-0000-0000-00000000002a";
    let ring = list(&format!(" {KID}:{upper}, {second}:{OTHER}\n{KID}:{KEY}\r\n")).unwrap();
    assert_eq!(ring.len(), 2);
    assert_has(&ring, KID, KEY);
    assert_has(&ring, second, OTHER);
    let kids: Vec<String> = ring.kids().map(|kid| kid.to_string()).collect();
    assert_eq!(kids, [KID, &second.replace('-', "")]);
}

#[test]
fn json_forms() {
    let extra = r#""label":null,"n":[1,-2,2.5,{"a":true}]"#;
    assert_has(&json(&format!(r#"{{"keys":[{{"kid":"{KID}","key":"{KEY}",{extra}}}]}}"#)).unwrap(), KID, KEY);
    assert_has(&json(&format!(r#"{{"{KID}":"{KEY}","{KID}":"{KEY}"}}"#)).unwrap(), KID, KEY);
    let jwk = |kid: &str| {
        format!(
            r#"{{"keys":[{{"kty":"oct","kid":"{kid}","k":"AAECAwQFBgcICQoLDA0ODw"}}],"type":"temporary"}}"#
        )
    };
    let key = "000102030405060708090a0b0c0d0e0f";
    assert_has(&json(&jwk("EAAAAAAAAAAAAAAAAAAAKg")).unwrap(), KID, key);
    assert_has(&json(&jwk(KID)).unwrap(), KID, key);
}

#[test]
fn files() {
    let write = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    for text in [format!("\n{{\"{KID}\": \"{KEY}\"}}"), format!("{KID}:{KEY}\n")] {
        let mut ring = KeyRing::new();
        ring.add_file(write(&text).path()).unwrap();
        assert_has(&ring, KID, KEY);
    }
    let fails = |text: &str| KeyRing::new().add_file(write(text).path()).unwrap_err();
    assert_eq!(fails("").kind(), ErrorKind::Usage);
    assert_eq!(fails(&" ".repeat(1 << 21)).kind(), ErrorKind::Limit);
    assert_eq!(KeyRing::new().add_file("/nowhere/keys.json").unwrap_err().kind(), ErrorKind::Io);
}

/// Collects what is printed of errors.
#[derive(Default)]
struct Shown(Vec<String>);

impl Shown {
    fn refused<T>(&mut self, result: Result<T, Error>, input: &str) {
        let Err(error) = result else { panic!("not refused: {input}") };
        self.0.push(error.to_string());
        self.0.push(format!("{error:?}"));
    }
}

#[test]
fn no_error_and_no_debug_output_has_a_piece_of_a_key() {
    let zeros = "0".repeat(32);
    let short = &KEY[..30];
    let long = format!("{KEY}00");
    let wrong = KEY.replace('f', "g");
    let mut shown = Shown::default();

    for key in [&zeros, short, &long, &wrong, "", &format!("{KEY}:{KEY}"), &format!("{short}é")] {
        shown.refused(list(&format!("{KID}:{key}")), key);
        shown.refused(json(&format!(r#"{{"{KID}":"{key}"}}"#)), key);
        shown.refused(json(&format!(r#"{{"keys":[{{"kid":"{KID}","key":"{key}"}}]}}"#)), key);
        shown.refused(json(&format!(r#"{{"keys":[{{"kty":"oct","kid":"{KID}","k":"{key}"}}]}}"#)), key);
    }
    // a key where the ID should be
    for kid in [short, &long, &wrong] {
        shown.refused(list(&format!("{kid}:{OTHER}")), kid);
        shown.refused(json(&format!(r#"{{"{kid}":"{OTHER}"}}"#)), kid);
        shown.refused(json(&format!(r#"{{"keys":[{{"kid":"{kid}","key":"{OTHER}"}}]}}"#)), kid);
        shown.refused(json(&format!(r#"{{"keys":[{{"kid":"{kid}","k":"AAECAwQFBgcICQoLDA0ODw"}}]}}"#)), kid);
    }
    for text in [
        String::new(),
        " ,\n".to_string(),
        KEY.to_string(),
        format!("{KID}={KEY}"),
        format!("{KID}:{KEY},{KID}:{OTHER}"),
        format!("{zeros}:{KEY}"),
        format!("{KEY}{KID}:{OTHER}"),
    ] {
        shown.refused(list(&text), &text);
    }
    for text in [
        String::new(),
        "{}".to_string(),
        "[".repeat(100_000),
        format!("\"{KEY}\""),
        format!("[\"{KEY}\"]"),
        format!("{{\"{KID}\":\"{KEY}\""),
        format!("{{\"{KID}\":\"{KEY}\"}} {KEY}"),
        format!("{{\"{KID}\":{KEY}}}"),
        format!("{{\"{KID}\":12345678901234567890123456789012}}"),
        format!("{{\"{KID}\":[\"{KEY}\"]}}"),
        format!("{{\"{KID}\":\"\\u0064{}\"}}", &KEY[1..]),
        format!("{{\"{KID}\":\"{KEY}\",\"{KID}\":\"{OTHER}\"}}"),
        format!("{{\"{zeros}\":\"{KEY}\"}}"),
        format!("{{\"keys\":\"{KEY}\"}}"),
        format!("{{\"keys\":[\"{KEY}\"]}}"),
        "{\"keys\":[]}".to_string(),
        "{\"keys\":[],\"keys\":[]}".to_string(),
        format!("{{\"keys\":[{{\"kid\":\"{KID}\"}}]}}"),
        format!("{{\"keys\":[{{\"key\":\"{KEY}\"}}]}}"),
        format!("{{\"keys\":[{{\"kid\":\"{KID}\",\"key\":\"{KEY}\",\"key\":\"{KEY}\"}}]}}"),
        format!("{{\"keys\":[{{\"kid\":\"{KID}\",\"key\":\"{KEY}\",\"k\":\"{KEY}\"}}]}}"),
        format!("{{\"keys\":[{{\"kid\":\"{KID}\",\"kty\":\"{KEY}\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"}}]}}"),
        format!("{{\"keys\":[{{\"kid\":\"{KID}\",\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}]}}"),
        r#"{"keys":[{"kid":"AAAAAAAAAAAAAAAAAAAAAA","k":"AAECAwQFBgcICQoLDA0ODw"}]}"#.to_string(),
    ] {
        shown.refused(json(&text), &text);
    }
    for text in [short, &long, &wrong] {
        shown.refused(Iv::parse(text, Scheme::Cbcs), text);
        shown.refused(Iv::parse(text, Scheme::Cenc), text);
    }
    let ring = list(&format!("{KID}:{KEY}")).unwrap();
    shown.0.push(format!("{ring:?} {ring:#?} {:?}", ring.get(&KID.parse().unwrap())));

    for text in shown.0 {
        let lower = text.to_lowercase();
        for key in [KEY, OTHER, &wrong] {
            for i in 0..=key.len() - 4 {
                assert!(!lower.contains(&key[i..i + 4]), "{text}");
            }
        }
        assert!(!lower.contains("aaecawqf"), "{text}");
        assert!(!lower.contains("12345678"), "{text}");
    }
}

#[test]
fn errors_say_where() {
    let text = |result: Result<KeyRing, Error>| result.unwrap_err().to_string();
    assert_eq!(
        text(list(&format!("{KID}:{KEY} {KID}:{OTHER}"))),
        format!("pair 2: key ID {KID} is given with two different keys")
    );
    assert_eq!(
        text(list(&format!("{KID}:{}", &KEY[2..]))),
        format!("pair 1/key ID {KID}: the key has 30 characters, 32 hexadecimal digits were expected")
    );
    assert_eq!(
        text(json(&format!("{{\"keys\":[{{\"kid\":\"{KID}\",\"key\":\"{}\"}}]}}", "0".repeat(32)))),
        "keys[0]: the key is all zeros (rule ENC-40)"
    );
    assert_eq!(text(json("{\n1}")), "the text is no JSON from line 2, column 1 on");
}

#[test]
fn key_ids() {
    let kid: KeyId = "ABCDEFAB-0123-4567-89ab-cdefabcdefab".parse().unwrap();
    assert_eq!(kid.to_string(), "abcdefab0123456789abcdefabcdefab");
    assert_eq!(format!("{kid:?}"), "KeyId(abcdefab0123456789abcdefabcdefab)");
    assert_eq!(serde_json::to_string(&kid).unwrap(), "\"abcdefab0123456789abcdefabcdefab\"");
    let dash = "-".repeat(36);
    for text in
        ["", "ab", "abcdefab012-3456789abcdefabcdefab--", &dash, "abcdefab-0123-4567-89ab-cdefabcdefa-"]
    {
        assert!(text.parse::<KeyId>().is_err(), "{text}");
    }
    assert!("00000000-0000-0000-0000-000000000000".parse::<KeyId>().is_err());
}

fn kid(n: u8) -> KeyId {
    KeyId([n; 16])
}

/// An IV of 8 bytes.
fn short_iv(value: u64) -> Iv {
    Iv::from_bytes(&value.to_be_bytes()).unwrap()
}

fn long_iv(high: u64, low: u64) -> Iv {
    Iv::from_bytes(&[high.to_be_bytes(), low.to_be_bytes()].concat()).unwrap()
}

#[test]
fn ivs() {
    let iv = Iv::parse("0123456789abcdef", Scheme::Cenc).unwrap();
    assert_eq!((iv.size(), iv.to_string().as_str()), (8, "0123456789abcdef"));
    assert_eq!(iv.block(), 0x0123456789abcdef0000000000000000u128.to_be_bytes());
    assert_eq!(Iv::parse(KID, Scheme::Cenc).unwrap().size(), 16);
    assert_eq!(Iv::parse(KID, Scheme::Cbcs).unwrap().to_string(), KID);
    assert_eq!(
        Iv::parse("0123456789abcdef", Scheme::Cbcs).unwrap_err().to_string(),
        "an IV of 8 bytes, the constant IV of cbcs has 16: give 32 hexadecimal digits (rule ENC-15)"
    );
    assert_eq!(Iv::parse(KID, Scheme::Cens).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_ne!(Iv::random(16).unwrap(), Iv::random(16).unwrap());
    assert_eq!(Iv::random(8).unwrap().as_bytes().len(), 8);
    assert!(Iv::random(0).is_err());
    assert!(Iv::from_bytes(&[1; 15]).is_err());
}

#[test]
fn tracks_have_ivs_apart() {
    let mut allocator = IvAllocator::starting_at(5);
    let mut first = allocator.reserve(kid(1), 2).unwrap();
    let mut second = allocator.reserve(kid(2), 1).unwrap();
    let mut long = allocator.reserve_long(kid(1)).unwrap();
    let next = |sequence: &mut IvSequence, protected| sequence.next_iv(protected).unwrap();
    assert_eq!(next(&mut first, 999), short_iv(5));
    assert_eq!(next(&mut first, 999), short_iv(6));
    assert_eq!(first.next_iv(0).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(next(&mut second, 0), short_iv(7));
    assert_eq!(next(&mut long, 33), long_iv(8, 0));
    assert_eq!(next(&mut long, 0), long_iv(8, 3));
    assert_eq!(next(&mut long, 16), long_iv(8, 4));
    assert_eq!(next(&mut long, 16), long_iv(8, 5));
}

#[test]
fn claims_are_compared_under_their_key() {
    let mut allocator = IvAllocator::starting_at(0);
    allocator.claim(kid(1), short_iv(10), 5).unwrap();
    allocator.claim(kid(1), short_iv(15), 5).unwrap();
    allocator.claim(kid(2), short_iv(12), 5).unwrap();
    for (first, samples) in [(9, 2), (10, 1), (14, 1), (19, 100), (0, 100)] {
        let error = allocator.claim(kid(1), short_iv(first), samples).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
    }
    assert_eq!(
        allocator.claim(kid(2), short_iv(16), 1).unwrap_err().to_string(),
        "the IVs from 0000000000000010 on meet those from 000000000000000c to 0000000000000010, \
         which key ID 02020202020202020202020202020202 has elsewhere (rule ENC-18)"
    );
    // an IV of 16 bytes takes its whole high half
    let long = long_iv(17, 9);
    assert!(allocator.claim(kid(1), long, 3).is_err());
    assert_eq!(allocator.claim(kid(3), long, 3).unwrap().next_iv(1).unwrap(), long);
    // what is reserved later goes around all of them
    assert_eq!(allocator.reserve(kid(1), 10).unwrap().next_iv(0).unwrap(), short_iv(0));
    assert_eq!(allocator.reserve(kid(1), 1).unwrap().next_iv(0).unwrap(), short_iv(20));
}

#[test]
fn ivs_do_not_wrap() {
    let last = short_iv(u64::MAX);
    let mut allocator = IvAllocator::starting_at(u64::MAX - 1);
    assert!(allocator.claim(kid(1), last, 2).is_err());
    assert!(allocator.claim(kid(1), last, 0).is_err());
    assert!(allocator.reserve(kid(1), 3).is_err());
    assert!(allocator.reserve(kid(1), 0).is_err());
    allocator.reserve(kid(1), 2).unwrap();
    assert_eq!(allocator.reserve(kid(1), 1).unwrap_err().kind(), ErrorKind::Limit);

    let mut allocator = IvAllocator::random().unwrap();
    let mut sequence = allocator.claim(kid(1), last, 1).unwrap();
    assert_eq!(sequence.next_iv(0).unwrap(), last);
    assert!(sequence.next_iv(0).is_err());
    // the block counter of an IV of 16 bytes
    let iv = long_iv(0, u64::MAX - 2);
    let mut sequence = allocator.claim(kid(1), iv, 9).unwrap();
    assert_eq!(sequence.next_iv(16).unwrap(), iv);
    assert!(sequence.clone().next_iv(33).is_err());
    sequence.next_iv(32).unwrap();
    assert!(sequence.next_iv(0).is_err());
}
