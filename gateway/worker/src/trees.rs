//! The directory trees a worker serves.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use labelgate_backends::tree::{Refused, Tree, TreeError};
use labelgate_backends::{Held, Request, Step};
use labelgate_engine::tree::{Answer, Call, Caller, FileId, Node, Seen, TreeId};
use labelgate_engine::{Completion, ImageError, IoId, Operation, Place};
use labelgate_pages::{Counters, Ended};

use crate::driver::{Purpose, Ticket};
use crate::images::{Progress, into_buffer};
use crate::meter::{self, Meter};

/// How long something is tried again that a tree could not do yet. A tree that has been searched for
/// so long for an old handle is one that a client can wait for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many wait, those included whose clients have gone meanwhile: as many as all connections that
/// there may be can have under way. Whoever comes then is told to come again (NFS3ERR_JUKEBOX).
const MOST_WAITING: usize = 4096;

/// The trees, by what handles call them.
pub(crate) struct Trees {
    table: BTreeMap<TreeId, Entry>,
    waiting: VecDeque<Waiting>,
    counters: Rc<Counters>,
}

struct Entry {
    tree: Tree,
    /// Where it is counted.
    slot: u32,
    /// Operations that wait for others of the same file, oldest first.
    held: HashMap<Node, VecDeque<(Ticket, Held)>>,
}

/// Whom something is done for, where that matters.
type For = Option<Box<Caller>>;

/// Something that a tree could not do yet.
struct Waiting {
    until: Instant,
    what: What,
}

enum What {
    Call(For, IoId, TreeId, Call),
    Operation(For, Ticket, FileId, Operation),
}

impl Trees {
    /// None yet.
    pub(crate) const fn new(counters: Rc<Counters>) -> Self {
        Self {
            table: BTreeMap::new(),
            waiting: VecDeque::new(),
            counters,
        }
    }

    /// Takes a tree; there must be none of that name.
    pub(crate) fn add(&mut self, id: TreeId, tree: Tree, slot: u32) {
        let held = HashMap::new();
        self.table.insert(id, Entry { tree, slot, held });
    }

    /// Carries out a call.
    pub(crate) fn call(
        &mut self,
        asked: (For, IoId, TreeId, Call),
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        self.try_call(asked, now + PATIENCE, now, out);
    }

    fn try_call(
        &mut self,
        (caller, io, id, call): (For, IoId, TreeId, Call),
        until: Instant,
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        let Some(entry) = self.table.get_mut(&id) else {
            out.push_back(Progress::Answered(io, Box::new(gone())));
            return;
        };
        entry.tree.act_for(caller.as_deref());
        let answer = entry.tree.answer(&call);
        let may_wait = now < until && self.waiting.len() < MOST_WAITING;
        if answer.result == Err(TreeError::Later) && may_wait {
            let what = What::Call(caller, io, id, call);
            self.waiting.push_back(Waiting { until, what });
            return;
        }
        out.push_back(Progress::Answered(io, Box::new(answer)));
    }

    /// Begins an operation on a file.
    pub(crate) fn start(
        &mut self,
        file: FileId,
        (caller, io): (For, IoId),
        operation: Operation,
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        let ticket = Ticket {
            place: Place::File(file),
            purpose: Purpose::Operation(io),
            meter: Meter::of(&operation, now),
            epoch: 0,
        };
        if let Some(entry) = self.table.get(&file.tree) {
            self.counters.image(entry.slot).began();
        }
        self.try_start((caller, ticket, file, operation), now + PATIENCE, now, out);
    }

    fn try_start(
        &mut self,
        (caller, ticket, file, operation): (For, Ticket, FileId, Operation),
        until: Instant,
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        let Some(entry) = self.table.get_mut(&file.tree) else {
            let completion = Completion {
                result: Err(ImageError::Revoked),
                buffer: into_buffer(operation),
            };
            out.push_back(Progress::Done(ticket, completion));
            return;
        };
        let may_wait = now < until && self.waiting.len() < MOST_WAITING;
        entry.tree.act_for(caller.as_deref());
        let step = match entry.tree.start(file.node, operation) {
            Ok(step) => step,
            Err(Refused {
                error: TreeError::Later,
                operation,
            }) if may_wait => {
                let what = What::Operation(caller, ticket, file, operation);
                self.waiting.push_back(Waiting { until, what });
                return;
            }
            Err(Refused { error, operation }) => Step::Done(Completion {
                result: Err(error.into()),
                buffer: into_buffer(operation),
            }),
        };
        entry.take(ticket, file.node, step, Instant::now, &self.counters, out);
    }

    /// A system call has ended.
    pub(crate) fn resume(
        &mut self,
        (ticket, file): (Ticket, FileId),
        request: Request,
        result: io::Result<usize>,
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        let Some(entry) = self.table.get_mut(&file.tree) else {
            debug_assert!(false, "a tree stays as long as its worker");
            return;
        };
        let node = file.node;
        let step = entry.tree.resume(node, request, result);
        entry.take(ticket, node, step, || now, &self.counters, out);
        let held = entry.held.remove(&node).unwrap_or_default();
        for (ticket, held) in held {
            let step = entry.tree.release(node, held);
            entry.take(ticket, node, step, || now, &self.counters, out);
        }
    }

    /// Whether something is to be tried again.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Tries everything again, once, that could not be done yet. What trees are searched for in one
    /// turn is bounded, however many ask: the label's disks are served by the same thread.
    pub(crate) fn try_again(&mut self, now: Instant, out: &mut VecDeque<Progress>) {
        if self.waiting.is_empty() {
            return;
        }
        for entry in self.table.values_mut() {
            entry.tree.next_turn();
        }
        for Waiting { until, what } in std::mem::take(&mut self.waiting) {
            match what {
                What::Call(caller, io, id, call) => {
                    self.try_call((caller, io, id, call), until, now, out);
                }
                What::Operation(caller, ticket, file, operation) => {
                    self.try_start((caller, ticket, file, operation), until, now, out);
                }
            }
        }
    }
}

impl Entry {
    fn take(
        &mut self,
        ticket: Ticket,
        node: Node,
        step: Step,
        now: impl FnOnce() -> Instant,
        counters: &Counters,
        out: &mut VecDeque<Progress>,
    ) {
        match step {
            Step::Done(completion) => {
                let Meter { kind, bytes, begun } = ticket.meter;
                counters.image(self.slot).ended(Ended {
                    operation: kind,
                    bytes,
                    result: completion.result.map(drop).map_err(meter::failure),
                    latency: now().saturating_duration_since(begun),
                });
                out.push_back(Progress::Done(ticket, completion));
            }
            Step::Request(request) => out.push_back(Progress::System(ticket, request)),
            Step::Held(held) => self.held.entry(node).or_default().push_back((ticket, held)),
        }
    }
}

/// There is no such tree.
fn gone() -> Answer {
    Answer {
        result: Err(TreeError::Stale),
        first: Seen::default(),
        second: Seen::default(),
    }
}
