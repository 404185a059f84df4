//! What a keeper does, with a key that was made for it.

use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::Arc;

use labelgate_rbd::{
    Cluster, Completions, Credentials, Error, Event, Image, Kind, Limits, Memory, OpenOptions,
    Outcome,
};

use crate::Bench;

/// Bytes that stay where they are until nobody has a share in them.
struct Room(NonNull<[u8; 4096]>);

// SAFETY: it is an address.
unsafe impl Send for Room {}
// SAFETY: it is an address.
unsafe impl Sync for Room {}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: it was leaked by `Keeper::new`, and is freed once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// A connection with one open image.
pub(crate) struct Keeper {
    pub(crate) cluster: Cluster,
    completions: Completions,
    memory: Memory,
    /// Where that is.
    room: NonNull<[u8; 4096]>,
    pub(crate) image: Option<Image>,
}

impl Keeper {
    pub(crate) fn connect(bench: &Bench, entity: &str, key: &str) -> Result<Self, Error> {
        let credentials = Credentials {
            monitors: bench.ceph.monitors(),
            entity: entity.into(),
            key: key.into(),
        };
        let cluster = Cluster::connect(&credentials, &Limits::default())?;
        let room = NonNull::from(Box::leak(Box::new([7_u8; 4096])));
        // SAFETY: it is there until its owner is dropped, and nobody has a reference to it.
        let memory = unsafe { Memory::new(room.cast(), 4096, Arc::new(Room(room))) };
        Ok(Self {
            cluster,
            completions: Completions::new().unwrap(),
            memory,
            room,
            image: None,
        })
    }

    pub(crate) fn open(
        &mut self,
        namespace: &str,
        image: &str,
        read_only: bool,
    ) -> Result<(), Error> {
        let options = OpenOptions {
            read_only,
            image: 0,
        };
        let completions = &self.completions;
        let opened = self
            .cluster
            .open("rbd", namespace, image, options, completions)?;
        self.image = Some(opened);
        Ok(())
    }

    fn image(&self) -> &Image {
        self.image.as_ref().unwrap()
    }

    fn wait(&self) -> Result<Outcome, Error> {
        loop {
            for event in self.completions.take() {
                if let Event::Done { result, .. } = event {
                    return result;
                }
            }
            wait_for(self.completions.as_fd()).unwrap();
        }
    }

    pub(crate) fn write(&self, offset: u64) -> Result<Outcome, Error> {
        let place = self.memory.place(0, 4096).unwrap();
        self.image().write(1, offset, place)?;
        self.wait()
    }

    pub(crate) fn read(&self, offset: u64) -> Result<Outcome, Error> {
        let place = self.memory.place(0, 4096).unwrap();
        self.image().read(1, offset, place)?;
        self.wait()
    }

    /// Takes the lock, and keeps it.
    pub(crate) fn lock(&self) -> Result<Outcome, Error> {
        self.image().acquire_lock(1);
        self.wait()
    }

    pub(crate) fn zero(&self, offset: u64) -> Result<Outcome, Error> {
        self.image().write_zeroes(1, offset, 4096, true)?;
        self.wait()
    }

    /// Puts something else where is read.
    pub(crate) fn forget(&self) {
        // SAFETY: it is there, and no operation is under way.
        unsafe { self.room.as_ptr().cast::<u8>().write_bytes(0xee, 4096) };
    }

    /// The first byte that was read.
    pub(crate) fn byte(&self) -> u8 {
        // SAFETY: as above.
        unsafe { self.room.as_ptr().cast::<u8>().read_volatile() }
    }

    /// All that a keeper ever does to an image.
    pub(crate) fn do_everything(&self) -> Result<(), Error> {
        let image = self.image();
        image.acquire_lock(1);
        self.wait()?;
        self.write(0)?;
        self.read(0)?;
        image.discard(1, 0, 4096)?;
        self.wait()?;
        image.write_zeroes(1, 4096, 8192, true)?;
        self.wait()?;
        image.write_zeroes(1, 4096, 8192, false)?;
        self.wait()?;
        image.extent(1, 0);
        self.wait()?;
        image.resize(1, image.size() + (4 << 20), false);
        self.wait()?;
        image.flush(1)?;
        self.wait()?;
        image.release_lock(1);
        self.wait()?;
        image.acquire_lock(1);
        self.wait()?;
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.image.take().unwrap().close(1);
        self.wait().unwrap();
    }
}

fn wait_for(descriptor: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let limit = Timespec {
        tv_sec: 60,
        tv_nsec: 0,
    };
    let mut polled = [PollFd::new(&descriptor, PollFlags::IN)];
    match poll(&mut polled, Some(&limit))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}

/// What an error means; a failed test if there is none.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(fine) => panic!("no error but {fine:?}"),
        Err(error) => error.kind(),
    }
}
