//! From the first byte to full feature phase.

use std::rc::Rc;

use labelgate_engine::{self as engine, Action, Admission, ConnectionId, Ending, ImageId, Receive};

use labelgate_scsi::UnitAttention;

use super::connection::{Connection, Incoming, NexusName, Phase, Purpose, Rx, Session};
use super::ends::Then;
use super::notice::Notice;
use super::window::Window;
use super::{Target, Turn};
use crate::login::{Authority, Established, Login, Reply, Step, Surroundings};
use crate::name::IscsiName;
use crate::pdu::{BHS, Header, LoginRequest, LoginStatus, Numbers, Request, Tsih};
use crate::serial::{CmdSn, StatSn};
use crate::session_type::SessionType;

/// A connection that logs in.
#[derive(Debug, Default)]
pub(crate) struct LoginPhase {
    /// Nothing before the first request.
    login: Option<Box<Login>>,
    pub(super) stat_sn: u32,
}

/// A login that has succeeded, but for its last answer.
#[derive(Debug)]
pub(crate) struct Pending {
    established: Established,
    reply: Reply,
    stat_sn: u32,
}

/// The names a login may ask about: those of this label.
struct Names<'a>(&'a Target);

impl Surroundings for Names<'_> {
    fn has_target(&self, target: &IscsiName) -> bool {
        self.0.image_named(target).is_some()
    }

    fn has_session(&self, tsih: Tsih) -> bool {
        self.0.has_tsih(tsih)
    }

    /// The supervisor knew whose the connection is before it handed it over.
    fn authority(&mut self) -> Option<&mut dyn Authority> {
        None
    }
}

impl Target {
    /// A connection was handed over.
    pub(super) fn open(
        &mut self,
        id: ConnectionId,
        admission: Admission,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let full = self.connections.len() >= self.limits.connections as usize;
        let mut admission = admission;
        let login = std::mem::take(&mut admission.login);
        self.connections
            .insert(id, Connection::new(admission, turn.now));
        if full {
            return self.close_now(id, "too many connections of this label", turn);
        }
        self.check_by(turn.now + self.limits.login_time);
        match login {
            engine::Login::Untouched if self.draining.is_some() => {
                self.close_now(id, "the gateway is shutting down", turn)
            }
            engine::Login::Untouched => Receive::Header { n: BHS },
            // It waits for an answer: it is told to come back later.
            engine::Login::Negotiated(login) => self.take_over(id, &login, turn),
            engine::Login::Rpc { .. } | engine::Login::Mount { .. } => {
                self.close_now(id, "it is to speak RPC, not iSCSI", turn)
            }
        }
    }

    /// A header has come from a connection that is not in full feature phase.
    pub(super) fn login_pdu(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        header: Header,
        request: Request,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let Request::Login(pdu) = request else {
            return self.close_now(id, "a request before the login", turn);
        };
        let length = header.data_segment_length.get();
        if length == 0 {
            return self.login(id, &pdu, &[], turn);
        }
        match self.shared.allocate(length) {
            Some(buffer) => {
                let incoming = Incoming {
                    bhs,
                    header,
                    request,
                    purpose: Purpose::Text,
                };
                self.land(id, incoming, buffer, 0)
            }
            None => self.refuse_login(id, &pdu, LoginStatus::OutOfResources, turn),
        }
    }

