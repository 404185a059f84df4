//! An open image.

use std::fmt;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use labelgate_gfapi_sys::{glfs_fd_t, stat_t};
use labelgate_shared::Place;

use crate::call::check;
use crate::flight::{Ends, Order, Outcome, launch};
use crate::{Error, Kind, Volume};

/// Bytes of stack of a thread that waits for the volume: the library's own functions run on it.
const STACK: usize = 512 << 10;

/// An open file of a volume. It is closed by [`Image`], which knows when nothing is under way.
pub(crate) struct File {
    pub(crate) volume: Volume,
    pub(crate) fd: *mut glfs_fd_t,
    pub(crate) ends: Ends,
    /// Its size in bytes, as far as it is known.
    pub(crate) known: AtomicU64,
    pub(crate) read_only: bool,
    /// Held while its size is looked at or changed: what was found before a change is not known after.
    pub(crate) sizing: Mutex<()>,
    /// Another open file of it, for seeking alone, or null: the library keeps what a seek has found
    /// where reads and writes of the same open file put how far they came.
    pub(crate) seeker: Mutex<*mut glfs_fd_t>,
}

// SAFETY: libgfapi may be called from any thread, by several at a time.
unsafe impl Send for File {}
// SAFETY: as above.
unsafe impl Sync for File {}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {:p}", self.fd)
    }
}

impl File {
    /// What it is like.
    pub(crate) fn stat(&self) -> Result<stat_t, Error> {
        let mut stat = MaybeUninit::<stat_t>::zeroed();
        // SAFETY: the file is open, and as much is written as there is room for.
        let looked = unsafe { (self.volume.api().glfs_fstat)(self.fd, stat.as_mut_ptr()) };
        check("looking at the file", looked.into())?;
        // SAFETY: it has been written; before that, it was zeros, which is one as well.
        Ok(unsafe { stat.assume_init() })
    }

    /// Its size in bytes, which is known from then on.
    pub(crate) fn size(&self) -> Result<u64, Error> {
        let _alone = self.sizing();
        self.measure()
    }

    fn sizing(&self) -> MutexGuard<'_, ()> {
        self.sizing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn measure(&self) -> Result<u64, Error> {
        let size = u64::try_from(self.stat()?.st_size).unwrap_or(0);
        self.known.store(size, Ordering::Release);
        Ok(size)
    }

    /// Gives it this size, if it has another and may have it.
    pub(crate) fn resize(&self, size: u64, shrink: bool) -> Result<u64, Error> {
        const DOING: &str = "resizing the image";
        let _alone = self.sizing();
        let has = self.measure()?;
        if size == has || (size < has && !shrink) {
            return Ok(has);
        }
        let length = i64::try_from(size).map_err(|_| Error::failed(DOING, libc::EFBIG))?;
        let truncate = self.volume.api().glfs_ftruncate;
        let none = std::ptr::null_mut();
        // SAFETY: the file is open; where it would write what the file is like, there is nothing.
        let done = unsafe { truncate(self.fd, length, none, none) };
        check(DOING, done.into())?;
        self.measure()
    }

    fn close(&self) -> Result<(), Error> {
        // SAFETY: whoever calls this is the last to use it.
        let closed = unsafe { (self.volume.api().glfs_close)(self.fd) };
        self.close_seeker();
        check("closing the image", closed.into()).map(drop)
    }
}

/// An open image.
///
/// Each operation is named by a tag of the caller's choice, and ends as one [`crate::Done`] with that
/// tag, unless beginning it failed at once. Operations on what overlaps are carried out in any order.
/// None of these calls waits for the volume.
///
/// Dropping it closes it, as [`Image::close`] does, and nobody is told.
#[derive(Debug)]
pub struct Image {
    file: Arc<File>,
    closing: bool,
}

impl Image {
    pub(crate) fn new(file: File) -> Self {
        Self {
            file: Arc::new(file),
            closing: false,
        }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Its size in bytes, as far as that has been heard of: nobody tells when another client has
    /// changed it.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.file.known.load(Ordering::Acquire)
    }

