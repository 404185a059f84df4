//! Where everything comes together: the engine, images and trees, the supervisor's messages.
//!
//! The driver tells the desk what has happened. What the desk wants of the driver is put aside
//! until the driver's turn is over.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Instant;

use labelgate_backends::Request;
use labelgate_control::{FromWorker, ReceiveError, WorkerEnd};
use labelgate_engine::{
    Action, Completion, ConnectionId, ImageError, ImageId, IoId, Operation, Outbox, Outcome, Place,
    Receive, Received, Transmission,
};
use labelgate_pages::{Counters, WorkerCounter};

use crate::connections::Connections;
use crate::driver::{Attention, Driver, Handler, Purpose, Ticket};
use crate::images::{Images, Progress};
use crate::keepers::Keepers;
use crate::meter;
use crate::outgoing::Outgoing;
use crate::reservations::Keeping;
use crate::service::Service;
use crate::stage::Stage;
use crate::trees::Trees;

/// The worker's side of a driver.
pub(crate) struct Desk<S> {
    pub(crate) engine: S,
    pub(crate) outbox: Outbox,
    pub(crate) images: Images,
    pub(crate) trees: Trees,
    pub(crate) keepers: Keepers,
    pub(crate) counters: Rc<Counters>,
    pub(crate) connections: Connections,
    pub(crate) control: Rc<WorkerEnd>,
    pub(crate) outgoing: Outgoing,
    pub(crate) stage: Stage,
    /// Why commands are no longer taken, if not because the supervisor is gone.
    pub(crate) control_error: Option<ReceiveError>,
    /// Images the supervisor wants removed.
    pub(crate) removals: BTreeSet<ImageId>,
    /// Reservations that the supervisor keeps, or has kept.
    pub(crate) keeping: Keeping,
    /// This process is root in a user namespace of its own.
    pub(crate) mapped: bool,
    /// An image's last flush has failed.
    pub(crate) flush_error: Option<ImageError>,
    /// Connections for the driver to take over.
    pub(crate) additions: Vec<(ConnectionId, OwnedFd, Receive)>,
    /// What has come of image operations.
    pub(crate) progress: VecDeque<Progress>,
    pub(crate) now: Instant,
    /// Something has been done for a client or the supervisor since this was last looked at.
    pub(crate) active: bool,
}

impl<S: Service> Desk<S> {
    /// Gives the driver everything it is to do, and the engine everything that has ended
    /// meanwhile, until neither has anything left.
    pub(crate) fn settle<D: Driver>(&mut self, driver: &mut D) {
        for (id, socket, first) in self.additions.drain(..) {
            driver.add(id, socket, first);
        }
        loop {
            while let Some(progress) = self.progress.pop_front() {
                match progress {
                    Progress::Poisoned(image) => self.poisoned(image),
                    Progress::Refused(ImageId(image)) => {
                        self.outgoing.push(FromWorker::ImageRefused { image });
                    }
                    Progress::Restored(ImageId(image)) => {
                        self.outgoing.push(FromWorker::ImageRestored { image });
                    }
                    Progress::Done(ticket, completion) => self.ended(ticket, completion),
                    Progress::System(ticket, request) => driver.submit(ticket, request),
                    Progress::Kept(ticket, request) => self.keepers.submit(ticket, request),
                    Progress::Settled(io, result) => self.kept(Some(io), result),
                    Progress::Answered(io, answer) => {
                        self.engine
                            .answered(io, *answer, self.now, &mut self.outbox);
                    }
                }
            }
            if self.take_answers() {
                continue;
            }
            let Some(action) = self.outbox.pop() else {
                break;
            };
            match action {
                Action::Receive(id, receive) => driver.receive(id, receive),
                Action::Send(id, transmission) => driver.send(id, transmission),
                Action::Submit(io, place, operation) => self.start(io, place, operation),
                Action::Settle(io, image) => self.images.settle(io, image, &mut self.progress),
                Action::Reserved(io, image, change) => self.reserved(io, image, &change),
                Action::SubmitFor(caller, io, file, operation) => {
                    let (now, out) = (self.now, &mut self.progress);
                    self.trees
                        .start(file, (Some(caller), io), operation, now, out);
                }
                Action::Call(caller, io, tree, call) => {
                    let (now, out) = (self.now, &mut self.progress);
                    self.trees.call((caller, io, tree, call), now, out);
                }
                Action::Close(id, ending) => driver.close(id, ending),
            }
        }
        self.keepers.ring();
        self.record();
        self.connections.settle();
    }

    /// Goes on with what keepers have answered. Whether there was anything.
    fn take_answers(&mut self) -> bool {
        let mut any = false;
        while let Some(answered) = self.keepers.next_answered() {
            any = true;
            match answered.ticket.place {
                Place::Image(image) => {
                    let (now, out) = (self.now, &mut self.progress);
                    self.images.answered(image, answered, now, out);
                }
                Place::File(_) => debug_assert!(false, "a tree is with no keeper"),
            }
        }
        any
    }

