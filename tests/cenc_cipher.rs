//! The ciphers of Common Encryption against published vectors and against AES blocks put together by hand.

use aes::Aes128;
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use proptest::prelude::*;
use showpack::ErrorKind;
use showpack::cenc::{Direction, Key, Pattern, RangeCipher, SampleCipher, Scheme, Subsample};

// NIST SP 800-38A, appendix F: AES-128 key and plaintext.
const KEY: [u8; 16] = 0x2b7e151628aed2a6abf7158809cf4f3cu128.to_be_bytes();
const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                     30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
// F.2.1 CBC-AES128.Encrypt
const CBC: &str = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2\
                   73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7";
const CBC_IV: [u8; 16] = 0x000102030405060708090a0b0c0d0e0fu128.to_be_bytes();
// F.5.1 CTR-AES128.Encrypt
const CTR: &str = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff\
                   5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee";
const CTR_IV: [u8; 16] = 0xf0f1f2f3f4f5f6f7f8f9fafbfcfdfeffu128.to_be_bytes();

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn cipher(scheme: Scheme, pattern: Pattern) -> SampleCipher {
    SampleCipher::new(&Key::new(KEY).unwrap(), scheme, pattern).unwrap()
}

fn subsamples(parts: &[(u16, u32)]) -> Vec<Subsample> {
    parts.iter().map(|&(clear, protected)| Subsample { clear, protected }).collect()
}

fn counting(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 7 + i / 251) as u8).collect()
}

fn xor(block: [u8; 16], other: [u8; 16]) -> [u8; 16] {
    (u128::from_ne_bytes(block) ^ u128::from_ne_bytes(other)).to_ne_bytes()
}

fn aes_encrypt(block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Aes128::new(&KEY.into()).encrypt_block(&mut block);
    block.into()
}

fn aes_decrypt(block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Aes128::new(&KEY.into()).decrypt_block(&mut block);
    block.into()
}

/// Start and end of the protected ranges.
fn ranges(map: &[Subsample], size: usize) -> Vec<(usize, usize)> {
    if map.is_empty() {
        return vec![(0, size)];
    }
    let mut at = 0;
    map.iter()
        .map(|s| {
            let start = at + usize::from(s.clear);
            at = start + s.protected as usize;
            (start, at)
        })
        .collect()
}

/// The naive way, one block or byte at a time.
fn naive(
    scheme: Scheme,
    pattern: Pattern,
    iv: [u8; 16],
    map: &[Subsample],
    data: &mut [u8],
    direction: Direction,
) {
    let mut chain = iv;
    let mut used = 0; // bytes of keystream
    let mut keystream = || {
        let n = used;
        used += 1;
        let low = u64::from_be_bytes(iv[8..].try_into().unwrap()).wrapping_add(n / 16);
        let mut block = iv;
        block[8..].copy_from_slice(&low.to_be_bytes());
        aes_encrypt(block)[(n % 16) as usize]
    };
    for (start, end) in ranges(map, data.len()) {
        if scheme == Scheme::Cenc {
            data[start..end].iter_mut().for_each(|byte| *byte ^= keystream());
            continue;
        }
        if scheme == Scheme::Cbcs {
            chain = iv;
        }
        let period = usize::from(pattern.crypt + pattern.skip).max(1);
        for (n, bytes) in data[start..end].chunks_exact_mut(16).enumerate() {
            if pattern.skip > 0 && n % period >= usize::from(pattern.crypt) {
                continue;
            }
            if scheme == Scheme::Cens {
                bytes.iter_mut().for_each(|byte| *byte ^= keystream());
                continue;
            }
            let block: [u8; 16] = (&*bytes).try_into().unwrap();
            let result = match direction {
                Direction::Encrypt => aes_encrypt(xor(block, chain)),
                Direction::Decrypt => xor(aes_decrypt(block), chain),
            };
            chain = if direction == Direction::Encrypt { result } else { block };
            bytes.copy_from_slice(&result);
        }
    }
}

