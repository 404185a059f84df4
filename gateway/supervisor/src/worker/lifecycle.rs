//! Starting, draining, killing and reaping a label's worker.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use labelgate_control::{Connection, FromWorker, List, LoginState, Text, ToWorker};
use labelgate_mac::Label;
use tokio::task::JoinSet;

use super::connections::{Candidate, Login};
use super::death::Death;
use super::keepers::KeptStart;
use super::outfit::Outfit;
use super::process::{Process, Stuck};
use super::service::{Seat, Service};
use super::shortage::Shortage;
use super::state::{Phase, Vacancy};
use super::trees::Trees;
use crate::audit::{Decision, Event, Record};
use crate::config::{Identity, Proof};
use crate::refusal::Refusal;

/// A worker must have ended this long after its clients had to.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// A message has room for the names of so many granted targets.
const GRANTS_SHOWN: usize = 8;

impl Service {
    /// Does everything that is due.
    pub(super) fn settle(&mut self, now: Instant) {
        self.obey_halts(now);
        self.enforce_deadlines(now);
        self.keep_vigil(now);
        self.advance_slots(now);
        while let Some(candidate) = self.queue.pop_expired(now) {
            self.refuse(&candidate, &Refusal::NoWorker(self.trouble.clone()));
        }
        if !self.queue.is_empty() && !self.stopping {
            self.start_if_vacant(now);
        }
        self.advance(now);
        self.report_reconciled();
        self.meter
            .holds(self.connections.len(), self.images.count_open());
        self.meter.suppressed(self.events.suppressed());
    }

    /// When something will be due.
    pub(super) fn deadline(&mut self) -> Option<Instant> {
        let waiting = !self.queue.is_empty();
        let idle = self.shared.section.idle;
        let (worker, images, connections) = match &self.seat {
            // There is nothing more to be done to it, unless the kernel has spared it.
            Seat::Taken(process) if process.phase == Phase::Killed => {
                (process.next_strike(), None, None)
            }
            Seat::Taken(process) => (
                process.phase.deadline(idle),
                self.images.deadline(),
                self.connections.deadline(),
            ),
            Seat::Vacant(vacancy) if waiting => (vacancy.not_before(), None, None),
            Seat::Vacant(_) | Seat::Changing => (None, None, None),
        };
        let all = [
            worker,
            images,
            connections,
            self.queue.deadline(),
            self.slots.deadline(),
            self.next_attempt(),
            self.vigil.deadline(),
        ];
        all.into_iter().flatten().min()
    }

