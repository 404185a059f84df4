//! Entries of tables that are wrong, or mean zeros.

use super::forge::{CLUSTER, DATA, Forge, L2, numbers};

const COPIED: u64 = 1 << 63;
const COMPRESSED: u64 = 1 << 62;

fn refusal(entry: u64) -> String {
    let refusal = Forge::new(4, &[DATA, entry]).refusal();
    refusal
        .strip_prefix("the qcow2 image is damaged: ")
        .unwrap()
        .to_owned()
}

#[test]
fn data_outside_the_file_is_never_read() {
    let cut = "the file ends before its data does: it was cut off, perhaps on the way here";
    for offset in [DATA + CLUSTER, 1 << 40, 0x00ff_ffff_ffff_fe00] {
        assert_eq!(refusal(offset), cut);
        assert_eq!(refusal(COPIED | offset), cut);
        assert_eq!(refusal(COMPRESSED | offset), cut);
    }
    let cut = "the file ends before its L2 table does: it was cut off, perhaps on the way here";
    let mut image = Forge::new(4, &[]);
    for offset in [DATA + CLUSTER, 1 << 40, 0x00ff_ffff_ffff_fe00] {
        image.l1 = vec![offset];
        assert_eq!(
            image.refusal(),
            format!("the qcow2 image is damaged: {cut}")
        );
    }
}

#[test]
fn reserved_bits_are_refused() {
    for entry in [DATA | 2, DATA | 1 << 8, DATA | 1 << 56, DATA | 1 << 61] {
        let text = format!("an entry of its L2 table has bits that cannot be: {entry:#x}");
        assert_eq!(refusal(entry), text);
    }
    let entry = COPIED | COMPRESSED | DATA;
    let text = format!("an entry of its L2 table has bits that cannot be: {entry:#x}");
    assert_eq!(refusal(entry), text);
    let mut image = Forge::new(4, &[]);
    for bit in [0, 8, 56, 62] {
        image.l1 = vec![L2 | 1 << bit];
        assert!(image.refusal().contains("L1 table has bits that cannot be"));
    }
}

#[test]
fn an_offset_between_clusters_is_refused() {
    let mut image = Forge::new(4, &[]);
    image.cluster_bits = 10;
    image.l1_offset = 1024;
    image.at.clear();
    let text =
        |what: &str| format!("the qcow2 image is damaged: its {what} does not begin at a cluster");
    image.at.push((1024, numbers(&[512])));
    assert_eq!(image.refusal(), text("L2 table"));
    image.at = vec![
        (1024, numbers(&[2048])),
        (2048, numbers(&[512])),
        (4096, vec![0]),
    ];
    assert_eq!(image.refusal(), text("data cluster"));
}

#[test]
fn zeros_are_zeros_however_they_are_said() {
    for entry in [0, COPIED, 1, COPIED | 1, DATA | 1, COPIED | DATA | 1] {
        let disk = Forge::new(2, &[DATA, entry]).read().unwrap();
        assert!(disk[..512].iter().all(|&byte| byte == 0xaa));
        assert!(disk[512..].iter().all(|&byte| byte == 0), "{entry:#x}");
    }
    // Version 2 has no bit for that.
    let mut image = Forge::new(2, &[DATA, DATA | 1]);
    image.version = 2;
    assert!(image.refusal().contains("L2 table has bits that cannot be"));
}

/// Subclusters of 512 bytes, in clusters of 16 KiB, at these places.
fn extended(entries: &[u64]) -> Forge {
    const SIZE: u64 = 16 << 10;
    let mut image = Forge::new(0, &[]);
    image.cluster_bits = 14;
    image.size = SIZE * (entries.len() as u64 / 2) - 512;
    image.incompatible = 16;
    image.l1_offset = SIZE;
    let data: Vec<u8> = (0..32_u8).flat_map(|part| [part + 1; 512]).collect();
    image.at = vec![
        (SIZE, numbers(&[2 * SIZE])),
        (2 * SIZE, numbers(entries)),
        (3 * SIZE, data),
    ];
    image
}

#[test]
fn subclusters_that_are_not_allocated_read_as_zeros() {
    const OFFSET: u64 = 3 << 14;
    let bitmaps = [
        0_u32,
        1,
        1 << 31,
        0xffff_fffe,
        0x7fff_ffff,
        u32::MAX,
        0x5555_5555,
        0x0ff0_00f1,
    ];
    let entries: Vec<u64> = bitmaps
        .iter()
        .flat_map(|&bits| [OFFSET, u64::from(bits)])
        .collect();
    let disk = extended(&entries).read().unwrap();
    assert_eq!(disk.len(), bitmaps.len() * 16384 - 512);
    for (at, part) in disk.chunks(512).enumerate() {
        let allocated = bitmaps[at / 32] >> (at % 32) & 1 == 1;
        let expected = if allocated { at as u8 % 32 + 1 } else { 0 };
        assert!(part.iter().all(|&byte| byte == expected), "subcluster {at}");
    }
}

#[test]
fn subclusters_that_contradict_themselves_are_refused() {
    const OFFSET: u64 = 3 << 14;
    let cases = [
        (OFFSET, 1 | 1 << 32),
        (0, 1),
        (OFFSET | 1, 1),
        (COMPRESSED | OFFSET, 1),
    ];
    for (entry, bitmap) in cases {
        let refusal = extended(&[entry, bitmap, 0, 0]).refusal();
        assert!(
            refusal.contains("L2 table has bits that cannot be"),
            "{refusal}"
        );
    }
    assert!(
        extended(&[OFFSET, 0xffff_ffff_0000_0000, 0, 0])
            .read()
            .is_ok()
    );
}
