//! Operations that are under way in libgfapi.

use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use labelgate_gfapi_sys::{glfs_fd_t, glfs_stat};
use labelgate_shared::{Mailbox, Place};
use libc::ssize_t;

use crate::call::errno;
use crate::image::File;
use crate::{Error, Extent, Kind};

/// An operation has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What its caller called it.
    pub tag: u64,
    /// What became of it.
    pub result: Result<Outcome, Error>,
}

/// What an operation that went well answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// How far an image is as it is.
    Extent(Extent),
    /// An image's size in bytes, now.
    Size(u64),
}

/// What an image's operations need at their end, when the image may be gone from its owner's hands.
#[derive(Debug)]
pub(crate) struct Ends {
    done: Mailbox<Done>,
    under_way: Mutex<usize>,
    none_left: Condvar,
}

impl Ends {
    pub(crate) fn new(done: Mailbox<Done>) -> Self {
        Self {
            done,
            under_way: Mutex::default(),
            none_left: Condvar::new(),
        }
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

    /// One that was begun has ended.
    pub(crate) fn end(&self, tag: u64, result: Result<Outcome, Error>) {
        self.tell(tag, result);
        self.forget();
    }

    /// One that was begun does not end.
    fn forget(&self) {
        let mut under_way = self.under_way();
        *under_way -= 1;
        if *under_way == 0 {
            self.none_left.notify_all();
        }
    }

    pub(crate) fn tell(&self, tag: u64, result: Result<Outcome, Error>) {
        self.done.put(Done { tag, result });
    }
}

/// What an image is to do. Offsets and lengths are those of C, within what it takes.
#[derive(Debug)]
pub(crate) enum Order {
    Read {
        offset: i64,
        place: Place,
    },
    Write {
        offset: i64,
        place: Place,
        stable: bool,
    },
    Discard {
        offset: i64,
        length: usize,
    },
    ZeroFill {
        offset: i64,
        length: i64,
    },
    Flush,
}

impl Order {
    pub(crate) const fn doing(&self) -> &'static str {
        match self {
            Self::Read { .. } => "reading",
            Self::Write { .. } => "writing",
            Self::Discard { .. } => "discarding",
            Self::ZeroFill { .. } => "writing zeros",
            Self::Flush => "flushing",
        }
    }

    /// What a whole transfer counts; a shorter one has left old bytes in the rest of its place, or
    /// of the image.
    const fn whole(&self) -> Option<usize> {
        match self {
            Self::Read { place, .. } | Self::Write { place, .. } => Some(place.len()),
            _ => None,
        }
    }
}

/// One operation, from its beginning to its callback, which owns it.
struct Flight {
    file: Arc<File>,
    tag: u64,
    order: Order,
}

/// Begins an operation. If it cannot be begun, it never ends.
pub(crate) fn launch(file: &Arc<File>, tag: u64, order: Order) -> Result<(), Error> {
    file.volume.act();
    let doing = order.doing();
    // SAFETY: the file is open as long as it is there, which the flight sees to; so is the place.
    let call = unsafe { Call::of(&order, file) }?;
    let flight = Box::into_raw(Box::new(Flight {
        file: Arc::clone(file),
        tag,
        order,
    }));
    file.ends.begin();
    // The order itself is the callback's from here on, which may be over before this returns.
    if call(flight.cast()) < 0 {
        let errno = errno();
        // SAFETY: what was not begun does not call back: nobody else has it.
        drop(unsafe { Box::from_raw(flight) });
        file.ends.forget();
        return Err(Error::failed(doing, errno));
    }
    Ok(())
}

/// An order as libgfapi takes it, but for what is given along.
type Begin = Box<dyn FnOnce(*mut c_void) -> i32>;

struct Call;

impl Call {
    /// # Safety
    ///
    /// The file is open, and the place of the order stays, until the callback, if it is begun.
    unsafe fn of(order: &Order, file: &File) -> Result<Begin, Error> {
        let (api, fd) = (file.volume.api(), file.fd);
        Ok(match *order {
            Order::Read { offset, ref place } => {
                let (start, length) = (place.start().cast(), place.len());
                let read = api.glfs_pread_async;
                // SAFETY: it writes so many bytes there, which stay.
                Box::new(move |flight| unsafe {
                    read(fd, start, length, offset, 0, Some(landed), flight)
                })
            }
            Order::Write {
                offset,
                ref place,
                stable,
            } => {
                let too_long = |_| Error::failed("writing", libc::EFBIG);
                let length = i32::try_from(place.len()).map_err(too_long)?;
                let start = place.start().cast::<c_void>().cast_const();
                let flags = if stable { libc::O_DSYNC } else { 0 };
                let write = api.glfs_pwrite_async;
                // SAFETY: it reads so many bytes there, which stay.
                Box::new(move |flight| unsafe {
                    write(fd, start, length, offset, flags, Some(landed), flight)
                })
            }
            Order::Discard { offset, length } => {
                let discard = api.glfs_discard_async;
                // SAFETY: there is no memory in it.
                Box::new(move |flight| unsafe { discard(fd, offset, length, Some(landed), flight) })
            }
            Order::ZeroFill { offset, length } => {
                let fill = api.glfs_zerofill_async;
                // SAFETY: there is no memory in it.
                Box::new(move |flight| unsafe { fill(fd, offset, length, Some(landed), flight) })
            }
            Order::Flush => {
                let flush = api.glfs_fdatasync_async;
                // SAFETY: there is no memory in it.
                Box::new(move |flight| unsafe { flush(fd, Some(landed), flight) })
            }
        })
    }
}

/// Called by libgfapi, on a thread of its own, when an operation has ended.
unsafe extern "C" fn landed(
    _: *mut glfs_fd_t,
    returned: ssize_t,
    _: *mut glfs_stat,
    _: *mut glfs_stat,
    flight: *mut c_void,
) {
    let errno = errno();
    // SAFETY: it is what `launch` gave along, and this is the one call that gets it.
    let flight = unsafe { Box::from_raw(flight.cast::<Flight>()) };
    flight.land(returned, errno);
}

impl Flight {
    fn land(self, returned: ssize_t, errno: i32) {
        let Self { file, tag, order } = self;
        let doing = order.doing();
        let result = match (returned, &order, order.whole()) {
            (..0, ..) => Err(Error::failed(doing, errno)),
            (_, _, None) => Ok(Outcome::Done),
            (done, _, Some(whole)) if usize::try_from(done) == Ok(whole) => Ok(Outcome::Done),
            // The image has become smaller meanwhile.
            (_, Order::Read { .. }, _) => {
                Err(Error::of_kind(doing, Kind::OutOfRange, libc::ENODATA))
            }
            // A brick is full that took the beginning.
            _ => Err(Error::of_kind(doing, Kind::NoSpace, libc::ENOSPC)),
        };
        // Whoever is told may use the place again, or drop its memory.
        drop(order);
        file.ends.end(tag, result);
    }
}