    /// Kills a worker that is late, drains one that is idle.
    fn enforce_deadlines(&mut self, now: Instant) {
        let late = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now);
        let (image, connection) = (self.images.deadline(), self.connections.deadline());
        let idle = self.shared.section.idle;
        let Some(process) = self.seat.process() else {
            return;
        };
        if late(process.next_strike()) {
            process.strike_again(now);
        } else if late(image) {
            self.kill("it kept an image that was taken from it");
        } else if late(connection) {
            self.kill("it kept a connection that was cut");
        } else if late(process.phase.deadline(idle)) {
            match process.phase {
                // A store that hangs is not the worker's fault: the other images are served.
                Phase::Starting { .. } if process.ready && !self.images.is_one_unanswered() => {
                    process.phase = process.phase.settled(now);
                }
                Phase::Starting { .. } => self.kill("it was not ready in time"),
                Phase::Draining { .. } => self.kill("it did not end in time"),
                Phase::Serving { .. } => {
                    tracing::info!(label = %self.label, "worker is idle");
                    self.drain(now);
                }
                Phase::Killed => {}
            }
        }
    }

    fn start_if_vacant(&mut self, now: Instant) {
        let due = matches!(&self.seat, Seat::Vacant(vacancy) if vacancy.is_due(now));
        // Somebody waits to hear that the last worker's I/O has ended; a successor's lock would
        // hide that.
        let awaited = self.revoking.is_waited_for() && !self.departing.is_empty();
        // Nothing of the last one's keepers may be left when another begins.
        if !due || awaited || !self.slots.is_empty() {
            return;
        }
        self.queue.forget_departed();
        if self.queue.is_empty() {
            return;
        }
        let Seat::Vacant(vacancy) = std::mem::replace(&mut self.seat, Seat::Changing) else {
            return;
        };
        match self.start(vacancy, now) {
            Ok((process, trees, kept)) => {
                self.seat = Seat::Taken(Box::new(process));
                if let Some((ground, slots)) = kept {
                    (self.slots.ground, self.slots.all) = (Some(ground), slots);
                }
                self.give_trees(trees);
                self.open_all();
            }
            Err((vacancy, error)) => self.not_started(vacancy, &error, now),
        }
    }

    /// What becomes of a place whose worker could not be started, and of those who wait for it.
    fn not_started(&mut self, vacancy: Vacancy, error: &io::Error, now: Instant) {
        self.meter.start_failed();
        let reason = error.to_string();
        let record = Record::new(Event::WorkerStart, Decision::Deny);
        record.label(&self.label).reason(&reason).write();
        let shortage = Shortage::of(error);
        self.seat = Seat::Vacant(match shortage {
            Some(Shortage::Room) => vacancy,
            Some(Shortage::System) | None => vacancy.after_failure(Duration::ZERO, now),
        });
        if shortage.is_some() {
            let refusal = Refusal::NoRoom(reason.clone());
            while let Some(candidate) = self.queue.pop() {
                self.refuse(&candidate, &refusal);
            }
        }
        self.trouble = Some(reason);
    }

    fn start(
        &mut self,
        vacancy: Vacancy,
        now: Instant,
    ) -> Result<(Process, Trees, Option<KeptStart>), (Vacancy, io::Error)> {
        let Outfit {
            launch,
            trees,
            counters: (page, descriptor),
            kept,
            shared,
        } = match self.outfit(now) {
            Ok(outfit) => outfit,
            Err(error) => return Err((vacancy, error)),
        };
        let mapped = launch.ids.is_some();
        let mut process = Process::start(vacancy, launch)
            .map_err(|(vacancy, error)| (vacancy, self.explained(error)))?;
        let record = Record {
            pid: Some(process.pid()),
            ..Record::new(Event::WorkerStart, Decision::Allow)
        };
        record.label(&self.label).write();
        // A new worker's queue has room.
        let stores = self.stores();
        let keepers = kept.as_ref().map_or(0, |(_, slots)| slots.len());
        let _ = process.tell(ToWorker::Configure(
            self.configuration((stores.len(), trees.len(), keepers), mapped),
            descriptor,
        ));
        if mapped {
            process.hold();
        }
        for message in shared {
            let _ = process.tell(message);
        }
        self.told.clear();
        for (path, directory) in stores {
            self.told.insert(path);
            let _ = process.tell(ToWorker::Store(directory));
        }
        self.meter.started(process.pid(), page);
        Ok((process, trees, kept))
    }

    /// An error of starting a worker, with its program, unless it is not the program that is lacking.
    fn explained(&self, error: io::Error) -> io::Error {
        match Shortage::of(&error) {
            Some(_) => error,
            None => self.shared.program.explain(&error),
        }
    }

    /// Takes a worker that has everything into service, and hands it what waits.
    fn advance(&mut self, now: Instant) {
        let settled = self.images.are_settled();
        let count = self.connections.len();
        let Some(process) = self.seat.process() else {
            return;
        };
        if process.ready && settled && matches!(process.phase, Phase::Starting { .. }) {
            process.phase = process.phase.settled(now);
            self.trouble = None;
        }
        let Some(process) = self.seat.process() else {
            return;
        };
        process.phase = process.phase.with_connections(count, now);
        if process.phase.is_serving() {
            while let Some(candidate) = self.queue.pop() {
                self.hand_over(candidate);
            }
            let count = self.connections.len();
            if let Some(process) = self.seat.process() {
                process.phase = process.phase.with_connections(count, now);
            }
        }
    }

    /// Has the kernel bind a connection's socket to the label that was found for it, unless it has
    /// done so itself, as with every client whose label the network tells. Should that label not
    /// be this service's, its worker will not get the socket.
    fn label_socket(&self, candidate: &Candidate) -> io::Result<()> {
        match candidate.identity.proof {
            Proof::Netlabel(_) => Ok(()),
            Proof::Address(_) | Proof::Chap(_) | Proof::Token(_) => {
                let provider = &self.shared.provider;
                provider.label_accepted(candidate.stream.as_fd(), &candidate.label)
            }
        }
    }

    /// Gives the worker a connection.
    fn hand_over(&mut self, candidate: Candidate) {
        // The configuration may have changed while it waited.
        let identities = Arc::clone(&self.shared.identities.borrow());
        let granted = match candidate.is_still(&identities, SystemTime::now()) {
            Ok(current) => granted(current, &self.label),
            Err(why) => return self.refuse(&candidate, &why.into()),
        };
        let labelled = self.label_socket(&candidate);
        let blocking = labelled.and_then(|()| candidate.stream.set_nonblocking(false));
        let copy = match blocking.and_then(|()| candidate.stream.try_clone()) {
            Ok(copy) => OwnedFd::from(copy),
            Err(error) => return self.refuse(&candidate, &Refusal::System(error)),
        };
        let connection = candidate.number;
        let message = Connection {
            connection,
            peer: candidate.peer,
            local: candidate.local,
            identity: candidate.identity.name.clone(),
            login: match &candidate.login {
                Login::Untouched => LoginState::Untouched,
                Login::Negotiated { state, .. } => LoginState::Negotiated(state.clone()),
                &Login::Rpc { epoch, ports } => LoginState::Rpc { epoch, ports },
                Login::Mount { epoch, xid, path } => LoginState::Mount {
                    epoch: *epoch,
                    xid: *xid,
                    path: path.clone(),
                },
            },
            granted,
        };
        let record = Record {
            identity: Some(&candidate.identity.name),
            peer: Some(candidate.peer),
            connection: Some(connection),
            ..Record::new(Event::Connection, Decision::Allow)
        };
        record.label(&self.label).write();
        self.meter.accepted();
        self.connections.insert(connection, candidate);
        self.tell(ToWorker::Connection(message, copy));
    }

    /// Tells the worker something.
    pub(super) fn tell(&mut self, message: ToWorker) {
        let told = self.seat.process().map(|process| process.tell(message));
        if let Some(Err(Stuck)) = told {
            self.does_not_listen();
        }
    }

    /// A worker that does not listen is killed, unless it is on its way out.
    pub(super) fn does_not_listen(&mut self) {
        if let Some(process) = self.seat.process()
            && !process.phase.is_draining()
        {
            process.kill("it does not read its control socket");
        }
    }

    /// Asks the worker to end.
    pub(super) fn drain(&mut self, now: Instant) {
        let time = self.shared.section.drain;
        if let Some(process) = self.seat.process()
            && process.drain(time, now + time + END_PATIENCE).is_err()
        {
            process.kill("it does not read its control socket");
        }
    }

    /// Ends the worker for good, and refuses what waits for it.
    pub(super) fn stop(&mut self, now: Instant) {
        self.stopping = true;
        while let Some(candidate) = self.queue.pop() {
            self.refuse(&candidate, &Refusal::Stopping);
        }
        self.drain(now);
    }

    /// Kills the worker.
    pub(super) fn kill(&mut self, why: &str) {
        if let Some(process) = self.seat.process() {
            process.kill(why);
        }
    }

    /// The worker is reaped: nothing of it is left.
    pub(super) async fn exited(&mut self, status: io::Result<ExitStatus>) {
        // It is to be given nothing any more.
        self.unmapped = None;
        if let Some(process) = self.seat.process() {
            let words = process.last_words().await;
            for message in words
                .into_iter()
                .filter(|word| *word != FromWorker::Unshared)
            {
                self.said(message).await;
            }
        }
        let Seat::Taken(process) = std::mem::replace(&mut self.seat, Seat::Changing) else {
            return;
        };
        let pid = process.pid();
        let early = process.ids().is_some() && !process.ready;
        let (vacancy, death) = process.reaped(status);
        self.ended_early(early, &death);
        self.meter.ended(death.cause());
        let lost = self.connections.len();
        if matches!(death, Death::Killed(_)) {
            self.revoking.note_sessions(self.connections.count_all());
            self.revoking.note_killed();
        }
        let reason = match lost {
            0 => death.to_string(),
            lost => format!("{death}; {lost} connections ended with it"),
        };
        let record = Record {
            pid: Some(pid),
            ..Record::new(Event::WorkerEnd, Decision::Note)
        };
        record.label(&self.label).reason(&reason).write();
        if death != Death::Orderly {
            tracing::warn!(label = %self.label, pid, "worker is gone: {reason}");
            self.trouble = Some(format!("the last worker died: {death}"));
        }
        self.seat = Seat::Vacant(vacancy);
        self.trees_told.clear();
        self.connections.clear();
        self.close_slots(death == Death::Orderly);
        for served in self.images.take_all() {
            let serial = served.image.designator.serial;
            self.shared.reservations.worker_ended(serial);
            if served.kept.is_some() {
                self.remove_anchor(&served.image);
            }
            self.depart(&served);
            self.settle_writes(served);
        }
        self.events.flush();
        // Dropping them ends them; what they have opened is closed again.
        self.looking = JoinSet::new();
    }
}

/// The targets on other labels that discovery shows an identity, as many as fit: it reaches the
/// others by name.
fn granted(identity: &Identity, label: &Label) -> List<Text<223>, 8> {
    if identity.label != *label {
        return List::default();
    }
    let targets = identity.grants.iter().map(|grant| grant.target.clone());
    let shown: Vec<_> = targets.take(GRANTS_SHOWN).collect();
    List::try_from(shown).unwrap_or_default()
}