    /// Hears what keepers have to say, after a wait.
    pub(crate) fn hear_keepers(&mut self) {
        let mut broken = Vec::new();
        self.active |= self.keepers.hear(&mut broken);
        for slot in broken {
            self.outgoing.push(FromWorker::KeeperBroken { slot });
        }
    }

    /// Takes what the engine has for the audit trail.
    fn record(&mut self) {
        while let Some((id, event)) = self.engine.take_event() {
            self.counters.add(meter::event(&event), 1);
            if let Some(connection) = self.connections.name(id) {
                let audit = FromWorker::Audit { connection, event };
                if !self.outgoing.push(audit) {
                    self.counters.add(WorkerCounter::EventsDropped, 1);
                }
            }
        }
    }

    /// A flush has failed. The supervisor is to know before any client does: then a client that
    /// has heard of it finds the image poisoned under every later worker too.
    fn poisoned(&mut self, image: ImageId) {
        let image = image.0;
        self.outgoing.push(FromWorker::ImagePoisoned { image });
        // What could not be sent is tried again, and its error seen, at the end of the turn.
        let _ = self.outgoing.send(&self.control, self.now);
    }

    fn start(&mut self, io: IoId, place: Place, operation: Operation) {
        let (now, out) = (self.now, &mut self.progress);
        match place {
            Place::Image(image) => {
                let purpose = Purpose::Operation(io);
                self.images.start(image, purpose, operation, now, out);
            }
            Place::File(file) => self.trees.start(file, (None, io), operation, now, out),
        }
    }

    /// An operation has ended.
    fn ended(&mut self, ticket: Ticket, completion: Completion) {
        match (ticket.purpose, ticket.place) {
            (Purpose::Operation(io), place) => {
                if let (Ok(Outcome::Resized(geometry)), Place::Image(image)) =
                    (completion.result, place)
                {
                    // Whoever else has it open is to know, too.
                    self.engine.image_changed(image, geometry);
                }
                self.engine
                    .completed(io, completion, self.now, &mut self.outbox);
            }
            (Purpose::LastFlush, Place::File(_)) => {
                debug_assert!(
                    false,
                    "what a client has not committed is its own to write again"
                );
            }
            (Purpose::LastFlush, Place::Image(image)) => {
                self.images.flushed(image);
                match completion.result {
                    // That was told when it happened, or the supervisor's to begin with.
                    Ok(_) | Err(ImageError::Poisoned) => {}
                    // A keeper holds nothing back that it has answered, and the supervisor knows that
                    // it is not there.
                    Err(ImageError::NotReady) => {}
                    // Nor is it for this label any more to have the image flushed: the
                    // supervisor's witness sees to that.
                    Err(ImageError::Revoked) => {}
                    Err(error) => self.flush_error = Some(error),
                }
            }
        }
    }

    /// Calls the engine's timer if it is due, and tries again what a tree could not do yet.
    pub(crate) fn tick(&mut self) {
        self.now = Instant::now();
        if self.engine.deadline().is_some_and(|due| due <= self.now) {
            self.engine.tick(self.now, &mut self.outbox);
        }
        self.trees.try_again(self.now, &mut self.progress);
    }
}

impl<S: Service> Handler for Desk<S> {
    fn woken(&mut self) {
        self.now = Instant::now();
    }

    fn arrived(&mut self, bytes: usize) {
        self.counters
            .add(WorkerCounter::ReceivedBytes, bytes as u64);
    }

    fn received(&mut self, connection: ConnectionId, received: Received<'_>) -> Receive {
        self.active = true;
        self.engine
            .received(connection, received, self.now, &mut self.outbox)
    }

    fn sent(&mut self, connection: ConnectionId, transmission: Transmission) {
        self.active = true;
        let length = transmission.length();
        self.counters.add(WorkerCounter::SentBytes, length as u64);
        self.outbox.recycle(transmission);
        self.engine
            .sent(connection, length, self.now, &mut self.outbox);
    }

    fn closed(&mut self, connection: ConnectionId) {
        self.active = true;
        self.engine.closed(connection, self.now, &mut self.outbox);
        self.record();
        self.images.closed(connection);
        if let Some(connection) = self.connections.closed(connection) {
            self.outgoing
                .push(FromWorker::ConnectionClosed { connection });
        }
    }

    fn finished(&mut self, ticket: Ticket, request: Request, result: io::Result<usize>) {
        self.active = true;
        let (now, out) = (self.now, &mut self.progress);
        match ticket.place {
            Place::Image(image) => {
                self.images
                    .resume((ticket, image), request, result, now, out);
            }
            Place::File(file) => self.trees.resume((ticket, file), request, result, now, out),
        }
    }

    fn control(&mut self) -> Attention {
        self.active = true;
        self.take_commands()
    }
}
