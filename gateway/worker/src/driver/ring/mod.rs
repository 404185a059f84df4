//! The io_uring driver.
//!
//! One ring, used by one thread, restricted to the few operations a worker needs before the first
//! guest is served. Each turn is one `io_uring_enter`: it submits what the loop has asked for
//! since the last one and waits for what comes first, a completion or the deadline.
//!
//! What the kernel is lent is in a [`Loan`](super::loan::Loan), out of everybody's reach, until
//! its completion has been taken. A connection is freed only when none of its loans is out.

mod connection;
mod ending;
mod events;
mod job;
mod queue;
mod setup;
mod user_data;

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::time::{Duration, Instant};

use io_uring::squeue::Entry;
use io_uring::{opcode, types};
use labelgate_backends::Request;
use labelgate_control::WorkerEnd;
use labelgate_engine::{ConnectionId, Ending, Receive, Transmission};

use super::Driver;
use super::closing::{Deadlines, Phase};
use super::handler::{Handler, Ticket};
use super::inbound::Inbound;
use super::loan::Loan;
use super::report::Report;
use super::slots::Slots;
use super::table::Table;
use super::want::Want;
use connection::Connection;
use job::Job;
use queue::{Completed, Queue};
use user_data::{Name, UserData};

/// The io_uring driver.
pub struct Ring {
    queue: Queue,
    connections: Table<Connection>,
    jobs: Slots<Loan<Job>>,
    control: Option<Rc<WorkerEnd>>,
    bell: Option<Rc<OwnedFd>>,
    deadlines: Deadlines,
    /// Connections with work left over from the last turn, or resumed since.
    scheduled: Vec<ConnectionId>,
    reports: Vec<Report>,
    completed: Vec<Completed>,
    /// Counts the connections there have been.
    count: u32,
}

impl Ring {
    /// Makes the ring, for the calling thread alone. To be called before the process confines
    /// itself.
    ///
    /// # Errors
    /// io_uring is switched off, forbidden, or too old (before 5.19).
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            queue: Queue::new(setup::restricted()?),
            connections: Table::default(),
            jobs: Slots::default(),
            control: None,
            bell: None,
            deadlines: Deadlines::default(),
            scheduled: Vec::new(),
            reports: Vec::new(),
            completed: Vec::new(),
            count: 0,
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

    /// Receives again, if the connection may and does not already.
    fn arm_receive(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(id)
            && let Some(entry) = connection.receive()
        {
            // SAFETY: the entry points into the receiving half, which is lent until its completion
            // is dispatched, and whose descriptor stays open as long as the connection is there.
            unsafe { self.queue.push(entry) };
        }
    }

    /// Sends what is queued, unless a send is in the kernel already.
    fn arm_send(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(id)
            && connection.phase != Phase::Ended
            && let Some(entry) = connection.send()
        {
            // SAFETY: as for the receive, with the sending half.
            unsafe { self.queue.push(entry) };
        }
    }

    fn arm_control(&mut self) {
        if let Some(control) = &self.control {
            let entry = readable(control.as_fd()).user_data(UserData::Control.encode());
            // SAFETY: the entry points at no memory.
            unsafe { self.queue.push(entry) };
        }
    }

    fn arm_bell(&mut self) {
        if let Some(bell) = &self.bell {
            let entry = readable(bell.as_fd()).user_data(UserData::Bell.encode());
            // SAFETY: the entry points at no memory.
            unsafe { self.queue.push(entry) };
        }
    }
}

/// Completes once the descriptor can be read.
fn readable(descriptor: BorrowedFd<'_>) -> Entry {
    let events = u32::from(libc::POLLIN.unsigned_abs());
    opcode::PollAdd::new(types::Fd(descriptor.as_raw_fd()), events).build()
}

impl Driver for Ring {
    fn add(&mut self, id: ConnectionId, socket: OwnedFd, first: Receive) {
        self.count = self.count.wrapping_add(1);
        let want = Want::new(first);
        let sound = want.is_ok();
        let inbound = Inbound::new(want.unwrap_or(Want::Swallow));
        let name = Name::new(id.0, self.count);
        self.connections
            .insert(id, Connection::new(socket, name, inbound));
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
        // While a receive is in the kernel the connection is not paused.
        let resumed = connection.receiving.here().is_some_and(|receiving| {
            let resumed = receiving.inbound.resume(receive);
            resumed.is_ok()
        });
        if resumed {
            self.schedule(id);
        } else {
            self.end(id);
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
        connection.queue.push_back(transmission);
        self.schedule(id);
    }

    fn submit(&mut self, ticket: Ticket, request: Request) {
        let slot = self.jobs.insert(Loan::new(Job { ticket, request }));
        if let Some(loan) = self.jobs.get_mut(slot)
            && let Some(job) = loan.here()
        {
            let entry = job.entry().user_data(UserData::Job(slot).encode());
            loan.lend();
            // SAFETY: the entry points into the request's buffer and names its descriptor; the
            // request is lent until its completion is dispatched.
            unsafe { self.queue.push(entry) };
        }
    }

    fn close(&mut self, id: ConnectionId, ending: Ending) {
        match ending {
            Ending::Now => self.end(id),
            Ending::AfterSending => self.drain(id),
        }
    }

    fn watch(&mut self, control: Rc<WorkerEnd>) -> io::Result<()> {
        self.control = Some(control);
        self.arm_control();
        Ok(())
    }

    fn listen(&mut self, bell: Rc<OwnedFd>) -> io::Result<()> {
        self.bell = Some(bell);
        self.arm_bell();
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
        self.queue.enter(timeout)?;
        handler.woken();
        let mut completed = std::mem::take(&mut self.completed);
        self.queue.take(&mut completed);
        for completed in completed.drain(..) {
            self.dispatch(completed, handler);
        }
        self.completed = completed;
        self.expire();
        self.deliver_reports(handler);
        Ok(())
    }

    fn trim(&mut self) {
        let mut cancellations = Vec::new();
        for connection in self.connections.iter_mut() {
            connection.shrink();
            if connection.large {
                // It comes back cancelled, is shrunk, and goes out again.
                cancellations.extend(connection.cancel_receive());
            }
        }
        for entry in cancellations {
            // SAFETY: a cancellation points at no memory.
            unsafe { self.queue.push(entry) };
        }
        self.jobs.shrink();
        self.completed = Vec::new();
        self.scheduled.shrink_to_fit();
        self.reports.shrink_to_fit();
    }

    fn in_flight(&self) -> usize {
        self.jobs.len()
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("jobs", &self.jobs.len())
            .finish_non_exhaustive()
    }
}
