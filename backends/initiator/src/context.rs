//! A context of the library's: one connection with a target, and what is under way on it.
//!
//! The library is served by one thread, and calls back only while it is served, or ended.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::{CStr, CString};
use std::fmt;
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use labelgate_libiscsi_sys as c;
use labelgate_libiscsi_sys::{Libiscsi, iscsi_context};
use libc::c_int;

use crate::command::Command;
use crate::credentials::{Address, Credentials, text};
use crate::mailbox::{Mailbox, News, Ticket, What, happened};
use crate::proof::Proof;
use crate::task::{Buffer, Status, Task};
use crate::{Error, Kind};

/// The most commands that have ended and may still be pointed to.
const MAX_ENDED: usize = 4096;

/// Something that has ended, or was answered.
#[derive(Debug)]
pub(crate) enum Happened {
    /// There is a connection, or there will be none.
    Connected(bool),
    /// The target has let the initiator in, or not.
    LoggedIn(bool),
    /// It has let it go.
    LoggedOut,
    /// It is still there.
    Ping,
    /// It has answered a reset, whether or not it has carried it out.
    Reset,
    /// The targets that there are; nothing if that was not to be had.
    Targets(Option<Vec<String>>),
    /// A command has ended.
    Task(u64, Status, Buffer),
}

/// A context.
pub(crate) struct Context {
    api: &'static Libiscsi,
    raw: NonNull<iscsi_context>,
    mailbox: Mailbox,
    /// Those for what there is one of at a time.
    #[allow(clippy::vec_box, reason = "the library has their addresses")]
    tickets: Vec<Box<Ticket>>,
    tasks: HashMap<u64, Task>,
    /// Those to which data that is yet to be sent may still point.
    ended: Vec<Task>,
    connected: bool,
    logged_in: bool,
    proof: Proof,
}

impl Context {
    /// One for a session with a target; for one that asks which targets there are, without one.
    pub(crate) fn new(credentials: &Credentials, address: Option<&Address>) -> Result<Self, Error> {
        credentials.check()?;
        let library = Libiscsi::get()?;
        let initiator = text("the initiator's name", &credentials.initiator, 255)?;
        // SAFETY: it copies the name.
        let raw = unsafe { (library.iscsi_create_context)(initiator.as_ptr()) };
        let raw = NonNull::new(raw).ok_or(Error::of("starting a session", Kind::Resources))?;
        let mut context = Self {
            api: library,
            raw,
            mailbox: Rc::new(RefCell::new(VecDeque::new())),
            tickets: Vec::new(),
            tasks: HashMap::new(),
            ended: Vec::new(),
            connected: false,
            logged_in: false,
            proof: Proof::Unasked,
        };
        context.set_up(address)?;
        context.set_proofs(credentials)?;
        Ok(context)
    }

    fn set_up(&self, address: Option<&Address>) -> Result<(), Error> {
        let (api, raw) = (self.api, self.raw.as_ptr());
        // SAFETY: the context is there. It is this crate that connects again.
        unsafe { (api.iscsi_set_noautoreconnect)(raw, 1) };
        let digest = c::ISCSI_HEADER_DIGEST_NONE_CRC32C.unsigned_abs();
        // SAFETY: the context is there.
        unsafe { (api.iscsi_set_header_digest)(raw, digest) };
        let kind = match address {
            Some(address) => {
                address.check()?;
                let target = text("the target's name", &address.target, 255)?;
                // SAFETY: it copies the name.
                unsafe { (api.iscsi_set_targetname)(raw, target.as_ptr()) };
                let (random, qualifier) = address.isid();
                // SAFETY: the context is there.
                unsafe { (api.iscsi_set_isid_random)(raw, random, qualifier) };
                c::ISCSI_SESSION_NORMAL
            }
            None => c::ISCSI_SESSION_DISCOVERY,
        };
        // SAFETY: the context is there.
        unsafe { (api.iscsi_set_session_type)(raw, kind.unsigned_abs()) };
        Ok(())
    }

    fn set_proofs(&mut self, credentials: &Credentials) -> Result<(), Error> {
        let (api, raw) = (self.api, self.raw.as_ptr());
        if let Some(chap) = &credentials.chap {
            let name = text("the name for CHAP", &chap.name, 255)?;
            let secret = text("the secret for CHAP", &chap.secret, 255)?;
            let set = api.iscsi_set_initiator_username_pwd;
            // SAFETY: it copies both.
            unsafe { set(raw, name.as_ptr(), secret.as_ptr()) };
        }
        if let Some(chap) = &credentials.target_chap {
            let name = text("the name for CHAP", &chap.name, 255)?;
            let secret = text("the secret for CHAP", &chap.secret, 255)?;
            let set = api.iscsi_set_target_username_pwd;
            // SAFETY: it copies both.
            unsafe { set(raw, name.as_ptr(), secret.as_ptr()) };
            self.proof = Proof::ask(api, raw);
        }
        Ok(())
    }

