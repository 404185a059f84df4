//! iSCSI, from the first byte of a connection to the last login request.

use labelgate_control::{self as control, Bytes, FromGreeter, Negotiated, Text};
use labelgate_iscsi::login::{Authority, Established, Handover, Login, Reply, Step, Surroundings};
use labelgate_iscsi::name::IscsiName;
use labelgate_iscsi::pdu::{LoginRequest, LoginStatus, Numbers, Tsih};
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
                let said = FromGreeter::Refused {
                    initiator: Text::clean(initiator.as_deref().unwrap_or_default()),
                    target: Text::clean(target.as_deref().unwrap_or_default()),
                    reason: Text::clean(&status.to_string()),
                };
                let last = (&request, &reply, stat_sn);
                return refuse(client, last, (world.supervisor, &said));
            }
            Step::Established { established, reply } => {
                let status = LoginStatus::OutOfResources;
                let refusal = reply.clone().into_refusal(status);
                let login = negotiated(*established, reply, stat_sn)?;
                let said = FromGreeter::Refused {
                    initiator: login.initiator.clone(),
                    target: login.target.clone().unwrap_or_default(),
                    reason: Text::clean(&status.to_string()),
                };
                return match world.supervisor.hand_over(login)? {
                    true => {
                        let last = (&request, &refusal, stat_sn);
                        refuse(client, last, (world.supervisor, &said))
                    }
                    false => Ok(()),
                };
            }
        }
    }
}

/// Tells the client that its login has failed, and then the supervisor, which ends the connection.
/// Whether the client waits for that is its own affair, and no reason not to say what it tried.
fn refuse(
    client: &Client,
    (request, reply, stat_sn): (&LoginRequest, &Reply, StatSn),
    (supervisor, said): (&mut Supervisor, &FromGreeter),
) -> Result<(), Fault> {
    let told = respond(client, request, reply, stat_sn);
    let fault = supervisor.take_fault();
    if matches!(told, Err(Fault::Abandoned)) {
        return told;
    }
    supervisor.say(said)?;
    fault.map_or(Ok(()), Err)
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

/// What the worker needs that has to do the rest.
fn negotiated(
    established: Established,
    reply: Reply,
    stat_sn: StatSn,
) -> Result<Negotiated, Fault> {
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
    Ok(Negotiated {
        initiator,
        target,
        login,
    })
}
