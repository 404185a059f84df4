//! A context of the library's: one connection with a server's NFS, and what is under way on it.
//!
//! The library is served by one thread, and calls back only while it is served, or ended.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::{CStr, c_void};
use std::fmt;
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::ptr::NonNull;
use std::rc::Rc;

use labelgate_libnfs_sys as c;
use labelgate_libnfs_sys::{Libnfs, rpc_cb, rpc_context};
use libc::c_int;

use crate::address::{Handle, Owner, pointed};
use crate::answer::{Landing, WRITES};
use crate::attributes::Time;
use crate::call::{Call, Reply, Source, Stability};
use crate::mailbox::{Mailbox, Ticket, happened};
use crate::{Error, Kind, socket};

/// How many times the library is served in a row; each time it takes the length of an answer, or a part
/// of it.
const BURST: u32 = 64;

/// A context.
pub(crate) struct Context {
    api: &'static Libnfs,
    raw: NonNull<rpc_context>,
    /// The library's, until it is ended.
    socket: RawFd,
    mailbox: Mailbox,
    #[allow(clippy::vec_box, reason = "the library has their addresses")]
    tickets: HashMap<u64, Box<Ticket>>,
}

impl Context {
    /// One for a socket that is connected.
    pub(crate) fn new(socket: OwnedFd, owner: Owner) -> Result<Self, Error> {
        let library = Libnfs::get()?;
        // SAFETY: it takes nothing.
        let raw = unsafe { (library.rpc_init_context)() };
        let raw = NonNull::new(raw).ok_or(Error::of("starting a session", Kind::Resources))?;
        let socket = socket.into_raw_fd();
        // SAFETY: the context is new, and closes the socket when it is ended.
        unsafe { (library.rpc_set_fd)(raw.as_ptr(), socket) };
        let context = Self {
            api: library,
            raw,
            socket,
            mailbox: Rc::new(RefCell::new(VecDeque::new())),
            tickets: HashMap::new(),
        };
        // SAFETY: the context is there.
        unsafe { (library.rpc_set_uid)(raw.as_ptr(), owner.uid.cast_signed()) };
        // SAFETY: as above.
        unsafe { (library.rpc_set_gid)(raw.as_ptr(), owner.gid.cast_signed()) };
        // That is how it notices that it is connected.
        match context.service(libc::POLLOUT.into()) {
            true => Ok(context),
            false => Err(Error::of("connecting", Kind::NotReady).with(&context.said())),
        }
    }

    fn service(&self, events: c_int) -> bool {
        // SAFETY: the context is there, and what it calls back with is.
        unsafe { (self.api.rpc_service)(self.raw.as_ptr(), events) == 0 }
    }

    /// What the library last found wrong.
    pub(crate) fn said(&self) -> String {
        // SAFETY: the context is there.
        let said = unsafe { (self.api.rpc_get_error)(self.raw.as_ptr()) };
        if said.is_null() {
            return String::new();
        }
        // SAFETY: it is a text of the context's that ends with a 0.
        unsafe { CStr::from_ptr(said) }
            .to_string_lossy()
            .into_owned()
    }

    /// Sends a call, which no other one has the number of that is under way.
    pub(crate) fn send(&mut self, number: u64, of: &Handle, call: Call) -> Result<(), Error> {
        let file = c::nfs_fh3 {
            data: c::nfs_fh3_data {
                data_len: u32::try_from(of.bytes().len()).unwrap_or(0),
                // The library only reads it.
                data_val: of.bytes().as_ptr().cast_mut().cast(),
            },
        };
        let landing = landing(&call).ok_or(Error::of("sending a call", Kind::OutOfRange))?;
        let ticket = Box::new(Ticket::new(number, landing, &self.mailbox));
        let given = ticket.as_given();
        // SAFETY: the ticket stays until the call has ended or the context is gone; handle, name and
        // bytes are there.
        let begun = unsafe { self.begin(file, &call, given) };
        if begun != 0 {
            let error = Error::of("sending a call", Kind::Resources);
            return Err(error.with(&self.said()));
        }
        self.tickets.insert(number, ticket);
        Ok(())
    }

