//! An image's objects, read without librbd.
//!
//! An image that is no clone, and whose bytes lie in its objects one after the other, is read by asking the
//! cluster for a part of an object: that is what librbd asks for, too, from a thread of its own and through its
//! layers, which a small read need not pay for. Writes are librbd's alone. What it
//! has answered is in the object; what it has not may or may not be read, as with its own reads.

use std::ffi::CStr;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use labelgate_rbd_sys::{
    RBD_FEATURE_DEEP_FLATTEN, RBD_FEATURE_EXCLUSIVE_LOCK, RBD_FEATURE_FAST_DIFF,
    RBD_FEATURE_LAYERING, RBD_FEATURE_OBJECT_MAP, RBD_FEATURE_OPERATIONS, Rados,
};

use crate::Description;
use crate::pool::Context;

/// What an image may have so that its bytes are where they are expected.
const PLAIN: u64 = RBD_FEATURE_LAYERING
    | RBD_FEATURE_EXCLUSIVE_LOCK
    | RBD_FEATURE_OBJECT_MAP
    | RBD_FEATURE_FAST_DIFF
    | RBD_FEATURE_DEEP_FLATTEN
    | RBD_FEATURE_OPERATIONS;

/// The most objects that are remembered to be absent, which takes a bit each. Those behind are librbd's.
const MAX_REMEMBERED: u64 = 1 << 24;

/// The longest name of an object, with the 0 behind it: a prefix of 24, a dot, 16 digits.
const MAX_NAME: usize = 64;

/// The objects of one image.
pub(crate) struct Objects {
    context: Context,
    prefix: String,
    /// In bytes.
    size: u64,
    /// A bit for each that was not there: librbd knows from the object map that there is nothing to read, and asks nobody.
    absent: Box<[AtomicU64]>,
}

/// A part of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// The object's number.
    pub(crate) object: u64,
    /// Where in it, in bytes.
    pub(crate) offset: u64,
}

/// The name of an object, for C.
pub(crate) struct Name([u8; MAX_NAME]);

impl Objects {
    /// The objects of an image that can be read so; none of another.
    pub(crate) fn of(context: Context, image: &Description, cloned: bool) -> Option<Self> {
        let plain = image.features & !PLAIN == 0
            && !cloned
            && image.data_pool.is_none()
            && image.stripe_count <= 1
            && image.object_size.is_power_of_two()
            // That of the first format is another one.
            && image.prefix.starts_with("rbd_data.")
            && image.prefix.len() + 17 < MAX_NAME;
        plain.then(|| {
            let count = image.size.div_ceil(image.object_size);
            let words = count.min(MAX_REMEMBERED).div_ceil(64);
            Self {
                context,
                prefix: image.prefix.clone(),
                size: image.object_size,
                absent: (0..words).map(|_| AtomicU64::new(0)).collect(),
            }
        })
    }

    pub(crate) fn rados(&self) -> &'static Rados {
        &self.context.connection.libraries.rados
    }

    pub(crate) const fn context(&self) -> &Context {
        &self.context
    }

    /// Where a range is, if it is within one object, which was not missed so far.
    pub(crate) fn part(&self, offset: u64, length: usize) -> Option<Part> {
        let object = offset / self.size;
        let offset = offset % self.size;
        let within = offset
            .checked_add(length as u64)
            .is_some_and(|end| end <= self.size);
        let (word, bit) = self.mark(object)?;
        (within && word.load(Ordering::Relaxed) & bit == 0).then_some(Part { object, offset })
    }

    /// There was no such object. It may have been made since: then librbd reads it, until it is written again.
    pub(crate) fn missed(&self, object: u64) {
        if let Some((word, bit)) = self.mark(object) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// A range is written, with which its objects come to be.
    pub(crate) fn written(&self, offset: u64, length: u64) {
        let last = offset.saturating_add(length.saturating_sub(1)) / self.size;
        for object in offset / self.size..=last {
            if let Some((word, bit)) = self.mark(object)
                && word.load(Ordering::Relaxed) & bit != 0
            {
                word.fetch_and(!bit, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn name(&self, object: u64) -> Name {
        use std::io::Write;
        let mut name = [0; MAX_NAME];
        // It fits, since the prefix does, and a 0 stays behind it.
        let _ = write!(&mut name[..MAX_NAME - 1], "{}.{object:016x}", self.prefix);
        Name(name)
    }

    fn mark(&self, object: u64) -> Option<(&AtomicU64, u64)> {
        let word = self.absent.get(usize::try_from(object / 64).ok()?)?;
        Some((word, 1 << (object % 64)))
    }
}

impl Name {
    pub(crate) fn as_c(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "objects {} of {} bytes", self.prefix, self.size)
    }
}
