//! The way of a connection from the door to its label's worker, past a greeter.

use std::io;
use std::net::Shutdown;
use std::num::NonZero;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use labelgate_control::{Text, ToGreeter};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::time::timeout_at;

use super::arrival::Arrival;
use super::attempts::Attempts;
use super::authority::{Authority, How};
use super::dialogue::{Agreed, Dialogue, End, Stage};
use super::exports::Exports;
use super::failure::Failure;
use super::greeter::Greeter;
use super::hall::Room;
use super::launch::{RECORDS_AT_ONCE, RECORDS_PER_SECOND};
use super::pool::Pool;
use super::visitor::{Visitor, Visitors};
use crate::audit::{Decision, Event, Record, Throttle};
use crate::config::Identity;
use crate::label_table::LabelTable;
use crate::metrics::Greeted;
use crate::sources::Sources;
use crate::worker::{Candidate, Death, Shared, has_departed};

/// Connections in line that have no seat, as a multiple of the seats.
const LINE: usize = 8;
/// The same, of one source.
const LINE_PER_SOURCE: usize = 4;

/// At least so many greeters are started at once, and one for each processor: more would only delay
/// each other, and with fewer one that hangs would delay all.
const STARTING: usize = 2;

/// Receives connections whose label is not known by their address.
#[derive(Debug)]
pub struct Reception {
    shared: Arc<Shared>,
    labels: Arc<LabelTable>,
    sources: Arc<Sources>,
    visitors: Arc<Visitors>,
    pool: Arc<Pool>,
    authority: Authority,
    exports: Exports,
    attempts: Attempts,
    /// Rations what clients can have written down by coming and going.
    processes: Throttle,
}

impl Reception {
    /// A reception for these labels.
    pub fn new(
        shared: Arc<Shared>,
        labels: Arc<LabelTable>,
        pool: Arc<Pool>,
        authority: Authority,
    ) -> Self {
        let login = shared.section.login;
        // All machines of a hypervisor come from one address, and come at once when it starts: as
        // many as may be connected may wait. One that waits costs a socket.
        let connections = usize::try_from(shared.section.limits.connections_per_source);
        let line_per_source = login.per_source.saturating_mul(LINE_PER_SOURCE);
        let line_per_source = line_per_source.max(connections.unwrap_or(usize::MAX));
        let exports = Exports::new(shared.nfs.bind_handles);
        let processors = available_parallelism().map_or(1, NonZero::get);
        let room = Room {
            seats: login.at_once,
            seats_per_source: login.per_source,
            starting: processors.max(STARTING),
            per_second: shared.section.limits.accepts_per_second,
            line: login.at_once.saturating_mul(LINE).max(line_per_source),
            line_per_source,
        };
        Self {
            sources: Arc::new(Sources::new(shared.section.limits)),
            shared,
            labels,
            visitors: Arc::new(Visitors::new(room)),
            pool,
            authority,
            exports,
            attempts: Attempts::new(login.failures_per_second),
            processes: Throttle::new(RECORDS_PER_SECOND, RECORDS_AT_ONCE),
        }
    }

    /// Gives out seats and keeps greeters ready, for ever.
    pub async fn keep(self: Arc<Self>) {
        let identities = self.shared.identities.subscribe();
        let pool = Arc::clone(&self.pool).keep(identities);
        tokio::join!(pool, Arc::clone(&self.visitors).keep());
    }

    /// How many connections each source has.
    pub const fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// Takes a connection on. It takes its time in a task of its own.
    pub fn receive(self: &Arc<Self>, arrival: Arrival) {
        // In line from here on, so that the number of these tasks is bounded.
        let is_known = arrival.known.is_some();
        let visitor = self.visitors.enter(arrival.peer.ip(), is_known);
        let reception = Arc::clone(self);
        tokio::spawn(async move { reception.attend(visitor, arrival).await });
    }