    /// A login request is whole.
    pub(super) fn login(
        &mut self,
        id: ConnectionId,
        pdu: &LoginRequest,
        data: &[u8],
        turn: &mut Turn<'_>,
    ) -> Receive {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Receive::Pause;
        };
        let Phase::Login(phase) = &mut connection.phase else {
            return self.close_now(id, "a login in the middle of a login", turn);
        };
        let login = phase.login.take();
        let mut names = Names(self);
        let step = match login {
            Some(login) => login.step(pdu, data, &mut names),
            None => Login::start(pdu, data, &mut names),
        };
        match step {
            Step::Continue { login, reply } => {
                self.send_login(id, pdu, &reply, turn);
                if let Some(phase) = self.login_phase(id) {
                    phase.login = Some(login);
                }
                self.next_pdu(id)
            }
            Step::Refused {
                status,
                reply,
                initiator,
                target,
            } => {
                let names = (initiator, target);
                self.refuse(id, pdu.cmd_sn, status, &reply, names, turn)
            }
            Step::Established { established, reply } => {
                self.established(id, *established, reply, turn)
            }
        }
    }

    /// The initiator has said all it had to: an older session of its nexus ends first.
    ///
    /// > RFC 7143, 6.3.5: "the target ... MUST ... terminate all the outstanding tasks" of the old
    /// > session "before the new session" is used (in substance).
    pub(super) fn established(
        &mut self,
        id: ConnectionId,
        established: Established,
        reply: Reply,
        turn: &mut Turn<'_>,
    ) -> Receive {
        if self.draining.is_some() {
            let status = LoginStatus::ServiceUnavailable;
            return self.refuse_established(id, &established, reply, status, turn);
        }
        let image = match &established.session_type {
            SessionType::Discovery => None,
            SessionType::Normal { target } => match self.image_named(target) {
                Some(image) => Some(image),
                None => {
                    let status = LoginStatus::NotFound;
                    return self.refuse_established(id, &established, reply, status, turn);
                }
            },
        };
        let Some(connection) = self.connections.get_mut(&id) else {
            return Receive::Pause;
        };
        let name = Rc::new(nexus_name(&connection.admission, &established, image));
        let reinstating = Phase::Reinstating(Rc::clone(&name));
        let Phase::Login(phase) = std::mem::replace(&mut connection.phase, reinstating) else {
            return Receive::Pause;
        };
        self.end_older(id, &name, turn);
        let pending = self.orphans_of(&name);
        let established = Box::new(Pending {
            established,
            reply,
            stat_sn: phase.stat_sn,
        });
        self.when_ended(
            pending,
            Then::Login {
                connection: id,
                established,
            },
            turn,
        );
        Receive::Pause
    }

    /// Ends whatever has the nexus that a new session takes, or is about to have it.
    fn end_older(&mut self, new: ConnectionId, name: &NexusName, turn: &mut Turn<'_>) {
        if name.target.is_none() {
            return;
        }
        let same = |connection: &Connection| connection.nexus_name().is_some_and(|n| **n == *name);
        let older: Vec<_> = self
            .connections
            .iter()
            .filter(|&(&id, connection)| id != new && same(connection))
            .map(|(&id, _)| id)
            .collect();
        for connection in older {
            let target = name.target.and_then(|image| self.units.get(&image));
            let target = target.map(|unit| unit.target.clone());
            let initiator = name.initiator.clone();
            self.notice(Notice::Reinstated {
                connection,
                initiator,
                target,
            });
            self.close_now(connection, "reinstated", turn);
        }
    }

    /// The last answer of a login: full feature phase begins.
    pub(super) fn establish(&mut self, id: ConnectionId, login: Pending, turn: &mut Turn<'_>) {
        let Pending {
            established,
            reply,
            stat_sn,
        } = login;
        let tsih = self.new_tsih();
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let Some(connection) = connections.get_mut(&id).filter(|c| !c.closing) else {
            return;
        };
        let Phase::Reinstating(name) = &connection.phase else {
            return;
        };
        let name = Rc::clone(name);
        let mut window = Window::new(established.first_cmd_sn, StatSn::new(stat_sn), ledger);
        let numbers = window.status(ledger);
        // The last answer still has no digests: they begin with full feature phase.
        let reply = reply.named(tsih);
        self.send_reply(id, &reply, numbers, turn);
        let (initiator, target) = describe(&established);
        let mut session = Session::new(
            name,
            tsih,
            established.session_type,
            established.parameters,
            window,
        );
        // > SAM-5, 6.2 (in substance): a nexus that is new to the unit has missed what came before.
        session.nexus.post(UnitAttention::PowerOn);
        let unit = session
            .name
            .target
            .and_then(|image| self.units.get_mut(&image));
        if let Some(unit) = unit {
            unit.logical.nexus_began(session.nexus.port());
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.phase = Phase::Full(Box::new(session));
            connection.rx = Rx::Header;
        }
        turn.outbox
            .push(Action::Receive(id, Receive::Header { n: BHS }));
        self.check_by(turn.now + self.limits.ping_time);
        self.notice(Notice::LoggedIn {
            connection: id,
            initiator,
            target,
        });
    }

    fn send_login(
        &mut self,
        id: ConnectionId,
        pdu: &LoginRequest,
        reply: &Reply,
        turn: &mut Turn<'_>,
    ) {
        let Some(phase) = self.login_phase(id) else {
            return;
        };
        let stat_sn = StatSn::new(phase.stat_sn);
        phase.stat_sn += 1;
        let numbers = Numbers {
            stat_sn,
            exp_cmd_sn: pdu.cmd_sn,
            max_cmd_sn: pdu.cmd_sn,
        };
        self.send_reply(id, reply, numbers, turn);
    }

    fn send_reply(
        &mut self,
        id: ConnectionId,
        reply: &Reply,
        numbers: Numbers,
        turn: &mut Turn<'_>,
    ) {
        debug_assert_eq!(reply.response.data_segment_length.get(), reply.text.len());
        self.send_pdu(id, &reply.response.encode(numbers), &reply.text, turn);
    }

    /// A login that has gone well cannot have what it wants.
    fn refuse_established(
        &mut self,
        id: ConnectionId,
        established: &Established,
        reply: Reply,
        status: LoginStatus,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let (initiator, target) = describe(established);
        let names = (Some(initiator), target);
        let reply = reply.into_refusal(status);
        self.refuse(id, established.first_cmd_sn, status, &reply, names, turn)
    }

    fn refuse_login(
        &mut self,
        id: ConnectionId,
        pdu: &LoginRequest,
        status: LoginStatus,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let reply = Reply::refusal(pdu, status);
        self.refuse(id, pdu.cmd_sn, status, &reply, (None, None), turn)
    }

    fn refuse(
        &mut self,
        connection: ConnectionId,
        cmd_sn: CmdSn,
        status: LoginStatus,
        reply: &Reply,
        (initiator, target): (Option<String>, Option<String>),
        turn: &mut Turn<'_>,
    ) -> Receive {
        let phase = self.login_phase(connection);
        let numbers = Numbers {
            stat_sn: StatSn::new(phase.map_or(0, |phase| phase.stat_sn)),
            exp_cmd_sn: cmd_sn,
            max_cmd_sn: cmd_sn,
        };
        self.send_reply(connection, reply, numbers, turn);
        self.notice(Notice::LoginRefused {
            connection,
            initiator,
            target,
            status,
        });
        if let Some(open) = self.connections.get_mut(&connection) {
            open.closing = true;
            open.phase = Phase::Over;
        }
        turn.close(connection, Ending::AfterSending);
        Receive::Pause
    }

    pub(super) fn login_phase(&mut self, id: ConnectionId) -> Option<&mut LoginPhase> {
        match &mut self.connections.get_mut(&id)?.phase {
            Phase::Login(phase) => Some(phase),
            _ => None,
        }
    }

    fn image_named(&self, target: &IscsiName) -> Option<ImageId> {
        let is_it = |unit: &super::Unit| unit.target == target.as_str();
        self.units
            .iter()
            .find(|(_, unit)| is_it(unit))
            .map(|(&image, _)| image)
    }

    fn has_tsih(&self, tsih: Tsih) -> bool {
        let mut sessions = self.connections.values().filter_map(|c| c.peek_session());
        sessions.any(|session| session.tsih == tsih)
    }

    /// A handle that no session has.
    fn new_tsih(&mut self) -> Tsih {
        loop {
            self.next_tsih = self.next_tsih.wrapping_add(1).max(1);
            let tsih = Tsih(self.next_tsih);
            if !self.has_tsih(tsih) {
                return tsih;
            }
        }
    }
}

fn nexus_name(
    admission: &Admission,
    established: &Established,
    target: Option<ImageId>,
) -> NexusName {
    NexusName {
        identity: admission.identity.clone(),
        initiator: established.initiator_name.as_str().to_owned(),
        isid: established.isid,
        target,
    }
}

fn describe(established: &Established) -> (String, Option<String>) {
    let target = match &established.session_type {
        SessionType::Discovery => None,
        SessionType::Normal { target } => Some(target.as_str().to_owned()),
    };
    (established.initiator_name.as_str().to_owned(), target)
}
