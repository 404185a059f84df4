//! Connections: from any port, to an address that is known.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, ipproto, socket_with, sockopt};

/// How long a connection may be silent until it is asked whether the other side is there, how often
/// that is asked, and how many times in vain.
const SILENCE: Duration = Duration::from_secs(10);
const BETWEEN: Duration = Duration::from_secs(5);
const TIMES: u32 = 3;
/// How long the other side may take to acknowledge what was sent, in milliseconds.
const UNHEARD: u32 = 20_000;

/// Begins to connect.
pub(crate) fn begin(to: SocketAddr) -> io::Result<OwnedFd> {
    let family = match to {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    sockopt::set_socket_keepalive(&socket, true)?;
    sockopt::set_tcp_keepidle(&socket, SILENCE)?;
    sockopt::set_tcp_keepintvl(&socket, BETWEEN)?;
    sockopt::set_tcp_keepcnt(&socket, TIMES)?;
    sockopt::set_tcp_user_timeout(&socket, UNHEARD)?;
    // Closed, it is reset: what has not been sent never is, so that the least there can be of old writes
    // follows what is sent later on another connection. What the server has received it may carry out.
    sockopt::set_socket_linger(&socket, Some(Duration::ZERO))?;
    match connect(&socket, &to) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

/// What has come of connecting, once there is an event.
pub(crate) fn outcome(socket: &OwnedFd) -> io::Result<()> {
    Ok(sockopt::socket_error(socket)??)
}
