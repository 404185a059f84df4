//! Telling an initiator's PDUs apart.

use super::header::opcode;
use super::{
    BHS, DataOut, LoginRequest, LogoutRequest, NopOut, ScsiCommand, Snack, TaskManagement,
    TextRequest,
};

/// Any PDU an initiator may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// NOP-Out.
    NopOut(NopOut),
    /// SCSI Command.
    ScsiCommand(ScsiCommand),
    /// SCSI Task Management Function Request.
    TaskManagement(TaskManagement),
    /// Login Request.
    Login(LoginRequest),
    /// Text Request.
    Text(TextRequest),
    /// SCSI Data-Out.
    DataOut(DataOut),
    /// Logout Request.
    Logout(LogoutRequest),
    /// SNACK Request.
    Snack(Snack),
    /// A target's opcode, a vendor's, or none at all: for a Reject.
    Unknown {
        /// The six bits.
        opcode: u8,
    },
}

impl Request {
    /// Reads a Basic Header Segment. Every 48 bytes are some request.
    #[must_use]
    pub fn parse(bytes: &[u8; BHS]) -> Self {
        let [first, ..] = bytes;
        match first & 0x3f {
            opcode::NOP_OUT => Self::NopOut(NopOut::parse(bytes)),
            opcode::SCSI_COMMAND => Self::ScsiCommand(ScsiCommand::parse(bytes)),
            opcode::TASK_MANAGEMENT => Self::TaskManagement(TaskManagement::parse(bytes)),
            opcode::LOGIN => Self::Login(LoginRequest::parse(bytes)),
            opcode::TEXT => Self::Text(TextRequest::parse(bytes)),
            opcode::DATA_OUT => Self::DataOut(DataOut::parse(bytes)),
            opcode::LOGOUT => Self::Logout(LogoutRequest::parse(bytes)),
            opcode::SNACK => Self::Snack(Snack::parse(bytes)),
            opcode => Self::Unknown { opcode },
        }
    }
}
