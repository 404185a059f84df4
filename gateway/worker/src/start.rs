//! From the first instruction to the first connection.

use std::io;
use std::os::fd::OwnedFd;

use labelgate_buffers::Memory;
use labelgate_control::{
    Configure, Driver as Wanted, FromWorker, Incoming, List, MAX_KEEPERS, MAX_STORES, ReceiveError,
    SendError, Text, ToWorker, WorkerEnd,
};
use labelgate_mac::Context;
use labelgate_mac::confinement::{
    ConfinementError, DriverKind, Identity, Profile, Reach, Report, confine, namespace, restrict,
};
use labelgate_mac::selinux::{ContextError, own_context};
use labelgate_pages::{Counters, MapError};
use labelgate_queue_pair::{self as queue_pair, WorkerSide};
use thiserror::Error;

use crate::driver::{Driver, Epoll, Ring};
use crate::keepers::HandedKeepers;
use crate::serve::{Farewell, HandedTrees, ServeError, Worker};
use crate::service::Service;

/// Address space beside the pool: the program, stacks, the malloc arenas of helper threads.
const ADDRESS_SPACE: u64 = 1 << 30;

/// Descriptors beside connections: images, the ring, the control socket.
const DESCRIPTORS: u64 = 1024;

/// Descriptors for a tree: the files that it keeps open, and those it goes through.
const FILES_OF_TREE: u64 = 512;

