//! The layout, byte for byte, and everything that is refused.

use std::net::Ipv6Addr;

use super::*;

const KEY: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31,
];

const EPOCH: u64 = 0x0102_0304_0506_0708;

const NODE_HANDLE: Handle = Handle {
    epoch: EPOCH,
    object: Object::Node {
        store: 0x0a0b_0c0d,
        generation: 0x0102_0304,
        inode: 0x1112_1314_1516_1718,
    },
};

const IMAGE_HANDLE: Handle = Handle {
    epoch: EPOCH,
    object: Object::Image(*b"0123456789abcdef"),
};

const ROOT_HANDLE: Handle = Handle {
    epoch: EPOCH,
    object: Object::Root,
};

fn key() -> HandleKey {
    HandleKey::new(KEY)
}

fn client() -> Option<IpAddr> {
    Some("192.0.2.7".parse().unwrap())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn opened(bytes: &[u8], key: &HandleKey, client: Option<IpAddr>) -> Result<Handle, Stale> {
    Sealed::parse(bytes).unwrap().open(key, client)
}

// The seals below were computed by another implementation of BLAKE3.

#[test]
fn a_node_is_laid_out_as_documented() {
    assert_eq!(
        hex(&NODE_HANDLE.seal(&key(), client())),
        "010200000000000001020304050607080a0b0c0d010203041112131415161718\
         485951ae5d0f9c1ee7b89f9bd542b37f"
    );
}

#[test]
fn a_handle_that_is_bound_to_no_address_is_sealed_with_zeros_for_it() {
    assert_eq!(
        hex(&NODE_HANDLE.seal(&key(), None)),
        "010200000000000001020304050607080a0b0c0d010203041112131415161718\
         3aa34cabfd2c75e79b1f38608fd17c36"
    );
}

#[test]
fn an_image_is_laid_out_as_documented() {
    assert_eq!(
        hex(&IMAGE_HANDLE.seal(&key(), None)),
        "0101000000000000010203040506070830313233343536373839616263646566\
         d16a56e50c94b2e7876dc9243874d16d"
    );
}

#[test]
fn the_root_is_laid_out_as_documented() {
    assert_eq!(
        hex(&ROOT_HANDLE.seal(&key(), None)),
        "0100000000000000010203040506070800000000000000000000000000000000\
         d692b142a1077ac816bd51502c7b4af1"
    );
}

#[test]
fn a_labels_key_is_derived_from_the_master_key_and_the_label() {
    assert_eq!(
        hex(HandleKey::derive(&KEY, "s0:c1,c2").expose()),
        "a5ed69a36d1ec7af639d719d7646f6634772a86d5e746a42a57723f419dd9aef"
    );
}

#[test]
fn a_handle_opens_with_its_key_for_its_client() {
    let sealed = NODE_HANDLE.seal(&key(), client());

    assert_eq!(opened(&sealed, &key(), client()), Ok(NODE_HANDLE));
}

#[test]
fn an_ipv4_client_is_the_same_one_on_a_socket_that_speaks_both() {
    let sealed = NODE_HANDLE.seal(&key(), client());
    let mapped: Ipv6Addr = "::ffff:192.0.2.7".parse().unwrap();

    assert_eq!(
        opened(&sealed, &key(), Some(mapped.into())),
        Ok(NODE_HANDLE)
    );
}

#[test]
fn the_epoch_is_readable_without_the_key() {
    let sealed = Sealed::parse(&NODE_HANDLE.seal(&key(), None)).unwrap();

    assert_eq!(sealed.claimed_epoch(), EPOCH);
}

#[test]
fn a_handle_is_passed_on_as_it_came() {
    let bytes = NODE_HANDLE.seal(&key(), client());

    assert_eq!(Sealed::parse(&bytes).unwrap().as_bytes(), bytes);
}

#[test]
fn any_flipped_bit_is_refused() {
    for handle in [ROOT_HANDLE, IMAGE_HANDLE, NODE_HANDLE] {
        let bytes = handle.seal(&key(), client());
        for bit in 0..LENGTH * 8 {
            let mut forged = bytes;
            forged[bit / 8] ^= 1 << (bit % 8);

            let opened = Sealed::parse(&forged).map(|sealed| sealed.open(&key(), client()));

            assert!(matches!(opened, Err(BadHandle) | Ok(Err(Stale))), "{bit}");
        }
    }
}

#[test]
fn another_labels_key_is_refused() {
    let sealed = NODE_HANDLE.seal(&HandleKey::derive(&KEY, "s0:c1,c2"), client());

    let other = HandleKey::derive(&KEY, "s0:c1,c3");

    assert_eq!(opened(&sealed, &other, client()), Err(Stale));
}

#[test]
fn another_clients_address_is_refused() {
    let sealed = NODE_HANDLE.seal(&key(), client());

    let other = Some("192.0.2.8".parse().unwrap());

    assert_eq!(opened(&sealed, &key(), other), Err(Stale));
    assert_eq!(opened(&sealed, &key(), None), Err(Stale));
}

#[test]
fn a_handle_that_is_bound_to_no_address_does_not_pass_for_one_that_is() {
    let sealed = NODE_HANDLE.seal(&key(), None);

    assert_eq!(opened(&sealed, &key(), client()), Err(Stale));
}

#[test]
fn another_length_is_no_handle() {
    let bytes = NODE_HANDLE.seal(&key(), client());
    let longer = [&bytes[..], &[0]].concat();

    assert!(matches!(Sealed::parse(&[]), Err(BadHandle)));
    assert!(matches!(Sealed::parse(&bytes[..47]), Err(BadHandle)));
    assert!(matches!(Sealed::parse(&longer), Err(BadHandle)));
}

#[test]
fn what_no_key_could_have_sealed_is_no_handle() {
    let root = ROOT_HANDLE.seal(&key(), None);
    // The version, the kind, the first and the last reserved byte, and an object of the root's.
    for (at, byte) in [(0, 2), (1, 3), (2, 1), (7, 1), (16, 1), (31, 1)] {
        let mut forged = root;
        forged[at] = byte;

        assert!(matches!(Sealed::parse(&forged), Err(BadHandle)), "{at}");
    }
}

#[test]
fn neither_the_key_nor_what_is_sealed_is_printed() {
    let sealed = Sealed::parse(&IMAGE_HANDLE.seal(&key(), None)).unwrap();

    assert_eq!(format!("{:?}", key()), "HandleKey(..)");
    assert_eq!(
        format!("{sealed:?}"),
        format!("Sealed {{ claimed_epoch: {EPOCH}, .. }}")
    );
}
