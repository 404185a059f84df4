//! Bytes into PDUs: header, rest of the header, data segment.

use labelgate_buffers::Buffer;
use labelgate_engine::{ConnectionId, Ending, Receive, Received};

use super::connection::{Incoming, Phase, Purpose, Rx};
use super::notice::Notice;
use super::{Target, Turn};
use crate::digest;
use crate::negotiation::ours;
use crate::pdu::{BHS, Header, RejectReason, Request};
use crate::text::MAX_TEXT;

impl Target {
    /// What a connection's receive asked for has arrived.
    pub(super) fn take_in(
        &mut self,
        id: ConnectionId,
        received: Received<'_>,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let Some(connection) = self.connections.get_mut(&id).filter(|c| !c.closing) else {
            return Receive::Pause;
        };
        connection.heard = turn.now;
        connection.pinged = None;
        let next = match (std::mem::replace(&mut connection.rx, Rx::Idle), received) {
            (Rx::Header, Received::Header(bytes)) => self.header(id, bytes, turn),
            (Rx::HeaderRest(bhs), Received::Header(rest)) => self.header_rest(id, bhs, rest, turn),
            (Rx::Data(pdu), Received::Payload { buffer, trailer }) => {
                self.data_landed(id, *pdu, buffer, trailer, turn)
            }
            (Rx::Data(pdu), Received::Discarded) => self.data_dropped(id, &pdu, turn),
            _ => self.close_now(id, "the driver and the engine are out of step", turn),
        };
        // Data for a task that is gone has freed its buffer.
        self.feed_hungry(turn);
        next
    }

    fn header(&mut self, id: ConnectionId, bytes: &[u8], turn: &mut Turn<'_>) -> Receive {
        let Ok(bhs) = <[u8; BHS]>::try_from(bytes) else {
            return self.close_now(id, "the driver delivered half a header", turn);
        };
        let digest = if self.digests_of(id).header {
            digest::LENGTH
        } else {
            0
        };
        let rest = Header::parse(&bhs).ahs_length() + digest;
        if rest == 0 {
            return self.pdu(id, bhs, turn);
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.rx = Rx::HeaderRest(bhs);
        }
        Receive::Header { n: rest }
    }

    /// Additional header segments are not needed for anything we do (extended CDBs are not among
    /// our commands, nor are bidirectional ones): they are checked and passed over.
    fn header_rest(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        rest: &[u8],
        turn: &mut Turn<'_>,
    ) -> Receive {
        if self.digests_of(id).header {
            let intact = rest
                .split_last_chunk::<{ digest::LENGTH }>()
                .is_some_and(|(ahs, sent)| digest::of_padded(&bhs, ahs) == *sent);
            // > RFC 7143, 7.8: "When a target receives any iSCSI PDU with a header digest error
            // > ... it MUST either discard the header and all data up to the beginning of a later
            // > PDU or close the connection."
            if !intact {
                return self.close_now(id, "a header digest does not match", turn);
            }
        }
        self.pdu(id, bhs, turn)
    }

    /// A header is whole: whose business it is.
    fn pdu(&mut self, id: ConnectionId, bhs: [u8; BHS], turn: &mut Turn<'_>) -> Receive {
        let header = Header::parse(&bhs);
        // > 13.12: MaxRecvDataSegmentLength is "the maximum data segment length in bytes it can
        // > receive in an iSCSI PDU".
        let logged_in = self.session(id).is_some();
        let limit = if logged_in {
            ours::MAX_RECV_DATA_SEGMENT_LENGTH.get()
        } else {
            MAX_TEXT
        };
        if header.data_segment_length.get() > limit {
            return self.close_now(id, "a data segment longer than agreed on", turn);
        }
        let request = Request::parse(&bhs);
        if self.session(id).is_some_and(|session| session.leaving) {
            return self.drop_data(id, bhs, header, request);
        }
        if !logged_in {
            return self.login_pdu(id, bhs, header, request, turn);
        }
        match request {
            Request::ScsiCommand(pdu) => self.scsi_command(id, bhs, &header, &pdu, turn),
            Request::DataOut(pdu) => self.data_out(id, bhs, header, &pdu, turn),
            Request::NopOut(pdu) => self.nop_out(id, bhs, header, &pdu, turn),
            Request::TaskManagement(pdu) => {
                if self.waits_for_much(id) {
                    self.reject(id, RejectReason::TooManyImmediateCommands, &bhs, turn);
                } else {
                    self.task_management(id, &pdu, turn);
                }
                self.drop_data(id, bhs, header, request)
            }
            Request::Text(pdu) => self.text_request(id, bhs, header, &pdu, turn),
            Request::Logout(pdu) => {
                self.logout(id, &pdu, turn);
                self.drop_data(id, bhs, header, request)
            }
            Request::Login(_) => {
                self.reject(id, RejectReason::ProtocolError, &bhs, turn);
                self.drop_data(id, bhs, header, request)
            }
            Request::Snack(_) => {
                self.reject(id, RejectReason::SnackReject, &bhs, turn);
                self.drop_data(id, bhs, header, request)
            }
            Request::Unknown { .. } => {
                self.reject(id, RejectReason::CommandNotSupported, &bhs, turn);
                self.drop_data(id, bhs, header, request)
            }
        }
    }

    /// Receives a PDU's data segment into `buffer` at `offset`.
    pub(super) fn land(
        &mut self,
        id: ConnectionId,
        incoming: Incoming,
        buffer: Buffer,
        offset: usize,
    ) -> Receive {
        let n = incoming.header.data_segment_length.get();
        let trailer = self.trailer(id, &incoming.header);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.rx = Rx::Data(Box::new(incoming));
        }
        Receive::Payload {
            n,
            buffer,
            offset,
            trailer,
        }
    }

    /// Passes over a PDU's data segment, if it has one.
    pub(super) fn drop_data(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        header: Header,
        request: Request,
    ) -> Receive {
        self.pass_over(
            id,
            Incoming {
                bhs,
                header,
                request,
                purpose: Purpose::Dropped,
            },
        )
    }

    /// As [`Target::drop_data`], for data that somebody wants to know to be over.
    pub(super) fn pass_over(&mut self, id: ConnectionId, incoming: Incoming) -> Receive {
        let n = incoming.header.data_segment_length.get();
        let trailer = self.trailer(id, &incoming.header);
        match self.connections.get_mut(&id).filter(|c| !c.closing) {
            Some(connection) if n > 0 => {
                connection.rx = Rx::Data(Box::new(incoming));
                Receive::Discard { n: n + trailer }
            }
            _ => self.next_pdu(id),
        }
    }

    /// Padding and digest behind a data segment.
    fn trailer(&self, id: ConnectionId, header: &Header) -> usize {
        if header.data_segment_length.get() == 0 {
            return 0;
        }
        let digest = if self.digests_of(id).data {
            digest::LENGTH
        } else {
            0
        };
        header.data_segment_length.padding() + digest
    }

    fn data_landed(
        &mut self,
        id: ConnectionId,
        incoming: Incoming,
        buffer: Buffer,
        trailer: &[u8],
        turn: &mut Turn<'_>,
    ) -> Receive {
        if !self.intact(id, &incoming, &buffer, trailer) {
            // At error recovery level 0 a broken data segment ends the session; the initiator is
            // told why first.
            self.reject(id, RejectReason::DataDigestError, &incoming.bhs, turn);
            return self.close_after(id, "a data digest does not match", turn);
        }
        match (incoming.request, incoming.purpose) {
            (Request::ScsiCommand(_), Purpose::Command(key)) => {
                self.immediate_landed(key, buffer, turn);
                self.next_pdu(id)
            }
            (Request::DataOut(pdu), Purpose::Command(key)) => {
                let length = incoming.header.data_segment_length.get();
                self.data_out_landed(key, &pdu, buffer, length, turn);
                self.next_pdu(id)
            }
            (Request::NopOut(pdu), _) => {
                let length = incoming.header.data_segment_length.get();
                self.pong(id, &pdu, Some((buffer, length)), turn);
                self.next_pdu(id)
            }
            (Request::Text(pdu), _) => {
                self.text(id, &pdu, data_of(&buffer, &incoming.header), turn);
                self.next_pdu(id)
            }
            (Request::Login(pdu), _) => {
                self.login(id, &pdu, data_of(&buffer, &incoming.header), turn)
            }
            _ => self.next_pdu(id),
        }
    }

    fn data_dropped(
        &mut self,
        id: ConnectionId,
        incoming: &Incoming,
        turn: &mut Turn<'_>,
    ) -> Receive {
        if let Purpose::Command(key) = incoming.purpose {
            match incoming.request {
                Request::DataOut(pdu) => self.data_out_skipped(key, &pdu, turn),
                _ => self.progress(key, turn),
            }
        }
        self.next_pdu(id)
    }

    fn intact(&self, id: ConnectionId, pdu: &Incoming, buffer: &Buffer, trailer: &[u8]) -> bool {
        if !self.digests_of(id).data || pdu.header.data_segment_length.get() == 0 {
            return true;
        }
        let start = match pdu.request {
            Request::DataOut(data_out) => data_out.buffer_offset as usize,
            _ => 0,
        };
        let end = start + pdu.header.data_segment_length.get();
        let data = buffer.get(start..end).unwrap_or_default();
        trailer
            .split_last_chunk::<{ digest::LENGTH }>()
            .is_some_and(|(padding, sent)| digest::of_padded(data, padding) == *sent)
    }

    /// Ends a connection at once; its answer for the receive at hand.
    pub(super) fn close_now(
        &mut self,
        id: ConnectionId,
        why: &'static str,
        turn: &mut Turn<'_>,
    ) -> Receive {
        self.close_with(id, why, Ending::Now, turn)
    }

    /// Ends a connection once the peer has been told why.
    pub(super) fn close_after(
        &mut self,
        id: ConnectionId,
        why: &'static str,
        turn: &mut Turn<'_>,
    ) -> Receive {
        self.close_with(id, why, Ending::AfterSending, turn)
    }

    fn close_with(
        &mut self,
        connection: ConnectionId,
        why: &'static str,
        ending: Ending,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let Some(open) = self.connections.get_mut(&connection).filter(|c| !c.closing) else {
            return Receive::Pause;
        };
        open.closing = true;
        let over = matches!(open.phase, Phase::Over);
        turn.close(connection, ending);
        if !over {
            self.notice(Notice::Closed { connection, why });
        }
        self.end_session(connection, turn);
        Receive::Pause
    }
}

fn data_of<'a>(buffer: &'a Buffer, header: &Header) -> &'a [u8] {
    buffer
        .get(..header.data_segment_length.get())
        .unwrap_or_default()
}