    /// Reads at `offset` into `place`, all of it. After an error there may be anything in it.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn read(&self, tag: u64, offset: u64, place: Place) -> Result<(), Error> {
        let offset = self.within("reading", offset, place.len() as u64, false)?;
        launch(&self.file, tag, Order::Read { offset, place })
    }

    /// Writes all of `place` at `offset`. At the end the bricks have it; on stable storage, if it is
    /// to be `stable`.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn write(&self, tag: u64, offset: u64, place: Place, stable: bool) -> Result<(), Error> {
        let offset = self.within("writing", offset, place.len() as u64, true)?;
        let order = Order::Write {
            offset,
            place,
            stable,
        };
        launch(&self.file, tag, order)
    }

    /// The range reads as zeros, and its space is given back.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn discard(&self, tag: u64, offset: u64, length: u64) -> Result<(), Error> {
        let offset = self.within("discarding", offset, length, true)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        launch(&self.file, tag, Order::Discard { offset, length })
    }

    /// The range becomes zeros that have their space.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn zero_fill(&self, tag: u64, offset: u64, length: u64) -> Result<(), Error> {
        let offset = self.within("writing zeros", offset, length, true)?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        launch(&self.file, tag, Order::ZeroFill { offset, length })
    }

    /// Everything that has been answered before is on the bricks' stable storage at the end.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn flush(&self, tag: u64) -> Result<(), Error> {
        launch(&self.file, tag, Order::Flush)
    }

    /// Asks whether there is data at `offset`, and how far that holds: [`Outcome::Extent`].
    pub fn extent(&self, tag: u64, offset: u64) {
        self.waiting(tag, move |file| file.extent(offset).map(Outcome::Extent));
    }

    /// Gives it another size: [`Outcome::Size`]. What is new reads as zeros; what is beyond is lost.
    pub fn resize(&self, tag: u64, size: u64) {
        if self.file.read_only {
            let error = Error::of_kind("resizing the image", Kind::ReadOnly, libc::EROFS);
            return self.file.ends.tell(tag, Err(error));
        }
        self.waiting(tag, move |file| file.resize(size, true).map(Outcome::Size));
    }

    /// Looks at its size again, after making it this large if it is smaller: [`Outcome::Size`].
    pub fn refresh(&self, tag: u64, least: Option<u64>) {
        let least = least.filter(|_| !self.file.read_only);
        self.waiting(tag, move |file| match least {
            Some(size) => file.resize(size, false).map(Outcome::Size),
            None => file.size().map(Outcome::Size),
        });
    }

    /// Closes it, when all that is under way has ended and been told. Its lock is free then.
    pub fn close(mut self, tag: u64) {
        self.closing = true;
        end(&self.file, Some(tag));
    }

    /// Has a thread do what waits for the volume.
    fn waiting(
        &self,
        tag: u64,
        job: impl FnOnce(&File) -> Result<Outcome, Error> + Send + 'static,
    ) {
        let file = Arc::clone(&self.file);
        file.ends.begin();
        let started = spawn(move || {
            file.volume.act();
            let result = job(&file);
            file.ends.end(tag, result);
        });
        if !started {
            self.file.ends.end(tag, Err(no_thread()));
        }
    }

    /// The offset for C, if the range is within the image and may be used so.
    fn within(
        &self,
        doing: &'static str,
        offset: u64,
        length: u64,
        changes: bool,
    ) -> Result<i64, Error> {
        if changes && self.file.read_only {
            return Err(Error::of_kind(doing, Kind::ReadOnly, libc::EROFS));
        }
        let end = offset.checked_add(length);
        let outside = || Error::of_kind(doing, Kind::OutOfRange, libc::EINVAL);
        if end.is_none_or(|end| end > self.size()) {
            return Err(outside());
        }
        i64::try_from(offset).map_err(|_| outside())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if !self.closing {
            end(&self.file, None);
        }
    }
}

/// Closes a file once nothing is under way on it.
fn end(file: &Arc<File>, tag: Option<u64>) {
    let theirs = Arc::clone(file);
    let started = spawn(move || {
        theirs.volume.act();
        theirs.ends.wait_until_none();
        let closed = theirs.close();
        if let Some(tag) = tag {
            theirs.ends.tell(tag, closed.map(|()| Outcome::Done));
        }
    });
    if !started && let Some(tag) = tag {
        file.ends.tell(tag, Err(no_thread()));
    }
}

/// Whether there is a thread for it.
fn spawn(job: impl FnOnce() + Send + 'static) -> bool {
    let thread = thread::Builder::new()
        .name("volume".into())
        .stack_size(STACK);
    thread.spawn(job).is_ok()
}

fn no_thread() -> Error {
    Error::of_kind("starting a thread", Kind::Resources, libc::EAGAIN)
}
