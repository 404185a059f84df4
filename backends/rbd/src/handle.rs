//! An open image of librbd's, and what belongs to it until it is closed.

use std::ffi::CString;
use std::fmt;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use labelgate_rbd_sys::{Rbd, rbd_image_t};

use crate::Error;
use crate::call::{check, text, written};
use crate::cluster::Connection;
use crate::flight::Shared;
use crate::helper::Helper;
use crate::objects::Objects;
use crate::pool::Context;
use crate::watch::Watch;

/// An open image, closed at the latest when it is dropped. Its calls wait for the cluster, unless
/// they say otherwise.
pub(crate) struct Opened {
    pub(crate) image: rbd_image_t,
    pub(crate) connection: Arc<Connection>,
    closed: AtomicBool,
}

// SAFETY: librbd may be called from any thread, by several at a time.
unsafe impl Send for Opened {}
// SAFETY: as above.
unsafe impl Sync for Opened {}

type Open = unsafe extern "C" fn(
    labelgate_rbd_sys::rados_ioctx_t,
    *const libc::c_char,
    *mut rbd_image_t,
    *const libc::c_char,
) -> libc::c_int;

impl Opened {
    pub(crate) fn open(context: &Context, image: &str, read_only: bool) -> Result<Self, Error> {
        let rbd = context.rbd();
        let open = if read_only {
            rbd.rbd_open_read_only
        } else {
            rbd.rbd_open
        };
        Self::with(open, context, &text("the image", image)?)
    }

    pub(crate) fn open_id(context: &Context, id: &str) -> Result<Self, Error> {
        let open = context.rbd().rbd_open_by_id_read_only;
        Self::with(open, context, &text("the image's identifier", id)?)
    }

    fn with(open: Open, context: &Context, name: &CString) -> Result<Self, Error> {
        let mut image = ptr::null_mut();
        // SAFETY: the name is there, it writes an address, and no snapshot is asked for. The library
        // makes a copy of the pool's handle.
        let opened = unsafe { open(context.io, name.as_ptr(), &mut image, ptr::null()) };
        check("opening the image", opened)?;
        Ok(Self {
            image,
            connection: Arc::clone(&context.connection),
            closed: AtomicBool::new(false),
        })
    }

    pub(crate) fn rbd(&self) -> &'static Rbd {
        &self.connection.libraries.rbd
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> Result<u64, Error> {
        let size = self.rbd().rbd_get_size;
        // SAFETY: the image is open, and a number is written.
        written("asking for the image's size", |value| unsafe {
            size(self.image, value)
        })
    }

    pub(crate) fn resize(&self, size: u64, shrink: bool) -> Result<(), Error> {
        let resize = self.rbd().rbd_resize2;
        // SAFETY: the image is open; the function takes any argument.
        let done = unsafe { resize(self.image, size, shrink, Some(go_on), ptr::null_mut()) };
        check("resizing the image", done).map(drop)
    }

    /// Closes it, if that has not been done: nothing of it is used any more.
    pub(crate) fn close(&self) -> Result<(), Error> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        // SAFETY: it is closed once; whoever closes it has seen to it that nobody uses it.
        let closed = unsafe { (self.rbd().rbd_close)(self.image) };
        check("closing the image", closed).map(drop)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // Its errors have been told to whoever asked.
        let _ = self.close();
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "image {:p}", self.image)
    }
}

/// Called by librbd with how far it has come, which nobody wants to hear. It calls without asking
/// whether there is a function.
pub(crate) unsafe extern "C" fn go_on(
    _done: u64,
    _of: u64,
    _argument: *mut libc::c_void,
) -> libc::c_int {
    0
}

/// What an image's owner and its threads have in common.
#[derive(Debug)]
pub(crate) struct Handle {
    // In this order they go.
    pub(crate) watch: Watch,
    pub(crate) opened: Opened,
    pub(crate) shared: Arc<Shared>,
    pub(crate) helper: Helper,
    /// Its objects, if they can be read without librbd.
    pub(crate) objects: Option<Arc<Objects>>,
    /// Its size in bytes, as far as it is known.
    pub(crate) size: AtomicU64,
    /// The size is to be asked for.
    pub(crate) stale: AtomicBool,
    /// It was cloned from another one.
    pub(crate) cloned: bool,
    /// Its objects are its stripes.
    pub(crate) plain: bool,
    /// In bytes.
    pub(crate) period: u64,
}