/// Why a worker did not come to serve, or did not end as it should.
#[derive(Debug, Error)]
pub enum RunError {
    /// Standard input is no control socket: only labelgated starts this program.
    #[error("standard input: {0}")]
    Stdin(io::Error),
    /// The supervisor's first message could not be received.
    #[error("control socket: {0}")]
    Receive(#[from] ReceiveError),
    /// The supervisor has gone before it said who this worker is.
    #[error("the supervisor has closed the control socket before it said who this worker is")]
    Abandoned,
    /// The supervisor's first message says something else.
    #[error("the supervisor's first message does not say who this worker is")]
    NotConfigured,
    /// It is not in the SELinux context that it was started in.
    #[error("this worker must run as {expected}, so nothing is served: {}", match .is.as_ref() {
        Ok(is) => format!("it runs as {is}"),
        Err(error) => error.to_string(),
    })]
    Context {
        /// What it runs as.
        is: Box<Result<Context, ContextError>>,
        /// What it must run as.
        expected: Text<1536>,
    },
    /// It could not act as its callers, as one of its trees needs.
    #[error("no user namespace of its own: {0}")]
    Namespace(io::Error),
    /// The kernel's policy does not let the worker have what it needs to start.
    #[error("the kernel withheld a descriptor that the supervisor sent: its policy refuses it")]
    Withheld,
    /// Its page for counters cannot be used.
    #[error(transparent)]
    Counters(#[from] MapError),
    /// The memory that it shares with its keepers cannot be used.
    #[error("memory shared with keepers: {0}")]
    Memory(io::Error),
    /// The queues between it and its keepers cannot be used.
    #[error(transparent)]
    Queues(#[from] queue_pair::MapError),
    /// Neither driver, or not the one that was asked for, can be had.
    #[error("driver: {0}")]
    Driver(io::Error),
    /// The engine cannot have what it needs.
    #[error("memory for buffers: {0}")]
    Engine(io::Error),
    /// The process could not be confined, so it must not serve.
    #[error("not confined, so nothing is served: {0}")]
    Confinement(#[from] ConfinementError),
    /// The supervisor could not be told that the worker is ready.
    #[error("control socket: {0}")]
    Send(#[from] SendError),
    /// It has served, and ended otherwise than it should.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// A worker's life: takes its configuration from standard input, confines the process, serves.
///
/// To be called first thing in `main`, while the process has one thread. `engine` makes the
/// engine, before the confinement; its buffers are in the memory that the worker shares with its
/// keepers, if it has any.
///
/// # Errors
/// See [`RunError`].
pub fn run<S: Service>(
    engine: impl FnOnce(&Configure, Option<&Memory>) -> io::Result<S>,
) -> Result<Farewell, RunError> {
    let control = WorkerEnd::from_stdin().map_err(RunError::Stdin)?;
    let (configure, page) = match control.receive_blocking()? {
        Incoming::Message(ToWorker::Configure(configure, page)) => (configure, page),
        Incoming::Message(_) | Incoming::Nothing => return Err(RunError::NotConfigured),
        Incoming::Withheld(_) => return Err(RunError::Withheld),
        Incoming::Closed => return Err(RunError::Abandoned),
    };
    check_context(configure.context.as_ref())?;
    let count = match configure.mapped {
        true => enter_namespace(&control)?.min(configure.trees),
        false => configure.trees,
    };
    // While files can be mapped.
    let counters = Counters::map(page)?;
    let (memory, keepers) = receive_keepers(&control, configure.keepers)?;
    let stores = receive_stores(&control, configure.stores)?;
    let trees = receive_trees(&control, count)?;
    let engine = engine(&configure, memory.as_ref()).map_err(RunError::Engine)?;
    let max_connections = usize::try_from(configure.max_connections).unwrap_or(usize::MAX);
    match ring(configure.driver)? {
        Some(ring) => {
            let report = confine(&profile(
                &configure,
                (&stores, &trees.roots),
                DriverKind::Ring,
            ))?;
            let worker = Worker {
                driver: ring,
                engine,
                control,
                counters,
                trees,
                mapped: configure.mapped,
                keepers,
                max_connections,
            };
            serve(worker, Wanted::Ring, &report)
        }
        None => {
            // Helper threads inherit the first part and are needed before the second.
            let restricted = restrict(&profile(
                &configure,
                (&stores, &trees.roots),
                DriverKind::Epoll,
            ))?;
            let epoll = Epoll::new().map_err(RunError::Driver)?;
            let report = restricted.seal()?;
            let worker = Worker {
                driver: epoll,
                engine,
                control,
                counters,
                trees,
                mapped: configure.mapped,
                keepers,
                max_connections,
            };
            serve(worker, Wanted::Epoll, &report)
        }
    }
}

/// Becomes root in a user namespace of its own, with the ids that the supervisor has for it: how many
/// trees it is handed.
fn enter_namespace(control: &WorkerEnd) -> Result<u32, RunError> {
    namespace::leave().map_err(RunError::Namespace)?;
    control.send(&FromWorker::Unshared)?;
    let trees = match control.receive_blocking()? {
        Incoming::Message(ToWorker::Mapped { trees }) => trees,
        Incoming::Closed => return Err(RunError::Abandoned),
        _ => return Err(RunError::NotConfigured),
    };
    namespace::become_root().map_err(RunError::Namespace)?;
    Ok(trees)
}

/// Whether this process runs as it must, where that is what confines it.
fn check_context(expected: Option<&Text<1536>>) -> Result<(), RunError> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let is = own_context();
    if is.as_ref().is_ok_and(|is| is.to_string() == **expected) {
        return Ok(());
    }
    let (is, expected) = (Box::new(is), expected.clone());
    Err(RunError::Context { is, expected })
}

/// The ring, if it is wanted and can be had.
fn ring(wanted: Wanted) -> Result<Option<Ring>, RunError> {
    match wanted {
        Wanted::Epoll => Ok(None),
        Wanted::Ring => Ring::new().map(Some).map_err(RunError::Driver),
        Wanted::Auto => Ok(Ring::new().ok()),
    }
}

/// What is shared with keepers, if there are to be any. It is mapped here, while memory can be.
fn receive_keepers(
    control: &WorkerEnd,
    count: u32,
) -> Result<(Option<Memory>, HandedKeepers), RunError> {
    if count > MAX_KEEPERS {
        return Err(RunError::NotConfigured);
    }
    if count == 0 {
        return Ok((None, HandedKeepers::default()));
    }
    let ToWorker::Memory(memory) = next(control)? else {
        return Err(RunError::NotConfigured);
    };
    let ToWorker::Bell(bell) = next(control)? else {
        return Err(RunError::NotConfigured);
    };
    let queues = (0..count).map(|_| match next(control)? {
        ToWorker::Queues(queues) => Ok(WorkerSide::map(queues)?),
        _ => Err(RunError::NotConfigured),
    });
    let keepers = HandedKeepers {
        bell: Some(bell),
        queues: queues.collect::<Result<_, RunError>>()?,
    };
    let memory = Memory::map(memory).map_err(RunError::Memory)?;
    Ok((Some(memory), keepers))
}

/// The next message of those that come at the start.
fn next(control: &WorkerEnd) -> Result<ToWorker, RunError> {
    match control.receive_blocking()? {
        Incoming::Message(message) => Ok(message),
        Incoming::Nothing => Err(RunError::NotConfigured),
        Incoming::Withheld(_) => Err(RunError::Withheld),
        Incoming::Closed => Err(RunError::Abandoned),
    }
}

/// The directories below which images will have to be opened.
fn receive_stores(control: &WorkerEnd, count: u32) -> Result<Vec<OwnedFd>, RunError> {
    if count > MAX_STORES {
        return Err(RunError::NotConfigured);
    }
    let receive = |_| match next(control)? {
        ToWorker::Store(store) => Ok(store),
        _ => Err(RunError::NotConfigured),
    };
    (0..count).map(receive).collect()
}

/// The roots of the label's trees. One whose descriptor the kernel withholds is not served, and the
/// rest is.
fn receive_trees(control: &WorkerEnd, count: u32) -> Result<HandedTrees, RunError> {
    if count > MAX_STORES {
        return Err(RunError::NotConfigured);
    }
    let mut trees = HandedTrees::default();
    for _ in 0..count {
        match control.receive_blocking()? {
            Incoming::Message(ToWorker::Tree(tree, root)) => {
                trees.known.push(tree);
                trees.roots.push(root);
            }
            Incoming::Withheld(ToWorker::Tree(tree, _)) => trees.withheld.push(tree.tree),
            Incoming::Closed => return Err(RunError::Abandoned),
            _ => return Err(RunError::NotConfigured),
        }
    }
    Ok(trees)
}

fn profile<'a>(
    configure: &Configure,
    (stores, trees): (&'a [OwnedFd], &'a [OwnedFd]),
    driver: DriverKind,
) -> Profile<'a> {
    let mut profile = Profile::worker(driver);
    profile.reach = match (stores, trees) {
        ([], []) => Reach::Nothing,
        (stores, []) => Reach::Beneath(stores),
        (files, trees) => Reach::Trees { files, trees },
    };
    if configure.mapped {
        profile.identity = Identity::Mapped;
    } else if configure.unprivileged {
        profile.identity = Identity::Shared;
    }
    let needed = configure.pool_bytes.saturating_mul(2);
    profile.address_space = profile
        .address_space
        .max(needed.saturating_add(ADDRESS_SPACE));
    let files = FILES_OF_TREE * u64::from(configure.trees);
    profile.descriptors = DESCRIPTORS + files + u64::from(configure.max_connections);
    profile
}

/// Says that the worker is ready, and serves.
fn serve<D: Driver, S: Service>(
    worker: Worker<D, S>,
    kind: Wanted,
    report: &Report,
) -> Result<Farewell, RunError> {
    let entries = report.entries().iter().take(Report::MAX_ENTRIES);
    let words: Vec<Text<128>> = entries.map(|entry| Text::clean(entry)).collect();
    worker.control.send(&FromWorker::Ready {
        driver: kind,
        confinement: List::try_from(words).unwrap_or_default(),
    })?;
    Ok(worker.serve()?)
}