    fn ticket(&mut self, what: What) -> *mut libc::c_void {
        let ticket = Box::new(Ticket::new(what, &self.mailbox));
        let given = ticket.as_given();
        self.tickets.push(ticket);
        given
    }

    fn begun(&self, doing: &'static str, returned: c_int) -> Result<(), Error> {
        match returned {
            0 => Ok(()),
            _ => Err(Error::of(doing, Kind::NotReady).with(&self.said())),
        }
    }

    /// What the library last found wrong.
    pub(crate) fn said(&self) -> String {
        // SAFETY: the context is there.
        let said = unsafe { (self.api.iscsi_get_error)(self.raw.as_ptr()) };
        if said.is_null() {
            return String::new();
        }
        // SAFETY: it is a text of the context's that ends with a 0.
        unsafe { CStr::from_ptr(said) }
            .to_string_lossy()
            .into_owned()
    }

    /// Begins to connect: [`Happened::Connected`].
    pub(crate) fn connect(&mut self, portal: &str) -> Result<(), Error> {
        let portal = CString::new(portal).map_err(|_| Error::Text("the portal"))?;
        let ticket = self.ticket(What::Connect);
        let connect = self.api.iscsi_connect_async;
        // SAFETY: the context and the ticket are there; it copies the address.
        let begun = unsafe { connect(self.raw.as_ptr(), portal.as_ptr(), Some(happened), ticket) };
        self.begun("connecting", begun)
    }

    /// Begins to log in: [`Happened::LoggedIn`].
    pub(crate) fn login(&mut self) -> Result<(), Error> {
        self.stir();
        let ticket = self.ticket(What::Login);
        let login = self.api.iscsi_login_async;
        // SAFETY: the context and the ticket are there.
        let begun = unsafe { login(self.raw.as_ptr(), Some(happened), ticket) };
        self.begun("logging in", begun)
    }

    /// The library takes its challenges for the target from C's generator, and in a confined process it
    /// has seeded that with next to nothing.
    fn stir(&self) {
        let mut seed = [0; 4];
        // SAFETY: so many bytes are written.
        let got = unsafe { libc::getrandom(seed.as_mut_ptr().cast(), seed.len(), 0) };
        if got == 4 {
            // SAFETY: it takes any number.
            unsafe { libc::srand(u32::from_ne_bytes(seed)) };
        }
    }

    /// Begins to log out: [`Happened::LoggedOut`].
    pub(crate) fn logout(&mut self) -> Result<(), Error> {
        let ticket = self.ticket(What::Logout);
        let logout = self.api.iscsi_logout_async;
        // SAFETY: the context and the ticket are there.
        let begun = unsafe { logout(self.raw.as_ptr(), Some(happened), ticket) };
        self.begun("logging out", begun)
    }

    /// Asks which targets there are: [`Happened::Targets`].
    pub(crate) fn discover(&mut self) -> Result<(), Error> {
        let ticket = self.ticket(What::Discovery);
        let discover = self.api.iscsi_discovery_async;
        // SAFETY: the context and the ticket are there.
        let begun = unsafe { discover(self.raw.as_ptr(), Some(happened), ticket) };
        self.begun("asking for targets", begun)
    }

    /// Asks whether the target is there: [`Happened::Ping`].
    pub(crate) fn ping(&mut self) -> Result<(), Error> {
        let ticket = match self.tickets.iter().find(|ticket| ticket.is(What::Ping)) {
            Some(ticket) => ticket.as_given(),
            None => self.ticket(What::Ping),
        };
        let (ping, raw) = (self.api.iscsi_nop_out_async, self.raw.as_ptr());
        // SAFETY: the context and the ticket are there, and there is no data.
        let begun = unsafe { ping(raw, Some(happened), ptr::null_mut(), 0, ticket) };
        self.begun("asking whether the target is there", begun)
    }

    /// Has the target end all commands of the logical unit, whoever sent them: [`Happened::Reset`].
    /// To be called while none of ours is under way.
    pub(crate) fn reset(&mut self, unit: u16) -> Result<(), Error> {
        let ticket = self.ticket(What::Reset);
        let (reset, raw) = (self.api.iscsi_task_mgmt_lun_reset_async, self.raw.as_ptr());
        // SAFETY: the context and the ticket are there.
        let begun = unsafe { reset(raw, unit.into(), Some(happened), ticket) };
        self.begun("resetting the logical unit", begun)
    }

