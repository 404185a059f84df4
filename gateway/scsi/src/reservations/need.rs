//! What a command would do, as far as reservations are concerned (SPC-4 tables 65 and 66, SBC-3
//! table 5, SPC-2 table 10).

use crate::Command;

/// What a command would do. In order: whoever may do something may do everything before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Allowed in the presence of any reservation.
    Nothing,
    /// Allowed in the presence of any persistent reservation; conflicts with RESERVE(6) alone.
    Presence,
    /// Conflicts with a reservation of exclusive access.
    Reading,
    /// Conflicts with every reservation.
    Writing,
}

impl Need {
    /// What a command needs. The commands that make and end reservations decide for themselves
    /// what they conflict with.
    #[must_use]
    pub const fn of(command: &Command) -> Self {
        match command {
            Command::Inquiry { .. }
            | Command::ReportLuns { .. }
            | Command::RequestSense { .. }
            | Command::ReadCapacity10
            | Command::ReadCapacity16 { .. }
            | Command::StartStop { start: true, .. }
            | Command::Reserve
            | Command::Release
            | Command::PersistentReserveIn { .. }
            | Command::PersistentReserveOut { .. } => Self::Nothing,
            Command::TestUnitReady => Self::Presence,
            Command::ModeSense { .. }
            | Command::ReportSupportedOpcodes { .. }
            | Command::ReportSupportedTaskManagement { .. }
            | Command::Read(_)
            | Command::Verify { .. }
            | Command::Prefetch { .. }
            | Command::GetLbaStatus { .. }
            | Command::ReadDefects { .. } => Self::Reading,
            Command::ModeSelect { .. }
            | Command::StartStop { start: false, .. }
            | Command::Write(_)
            | Command::WriteVerify(_)
            | Command::WriteSame { .. }
            | Command::CompareAndWrite(_)
            | Command::OrWrite(_)
            | Command::Unmap { .. }
            // It makes others' writes stable: "Conflict" for whoever may not write.
            | Command::SynchronizeCache { .. } => Self::Writing,
        }
    }
}
