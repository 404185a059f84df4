//! The context of the other end of a connection.
#![allow(
    unsafe_code,
    reason = "getsockopt(SO_PEERSEC) has no safe wrapper: its value is a text of any length"
)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::text::{ContextError, LONGEST, parse};
use crate::Context;

/// The context of the other end of a connection, as the kernel knows it.
///
/// On a Unix socket it is that of the process that connected. On TCP it comes from labelled
/// networking (CIPSO, CALIPSO, labelled IPsec, or NetLabel's static labels); `None` means that
/// nothing of it says anything about this peer.
///
/// # Errors
/// [`ContextError`]
pub fn peer_context(socket: BorrowedFd<'_>) -> Result<Option<Context>, ContextError> {
    let mut value = [0_u8; LONGEST];
    let mut length = libc::socklen_t::try_from(value.len()).unwrap_or(0);
    // SAFETY: the descriptor is borrowed, so it is open; `value` has room for the `length` bytes
    // that the kernel may write at most, and both outlive the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERSEC,
            value.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ENOPROTOOPT) => Ok(None),
            _ => Err(error.into()),
        };
    }
    let length = usize::try_from(length).unwrap_or_default();
    parse(value.get(..length).unwrap_or_default()).map(Some)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_peer_without_a_label_has_none() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();

        // Where SELinux runs with labelled loopback there is one, which is understood.
        if let Some(context) = peer_context(accepted.as_fd()).unwrap() {
            assert!(!context.type_name().is_empty());
        }
    }
}
