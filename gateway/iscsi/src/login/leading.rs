//! What the first request of a login says, and every further one must repeat.

use super::Surroundings;
use crate::pdu::{Cid, InitiatorTaskTag, Isid, LoginRequest, LoginStatus, Stage, Tsih};

/// The only version there is (RFC 7143, 11.12.4).
const VERSION: u8 = 0;

/// The names of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leading {
    isid: Isid,
    tsih: Tsih,
    cid: Cid,
    initiator_task_tag: InitiatorTaskTag,
}

impl Leading {
    /// Judges a first request.
    pub(super) fn accept(
        request: &LoginRequest,
        world: &impl Surroundings,
    ) -> Result<Self, LoginStatus> {
        if request.version_min > VERSION {
            return Err(LoginStatus::UnsupportedVersion);
        }
        if request.tsih != Tsih::NONE {
            // A session of ours has one connection, and it has that already. What the table of
            // 6.3.1 also knows, connection reinstatement, is not offered: the same ISID with a
            // zero TSIH reinstates the whole session.
            return Err(if world.has_session(request.tsih) {
                LoginStatus::TooManyConnections
            } else {
                LoginStatus::SessionDoesNotExist
            });
        }
        Ok(Self::of(request))
    }

    /// Whether a further request belongs to the same login.
    ///
    /// > 6.3: "The whole Login Phase is considered as a single task and has a single Initiator Task
    /// > Tag (similar to the linked SCSI commands)."
    ///
    /// ISID, TSIH and CID name what is being logged in, so they are as fixed.
    pub(super) fn matches(&self, request: &LoginRequest) -> bool {
        *self == Self::of(request)
    }

    const fn of(request: &LoginRequest) -> Self {
        Self {
            isid: request.isid,
            tsih: request.tsih,
            cid: request.cid,
            initiator_task_tag: request.initiator_task_tag,
        }
    }
}

/// Where a request wants to go from its stage: nowhere without the T bit.
///
/// # Errors
/// A stage that is reserved, or that does not come after the one before; text that goes on (C)
/// while the stage does not (T).
///
/// > 11.12.2: "A Login Request with the C bit set to 1 MUST have the T bit set to 0."
pub(super) fn transition(request: &LoginRequest) -> Result<Option<Stage>, LoginStatus> {
    if !request.transit {
        return Ok(None);
    }
    match (request.current_stage, request.next_stage) {
        (Some(current), Some(next)) if next > current && !request.continued => Ok(Some(next)),
        _ => Err(LoginStatus::InitiatorError),
    }
}
