//! The end of a task that somebody waits for: data, status, sense.

use labelgate_buffers::Buffer;
use labelgate_engine::ConnectionId;
use labelgate_scsi::{Sense, Status};

use super::send::Digests;
use super::task::{Task, TaskKey};
use super::work::Answer;
use super::{Target, Turn};
use crate::pdu::{DataIn, Residual, ScsiResponse, SegmentLength, Sequence, ServiceResponse};

impl Target {
    /// Answers a task and ends it.
    pub(super) fn respond(&mut self, key: TaskKey, answer: Answer, turn: &mut Turn<'_>) {
        let Some(mut task) = self.finish(key, turn) else {
            return;
        };
        let Some(id) = task.connection.filter(|_| !task.aborted) else {
            return;
        };
        match answer {
            Answer::Good => self.send_status(id, &task, Status::Good, None, turn),
            Answer::Conflict => {
                self.send_status(id, &task, Status::ReservationConflict, None, turn);
            }
            Answer::Sense(sense) => {
                self.send_status(id, &task, Status::CheckCondition, Some(sense), turn);
            }
            Answer::Data(buffer, length) => {
                self.send_data(id, &task, Data::Buffer(buffer), length, turn)
            }
            Answer::Bytes(bytes) => {
                let expected = if task.reads {
                    task.expected as usize
                } else {
                    0
                };
                let length = bytes.len().min(expected);
                task.moves = bytes.len();
                self.send_data(id, &task, Data::Bytes(bytes), length, turn);
            }
        }
        self.feed_hungry(turn);
    }

    /// A SCSI Response.
    fn send_status(
        &mut self,
        id: ConnectionId,
        task: &Task,
        status: Status,
        sense: Option<Sense>,
        turn: &mut Turn<'_>,
    ) {
        let format = task
            .unit
            .and_then(|image| self.units.get(&image))
            .map_or_else(Default::default, |unit| unit.logical.sense_format());
        let mut data = Vec::new();
        if let Some(sense) = sense {
            let sense = sense.encode(format);
            // > RFC 7143, 11.4.7: "SenseLength: This field indicates the length of Sense Data."
            let length = u16::try_from(sense.len()).unwrap_or(0);
            data.extend_from_slice(&length.to_be_bytes());
            data.extend_from_slice(&sense);
        }
        let moved = match status {
            Status::Good => task.moves,
            _ => moved_in_vain(task),
        };
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let Some(session) = connections.get_mut(&id).and_then(|c| c.session()) else {
            return;
        };
        let header = ScsiResponse {
            initiator_task_tag: task.itt,
            response: ServiceResponse::Completed(status.code()),
            residual: Residual::of(task.expected, moved as u64),
            bidirectional_read_residual: Residual::None,
            exp_data_sn: task.r2ts,
            data_segment_length: SegmentLength::saturating(data.len()),
        }
        .encode(session.window.status(ledger));
        self.send_pdu(id, &header, &data, turn);
    }

    /// Data-In PDUs, the last of which carries the status.
    fn send_data(
        &mut self,
        id: ConnectionId,
        task: &Task,
        data: Data,
        length: usize,
        turn: &mut Turn<'_>,
    ) {
        if length == 0 {
            return self.send_status(id, task, Status::Good, None, turn);
        }
        let digests = self.digests_of(id);
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let Some(session) = connections.get_mut(&id).and_then(|c| c.session()) else {
            return;
        };
        let parameters = &session.parameters;
        let cut = Cut {
            segment: parameters.initiator_max_recv_data_segment_length.get(),
            burst: parameters.max_burst_length as usize,
            length,
        };
        let mut sent = turn.outbox.transmission();
        let data = data.load(&mut sent);
        for piece in cut.pieces() {
            let sequence = if piece.last {
                let residual = Residual::of(task.expected, task.moves as u64);
                Sequence::EndsWithStatus {
                    status: Status::Good.code(),
                    residual,
                }
            } else if piece.ends_burst {
                Sequence::Ends
            } else {
                Sequence::Continues
            };
            let numbers = if piece.last {
                session.window.status(ledger)
            } else {
                session.window.plain(ledger)
            };
            let header = DataIn {
                sequence,
                initiator_task_tag: task.itt,
                data_sn: piece.number,
                buffer_offset: u32::try_from(piece.offset).unwrap_or(u32::MAX),
                data_segment_length: SegmentLength::saturating(piece.length),
            }
            .encode(numbers);
            add_piece(digests, &header, data.as_deref(), &piece, &mut sent);
        }
        self.send(id, sent, turn);
    }
}

