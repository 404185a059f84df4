//! The receiving half of a connection: from bytes to whole messages.
//!
//! It does no I/O, so that both drivers and the property tests share it: ask for [`Inbound::space`],
//! fill it, say how much with [`Inbound::arrived`], then [`Inbound::deliver`].

use labelgate_engine::{ConnectionId, Receive, Received};

use super::BURST;
use super::fault::Fault;
use super::handler::Handler;
use super::staging::Staging;
use super::want::Want;

/// Why [`Inbound::deliver`] stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More bytes are needed.
    Hungry,
    /// The engine has no credit for this connection: nothing is to be received.
    Paused,
    /// The connection has had its share of this turn; more is staged.
    Unfinished,
}

/// The receiving half of a connection.
#[derive(Debug)]
pub(crate) struct Inbound {
    want: Want,
    staging: Staging,
}

impl Inbound {
    pub(crate) fn new(want: Want) -> Self {
        Self {
            want,
            staging: Staging::default(),
        }
    }

    /// Ends a pause.
    pub(crate) fn resume(&mut self, receive: Receive) -> Result<(), Fault> {
        if !matches!(self.want, Want::Pause) {
            return Err(Fault::NotPaused);
        }
        self.want = Want::new(receive)?;
        Ok(())
    }

    /// Drops everything from now on, and lets go of the buffer.
    pub(crate) fn swallow(&mut self) {
        self.want = Want::Swallow;
        self.staging = Staging::default();
    }

    /// Where the next bytes go, in this order: the rest of the payload (possibly empty), then
    /// staging, so that the header behind a payload comes along in the same system call.
    pub(crate) fn space(&mut self, idle: usize) -> [&mut [u8]; 2] {
        self.staging.prepare(self.want.contiguous(), idle);
        [self.want.missing(), self.staging.room()]
    }

    /// `n` bytes have been put into [`Inbound::space`].
    pub(crate) fn arrived(&mut self, n: usize) {
        let direct = n.min(self.want.missing().len());
        self.want.filled(direct);
        self.staging.filled(n - direct);
    }

    /// Hands every whole message to the handler, [`BURST`] of them at most; how many it was.
    pub(crate) fn deliver<H: Handler>(
        &mut self,
        connection: ConnectionId,
        handler: &mut H,
    ) -> (usize, Result<Progress, Fault>) {
        for told in 0..BURST {
            match self.step(connection, handler) {
                Ok(None) => {}
                Ok(Some(progress)) => return (told, Ok(progress)),
                Err(fault) => return (told, Err(fault)),
            }
        }
        (BURST, Ok(Progress::Unfinished))
    }

    /// Hands over one message, or says why there is none.
    fn step<H: Handler>(
        &mut self,
        connection: ConnectionId,
        handler: &mut H,
    ) -> Result<Option<Progress>, Fault> {
        self.absorb();
        let staged = self.staging.staged();
        let used = match self.want {
            Want::Header { length } => length,
            Want::Payload {
                next, end, trailer, ..
            } if next == end => trailer,
            Want::Discard { left: 0 } => 0,
            Want::Pause => return Ok(Some(Progress::Paused)),
            _ => return Ok(Some(Progress::Hungry)),
        };
        let Some(bytes) = staged.get(..used) else {
            return Ok(Some(Progress::Hungry));
        };
        let received = match std::mem::replace(&mut self.want, Want::Pause) {
            Want::Header { .. } => Received::Header(bytes),
            Want::Payload { buffer, .. } => Received::Payload {
                buffer,
                trailer: bytes,
            },
            _ => Received::Discarded,
        };
        let next = handler.received(connection, received);
        self.staging.consume(used);
        self.want = Want::new(next)?;
        Ok(None)
    }

    /// Moves staged bytes into the payload, or drops them, as far as the engine wants that.
    fn absorb(&mut self) {
        let staged = self.staging.staged();
        let used = match &mut self.want {
            want @ Want::Payload { .. } => {
                let missing = want.missing();
                let n = missing.len().min(staged.len());
                for (to, from) in missing.iter_mut().zip(staged) {
                    *to = *from;
                }
                want.filled(n);
                n
            }
            Want::Discard { left } => {
                let n = staged.len().min(*left);
                *left -= n;
                n
            }
            Want::Swallow => staged.len(),
            Want::Header { .. } | Want::Pause => 0,
        };
        self.staging.consume(used);
    }

    /// Whether it has more memory than an idle connection should.
    pub(crate) fn is_large(&self) -> bool {
        self.staging.is_large()
    }

    /// Frees what an idle connection does not need.
    pub(crate) fn shrink(&mut self) {
        self.staging.shrink();
    }
}

#[cfg(test)]
mod tests;