#[test]
fn nist_cbc_under_cbcs_and_cbc1() {
    for pattern in [Pattern::NONE, Pattern::P10_0] {
        let cbcs = cipher(Scheme::Cbcs, pattern);
        let mut data = bytes(PLAIN);
        cbcs.encrypt_sample(&CBC_IV, &[], &mut data).unwrap();
        assert_eq!(data, bytes(CBC));
        cbcs.decrypt_sample(&CBC_IV, &[], &mut data).unwrap();
        assert_eq!(data, bytes(PLAIN));
    }
    let mut data = bytes(CBC);
    cipher(Scheme::Cbc1, Pattern::NONE).decrypt_sample(&CBC_IV, &[], &mut data).unwrap();
    assert_eq!(data, bytes(PLAIN));
}

#[test]
fn nist_ctr_under_cenc_and_cens() {
    let mut data = bytes(PLAIN);
    cipher(Scheme::Cenc, Pattern::NONE).encrypt_sample(&CTR_IV, &[], &mut data).unwrap();
    assert_eq!(data, bytes(CTR));
    cipher(Scheme::Cens, Pattern::NONE).decrypt_sample(&CTR_IV, &[], &mut data).unwrap();
    assert_eq!(data, bytes(PLAIN));
}

#[test]
fn cbc1_chains_over_subsamples() {
    let with_clear = |text: &str| [&b"ab"[..], &bytes(text)[..32], b"c", &bytes(text)[32..]].concat();
    let mut data = with_clear(CBC);
    let map = subsamples(&[(2, 32), (1, 32)]);
    cipher(Scheme::Cbc1, Pattern::NONE).decrypt_sample(&CBC_IV, &map, &mut data).unwrap();
    assert_eq!(data, with_clear(PLAIN));
}

#[test]
fn cens_counts_encrypted_blocks_and_restarts_the_pattern() {
    // 1:1 over two subsamples of 3 blocks: blocks 0 and 2 of each take keystream blocks 0 to 3.
    let (plain, ctr) = (bytes(PLAIN), bytes(CTR));
    let sample = |text: &[u8]| {
        [&text[..16], &[1; 16], &text[16..32], &[2; 5], &text[32..48], &[3; 16], &text[48..], &[4; 9]]
            .concat()
    };
    let mut data = sample(&ctr);
    let map = subsamples(&[(0, 48), (5, 57)]);
    let pattern = Pattern { crypt: 1, skip: 1 };
    cipher(Scheme::Cens, pattern).decrypt_sample(&CTR_IV, &map, &mut data).unwrap();
    assert_eq!(data, sample(&plain));
}

#[test]
fn cenc_runs_on_over_subsamples_within_a_block() {
    let sample = |text: &[u8]| [&b"ab"[..], &text[..7], b"cde", &text[7..33], b"f", &text[33..]].concat();
    let mut data = sample(&bytes(PLAIN));
    let map = subsamples(&[(2, 7), (3, 0), (0, 26), (1, 31)]);
    cipher(Scheme::Cenc, Pattern::NONE).encrypt_sample(&CTR_IV, &map, &mut data).unwrap();
    assert_eq!(data, sample(&bytes(CTR)));
}

#[test]
fn the_block_counter_wraps_in_its_low_half() {
    let iv = 0xabababababababab_ffffffffffffffffu128;
    let mut data = vec![0; 48];
    cipher(Scheme::Cenc, Pattern::NONE).encrypt_sample(&iv.to_be_bytes(), &[], &mut data).unwrap();
    let high = iv >> 64 << 64;
    assert_eq!(data, [iv, high, high + 1].map(|block| aes_encrypt(block.to_be_bytes())).concat());
}

