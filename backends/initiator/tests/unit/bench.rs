//! A target, a session, memory, and waiting for what ends.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use labelgate_fixtures::peer::Tgt;
use labelgate_fixtures::scratch::Scratch;
use labelgate_initiator::{
    Address, Credentials, Error, Event, Kind, Memory, Options, Order, Outcome, Place, Session, Unit,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long anything may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// How much memory there is, in bytes.
const ROOM: usize = 16 << 20;
pub(crate) const INITIATOR: &str = "iqn.2026-11.io.labelgate.test:upstream";

/// What an error means; a failed test if there is none.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(fine) => panic!("no error but {fine:?}"),
        Err(error) => error.kind(),
    }
}

/// A file that a target serves.
pub(crate) struct Disk {
    pub(crate) tgt: Tgt,
    pub(crate) file: PathBuf,
    _scratch: Scratch,
}

impl Disk {
    pub(crate) fn new(size: u64) -> Self {
        let scratch = Scratch::new("upstream").unwrap();
        let file = scratch.join("disk");
        File::create(&file).unwrap().set_len(size).unwrap();
        Self {
            tgt: Tgt::start(&file).unwrap(),
            file,
            _scratch: scratch,
        }
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            address: Address {
                portal: self.tgt.address(),
                target: self.tgt.target().to_owned(),
                unit: 1,
            },
            credentials: Credentials {
                initiator: INITIATOR.to_owned(),
                chap: None,
                target_chap: None,
            },
            read_only: false,
            write_through: false,
            key: Some(0x6c61_6265_6c00_0001),
            connect: Duration::from_secs(20),
            patience: LIMIT,
        }
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
    pub(crate) fn start(disk: &Disk) -> Self {
        Self::open(disk.options()).unwrap()
    }

    pub(crate) fn unit(&self) -> Unit {
        self.session.unit().unwrap().clone()
    }

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
        let tag = self.tag();
        self.session.start(tag, order)?;
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
            assert!(
                !left.is_zero(),
                "operation {tag} does not end: {:?}",
                self.session
            );
            self.drive(left);
        }
    }

    pub(crate) fn run(&mut self, order: Order) -> Result<Outcome, Error> {
        let tag = self.begin(order)?;
        self.wait(tag)
    }

    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.put(0, bytes);
        let place = self.place(0, bytes.len());
        let stable = false;
        self.run(Order::Write {
            offset,
            place,
            stable,
        })
        .map(drop)
    }

    pub(crate) fn read(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        self.put(0, &vec![0xee; length]);
        let place = self.place(0, length);
        self.run(Order::Read { offset, place })?;
        Ok(self.get(0, length))
    }

    /// Ends the session in order.
    pub(crate) fn close(&mut self) {
        self.session.close();
        self.drive(Duration::ZERO);
        self.hear(|event| matches!(event, Event::Closed).then_some(()));
    }
}
