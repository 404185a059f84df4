//! Operations that are under way in librbd.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use labelgate_rbd_sys::{Rbd, rbd_completion_t};
use libc::c_int;

use crate::handle::Handle;
use crate::{Completions, Error, Outcome, Place};

/// What an image's operations need at their end, when the image may be gone from its owner's hands.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) completions: Completions,
    pub(crate) read_only: bool,
    /// What its owner calls the image.
    pub(crate) image: u64,
    under_way: Mutex<usize>,
    none_left: Condvar,
}

impl Shared {
    pub(crate) fn new(completions: Completions, read_only: bool, image: u64) -> Arc<Self> {
        Arc::new(Self {
            completions,
            read_only,
            image,
            under_way: Mutex::default(),
            none_left: Condvar::new(),
        })
    }

    /// Waits until every operation has ended and been told.
    pub(crate) fn wait_until_none(&self) {
        let mut under_way = self.under_way();
        while *under_way > 0 {
            under_way = self
                .none_left
                .wait(under_way)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn under_way(&self) -> MutexGuard<'_, usize> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        *self.under_way() += 1;
    }

    fn end(&self) {
        let mut under_way = self.under_way();
        *under_way -= 1;
        if *under_way == 0 {
            self.none_left.notify_all();
        }
    }
}

/// One operation, from its beginning to its callback, which owns it.
struct Flight {
    shared: Arc<Shared>,
    rbd: &'static Rbd,
    doing: &'static str,
    tag: u64,
    /// What a whole read counts; a shorter one has left old bytes in the rest of its place.
    whole: Option<usize>,
    /// What the library moves bytes into or out of.
    _place: Option<Place>,
}

/// Begins an operation: `start` is given its completion. If it cannot be begun, it never ends.
///
/// # Safety
///
/// `start` makes one asynchronous call of librbd's for an image that is open, with that completion, on
/// no memory but the place's, and returns what that returned.
pub(crate) unsafe fn launch(
    handle: &Handle,
    doing: &'static str,
    tag: u64,
    place: Option<Place>,
    whole: Option<usize>,
    start: impl FnOnce(rbd_completion_t) -> c_int,
) -> Result<(), Error> {
    let shared = Arc::clone(&handle.shared);
    let rbd = handle.opened.rbd();
    let flight = Box::into_raw(Box::new(Flight {
        shared,
        rbd,
        doing,
        tag,
        whole,
        _place: place,
    }));
    let mut completion = ptr::null_mut();
    let create = rbd.rbd_aio_create_completion;
    // SAFETY: the callback takes what is given along, and is called at most once.
    let created = unsafe { create(flight.cast(), Some(landed), &mut completion) };
    if created < 0 {
        // SAFETY: there is no completion that could have it.
        drop(unsafe { Box::from_raw(flight) });
        return Err(Error::returned(doing, created.into()));
    }
    handle.shared.begin();
    let started = start(completion);
    if started < 0 {
        // SAFETY: what was not begun does not call back, and its completion is released once.
        unsafe { (rbd.rbd_aio_release)(completion) };
        // SAFETY: nor does anybody else have it.
        drop(unsafe { Box::from_raw(flight) });
        handle.shared.end();
        let error = Error::returned(doing, started.into());
        return Err(error.of_image(handle.shared.read_only));
    }
    Ok(())
}

/// Called by librbd, on a thread of its own, when an operation has ended.
unsafe extern "C" fn landed(completion: rbd_completion_t, flight: *mut c_void) {
    // SAFETY: it is what `launch` gave along, and this is the one call that gets it.
    let flight = unsafe { Box::from_raw(flight.cast::<Flight>()) };
    // SAFETY: the completion is the operation's, and still there.
    let returned = unsafe { (flight.rbd.rbd_aio_get_return_value)(completion) };
    // SAFETY: it is released once, here.
    unsafe { (flight.rbd.rbd_aio_release)(completion) };
    flight.land(returned as i64);
}

impl Flight {
    fn land(self, returned: i64) {
        let Self {
            shared,
            doing,
            tag,
            whole,
            ..
        } = self;
        let result = if returned < 0 {
            Err(Error::returned(doing, returned).of_image(shared.read_only))
        } else if whole.is_some_and(|whole| usize::try_from(returned) != Ok(whole)) {
            // The image has become smaller meanwhile.
            Err(Error::returned(doing, (-libc::EINVAL).into()).of_image(shared.read_only))
        } else {
            Ok(Outcome::Done)
        };
        shared.completions.done(tag, result);
        shared.end();
    }
}
