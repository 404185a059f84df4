//! Where a logical unit is, and what opens it.

use std::ffi::CString;
use std::fmt;
use std::net::SocketAddr;

use crate::Error;

/// The longest name of a target or an initiator, in bytes (RFC 7143 4.2.7).
const MAX_NAME: usize = 223;
/// The longest name or secret of CHAP that the library has room for, in bytes.
const MAX_CHAP: usize = 254;
/// The first number of a logical unit that is not addressed flatly.
const MAX_UNIT: u16 = 1 << 14;

/// A name and the secret that proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct Chap {
    /// The name.
    pub name: String,
    /// The secret.
    pub secret: String,
}

impl fmt::Debug for Chap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chap")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The initiator's name.
    pub initiator: String,
    /// What it proves itself with, if the target wants proof.
    pub chap: Option<Chap>,
    /// What the target has to prove itself with.
    pub target_chap: Option<Chap>,
}

impl Credentials {
    pub(crate) fn check(&self) -> Result<(), Error> {
        text("the initiator's name", &self.initiator, MAX_NAME)?;
        for chap in [&self.chap, &self.target_chap].into_iter().flatten() {
            text("the name for CHAP", &chap.name, MAX_CHAP)?;
            text("the secret for CHAP", &chap.secret, MAX_CHAP)?;
        }
        match (&self.chap, &self.target_chap) {
            (None, Some(_)) => Err(Error::Text(
                "a secret for the target without one of its own",
            )),
            // RFC 7143 9.2.1; and a target could send back what it has been asked.
            (Some(own), Some(other)) if own.secret == other.secret => Err(Error::SameSecret),
            _ => Ok(()),
        }
    }
}

/// Where a logical unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The target's portal. A target's redirection to another one is not followed: the credentials are
    /// for this one.
    pub portal: SocketAddr,
    /// The target's name.
    pub target: String,
    /// The number of the logical unit.
    pub unit: u16,
}

impl Address {
    pub(crate) fn check(&self) -> Result<(), Error> {
        text("the target's name", &self.target, MAX_NAME)?;
        match self.unit {
            0..MAX_UNIT => Ok(()),
            _ => Err(Error::Text("the number of the logical unit")),
        }
    }

    /// What tells this session from others of the same initiator's: the same each time, so that a
    /// target ends what is left of the last one when the next logs in (session reinstatement), and
    /// another for each logical unit.
    pub(crate) fn isid(&self) -> (u32, u32) {
        // FNV-1a.
        let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let unit = self.unit.to_be_bytes();
        let bytes = self.target.as_bytes().iter().chain(&unit);
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325, fold);
        let part = |shift: u32, mask: u64| u32::try_from((hash >> shift) & mask).unwrap_or(0);
        (part(40, 0xff_ffff), part(16, 0xffff))
    }
}

/// A text for C that is not empty.
pub(crate) fn text(what: &'static str, text: &str, longest: usize) -> Result<CString, Error> {
    if text.is_empty() || text.len() > longest {
        return Err(Error::Text(what));
    }
    CString::new(text).map_err(|_| Error::Text(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chap(secret: &str) -> Option<Chap> {
        let (name, secret) = ("somebody".to_owned(), secret.to_owned());
        Some(Chap { name, secret })
    }

    #[test]
    fn credentials_that_prove_nothing_are_refused() {
        let with = |chap, target_chap| {
            let initiator = "iqn.2026-11.io.labelgate:i".to_owned();
            let credentials = Credentials {
                initiator,
                chap,
                target_chap,
            };
            credentials.check()
        };
        assert_eq!(with(chap("one"), chap("other")), Ok(()));
        assert_eq!(with(chap("one"), chap("one")), Err(Error::SameSecret));
        assert!(with(None, chap("other")).is_err());
        assert!(with(chap(""), None).is_err());
        assert!(with(chap(&"x".repeat(255)), None).is_err());
        let shown = format!("{:?}", chap("hidden"));
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn each_unit_has_sessions_of_its_own() {
        let address = |target: &str, unit| Address {
            portal: ([127, 0, 0, 1], 3260).into(),
            target: target.to_owned(),
            unit,
        };
        assert_eq!(address("a", 1).isid(), address("a", 1).isid());
        assert_ne!(address("a", 1).isid(), address("a", 2).isid());
        assert_ne!(address("a", 1).isid(), address("b", 1).isid());
        assert!(address("a", 16384).check().is_err());
    }
}
