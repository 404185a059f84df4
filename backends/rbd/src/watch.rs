//! Being told that something about an image has changed.

use std::ffi::c_void;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::Error;
use crate::call::written;
use crate::handle::{Handle, Opened};
use crate::helper::{Helper, Job};

/// A watch on an image, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Option<Registered>>);

#[derive(Debug)]
struct Registered {
    number: u64,
    /// What the callback is given, until librbd has let go of it.
    argument: *mut Weak<Handle>,
}

// SAFETY: what is at the address may be used by any thread, and is freed by the one that takes it out.
unsafe impl Send for Registered {}

impl Watch {
    /// Watches the image.
    pub(crate) fn begin(handle: &Arc<Handle>) -> Result<(), Error> {
        let argument = Box::into_raw(Box::new(Arc::downgrade(handle)));
        let watch = handle.opened.rbd().rbd_update_watch;
        let image = handle.opened.image;
        let number = written("watching the image", |number| {
            // SAFETY: the image is open; what is given along stays until the watch has ended.
            unsafe { watch(image, number, Some(changed), argument.cast()) }
        });
        match number {
            Ok(number) => {
                *handle.watch.registered() = Some(Registered { number, argument });
                Ok(())
            }
            Err(error) => {
                // SAFETY: nobody was given it.
                drop(unsafe { Box::from_raw(argument) });
                Err(error)
            }
        }
    }

    /// Ends it: afterwards the callback is not called any more, and not being called.
    pub(crate) fn end(&self, opened: &Opened) {
        let Some(registered) = self.registered().take() else {
            return;
        };
        let unwatch = opened.rbd().rbd_update_unwatch;
        // SAFETY: the image is open, and the watch is its own.
        let ended = unsafe { unwatch(opened.image, registered.number) };
        if ended >= 0 {
            // SAFETY: it was made by `begin`, and librbd has let go of it.
            drop(unsafe { Box::from_raw(registered.argument) });
        }
        // Otherwise nobody knows who still has it: a few bytes are lost.
    }

    fn registered(&self) -> std::sync::MutexGuard<'_, Option<Registered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Called by librbd, on a thread of its own, when something about the image has changed. It must not
/// ask the image anything itself: that would wait for the thread that it is on.
unsafe extern "C" fn changed(argument: *mut c_void) {
    // SAFETY: it is what `begin` gave along, and there until the watch has ended.
    let handle = unsafe { &*argument.cast::<Weak<Handle>>() };
    if let Some(handle) = handle.upgrade() {
        // One job is enough, however often it changes before that is done.
        if !handle.stale.swap(true, Ordering::AcqRel) {
            Helper::submit(&handle, Job::Refresh);
        }
    }
}
