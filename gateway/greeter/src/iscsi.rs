//! iSCSI, from the first byte of a connection to the last login request.

use labelgate_control::{self as control, Bytes, FromGreeter, Negotiated, Text};
use labelgate_iscsi::login::{Authority, Established, Handover, Login, Reply, Step, Surroundings};
use labelgate_iscsi::name::IscsiName;
use labelgate_iscsi::pdu::{LoginRequest, Numbers, Tsih};
use labelgate_iscsi::serial::StatSn;
use labelgate_iscsi::session_type::SessionType;

use crate::{Client, Fault, Supervisor};

/// What a login asks, before it is known who asks.
struct Strangers<'a> {
    supervisor: &'a mut Supervisor,
    proof: control::Proof,
}

impl Surroundings for Strangers<'_> {
    /// Which targets there are depends on who asks: the worker answers, once that is known.
    fn has_target(&self, _: &IscsiName) -> bool {
        true
    }

    /// A stranger has none.
    fn has_session(&self, _: Tsih) -> bool {
        false
    }

    fn authority(&mut self) -> Option<&mut dyn Authority> {
        match self.proof {
            control::Proof::Chap => Some(self.supervisor),
            control::Proof::Address => None,
        }
    }
}

/// Leads a login to its last request, and tells the supervisor what came of it.
pub(crate) fn converse(
    proof: control::Proof,
    client: &Client,
    supervisor: &mut Supervisor,
) -> Result<(), Fault> {
    let mut world = Strangers { supervisor, proof };
    let mut stat_sn = StatSn::new(0);
    let (mut request, mut text) = client.request()?;
    let mut step = Login::start(&request, &text, &mut world);
    loop {
        match step {
            Step::Continue { login, reply } => {
                respond(client, &request, &reply, stat_sn)?;
                stat_sn = stat_sn.next();
                (request, text) = client.request()?;
                step = login.step(&request, &text, &mut world);
            }
            Step::Refused {
                status,
                reply,
                initiator,
                target,
            } => {
                // Before the supervisor hears of it and ends the connection. Whether the client
                // waits for it is its own affair, and no reason not to say what it tried.
                let told = respond(client, &request, &reply, stat_sn);
                let fault = world.supervisor.take_fault();
                if matches!(told, Err(Fault::Abandoned)) {
                    return told;
                }
                world.supervisor.say(&FromGreeter::Refused {
                    initiator: Text::clean(initiator.as_deref().unwrap_or_default()),
                    target: Text::clean(target.as_deref().unwrap_or_default()),
                    reason: Text::clean(&status.to_string()),
                })?;
                return fault.map_or(Ok(()), Err);
            }
            Step::Established { established, reply } => {
                return hand_over(*established, reply, stat_sn, world.supervisor);
            }
        }
    }
}

fn respond(
    client: &Client,
    request: &LoginRequest,
    reply: &Reply,
    stat_sn: StatSn,
) -> Result<(), Fault> {
    let numbers = Numbers {
        stat_sn,
        exp_cmd_sn: request.cmd_sn,
        max_cmd_sn: request.cmd_sn,
    };
    client.respond(&reply.response.encode(numbers), &reply.text)
}

/// Leaves the rest to the worker.
fn hand_over(
    established: Established,
    reply: Reply,
    stat_sn: StatSn,
    supervisor: &mut Supervisor,
) -> Result<(), Fault> {
    let initiator = Text::clean(established.initiator_name.as_str());
    let target = match &established.session_type {
        SessionType::Discovery => None,
        SessionType::Normal { target } => Some(Text::clean(target.as_str())),
    };
    let handover = Handover {
        established,
        reply,
        stat_sn,
    };
    let login = Bytes::try_from(handover.encode().as_slice());
    let login = login.map_err(|_| Fault::Client("a login that is too long to be handed over"))?;
    supervisor.say(&FromGreeter::Negotiated(Negotiated {
        initiator,
        target,
        login,
    }))
}
