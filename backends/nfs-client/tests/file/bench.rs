//! A server, a session, memory, and waiting for what ends.

use std::collections::HashMap;
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use labelgate_fixtures::netns;
use labelgate_fixtures::peer::Ganesha;
use labelgate_fixtures::scratch::Scratch;
use labelgate_nfs_client::{
    Address, Attributes, Error, Event, Kind, Memory, Options, Order, Outcome, Owner, Place, Session,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long anything may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// How much memory there is, in bytes.
const ROOM: usize = 16 << 20;

/// What an error means; a failed test if there is none.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(fine) => panic!("no error but {fine:?}"),
        Err(error) => error.kind(),
    }
}

/// A file that a server serves.
pub(crate) struct Disk {
    pub(crate) ganesha: Ganesha,
    pub(crate) file: PathBuf,
    _scratch: Option<Scratch>,
}

/// Does something with a file of this size, on its server's machine.
pub(crate) fn with(size: u64, action: impl FnOnce(&mut Disk) + Send) {
    let scratch = Scratch::new("upstream").unwrap();
    let mut disk = Disk::on(scratch.path(), size);
    disk._scratch = Some(scratch);
    disk.enter(action);
}

impl Disk {
    /// One in this directory.
    pub(crate) fn on(directory: &Path, size: u64) -> Self {
        let file = directory.join("disk.raw");
        File::create(&file).unwrap().set_len(size).unwrap();
        Self {
            ganesha: Ganesha::start(directory).unwrap(),
            file,
            _scratch: None,
        }
    }

    pub(crate) fn enter(&mut self, action: impl FnOnce(&mut Self) + Send) {
        let network = self.ganesha.network().to_owned();
        let inside = || {
            action(self);
            Ok(())
        };
        netns::enter(&network, inside).unwrap();
    }

    pub(crate) fn options(&self) -> Options {
        let (nfs_port, mount_port) = self.ganesha.ports();
        Options {
            address: Address {
                server: Ipv4Addr::LOCALHOST.into(),
                nfs_port,
                mount_port,
                export: self.ganesha.export().to_owned(),
                path: "disk.raw".to_owned(),
            },
            owner: Owner { uid: 0, gid: 0 },
            read_only: false,
            write_through: true,
            connect: Duration::from_secs(20),
            patience: LIMIT,
        }
    }

    /// What is in the file, of a length that it must have.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.file).unwrap()
    }
}

/// A session, driven by hand.
pub(crate) struct Bench {
    pub(crate) session: Session,
    memory: Memory,
    ended: HashMap<u64, Result<Outcome, Error>>,
    /// What else has happened.
    pub(crate) news: Vec<Event>,
    next: u64,
}

impl Bench {
    pub(crate) fn open(options: Options) -> Result<Self, Error> {
        let mut bench = Self {
            session: Session::open(options)?,
            memory: Memory::anonymous(ROOM).unwrap(),
            ended: HashMap::new(),
            news: Vec::new(),
            next: 0,
        };
        let opened = bench.hear(|event| match event {
            Event::Opened(result) => Some(result.clone()),
            _ => None,
        });
        opened.map(|_| bench)
    }

    /// One that must open.
    #[track_caller]
    pub(crate) fn start(disk: &Disk) -> Self {
        Self::open(disk.options()).unwrap()
    }

    pub(crate) fn file(&self) -> Attributes {
        self.session.file().unwrap().clone()
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

    /// Drives the session, after waiting for it to want that for at most this long.
    pub(crate) fn drive(&mut self, limit: Duration) {
        let mut polled = [PollFd::new(&self.session, PollFlags::IN)];
        let limit = Timespec::try_from(limit).unwrap();
        poll(&mut polled, Some(&limit)).unwrap();
        for event in self.session.drive() {
            match event {
                Event::Done { tag, result } => {
                    let twice = self.ended.insert(tag, result);
                    assert_eq!(twice, None, "operation {tag} has ended twice");
                }
                other => self.news.push(other),
            }
        }
    }

    /// Waits for something to happen.
    #[track_caller]
    pub(crate) fn hear<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = self.news.iter().find_map(&wanted) {
                return found;
            }
            let left = LIMIT.saturating_sub(begun.elapsed());
            assert!(!left.is_zero(), "it does not happen: {:?}", self.session);
            self.drive(left);
        }
    }

    /// Begins an operation, and has it sent.
    pub(crate) fn begin(&mut self, order: Order) -> Result<u64, Error> {
        self.next += 1;
        self.session.start(self.next, order)?;
        let tag = self.next;
        self.drive(Duration::ZERO);
        Ok(tag)
    }

    /// What has become of an operation, if it has ended.
    pub(crate) fn outcome(&mut self, tag: u64) -> Option<Result<Outcome, Error>> {
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
            assert!(!left.is_zero(), "{tag} does not end: {:?}", self.session);
            self.drive(left);
        }
    }

    pub(crate) fn run(&mut self, order: Order) -> Result<Outcome, Error> {
        let tag = self.begin(order)?;
        self.wait(tag)
    }

    pub(crate) fn order(&self, offset: u64, bytes: &[u8], stable: bool) -> Order {
        self.put(0, bytes);
        let place = self.place(0, bytes.len());
        Order::Write {
            offset,
            place,
            stable,
        }
    }

    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let write = self.order(offset, bytes, false);
        self.run(write).map(drop)
    }

    pub(crate) fn read(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        self.put(0, &vec![0xee; length]);
        let place = self.place(0, length);
        self.run(Order::Read { offset, place })?;
        Ok(self.get(0, length))
    }

    pub(crate) fn look(&mut self) -> Result<Attributes, Error> {
        self.news.retain(|event| !matches!(event, Event::Looked(_)));
        self.session.look();
        self.drive(Duration::ZERO);
        self.hear(|event| match event {
            Event::Looked(result) => Some(result.clone()),
            _ => None,
        })
    }

    /// Ends the session in order.
    pub(crate) fn close(&mut self) {
        self.session.close();
        self.drive(Duration::ZERO);
        self.hear(|event| matches!(event, Event::Closed).then_some(()));
    }
}
