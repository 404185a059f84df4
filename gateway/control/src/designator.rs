//! How an initiator tells one image from every other: serial number and NAA identifier.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Changing this text gives every disk of every guest a new serial number.
const CONTEXT: &str = "labelgate 2026-11 unit serial number and NAA designator";

/// Sixteen bytes, printed as 32 hexadecimal digits: the unit serial number (SPC-5, VPD page 80h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Serial(pub [u8; 16]);

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serial {
    /// The serial number that is printed so, and not otherwise.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // With a sign or in upper case it would be a second name for the same image.
        let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.as_bytes().iter().all(digit) {
            return None;
        }
        let number = u128::from_str_radix(text, 16).ok()?;
        Some(Self(number.to_be_bytes()))
    }
}

/// What identifies an image to initiators, for ever.
///
/// Multipath software takes two paths with one designator for one disk, so two images must never
/// share one; and a guest finds its file systems by it, so it must survive every restart. It is
/// therefore a function of the image's name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Designator {
    /// The unit serial number.
    pub serial: Serial,
    /// NAA locally assigned (type 3h), SPC-5 7.7.6.6.4: four bits of type, 60 bits of our choice.
    pub naa: [u8; 8],
}

impl Designator {
    /// The designator of the image `image` of the store `store` behind a gateway whose targets
    /// begin with `target_prefix`.
    #[must_use]
    pub fn of(target_prefix: &str, store: &str, image: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for part in [target_prefix, store, image] {
            // With its length before it no part can pass for the end of another.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = *hasher.finalize().as_bytes();
        let mut serial = [0; 16];
        let mut naa = [0; 8];
        for (to, from) in serial.iter_mut().chain(&mut naa).zip(hash) {
            *to = from;
        }
        let [first, ..] = &mut naa;
        *first = 0x30 | (*first & 0x0f);
        Self {
            serial: Serial(serial),
            naa,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These must never change: guests would find other disks than they had.
    #[test]
    fn designators_are_for_ever() {
        let golden = |store, image| {
            let Designator { serial, naa } =
                Designator::of("iqn.2026-11.io.labelgate", store, image);
            format!("{serial} {:016x}", u64::from_be_bytes(naa))
        };
        assert_eq!(
            golden("vms", "web-1"),
            "3dcc1c953a9cc4fef2a1864f3506d7d0 3e2deeb81c78dddb"
        );
        assert_eq!(
            golden("vms", "web-2"),
            "d11bc36b9bd7b56d604f10d2c9ed5fc3 32c4a8b0de87d758"
        );
    }

    #[test]
    fn a_serial_number_is_read_only_as_it_is_printed() {
        let serial = Designator::of("p", "s", "i").serial;
        let text = serial.to_string();
        assert_eq!(Serial::parse(&text), Some(serial));
        for wrong in [
            text.to_uppercase(),
            format!("{text}0"),
            format!("+{}", &text[1..]),
            String::new(),
        ] {
            assert_eq!(Serial::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_boundary_between_store_and_image_counts() {
        assert_ne!(
            Designator::of("p", "ab", "c"),
            Designator::of("p", "a", "bc")
        );
        assert_ne!(
            Designator::of("pa", "b", "c"),
            Designator::of("p", "ab", "c")
        );
    }

    #[test]
    fn the_naa_type_is_locally_assigned() {
        for image in 0..64 {
            let designator = Designator::of("p", "s", &image.to_string());
            assert_eq!(designator.naa[0] >> 4, 3);
        }
    }
}
