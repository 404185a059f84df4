//! One connection, and the memory of it that the kernel is lent.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd};

use io_uring::squeue::Entry;
use io_uring::{opcode, types};
use labelgate_engine::Transmission;
use rustix::net::Shutdown;

use super::user_data::{Name, UserData};
use crate::driver::closing::Phase;
use crate::driver::inbound::Inbound;
use crate::driver::loan::Loan;
use crate::driver::outbound::Outbound;
use crate::driver::staging::SMALL;

/// A connection.
pub(super) struct Connection {
    socket: OwnedFd,
    pub(super) name: Name,
    pub(super) phase: Phase,
    pub(super) receiving: Loan<Receiving>,
    /// Only while there is something to send, or lately was.
    pub(super) sending: Option<Loan<Sending>>,
    /// What was queued since the last send went to the kernel.
    pub(super) queue: VecDeque<Transmission>,
    /// It is in the list of those to be looked at in the next turn.
    pub(super) scheduled: bool,
    /// The receive in the kernel has more memory than an idle connection should.
    pub(super) large: bool,
}

/// The receiving half, lent while a receive is in the kernel.
pub(super) struct Receiving {
    pub(super) inbound: Inbound,
    header: libc::msghdr,
    pieces: [libc::iovec; 2],
}

/// The sending half, lent while a send is in the kernel.
pub(super) struct Sending {
    pub(super) outbound: Outbound,
    header: libc::msghdr,
    pieces: Vec<libc::iovec>,
}

impl Connection {
    pub(super) fn new(socket: OwnedFd, name: Name, inbound: Inbound) -> Self {
        let receiving = Receiving {
            inbound,
            header: empty_header(),
            pieces: [piece(&[]); 2],
        };
        Self {
            socket,
            name,
            phase: Phase::Open,
            receiving: Loan::new(receiving),
            sending: None,
            queue: VecDeque::new(),
            scheduled: false,
            large: false,
        }
    }

    /// Lends the receiving half; the entry is the receive. `None` if it is lent already.
    pub(super) fn receive(&mut self) -> Option<Entry> {
        let receiving = self.receiving.here()?;
        let header = receiving.prepare();
        self.large = receiving.inbound.is_large();
        self.receiving.lend();
        let entry = opcode::RecvMsg::new(types::Fd(self.socket.as_raw_fd()), header).build();
        Some(entry.user_data(UserData::Receive(self.name).encode()))
    }

    /// Lends the sending half with everything that is queued; the entry is the send. `None` if it
    /// is lent already or there is nothing to send.
    pub(super) fn send(&mut self) -> Option<Entry> {
        if self.queue.is_empty() && self.sending.is_none() {
            return None;
        }
        let loan = self
            .sending
            .get_or_insert_with(|| Loan::new(Sending::new()));
        let sending = loan.here()?;
        sending.outbound.append(&mut self.queue);
        let header = sending.prepare()?;
        loan.lend();
        let entry = opcode::SendMsg::new(types::Fd(self.socket.as_raw_fd()), header)
            .flags(libc::MSG_NOSIGNAL.unsigned_abs())
            .build();
        Some(entry.user_data(UserData::Send(self.name).encode()))
    }

    /// Whether everything queued is in the socket.
    pub(super) fn is_sent(&mut self) -> bool {
        let outbound = match &mut self.sending {
            Some(loan) => loan
                .here()
                .is_some_and(|sending| sending.outbound.is_empty()),
            None => true,
        };
        outbound && self.queue.is_empty()
    }

    /// Whether the kernel holds memory of this connection.
    pub(super) fn is_lent(&self) -> bool {
        self.receiving.is_lent() || self.sending.as_ref().is_some_and(Loan::is_lent)
    }

    /// Cancels the receive, if one is in the kernel.
    pub(super) fn cancel_receive(&self) -> Option<Entry> {
        let target = UserData::Receive(self.name);
        self.receiving.is_lent().then(|| cancel(target))
    }

    /// Cancels the send, if one is in the kernel.
    pub(super) fn cancel_send(&self) -> Option<Entry> {
        let target = UserData::Send(self.name);
        let lent = self.sending.as_ref().is_some_and(Loan::is_lent);
        lent.then(|| cancel(target))
    }

    /// Closes one or both sides. It fails if the peer was faster, which is just as well.
    pub(super) fn shut(&self, how: Shutdown) {
        let _ = rustix::net::shutdown(&self.socket, how);
    }

    /// Frees what an idle connection does not need, as far as it is here.
    pub(super) fn shrink(&mut self) {
        if let Some(receiving) = self.receiving.here() {
            receiving.inbound.shrink();
        }
        if self.is_sent() {
            self.sending = None;
            self.queue = VecDeque::new();
        }
    }
}

impl Receiving {
    /// Points the header at where the next bytes go.
    fn prepare(&mut self) -> *mut libc::msghdr {
        let [payload, staging] = self.inbound.space(SMALL);
        let direct = !payload.is_empty();
        self.pieces = if direct {
            [piece_mut(payload), piece_mut(staging)]
        } else {
            [piece_mut(staging), piece(&[])]
        };
        self.header.msg_iov = self.pieces.as_mut_ptr();
        self.header.msg_iovlen = if direct { 2 } else { 1 };
        &raw mut self.header
    }
}

impl Sending {
    fn new() -> Self {
        Self {
            outbound: Outbound::default(),
            header: empty_header(),
            pieces: Vec::new(),
        }
    }

    /// Points the header at what is next to send; `None` if that is nothing.
    fn prepare(&mut self) -> Option<*const libc::msghdr> {
        self.pieces.clear();
        self.pieces.extend(self.outbound.pieces().map(piece));
        self.header.msg_iov = self.pieces.as_mut_ptr();
        self.header.msg_iovlen = self.pieces.len() as _;
        (!self.pieces.is_empty()).then_some(&raw const self.header)
    }
}

fn cancel(target: UserData) -> Entry {
    opcode::AsyncCancel::new(target.encode())
        .build()
        .user_data(UserData::Cancel.encode())
}

fn piece(slice: &[u8]) -> libc::iovec {
    libc::iovec {
        // The kernel only reads what it is to send.
        iov_base: slice.as_ptr().cast_mut().cast(),
        iov_len: slice.len(),
    }
}

fn piece_mut(slice: &mut [u8]) -> libc::iovec {
    libc::iovec {
        iov_base: slice.as_mut_ptr().cast(),
        iov_len: slice.len(),
    }
}

/// No address, no control data, no pieces.
fn empty_header() -> libc::msghdr {
    // SAFETY: a `msghdr` is plain data, for which all zeros (null pointers, zero lengths) is a
    // valid value.
    unsafe { std::mem::zeroed() }
}
