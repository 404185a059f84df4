//! Login Response (RFC 7143, 11.13).

use super::header::opcode;
use super::layout::{self, BHS, RESERVED};
use super::{InitiatorTaskTag, Isid, LoginStatus, Numbers, SegmentLength, Stage, Tsih};

const TRANSIT: u8 = 0x80;
const CONTINUE: u8 = 0x40;

/// The only version there is: RFC 7143, 11.12.4 gives it the number 0x00.
const VERSION: u8 = 0;

/// What a login response does to the stage: its T, C and NSG fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProgress {
    /// The stage goes on.
    Stays,
    /// The stage goes on, and so does this response's text, in the next one.
    Continues,
    /// The next stage begins.
    Transits(Stage),
}

/// One step of a login, followed by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginResponse {
    /// The stage of the request this answers.
    pub current_stage: Stage,
    /// What follows it.
    pub progress: LoginProgress,
    /// Copied from the request.
    pub isid: Isid,
    /// The session's handle, in the last response of the login; before, the request's.
    pub tsih: Tsih,
    /// Copied from the request.
    pub initiator_task_tag: InitiatorTaskTag,
    /// How the login stands.
    pub status: LoginStatus,
    /// The text that follows.
    pub data_segment_length: SegmentLength,
}

impl LoginResponse {
    /// The header.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let progress = match self.progress {
            LoginProgress::Stays => 0,
            LoginProgress::Continues => CONTINUE,
            LoginProgress::Transits(next) => TRANSIT | next.code(),
        };
        let flags = progress | self.current_stage.code() << 2;
        let (isid, tsih) = self.isid.rows(self.tsih);
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [opcode::LOGIN_RESPONSE, flags, VERSION, VERSION],
            self.data_segment_length.row(0),
            isid,
            tsih,
            self.initiator_task_tag.row(),
            RESERVED,
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            layout::row(self.status.code(), 0),
            RESERVED,
            RESERVED,
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        let [[_, flags, ..], length, isid, tsih, task, _, rows @ ..] = layout::rows(bytes);
        let [stat, expected, max, status, ..] = rows;
        let (isid, tsih) = Isid::from_rows(isid, tsih);
        let stage = |code| Stage::from_code(code).unwrap_or(Stage::FullFeature);
        let code = layout::halves(status).0;
        let known = LoginStatus::ALL
            .into_iter()
            .find(|status| status.code() == code);
        let pdu = Self {
            current_stage: stage(flags >> 2),
            progress: match flags & (TRANSIT | CONTINUE) {
                0 => LoginProgress::Stays,
                CONTINUE => LoginProgress::Continues,
                _ => LoginProgress::Transits(stage(flags)),
            },
            isid,
            tsih,
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            status: known.unwrap_or(LoginStatus::TargetError),
            data_segment_length: SegmentLength::from_row(length),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
