//! Hosts that may speak to the gateway over the network.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Record, serde_as_text};
use crate::HostId;

/// A host that proves by a certificate who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// What it is called.
    pub name: HostId,
    /// What it may do.
    pub role: HostRole,
    /// The only addresses that a hypervisor's machines connect from; any, if that was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<BTreeSet<IpAddr>>,
    /// The one certificate that proves it.
    pub fingerprint: Fingerprint,
    /// When that expires.
    pub expires: Timestamp,
    /// Since when it is known.
    pub since: Timestamp,
}

/// What a host may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostRole {
    /// All that an admin may do over the network.
    Admin,
    /// Start, end and prove the machines that it may run.
    Hypervisor(Machines),
    /// Look.
    Monitor,
}

/// Which virtual machines a hypervisor may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Machines {
    /// Whichever it asks for: an admin has said so.
    Any,
    /// These.
    These(BTreeSet<Uuid>),
}

impl Machines {
    /// Whether this one is among them.
    #[must_use]
    pub fn include(&self, vm: Uuid) -> bool {
        match self {
            Self::Any => true,
            Self::These(machines) => machines.contains(&vm),
        }
    }
}

/// The SHA-256 hash of a certificate in DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// One that was computed.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why a text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 64 digits of lower-case hexadecimal")]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let bytes = crate::hexadecimal::unhex(text).ok_or(FingerprintError)?;
        let bytes = bytes.as_slice().try_into();
        bytes.map(Self).map_err(|_| FingerprintError)
    }
}

serde_as_text!(Fingerprint);

impl Record for Host {
    type Key = HostId;

    fn key(&self) -> HostId {
        self.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_written_and_otherwise_not() {
        let text = "00ff".repeat(16);
        let fingerprint: Fingerprint = text.parse().unwrap();
        assert_eq!(fingerprint.to_string(), text);
        for wrong in ["", "00ff", &text.to_uppercase(), &format!("{text}00")] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn machines_that_were_not_named_are_not_included_unless_any_is() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(Machines::Any.include(one));
        let these = Machines::These([one].into());
        assert!(these.include(one) && !these.include(other));
        assert!(!Machines::These(BTreeSet::new()).include(one));
    }
}
