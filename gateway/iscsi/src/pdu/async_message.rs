//! Asynchronous Message (RFC 7143, 11.9).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED};
use super::{Cid, InitiatorTaskTag, Lun, Numbers, SegmentLength};

/// What has happened, or is about to (RFC 7143, 11.9.1). Times are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsyncEvent {
    /// A SCSI event at a logical unit, reported as sense data that follows: its length in two
    /// bytes, and the sense data.
    Scsi {
        /// The logical unit.
        lun: Lun,
        /// Both of the above together.
        data_segment_length: SegmentLength,
    },
    /// The target wants the initiator to log out.
    LogoutRequested {
        /// Or else the target will drop the connection, after this long.
        within: u16,
    },
    /// The target will drop one connection.
    ConnectionDropped {
        /// Which.
        cid: Cid,
        /// The least time to wait before coming back.
        time2wait: u16,
        /// How long after that tasks could be reassigned.
        time2retain: u16,
    },
    /// The target will drop all connections of the session.
    SessionDropped {
        /// The least time to wait before coming back.
        time2wait: u16,
        /// How long after that tasks could be reassigned.
        time2retain: u16,
    },
    /// The target wants the initiator to negotiate parameters with it.
    NegotiationRequested {
        /// Or else the target will drop the connection, after this long.
        within: u16,
    },
    /// All tasks of the logical unit are being ended.
    TasksTerminated {
        /// The logical unit.
        lun: Lun,
    },
}

/// News the initiator did not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsyncMessage {
    /// The news.
    pub event: AsyncEvent,
}

/// The fields an event fills: AsyncEvent, its LUN, its data, its three parameters.
struct Fields {
    code: u8,
    lun: Lun,
    data: SegmentLength,
    parameters: (u16, u16, u16),
}

impl AsyncEvent {
    const fn fields(self) -> Fields {
        let (code, parameters) = match self {
            Self::Scsi { .. } => (0, (0, 0, 0)),
            Self::LogoutRequested { within } => (1, (0, 0, within)),
            Self::ConnectionDropped {
                cid: Cid(cid),
                time2wait,
                time2retain,
            } => (2, (cid, time2wait, time2retain)),
            Self::SessionDropped {
                time2wait,
                time2retain,
            } => (3, (0, time2wait, time2retain)),
            Self::NegotiationRequested { within } => (4, (0, 0, within)),
            Self::TasksTerminated { .. } => (5, (0, 0, 0)),
        };
        let (lun, data) = match self {
            Self::Scsi {
                lun,
                data_segment_length,
            } => (lun, data_segment_length),
            Self::TasksTerminated { lun } => (lun, SegmentLength::ZERO),
            _ => (Lun::ZERO, SegmentLength::ZERO),
        };
        Fields {
            code,
            lun,
            data,
            parameters,
        }
    }
}

impl AsyncMessage {
    /// The header.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let fields = self.event.fields();
        let (lun_high, lun_low) = fields.lun.rows();
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        let (parameter1, parameter2, parameter3) = fields.parameters;
        layout::bytes(&[
            [opcode::ASYNC_MESSAGE, FINAL, 0, 0],
            fields.data.row(0),
            lun_high,
            lun_low,
            InitiatorTaskTag::RESERVED.row(),
            RESERVED,
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            layout::row(u16::from_be_bytes([fields.code, 0]), parameter1),
            layout::row(parameter2, parameter3),
            RESERVED,
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        let [
            _,
            length,
            lun_high,
            lun_low,
            _,
            _,
            stat,
            expected,
            max,
            first,
            second,
            _,
        ] = layout::rows(bytes);
        let lun = Lun::from_rows(lun_high, lun_low);
        let (time2wait, time2retain) = layout::halves(second);
        let within = time2retain;
        let [code, ..] = first;
        let event = match code {
            0 => AsyncEvent::Scsi {
                lun,
                data_segment_length: SegmentLength::from_row(length),
            },
            1 => AsyncEvent::LogoutRequested { within },
            2 => AsyncEvent::ConnectionDropped {
                cid: Cid(layout::halves(first).1),
                time2wait,
                time2retain,
            },
            3 => AsyncEvent::SessionDropped {
                time2wait,
                time2retain,
            },
            4 => AsyncEvent::NegotiationRequested { within },
            _ => AsyncEvent::TasksTerminated { lun },
        };
        (Self { event }, Numbers::from_rows(stat, expected, max))
    }
}
