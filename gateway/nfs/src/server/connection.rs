//! What is known of one connection.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Instant;

use labelgate_handle::LENGTH;
use labelgate_handle::Object;

use super::transfer::{PendingRead, PendingWrite};
use crate::portmap::Services;

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// The epoch of the handles that it may use.
    pub(super) epoch: u64,
    /// Where its client is.
    pub(super) peer: IpAddr,
    pub(super) stage: Stage,
    pub(super) record: Record,
    /// What has arrived of a call, but for the data of a WRITE.
    pub(super) head: Vec<u8>,
    /// Calls that are not answered, or whose answers are not in the socket.
    pub(super) calls: usize,
    /// Bytes of buffers that its calls hold.
    pub(super) held: usize,
    /// What each answer that is on its way holds, in their order.
    pub(super) unsent: VecDeque<usize>,
    /// No further call is read, and it is closed when all are answered.
    pub(super) leaving: bool,
    /// When the record began that is being received, or when it went on after it had to wait.
    pub(super) begun: Instant,
    /// When its peer last took an answer, or the first of those on their way was sent.
    pub(super) taken: Instant,
    /// The last handle it has used, and what it leads to.
    pub(super) known: Option<([u8; LENGTH], Object)>,
    /// Handles of it that were refused.
    pub(super) refused: u64,
    /// What the port mapper's questions are answered with, if it may ask any.
    pub(super) services: Option<Services>,
}

/// What it is to receive next, or what it waits for.
#[derive(Debug)]
pub(super) enum Stage {
    /// The mark of the fragment in which this begins or goes on.
    Mark(Part),
    /// This.
    Within(Part),
    /// Nothing, until there is memory for this.
    Starving(Starving),
    /// Nothing, until there are fewer calls.
    Paused,
    /// Nothing any more.
    Closing,
}

/// A part of a record.
#[derive(Debug)]
pub(super) enum Part {
    /// What is put together in `head`: all of it, but for the data of a WRITE.
    Head,
    /// The data of a WRITE.
    Data(PendingWrite),
    /// What follows the data of a WRITE, or all of the data if it is not wanted. So many bytes.
    Skipped(PendingWrite, usize),
    /// What is left of a record that has been answered already.
    Rest,
}

/// What a connection waits for memory for.
#[derive(Debug)]
pub(super) enum Starving {
    Write(PendingWrite),
    Read(PendingRead),
}

/// How far a record has been received.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Record {
    /// Bytes of the current fragment that have not been asked for.
    pub(super) left: usize,
    /// The current fragment is the last.
    pub(super) last: bool,
    /// Fragments so far.
    pub(super) fragments: usize,
    /// Bytes of all fragments so far.
    pub(super) announced: usize,
}

impl Record {
    /// Whether everything has been asked for.
    pub(super) const fn is_over(self) -> bool {
        self.last && self.left == 0
    }
}

impl Connection {
    pub(super) fn new(epoch: u64, peer: IpAddr, now: Instant) -> Self {
        Self {
            epoch,
            peer: peer.to_canonical(),
            stage: Stage::Mark(Part::Head),
            record: Record::default(),
            head: Vec::new(),
            calls: 0,
            held: 0,
            unsent: VecDeque::new(),
            leaving: false,
            begun: now,
            taken: now,
            known: None,
            refused: 0,
            services: None,
        }
    }

    /// Since when its peer owes us something, and has since given nothing of it: the rest of a
    /// call, or to read its answers. What it gives of the one does not excuse the other, and a
    /// call that comes in crumbs is none.
    pub(super) fn owes(&self) -> Option<Instant> {
        let within = match &self.stage {
            Stage::Mark(_) => self.record.fragments != 0,
            Stage::Within(_) => true,
            Stage::Starving(_) | Stage::Paused => false,
            Stage::Closing => return None,
        };
        let call = within.then_some(self.begun);
        let answers = (!self.unsent.is_empty()).then_some(self.taken);
        call.into_iter().chain(answers).min()
    }
}
