//! A pool, and a namespace in it.

use std::ffi::CString;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use labelgate_rbd_sys::{
    RBD_FEATURE_DEEP_FLATTEN, RBD_FEATURE_EXCLUSIVE_LOCK, RBD_FEATURE_FAST_DIFF,
    RBD_FEATURE_LAYERING, RBD_FEATURE_OBJECT_MAP, RBD_IMAGE_OPTION_CLONE_FORMAT,
    RBD_IMAGE_OPTION_FEATURES, RBD_IMAGE_OPTION_ORDER, Rbd, rados_ioctx_t, rbd_image_options_t,
    rbd_image_spec_t,
};

use crate::call::{check, text, text_at, written};
use crate::cluster::Connection;
use crate::handle::Opened;
use crate::{Description, Error, Kind};

/// What a new image can do: be cloned, have one writer at a time, say fast what it holds.
const FEATURES: u64 = RBD_FEATURE_LAYERING
    | RBD_FEATURE_EXCLUSIVE_LOCK
    | RBD_FEATURE_OBJECT_MAP
    | RBD_FEATURE_FAST_DIFF
    | RBD_FEATURE_DEEP_FLATTEN;

/// The most images that are listed.
const MAX_LISTED: usize = 1 << 20;

/// A pool of a cluster, and a namespace in it. What is done here waits for the cluster.
#[derive(Debug)]
pub struct Pool {
    pub(crate) context: Context,
}

/// An image in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its identifier, which the names of its objects have in them.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Who holds an image's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locker {
    /// Its client's number, as `client.4711`.
    pub client: String,
    /// What it calls the lock.
    pub cookie: String,
    /// Its address, as `v1:192.0.2.1:0/123456`: whatever the protocol, it is written so.
    pub address: String,
}

/// The library's handle of a pool.
pub(crate) struct Context {
    pub(crate) io: rados_ioctx_t,
    pub(crate) connection: Arc<Connection>,
}

// SAFETY: librados may be called from any thread; nothing of the handle is changed once it is made.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    pub(crate) fn rbd(&self) -> &'static Rbd {
        &self.connection.libraries.rbd
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pool")
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let destroy = self.connection.libraries.rados.rados_ioctx_destroy;
        // SAFETY: it is destroyed once, and before its connection.
        unsafe { destroy(self.io) };
    }
}

impl Pool {
    pub(crate) fn new(
        connection: &Arc<Connection>,
        pool: &str,
        namespace: &str,
    ) -> Result<Self, Error> {
        let (pool, namespace) = (text("the pool", pool)?, text("the namespace", namespace)?);
        let rados = &connection.libraries.rados;
        let mut io = ptr::null_mut();
        // SAFETY: the name is there, and it writes an address.
        let made = unsafe { (rados.rados_ioctx_create)(connection.rados, pool.as_ptr(), &mut io) };
        check("opening the pool", made)?;
        let context = Context {
            io,
            connection: Arc::clone(connection),
        };
        // SAFETY: the name is there, and is copied.
        unsafe { (rados.rados_ioctx_set_namespace)(io, namespace.as_ptr()) };
        // Otherwise a write into a full pool would wait, and its client with it, until there is space.
        // SAFETY: it changes a number of the handle, which nobody else has yet.
        unsafe { (rados.rados_set_pool_full_try)(io) };
        Ok(Self { context })
    }

    pub(crate) fn into_context(self) -> Context {
        self.context
    }

    /// Makes an image: thin, with an exclusive lock and an object map.
    ///
    /// `object_size` is the power of two of its objects' size; Ceph's own choice is 22, which is
    /// 4 MiB.
    ///
    /// # Errors
    ///
    /// [`Kind::Exists`], and what else the cluster answers.
    pub fn create(&self, image: &str, size: u64, object_size: Option<u8>) -> Result<(), Error> {
        let name = text("the image", image)?;
        let options = Options::new(self.context.rbd());
        options.set(RBD_IMAGE_OPTION_FEATURES, FEATURES)?;
        if let Some(order) = object_size {
            options.set(RBD_IMAGE_OPTION_ORDER, order.into())?;
        }
        let create = self.context.rbd().rbd_create4;
        // SAFETY: the name and the options are there.
        let made = unsafe { create(self.context.io, name.as_ptr(), size, options.options) };
        check("making the image", made).map(drop)
    }

