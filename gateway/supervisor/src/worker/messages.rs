//! What a label's worker says.

use std::sync::Arc;
use std::time::Instant;

use labelgate_control::{AuditEvent, Driver, FromWorker, ImageShape, NotServed, Text, ToWorker};

use super::images::ImageState;
use super::service::Service;
use crate::audit::{Decision, Event, Record};
use crate::poison::poisoned;
use crate::reservations;

impl Service {
    /// Takes in a message; one that makes no sense now is a violation, for which the worker dies.
    pub(super) async fn said(&mut self, message: FromWorker) {
        let sensible = match message {
            FromWorker::Ready {
                driver,
                confinement,
            } => self.said_ready(driver, &confinement),
            FromWorker::Unshared => self.said_unshared(),
            FromWorker::TreeOpened { tree, result } => self.said_tree(tree, &result),
            FromWorker::ImageOpened { image, result } => self.said_opened(image, result),
            FromWorker::ImageRefreshed { image, result } => self.said_refreshed(image, result),
            FromWorker::ImagePoisoned { image } => self.said_poisoned(image).await,
            FromWorker::ImageRefused { image } => self.said_refused(image, true),
            FromWorker::ImageRestored { image } => self.said_refused(image, false),
            FromWorker::Reserved {
                image,
                record,
                description,
                awaited,
            } => {
                let kept = self.said_reserved(image, record, description).await;
                if let (Some(kept), true) = (kept, awaited) {
                    self.tell(ToWorker::ReservationsKept { image, kept });
                }
                kept.is_some()
            }
            FromWorker::ImageRemoved { image } => self.said_removed(image),
            FromWorker::ConnectionClosed { connection } => {
                self.connections.remove(connection).is_some()
            }
            FromWorker::ConnectionWithheld { connection } => self.said_withheld(connection),
            FromWorker::Audit { connection, event } => {
                if let AuditEvent::LoginAccepted { target, .. } = &event {
                    self.connections.note_login(connection, target);
                }
                self.said_audit(connection, &event);
                true
            }
            FromWorker::QueueCleared { slot } => self.said_cleared(slot),
            FromWorker::KeeperBroken { slot } => {
                self.kill_keeper(slot, "it broke the queues that it shares with its worker");
                true
            }
            FromWorker::Drained => self.seat.process().is_some_and(|p| p.phase.is_draining()),
        };
        if !sensible {
            self.kill("it broke the control protocol");
        }
    }

    fn said_ready(&mut self, driver: Driver, confinement: &[Text<128>]) -> bool {
        let label = &self.label;
        let Some(process) = self.seat.process() else {
            return false;
        };
        let pid = process.pid();
        if let Err(wrong) = process.check_context() {
            self.kill(&wrong.to_string());
            return true;
        }
        let confinement: Vec<&str> = confinement.iter().map(Text::as_str).collect();
        self.meter.ready(driver);
        tracing::info!(%label, pid, ?driver, "worker is confined: {}", confinement.join(", "));
        process.now_confined()
    }

    fn said_opened(&mut self, number: u32, result: Result<ImageShape, NotServed>) -> bool {
        let Some(served) = self.images.get_mut(number) else {
            return false;
        };
        if served.is_leaving() {
            // It crossed with the message that takes the image away.
            return true;
        }
        if !matches!(served.state, ImageState::Sent) {
            return false;
        }
        if let Err(NotServed::Held) = result
            && !served.image.is_kept()
        {
            return self.reopen_held(number);
        }
        let name = served.image.to_string();
        let (decision, reason) = match &result {
            Ok(shape) => (Decision::Allow, describe(*shape)),
            Err(why) => (Decision::Deny, format!("the worker cannot serve it: {why}")),
        };
        served.state = match result {
            Ok(shape) => ImageState::Open(shape),
            Err(_) => ImageState::Refused { at: Instant::now() },
        };
        let record = Record {
            image: Some(&name),
            ..Record::new(Event::Image, decision)
        };
        record.label(&self.label).reason(&reason).write();
        true
    }

    fn said_refreshed(&mut self, number: u32, result: Result<ImageShape, Text<256>>) -> bool {
        let label = &self.label;
        let Some(served) = self.images.get_mut(number) else {
            return false;
        };
        let ImageState::Open(before) = &mut served.state else {
            return served.is_leaving();
        };
        let image = &served.image;
        match result {
            Ok(shape) if shape != *before => {
                tracing::info!(%label, %image, "image changed: {}", describe(shape));
                *before = shape;
            }
            Ok(_) => {}
            Err(why) => tracing::warn!(%label, %image, "image cannot be looked at again: {why}"),
        }
        true
    }

    async fn said_poisoned(&mut self, number: u32) -> bool {
        let Some(served) = self.images.get_mut(number) else {
            return false;
        };
        let had = matches!(
            served.state,
            ImageState::Open(_) | ImageState::Leaving { .. }
        );
        if !had || std::mem::replace(&mut served.poisoned, true) {
            return false;
        }
        let image = Arc::clone(&served.image);
        poisoned(&image, "a flush has failed", &self.shared.poison).await;
        true
    }

