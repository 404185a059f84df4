//! What the library calls back, kept until somebody has time for it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::{CStr, c_void};
use std::rc::Rc;

use labelgate_libiscsi_sys::{SCSI_STATUS_GOOD, iscsi_context, iscsi_discovery_address};
use libc::c_int;

/// The most targets that are taken from one discovery.
const MAX_TARGETS: usize = 256;

/// What has been asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Connect,
    Login,
    Logout,
    Ping,
    Reset,
    Discovery,
    Task(u64),
}

/// What has come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    Ended(What, c_int),
    /// The target has answered a task management function. What it says decides nothing.
    Reset,
    Targets(Vec<String>),
}

pub(crate) type Mailbox = Rc<RefCell<VecDeque<News>>>;

/// What is given along with each thing that is asked for. It stays where it is until it has come back,
/// or the context is gone.
#[derive(Debug)]
pub(crate) struct Ticket {
    what: What,
    mailbox: Mailbox,
}

impl Ticket {
    pub(crate) fn new(what: What, mailbox: &Mailbox) -> Self {
        let mailbox = Rc::clone(mailbox);
        Self { what, mailbox }
    }

    pub(crate) fn is(&self, what: What) -> bool {
        self.what == what
    }

    /// As C takes it along. Only [`happened`] looks at it.
    pub(crate) const fn as_given(&self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }
}

/// Called by the library, on the thread that serves it.
pub(crate) unsafe extern "C" fn happened(
    _context: *mut iscsi_context,
    status: c_int,
    data: *mut c_void,
    ticket: *mut c_void,
) {
    // SAFETY: it is a ticket that was given along, and tickets stay until the context is gone.
    let Some(ticket) = (unsafe { ticket.cast::<Ticket>().as_ref() }) else {
        return;
    };
    let news = match ticket.what {
        What::Reset => News::Reset,
        What::Discovery if status == SCSI_STATUS_GOOD => {
            // SAFETY: so it is documented: a list that is there during this call, or none.
            News::Targets(unsafe { names(data.cast()) })
        }
        what => News::Ended(what, status),
    };
    // Nobody is looking into it: nothing that has it open calls the library.
    if let Ok(mut mailbox) = ticket.mailbox.try_borrow_mut() {
        mailbox.push_back(news);
    }
}

/// # Safety
///
/// The list is there, or the address is null.
unsafe fn names(mut at: *const iscsi_discovery_address) -> Vec<String> {
    let mut names = Vec::new();
    // SAFETY: each entry of the list is there, and the last one says so.
    while let Some(address) = unsafe { at.as_ref() } {
        if names.len() >= MAX_TARGETS {
            break;
        }
        if !address.target_name.is_null() {
            // SAFETY: it is a text that ends with a 0.
            let name = unsafe { CStr::from_ptr(address.target_name) };
            names.push(name.to_string_lossy().into_owned());
        }
        at = address.next;
    }
    names
}
