//! The answer to one call.

use super::results::Results;
use super::{
    PORT_MAPPER, PROGRAM, RPCBIND_3, RPCBIND_4, Services, Transport, port_mapper, procedure,
    rpcbind,
};
use crate::rpc::{Accepted, CallHeader, LEAST, Parsed, Reply};
use crate::xdr::{Decode, Encode};

/// One call and what its answer depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) version: u32,
    pub(super) procedure: u32,
    pub(super) arguments: &'a [u8],
    pub(super) services: &'a Services,
    pub(super) transport: Transport,
}

/// The reply to a whole message: the contents of a datagram, or of a record.
///
/// `None` if there is none: of a message that is no call, of CALLIT over UDP, and where the reply
/// would be longer than a message that came over UDP.
#[must_use]
pub fn answer_message(
    message: &[u8],
    services: &Services,
    transport: Transport,
) -> Option<Vec<u8>> {
    match CallHeader::parse(message).ok()? {
        Parsed::Header(header, length) => {
            answer(&header, message.get(length..)?, services, transport)
        }
        Parsed::Denied { xid, denial } => {
            let reply = Reply::denied(xid, denial).to_bytes();
            bounded(reply, message.len(), transport)
        }
        Parsed::Need(_) => None,
    }
}

/// The reply to a call whose header has been read.
///
/// `None` as of [`answer_message`].
#[must_use]
pub fn answer(
    call: &CallHeader<'_>,
    arguments: &[u8],
    services: &Services,
    transport: Transport,
) -> Option<Vec<u8>> {
    let question = Question {
        version: call.version,
        procedure: call.procedure,
        arguments,
        services,
        transport,
    };
    if call.program == PROGRAM && question.is_silent() {
        return None;
    }
    let results = match call.program {
        PROGRAM => question.results(),
        _ => Err(Accepted::ProgUnavail),
    };
    let reply = match results {
        Ok(results) => Reply::success(call.xid, &results),
        Err(why) => Reply::accepted(call.xid, why).to_bytes(),
    };
    bounded(reply, LEAST + arguments.len(), transport)
}

impl<'a> Question<'a> {
    /// Over UDP a call that is to be passed on is one of many that were broadcast; and is not
    /// passed on.
    ///
    /// > Note - This procedure only sends a response if the procedure was successfully executed
    /// > and is silent (no response) otherwise. (RFC 1833, 2.2.1)
    fn is_silent(&self) -> bool {
        self.transport == Transport::Udp && self.procedure == procedure::CALLIT
    }

    fn results(&self) -> Result<Results, Accepted> {
        match self.version {
            PORT_MAPPER => port_mapper::results(self),
            RPCBIND_3 | RPCBIND_4 => rpcbind::results(self),
            _ => Err(Accepted::ProgMismatch {
                low: PORT_MAPPER,
                high: RPCBIND_4,
            }),
        }
    }

    /// The arguments as those of a procedure that takes such ones.
    pub(super) fn arguments<T: Decode<'a>>(&self) -> Result<T, Accepted> {
        T::decode_all(self.arguments).map_err(|_| Accepted::GarbageArgs)
    }

    /// A list, which is too long for a datagram whose sender may be another.
    pub(super) fn list(&self, list: impl FnOnce() -> Results) -> Result<Results, Accepted> {
        match self.transport {
            Transport::Tcp => Ok(list()),
            Transport::Udp => Err(Accepted::ProcUnavail),
        }
    }
}

/// The reply, if it may be sent to whoever is said to have sent `question` bytes.
fn bounded(reply: Vec<u8>, question: usize, transport: Transport) -> Option<Vec<u8>> {
    let amplifies = reply.len() > question;
    (transport == Transport::Tcp || !amplifies).then_some(reply)
}
