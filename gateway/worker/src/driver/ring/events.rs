//! What a turn has brought.

use std::io;
use std::time::Instant;

use labelgate_engine::ConnectionId;

use super::queue::Completed;
use super::user_data::{Name, UserData};
use super::{Connection, Ring};
use crate::driver::closing::Phase;
use crate::driver::handler::{Attention, Handler};
use crate::driver::inbound::Progress;
use crate::driver::silence::silence;

impl Ring {
    /// Tells the handler what came up between two turns, and goes on with connections that have
    /// something to do. Whether anything was done, so that the turn must not wait.
    pub(super) fn catch_up<H: Handler>(&mut self, handler: &mut H) -> bool {
        let mut busy = !self.reports.is_empty();
        self.deliver_reports(handler);
        let mut scheduled = std::mem::take(&mut self.scheduled);
        for id in scheduled.drain(..) {
            let Some(connection) = self.connections.get_mut(id) else {
                continue;
            };
            connection.scheduled = false;
            self.arm_send(id);
            busy |= self.go_on(id, handler);
        }
        if self.scheduled.is_empty() {
            self.scheduled = scheduled;
        }
        busy || !self.scheduled.is_empty() || !self.reports.is_empty()
    }

    pub(super) fn deliver_reports<H: Handler>(&mut self, handler: &mut H) {
        let mut reports = std::mem::take(&mut self.reports);
        for report in reports.drain(..) {
            report.deliver(handler);
        }
        self.reports = reports;
    }

    /// Takes a completion.
    pub(super) fn dispatch<H: Handler>(&mut self, completed: Completed, handler: &mut H) {
        let result = match u32::try_from(completed.result) {
            Ok(count) => Ok(count as usize),
            Err(_) => Err(io::Error::from_raw_os_error(-completed.result)),
        };
        match UserData::decode(completed.user_data) {
            Some(UserData::Receive(name)) => self.received(name, result, handler),
            Some(UserData::Send(name)) => self.sent(name, result, handler),
            Some(UserData::Job(slot)) => self.finished(slot, result, handler),
            Some(UserData::Control) => {
                if handler.control() != Attention::Never {
                    self.arm_control();
                }
            }
            Some(UserData::Bell) => {
                if let Some(bell) = &self.bell {
                    silence(bell);
                }
                self.arm_bell();
            }
            Some(UserData::Cancel) | None => {}
        }
    }

    /// The connection a completion is about. It is always there, since a connection with a loan
    /// out is not freed.
    fn named(&mut self, name: Name) -> Option<&mut Connection> {
        let connection = self.connections.get_mut(ConnectionId(name.slot))?;
        (connection.name == name).then_some(connection)
    }

    fn received<H: Handler>(&mut self, name: Name, result: io::Result<usize>, handler: &mut H) {
        let id = ConnectionId(name.slot);
        let Some(connection) = self.named(name) else {
            return;
        };
        // SAFETY: this is the completion of the one receive that is out, after which the kernel
        // no longer touches its header, its pieces or what they point at.
        unsafe { connection.receiving.returned() };
        let phase = connection.phase;
        let Some(receiving) = connection.receiving.here() else {
            return;
        };
        if phase != Phase::Open {
            receiving.inbound.swallow();
        }
        match (phase, result) {
            (Phase::Ended, _) => self.finish(id),
            (Phase::Draining(_), Ok(_)) => {}
            (Phase::Open | Phase::Lingering(_), Ok(0)) => self.end(id),
            (Phase::Lingering(_), Ok(_)) => self.arm_receive(id),
            (Phase::Open, Ok(count)) => {
                receiving.inbound.arrived(count);
                handler.arrived(count);
                self.go_on(id, handler);
            }
            (_, Err(error)) if is_transient(&error) => {
                receiving.inbound.shrink();
                if !matches!(phase, Phase::Draining(_)) {
                    self.arm_receive(id);
                }
            }
            (_, Err(_)) => self.end(id),
        }
    }

    /// Hands over what is staged and receives again if that is wanted. Whether the handler was
    /// told anything or wants to be.
    fn go_on<H: Handler>(&mut self, id: ConnectionId, handler: &mut H) -> bool {
        let Some(connection) = self.connections.get_mut(id) else {
            return false;
        };
        if connection.phase != Phase::Open {
            return false;
        }
        let Some(receiving) = connection.receiving.here() else {
            return false;
        };
        let (told, progress) = receiving.inbound.deliver(id, handler);
        match progress {
            Ok(Progress::Hungry) => self.arm_receive(id),
            Ok(Progress::Paused) => {}
            Ok(Progress::Unfinished) => self.schedule(id),
            Err(_) => self.end(id),
        }
        told > 0
    }

    fn sent<H: Handler>(&mut self, name: Name, result: io::Result<usize>, handler: &mut H) {
        let id = ConnectionId(name.slot);
        let Some(connection) = self.named(name) else {
            return;
        };
        let phase = connection.phase;
        let Some(loan) = &mut connection.sending else {
            return;
        };
        // SAFETY: this is the completion of the one send that is out, after which the kernel no
        // longer touches its header, its pieces or what they point at.
        unsafe { loan.returned() };
        let Some(sending) = loan.here() else {
            return;
        };
        match result {
            _ if phase == Phase::Ended => return self.finish(id),
            Ok(count) => sending
                .outbound
                .advance(count, |transmission| handler.sent(id, transmission)),
            Err(error) if is_transient(&error) => {}
            Err(_) => return self.end(id),
        }
        if !connection.is_sent() {
            self.arm_send(id);
        } else if matches!(phase, Phase::Draining(_)) {
            self.linger(id);
        }
    }

    fn finished<H: Handler>(&mut self, slot: u32, result: io::Result<usize>, handler: &mut H) {
        let Some(mut loan) = self.jobs.remove(slot) else {
            return;
        };
        // SAFETY: this is the completion of the job's one call, after which the kernel no longer
        // touches its buffer.
        unsafe { loan.returned() };
        if let Some(job) = loan.into_inner() {
            handler.finished(job.ticket, job.request, result);
        }
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

/// The call had no effect and goes out again: a signal, or our own cancellation in order to free
/// memory.
fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EINTR | libc::EAGAIN | libc::ECANCELED)
    )
}
