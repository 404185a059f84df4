//! The epoll driver, for systems where io_uring is switched off.
//!
//! tokio's current-thread runtime waits for sockets; two helper threads make the calls of image
//! operations that would block. Nothing is spawned on the runtime: between two waits the worker
//! works through the sources that have become ready, as the ring does with its completions.

mod bells;
mod connection;
mod ending;
mod events;
mod helpers;
mod job;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use labelgate_backends::Request;
use labelgate_control::WorkerEnd;
use labelgate_engine::{ConnectionId, Ending, Receive, Transmission};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Runtime};

use super::Driver;
use super::closing::{Deadlines, Phase};
use super::handler::{Handler, Ticket};
use super::inbound::Inbound;
use super::loan::Loan;
use super::report::Report;
use super::slots::Slots;
use super::table::Table;
use super::want::Want;
use bells::{Bell, Bells, Source};
use connection::Connection;
use helpers::Helpers;
use job::Job;

/// The epoll driver.
pub struct Epoll {
    // Before the runtime, so that sockets leave it while it is there.
    connections: Table<Connection>,
    control: Option<Control>,
    keepers: Option<KeepersBell>,
    helpers: Helpers,
    helpers_bell: Arc<Bell>,
    jobs: Slots<Loan<Job>>,
    bells: Arc<Bells>,
    deadlines: Deadlines,
    /// Connections with work left over from the last turn, or resumed since.
    scheduled: Vec<ConnectionId>,
    reports: Vec<Report>,
    rung: Vec<Source>,
    results: Vec<(u32, io::Result<usize>)>,
    runtime: Runtime,
}

/// The control socket, and its bell.
struct Control {
    socket: AsyncFd<Watched>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// The eventfd that keepers ring, and its bell here.
struct KeepersBell {
    rung: AsyncFd<Rung>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// The eventfd belongs to the loop too.
struct Rung(Rc<OwnedFd>);

impl AsRawFd for Rung {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// The control socket belongs to the loop too.
struct Watched(Rc<WorkerEnd>);

impl AsRawFd for Watched {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Epoll {
    /// Makes the runtime and starts the helper threads. To be called before the process forbids
    /// itself to make descriptors and threads.
    ///
    /// # Errors
    /// The system refuses them.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let bells = Arc::new(Bells::default());
        let helpers_bell = Bell::new(Source::Helpers, &bells);
        Ok(Self {
            connections: Table::default(),
            control: None,
            keepers: None,
            helpers: Helpers::start(Arc::clone(&helpers_bell).into())?,
            helpers_bell,
            jobs: Slots::default(),
            bells,
            deadlines: Deadlines::default(),
            scheduled: Vec::new(),
            reports: Vec::new(),
            rung: Vec::new(),
            results: Vec::new(),
            runtime,
        })
    }

    /// Has the connection looked at in the next turn.
    fn schedule(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(id)
            && !connection.scheduled
        {
            connection.scheduled = true;
            self.scheduled.push(id);
        }
    }

    /// Waits until a source is ready, `timeout` at most.
    fn wait(&self, timeout: Option<Duration>) {
        let ready = poll_fn(|context| self.bells.poll(context));
        self.runtime.block_on(async {
            match timeout {
                None => ready.await,
                // Looks at the sockets without waiting.
                Some(Duration::ZERO) => tokio::task::yield_now().await,
                // What is ready is looked at either way.
                Some(timeout) => drop(tokio::time::timeout(timeout, ready).await),
            }
        });
    }
}

impl Driver for Epoll {
    fn add(&mut self, id: ConnectionId, socket: OwnedFd, first: Receive) {
        let want = Want::new(first);
        let sound = want.is_ok();
        let inbound = Inbound::new(want.unwrap_or(Want::Swallow));
        let bell = Bell::new(Source::Connection(id), &self.bells);
        let entered = self.runtime.enter();
        let connection = Connection::new(socket, bell, inbound);
        drop(entered);
        let Ok(connection) = connection else {
            // The kernel will not watch it: it is closed by now.
            self.reports.push(Report::Closed(id));
            return;
        };
        self.connections.insert(id, connection);
        if sound {
            self.schedule(id);
        } else {
            self.end(id);
        }
    }

