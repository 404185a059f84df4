//! Login stages (RFC 7143, 11.12.3).

/// A stage of the login phase, or the phase after it. The number 2 is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// SecurityNegotiation.
    Security = 0,
    /// LoginOperationalNegotiation.
    Operational = 1,
    /// FullFeaturePhase.
    FullFeature = 3,
}

impl Stage {
    /// Its number in CSG and NSG.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The stage with the number in the low two bits; `None` for the reserved one.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code & 3 {
            0 => Some(Self::Security),
            1 => Some(Self::Operational),
            3 => Some(Self::FullFeature),
            _ => None,
        }
    }
}
