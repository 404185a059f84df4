//! Small images that want to be large.

use std::time::{Duration, Instant};

use labelgate_importer::Fault;

use super::forge::{DATA, Forge, L1, numbers, read};

/// An image of 2 MiB clusters whose tables all lie on top of each other: every entry of the L1
/// table leads to one L2 table, every entry of which leads to one cluster.
fn layers(size: u64, data: u8) -> Vec<u8> {
    const SIZE: u64 = 2 << 20;
    let mut image = Forge::new(0, &[]);
    image.cluster_bits = 21;
    image.size = size;
    image.l1_entries = size.div_ceil(1 << 39).try_into().unwrap();
    image.l1_offset = SIZE;
    image.l1.clear();
    image.at = vec![
        (SIZE, numbers(&vec![2 * SIZE; image.l1_entries as usize])),
        (2 * SIZE, numbers(&vec![3 * SIZE; 1 << 18])),
        (3 * SIZE, vec![data; SIZE as usize]),
    ];
    image.bytes()
}

#[test]
fn one_cluster_used_over_and_over_ends_where_the_data_may() {
    let start = Instant::now();
    let error = read(&layers(1 << 60, 0xcc), u64::MAX, 64 << 20).unwrap_err();
    assert!(
        matches!(error, Fault::TooMuchData { most } if most == 64 << 20),
        "{error}"
    );
    let error = read(&layers(1 << 60, 0xcc), 1 << 40, 64 << 20).unwrap_err();
    assert!(
        matches!(error, Fault::TooLarge { size, .. } if size == 1 << 60),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn one_cluster_used_over_and_over_within_the_limits_is_a_disk() {
    let disk = read(&layers(32 << 20, 0xcc), 32 << 20, 32 << 20).unwrap();
    assert!(disk.len() == 32 << 20 && disk.iter().all(|&byte| byte == 0xcc));
}

#[test]
fn tables_may_be_read_as_anything_and_nothing_goes_round() {
    // The L1 table is its own L2 table and its own data, and so is the header.
    for place in [0, L1] {
        let mut image = Forge::new(64, &[]);
        image.l1 = vec![place | 1 << 63; 64];
        image.l1_offset = L1;
        let start = Instant::now();
        let _ = image.read();
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_large_disk_of_nothing_takes_no_time_and_no_space() {
    // 2^51 bytes in 2^22 entries of the L1 table, the most there are, none of which is used.
    let mut image = Forge::new(0, &[]);
    image.cluster_bits = 16;
    image.size = 1 << 51;
    image.l1_entries = 4 << 20;
    image.l1_offset = 65536;
    image.l1.clear();
    image.length = Some((32 << 20) + 65536);
    let file = tempfile::tempfile().unwrap();
    let start = Instant::now();
    // It is the file system that has no files of that size, if anybody.
    let written = super::forge::import(&image.bytes(), u64::MAX, 1, &file);
    assert!(
        matches!(written, Ok(0) | Err(Fault::File { .. })),
        "{written:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// Compressed clusters of 512 bytes that hold this.
fn compressed(kind: u8, bytes: &[u8]) -> Forge {
    let sectors = (bytes.len() as u64).div_ceil(512).max(1) - 1;
    let mut image = Forge::new(2, &[1 << 62 | sectors << 61 | DATA, DATA]);
    image.at.push((DATA, bytes.to_vec()));
    if kind == 1 {
        (image.incompatible, image.compression) = (8, 1);
    }
    image
}

#[test]
fn a_cluster_that_decompresses_to_less_than_one_is_refused() {
    let half = miniz_oxide::deflate::compress_to_vec(&[7; 256], 6);
    let whole = miniz_oxide::deflate::compress_to_vec(&[7; 512], 6);
    let more = miniz_oxide::deflate::compress_to_vec(&vec![7; 1 << 20], 6);
    assert_eq!(&compressed(0, &whole).read().unwrap()[..512], &[7; 512]);
    // As QEMU does, no more is decompressed than there is room for.
    assert_eq!(
        &compressed(0, &more[..512]).read().unwrap()[..512],
        &[7; 512]
    );
    let text = "the qcow2 image is damaged: a compressed cluster at 0x600 cannot be decompressed";
    assert_eq!(compressed(0, &half).refusal(), text);
    for bytes in [&[0xff; 512][..], &[0; 512], b"neither"] {
        assert_eq!(compressed(0, bytes).refusal(), text);
        assert_eq!(compressed(1, bytes).refusal(), text);
    }
}

/// A Zstandard frame whose header has a window of 2 to the power of `10 + exponent` bytes, and
/// one block of zeros of `length` bytes, run-length encoded.
fn frame(exponent: u8, length: u32) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3];
    let block = length << 3 | 1 << 1 | 1;
    frame.extend(&block.to_le_bytes()[..3]);
    frame.push(9);
    frame
}

#[test]
fn a_zstandard_frame_gets_no_window_larger_than_any_cluster_needs() {
    assert_eq!(
        &compressed(1, &frame(0, 512)).read().unwrap()[..512],
        &[9; 512]
    );
    assert_eq!(
        &compressed(1, &frame(11, 512)).read().unwrap()[..512],
        &[9; 512]
    );
    for exponent in [14, 17, 31] {
        let refusal = compressed(1, &frame(exponent, 512)).refusal();
        assert!(
            refusal.ends_with("cannot be decompressed"),
            "{exponent}: {refusal}"
        );
    }
    // Two frames make a cluster; frames of nothing make none.
    let halves = [frame(0, 256), frame(0, 256)].concat();
    assert_eq!(&compressed(1, &halves).read().unwrap()[..512], &[9; 512]);
    let nothing = frame(0, 0).repeat(40);
    assert!(
        compressed(1, &nothing)
            .refusal()
            .ends_with("cannot be decompressed")
    );
}
