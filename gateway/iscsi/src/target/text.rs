//! Text requests: SendTargets, and what may still be declared in full feature phase.

use labelgate_engine::{ConnectionId, Receive};

use super::connection::{Incoming, Purpose};
use super::{Target, Turn};
use crate::discovery::{AdvertisedTarget, PagedText};
use crate::negotiation;
use crate::pdu::{
    BHS, Header, InitiatorTaskTag, RejectReason, Request, SegmentLength, TargetTransferTag,
    TextRequest, TextResponse,
};
use crate::text::{MAX_TEXT, PartialText};

/// The one text exchange a session may have at a time; a new one ends the old.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// What the initiator has said so far.
    request: PartialText,
    /// What is still to be said to it, under the tag its next request must carry.
    answer: Option<(TargetTransferTag, PagedText)>,
}

impl Target {
    pub(super) fn text_request(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        header: Header,
        pdu: &TextRequest,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let request = Request::Text(*pdu);
        if !self.arrives(id, pdu.immediate, pdu.cmd_sn, turn) {
            return self.drop_data(id, bhs, header, request);
        }
        let length = header.data_segment_length.get();
        if length == 0 {
            self.text(id, pdu, &[], turn);
            return self.next_pdu(id);
        }
        if length <= MAX_TEXT
            && let Some(buffer) = self.shared.allocate(length)
        {
            let incoming = Incoming {
                bhs,
                header,
                request,
                purpose: Purpose::Text,
            };
            return self.land(id, incoming, buffer, 0);
        }
        self.reject(id, RejectReason::LongOperationReject, &bhs, turn);
        self.drop_data(id, bhs, header, request)
    }

    /// A text request is whole.
    pub(super) fn text(
        &mut self,
        id: ConnectionId,
        pdu: &TextRequest,
        data: &[u8],
        turn: &mut Turn<'_>,
    ) {
        let Some(session) = self.session(id) else {
            return;
        };
        let exchange = &mut session.text;
        if pdu.target_transfer_tag.is_reserved() {
            *exchange = Exchange::default();
        } else if let Some((tag, answer)) = exchange.answer.take() {
            if tag == pdu.target_transfer_tag {
                return self.send_page(id, pdu.initiator_task_tag, answer, turn);
            }
            return self.refuse_text(id, pdu, turn);
        }
        if exchange.request.append(data).is_err() {
            *exchange = Exchange::default();
            return self.refuse_text(id, pdu, turn);
        }
        if pdu.continued {
            return self.ask_for_more(id, pdu.initiator_task_tag, turn);
        }
        let whole = exchange.request.take();
        self.answer_text(id, pdu, &whole, turn);
    }

    fn answer_text(
        &mut self,
        id: ConnectionId,
        pdu: &TextRequest,
        text: &[u8],
        turn: &mut Turn<'_>,
    ) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let Some(session) = connection.peek_session() else {
            return;
        };
        let addresses = [connection.admission.local];
        // What this identity may open on other labels is shown with what is here.
        let granted = connection.admission.granted.iter().map(String::as_str);
        let here = self.units.values().map(|unit| unit.target.as_str());
        let mut names: Vec<_> = here.chain(granted).collect();
        names.sort_unstable();
        names.dedup();
        let targets = names.iter().map(|name| AdvertisedTarget {
            name,
            addresses: &addresses,
        });
        let Ok(answer) = negotiation::answer(text, &session.kind, targets) else {
            return self.refuse_text(id, pdu, turn);
        };
        if let Some(length) = answer.initiator_max_recv_data_segment_length
            && let Some(session) = self.session(id)
        {
            session.parameters.initiator_max_recv_data_segment_length = length;
        }
        self.send_page(
            id,
            pdu.initiator_task_tag,
            PagedText::new(answer.text),
            turn,
        );
    }

    /// Sends as much of an answer as the initiator can receive at once.
    fn send_page(
        &mut self,
        id: ConnectionId,
        initiator_task_tag: InitiatorTaskTag,
        mut answer: PagedText,
        turn: &mut Turn<'_>,
    ) {
        let Some((limit, tag)) = self.session(id).map(|session| {
            (
                session.parameters.initiator_max_recv_data_segment_length,
                session.tag(),
            )
        }) else {
            return;
        };
        let page = answer.next_page(limit);
        let (text, last) = (page.text.to_vec(), page.is_last);
        let pdu = TextResponse {
            is_final: last,
            continued: !last,
            initiator_task_tag,
            target_transfer_tag: if last {
                TargetTransferTag::RESERVED
            } else {
                tag
            },
            data_segment_length: SegmentLength::saturating(text.len()),
        };
        if let Some(session) = self.session(id).filter(|_| !last) {
            session.text.answer = Some((tag, answer));
        }
        self.send_text(id, &pdu, &text, turn);
    }

    /// > RFC 7143, 11.10.2: a request with the C bit set is answered with an empty response that
    /// > carries a target transfer tag (in substance).
    fn ask_for_more(
        &mut self,
        id: ConnectionId,
        initiator_task_tag: InitiatorTaskTag,
        turn: &mut Turn<'_>,
    ) {
        let Some(tag) = self.session(id).map(|session| session.tag()) else {
            return;
        };
        let pdu = TextResponse {
            is_final: false,
            continued: false,
            initiator_task_tag,
            target_transfer_tag: tag,
            data_segment_length: SegmentLength::ZERO,
        };
        self.send_text(id, &pdu, &[], turn);
    }

    fn refuse_text(&mut self, id: ConnectionId, pdu: &TextRequest, turn: &mut Turn<'_>) {
        let refused = pdu.encode(SegmentLength::ZERO);
        self.reject(id, RejectReason::ProtocolError, &refused, turn);
    }

    fn send_text(
        &mut self,
        id: ConnectionId,
        pdu: &TextResponse,
        text: &[u8],
        turn: &mut Turn<'_>,
    ) {
        let Some(numbers) = self.status_numbers(id) else {
            return;
        };
        self.send_pdu(id, &pdu.encode(numbers), text, turn);
    }
}
