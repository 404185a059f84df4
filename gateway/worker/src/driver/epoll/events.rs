//! What a turn has brought.

use std::task::{Context, Poll};
use std::time::Instant;

use labelgate_engine::ConnectionId;

use super::Epoll;
use super::bells::Source;
use super::connection::Moved;
use crate::driver::closing::Phase;
use crate::driver::handler::{Attention, Handler};
use crate::driver::inbound::Progress;
use crate::driver::silence::silence;

impl Epoll {
    /// Tells the handler what came up between two turns, and goes on with connections that have
    /// something to do. Whether anything was done, so that the turn must not wait.
    pub(super) fn catch_up<H: Handler>(&mut self, handler: &mut H) -> bool {
        let busy = !self.reports.is_empty() || !self.scheduled.is_empty();
        self.deliver_reports(handler);
        let mut scheduled = std::mem::take(&mut self.scheduled);
        for id in scheduled.drain(..) {
            if let Some(connection) = self.connections.get_mut(id) {
                connection.scheduled = false;
                self.look_at(id, handler);
            }
        }
        if self.scheduled.is_empty() {
            self.scheduled = scheduled;
        }
        busy
    }

    pub(super) fn deliver_reports<H: Handler>(&mut self, handler: &mut H) {
        let mut reports = std::mem::take(&mut self.reports);
        for report in reports.drain(..) {
            report.deliver(handler);
        }
        self.reports = reports;
    }

    pub(super) fn dispatch<H: Handler>(&mut self, source: Source, handler: &mut H) {
        match source {
            Source::Connection(id) => self.look_at(id, handler),
            Source::Control => self.control(handler),
            Source::Helpers => self.finished(handler),
            Source::Keepers => self.keepers_rang(),
        }
    }

    /// Sends and receives what can be sent and received.
    fn look_at<H: Handler>(&mut self, id: ConnectionId, handler: &mut H) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        connection.answer();
        self.send_some(id, handler);
        self.receive_some(id, handler);
    }

    fn send_some<H: Handler>(&mut self, id: ConnectionId, handler: &mut H) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        if connection.outbound.is_empty() {
            return;
        }
        let moved = connection.send(|transmission| handler.sent(id, transmission));
        let phase = connection.phase;
        match moved {
            Err(_) => self.end(id),
            Ok(Moved::Some(_)) if !connection.outbound.is_empty() => self.schedule(id),
            Ok(Moved::Some(_)) if matches!(phase, Phase::Draining(_)) => self.linger(id),
            Ok(_) => {}
        }
    }

    /// Hands over what is staged; receives once if more is wanted, so that every connection gets
    /// its turn.
    fn receive_some<H: Handler>(&mut self, id: ConnectionId, handler: &mut H) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        let phase = connection.phase;
        if matches!(phase, Phase::Draining(_)) {
            return;
        }
        let (_, progress) = connection.inbound.deliver(id, handler);
        match progress {
            Err(_) => return self.end(id),
            Ok(Progress::Paused) => return,
            Ok(Progress::Unfinished) => return self.schedule(id),
            Ok(Progress::Hungry) => {}
        }
        match connection.receive() {
            Err(_) | Ok(Moved::Some(0)) => self.end(id),
            Ok(Moved::Blocked) => {}
            Ok(moved) => {
                if let Moved::Some(count) | Moved::Last(count) = moved {
                    handler.arrived(count);
                }
                let (_, progress) = connection.inbound.deliver(id, handler);
                match (progress, moved) {
                    (Err(_), _) => self.end(id),
                    (Ok(Progress::Unfinished), _) | (Ok(Progress::Hungry), Moved::Some(_)) => {
                        self.schedule(id);
                    }
                    (Ok(Progress::Paused | Progress::Hungry), _) => {}
                }
            }
        }
    }

    fn control<H: Handler>(&mut self, handler: &mut H) {
        let Some(control) = &self.control else {
            return;
        };
        control.bell.answer();
        let mut context = Context::from_waker(&control.waker);
        while let Poll::Ready(ready) = control.socket.poll_read_ready(&mut context) {
            let attention = handler.control();
            match (attention, ready) {
                (Attention::Later, Ok(mut guard)) => guard.clear_ready(),
                (Attention::Again, Ok(_)) => {
                    control.waker.wake_by_ref();
                    return;
                }
                (Attention::Never, _) | (_, Err(_)) => {
                    self.control = None;
                    return;
                }
            }
        }
    }

    /// Silences the bell that keepers ring, and waits for the next ring.
    fn keepers_rang(&self) {
        let Some(keepers) = &self.keepers else {
            return;
        };
        keepers.bell.answer();
        let mut context = Context::from_waker(&keepers.waker);
        while let Poll::Ready(Ok(mut guard)) = keepers.rung.poll_read_ready(&mut context) {
            silence(&keepers.rung.get_ref().0);
            // The kernel tells of each ring after this one.
            guard.clear_ready();
        }
    }

    fn finished<H: Handler>(&mut self, handler: &mut H) {
        self.helpers_bell.answer();
        let mut results = std::mem::take(&mut self.results);
        self.helpers.results(&mut results);
        for (slot, result) in results.drain(..) {
            let Some(mut loan) = self.jobs.remove(slot) else {
                continue;
            };
            // SAFETY: the helper has given its result, after which it does not touch the buffer.
            unsafe { loan.returned() };
            if let Some(job) = loan.into_inner() {
                handler.finished(job.ticket, job.request, result);
            }
        }
        self.results = results;
    }

    /// Ends connections whose peers have been waited for long enough.
    pub(super) fn expire(&mut self) {
        if self.deadlines.earliest().is_none() {
            return;
        }
        let now = Instant::now();
        while let Some(slot) = self.deadlines.expired(now) {
            self.end(ConnectionId(slot));
        }
    }
}