    fn receive(&mut self, id: ConnectionId, receive: Receive) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        if connection.phase != Phase::Open {
            return;
        }
        match connection.inbound.resume(receive) {
            Ok(()) => self.schedule(id),
            Err(_) => self.end(id),
        }
    }

    fn send(&mut self, id: ConnectionId, transmission: Transmission) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        if connection.phase != Phase::Open {
            return;
        }
        if transmission.is_empty() {
            self.reports.push(Report::Sent(id, transmission));
            return;
        }
        connection.outbound.push(transmission);
        self.schedule(id);
    }

    fn submit(&mut self, ticket: Ticket, request: Request) {
        let slot = self.jobs.insert(Loan::new(Job { ticket, request }));
        let in_flight = self.jobs.len();
        if let Some(loan) = self.jobs.get_mut(slot)
            && let Some(job) = loan.here()
        {
            // SAFETY: the request is lent until its result has been taken.
            unsafe { self.helpers.run(slot, &mut job.request, in_flight) };
            loan.lend();
        }
    }

    fn close(&mut self, id: ConnectionId, ending: Ending) {
        match ending {
            Ending::Now => self.end(id),
            Ending::AfterSending => self.drain(id),
        }
    }

    fn watch(&mut self, control: Rc<WorkerEnd>) -> io::Result<()> {
        let _entered = self.runtime.enter();
        let bell = Bell::new(Source::Control, &self.bells);
        let waker = Waker::from(Arc::clone(&bell));
        // What came before it was watched is looked at in the first turn.
        waker.wake_by_ref();
        // SAFETY: the descriptor is open as long as the value that is registered with it.
        let socket =
            unsafe { AsyncFd::register_with_interest(Watched(control), Interest::READABLE) }?;
        self.control = Some(Control {
            socket,
            bell,
            waker,
        });
        Ok(())
    }

    fn listen(&mut self, bell: Rc<OwnedFd>) -> io::Result<()> {
        let _entered = self.runtime.enter();
        let own = Bell::new(Source::Keepers, &self.bells);
        let waker = Waker::from(Arc::clone(&own));
        // As for the control socket.
        waker.wake_by_ref();
        // SAFETY: the descriptor is open as long as the value that is registered with it.
        let rung = unsafe { AsyncFd::register_with_interest(Rung(bell), Interest::READABLE) }?;
        self.keepers = Some(KeepersBell {
            rung,
            bell: own,
            waker,
        });
        Ok(())
    }

    fn turn<H: Handler>(&mut self, deadline: Option<Instant>, handler: &mut H) -> io::Result<()> {
        let busy = self.catch_up(handler);
        let until = deadline.into_iter().chain(self.deadlines.earliest()).min();
        let timeout = if busy {
            Some(Duration::ZERO)
        } else {
            until.map(|until| until.saturating_duration_since(Instant::now()))
        };
        self.wait(timeout);
        handler.woken();
        let mut rung = std::mem::take(&mut self.rung);
        self.bells.take(&mut rung);
        for source in rung.drain(..) {
            self.dispatch(source, handler);
        }
        self.rung = rung;
        self.expire();
        self.deliver_reports(handler);
        Ok(())
    }

    fn trim(&mut self) {
        self.connections.iter_mut().for_each(Connection::shrink);
        self.jobs.shrink();
        self.rung = Vec::new();
        self.results = Vec::new();
        self.scheduled.shrink_to_fit();
        self.reports.shrink_to_fit();
    }

    fn in_flight(&self) -> usize {
        self.jobs.len()
    }
}

impl fmt::Debug for Epoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoll")
            .field("jobs", &self.jobs.len())
            .finish_non_exhaustive()
    }
}
