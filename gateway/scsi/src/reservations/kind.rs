//! TYPE of a persistent reservation (SPC-4 table 63).

use std::fmt;

/// What a persistent reservation keeps others from, and who is not one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Only the holder writes.
    WriteExclusive = 0x1,
    /// Only the holder reads or writes.
    ExclusiveAccess = 0x3,
    /// Only registered nexuses write; one of them is the holder.
    WriteExclusiveRegistrantsOnly = 0x5,
    /// Only registered nexuses read or write; one of them is the holder.
    ExclusiveAccessRegistrantsOnly = 0x6,
    /// Only registered nexuses write; all of them are holders.
    WriteExclusiveAllRegistrants = 0x7,
    /// Only registered nexuses read or write; all of them are holders.
    ExclusiveAccessAllRegistrants = 0x8,
}

impl Kind {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::WriteExclusive,
        Self::ExclusiveAccess,
        Self::WriteExclusiveRegistrantsOnly,
        Self::ExclusiveAccessRegistrantsOnly,
        Self::WriteExclusiveAllRegistrants,
        Self::ExclusiveAccessAllRegistrants,
    ];

    /// The type of this code, if there is one.
    pub(super) fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its code in CDBs and parameter data.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Others may not even read.
    pub(super) const fn excludes_readers(self) -> bool {
        matches!(
            self,
            Self::ExclusiveAccess
                | Self::ExclusiveAccessRegistrantsOnly
                | Self::ExclusiveAccessAllRegistrants
        )
    }

    /// Every registered nexus is a holder.
    pub(super) const fn is_of_all(self) -> bool {
        matches!(
            self,
            Self::WriteExclusiveAllRegistrants | Self::ExclusiveAccessAllRegistrants
        )
    }

    /// Every registered nexus has access, a holder or not.
    pub(super) const fn admits_registrants(self) -> bool {
        !matches!(self, Self::WriteExclusive | Self::ExclusiveAccess)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WriteExclusive => "write exclusive",
            Self::ExclusiveAccess => "exclusive access",
            Self::WriteExclusiveRegistrantsOnly => "write exclusive, registrants only",
            Self::ExclusiveAccessRegistrantsOnly => "exclusive access, registrants only",
            Self::WriteExclusiveAllRegistrants => "write exclusive, all registrants",
            Self::ExclusiveAccessAllRegistrants => "exclusive access, all registrants",
        })
    }
}
