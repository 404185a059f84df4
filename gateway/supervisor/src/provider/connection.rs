//! Accepted sockets, and whose they are for the kernel.
//!
//! What the labelled listener accepts has its client's level from the kernel. What the login
//! listener accepts has none: the supervisor gives it the label that its client has proved, once
//! that is known. From then on the kernel lets only that label's worker be handed the socket.

use std::io;
use std::os::fd::BorrowedFd;

use labelgate_mac::Label;
use labelgate_mac::selinux::relabel;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::Provider;

impl Provider {
    /// Marks what the login listener has accepted, so that no worker is handed it before it has a
    /// label ([`Domains::connection`](super::Domains::connection) says how).
    ///
    /// # Errors
    /// The kernel refuses; the connection must not be served.
    pub fn mark_accepted(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        if self.selinux().is_none() {
            return Ok(());
        }
        let flags = fcntl_getfl(socket)?;
        Ok(fcntl_setfl(socket, flags | OFlags::APPEND)?)
    }

    /// Gives what the login listener has accepted the label that its client has proved.
    ///
    /// # Errors
    /// The kernel refuses; the connection must not be served.
    pub fn label_accepted(&self, socket: BorrowedFd<'_>, label: &Label) -> io::Result<()> {
        let Some(selinux) = self.selinux() else {
            return Ok(());
        };
        relabel(socket, &selinux.domains().connection(label)).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!(
                    "its socket cannot be given the label {label}: {error}; look for AVCs of \
                     labelgate_t in the kernel's log, and install the policy module of this version"
                ),
            )
        })
    }
}