/// How much a failed command is said to have moved: all it would have, if the initiator expected
/// less than that (the residual is what tells it so); otherwise the data that came from it.
fn moved_in_vain(task: &Task) -> usize {
    if task.moves > task.expected as usize {
        return task.moves;
    }
    task.inbound.received().min(task.inbound.wanted())
}

/// Where data-in comes from.
enum Data {
    Buffer(Buffer),
    Bytes(Vec<u8>),
}

impl Data {
    /// Hands a buffer to the transmission; bytes stay here, to be copied.
    fn load(self, sent: &mut labelgate_engine::Transmission) -> Option<Vec<u8>> {
        match self {
            Self::Buffer(buffer) => {
                sent.carry(buffer);
                None
            }
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}

fn add_piece(
    digests: Digests,
    header: &[u8; crate::pdu::BHS],
    bytes: Option<&[u8]>,
    piece: &Piece,
    sent: &mut labelgate_engine::Transmission,
) {
    match bytes {
        Some(bytes) => {
            let end = piece.offset + piece.length;
            digests.pdu(
                header,
                bytes.get(piece.offset..end).unwrap_or_default(),
                sent,
            );
        }
        None => {
            digests.header(header, sent);
            digests.slice(piece.offset, piece.length, sent);
        }
    }
}

/// How data-in is cut into PDUs.
///
/// > RFC 7143, 13.13: "MaxBurstLength: ... maximum SCSI data payload in bytes in a Data-In or a
/// > solicited Data-Out iSCSI sequence"; the last PDU of each sequence has the F bit.
#[derive(Debug, Clone, Copy)]
struct Cut {
    segment: usize,
    burst: usize,
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    number: u32,
    offset: usize,
    length: usize,
    ends_burst: bool,
    last: bool,
}

impl Cut {
    fn pieces(self) -> impl Iterator<Item = Piece> {
        let (segment, burst) = (self.segment.max(1), self.burst.max(1));
        let mut offset = 0;
        (0..).map_while(move |number| {
            let in_burst = burst - offset % burst;
            let length = segment.min(in_burst).min(self.length - offset);
            if length == 0 {
                return None;
            }
            let piece = Piece {
                number,
                offset,
                length,
                ends_burst: length == in_burst,
                last: offset + length == self.length,
            };
            offset += length;
            Some(piece)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(segment: usize, burst: usize, length: usize) -> Vec<(usize, usize, bool)> {
        let pieces: Vec<_> = Cut {
            segment,
            burst,
            length,
        }
        .pieces()
        .collect();
        assert!(pieces.last().unwrap().last);
        assert_eq!(pieces.iter().filter(|piece| piece.last).count(), 1);
        pieces
            .iter()
            .map(|piece| (piece.offset, piece.length, piece.ends_burst))
            .collect()
    }

    #[test]
    fn data_is_cut_at_segments_and_at_bursts() {
        assert_eq!(cut(8192, 65536, 4096), [(0, 4096, false)]);
        assert_eq!(
            cut(4096, 8192, 8192),
            [(0, 4096, false), (4096, 4096, true)]
        );
        assert_eq!(
            cut(6000, 8192, 10000),
            [(0, 6000, false), (6000, 2192, true), (8192, 1808, false)]
        );
    }
}