    async fn attend(&self, visitor: Visitor, arrival: Arrival) {
        let time = self.shared.section.login.time;
        let deadline = tokio::time::Instant::now() + time;
        let mut halts = self.shared.serving.halts();
        let greeted = async {
            tokio::select! {
                biased;
                () = visitor.told_to_leave() => Err(Failure::Displaced),
                halted = halts.halted() => Err(Failure::NoLonger(halted.to_string())),
                greeted = self.greet(&visitor, &arrival) => greeted,
            }
        };
        let greeted = timeout_at(deadline, greeted).await;
        let end = greeted.unwrap_or(Err(Failure::Late(time)));
        // What was a greeter is gone by now, or about to be reaped with nothing more to say.
        let done = end.and_then(|end| match end {
            End::Agreed(agreed) => {
                let handed = self.hand_over(&arrival, agreed);
                handed.map(|()| Greeted::Accepted)
            }
            End::Ended => Ok(Greeted::Ended),
        });
        let result = done.as_ref().map_or_else(Failure::result, |done| *done);
        self.shared.metrics.greeted(result);
        if let Err(failure) = done {
            self.refuse(&arrival, &failure);
            let address = arrival.peer.ip();
            // This ends the connection for the client, whoever else still has the socket. It fails
            // when the client is gone already.
            let _ = SockRef::from(&arrival.stream).shutdown(Shutdown::Both);
            drop(arrival);
            if failure.is_an_attempt()
                && let Some(until) = self.attempts.failed(address, Instant::now())
            {
                visitor.atone(until).await;
            }
        }
    }

    /// Waits until there is something to greet, and a greeter to do it.
    async fn greet(&self, visitor: &Visitor, arrival: &Arrival) -> Result<End, Failure> {
        // Nothing is read: what the client says is for the greeter alone.
        let spoken = || match has_spoken(&arrival.stream) {
            true => Ok(()),
            false => Err(io::ErrorKind::WouldBlock.into()),
        };
        let ready = arrival.stream.async_io(Interest::READABLE, spoken).await;
        if ready.is_err() || has_departed(&arrival.stream) {
            return Err(Failure::Departed);
        }
        visitor.sit().await;
        if has_departed(&arrival.stream) {
            return Err(Failure::Departed);
        }
        let taken = self.pool.take().await;
        let greeter = taken.map_err(|error| Failure::NoGreeter(error.to_string()))?;
        let talked = self.talk(&greeter, arrival, visitor).await;
        let pid = greeter.pid();
        // It is gone before anyone else has the socket.
        let death = greeter.end("the login is over").await;
        self.shared.metrics.greeter_ended(death.cause());
        if let Err(Failure::Died(_)) = &talked {
            return Err(Failure::Died(death.to_string()));
        }
        match death {
            Death::Orderly | Death::Killed(_) => {}
            Death::Memory | Death::Exit(_) | Death::Signal(_) => {
                tracing::warn!(pid, "greeter is gone: {death}");
            }
        }
        talked
    }

    async fn talk(
        &self,
        greeter: &Greeter,
        arrival: &Arrival,
        visitor: &Visitor,
    ) -> Result<End, Failure> {
        let copy = blocking_copy(arrival).map_err(|_| Failure::Departed)?;
        let greet = ToGreeter::Greet(arrival.greet(), copy);
        let told = greeter.control().send(greet).await;
        told.map_err(|error| Failure::Died(error.to_string()))?;
        let dialogue = Dialogue {
            authority: &self.authority,
            exports: &self.exports,
            identities: &self.shared.identities,
            images: &self.shared.images,
            address: arrival.peer.ip(),
        };
        visitor.advance();
        let further = |stage: &Stage| match stage {
            Stage::Proven(..) => visitor.prove(),
            Stage::Mounted(identity) => {
                self.note_proof(arrival, identity, How::Token);
                visitor.prove();
            }
            Stage::Fresh
            | Stage::Challenged(_)
            | Stage::Unmounted
            | Stage::Asking
            | Stage::Failed(_) => visitor.advance(),
        };
        let room = |agreed: &Agreed| {
            let target = agreed.login.target().map(Text::as_str);
            let label = agreed.identity.label_for(target);
            let room = self.labels.room_for(label);
            if room.is_err() {
                self.labels.note_refused(label);
            }
            room
        };
        let control = greeter.control();
        let held = dialogue.hold(control, arrival.stage(), (further, room));
        let held = held.await;
        if let Ok(End::Agreed(_)) = &held {
            visitor.prove();
        }
        held
    }