#[test]
fn cbcs_1_9_by_hand() {
    // 21 blocks and 5 bytes: blocks 0, 10, 20 are encrypted, in one chain.
    let plain = counting(3 + 21 * 16 + 5);
    let mut expected = plain.clone();
    let mut chain = CBC_IV;
    for at in [3, 3 + 160, 3 + 320] {
        chain = aes_encrypt(xor(plain[at..at + 16].try_into().unwrap(), chain));
        expected[at..at + 16].copy_from_slice(&chain);
    }
    let mut data = plain;
    let map = subsamples(&[(3, 21 * 16 + 5)]);
    cipher(Scheme::Cbcs, Pattern::P1_9).encrypt_sample(&CBC_IV, &map, &mut data).unwrap();
    assert_eq!(data, expected);
}

#[test]
fn cbcs_leaves_what_holds_no_block() {
    let cbcs = cipher(Scheme::Cbcs, Pattern::P1_9);
    let mut data = counting(40);
    let map = subsamples(&[(0, 15), (0, 0), (5, 1), (0, 15), (4, 0)]);
    cbcs.encrypt_sample(&CBC_IV, &map, &mut data).unwrap();
    assert_eq!(data, counting(40));
    cbcs.encrypt_sample(&CBC_IV, &[], &mut []).unwrap();
}

#[test]
fn cbcs_encrypts_the_whole_blocks_of_a_run_cut_short() {
    // 5:5 on 3 blocks and 15 bytes: all three.
    let plain = counting(63);
    let mut data = plain.clone();
    cipher(Scheme::Cbcs, Pattern::P5_5).encrypt_sample(&CBC_IV, &subsamples(&[(0, 63)]), &mut data).unwrap();
    let mut expected = plain;
    naive(Scheme::Cbcs, Pattern::NONE, CBC_IV, &[], &mut expected, Direction::Encrypt);
    assert_eq!(data, expected);
    assert_eq!(data[48..], counting(63)[48..]);
}

#[test]
fn a_map_that_does_not_span_changes_nothing() {
    for (scheme, pattern) in [(Scheme::Cbcs, Pattern::P1_9), (Scheme::Cenc, Pattern::NONE)] {
        let cipher = cipher(scheme, pattern);
        for map in [&[(0, 63)][..], &[(0, 65)], &[(0, u32::MAX), (65535, u32::MAX)]] {
            let map = subsamples(map);
            let mut data = counting(64);
            assert_eq!(
                cipher.encrypt_sample(&CBC_IV, &map, &mut data).unwrap_err().kind(),
                ErrorKind::Format
            );
            assert_eq!(
                cipher.decrypt_sample(&CBC_IV, &map, &mut data).unwrap_err().kind(),
                ErrorKind::Format
            );
            assert_eq!(data, counting(64));
        }
    }
}

#[test]
fn what_is_refused() {
    let key = Key::new(KEY).unwrap();
    for scheme in [Scheme::Cens, Scheme::Cbc1] {
        let cipher = cipher(scheme, Pattern::NONE);
        assert_eq!(cipher.encrypt_sample(&CBC_IV, &[], &mut []).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(cipher.start(&CBC_IV, Direction::Encrypt).unwrap_err().kind(), ErrorKind::Unsupported);
    }
    for (scheme, pattern) in [
        (Scheme::Cenc, Pattern::P1_9),
        (Scheme::Cbc1, Pattern::P10_0),
        (Scheme::Cbcs, Pattern { crypt: 0, skip: 9 }),
        (Scheme::Cbcs, Pattern { crypt: 16, skip: 0 }),
    ] {
        assert_eq!(SampleCipher::new(&key, scheme, pattern).unwrap_err().kind(), ErrorKind::Format);
    }
    let cbcs = cipher(Scheme::Cbcs, Pattern::P1_9);
    let mut range = cbcs.start(&CBC_IV, Direction::Encrypt).unwrap();
    range.process(&mut [0; 17]).unwrap();
    range.process(&mut []).unwrap();
    assert_eq!(range.process(&mut [0; 16]).unwrap_err().kind(), ErrorKind::Usage);
    range.next_range();
    range.process(&mut [0; 16]).unwrap();
}

#[test]
fn debug_tells_nothing_of_the_key() {
    let cipher = cipher(Scheme::Cbcs, Pattern::P1_9);
    let text = format!("{cipher:?} {:?}", cipher.start(&KEY, Direction::Decrypt).unwrap());
    assert_eq!(
        text,
        "SampleCipher { scheme: Cbcs, pattern: Pattern { crypt: 1, skip: 9 }, .. } RangeCipher { .. }"
    );
}

#[test]
fn threads_share_a_cipher() {
    fn shared<T: Send + Sync + Clone>() {}
    fn sent<T: Send>() {}
    shared::<SampleCipher>();
    sent::<RangeCipher<'static>>();
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        Just(Pattern::NONE),
        Just(Pattern::P1_9),
        Just(Pattern::P5_5),
        Just(Pattern::P10_0),
        (1u8..16, 0u8..16).prop_map(|(crypt, skip)| Pattern { crypt, skip }),
    ]
}

