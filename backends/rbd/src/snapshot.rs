//! Snapshots: made and removed while their image is open somewhere, and rolled back to while it is not.

use std::ptr;
use std::time::{Duration, SystemTime};

use labelgate_rbd_sys::{
    RBD_LOCK_MODE_EXCLUSIVE, RBD_SNAP_CREATE_SKIP_QUIESCE, RBD_SNAP_NAMESPACE_TYPE_USER,
    rbd_snap_info_t, rbd_snap_namespace_type_t,
};

use crate::call::{check, text, text_at, written};
use crate::handle::{Opened, go_on};
use crate::{Error, Pool};

/// The most snapshots of an image that are listed.
const MAX_LISTED: i32 = 1 << 16;

/// A snapshot that somebody has made under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its number: later ones have higher numbers.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The size that the image had, in bytes.
    pub size: u64,
    /// When it was made.
    pub created: SystemTime,
    /// It cannot be removed until that is taken from it.
    pub protected: bool,
}

impl Pool {
    /// The snapshots of an image, in the order in which they were made. Those that the cluster keeps
    /// for itself (of groups, of mirrors, in the trash) are not among them.
    ///
    /// # Errors
    ///
    /// [`crate::Kind::NotFound`] when there is no such image; what else the cluster answers.
    pub fn snapshots(&self, image: &str) -> Result<Vec<Snapshot>, Error> {
        let opened = Opened::open(&self.context, image, true)?;
        let mut all = Vec::new();
        for (number, name, size) in opened.snapshots()? {
            if !opened.is_of_user(number)? {
                continue;
            }
            all.push(Snapshot {
                number,
                size,
                created: opened.created(number)?,
                protected: opened.is_protected(&name)?,
                name,
            });
        }
        all.sort_by_key(|snapshot| snapshot.number);
        Ok(all)
    }

    /// The numbers of all snapshots of an image, also of those that [`Pool::snapshots`] leaves out.
    ///
    /// # Errors
    ///
    /// As [`Pool::snapshots`].
    pub fn snapshot_numbers(&self, image: &str) -> Result<Vec<u64>, Error> {
        let opened = Opened::open(&self.context, image, true)?;
        let all = opened.snapshots()?.into_iter();
        Ok(all.map(|(number, _, _)| number).collect())
    }

    /// Makes a snapshot. Whoever has the image's lock does it, between two writes: everything that was
    /// answered before is in it, and nothing that is begun after this returns. Whoever has the lock and does
    /// not answer is waited for without end; so is one that could not do it once, since the library asks it
    /// again by the same number, under which it keeps what came of it. A new call has another number.
    ///
    /// # Errors
    ///
    /// [`crate::Kind::NotFound`] when there is no such image; [`crate::Kind::Exists`]; what else the
    /// cluster answers.
    pub fn create_snapshot(&self, image: &str, snapshot: &str) -> Result<(), Error> {
        let opened = Opened::open(&self.context, image, false)?;
        let name = text("the snapshot", snapshot)?;
        let create = opened.rbd().rbd_snap_create2;
        // Nobody who watches an image of ours comes to rest for it, and each that does not answer would be
        // waited for.
        let flags = RBD_SNAP_CREATE_SKIP_QUIESCE;
        let (name, argument) = (name.as_ptr(), ptr::null_mut());
        // SAFETY: the image is open, the name is there, and the function takes any argument.
        let made = unsafe { create(opened.image, name, flags, Some(go_on), argument) };
        check("making the snapshot", made).map(drop)
    }

    /// Removes a snapshot, whoever has its image open.
    ///
    /// # Errors
    ///
    /// [`crate::Kind::NotFound`]; [`crate::Kind::Busy`] if it is protected; what else the cluster
    /// answers.
    pub fn remove_snapshot(&self, image: &str, snapshot: &str) -> Result<(), Error> {
        let opened = Opened::open(&self.context, image, false)?;
        let name = text("the snapshot", snapshot)?;
        // SAFETY: the image is open, and the name is there.
        let removed = unsafe { (opened.rbd().rbd_snap_remove)(opened.image, name.as_ptr()) };
        check("removing the snapshot", removed).map(drop)
    }

