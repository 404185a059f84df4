//! A greeter that stays: it answers questions for ports that come as datagrams (RFC 1833), from whom
//! ever; or it enters what is served with another port mapper of this machine, and takes it out.
//!
//! Either is done by a process that has nothing else to lose: the sockets that it is given, and the
//! control socket. It makes none of its own.

mod answering;
mod count;
mod datagram;
mod entering;
#[cfg(test)]
mod fuzz;
mod rpcbind;
mod socket;
mod sources;

use labelgate_control::{Incoming, PortmapEnd, ToPortmap};

use crate::Fault;
use socket::Socket;
pub(crate) use sources::Sources;

/// Does what the supervisor says, until it closes the control socket.
pub(crate) fn stay(control: &PortmapEnd, sources: Sources) -> Result<(), Fault> {
    match control.receive_blocking()? {
        Incoming::Message(ToPortmap::Answer(questions, socket)) => {
            answering::stay(control, Socket::new(questions, socket), sources)
        }
        Incoming::Message(ToPortmap::Enter(entries, connection)) => {
            entering::stay(control, &entries, connection)
        }
        Incoming::Message(ToPortmap::TakeOut) => Err(Fault::Protocol("nothing was entered")),
        Incoming::Withheld(_) => Err(Fault::Withheld),
        Incoming::Nothing | Incoming::Closed => Ok(()),
    }
}
