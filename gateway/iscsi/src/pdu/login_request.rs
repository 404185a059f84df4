//! Login Request (RFC 7143, 11.12).

use super::header::opcode;
use super::layout::{self, BHS, IMMEDIATE, RESERVED, flag};
use super::{Cid, InitiatorTaskTag, Isid, SegmentLength, Stage, Tsih};
use crate::serial::{CmdSn, StatSn};

const TRANSIT: u8 = 0x80;
const CONTINUE: u8 = 0x40;

/// One step of a login, followed by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginRequest {
    /// The I bit, always set by an initiator that follows the standard.
    pub immediate: bool,
    /// The T bit: the initiator is ready to go on to the next stage.
    pub transit: bool,
    /// The C bit: the text goes on in the next request.
    pub continued: bool,
    /// CSG; `None` for the reserved number.
    pub current_stage: Option<Stage>,
    /// NSG, which means something only with `transit`; `None` for the reserved number.
    pub next_stage: Option<Stage>,
    /// The highest version the initiator speaks.
    pub version_max: u8,
    /// The lowest version the initiator speaks.
    pub version_min: u8,
    /// The initiator's part of the session's name.
    pub isid: Isid,
    /// The session to join; [`Tsih::NONE`] for a new one.
    pub tsih: Tsih,
    /// The task that all requests of one login share.
    pub initiator_task_tag: InitiatorTaskTag,
    /// The connection within the session.
    pub cid: Cid,
    /// The number of the session's first command, in a login that makes a session.
    pub cmd_sn: CmdSn,
    /// The next status the initiator expects.
    pub exp_stat_sn: StatSn,
}

impl LoginRequest {
    /// Reads a login request, whatever the opcode says.
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [
            [first, flags, version_max, version_min],
            _,
            isid,
            tsih,
            rows @ ..,
        ] = layout::rows(bytes);
        let [task, cid, cmd_sn, exp_stat_sn, ..] = rows;
        let (isid, tsih) = Isid::from_rows(isid, tsih);
        Self {
            immediate: first & IMMEDIATE != 0,
            transit: flags & TRANSIT != 0,
            continued: flags & CONTINUE != 0,
            current_stage: Stage::from_code(flags >> 2),
            next_stage: Stage::from_code(flags),
            version_max,
            version_min,
            isid,
            tsih,
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            cid: Cid(layout::halves(cid).0),
            cmd_sn: CmdSn::new(u32::from_be_bytes(cmd_sn)),
            exp_stat_sn: StatSn::new(u32::from_be_bytes(exp_stat_sn)),
        }
    }

    /// The header as an initiator sends it, followed by `data` bytes of text.
    #[must_use]
    pub fn encode(&self, data: SegmentLength) -> [u8; BHS] {
        const RESERVED_STAGE: u8 = 2;
        let code = |stage: Option<Stage>| stage.map_or(RESERVED_STAGE, Stage::code);
        let flags = flag(self.transit, TRANSIT)
            | flag(self.continued, CONTINUE)
            | code(self.current_stage) << 2
            | code(self.next_stage);
        let (isid, tsih) = self.isid.rows(self.tsih);
        let first = layout::request(opcode::LOGIN, self.immediate);
        layout::bytes(&[
            [first, flags, self.version_max, self.version_min],
            data.row(0),
            isid,
            tsih,
            self.initiator_task_tag.row(),
            layout::row(self.cid.0, 0),
            self.cmd_sn.get().to_be_bytes(),
            self.exp_stat_sn.get().to_be_bytes(),
            RESERVED,
            RESERVED,
            RESERVED,
            RESERVED,
        ])
    }
}