    /// An image's reservations have changed. Whether what is to outlive the worker does so; nothing
    /// if it has no such image.
    async fn said_reserved(
        &mut self,
        number: u32,
        record: reservations::Record,
        description: Text<320>,
    ) -> Option<bool> {
        let served = self.images.get_mut(number)?;
        let has = matches!(
            served.state,
            ImageState::Open(_) | ImageState::Leaving { .. }
        );
        let image = has.then(|| Arc::clone(&served.image))?;
        // Every label has a worker of its own for content: what one says is not for the others.
        if image.is_content() {
            return Some(record.is_empty());
        }
        let serial = image.designator.serial;
        let reservations = Arc::clone(&self.shared.reservations);
        let label = self.label.clone();
        let set = move || reservations.set(serial, &label, record, &description);
        let error = match tokio::task::spawn_blocking(set).await {
            Ok(Ok(())) => return Some(true),
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic.to_string(),
        };
        tracing::error!(label = %self.label, %image, "its reservations cannot be kept: {error}");
        Some(false)
    }

    /// The kernel has refused I/O on an image, or no longer does.
    fn said_refused(&mut self, number: u32, refused: bool) -> bool {
        let Some(served) = self.images.get_mut(number) else {
            return false;
        };
        if !matches!(served.state, ImageState::Open(_)) {
            return served.is_leaving();
        }
        let name = served.image.to_string();
        let (decision, reason) = match refused {
            true => (Decision::Deny, served.cause(&self.shared)),
            false => (
                Decision::Allow,
                "the kernel allows its I/O again".to_owned(),
            ),
        };
        let record = Record {
            image: Some(&name),
            ..Record::new(Event::Image, decision)
        };
        self.events
            .write(&record.label(&self.label).reason(&reason));
        true
    }

    /// The kernel kept a connection's socket from the worker.
    fn said_withheld(&mut self, connection: u64) -> bool {
        let Some(live) = self.connections.remove(connection) else {
            return false;
        };
        let candidate = &live.candidate;
        let record = Record {
            identity: Some(&candidate.identity.name),
            peer: Some(candidate.peer),
            connection: Some(connection),
            ..Record::new(Event::Connection, Decision::Deny)
        };
        let reason = "refused by policy: the kernel withheld the socket from the label's worker";
        self.events.write(&record.label(&self.label).reason(reason));
        true
    }

    fn said_removed(&mut self, number: u32) -> bool {
        let leaving = self.images.get_mut(number).is_some_and(|served| {
            let leaving = matches!(served.state, ImageState::Leaving { .. });
            if leaving {
                served.state = ImageState::Probing;
            }
            leaving
        });
        let is_kept = |served: &mut super::images::Served| served.kept.is_some();
        if leaving && self.images.get_mut(number).is_some_and(is_kept) {
            self.give_up_kept(number);
        } else if leaving {
            // Its word is not enough: the lock says whether it is so.
            self.probe(number);
        }
        leaving
    }

    fn said_audit(&self, connection: u64, event: &AuditEvent) {
        let live = self.connections.get(connection).map(|live| &live.candidate);
        let record = Record {
            label: Some(&self.label),
            identity: live.map(|candidate| candidate.identity.name.as_str()),
            peer: live.map(|candidate| candidate.peer),
            connection: Some(connection),
            ..told(event)
        };
        self.events.write(&record);
    }
}

/// What a worker has told, as a record.
fn told(event: &AuditEvent) -> Record<'_> {
    let (kind, decision) = match event {
        AuditEvent::LoginAccepted { .. } => (Event::Login, Decision::Allow),
        AuditEvent::LoginRefused { .. } => (Event::Login, Decision::Deny),
        AuditEvent::Logout { .. } => (Event::Logout, Decision::Note),
        AuditEvent::SessionReinstated { .. } => (Event::SessionReinstated, Decision::Note),
        AuditEvent::ProtocolError { .. } => (Event::ProtocolError, Decision::Note),
        AuditEvent::Mounted => (Event::Mount, Decision::Allow),
        AuditEvent::MountRefused { .. } => (Event::Mount, Decision::Deny),
        AuditEvent::HandleRefused { .. } => (Event::HandleRefused, Decision::Deny),
    };
    let (initiator, target) = match event {
        AuditEvent::LoginAccepted { initiator, target }
        | AuditEvent::LoginRefused {
            initiator, target, ..
        }
        | AuditEvent::Logout { initiator, target }
        | AuditEvent::SessionReinstated { initiator, target } => {
            (Some(initiator.as_str()), Some(target.as_str()))
        }
        _ => (None, None),
    };
    let reason = match event {
        AuditEvent::LoginRefused { reason, .. }
        | AuditEvent::MountRefused { reason }
        | AuditEvent::HandleRefused { reason } => Some(reason.as_str()),
        AuditEvent::ProtocolError { what } => Some(what.as_str()),
        _ => None,
    };
    Record {
        initiator,
        target,
        reason,
        ..Record::new(kind, decision)
    }
}

fn describe(shape: ImageShape) -> String {
    let access = if shape.read_only {
        "read-only"
    } else {
        "read-write"
    };
    format!(
        "{} bytes in blocks of {}, {access}",
        shape.size, shape.block_size
    )
}