    /// Gives the connection to the worker that is to serve what it wants.
    fn hand_over(&self, arrival: &Arrival, agreed: Agreed) -> Result<(), Failure> {
        let Agreed {
            identity,
            how,
            login,
        } = agreed;
        let no_longer = |why: String| Failure::NoLonger(why);
        let identities = Arc::clone(&self.shared.identities.borrow());
        let current = identities.current(&identity, arrival.peer.ip());
        let identity = current.ok_or_else(|| no_longer("its identity is gone".to_owned()))?;
        let label = identity.label_for(login.target().map(Text::as_str)).clone();
        let source = self.sources.place(arrival.peer.ip(), Instant::now());
        let source = source.map_err(|refusal| no_longer(refusal.to_string()))?;
        let place = self.labels.place(&label);
        let place = place.map_err(|refusal| no_longer(refusal.to_string()))?;
        let stream = blocking_copy(arrival).map_err(|_| Failure::Departed)?;
        let candidate = Candidate {
            number: arrival.number,
            stream: stream.into(),
            peer: arrival.peer,
            local: arrival.local,
            identity: Arc::clone(identity),
            label,
            login,
            places: (source, place),
        };
        self.note_proof(arrival, identity, how);
        let handed = self.labels.connect(candidate);
        handed.map_err(|busy| no_longer(busy.to_string()))
    }

    /// Writes down who has proved what it is; an address that is known proves nothing here.
    fn note_proof(&self, arrival: &Arrival, identity: &Identity, how: How) {
        if how == How::Address {
            return;
        }
        let how = how.to_string();
        let record = Record {
            identity: Some(&identity.name),
            peer: Some(arrival.peer),
            connection: Some(arrival.number),
            ..Record::new(Event::Authentication, Decision::Allow)
        };
        self.processes
            .write(&record.label(&identity.label).reason(&how));
    }

    fn refuse(&self, arrival: &Arrival, failure: &Failure) {
        let (initiator, target) = match failure {
            Failure::Refused {
                initiator, target, ..
            } => (Some(initiator.as_str()), Some(target.as_str())),
            _ => (None, None),
        };
        let reason = failure.to_string();
        let known = arrival.known.as_ref();
        let record = Record {
            label: known.map(|identity| &identity.label),
            identity: known.map(|identity| identity.name.as_str()),
            peer: Some(arrival.peer),
            connection: Some(arrival.number),
            initiator: initiator.filter(|name| !name.is_empty()),
            target: target.filter(|name| !name.is_empty()),
            ..Record::new(failure.event(), Decision::Deny)
        };
        self.shared.refusals.write(&record.reason(&reason));
    }
}

/// Whether the client has said something, or has ended the connection. Nothing of it is looked at.
///
/// The readiness that tokio reports is not enough: it may be there before anything has come.
fn has_spoken(stream: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(stream, PollFlags::IN | PollFlags::RDHUP)];
    poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// A copy of the socket, which greeters and workers have in blocking mode.
fn blocking_copy(arrival: &Arrival) -> io::Result<OwnedFd> {
    // Closed on exec: dup(2) would leave it open in every process that is started meanwhile.
    let copy = arrival.stream.as_fd().try_clone_to_owned()?;
    rustix::io::ioctl_fionbio(&copy, false)?;
    Ok(copy)
}