    /// Gives an image the size and the data that it had when a snapshot was made, which takes as long as
    /// it has objects. It is nobody else's meanwhile. One that ends halfway leaves some of both.
    ///
    /// # Errors
    ///
    /// [`crate::Kind::Held`] while another client has the image's lock, and then nothing was changed;
    /// what else the cluster answers, and then some of it may have been.
    pub fn roll_back(&self, image: &str, snapshot: &str) -> Result<(), Error> {
        let opened = Opened::open(&self.context, image, false)?;
        let name = text("the snapshot", snapshot)?;
        let acquire = opened.rbd().rbd_lock_acquire;
        // SAFETY: the image is open.
        let taken = unsafe { acquire(opened.image, RBD_LOCK_MODE_EXCLUSIVE) };
        check("taking the image's lock", taken).map_err(|error| error.of_image(false))?;
        let roll_back = opened.rbd().rbd_snap_rollback_with_progress;
        // SAFETY: as above, the name is there, and the function takes any argument.
        let done = unsafe { roll_back(opened.image, name.as_ptr(), Some(go_on), ptr::null_mut()) };
        check("rolling back to the snapshot", done).map(drop)
    }
}

impl Opened {
    /// From now on what is read of it is that of a snapshot.
    pub(crate) fn show(&self, snapshot: u64) -> Result<(), Error> {
        // SAFETY: the image is open.
        let shown = unsafe { (self.rbd().rbd_snap_set_by_id)(self.image, snapshot) };
        check("looking at the snapshot", shown).map(drop)
    }

    /// All snapshots: numbers, names and sizes.
    fn snapshots(&self) -> Result<Vec<(u64, String, u64)>, Error> {
        let rbd = self.rbd();
        let mut room = 64_i32;
        loop {
            let length = usize::try_from(room).unwrap_or(0);
            let mut list = vec![rbd_snap_info_t::zeroed(); length];
            let mut count = room;
            // SAFETY: the image is open, and there is room for as many as it is told.
            let listed = unsafe { (rbd.rbd_snap_list)(self.image, list.as_mut_ptr(), &mut count) };
            if listed == -libc::ERANGE && count > room && count <= MAX_LISTED {
                // There may be more of them by then.
                room = count.saturating_mul(2);
                continue;
            }
            let count = usize::try_from(check("listing the snapshots", listed)?).unwrap_or(0);
            let listed = list.iter().take(count);
            let all = listed.map(|one| {
                // SAFETY: so many were written, each with a text.
                let name = unsafe { text_at(one.name) };
                (one.id, name, one.size)
            });
            let all = all.collect();
            if count > 0 {
                // SAFETY: their texts are freed once; behind the last there is one without any.
                unsafe { (rbd.rbd_snap_list_end)(list.as_mut_ptr()) };
            }
            return Ok(all);
        }
    }

    fn is_of_user(&self, snapshot: u64) -> Result<bool, Error> {
        let kind = self.rbd().rbd_snap_get_namespace_type;
        let kind: rbd_snap_namespace_type_t =
            written("asking what kind the snapshot is", |value| {
                // SAFETY: the image is open, and a number is written.
                unsafe { kind(self.image, snapshot, value) }
            })?;
        Ok(kind == RBD_SNAP_NAMESPACE_TYPE_USER)
    }

    fn created(&self, snapshot: u64) -> Result<SystemTime, Error> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let when = self.rbd().rbd_snap_get_timestamp;
        // SAFETY: the image is open, and it writes a time.
        let asked = unsafe { when(self.image, snapshot, &mut time) };
        check("asking when the snapshot was made", asked)?;
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let made = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        Ok(made.unwrap_or(SystemTime::UNIX_EPOCH))
    }

    fn is_protected(&self, snapshot: &str) -> Result<bool, Error> {
        let name = text("the snapshot", snapshot)?;
        let is = self.rbd().rbd_snap_is_protected;
        let is: libc::c_int = written("asking whether the snapshot is protected", |value| {
            // SAFETY: the image is open, the name is there, and a number is written.
            unsafe { is(self.image, name.as_ptr(), value) }
        })?;
        Ok(is != 0)
    }
}
