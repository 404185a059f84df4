//! The duplicate request cache: a call that has changed something is answered again, not carried out
//! again, when its client repeats it because it has not seen the answer.
//!
//! > an NFS server [...] can maintain a cache of recently performed requests [...] the server
//! > [can] detect duplicate requests and return the original reply (RFC 1813 4.5, in substance)
//!
//! A repeated call is known by the client's address, the identity, the XID and all of its bytes. Of
//! one that is still under way no second answer comes, unless its connection has gone: then the
//! new one gets the only one, now or, if the call ends before it is repeated, from here. The cache is the worker's memory: it does not outlive the worker, so
//! that a REMOVE that is repeated to the next one finds nothing to remove. (An exclusive CREATE is
//! known again by its file.)

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use labelgate_engine::{ConnectionId, IoId};

use super::{Server, Turn};
use crate::rpc::CallHeader;
use crate::v3::{self, Procedure};

/// Answers that are kept, and calls that are under way. An answer of these has a few hundred bytes.
const MOST: usize = 1024;

/// A longer answer is not kept; none of these procedures has one.
const LONGEST: usize = 1024;

/// How long an answer is kept. Clients repeat a call after a minute, or when they have connected
/// again; later an XID may be another call's.
const KEPT: Duration = Duration::from_secs(120);

/// What tells a call from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint {
    /// Where its client is.
    pub(super) client: IpAddr,
    /// The epoch of the handles that it may use.
    pub(super) epoch: u64,
    xid: u32,
    /// Of all bytes, by a hash with a key that nobody knows.
    sum: u64,
}

/// What is known of a call that may come again.
#[derive(Debug)]
enum Known {
    UnderWay(IoId),
    Answered(Instant, Box<[u8]>),
}

/// Calls that may come again.
#[derive(Debug, Default)]
pub(super) struct Replays {
    hasher: RandomState,
    known: HashMap<Fingerprint, Known>,
    /// Those that were answered, and when, oldest first.
    order: VecDeque<(Instant, Fingerprint)>,
    /// The call that is being looked at, until it is under way.
    arriving: Option<Fingerprint>,
    /// The call whose answer is the next that is laid out.
    answering: Option<Fingerprint>,
}

impl Replays {
    /// The call that has just begun, if it is one that may come again.
    pub(super) fn begin(&mut self, io: IoId) -> Option<Fingerprint> {
        let fingerprint = self.arriving.take()?;
        self.known.insert(fingerprint, Known::UnderWay(io));
        Some(fingerprint)
    }

    /// The call that has just come is under way, or was answered at once: then it has changed nothing.
    pub(super) const fn arrived(&mut self) {
        self.arriving = None;
    }

    /// What is laid out next is the answer to this call.
    pub(super) const fn answer(&mut self, call: Option<Fingerprint>) {
        self.answering = call;
    }

    /// Whose answer is laid out next, though its connection may have gone.
    pub(super) const fn answering(&self) -> Option<&Fingerprint> {
        self.answering.as_ref()
    }

    /// It is done with the call that was to be answered.
    pub(super) fn answered(&mut self) {
        let left = self.answering.take();
        self.forget(left);
    }

    /// Nobody was answered.
    fn forget(&mut self, call: Option<Fingerprint>) {
        if let Some(call) = call {
            self.known.remove(&call);
        }
    }

    /// An answer was laid out.
    pub(super) fn laid_out(&mut self, answer: &[u8], now: Instant) {
        let Some(call) = self.answering.take() else {
            return;
        };
        if answer.len() > LONGEST {
            self.known.remove(&call);
            return;
        }
        self.known.insert(call, Known::Answered(now, answer.into()));
        self.order.push_back((now, call));
        while self.order.len() > MOST {
            if let Some((at, oldest)) = self.order.pop_front() {
                self.forget_answer(at, &oldest);
            }
        }
    }

    /// It may have been another call's meanwhile, which is kept.
    fn forget_answer(&mut self, at: Instant, call: &Fingerprint) {
        if let Some(Known::Answered(since, _)) = self.known.get(call)
            && *since == at
        {
            self.known.remove(call);
        }
    }
}

impl Server {
    /// Whether this call has come before; then it has been dealt with.
    pub(super) fn is_repeated(
        &mut self,
        id: ConnectionId,
        header: &CallHeader<'_>,
        bytes: &[u8],
        turn: &mut Turn<'_>,
    ) -> bool {
        self.replays.arriving = None;
        if !may_come_again(header) {
            return false;
        }
        let Some(connection) = self.connections.get(&id) else {
            return false;
        };
        let call = Fingerprint {
            client: connection.peer,
            epoch: connection.epoch,
            xid: header.xid,
            sum: self.replays.hasher.hash_one(bytes),
        };
        match self.replays.known.get(&call) {
            Some(Known::Answered(at, answer)) if turn.now.duration_since(*at) < KEPT => {
                self.scratch.clear();
                self.scratch.extend_from_slice(answer);
                self.send_laid_out(id, None, turn);
                true
            }
            Some(&Known::UnderWay(io)) => {
                if !self.tasks.adopt(io, id) {
                    self.unanswered(id);
                }
                true
            }
            Some(Known::Answered(..)) | None => {
                self.replays.arriving = Some(call);
                false
            }
        }
    }

    /// A call gets no answer on this connection.
    fn unanswered(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.calls = connection.calls.saturating_sub(1);
        }
    }
}

/// Whether its second call would find what the first has left.
fn may_come_again(header: &CallHeader<'_>) -> bool {
    let procedures = [
        Procedure::SetAttr,
        Procedure::Create,
        Procedure::MkDir,
        Procedure::SymLink,
        Procedure::MkNod,
        Procedure::Remove,
        Procedure::RmDir,
        Procedure::Rename,
        Procedure::Link,
    ];
    let ours = header.program == v3::PROGRAM && header.version == v3::VERSION;
    ours && procedures
        .iter()
        .any(|&procedure| procedure as u32 == header.procedure)
}
