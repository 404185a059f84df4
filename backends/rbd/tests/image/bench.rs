//! A cluster, a connection, memory, and waiting for what ends.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use labelgate_fixtures::peer::{Ceph, Layout};
use labelgate_rbd::{
    Cluster, Completions, Credentials, Error, Event, Image, Kind, Limits, Memory, OpenOptions,
    Outcome, Place,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long anything may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// How much memory there is, in bytes.
const ROOM: usize = 32 << 20;

/// What an error means; a failed test if there is none.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(fine) => panic!("no error but {fine:?}"),
        Err(error) => error.kind(),
    }
}

pub(crate) struct Bench {
    pub(crate) ceph: Ceph,
    pub(crate) cluster: Cluster,
    pub(crate) completions: Completions,
    memory: Memory,
    ended: HashMap<u64, Result<Outcome, Error>>,
    /// Sizes that were told of.
    pub(crate) resized: Vec<(u64, u64)>,
    next: u64,
}

impl Bench {
    pub(crate) fn start(layout: Layout) -> Self {
        let ceph = Ceph::start(layout).unwrap();
        let cluster = Self::connect(&ceph, "admin", ceph.admin_key()).unwrap();
        Self {
            ceph,
            cluster,
            completions: Completions::new().unwrap(),
            memory: Memory::anonymous(ROOM).unwrap(),
            ended: HashMap::new(),
            resized: Vec::new(),
            next: 0,
        }
    }

    pub(crate) fn connect(ceph: &Ceph, entity: &str, key: &str) -> Result<Cluster, Error> {
        let credentials = Credentials {
            monitors: ceph.monitors(),
            entity: entity.into(),
            key: key.into(),
        };
        Cluster::connect(&credentials, &Limits::default())
    }

    /// A new image of the pool.
    pub(crate) fn create(&self, name: &str, size: u64) {
        let pool = self.cluster.pool(self.ceph.pool(), "").unwrap();
        pool.create(name, size, None).unwrap();
    }

    pub(crate) fn open(&self, name: &str) -> Image {
        self.open_by(&self.cluster, name, OpenOptions::default())
            .unwrap()
    }

    pub(crate) fn open_by(
        &self,
        cluster: &Cluster,
        name: &str,
        options: OpenOptions,
    ) -> Result<Image, Error> {
        cluster.open(self.ceph.pool(), "", name, options, &self.completions)
    }

    /// A new image, opened.
    pub(crate) fn image(&self, name: &str, size: u64) -> Image {
        self.create(name, size);
        self.open(name)
    }

    /// A tag that was not used before.
    pub(crate) fn tag(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn place(&self, at: usize, length: usize) -> Place {
        self.memory.place(at as u64, length as u64).unwrap()
    }

    pub(crate) fn put(&self, at: usize, bytes: &[u8]) {
        assert!(self.place(at, bytes.len()).copy_in(0, bytes));
    }

    pub(crate) fn get(&self, at: usize, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        assert!(self.place(at, length).copy_out(0, &mut bytes));
        bytes
    }

    /// Takes what has ended, after waiting for something to for at most this long.
    pub(crate) fn gather(&mut self, limit: Duration) {
        let mut polled = [PollFd::new(&self.completions, PollFlags::IN)];
        let limit = Timespec::try_from(limit).unwrap();
        poll(&mut polled, Some(&limit)).unwrap();
        for event in self.completions.take() {
            match event {
                Event::Done { tag, result } => {
                    let twice = self.ended.insert(tag, result);
                    assert_eq!(twice, None, "operation {tag} has ended twice");
                }
                Event::Resized { image, size } => self.resized.push((image, size)),
            }
        }
    }

    /// What has become of an operation, if it has ended.
    pub(crate) fn outcome(&mut self, tag: u64) -> Option<Result<Outcome, Error>> {
        self.gather(Duration::ZERO);
        self.ended.remove(&tag)
    }

    /// Waits for an operation's end.
    #[track_caller]
    pub(crate) fn wait(&mut self, tag: u64) -> Result<Outcome, Error> {
        let begun = Instant::now();
        loop {
            if let Some(result) = self.ended.remove(&tag) {
                return result;
            }
            let left = LIMIT.saturating_sub(begun.elapsed());
            assert!(!left.is_zero(), "operation {tag} does not end");
            self.gather(left);
        }
    }

    /// Writes and waits.
    pub(crate) fn write(&mut self, image: &Image, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.put(0, bytes);
        let tag = self.tag();
        image.write(tag, offset, self.place(0, bytes.len()))?;
        self.wait(tag).map(drop)
    }

    /// Reads and waits.
    pub(crate) fn read(
        &mut self,
        image: &Image,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, Error> {
        self.put(0, &vec![0xee; length]);
        let tag = self.tag();
        image.read(tag, offset, self.place(0, length))?;
        self.wait(tag)?;
        Ok(self.get(0, length))
    }

    /// Begins something that has no error, and waits for its end.
    pub(crate) fn ask(&mut self, begin: impl FnOnce(u64)) -> Result<Outcome, Error> {
        let tag = self.tag();
        begin(tag);
        self.wait(tag)
    }

    /// Begins something, and waits for its end.
    pub(crate) fn run(
        &mut self,
        begin: impl FnOnce(u64) -> Result<(), Error>,
    ) -> Result<Outcome, Error> {
        let tag = self.tag();
        begin(tag)?;
        self.wait(tag)
    }

    pub(crate) fn close(&mut self, image: Image) {
        self.ask(|tag| image.close(tag)).unwrap();
    }
}