    /// Makes an image that is a clone of a snapshot of `of` in this pool: what is not written in it is
    /// read there. It is of the second format, which clients know since Ceph 13.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is no such snapshot; [`Kind::Exists`]; and what else the cluster
    /// answers.
    pub fn clone_image(
        &self,
        of: &str,
        snapshot: &str,
        to: &Self,
        image: &str,
    ) -> Result<(), Error> {
        let (of, image) = (text("the image", of)?, text("the image", image)?);
        let snapshot = text("the snapshot", snapshot)?;
        let options = Options::new(self.context.rbd());
        options.set(RBD_IMAGE_OPTION_FEATURES, FEATURES)?;
        options.set(RBD_IMAGE_OPTION_CLONE_FORMAT, 2)?;
        // SAFETY: all three names and the options are there.
        let made = unsafe {
            (self.context.rbd().rbd_clone3)(
                self.context.io,
                of.as_ptr(),
                snapshot.as_ptr(),
                to.context.io,
                image.as_ptr(),
                options.options,
            )
        };
        check("making the clone", made).map(drop)
    }

    /// Removes an image and all that is in it, which takes as long as it has objects.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`]; [`Kind::Busy`] while it is open somewhere or has snapshots.
    pub fn remove(&self, image: &str) -> Result<(), Error> {
        let name = text("the image", image)?;
        // SAFETY: the name is there.
        let removed = unsafe { (self.context.rbd().rbd_remove)(self.context.io, name.as_ptr()) };
        check("removing the image", removed).map(drop)
    }

    /// Changes an image's size, in bytes, whoever has it open. If it becomes smaller, what is beyond
    /// is lost.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`]; [`Kind::Invalid`] if it would become smaller and may not; what else the
    /// cluster answers.
    pub fn resize(&self, image: &str, size: u64, shrink: bool) -> Result<(), Error> {
        let opened = Opened::open(&self.context, image, false)?;
        opened.resize(size, shrink)
    }

    /// All images.
    ///
    /// # Errors
    ///
    /// What the cluster answers.
    pub fn list(&self) -> Result<Vec<Entry>, Error> {
        let rbd = self.context.rbd();
        let mut room = 64;
        loop {
            let mut images = vec![rbd_image_spec_t::zeroed(); room];
            let mut count = images.len();
            // SAFETY: there is room for as many as it is told.
            let listed =
                unsafe { (rbd.rbd_list2)(self.context.io, images.as_mut_ptr(), &mut count) };
            if listed == -libc::ERANGE && count > room && count <= MAX_LISTED {
                // There may be more of them by then.
                room = count.saturating_mul(2);
                continue;
            }
            check("listing the images", listed)?;
            let listed = images.iter().take(count);
            // SAFETY: so many were written, each with two texts.
            let entries = listed.map(|image| unsafe { Entry::of(image) }).collect();
            // SAFETY: their texts are freed once.
            unsafe { (rbd.rbd_image_spec_list_cleanup)(images.as_mut_ptr(), count) };
            return Ok(entries);
        }
    }

    /// What an image is like.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`], and what else the cluster answers.
    pub fn describe(&self, image: &str) -> Result<Description, Error> {
        Opened::open(&self.context, image, true)?.describe()
    }

    /// As [`Pool::describe`], by the image's identifier, as it was when a snapshot was made: that may be
    /// a clone while the image is none any more.
    ///
    /// # Errors
    ///
    /// As [`Pool::describe`].
    pub fn describe_snapshot(&self, id: &str, snapshot: u64) -> Result<Description, Error> {
        let opened = Opened::open_id(&self.context, id)?;
        opened.show(snapshot)?;
        opened.describe()
    }

    /// Makes a namespace in the pool.
    ///
    /// # Errors
    ///
    /// [`Kind::Exists`], and what else the cluster answers.
    pub fn create_namespace(&self, namespace: &str) -> Result<(), Error> {
        let name = text("the namespace", namespace)?;
        let create = self.context.rbd().rbd_namespace_create;
        // SAFETY: the name is there.
        let made = unsafe { create(self.context.io, name.as_ptr()) };
        check("making the namespace", made).map(drop)
    }

    /// Removes a namespace of the pool that has no images.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`]; [`Kind::Busy`] while it has images.
    pub fn remove_namespace(&self, namespace: &str) -> Result<(), Error> {
        let name = text("the namespace", namespace)?;
        let remove = self.context.rbd().rbd_namespace_remove;
        // SAFETY: the name is there.
        let removed = unsafe { remove(self.context.io, name.as_ptr()) };
        check("removing the namespace", removed).map(drop)
    }

