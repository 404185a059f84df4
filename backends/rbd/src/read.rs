//! Reading a part of an object.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use labelgate_rbd_sys::rados_completion_t;

use crate::flight::Shared;
use crate::objects::{Objects, Part};
use crate::{Error, Outcome, Place};

/// What is said of a read that fails.
const READING: &str = "reading";

/// A read, from its beginning to its callback, which owns it.
struct Reading {
    shared: Arc<Shared>,
    objects: Arc<Objects>,
    tag: u64,
    object: u64,
    place: Place,
}

/// Begins to read a part of an object into a place that is as long. If it cannot be begun, it never ends.
///
/// The image is open, as for [`crate::flight::launch`].
pub(crate) fn read(
    shared: &Arc<Shared>,
    objects: &Arc<Objects>,
    tag: u64,
    part: Part,
    place: Place,
) -> Result<(), Error> {
    let rados = objects.rados();
    let (start, length) = (place.start(), place.len());
    let reading = Box::into_raw(Box::new(Reading {
        shared: Arc::clone(shared),
        objects: Arc::clone(objects),
        tag,
        object: part.object,
        place,
    }));
    let mut completion = ptr::null_mut();
    let create = rados.rados_aio_create_completion2;
    // SAFETY: the callback takes what is given along, and is called at most once.
    let created = unsafe { create(reading.cast(), Some(ended), &mut completion) };
    if created < 0 {
        // SAFETY: there is no completion that could have it.
        drop(unsafe { Box::from_raw(reading) });
        return Err(Error::returned(READING, created.into()));
    }
    shared.begin();
    let name = objects.name(part.object);
    let io = objects.context().io;
    // SAFETY: the name is copied, so many bytes are written there, and they stay until the callback, which frees
    // the order, and with it its hold on the memory and on the pool's handle.
    let started = unsafe {
        (rados.rados_aio_read)(
            io,
            name.as_c().as_ptr(),
            completion,
            start,
            length,
            part.offset,
        )
    };
    if started < 0 {
        // SAFETY: what was not begun does not call back, and its completion is released once.
        unsafe { (rados.rados_aio_release)(completion) };
        // SAFETY: nor does anybody else have it.
        drop(unsafe { Box::from_raw(reading) });
        shared.end();
        return Err(Error::returned(READING, started.into()).of_image(shared.read_only));
    }
    Ok(())
}

/// Called by librados, on a thread of its own, when a read has ended.
unsafe extern "C" fn ended(completion: rados_completion_t, reading: *mut c_void) {
    // SAFETY: it is what `read` gave along, and this is the one call that gets it.
    let reading = unsafe { Box::from_raw(reading.cast::<Reading>()) };
    let rados = reading.objects.rados();
    // SAFETY: the completion is the read's, and still there.
    let returned = unsafe { (rados.rados_aio_get_return_value)(completion) };
    // SAFETY: it is released once, here.
    unsafe { (rados.rados_aio_release)(completion) };
    reading.end(returned);
}

impl Reading {
    fn end(self, returned: i32) {
        let Self {
            shared,
            objects,
            tag,
            object,
            place,
        } = self;
        let read = match usize::try_from(returned) {
            Ok(read) => Ok(read),
            Err(_) if returned == -libc::ENOENT => {
                objects.missed(object);
                Ok(0)
            }
            Err(_) => Err(Error::returned(READING, returned.into()).of_image(shared.read_only)),
        };
        // What an object does not have reads as zeros.
        let result = read.map(|read| {
            place.clear_from(read);
            Outcome::Done
        });
        // Whoever is told may use the place again, or drop its memory; the pool's handle goes before the connection may.
        drop(place);
        drop(objects);
        shared.completions.done(tag, result);
        shared.end();
    }
}
