//! How much memory reading takes, whatever the image is.

#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "an allocator that counts is unsafe to make, and a panic is a failed test"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use labelgate_importer::qcow2::{Content, MOST_MEMORY, Pieces};
use labelgate_importer::{Fault, Source};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A file of 2^50 bytes that holds in every place what the image wants there: it takes no memory
/// itself.
struct Endless {
    header: Vec<u8>,
    frame: Vec<u8>,
}

const CLUSTER: u64 = 2 << 20;
/// How many are decompressed: buffers are kept from one to the next.
const CLUSTERS: u32 = 3;

impl Source for Endless {
    fn size(&self) -> u64 {
        1 << 50
    }

    fn read(&self, offset: u64, room: &mut [u8]) -> std::io::Result<()> {
        let at = usize::try_from(offset % CLUSTER).unwrap();
        match offset / CLUSTER {
            0 => copy(&self.header, at, room),
            // The L1 table, 32 MiB of it, leads to one L2 table.
            1..17 => repeat(20 * CLUSTER, room),
            // That leads to one compressed cluster, of as many sectors as can be said.
            20 => repeat((1 << 62) | (0x1fff << 49) | (30 * CLUSTER), room),
            _ => copy(&self.frame, at, room),
        }
        Ok(())
    }
}

fn repeat(number: u64, room: &mut [u8]) {
    for place in room.chunks_exact_mut(8) {
        place.copy_from_slice(&number.to_be_bytes());
    }
}

fn copy(bytes: &[u8], at: usize, room: &mut [u8]) {
    room.fill(0);
    let there = bytes.get(at..).unwrap_or_default();
    let length = there.len().min(room.len());
    room.split_at_mut(length)
        .0
        .copy_from_slice(there.split_at(length).0);
}

/// A header of the largest tables and clusters that can be.
fn header(zstd: bool) -> Vec<u8> {
    let mut header = b"QFI\xfb".to_vec();
    header.extend(3_u32.to_be_bytes());
    header.extend([0; 12]);
    header.extend(21_u32.to_be_bytes());
    header.extend((1_u64 << 61).to_be_bytes());
    header.extend(0_u32.to_be_bytes());
    header.extend((4_u32 << 20).to_be_bytes());
    header.extend(CLUSTER.to_be_bytes());
    header.extend([0; 24]);
    header.extend(if zstd { 8_u64 } else { 0 }.to_be_bytes());
    header.extend([0; 16]);
    header.extend(4_u32.to_be_bytes());
    header.extend(112_u32.to_be_bytes());
    header.push(u8::from(zstd));
    header
}

/// A frame with a window of 8 MiB, the largest that is allowed, that never comes to an end.
fn frame() -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3];
    // Blocks of 128 KiB of one byte, in four bytes each.
    for _ in 0..1024 {
        let block = (128_u32 << 10) << 3 | 1 << 1;
        frame.extend(block.to_le_bytes().iter().take(3));
        frame.push(9);
    }
    frame
}

fn most(zstd: bool) -> usize {
    let deflated = miniz_oxide::deflate::compress_to_vec(&vec![9; 2 << 20], 6);
    let source = Endless {
        header: header(zstd),
        frame: if zstd { frame() } else { deflated },
    };
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let mut pieces = Pieces::new(source).unwrap();
    let mut decompressed = 0;
    for _ in 0..CLUSTERS {
        let Ok(Some(piece)) = pieces.step() else {
            continue;
        };
        if let Content::Compressed { offset, length } = piece.content {
            assert_eq!(length, 8192 * 512);
            let cluster: Result<&[u8], Fault> = pieces.decompress(offset, length);
            assert!(cluster.unwrap().iter().all(|&byte| byte == 9));
            decompressed += 1;
        }
    }
    assert_eq!(decompressed, CLUSTERS);
    MOST.load(Ordering::Relaxed) - before
}

/// One test, since the counter is one.
#[test]
fn no_image_takes_more_than_its_share() {
    for zstd in [false, true] {
        let most = most(zstd);
        println!("zstd {zstd}: {most} bytes");
        assert!(most <= MOST_MEMORY, "{most} bytes");
        assert!(most > 6 << 20, "{most} bytes: it was not the largest image");
    }
}