    /// Whether the pool has a namespace.
    ///
    /// # Errors
    ///
    /// What the cluster answers.
    pub fn has_namespace(&self, namespace: &str) -> Result<bool, Error> {
        let name = text("the namespace", namespace)?;
        let exists = self.context.rbd().rbd_namespace_exists;
        written("looking for the namespace", |found| {
            // SAFETY: the name is there, and it writes a boolean.
            unsafe { exists(self.context.io, name.as_ptr(), found) }
        })
    }

    /// Who holds the lock of the image with this identifier.
    ///
    /// # Errors
    ///
    /// What the cluster answers. An image that is not there has no locks.
    pub fn lockers(&self, id: &str) -> Result<Vec<Locker>, Error> {
        let header = header(id)?;
        let mut exclusive = 0;
        let mut lists = [(); 4].map(|()| [0_u8; 4096]);
        let mut lengths = [4096_usize; 4];
        let [tag, clients, cookies, addresses] = &mut lists;
        let [tag_length, clients_length, cookies_length, addresses_length] = &mut lengths;
        let list = self.context.connection.libraries.rados.rados_list_lockers;
        // SAFETY: both names are there, and there is as much room for each list as it is told.
        let count = unsafe {
            list(
                self.context.io,
                header.as_ptr(),
                LOCK.as_ptr(),
                &mut exclusive,
                tag.as_mut_ptr().cast(),
                tag_length,
                clients.as_mut_ptr().cast(),
                clients_length,
                cookies.as_mut_ptr().cast(),
                cookies_length,
                addresses.as_mut_ptr().cast(),
                addresses_length,
            )
        };
        let count = match usize::try_from(count) {
            Ok(count) => count,
            Err(_) => {
                let error = Error::returned("listing an image's locks", count as i64);
                return match error.kind() {
                    Kind::NotFound => Ok(Vec::new()),
                    _ => Err(error),
                };
            }
        };
        let lockers = words(clients).zip(words(cookies)).zip(words(addresses));
        let lockers = lockers.map(|((client, cookie), address)| Locker {
            client,
            cookie,
            address,
        });
        Ok(lockers.take(count).collect())
    }

    /// Takes the lock of the image with this identifier from a client. Without it having been
    /// excluded before, it may still be writing.
    ///
    /// # Errors
    ///
    /// What the cluster answers. A lock that is not there is no error.
    pub fn break_lock(&self, id: &str, locker: &Locker) -> Result<(), Error> {
        let header = header(id)?;
        let client = text("the client", &locker.client)?;
        let cookie = text("the lock's cookie", &locker.cookie)?;
        let take = self.context.connection.libraries.rados.rados_break_lock;
        // SAFETY: all four texts are there.
        let taken = unsafe {
            take(
                self.context.io,
                header.as_ptr(),
                LOCK.as_ptr(),
                client.as_ptr(),
                cookie.as_ptr(),
            )
        };
        match check("taking an image's lock away", taken) {
            Err(error) if error.kind() != Kind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// What librbd calls an image's lock.
const LOCK: &std::ffi::CStr = c"rbd_lock";

/// The object that an image's lock is on.
fn header(id: &str) -> Result<CString, Error> {
    text("the image's identifier", &format!("rbd_header.{id}"))
}

/// Texts that each end with a 0.
fn words(list: &[u8]) -> impl Iterator<Item = String> {
    list.split(|&byte| byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
}

impl Entry {
    /// # Safety
    ///
    /// Both texts of the image are there.
    unsafe fn of(image: &rbd_image_spec_t) -> Self {
        Self {
            // SAFETY: the caller says so.
            id: unsafe { text_at(image.id) },
            // SAFETY: as above.
            name: unsafe { text_at(image.name) },
        }
    }
}

/// Options for a new image.
struct Options {
    rbd: &'static Rbd,
    options: rbd_image_options_t,
}

impl Options {
    fn new(rbd: &'static Rbd) -> Self {
        let mut options = ptr::null_mut();
        // SAFETY: it writes an address.
        unsafe { (rbd.rbd_image_options_create)(&mut options) };
        Self { rbd, options }
    }

    fn set(&self, option: libc::c_int, value: u64) -> Result<(), Error> {
        let set = self.rbd.rbd_image_options_set_uint64;
        // SAFETY: the options are there.
        let set = unsafe { set(self.options, option, value) };
        check("saying what the image shall be like", set).map(drop)
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: they are destroyed once.
        unsafe { (self.rbd.rbd_image_options_destroy)(self.options) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_texts_are_taken_apart() {
        let all: Vec<_> = words(b"client.1\0client.2\0\0\0").take(2).collect();
        assert_eq!(all, ["client.1", "client.2"]);
    }
}
