//! NOP-Out and NOP-In: pings in both directions.

use labelgate_buffers::Buffer;
use labelgate_engine::{ConnectionId, Receive};

use super::connection::{Incoming, Purpose};
use super::{Target, Turn};
use crate::pdu::{
    BHS, Header, InitiatorTaskTag, Lun, NopIn, NopOut, Request, SegmentLength, TargetTransferTag,
};

impl Target {
    pub(super) fn nop_out(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        header: Header,
        pdu: &NopOut,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let request = Request::NopOut(*pdu);
        if !self.arrives(id, pdu.immediate, pdu.cmd_sn, turn) {
            return self.drop_data(id, bhs, header, request);
        }
        // The answer to a ping of ours: that it came is all there is to know.
        if pdu.initiator_task_tag.is_reserved() {
            return self.drop_data(id, bhs, header, request);
        }
        let length = header.data_segment_length.get();
        if length == 0 {
            self.pong(id, pdu, None, turn);
            return self.next_pdu(id);
        }
        let incoming = Incoming {
            bhs,
            header,
            request,
            purpose: Purpose::Text,
        };
        match self.shared.allocate(length) {
            Some(buffer) => self.land(id, incoming, buffer, 0),
            None => {
                // Ping data is for diagnosis; without memory the ping itself is answered.
                self.pong(id, pdu, None, turn);
                self.drop_data(id, bhs, header, request)
            }
        }
    }

    /// Answers a ping with its own data.
    ///
    /// > RFC 7143, 11.19.4 (in substance): the data is cut to what the initiator can receive.
    pub(super) fn pong(
        &mut self,
        id: ConnectionId,
        pdu: &NopOut,
        data: Option<(Buffer, usize)>,
        turn: &mut Turn<'_>,
    ) {
        let digests = self.digests_of(id);
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let Some(session) = connections.get_mut(&id).and_then(|c| c.session()) else {
            return;
        };
        let limit = session
            .parameters
            .initiator_max_recv_data_segment_length
            .get();
        let length = data.as_ref().map_or(0, |(_, length)| *length).min(limit);
        let header = NopIn {
            lun: Lun::ZERO,
            initiator_task_tag: pdu.initiator_task_tag,
            target_transfer_tag: TargetTransferTag::RESERVED,
            data_segment_length: SegmentLength::saturating(length),
        }
        .encode(session.window.status(ledger));
        let mut sent = turn.outbox.transmission();
        digests.header(&header, &mut sent);
        if let Some((buffer, _)) = data.filter(|_| length > 0) {
            sent.carry(buffer);
            digests.slice(0, length, &mut sent);
        }
        self.send(id, sent, turn);
    }

    /// Tells an initiator of its window, unasked, and wants no answer.
    pub(super) fn announce_window(&mut self, id: ConnectionId, turn: &mut Turn<'_>) {
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let Some(session) = connections.get_mut(&id).and_then(|c| c.session()) else {
            return;
        };
        let header = NopIn {
            lun: Lun::ZERO,
            initiator_task_tag: InitiatorTaskTag::RESERVED,
            target_transfer_tag: TargetTransferTag::RESERVED,
            data_segment_length: SegmentLength::ZERO,
        }
        .encode(session.window.plain(ledger));
        self.send_pdu(id, &header, &[], turn);
    }

    /// Asks a silent initiator whether it is still there.
    pub(super) fn ping(&mut self, id: ConnectionId, turn: &mut Turn<'_>) {
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let Some(connection) = connections.get_mut(&id) else {
            return;
        };
        connection.pinged = Some(turn.now);
        let Some(session) = connection.session() else {
            return;
        };
        let header = NopIn {
            lun: Lun::ZERO,
            initiator_task_tag: InitiatorTaskTag::RESERVED,
            target_transfer_tag: session.tag(),
            data_segment_length: SegmentLength::ZERO,
        }
        .encode(session.window.plain(ledger));
        self.send_pdu(id, &header, &[], turn);
    }
}
