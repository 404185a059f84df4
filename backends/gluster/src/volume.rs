//! A connection to a volume.

use std::cell::Cell;
use std::ffi::CStr;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

use labelgate_gfapi_sys::{Gfapi, glfs_t, stat_t};

use crate::call::{check, last, text};
use crate::{Error, Server};

/// Translators that answer before the bricks have, or instead of them. None of them is to do anything:
/// what is answered here has to be true when this process is gone, and its successor has to see it.
const CACHES: &[&CStr] = &[
    c"*-write-behind",
    c"*-read-ahead",
    c"*-readdir-ahead",
    c"*-io-cache",
    c"*-quick-read",
    c"*-open-behind",
    c"*-md-cache",
    c"*-nl-cache",
];

/// It hands each operation to a thread of its own. Here one thread begins them all, and none of them waits
/// for anything.
const THREADS: &CStr = c"*-io-threads";

/// How many threads receive what the bricks say. Two would take turns at one connection, each to be woken.
const RECEIVING: &CStr = c"1";

/// The library's log: errors alone, to standard error, which it has a copy of the descriptor of. It may be
/// a pipe that this process may write to and not open.
const LOG: (&CStr, i32) = (c"-", 4);

/// A connection to a volume. Cloning it makes another handle of the same one. It lasts as long as the
/// process.
#[derive(Clone)]
pub struct Volume(Arc<Mounted>);

struct Mounted {
    api: &'static Gfapi,
    fs: *mut glfs_t,
    /// Whom this process acts as there.
    owner: (libc::uid_t, libc::gid_t),
}

// SAFETY: libgfapi may be called from any thread, by several at a time.
unsafe impl Send for Mounted {}
// SAFETY: as above.
unsafe impl Sync for Mounted {}

thread_local! {
    /// Whether this thread acts as the volume's owner already.
    static ACTS: Cell<bool> = const { Cell::new(false) };
}

impl Volume {
    /// Connects to a volume, in which images are beneath a directory (empty for all of it), with all
    /// caches of the library's passed through. Waits for the volume, starts threads, opens files and
    /// maps them to be executed.
    ///
    /// Gluster believes a client whoever it says it is: this process acts as the owner of that
    /// directory, whose files images are.
    ///
    /// # Errors
    ///
    /// It cannot be reached, is not there, or is not started.
    pub fn connect(servers: &[Server], volume: &str, directory: &str) -> Result<Self, Error> {
        const DOING: &str = "connecting to the volume";
        let api = Gfapi::get()?;
        let name = text("the volume", volume)?;
        let root = text("the directory", &format!("/{directory}"))?;
        // SAFETY: the name is there, and is copied.
        let fs = unsafe { (api.glfs_new)(name.as_ptr()) };
        if fs.is_null() {
            return Err(last(DOING));
        }
        for server in servers {
            let host = text("the server", &server.host)?;
            let port = server.port.into();
            let add = api.glfs_set_volfile_server;
            // SAFETY: both texts are there, and are copied.
            let added = unsafe { add(fs, c"tcp".as_ptr(), host.as_ptr(), port) };
            check(DOING, added.into())?;
        }
        // SAFETY: the text is there. A volume without a log is one, too.
        let _ = unsafe { (api.glfs_set_logging)(fs, LOG.0.as_ptr(), LOG.1) };
        let option = |of: &CStr, key: &CStr, value: &CStr| {
            let set = api.glfs_set_xlator_option;
            // SAFETY: the texts are there, and are copied.
            let set = unsafe { set(fs, of.as_ptr(), key.as_ptr(), value.as_ptr()) };
            check(DOING, set.into())
        };
        for translator in CACHES.iter().chain([&THREADS]) {
            option(translator, c"pass-through", c"true")?;
        }
        option(c"*-client-*", c"event-threads", RECEIVING)?;
        // A file whose lock is lost with a brick's connection is not used as if it had it.
        option(c"*-client-*", c"strict-locks", c"on")?;
        // The volume's own setting would have the library say everything.
        option(&name, c"log-level", c"ERROR")?;
        // SAFETY: the volume is not connected yet.
        check(DOING, unsafe { (api.glfs_init)(fs) }.into())?;
        let mut stat = MaybeUninit::<stat_t>::zeroed();
        // SAFETY: the text is there, and as much is written as there is room for.
        let looked = unsafe { (api.glfs_stat)(fs, root.as_ptr(), stat.as_mut_ptr()) };
        check("looking at the images' directory", looked.into())?;
        // SAFETY: it has been written; before that, it was zeros, which is one as well.
        let stat = unsafe { stat.assume_init() };
        let owner = (stat.st_uid, stat.st_gid);
        Ok(Self(Arc::new(Mounted { api, fs, owner })))
    }

    pub(crate) fn api(&self) -> &'static Gfapi {
        self.0.api
    }

    pub(crate) fn fs(&self) -> *mut glfs_t {
        self.0.fs
    }

    /// Has this thread act as the owner of the images' directory.
    pub(crate) fn act(&self) {
        if ACTS.replace(true) {
            return;
        }
        let (uid, gid) = self.0.owner;
        // SAFETY: it sets a number of this thread's.
        unsafe { (self.0.api.glfs_setfsuid)(uid) };
        // SAFETY: as above.
        unsafe { (self.0.api.glfs_setfsgid)(gid) };
        // SAFETY: as above; there is nothing at the address, of which nothing is read.
        unsafe { (self.0.api.glfs_setfsgroups)(0, ptr::null()) };
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a volume, as {:?}", self.0.owner)
    }
}
