//! The two ends of a control socket.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

/// A connected pair: the supervisor's end, and the end that becomes a worker's standard input.
///
/// Both are close-on-exec and in blocking mode; each end chooses for itself.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}
