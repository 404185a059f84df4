//! The client's connection: whole messages in, whole messages out, and never a byte too many.
//!
//! What follows the last message of a greeting is the worker's to read, so nothing is read ahead.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use labelgate_control::GreeterEnd;
use labelgate_iscsi::pdu::{BHS, Header, LoginRequest, Request};
use labelgate_iscsi::text::MAX_TEXT;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::Fault;

/// A login takes no longer, whatever the supervisor thinks: the most that `login.seconds` may be.
const LONGEST: Duration = Duration::from_secs(300);
/// How long it takes at first, and at last, until it is noticed that more has come of what is not
/// read.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The client's connection.
#[derive(Debug)]
pub struct Client {
    socket: OwnedFd,
    control: Rc<GreeterEnd>,
    deadline: Instant,
}

impl Client {
    /// Takes a connected TCP socket, and the control socket: without a supervisor nothing can come
    /// of a login, and nobody else would end it.
    #[must_use]
    pub fn new(socket: OwnedFd, control: Rc<GreeterEnd>) -> Self {
        Self {
            socket,
            control,
            deadline: Instant::now() + LONGEST,
        }
    }

    /// The next login request and its text, at most [`MAX_TEXT`] bytes of it.
    ///
    /// # Errors
    /// Anything else than a login request, or nothing in time.
    pub fn request(&self) -> Result<(LoginRequest, Vec<u8>), Fault> {
        let mut bhs = [0; BHS];
        self.read(&mut bhs)?;
        let header = Header::parse(&bhs);
        let Request::Login(request) = Request::parse(&bhs) else {
            return Err(Fault::Client("a request before the login"));
        };
        let length = header.data_segment_length.get();
        if length > MAX_TEXT {
            return Err(Fault::Client("a login text longer than any"));
        }
        // Additional header segments mean nothing to a login. At most 1020 bytes.
        self.read(&mut vec![0; header.ahs_length()])?;
        let mut text = vec![0; length.next_multiple_of(4)];
        self.read(&mut text)?;
        text.truncate(length);
        Ok((request, text))
    }

    /// Sends a header and its text, padded.
    ///
    /// # Errors
    /// The client does not take it.
    pub fn respond(&self, header: &[u8; BHS], text: &[u8]) -> Result<(), Fault> {
        let mut bytes = [header.as_slice(), text].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        self.write(&bytes)
    }

    /// Sends all of it.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Fault> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.wait(PollFlags::OUT)?;
            match send(
                &self.socket,
                rest,
                SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
            ) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(Fault::Connection(error.into())),
            }
        }
        Ok(())
    }

    /// Fills the buffer.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<(), Fault> {
        match self.read_or_end(buffer)? {
            true => Ok(()),
            false => Err(ended()),
        }
    }

    /// Fills the buffer, unless the client has ended the connection before its first byte.
    pub(crate) fn read_or_end(&self, buffer: &mut [u8]) -> Result<bool, Fault> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..)
            && !rest.is_empty()
        {
            self.wait(PollFlags::IN)?;
            match recv(&self.socket, rest, RecvFlags::DONTWAIT) {
                Ok((_, 0)) if filled == 0 => return Ok(false),
                // libnfs ends a connection so that has told it what it wanted.
                Err(Errno::CONNRESET) if filled == 0 => return Ok(false),
                Ok((_, 0)) => return Err(ended()),
                Ok((_, length)) => filled += length,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(Fault::Connection(error.into())),
            }
        }
        Ok(true)
    }

    /// The first bytes of those that have come, as many as the buffer holds; they stay to be read.
    /// There are more of them than `before`, or the client has ended the connection; none are left if
    /// it has reset it.
    pub(crate) fn peek(&self, buffer: &mut [u8], before: usize) -> Result<usize, Fault> {
        let mut pause = SHORTEST_PAUSE;
        loop {
            match before {
                0 => self.wait(PollFlags::IN)?,
                // The socket is ready to be read already, and it is not told when more has come.
                _ => self.pause(pause)?,
            }
            // Asked first: what came before the end is there by then.
            let is_over = self.has_hung_up()?;
            let flags = RecvFlags::DONTWAIT | RecvFlags::PEEK;
            match recv(&self.socket, &mut *buffer, flags) {
                Ok((_, length)) if length > before || length == 0 || is_over => {
                    return Ok(length);
                }
                Ok(_) => pause = (pause * 2).min(LONGEST_PAUSE),
                Err(Errno::CONNRESET) => return Ok(0),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(Fault::Connection(error.into())),
            }
        }
    }

    /// Waits for a while, in which the supervisor may go.
    fn pause(&self, pause: Duration) -> Result<(), Fault> {
        let most = Instant::now() + pause;
        match self.poll(PollFlags::RDHUP, self.deadline.min(most)) {
            Err(Fault::Late) if most < self.deadline => Ok(()),
            polled => polled,
        }
    }

    /// Whether the client sends nothing more.
    fn has_hung_up(&self) -> Result<bool, Fault> {
        match self.poll(PollFlags::RDHUP, Instant::now()) {
            Ok(()) => Ok(true),
            Err(Fault::Late) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Waits until the socket is ready, or has an error to tell, or the supervisor is gone.
    fn wait(&self, ready: PollFlags) -> Result<(), Fault> {
        self.poll(ready, self.deadline)
    }

    /// The same until then.
    fn poll(&self, ready: PollFlags, until: Instant) -> Result<(), Fault> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(|_| Fault::Late)?;
            let mut polled = [
                PollFd::new(&self.socket, ready),
                // Its end is told without being asked for.
                PollFd::new(&self.control, PollFlags::empty()),
            ];
            match poll(&mut polled, Some(&left)) {
                Ok(0) => return Err(Fault::Late),
                Ok(_) => {
                    let [_, supervisor] = polled;
                    return if supervisor.revents().is_empty() {
                        Ok(())
                    } else {
                        Err(Fault::Abandoned)
                    };
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(Fault::Connection(error.into())),
            }
        }
    }
}

fn ended() -> Fault {
    Fault::Connection(io::ErrorKind::UnexpectedEof.into())
}