    /// # Safety
    ///
    /// The handle's bytes and all that the call has are there. What is given along is a ticket that
    /// stays until the call has ended or the context is gone.
    unsafe fn begin(&self, file: c::nfs_fh3, call: &Call, given: *mut c_void) -> c_int {
        /// Makes a call with these arguments.
        macro_rules! call {
            ($function:ident, $arguments:expr) => {{
                let mut arguments = $arguments;
                let (raw, back): (_, rpc_cb) = (self.raw.as_ptr(), Some(happened));
                // SAFETY: the caller vouches for what the arguments point to, and they are encoded, and
                // what is written is copied, when this returns.
                unsafe { (self.api.$function)(raw, back, &raw mut arguments, given) }
            }};
        }
        let (object, fsroot, all) = (file, file, 0);
        match call {
            Call::State => call!(rpc_nfs3_getattr_async, c::GETATTR3args { object }),
            Call::Find(name) => call!(rpc_nfs3_lookup_async, finding(file, name)),
            Call::Access => call!(
                rpc_nfs3_access_async,
                c::ACCESS3args {
                    object,
                    access: c::ACCESS3_READ | WRITES,
                }
            ),
            Call::Limits => call!(rpc_nfs3_fsinfo_async, c::FSINFO3args { fsroot }),
            Call::Commit => call!(
                rpc_nfs3_commit_async,
                c::COMMIT3args {
                    file,
                    offset: all,
                    count: 0,
                }
            ),
            Call::Grow(size, unless) => {
                call!(rpc_nfs3_setattr_async, growing(object, *size, *unless))
            }
            Call::Read(offset, _, _, count) => call!(
                rpc_nfs3_read_async,
                c::READ3args {
                    file,
                    offset: *offset,
                    count: *count,
                }
            ),
            Call::Write(offset, source, stability) => {
                match writing(file, *offset, source, *stability) {
                    Some(arguments) => call!(rpc_nfs3_write_async, arguments),
                    None => -1,
                }
            }
        }
    }

    /// The socket, and what is waited for on it, as `poll` has it.
    pub(crate) fn waits(&self) -> (BorrowedFd<'_>, c_int) {
        // SAFETY: the context is there.
        let events = unsafe { (self.api.rpc_which_events)(self.raw.as_ptr()) };
        (self.socket(), events)
    }

    const fn socket(&self) -> BorrowedFd<'_> {
        // SAFETY: it is open until the context is ended.
        unsafe { BorrowedFd::borrow_raw(self.socket) }
    }

    /// Does what there is to do on the socket; whether the connection is still there.
    pub(crate) fn serve(&self, events: c_int) -> bool {
        let reads = c_int::from(libc::POLLIN);
        if !self.service(events) {
            return false;
        }
        for _ in 1..BURST {
            if events & reads == 0 || !socket::is_readable(self.socket()) {
                break;
            }
            if !self.service(reads) {
                return false;
            }
        }
        true
    }

    /// Sends what has not been sent, as far as the connection takes it.
    pub(crate) fn flush(&self) -> bool {
        let sends = c_int::from(libc::POLLOUT);
        match self.waits().1 & sends != 0 {
            true => self.service(sends),
            false => true,
        }
    }

    /// What has ended since the last call.
    pub(crate) fn take(&mut self) -> VecDeque<(u64, Reply)> {
        let replies = std::mem::take(&mut *self.mailbox.borrow_mut());
        for (number, _) in &replies {
            self.tickets.remove(number);
        }
        replies
    }
}

/// What will come of a call; nothing if it is not as it should be.
fn landing(call: &Call) -> Option<Landing> {
    Some(match call {
        Call::State => Landing::State,
        Call::Find(_) => Landing::Find,
        Call::Access => Landing::Access,
        Call::Limits => Landing::Limits,
        Call::Read(_, place, from, length) => {
            place.at(*from, usize::try_from(*length).ok()?)?;
            Landing::Read(place.clone(), *from, *length)
        }
        Call::Write(_, source, _) => Landing::Write(source.run()?.1),
        Call::Commit => Landing::Commit,
        Call::Grow(..) => Landing::Grow,
    })
}

fn finding(dir: c::nfs_fh3, name: &CStr) -> c::LOOKUP3args {
    let name = pointed(name);
    c::LOOKUP3args {
        what: c::diropargs3 { dir, name },
    }
}

fn writing(
    file: c::nfs_fh3,
    offset: u64,
    source: &Source,
    stability: Stability,
) -> Option<c::WRITE3args> {
    let (start, count) = source.run()?;
    Some(c::WRITE3args {
        file,
        offset,
        count,
        stable: match stability {
            Stability::Unstable => c::UNSTABLE,
            Stability::Stable => c::FILE_SYNC,
        },
        data: c::WRITE3args_data {
            data_len: count,
            data_val: start.as_ptr().cast(),
        },
    })
}

/// Sets the size alone, unless the file has changed since then.
fn growing(object: c::nfs_fh3, size: u64, unless: Time) -> c::SETATTR3args {
    let mut arguments = c::SETATTR3args::zeroed();
    arguments.object = object;
    arguments.new_attributes.size.set_it = 1;
    arguments.new_attributes.size.set_size3_u.size = size;
    arguments.guard.check = 1;
    arguments.guard.sattrguard3_u.obj_ctime = c::nfstime3 {
        seconds: unless.seconds,
        nseconds: unless.nanoseconds,
    };
    arguments
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it is ended once, with its socket. It calls back for what is under way, whose tickets
        // are freed after this.
        unsafe { (self.api.rpc_destroy_context)(self.raw.as_ptr()) };
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "context with {} calls", self.tickets.len())
    }
}
