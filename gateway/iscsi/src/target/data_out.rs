//! SCSI Data-Out PDUs.

use labelgate_buffers::Buffer;
use labelgate_engine::{ConnectionId, Receive};

use super::connection::{Incoming, Purpose};
use super::inbound::DataFault;
use super::task::TaskKey;
use super::{Target, Turn};
use crate::pdu::{BHS, DataOut, Header, Request};

impl Target {
    /// A Data-Out header has come: where its data goes.
    pub(super) fn data_out(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        header: Header,
        pdu: &DataOut,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let request = Request::DataOut(*pdu);
        let key = self
            .session(id)
            .and_then(|s| s.tasks.get(&pdu.initiator_task_tag).copied());
        // Data of a task that was aborted or has failed may still be under way, and one that has all
        // its data and runs takes no more: it is passed over.
        let task = key.and_then(|key| Some((key, self.tasks.get_mut(key)?)));
        let Some((key, task)) = task.filter(|(_, task)| !task.is_under_way()) else {
            return self.drop_data(id, bhs, header, request);
        };
        let incoming = Incoming {
            bhs,
            header,
            request,
            purpose: Purpose::Command(key),
        };
        let length = header.data_segment_length.get();
        if length > 0 {
            task.fed = turn.now;
        }
        if !task.inbound.is_dropped() {
            match task.inbound.expect(pdu, length) {
                Ok(()) if length > 0 => {
                    if let Some(buffer) = task.work.take_data() {
                        return self.land(id, incoming, buffer, pdu.buffer_offset as usize);
                    }
                    self.data_fault(key, DataFault::Unexpected);
                }
                Ok(()) => {
                    self.data_out_arrived(key, pdu, 0, turn);
                    return self.next_pdu(id);
                }
                Err(fault) => self.data_fault(key, fault),
            }
        }
        if length == 0 {
            self.data_out_skipped(key, pdu, turn);
            return self.next_pdu(id);
        }
        self.pass_over(id, incoming)
    }

    /// The data of a Data-Out PDU is in the command's buffer.
    pub(super) fn data_out_landed(
        &mut self,
        key: TaskKey,
        pdu: &DataOut,
        buffer: Buffer,
        length: usize,
        turn: &mut Turn<'_>,
    ) {
        if let Some(task) = self.tasks.get_mut(key) {
            task.work.feed(buffer);
            self.data_out_arrived(key, pdu, length, turn);
        }
    }

    fn data_out_arrived(
        &mut self,
        key: TaskKey,
        pdu: &DataOut,
        length: usize,
        turn: &mut Turn<'_>,
    ) {
        let Some(task) = self.tasks.get_mut(key) else {
            return;
        };
        if let Err(fault) = task.inbound.landed(pdu, length) {
            self.data_fault(key, fault);
        }
        self.progress(key, turn);
    }

    /// A Data-Out PDU of a failed command has been passed over.
    pub(super) fn data_out_skipped(&mut self, key: TaskKey, pdu: &DataOut, turn: &mut Turn<'_>) {
        if let Some(task) = self.tasks.get_mut(key) {
            task.inbound.skipped(pdu);
            self.progress(key, turn);
        }
    }

    /// The command fails; what still comes of its data is passed over.
    fn data_fault(&mut self, key: TaskKey, fault: DataFault) {
        if let Some(task) = self.tasks.get_mut(key) {
            task.inbound.drop_rest();
            task.work.fail(fault.sense());
        }
    }
}