fn any_case() -> impl Strategy<Value = (Scheme, Pattern, Vec<Subsample>, usize)> {
    let scheme = prop_oneof![Just(Scheme::Cenc), Just(Scheme::Cbcs), Just(Scheme::Cens), Just(Scheme::Cbc1)];
    let map = proptest::collection::vec((0u16..40, prop_oneof![0u32..40, 0u32..3000]), 0..25);
    (scheme, any_pattern(), map, 0usize..3000).prop_map(|(scheme, pattern, map, whole)| {
        let map = subsamples(&map);
        let size = ranges(&map, whole).last().map_or(0, |range| range.1);
        (scheme, if scheme.has_pattern() { pattern } else { Pattern::NONE }, map, size)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn equal_to_the_naive_way_and_back((scheme, pattern, map, size) in any_case(), iv: [u8; 16]) {
        let cipher = cipher(scheme, pattern);
        let plain = counting(size);
        let mut expected = plain.clone();
        naive(scheme, pattern, iv, &map, &mut expected, Direction::Encrypt);
        if scheme.can_encrypt() {
            let mut data = plain.clone();
            cipher.encrypt_sample(&iv, &map, &mut data).unwrap();
            prop_assert_eq!(&data, &expected);
        }
        let mut data = expected.clone();
        cipher.decrypt_sample(&iv, &map, &mut data).unwrap();
        prop_assert_eq!(&data, &plain);
        naive(scheme, pattern, iv, &map, &mut expected, Direction::Decrypt);
        prop_assert_eq!(&expected, &plain);
    }

    #[test]
    fn pieces_are_the_whole(
        (scheme, pattern, map, size) in any_case(),
        iv: [u8; 16],
        encrypt: bool,
        cuts in proptest::collection::vec(1usize..40, 1..10),
    ) {
        let cipher = cipher(scheme, pattern);
        let direction = if encrypt && scheme.can_encrypt() { Direction::Encrypt } else { Direction::Decrypt };
        let mut data = counting(size);
        let mut whole = data.clone();
        match direction {
            Direction::Encrypt => cipher.encrypt_sample(&iv, &map, &mut whole).unwrap(),
            Direction::Decrypt => cipher.decrypt_sample(&iv, &map, &mut whole).unwrap(),
        }
        let unit = if scheme == Scheme::Cenc { 1 } else { 16 };
        let mut cuts = cuts.iter().cycle();
        let mut state = cipher.start(&iv, direction).unwrap();
        for (mut start, end) in ranges(&map, size) {
            state.next_range();
            while start < end {
                let cut = end.min(start + cuts.next().unwrap() * unit);
                state.process(&mut data[start..cut]).unwrap();
                start = cut;
            }
        }
        prop_assert_eq!(data, whole);
    }
}
