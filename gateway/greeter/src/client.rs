//! The client's connection: whole PDUs in, whole PDUs out, and never a byte too many.
//!
//! What follows the last login request is the worker's to read, so nothing is read ahead.

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
        let mut rest = bytes.as_slice();
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
    fn read(&self, buffer: &mut [u8]) -> Result<(), Fault> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..)
            && !rest.is_empty()
        {
            self.wait(PollFlags::IN)?;
            match recv(&self.socket, rest, RecvFlags::DONTWAIT) {
                Ok((_, 0)) => {
                    return Err(Fault::Connection(io::ErrorKind::UnexpectedEof.into()));
                }
                Ok((_, length)) => filled += length,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(Fault::Connection(error.into())),
            }
        }
        Ok(())
    }

    /// Waits until the socket is ready, or has an error to tell, or the supervisor is gone.
    fn wait(&self, ready: PollFlags) -> Result<(), Fault> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
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
