//! The loop.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Instant;

use labelgate_control::{AddTree, ReceiveError, SendError, WorkerEnd};
use labelgate_engine::{ImageError, Outbox};
use labelgate_pages::{Counters, WorkerCounter, WorkerGauge};
use thiserror::Error;

use crate::connections::Connections;
use crate::desk::Desk;
use crate::driver::{self, Driver};
use crate::idle::{Idle, Surplus};
use crate::images::Images;
use crate::keepers::{HandedKeepers, Keepers};
use crate::outgoing::Outgoing;
use crate::reservations::Keeping;
use crate::service::Service;
use crate::stage::Stage;
use crate::trees::Trees;

/// How a worker has ended as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// The supervisor asked for it; everything is flushed, and it has been told.
    Drained,
    /// The supervisor is gone; everything is flushed.
    Orphaned,
}

/// Why a worker has ended otherwise.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The driver has failed: nothing can be served any more.
    #[error("driver: {0}")]
    Driver(#[from] io::Error),
    /// The supervisor's messages make no sense. Everything is flushed.
    #[error("control socket: {0}")]
    Receive(#[from] ReceiveError),
    /// The supervisor cannot be told anything.
    #[error("control socket: {0}")]
    Send(#[from] SendError),
    /// What clients were told was written may be lost: the last flush of an image has failed.
    #[error("the last flush of an image has failed: {0}")]
    LastFlush(ImageError),
    /// The supervisor is gone, and the images could not be flushed in time.
    #[error("the supervisor is gone, and the images could not be flushed in time")]
    Overdue,
}

/// What a worker is made of.
#[derive(Debug)]
pub struct Worker<D, S> {
    /// What moves the bytes.
    pub driver: D,
    /// What knows the protocol.
    pub engine: S,
    /// The supervisor's other end, after the answer to its first message.
    pub control: WorkerEnd,
    /// What it counts in.
    pub counters: Counters,
    /// The trees it is to serve.
    pub trees: HandedTrees,
    /// It is root in a user namespace of its own.
    pub mapped: bool,
    /// What it shares with keepers.
    pub keepers: HandedKeepers,
    /// The most connections at a time.
    pub max_connections: usize,
}

/// The trees that a worker was handed.
#[derive(Debug, Default)]
pub struct HandedTrees {
    /// What they are called.
    pub known: Vec<AddTree>,
    /// Their roots, in the same order.
    pub roots: Vec<OwnedFd>,
    /// Those whose roots the kernel did not let it have.
    pub withheld: Vec<u32>,
}

impl<D: Driver, S: Service> Worker<D, S> {
    /// Serves until the supervisor wants the worker to end, or is gone.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn serve(self) -> Result<Farewell, ServeError> {
        let now = Instant::now();
        let (mut driver, mut desk) = desk(self, now);
        let mut idle = Idle::new(now);
        driver.watch(Rc::clone(&desk.control))?;
        if let Some(bell) = &desk.keepers.bell {
            driver.listen(Rc::clone(bell))?;
        }
        loop {
            desk.settle(&mut driver);
            desk.advance();
            if let Some(farewell) = farewell(&mut desk)? {
                return Ok(farewell);
            }
            if !desk.progress.is_empty() || !desk.outbox.is_empty() {
                continue;
            }
            if std::mem::take(&mut desk.active) {
                idle.active(desk.now);
            }
            match idle.due(desk.now) {
                Some(Surplus::Held) => {
                    driver.trim();
                    // Without it the worker is as good, only larger.
                    let _ = desk.engine.trim();
                }
                Some(Surplus::Heap) => driver::trim_heap(),
                None => {}
            }
            // The last thing before the wait: what comes from here on rings the bell.
            let answered = !desk.keepers.arm();
            let deadlines = [
                answered.then_some(desk.now),
                desk.trees.has_waiting().then_some(desk.now),
                desk.engine.deadline(),
                desk.stage.deadline(),
                desk.outgoing.deadline(),
                idle.deadline(),
            ];
            desk.counters.add(WorkerCounter::Turns, 1);
            let used = desk.engine.buffer_bytes();
            desk.counters.set(WorkerGauge::BufferBytes, used as u64);
            driver.turn(deadlines.into_iter().flatten().min(), &mut desk)?;
            desk.hear_keepers();
            desk.tick();
        }
    }
}

fn desk<D, S: Service>(worker: Worker<D, S>, now: Instant) -> (D, Desk<S>) {
    let counters = Rc::new(worker.counters);
    let mut desk = Desk {
        engine: worker.engine,
        outbox: Outbox::default(),
        images: Images::new(Rc::clone(&counters)),
        trees: Trees::new(Rc::clone(&counters)),
        keepers: Keepers::new(worker.keepers),
        counters,
        connections: Connections::new(worker.max_connections),
        control: Rc::new(worker.control),
        outgoing: Outgoing::default(),
        stage: Stage::Serving,
        control_error: None,
        removals: BTreeSet::new(),
        keeping: Keeping::default(),
        mapped: worker.mapped,
        flush_error: None,
        additions: Vec::new(),
        progress: VecDeque::new(),
        now,
        active: true,
    };
    desk.add_trees(worker.trees);
    (worker.driver, desk)
}

/// Sends what there is to say; how the worker has ended, if it has.
fn farewell<S: Service>(desk: &mut Desk<S>) -> Result<Option<Farewell>, ServeError> {
    let orphaned = matches!(
        desk.stage,
        Stage::Leaving { orphaned: true, .. } | Stage::Gone { orphaned: true }
    );
    match desk.outgoing.send(&desk.control, desk.now) {
        Ok(()) => {}
        // Reading says so too, once what it had sent before is read.
        Err(SendError::Closed) if !orphaned => {
            desk.leave_orphaned();
            return Ok(None);
        }
        Err(SendError::Closed) => desk.outgoing = Outgoing::default(),
        Err(error) => return Err(error.into()),
    }
    match desk.stage {
        _ if desk.overdue() => Err(ServeError::Overdue),
        Stage::Gone { orphaned } if orphaned || desk.outgoing.is_empty() => {
            if let Some(error) = desk.flush_error {
                return Err(ServeError::LastFlush(error));
            }
            match desk.control_error.take() {
                Some(error) => Err(error.into()),
                None if orphaned => Ok(Some(Farewell::Orphaned)),
                None => Ok(Some(Farewell::Drained)),
            }
        }
        _ => Ok(None),
    }
}
