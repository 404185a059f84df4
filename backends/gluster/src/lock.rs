//! The lock of an image.

use std::thread;
use std::time::{Duration, Instant};

use labelgate_gfapi_sys::{GLFS_LK_MANDATORY, flock_t};

use crate::image::File;
use crate::{Error, Kind};

const DOING: &str = "taking the image's lock";

/// How soon it is tried again.
const AGAIN: Duration = Duration::from_millis(100);

impl File {
    /// Locks all of it, however long it becomes, against all other clients that lock it: against
    /// writers if it is only read. Bricks keep it for as long as this process is connected to them; of
    /// one that was killed they do not know for a moment, which is waited for.
    ///
    /// It is asked for as a mandatory one: where the volume has `locks.mandatory-locking` switched on,
    /// bricks refuse writes of all others, too.
    pub(crate) fn lock(&self, read_only: bool, patience: Duration) -> Result<(), Error> {
        let kind = match read_only {
            true => libc::F_RDLCK,
            false => libc::F_WRLCK,
        };
        let until = Instant::now().checked_add(patience);
        loop {
            match self.try_lock(kind) {
                Err(error)
                    if error.kind() == Kind::Held
                        && until.is_some_and(|until| Instant::now() < until) =>
                {
                    thread::sleep(AGAIN);
                }
                locked => return locked,
            }
        }
    }

    fn try_lock(&self, kind: i32) -> Result<(), Error> {
        let mut whole = flock_t {
            l_type: i16::try_from(kind).unwrap_or_default(),
            l_whence: 0,
            l_start: 0,
            l_len: 0,
            l_pid: 0,
        };
        let lock = self.volume.api().glfs_file_lock;
        // SAFETY: the file is open, and the lock is there.
        let locked = unsafe { lock(self.fd, libc::F_SETLK, &mut whole, GLFS_LK_MANDATORY) };
        match crate::call::check(DOING, locked.into()) {
            // What one kind of lock is refused with by another.
            Err(Error::Volume { errno, .. }) if errno == libc::EACCES => {
                Err(Error::of_kind(DOING, Kind::Held, errno))
            }
            locked => locked.map(drop),
        }
    }
}