    /// Sends a command: [`Happened::Task`] with this number, which no other one has that is under way.
    pub(crate) fn send(
        &mut self,
        number: u64,
        unit: u16,
        command: &Command,
        buffer: Buffer,
    ) -> Result<(), Error> {
        let ticket = Ticket::new(What::Task(number), &self.mailbox);
        let task = Task::new(self.api, command, buffer, ticket);
        let task = task.ok_or(Error::of("sending a command", Kind::Resources))?;
        let (send, raw) = (self.api.iscsi_scsi_command_async, self.raw.as_ptr());
        let (unit, given) = (c_int::from(unit), task.ticket.as_given());
        // SAFETY: the context is there, and so are task, ticket and data until the task has ended and
        // nothing points to it, or the context is gone.
        let begun = unsafe {
            send(
                raw,
                unit,
                task.raw(),
                Some(happened),
                ptr::null_mut(),
                given,
            )
        };
        self.begun("sending a command", begun)?;
        self.tasks.insert(number, task);
        Ok(())
    }

    /// The socket, and what is waited for on it, as `poll` has it.
    pub(crate) fn waits(&self) -> Option<(BorrowedFd<'_>, c_int)> {
        // SAFETY: the context is there.
        let socket: RawFd = unsafe { (self.api.iscsi_get_fd)(self.raw.as_ptr()) };
        // SAFETY: as above.
        let events = unsafe { (self.api.iscsi_which_events)(self.raw.as_ptr()) };
        // SAFETY: it is open until the library is served again, or ended.
        (socket >= 0).then(|| (unsafe { BorrowedFd::borrow_raw(socket) }, events))
    }

    /// Does what there is to do on the socket; whether the connection is still there.
    pub(crate) fn serve(&mut self, events: c_int) -> bool {
        self.proof.before();
        // SAFETY: the context is there, and what it calls back with is.
        let served = unsafe { (self.api.iscsi_service)(self.raw.as_ptr(), events) };
        if !self.logged_in {
            self.proof.after();
        }
        served == 0 && !self.has_left()
    }

    /// Sends what has not been sent, if there is a connection that takes it.
    pub(crate) fn flush(&mut self) -> bool {
        let sends = |(_, events): (BorrowedFd<'_>, c_int)| events & c_int::from(libc::POLLOUT) != 0;
        match self.connected && self.waits().is_some_and(sends) {
            true => self.serve(libc::POLLOUT.into()),
            false => true,
        }
    }

    /// Whether it was logged in and is no more.
    fn has_left(&self) -> bool {
        // SAFETY: the context is there.
        self.logged_in && unsafe { (self.api.iscsi_is_logged_in)(self.raw.as_ptr()) } == 0
    }

    /// What has happened since the last call.
    pub(crate) fn take(&mut self) -> Vec<Happened> {
        let news = std::mem::take(&mut *self.mailbox.borrow_mut());
        let happened = news
            .into_iter()
            .filter_map(|news| self.happened(news))
            .collect();
        self.forget();
        happened
    }

    fn happened(&mut self, news: News) -> Option<Happened> {
        let good = |status| status == c::SCSI_STATUS_GOOD;
        Some(match news {
            News::Targets(targets) => Happened::Targets(Some(targets)),
            News::Ended(What::Connect, status) => {
                self.connected = good(status);
                Happened::Connected(self.connected)
            }
            News::Ended(What::Login, status) => {
                self.logged_in = good(status);
                // What the log is read for is over.
                // SAFETY: the context is there.
                unsafe { (self.api.iscsi_set_log_level)(self.raw.as_ptr(), 0) };
                Happened::LoggedIn(self.logged_in)
            }
            News::Ended(What::Logout, _) => Happened::LoggedOut,
            News::Ended(What::Ping, _) => Happened::Ping,
            News::Reset | News::Ended(What::Reset, _) => Happened::Reset,
            News::Ended(What::Discovery, _) => Happened::Targets(None),
            News::Ended(What::Task(number), status) => {
                let mut task = self.tasks.remove(&number)?;
                let status = task.status(status);
                let buffer = task.release();
                self.ended.push(task);
                Happened::Task(number, status, buffer)
            }
        })
    }

    /// Frees what has ended, if nothing that is yet to be sent can point to it.
    fn forget(&mut self) {
        // SAFETY: the context is there.
        let queued = unsafe { (self.api.iscsi_out_queue_length)(self.raw.as_ptr()) };
        let sends = |(_, events): (BorrowedFd<'_>, c_int)| events & c_int::from(libc::POLLOUT) != 0;
        if queued == 0 && !self.waits().is_some_and(sends) {
            self.ended.clear();
        }
    }

    /// Whether so much has ended that is still pointed to that the target cannot mean well.
    pub(crate) const fn is_clogged(&self) -> bool {
        self.ended.len() > MAX_ENDED
    }

    /// Whether the target has proved who it is, if it had to.
    pub(crate) const fn is_proven(&self) -> bool {
        self.proof.suffices()
    }

    /// The numbers of the commands that are under way.
    pub(crate) fn under_way(&self) -> Vec<u64> {
        self.tasks.keys().copied().collect()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it is ended once. It may call back for what is under way, whose tickets and tasks are
        // freed after this.
        unsafe { (self.api.iscsi_destroy_context)(self.raw.as_ptr()) };
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "context with {} commands", self.tasks.len())
    }
}
