//! Headers that are wrong in one thing.

use super::forge::{DATA, Forge};

#[track_caller]
fn refused(change: impl FnOnce(&mut Forge), text: &str) {
    let mut image = Forge::new(4, &[DATA]);
    image.read().unwrap();
    change(&mut image);
    assert_eq!(image.refusal(), text);
}

#[test]
fn the_forge_makes_an_image_that_is_read() {
    let disk = Forge::new(4, &[0, DATA]).read().unwrap();
    assert_eq!(disk.len(), 2048);
    assert!(
        disk.iter()
            .enumerate()
            .all(|(at, &byte)| byte == if at / 512 == 1 { 0xaa } else { 0 })
    );
}

#[test]
fn what_stands_in_other_files_or_is_encrypted_is_refused() {
    refused(
        |image| image.backing_offset = 120,
        "the qcow2 image has a backing file, which is never opened; make one that stands alone: \
         qemu-img convert -O qcow2 IMAGE ALONE.qcow2",
    );
    refused(
        |image| image.incompatible = 4,
        "the qcow2 image has an external data file, which is never opened; make one that stands \
         alone: qemu-img convert -O qcow2 IMAGE ALONE.qcow2",
    );
    for method in [1, 2, u32::MAX] {
        refused(
            |image| image.encryption = method,
            "the qcow2 image is encrypted; decrypt it first: qemu-img convert",
        );
    }
}

#[test]
fn unknown_versions_features_and_compressions_are_refused() {
    let version = |version: u32| {
        let known = "versions 2 and 3 are: qemu-img convert -O qcow2";
        let text = format!("qcow2 version {version} is not known; {known}");
        refused(|image| image.version = version, &text);
    };
    [0, 1, 4, u32::MAX].into_iter().for_each(version);
    refused(
        |image| image.incompatible = 1 << 63 | 1 << 5,
        "the qcow2 image has incompatible features that are not known: bits 0x8000000000000020",
    );
    refused(
        |image| (image.incompatible, image.compression) = (8, 2),
        "the qcow2 image is compressed in a way that is not known: type 2",
    );
    let contradiction = "the qcow2 image is damaged: its compression type contradicts its features";
    refused(|image| image.incompatible = 8, contradiction);
    refused(|image| image.compression = 1, contradiction);
    refused(
        |image| (image.incompatible, image.compression, image.header_length) = (8, 1, 104),
        contradiction,
    );
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    for bits in [0, 8, 22, 63, 64, u32::MAX] {
        let text = format!("the qcow2 image is damaged: clusters of 2^{bits} bytes cannot be");
        refused(|image| image.cluster_bits = bits, &text);
    }
    for length in [0, 72, 103, 105, 1024, u32::MAX] {
        let text = format!("the qcow2 image is damaged: a header of {length} bytes cannot be");
        refused(|image| image.header_length = length, &text);
    }
    refused(
        |image| image.incompatible = 16,
        "the qcow2 image is damaged: clusters of 2^9 bytes cannot be",
    );
    refused(|image| image.size = 0, "the image is empty");
    let small = "its L1 table has 1 entries, too few for its size";
    for size in [64 * 512 + 1, 1 << 63, u64::MAX] {
        refused(
            |image| image.size = size,
            &format!("the qcow2 image is damaged: {small}"),
        );
    }
}

#[test]
fn a_table_outside_the_file_is_never_read() {
    let cut = |what: &str| {
        format!(
            "the qcow2 image is damaged: the file ends before its {what} does: it was cut off, \
             perhaps on the way here"
        )
    };
    for offset in [4 * 512, 1 << 40, u64::MAX - 511] {
        refused(|image| image.l1_offset = offset, &cut("L1 table"));
    }
    refused(|image| image.l1_entries = 4 << 20, &cut("L1 table"));
    refused(
        |image| image.l1_entries = u32::MAX,
        "the qcow2 image is damaged: its L1 table has 4294967295 entries, more than any",
    );
    refused(
        |image| image.l1_offset = 513,
        "the qcow2 image is damaged: its L1 table does not begin at a cluster",
    );
    for length in [0, 4, 71, 103] {
        refused(|image| image.length = Some(length), &cut("header"));
    }
}

#[test]
fn something_else_is_told_from_a_damaged_image() {
    let error = super::forge::read(&[0; 4096], 1 << 20, 1 << 20).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the qcow2 image is damaged: it does not begin like one; if it is a raw image, say so: \
         --format raw"
    );
}
