//! The status byte that ends a command.

/// SAM-5 5.3.1, the codes this server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// The command was carried out.
    Good = 0x00,
    /// It was not; sense data says why.
    CheckCondition = 0x02,
    /// The condition asked for holds (PRE-FETCH).
    ConditionMet = 0x04,
    /// Try again later.
    Busy = 0x08,
    /// Another I_T nexus holds a reservation.
    ReservationConflict = 0x18,
    /// No room for another command in the task set.
    TaskSetFull = 0x28,
    /// The command was aborted by another I_T nexus (control mode page, TAS=1).
    TaskAborted = 0x40,
}

impl Status {
    /// The byte on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}
