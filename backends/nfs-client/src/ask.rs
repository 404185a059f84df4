//! A question on its way, on a connection of its own.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

use libc::c_int;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::address::Owner;
use crate::question::{MAX_ANSWER, Question, Told};
use crate::{Error, Kind, socket};

static NEXT: AtomicU32 = AtomicU32::new(1);

#[derive(Debug)]
pub(crate) struct Ask {
    socket: OwnedFd,
    question: Question,
    number: u32,
    record: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
}

impl Ask {
    /// Begins to connect, for this question.
    pub(crate) fn begin(to: SocketAddr, question: Question, owner: Owner) -> Result<Self, Error> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let record = question.record(number, owner);
        let record = record.map_err(|_| Error::Path("the exported directory"))?;
        let socket = socket::begin(to).map_err(|error| unreachable(&question, &error))?;
        Ok(Self {
            socket,
            question,
            number,
            record,
            sent: 0,
            answer: Vec::new(),
        })
    }

    pub(crate) const fn doing(&self) -> &'static str {
        self.question.doing()
    }

    /// The socket, and what is waited for on it, as `poll` has it.
    pub(crate) fn waits(&self) -> (BorrowedFd<'_>, c_int) {
        let events = match self.sent < self.record.len() {
            true => libc::POLLOUT,
            false => libc::POLLIN,
        };
        (self.socket.as_fd(), events.into())
    }

    /// Does what there is to do on the socket; nothing as long as there is no answer.
    pub(crate) fn serve(&mut self) -> Result<Option<Told>, Error> {
        let failed = |error: io::Error| unreachable(&self.question, &error);
        socket::outcome(&self.socket).map_err(failed)?;
        let rest = self.record.get(self.sent..).unwrap_or_default();
        if !rest.is_empty() {
            match send(&self.socket, rest, SendFlags::NOSIGNAL) {
                Ok(sent) => self.sent += sent,
                Err(Errno::AGAIN | Errno::INTR | Errno::NOTCONN) => {}
                Err(error) => return Err(failed(error.into())),
            }
            return Ok(None);
        }
        let mut room = [0; 512];
        match recv(&self.socket, &mut room[..], RecvFlags::empty()) {
            Ok((_, 0)) => Err(failed(io::ErrorKind::UnexpectedEof.into())),
            Ok((_, read)) => {
                self.answer.extend(room.iter().take(read));
                debug_assert!(self.answer.len() <= MAX_ANSWER + room.len());
                self.question.answer(self.number, &self.answer)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(failed(error.into())),
        }
    }
}

fn unreachable(question: &Question, error: &io::Error) -> Error {
    Error::of(question.doing(), Kind::NotReady).with(&error.to_string())
}
