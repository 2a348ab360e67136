//! Throughput of Common Encryption, and the time to map a sample. Bytes are those of the sample, skipped blocks
//! included.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use showpack::cenc::{Direction, Key, Pattern, SampleCipher, Scheme, Subsample, map_subsamples};

fn main() {
    divan::main();
}

/// The bytes of all tiles of a sample.
const SIZE: usize = 800 << 10;
const KIB: [usize; 3] = [1, 50, 800];

fn cipher(scheme: Scheme, pattern: Pattern) -> SampleCipher {
    let key = Key::new([7; 16]).expect("the key is not zero");
    SampleCipher::new(&key, scheme, pattern).expect("the pattern goes with the scheme")
}

fn run(bencher: Bencher<'_, '_>, scheme: Scheme, pattern: Pattern, kib: usize, direction: Direction) {
    let cipher = cipher(scheme, pattern);
    let tile = kib << 10;
    let map = vec![Subsample { clear: 0, protected: tile as u32 }; SIZE / tile];
    let mut data = vec![1; SIZE];
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| match direction {
        Direction::Encrypt => cipher.encrypt_sample(&[1; 16], &map, black_box(&mut data)),
        Direction::Decrypt => cipher.decrypt_sample(&[1; 16], &map, black_box(&mut data)),
    });
}

#[divan::bench(args = KIB)]
fn encrypt_cbcs_1_9(bencher: Bencher<'_, '_>, kib: usize) {
    run(bencher, Scheme::Cbcs, Pattern::P1_9, kib, Direction::Encrypt);
}

#[divan::bench(args = KIB)]
fn encrypt_cbcs_10_0(bencher: Bencher<'_, '_>, kib: usize) {
    run(bencher, Scheme::Cbcs, Pattern::P10_0, kib, Direction::Encrypt);
}

#[divan::bench(args = KIB)]
fn encrypt_cenc(bencher: Bencher<'_, '_>, kib: usize) {
    run(bencher, Scheme::Cenc, Pattern::NONE, kib, Direction::Encrypt);
}

#[divan::bench(args = KIB)]
fn decrypt_cbcs_1_9(bencher: Bencher<'_, '_>, kib: usize) {
    run(bencher, Scheme::Cbcs, Pattern::P1_9, kib, Direction::Decrypt);
}

#[divan::bench(args = KIB)]
fn decrypt_cbcs_10_0(bencher: Bencher<'_, '_>, kib: usize) {
    run(bencher, Scheme::Cbcs, Pattern::P10_0, kib, Direction::Decrypt);
}

/// One tile in pieces of 64 KiB.
#[divan::bench]
fn encrypt_cbcs_10_0_pieces(bencher: Bencher<'_, '_>) {
    let cipher = cipher(Scheme::Cbcs, Pattern::P10_0);
    let mut data = vec![1; SIZE];
    bencher.counter(BytesCount::new(SIZE)).bench_local(|| {
        let mut range = cipher.start(&[1; 16], Direction::Encrypt).expect("cbcs encrypts");
        for piece in black_box(&mut data).chunks_mut(64 << 10) {
            range.process(piece).expect("pieces are whole blocks");
        }
    });
}

#[divan::bench(args = [1, 4, 40])]
fn map(bencher: Bencher<'_, '_>, tiles: u64) {
    let tiles: Vec<_> = (0..tiles).map(|i| i * 5000 + 40..(i + 1) * 5000).collect();
    let size = tiles.len() as u64 * 5000;
    let mut out = Vec::new();
    bencher
        .counter(ItemsCount::new(1usize))
        .bench_local(|| map_subsamples(Scheme::Cenc, size, black_box(&tiles), &mut out));
}
