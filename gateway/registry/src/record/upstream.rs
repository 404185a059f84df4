//! What logical units of an upstream iSCSI target are found by.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::backend_text::{BackendNameError, Rule, backend_text};

/// What targets listen on (RFC 7143 4.2.1).
const PORT: u16 = 3260;

/// The first number of a logical unit that is not addressed flatly (SAM-5 4.7.5).
const MAX_UNIT: u16 = 1 << 14;

const NAME: Rule = Rule {
    what: "the iSCSI name",
    limit: 223,
    punctuation: "-.:",
    allowed: "letters, digits, dashes, dots and colons, as in iqn.2026-11.org.example:disks",
};

const USER: Rule = Rule {
    what: "the name for CHAP",
    limit: 254,
    punctuation: "-_.:@/",
    allowed: "letters, digits, and - _ . : @ /",
};

backend_text! {
    /// The name of a target, or of an initiator.
    IscsiName, Typed, |text| text
}

backend_text! {
    /// The name that somebody proves by CHAP.
    ChapName, USER, |text| text
}

/// A name of one of the three types (RFC 7143 4.2.7.3).
struct Typed;

impl Typed {
    fn check(&self, text: &str) -> Result<(), BackendNameError> {
        NAME.check(text)?;
        // Both ends compare them as lower case.
        if let Some(character) = text.chars().find(char::is_ascii_uppercase) {
            let allowed = "lower case, in which iSCSI names are compared";
            return Err(BackendNameError::Character {
                what: NAME.what,
                character,
                allowed,
            });
        }
        let typed = ["iqn.", "eui.", "naa."];
        match typed.iter().any(|kind| text.starts_with(kind)) {
            true => Ok(()),
            false => Err(BackendNameError::Kind {
                what: NAME.what,
                begins: "iqn., eui. or naa.",
            }),
        }
    }
}

/// Where a target is: an IP address and a port. No name: whoever uses it asks nobody for addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Portal(SocketAddr);

/// Why a text is no portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no IP address with or without a port; write it as 10.0.0.9 or [fd00::9]:3260")]
pub struct PortalError(String);

impl Portal {
    /// The address and the port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0
    }
}

impl FromStr for Portal {
    type Err = PortalError;

    fn from_str(text: &str) -> Result<Self, PortalError> {
        let bare = text.trim_matches(['[', ']']).parse::<IpAddr>();
        let found = match bare {
            Ok(address) => Some(SocketAddr::new(address, PORT)),
            Err(_) => text.parse().ok(),
        };
        let reachable = |at: &SocketAddr| at.port() != 0 && !at.ip().is_unspecified();
        let found = found.filter(reachable);
        found
            .map(Self)
            .ok_or_else(|| PortalError(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

super::serde_as_text!(Portal);

/// The number of the logical unit that an image's file says: decimal, and in no other way.
///
/// # Errors
/// It is none.
pub fn unit_of(text: &str) -> Result<u16, UnitError> {
    let number = text.parse().ok().filter(|number| *number < MAX_UNIT);
    let said = |number: &u16| number.to_string() == text;
    number
        .filter(said)
        .ok_or_else(|| UnitError(text.chars().take(64).collect()))
}

/// Why a text is no number of a logical unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no number of a logical unit; use 0 to 16383")]
pub struct UnitError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_type_and_one_spelling() {
        for right in [
            "iqn.2026-11.org.example:disks",
            "eui.02004567a425678d",
            "naa.52004567ba64678d",
        ] {
            assert!(right.parse::<IscsiName>().is_ok(), "{right}");
        }
        for wrong in [
            "",
            "disks",
            "iqn.2026-11.org.Example:x",
            "iqn.a b",
            "iqn.a,b",
            &"iqn.".repeat(60),
        ] {
            assert!(wrong.parse::<IscsiName>().is_err(), "{wrong:?}");
        }
        assert!("gateway".parse::<ChapName>().is_ok());
        assert!("gate way".parse::<ChapName>().is_err());
    }

    #[test]
    fn a_portal_is_an_address_with_iscsis_port_unless_it_has_another() {
        let shown = |text: &str| text.parse::<Portal>().map(|portal| portal.to_string());
        assert_eq!(shown("10.0.0.9").as_deref(), Ok("10.0.0.9:3260"));
        assert_eq!(shown("10.0.0.9:3261").as_deref(), Ok("10.0.0.9:3261"));
        assert_eq!(shown("fd00::9").as_deref(), Ok("[fd00::9]:3260"));
        assert_eq!(shown("[fd00::9]:1").as_deref(), Ok("[fd00::9]:1"));
        for wrong in [
            "",
            "san.example.org",
            "10.0.0.9:",
            "10.0.0.9:0",
            "0.0.0.0",
            "10.0.0.9,1",
        ] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_unit_has_one_spelling() {
        assert_eq!((unit_of("0"), unit_of("16383")), (Ok(0), Ok(16383)));
        for wrong in ["", "01", "+1", "-1", "16384", "1 ", "lun-1"] {
            assert!(unit_of(wrong).is_err(), "{wrong:?}");
        }
    }
}
