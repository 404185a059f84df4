//! Whatever an image is: no panic, no more than the limits, and an end.

use std::time::{Duration, Instant};

use labelgate_importer::qcow2::{Content, MAGIC, Pieces};

use super::forge::{DATA, Forge};

/// The largest disk that is taken, in bytes.
const SIZE: u64 = 8 << 20;

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Reads a disk to its end or first fault: each piece begins behind the last one, ends within the
/// disk, and is in the file.
fn walk(image: &[u8]) {
    let Ok(mut pieces) = Pieces::new(image) else {
        return;
    };
    let size = pieces.header().size;
    if size > SIZE {
        return;
    }
    let start = Instant::now();
    let mut room = vec![0; 2 << 20];
    let mut end = 0;
    while !pieces.is_done() {
        match pieces.step() {
            Err(_) => return,
            Ok(None) => {}
            Ok(Some(piece)) => {
                assert!(piece.at >= end && piece.length > 0);
                end = piece.at + piece.length;
                assert!(end <= size);
                match piece.content {
                    Content::Plain(offset) => {
                        let room = &mut room[..piece.length as usize];
                        pieces.read(offset, room).unwrap();
                    }
                    Content::Compressed { offset, length } => {
                        assert!(offset + length <= image.len() as u64);
                        let Ok(cluster) = pieces.decompress(offset, length) else {
                            return;
                        };
                        assert!(cluster.len() as u64 >= piece.length);
                    }
                }
            }
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20));
}

/// Arbitrary bytes behind the magic number.
#[test]
fn fuzz_qcow2_bytes() {
    bolero::check!()
        .with_type::<Vec<u8>>()
        .with_test_time(time())
        .for_each(|bytes| {
            walk(bytes);
            walk(&[&MAGIC, bytes.as_slice()].concat());
        });
}

/// A sound image with a few bytes changed and its end cut off, or something behind it.
#[test]
fn fuzz_qcow2_image() {
    let deflated = miniz_oxide::deflate::compress_to_vec(&[7; 512], 6);
    let sound = |zstd: bool, version: u32| {
        let l2 = [DATA, (1 << 62) | (DATA + 512), 0, DATA | 1 << 63, 1];
        let l2: Vec<u64> = l2
            .into_iter()
            .filter(|&entry| version > 2 || entry != 1)
            .collect();
        let mut image = Forge::new(12, &l2);
        image.version = version;
        if zstd {
            (image.incompatible, image.compression) = (8, 1);
        }
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 3, 16, 0, 9].to_vec();
        image
            .at
            .push((DATA + 512, if zstd { frame } else { deflated.clone() }));
        image.bytes()
    };
    let images = [sound(false, 2), sound(false, 3), sound(true, 3)];
    bolero::check!()
        .with_type::<(u8, Vec<(u16, u8)>, Option<u16>, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(which, changes, cut, tail)| {
            let mut image = images[usize::from(*which) % images.len()].clone();
            for (at, value) in changes {
                // Half of them where the header and the tables are.
                let most = if at % 2 == 0 { 112 } else { image.len() };
                image[usize::from(*at) % most] = *value;
            }
            if let Some(cut) = cut {
                image.truncate(usize::from(*cut) % (image.len() + 1));
            }
            image.extend(tail);
            walk(&image);
        });
}

/// Arbitrary bytes as a compressed cluster of any size.
#[test]
fn fuzz_qcow2_compressed() {
    use labelgate_importer::qcow2::{Compression, Decompressor};
    bolero::check!()
        .with_type::<(u8, bool, bool, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(bits, zstd, framed, bytes)| {
            let bits = 9 + u32::from(bits % 13);
            let kind = if *zstd {
                Compression::Zstd
            } else {
                Compression::Deflate
            };
            let magic: &[u8] = if *framed {
                &[0x28, 0xb5, 0x2f, 0xfd]
            } else {
                &[]
            };
            let image = [magic, bytes].concat();
            let mut decompressor = Decompressor::new(kind, bits);
            let length = image.len() as u64;
            for _ in 0..2 {
                if let Ok(cluster) = decompressor.cluster(&image.as_slice(), 0, length) {
                    assert_eq!(cluster.len(), 1 << bits);
                }
            }
        });
}
