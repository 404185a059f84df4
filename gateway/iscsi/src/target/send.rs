//! Putting PDUs on a connection.

use labelgate_engine::{Action, ConnectionId, Receive, Transmission};

use super::connection::Rx;
use super::{Target, Turn};
use crate::digest;
use crate::pdu::{BHS, Numbers, Reject, RejectReason, SegmentLength};

/// A connection that has this many transmissions waiting for its peer to read them is not read any
/// more until the peer does. Their payload is in buffers of the pool, which bounds it; this bounds
/// what they take besides. A peer that keeps to its window never has so many.
const CHOKE: usize = 320;

const PADDING: [u8; 4] = [0; 4];

/// Which digests a connection's PDUs have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digests {
    pub(super) header: bool,
    pub(super) data: bool,
}

impl Digests {
    pub(super) fn header(self, pdu: &[u8; BHS], to: &mut Transmission) {
        to.bytes(pdu);
        if self.header {
            to.bytes(&digest::of(pdu));
        }
    }

    /// A whole PDU, its data copied: for short data.
    pub(super) fn pdu(self, pdu: &[u8; BHS], data: &[u8], to: &mut Transmission) {
        self.header(pdu, to);
        if data.is_empty() {
            return;
        }
        to.bytes(data);
        let padding = padding_of(data.len());
        to.bytes(padding);
        if self.data {
            to.bytes(&digest::of_padded(data, padding));
        }
    }

    /// The data segment of a PDU, from the buffer the transmission carries.
    pub(super) fn slice(self, start: usize, length: usize, to: &mut Transmission) {
        to.slice(start, length);
        let padding = padding_of(length);
        to.bytes(padding);
        if self.data {
            let data = to.payload().get(start..start + length).unwrap_or_default();
            let digest = digest::of_padded(data, padding);
            to.bytes(&digest);
        }
    }
}

fn padding_of(length: usize) -> &'static [u8] {
    PADDING
        .get(..SegmentLength::saturating(length).padding())
        .unwrap_or_default()
}

impl Target {
    pub(super) fn digests_of(&self, id: ConnectionId) -> Digests {
        let (header, data) = self
            .connections
            .get(&id)
            .map_or((false, false), |connection| connection.digests());
        Digests { header, data }
    }

    /// Queues a transmission, unless the connection is being closed.
    pub(super) fn send(&mut self, id: ConnectionId, sent: Transmission, turn: &mut Turn<'_>) {
        let Some(connection) = self.connections.get_mut(&id).filter(|c| !c.closing) else {
            turn.outbox.recycle(sent);
            return;
        };
        if connection.unsent == 0 {
            connection.drained = turn.now;
        }
        connection.unsent += sent.length();
        connection.queued += 1;
        turn.outbox.push(Action::Send(id, sent));
    }

    /// Numbers for a PDU that carries a status; `None` outside full feature phase.
    pub(super) fn status_numbers(&mut self, id: ConnectionId) -> Option<Numbers> {
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let session = connections.get_mut(&id)?.session()?;
        Some(session.window.status(ledger))
    }

    /// Queues one PDU.
    pub(super) fn send_pdu(
        &mut self,
        id: ConnectionId,
        header: &[u8; BHS],
        data: &[u8],
        turn: &mut Turn<'_>,
    ) {
        let mut sent = turn.outbox.transmission();
        self.digests_of(id).pdu(header, data, &mut sent);
        self.send(id, sent, turn);
    }

    /// Refuses a PDU.
    ///
    /// > RFC 7143, 11.17: "Reject is used to indicate an iSCSI error condition (protocol,
    /// > unsupported option, etc.)."
    pub(super) fn reject(
        &mut self,
        id: ConnectionId,
        reason: RejectReason,
        refused: &[u8; BHS],
        turn: &mut Turn<'_>,
    ) {
        let Some(numbers) = self.status_numbers(id) else {
            return;
        };
        let header = Reject::new(reason).encode(numbers);
        self.send_pdu(id, &header, refused, turn);
    }

    /// The peer has taken `length` bytes.
    pub(super) fn account_sent(&mut self, id: ConnectionId, length: usize, turn: &mut Turn<'_>) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.unsent = connection.unsent.saturating_sub(length);
            connection.drained = turn.now;
            connection.queued = connection.queued.saturating_sub(1);
            if connection.choked && connection.queued <= CHOKE / 2 && !connection.closing {
                connection.choked = false;
                connection.rx = Rx::Header;
                turn.outbox
                    .push(Action::Receive(id, Receive::Header { n: BHS }));
            }
        }
        self.feed_hungry(turn);
    }

    /// What to receive when nothing is left of the last PDU: the next header, or nothing as long
    /// as the peer does not read what it is sent.
    pub(super) fn next_pdu(&mut self, id: ConnectionId) -> Receive {
        let Some(connection) = self.connections.get_mut(&id).filter(|c| !c.closing) else {
            return Receive::Pause;
        };
        if connection.queued > CHOKE {
            connection.choked = true;
            connection.rx = Rx::Idle;
            return Receive::Pause;
        }
        connection.rx = Rx::Header;
        Receive::Header { n: BHS }
    }
}
