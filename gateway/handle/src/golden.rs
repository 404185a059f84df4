//! Handles that clients may hold already. They were computed by a second implementation of BLAKE3.

use std::net::IpAddr;

use crate::{Handle, HandleKey, Object};

/// Sealed for a label of the master key 00 01 .. 1f.
fn sealed(object: Object, client: Option<&str>) -> String {
    let mut master = [0; 32];
    for (byte, value) in master.iter_mut().zip(0..) {
        *byte = value;
    }
    let key = HandleKey::for_label(&master, "s0:c12,c34");
    let handle = Handle {
        epoch: 0x0123_4567_89ab_cdef,
        object,
    };
    let client = client.map(|text| text.parse::<IpAddr>().unwrap());
    let sealed = handle.seal(&key, client);
    sealed.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// These must never change: every client would have to mount anew.
#[test]
fn handles_are_for_ever() {
    let serial: Vec<u8> = (0xa0..0xb0).collect();
    let image = Object::Image(serial.try_into().unwrap());
    let node = Object::Node {
        store: 3,
        generation: 0x0405_0607,
        inode: 0x0809_0a0b_0c0d_0e0f,
    };
    assert_eq!(
        sealed(Object::Root, None),
        "01000000000000000123456789abcdef000000000000000000000000000000007941427f503893905bf8790f4260b362"
    );
    assert_eq!(
        sealed(image, Some("10.9.1.2")),
        "01010000000000000123456789abcdefa0a1a2a3a4a5a6a7a8a9aaabacadaeaf62555aa1910294ef68ec88ded65667e4"
    );
    assert_eq!(
        sealed(node, Some("2001:db8::7")),
        "01020000000000000123456789abcdef000000030405060708090a0b0c0d0e0f598f982c2b9684c202db12c45bb23caa"
    );
}
