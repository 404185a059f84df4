//! INQUIRY and vital product data, byte for byte.

use super::*;

fn inquiry(evpd: bool, page: u8, allocation: u8) -> [u8; 6] {
    [0x12, u8::from(evpd), page, 0, allocation, 0]
}

#[test]
fn standard_data() {
    let data = Initiator::new(GEOMETRY).data(&inquiry(false, 0, 255));

    assert_eq!(data.len(), 96);
    assert_eq!(data[..8], [0, 0, 6, 0x12, 91, 0, 0, 2]);
    assert_eq!(data[8..36], *b"LABELGTEVIRTUAL-DISK    0001");
    assert_eq!(
        data[58..66],
        [0x00, 0xa0, 0x09, 0x60, 0x04, 0x60, 0x04, 0xc0]
    );
    assert!(data[66..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_page_without_evpd_and_an_unknown_page_are_refused() {
    let mut initiator = Initiator::new(GEOMETRY);

    assert_eq!(initiator.failure(&inquiry(false, 1, 255)), at(2, None));
    assert_eq!(initiator.failure(&inquiry(true, 0x89, 255)), at(2, None));
    // CMDDT, of SPC-2.
    assert_eq!(initiator.failure(&[0x12, 2, 0, 0, 255, 0]), at(1, Some(1)));
}

#[test]
fn every_listed_page_is_there_and_says_its_own_length() {
    let mut initiator = Initiator::new(GEOMETRY);
    let listed = initiator.data(&inquiry(true, 0, 255));

    assert_eq!(listed, [0, 0, 0, 6, 0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2]);
    for page in &listed[4..] {
        let data = initiator.data(&inquiry(true, *page, 255));
        assert_eq!((data[0], data[1]), (0, *page));
        assert_eq!(
            usize::from(u16::from_be_bytes([data[2], data[3]])) + 4,
            data.len()
        );
    }
}

#[test]
fn identification_names_the_unit_its_port_and_its_device() {
    let data = Initiator::new(GEOMETRY).data(&inquiry(true, 0x83, 255));
    let mut rest = &data[4..];
    let mut designators = Vec::new();
    while let [set, kind, 0, length, after @ ..] = rest {
        let (value, after) = after.split_at(usize::from(*length));
        designators.push((*set, *kind, value.to_vec()));
        rest = after;
    }
    let name = b"iqn.2026-11.io.labelgate:store.disk";

    assert!(rest.is_empty());
    assert_eq!(
        designators[0],
        (0x01, 0x03, vec![0x30, 1, 2, 3, 4, 5, 6, 7])
    );
    assert_eq!(
        designators[1].2,
        b"LABELGTE0123456789abcdef0123456789abcdef"
    );
    assert_eq!((designators[3].0, designators[3].1), (0x51, 0x94));
    assert_eq!((designators[4].0, designators[4].1), (0x51, 0x95));
    for (at, kind, suffix) in [
        (2, (0x03, 0x08), b",L,0x0000000000000000".as_slice()),
        (5, (0x53, 0x98), b",t,0x0001"),
        (6, (0x53, 0xa8), b""),
    ] {
        let (set, found, value) = &designators[at];
        let end = value.iter().position(|byte| *byte == 0).unwrap();
        assert_eq!((*set, *found), kind);
        assert_eq!(value[..end], [name, suffix].concat());
        assert_eq!(value.len() % 4, 0);
    }
}

#[test]
fn block_limits_of_a_thin_unit() {
    let data = Initiator::new(GEOMETRY).data(&inquiry(true, 0xb0, 255));

    let mut expected = vec![0, 0xb0, 0, 0x3c];
    // WSNZ, 255 blocks compared and written, granularity of 8 blocks.
    expected.extend([1, 255, 0, 8]);
    // 2048 blocks per transfer, at most and at best; no limit to PRE-FETCH.
    expected.extend([0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
    // 2^20 blocks and 256 descriptors per UNMAP, in units of 8, aligned with the unit's start.
    expected.extend([0, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
    // 32768 blocks per WRITE SAME.
    expected.extend([0, 0, 0, 0, 0, 0, 0x80, 0]);
    expected.resize(64, 0);
    assert_eq!(data, expected);
}

#[test]
fn limits_are_in_blocks_of_the_unit_and_unmap_is_named_only_if_it_works() {
    let mut initiator = Initiator::new(Geometry {
        block_size: 4096,
        discard: false,
        ..GEOMETRY
    });

    let limits = initiator.data(&inquiry(true, 0xb0, 255));
    // Half of a transfer of 256 blocks is compared, half is written.
    assert_eq!(limits[5], 128);
    assert_eq!(limits[8..16], [0, 0, 1, 0, 0, 0, 1, 0]);
    assert_eq!(limits[20..36], [0; 16]);
    let provisioning = initiator.data(&inquiry(true, 0xb2, 255));
    assert_eq!(provisioning, [0, 0xb2, 0, 4, 0, 0, 0, 0]);
}

#[test]
fn a_thin_unit_says_how_it_gives_space_back() {
    let mut initiator = Initiator::new(GEOMETRY);

    let provisioning = initiator.data(&inquiry(true, 0xb2, 255));
    assert_eq!(provisioning, [0, 0xb2, 0, 4, 0, 0xe4, 2, 0]);
    let characteristics = initiator.data(&inquiry(true, 0xb1, 255));
    assert_eq!(characteristics[..6], [0, 0xb1, 0, 0x3c, 0, 1]);
}
