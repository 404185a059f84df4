//! What the library calls back, kept until somebody has time for it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::rc::Rc;

use labelgate_libnfs_sys::rpc_context;
use libc::c_int;

use crate::answer::{self, Landing};
use crate::call::Reply;

pub(crate) type Mailbox = Rc<RefCell<VecDeque<(u64, Reply)>>>;

/// What is given along with each call. It stays where it is until the call has ended, or the context is
/// gone.
#[derive(Debug)]
pub(crate) struct Ticket {
    number: u64,
    landing: Landing,
    mailbox: Mailbox,
}

impl Ticket {
    pub(crate) fn new(number: u64, landing: Landing, mailbox: &Mailbox) -> Self {
        let mailbox = Rc::clone(mailbox);
        Self {
            number,
            landing,
            mailbox,
        }
    }

    /// As C takes it along. Only [`happened`] looks at it.
    pub(crate) const fn as_given(&self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }
}

/// Called by the library, on the thread that serves it or ends it.
pub(crate) unsafe extern "C" fn happened(
    _context: *mut rpc_context,
    status: c_int,
    data: *mut c_void,
    ticket: *mut c_void,
) {
    // SAFETY: it is a ticket that was given along, and tickets stay until the context is gone.
    let Some(ticket) = (unsafe { ticket.cast::<Ticket>().as_ref() }) else {
        return;
    };
    // SAFETY: the ticket was given along with the call that this is the end of.
    let reply = unsafe { answer::take(status, data, &ticket.landing) };
    // Nobody is looking into it: nothing that has it open calls the library.
    if let Ok(mut mailbox) = ticket.mailbox.try_borrow_mut() {
        mailbox.push_back((ticket.number, reply));
    }
}
