//! Names of stores, images, identities and hosts.

use std::fmt;
use std::str::FromStr;

use crate::text::json_text;

/// The longest name of a store or an image, in bytes.
const LONGEST: usize = 63;

/// The longest name of a snapshot, in bytes.
const LONGEST_SNAPSHOT: usize = 64;

/// The longest name of an identity, in bytes; RFC 7143 12.1.3 bounds `CHAP_N` like every text
/// value, by 255 bytes.
const LONGEST_IDENTITY: usize = 255;

/// The longest name of a host, in bytes: a common name of a certificate (RFC 5280, ub-common-name).
const LONGEST_HOST: usize = 64;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing in it.
    #[error("an empty name")]
    Empty,
    /// It has more bytes than allowed.
    #[error("a name of {length} bytes; use at most {limit}")]
    TooLong {
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It has a character that names of its kind do not have.
    #[error("a name with the character {character:?}; use {allowed}")]
    Character {
        /// The first that is wrong.
        character: char,
        /// What may be used.
        allowed: &'static str,
    },
}

/// What names of one kind are made of.
struct Rule {
    limit: usize,
    allows: fn(char) -> bool,
    allowed: &'static str,
}

impl Rule {
    fn check(&self, name: &str) -> Result<(), NameError> {
        let (length, limit) = (name.len(), self.limit);
        if length == 0 {
            return Err(NameError::Empty);
        }
        if length > limit {
            return Err(NameError::TooLong { length, limit });
        }
        match name.chars().find(|&character| !(self.allows)(character)) {
            None => Ok(()),
            Some(character) => Err(NameError::Character {
                character,
                allowed: self.allowed,
            }),
        }
    }
}

fn is_lower(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $rule:expr, $description:literal, $pattern:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, NameError> {
                $rule.check(name).map(|()| Self(name.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        json_text!($name, $description, $pattern, $example);
    };
}

name!(
    /// The name of a store. It has no dot: the first dot of a target's name ends the store.
    StoreName,
    Rule {
        limit: LONGEST,
        allows: is_lower,
        allowed: "lower-case letters, digits and dashes",
    },
    "The name of a store",
    "^[a-z0-9-]{1,63}$",
    "vms"
);

name!(
    /// The name of an image within its store.
    ImageName,
    Rule {
        limit: LONGEST,
        allows: |character| is_lower(character) || character == '.',
        allowed: "lower-case letters, digits, dashes and dots",
    },
    "The name of an image within its store",
    "^[a-z0-9.-]{1,63}$",
    "web-1"
);

name!(
    /// The name of a snapshot within its image.
    SnapshotName,
    Rule {
        limit: LONGEST_SNAPSHOT,
        allows: |character| character.is_ascii_alphanumeric() || "-_.".contains(character),
        allowed: "letters, digits, dashes, underscores and dots",
    },
    "The name of a snapshot within its image",
    "^[A-Za-z0-9._-]{1,64}$",
    "before-upgrade"
);

name!(
    /// The name of an identity, which is its CHAP name.
    ///
    /// Printable ASCII without spaces, and without the commas that separate values in iSCSI text
    /// and in QEMU's options.
    IdentityName,
    Rule {
        limit: LONGEST_IDENTITY,
        allows: |character| character.is_ascii_graphic() && character != ',',
        allowed: "printable ASCII without spaces and commas",
    },
    "The name of an identity: its CHAP name",
    "^[!-+\\--~]{1,255}$",
    "web-1"
);

name!(
    /// The name of a host that may ask over the network, which its certificate has as well.
    HostName,
    Rule {
        limit: LONGEST_HOST,
        allows: |character| character.is_ascii_alphanumeric() || ".-+@_/[]:".contains(character),
        allowed: "letters, digits and any of . - + @ _ / [ ] :",
    },
    "The name of a host",
    "^[A-Za-z0-9.+@_/:\\[\\]-]{1,64}$",
    "kvm-1"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_what_a_target_can_be_called() {
        assert!("vms-1".parse::<StoreName>().is_ok());
        assert!("web-1.data".parse::<ImageName>().is_ok());
        for wrong in ["", "Vms", "a b", "a/b", "a.b", "é", &"a".repeat(64)] {
            assert!(wrong.parse::<StoreName>().is_err(), "{wrong:?}");
        }
        assert!("Before_upgrade-1.2".parse::<SnapshotName>().is_ok());
        for wrong in ["", "a/b", "a@b", "a b", &"a".repeat(65)] {
            assert!(wrong.parse::<SnapshotName>().is_err(), "{wrong:?}");
        }
        for wrong in ["", "Web", "a/b", "..\0", &"a".repeat(64)] {
            assert!(wrong.parse::<ImageName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_host_fits_into_a_certificate() {
        assert!("kvm-1.example.com".parse::<HostName>().is_ok());
        for wrong in ["", "a b", "a,b", "é", "a\n", &"a".repeat(65)] {
            assert!(wrong.parse::<HostName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_identity_has_no_character_that_separates() {
        assert!(
            "iqn.2026-11.org.example:web"
                .parse::<IdentityName>()
                .is_ok()
        );
        for wrong in ["", "a,b", "a b", "a\n", "é", &"a".repeat(256)] {
            assert!(wrong.parse::<IdentityName>().is_err(), "{wrong:?}");
        }
    }
}
