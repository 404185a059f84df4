//! What the golden bytes of the procedures are put together from, by hand.

use super::{Attributes, DeviceNumber, FileHandle, FileType, Mode, Time, WccAttributes, WccData};

/// The bytes of some hexadecimal digits. Spaces and line ends are for the reader.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .bytes()
        .filter(|digit| !digit.is_ascii_whitespace())
        .collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "half a byte");
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A handle, and how it is written.
pub(super) const HANDLE: FileHandle<'static> = match FileHandle::new(&[0xa1, 0xa2, 0xa3]) {
    Some(handle) => handle,
    None => panic!("three bytes are a handle"),
};
pub(super) const HANDLE_BYTES: &str = "00000003 a1a2a300";

/// Another.
pub(super) const OTHER: FileHandle<'static> = match FileHandle::new(&[0xb1, 0xb2, 0xb3, 0xb4]) {
    Some(handle) => handle,
    None => panic!("four bytes are a handle"),
};
pub(super) const OTHER_BYTES: &str = "00000004 b1b2b3b4";

/// Attributes, of which (almost) each byte is its own place in the structure.
pub(super) const ATTRIBUTES: Attributes = Attributes {
    file_type: FileType::Regular,
    mode: Mode::new(0o607),
    nlink: 0x0809_0a0b,
    uid: 0x0c0d_0e0f,
    gid: 0x1011_1213,
    size: 0x1415_1617_1819_1a1b,
    used: 0x1c1d_1e1f_2021_2223,
    rdev: DeviceNumber {
        major: 0x2425_2627,
        minor: 0x2829_2a2b,
    },
    fsid: 0x2c2d_2e2f_3031_3233,
    fileid: 0x3435_3637_3839_3a3b,
    atime: time(0x3c3d_3e3f, 0x0041_4243),
    mtime: time(0x4445_4647, 0x0049_4a4b),
    ctime: time(0x4c4d_4e4f, 0x0051_5253),
};
pub(super) const ATTRIBUTES_BYTES: &str = "
    00000001 00000187 08090a0b 0c0d0e0f 10111213
    14151617 18191a1b 1c1d1e1f 20212223 24252627 28292a2b
    2c2d2e2f 30313233 34353637 38393a3b
    3c3d3e3f 00414243 44454647 00494a4b 4c4d4e4f 00515253";

/// Weak cache consistency data that is whole.
pub(super) const WCC: WccData = WccData {
    before: Some(WccAttributes {
        size: 0xc0c1_c2c3_c4c5_c6c7,
        mtime: time(0xc8c9_cacb, 0x00cd_cecf),
        ctime: time(0xd0d1_d2d3, 0x00d5_d6d7),
    }),
    after: Some(ATTRIBUTES),
};

/// How [`WCC`] is written.
pub(super) fn wcc_bytes() -> String {
    format!(
        "00000001 c0c1c2c3 c4c5c6c7 c8c9cacb 00cdcecf d0d1d2d3 00d5d6d7
         00000001 {ATTRIBUTES_BYTES}"
    )
}

/// How [`WccData::default`] is written: there is neither the one nor the other.
pub(super) const NO_WCC_BYTES: &str = "00000000 00000000";

/// A sattr3 that sets the mode and the size, and mtime to the server's time.
pub(super) const SET_BYTES: &str = "
    00000001 000001b6 00000000 00000000
    00000001 00000000 00001000 00000000 00000001";

/// A sattr3 that sets nothing.
pub(super) const SET_NOTHING_BYTES: &str = "
    00000000 00000000 00000000 00000000 00000000 00000000";

const fn time(seconds: u32, nanoseconds: u32) -> Time {
    match Time::new(seconds, nanoseconds) {
        Some(time) => time,
        None => panic!("too many nanoseconds"),
    }
}
