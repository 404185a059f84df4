//! What a connection is greeted in.

use labelgate_control::{FromGreeter, Greet, Protocol, Text};

use crate::{Client, Fault, Supervisor, iscsi, rpc};

/// Greets a connection, until the supervisor has heard all that it has to, and tells it what came of
/// it.
///
/// # Errors
/// The supervisor, or what it says, is at fault. A client that is has been told of.
pub fn greet(order: &Greet, client: &Client, supervisor: &mut Supervisor) -> Result<(), Fault> {
    let conversed = match order.protocol {
        Protocol::Iscsi { proof } => iscsi::converse(proof, client, supervisor),
        Protocol::Portmap(services) => rpc::tell_ports((services, order.local), client, supervisor),
        Protocol::Rpc(_) => rpc::converse(client, supervisor),
    };
    match conversed {
        // It may be gone, so there was nobody to be told; the supervisor is to know why.
        Err(fault) if fault.is_the_clients() => supervisor.say(&FromGreeter::Refused {
            initiator: Text::default(),
            target: Text::default(),
            reason: Text::clean(&fault.to_string()),
        }),
        conversed => conversed,
    }
}
