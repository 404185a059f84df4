//! Operations that are under way in librbd.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use labelgate_rbd_sys::{Rbd, rbd_completion_t, rbd_image_t};
use libc::{c_char, c_int};

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

    pub(crate) fn begin(&self) {
        *self.under_way() += 1;
    }

    pub(crate) fn end(&self) {
        let mut under_way = self.under_way();
        *under_way -= 1;
        if *under_way == 0 {
            self.none_left.notify_all();
        }
    }
}

/// What an image is to do.
#[derive(Debug)]
pub(crate) enum Order {
    Read {
        offset: u64,
        place: Place,
    },
    Write {
        offset: u64,
        place: Place,
    },
    WriteZeroes {
        offset: u64,
        length: usize,
        flags: c_int,
    },
    Flush,
}

impl Order {
    pub(crate) const fn doing(&self) -> &'static str {
        match self {
            Self::Read { .. } => "reading",
            Self::Write { .. } => "writing",
            Self::WriteZeroes { .. } => "writing zeros",
            Self::Flush => "flushing",
        }
    }

    /// What a whole read counts; a shorter one has left old bytes in the rest of its place.
    const fn whole(&self) -> Option<usize> {
        match self {
            Self::Read { place, .. } => Some(place.len()),
            _ => None,
        }
    }

    const fn call(&self) -> Call {
        match self {
            Self::Read { offset, place } => Call::Read(*offset, place.len(), place.start()),
            Self::Write { offset, place } => Call::Write(*offset, place.len(), place.start()),
            Self::WriteZeroes {
                offset,
                length,
                flags,
            } => Call::WriteZeroes(*offset, *length, *flags),
            Self::Flush => Call::Flush,
        }
    }
}

/// An order as librbd takes it. The order itself is the callback's as soon as it is begun, which may
/// be over before the call returns: no reference to it may last so long.
#[derive(Clone, Copy)]
enum Call {
    Read(u64, usize, *mut c_char),
    Write(u64, usize, *mut c_char),
    WriteZeroes(u64, usize, c_int),
    Flush,
}

impl Call {
    /// # Safety
    ///
    /// The image is open. The memory stays until the completion's callback, if it is begun.
    unsafe fn make(self, rbd: &Rbd, image: rbd_image_t, completion: rbd_completion_t) -> c_int {
        match self {
            Self::Read(offset, length, start) => {
                // SAFETY: it writes so many bytes there, which stay.
                unsafe { (rbd.rbd_aio_read)(image, offset, length, start, completion) }
            }
            Self::Write(offset, length, start) => {
                // SAFETY: it reads so many bytes there, which stay.
                unsafe { (rbd.rbd_aio_write)(image, offset, length, start, completion) }
            }
            Self::WriteZeroes(offset, length, flags) => {
                let write_zeroes = rbd.rbd_aio_write_zeroes;
                // SAFETY: there is no memory in it.
                unsafe { write_zeroes(image, offset, length, completion, flags, 0) }
            }
            // SAFETY: there is no memory in it.
            Self::Flush => unsafe { (rbd.rbd_aio_flush)(image, completion) },
        }
    }
}

/// One operation, from its beginning to its callback, which owns it.
struct Flight {
    shared: Arc<Shared>,
    rbd: &'static Rbd,
    tag: u64,
    order: Order,
}

/// Begins an operation. If it cannot be begun, it never ends.
///
/// The image is open: it is closed by consuming [`crate::Image`], which is who calls this.
pub(crate) fn launch(handle: &Handle, tag: u64, order: Order) -> Result<(), Error> {
    let rbd = handle.opened.rbd();
    let (doing, call) = (order.doing(), order.call());
    let flight = Box::into_raw(Box::new(Flight {
        shared: Arc::clone(&handle.shared),
        rbd,
        tag,
        order,
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
    // SAFETY: the image is open; the callback frees the order, and with it its hold on the memory.
    let started = unsafe { call.make(rbd, handle.opened.image, completion) };
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
            shared, tag, order, ..
        } = self;
        let whole = order.whole();
        let failed =
            |number| Err(Error::returned(order.doing(), number).of_image(shared.read_only));
        let result = if returned < 0 {
            failed(returned)
        } else if whole.is_some_and(|whole| usize::try_from(returned) != Ok(whole)) {
            // The image has become smaller meanwhile.
            failed((-libc::EINVAL).into())
        } else {
            Ok(Outcome::Done)
        };
        // Whoever is told may use the place again, or drop its memory.
        drop(order);
        shared.completions.done(tag, result);
        shared.end();
    }
}
