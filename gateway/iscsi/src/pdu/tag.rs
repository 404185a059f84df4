//! The tags that tie PDUs together.

/// Names a task of the session; chosen by the initiator (RFC 7143, 11.2.1.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InitiatorTaskTag(pub u32);

impl InitiatorTaskTag {
    /// No task: a NOP-Out that wants no answer, a NOP-In that the target sends on its own.
    pub const RESERVED: Self = Self(u32::MAX);

    /// Whether it names no task.
    #[must_use]
    pub fn is_reserved(self) -> bool {
        self == Self::RESERVED
    }

    pub(super) const fn row(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    pub(super) const fn from_row(row: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(row))
    }
}

/// Names something the target waits for; chosen by the target (RFC 7143, 11.7.4, 11.8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetTransferTag(pub u32);

impl TargetTransferTag {
    /// Nothing is waited for: unsolicited data, a first text request, the last answer.
    pub const RESERVED: Self = Self(u32::MAX);

    /// Whether nothing is waited for.
    #[must_use]
    pub fn is_reserved(self) -> bool {
        self == Self::RESERVED
    }

    pub(super) const fn row(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    pub(super) const fn from_row(row: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(row))
    }
}
