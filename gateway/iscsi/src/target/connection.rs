//! One connection, and the session it carries (MaxConnections=1: one each).

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Instant;

use labelgate_engine::{Admission, ImageId};
use labelgate_scsi::{InitiatorPort, Nexus};

use super::login_phase::LoginPhase;
use super::task::TaskKey;
use super::window::Window;
use crate::negotiation::{Digest, Parameters};
use crate::pdu::{BHS, Header, InitiatorTaskTag, Isid, Request, TargetTransferTag, Tsih};
use crate::session_type::SessionType;

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) admission: Admission,
    pub(crate) phase: Phase,
    /// What the outstanding receive is for.
    pub(crate) rx: Rx,
    /// Its last answer was `Receive::Pause`, because it does not read what it is sent.
    pub(crate) choked: bool,
    /// Bytes handed to the driver and not yet in the socket.
    pub(crate) unsent: usize,
    /// Transmissions likewise.
    pub(crate) queued: usize,
    /// It is being closed: nothing more is sent or taken.
    pub(crate) closing: bool,
    /// When it was handed over.
    pub(crate) accepted: Instant,
    /// When something was last received.
    pub(crate) heard: Instant,
    /// When something was last taken by the peer, or there was nothing for it to take.
    pub(crate) drained: Instant,
    /// When the unanswered ping was sent.
    pub(crate) pinged: Option<Instant>,
}

/// How far a connection has come.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Logging in.
    Login(LoginPhase),
    /// Logged in, but an older session that this one reinstates has not ended yet.
    Reinstating(Rc<NexusName>),
    /// Full feature phase.
    Full(Box<Session>),
    /// Its session is over.
    Over,
}

/// What a connection's outstanding receive is for.
#[derive(Debug)]
pub(crate) enum Rx {
    /// A basic header segment.
    Header,
    /// What is left of a header: additional segments, digest.
    HeaderRest([u8; BHS]),
    /// The data segment of this PDU.
    Data(Box<Incoming>),
    /// Nothing: paused, or in the middle of a call.
    Idle,
}

/// A PDU whose data segment is arriving.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) bhs: [u8; BHS],
    pub(crate) header: Header,
    pub(crate) request: Request,
    pub(crate) purpose: Purpose,
}

/// What the data segment of a PDU is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Data of a command.
    Command(TaskKey),
    /// Text of a login or text request, or ping data.
    Text,
    /// Nothing that anybody wants.
    Dropped,
}

/// What reinstatement goes by (RFC 7143, 6.3.5): the I_T nexus, and who proved to be behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NexusName {
    pub(crate) identity: String,
    pub(crate) initiator: String,
    pub(crate) isid: Isid,
    /// The target; `None` for discovery sessions, which are not reinstated.
    pub(crate) target: Option<ImageId>,
}

impl NexusName {
    /// Its initiator, as reservations tell initiators apart.
    pub(crate) fn port(&self) -> InitiatorPort {
        InitiatorPort::new(&self.identity, &self.initiator, self.isid.0)
    }
}

/// A session in full feature phase.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) name: Rc<NexusName>,
    pub(crate) tsih: Tsih,
    /// What it is for; says the same as the target of `name`, in the words of discovery.
    pub(crate) kind: SessionType,
    pub(crate) parameters: Parameters,
    pub(crate) window: Window,
    pub(crate) nexus: Nexus,
    pub(crate) tasks: HashMap<InitiatorTaskTag, TaskKey>,
    /// Tasks that wait for memory, oldest first.
    pub(crate) hungry: VecDeque<TaskKey>,
    /// Shared memory its tasks hold, in bytes.
    pub(crate) held: usize,
    /// It has asked to log out: it sends nothing more.
    pub(crate) leaving: bool,
    /// Commands for immediate delivery that are not over.
    pub(crate) immediate: u32,
    pub(crate) text: super::text::Exchange,
    next_tag: u32,
}

impl Session {
    pub(crate) fn new(
        name: Rc<NexusName>,
        tsih: Tsih,
        kind: SessionType,
        parameters: Parameters,
        window: Window,
    ) -> Self {
        Self {
            nexus: Nexus::new(name.port()),
            name,
            tsih,
            kind,
            parameters,
            window,
            tasks: HashMap::new(),
            hungry: VecDeque::new(),
            held: 0,
            leaving: false,
            immediate: 0,
            text: super::text::Exchange::default(),
            next_tag: 0,
        }
    }

    /// A Target Transfer Tag that is not in use: they are used up in order, and come round again
    /// long after the few that are outstanding are over.
    pub(crate) const fn tag(&mut self) -> TargetTransferTag {
        let tag = TargetTransferTag(self.next_tag);
        self.next_tag = (self.next_tag + 1) % u32::MAX;
        tag
    }
}

impl Connection {
    pub(crate) fn new(admission: Admission, now: Instant) -> Self {
        Self {
            admission,
            phase: Phase::Login(LoginPhase::default()),
            rx: Rx::Header,
            choked: false,
            unsent: 0,
            queued: 0,
            closing: false,
            accepted: now,
            heard: now,
            drained: now,
            pinged: None,
        }
    }

    pub(crate) fn session(&mut self) -> Option<&mut Session> {
        match &mut self.phase {
            Phase::Full(session) => Some(session),
            _ => None,
        }
    }

    pub(crate) fn peek_session(&self) -> Option<&Session> {
        match &self.phase {
            Phase::Full(session) => Some(session),
            _ => None,
        }
    }

    /// The nexus that it is, or is about to be.
    pub(crate) fn nexus_name(&self) -> Option<&Rc<NexusName>> {
        match &self.phase {
            Phase::Full(session) => Some(&session.name),
            Phase::Reinstating(name) => Some(name),
            _ => None,
        }
    }

    /// Which digests are in force: header, data.
    pub(crate) fn digests(&self) -> (bool, bool) {
        self.peek_session().map_or((false, false), |session| {
            (
                session.parameters.header_digest == Digest::Crc32c,
                session.parameters.data_digest == Digest::Crc32c,
            )
        })
    }
}
