//! An open image.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use labelgate_rbd_sys::RBD_WRITE_ZEROES_FLAG_THICK_PROVISION;

use crate::flight::{Order, launch};
use crate::handle::Handle;
use crate::helper::{Helper, Job};
use crate::read::read;
use crate::{Error, Place};

/// An open image.
///
/// Each operation is named by a tag of the caller's choice, and ends as one [`crate::Event::Done`]
/// with that tag, unless beginning it failed at once. Operations on what overlaps are carried out in
/// any order. None of these calls waits for the cluster.
///
/// Dropping it closes it, as [`Image::close`] does, and nobody is told.
#[derive(Debug)]
pub struct Image {
    handle: Arc<Handle>,
    shape: Shape,
    closing: bool,
}

/// The shape of an image when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Its size in bytes.
    pub size: u64,
    /// The size of its objects in bytes: what is cheapest to discard.
    pub object_size: u64,
    /// The length of a stripe's pieces in bytes.
    pub stripe_unit: u64,
    /// How many objects a stripe goes over.
    pub stripe_count: u64,
    /// Its features, as librbd's `RBD_FEATURE_…`.
    pub features: u64,
}

impl Image {
    pub(crate) const fn new(handle: Arc<Handle>, shape: Shape) -> Self {
        Self {
            handle,
            shape,
            closing: false,
        }
    }

    /// Its shape when it was opened.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Its size in bytes, as far as that has been heard of.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.handle.size.load(Ordering::Acquire)
    }

    /// The size of its objects in bytes.
    #[must_use]
    pub const fn object_size(&self) -> u64 {
        self.shape.object_size
    }

    /// Reads at `offset` into `place`, all of it. After an error there may be anything in it.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn read(&self, tag: u64, offset: u64, place: Place) -> Result<(), Error> {
        let length = place.len() as u64;
        self.begin(tag, Order::Read { offset, place }, offset, length)
    }

    /// Writes all of `place` at `offset`. At the end it is on stable storage.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn write(&self, tag: u64, offset: u64, place: Place) -> Result<(), Error> {
        let length = place.len() as u64;
        self.begin(tag, Order::Write { offset, place }, offset, length)
    }

    /// The range is no longer needed: it reads as zeros, and its space is given back as far as the
    /// cluster can.
    ///
    /// It is what librbd calls writing zeros: its own discard passes over what is less than 64 KiB.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn discard(&self, tag: u64, offset: u64, length: u64) -> Result<(), Error> {
        self.write_zeroes(tag, offset, length, true)
    }

    /// The range becomes zeros; with `unmap` its space may be given back.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn write_zeroes(
        &self,
        tag: u64,
        offset: u64,
        length: u64,
        unmap: bool,
    ) -> Result<(), Error> {
        let flags = if unmap {
            0
        } else {
            RBD_WRITE_ZEROES_FLAG_THICK_PROVISION
        };
        let order = Order::WriteZeroes {
            offset,
            // Longer than there can be is not within the image either.
            length: usize::try_from(length).unwrap_or(usize::MAX),
            flags,
        };
        self.begin(tag, order, offset, length)
    }

    /// Everything that has been answered before is on stable storage at the end. That it is already,
    /// since there is no cache; errors of the connection come to light.
    ///
    /// # Errors
    ///
    /// It is not begun.
    pub fn flush(&self, tag: u64) -> Result<(), Error> {
        launch(&self.handle, tag, Order::Flush)
    }

    /// Asks whether there is data at `offset`, and how far that holds: [`crate::Outcome::Extent`].
    pub fn extent(&self, tag: u64, offset: u64) {
        self.submit(Job::Extent { tag, offset });
    }

    /// Gives it another size: [`crate::Outcome::Resized`]. What is new reads as zeros; what is beyond
    /// is lost, which is refused without `shrink`.
    pub fn resize(&self, tag: u64, size: u64, shrink: bool) {
        self.submit(Job::Resize { tag, size, shrink });
    }

    /// Takes the exclusive lock, and keeps it until it is given back, is closed, or this client is
    /// excluded: no other client can write meanwhile. Without this, the lock is taken by the first
    /// write, and given to any client that asks for it.
    ///
    /// Ends with [`crate::Kind::Held`] if another client keeps it so. From then on, and from when it was given
    /// back, writes end so, too, until this has been done again, and well. An owner that is dead and was not excluded makes it wait, for
    /// 30 seconds by Ceph's default, and then end with [`crate::Kind::Permission`] unless the key may
    /// exclude others.
    pub fn acquire_lock(&self, tag: u64) {
        self.submit(Job::Lock { tag });
    }

    /// Gives the exclusive lock back.
    pub fn release_lock(&self, tag: u64) {
        self.submit(Job::Unlock { tag });
    }

    /// Closes it, when all that is under way has ended and been told. Operations that the cluster
    /// does not answer are waited for.
    pub fn close(mut self, tag: u64) {
        self.closing = true;
        self.submit(Job::Close { tag: Some(tag) });
    }

    fn submit(&self, job: Job) {
        Helper::submit(&self.handle, job);
    }

    /// Begins it if the range is within the image, and may be used so.
    fn begin(&self, tag: u64, order: Order, offset: u64, length: u64) -> Result<(), Error> {
        let read_only = self.handle.shared.read_only;
        let changes = !matches!(order, Order::Read { .. });
        let errno = if changes && read_only {
            libc::EROFS
        } else if offset
            .checked_add(length)
            .is_none_or(|end| end > self.size())
        {
            libc::EINVAL
        } else {
            return self.launch(tag, order);
        };
        Err(Error::returned(order.doing(), (-errno).into()).of_image(read_only))
    }

    /// What is within one object is read without librbd, if that can be.
    fn launch(&self, tag: u64, order: Order) -> Result<(), Error> {
        let Some(objects) = &self.handle.objects else {
            return launch(&self.handle, tag, order);
        };
        match order {
            Order::Read { offset, place } => match objects.part(offset, place.len()) {
                Some(part) => read(&self.handle.shared, objects, tag, part, place),
                None => launch(&self.handle, tag, Order::Read { offset, place }),
            },
            Order::Write { offset, ref place } => {
                objects.written(offset, place.len() as u64);
                launch(&self.handle, tag, order)
            }
            order => launch(&self.handle, tag, order),
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if !self.closing {
            self.submit(Job::Close { tag: None });
        }
    }
}
