//! The test as a keeper: it answers when and how the test wants, over a real queue pair and a real
//! shared memory, from a disk in memory.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use labelgate_buffers::MAX_BUFFER;
use labelgate_control::{
    AddKept, FromWorker, ImageShape, KeptShape, NotServed, Serial, Text, ToWorker,
};
use labelgate_queue_pair::{
    Completion, Failure, KeeperSide, Operation, Outcome, Run, Submission, Taken, create,
};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{MemfdFlags, SealFlags};

use super::{Bench, Kind};

/// How large the disk is, in bytes.
pub const SIZE: usize = 16 << 20;

/// What a worker is given to share with its keepers.
pub struct Shared {
    pub memory: OwnedFd,
    pub bell: OwnedFd,
    pub queues: Vec<OwnedFd>,
}

/// What keepers of one slot are made of.
pub struct Slot {
    memory: OwnedFd,
    bell: OwnedFd,
    queues: OwnedFd,
    number: u32,
}

/// One keeper.
pub struct Keeper {
    side: KeeperSide,
    memory: OwnedFd,
    /// The worker's.
    bell: OwnedFd,
    own: OwnedFd,
    pub disk: Vec<u8>,
}

/// A bell.
pub fn bell() -> OwnedFd {
    eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap()
}

/// Memory as the supervisor makes it.
pub fn memory(length: u64) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = rustix::fs::memfd_create("labelgate-buffers", flags).unwrap();
    rustix::fs::ftruncate(&memory, length).unwrap();
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&memory, seals).unwrap();
    memory
}

/// What a worker with so many slots shares, and the slots.
pub fn shared(slots: u32) -> (Shared, Vec<Slot>) {
    let (memory, bell) = (memory(66 * MAX_BUFFER as u64), bell());
    let queues: Vec<OwnedFd> = (0..slots).map(|_| create().unwrap()).collect();
    let slot = |(number, queues): (u32, &OwnedFd)| Slot {
        memory: memory.try_clone().unwrap(),
        bell: bell.try_clone().unwrap(),
        queues: queues.try_clone().unwrap(),
        number,
    };
    let all = (0..).zip(&queues).map(slot).collect();
    let shared = Shared {
        memory,
        bell,
        queues,
    };
    (shared, all)
}

/// A worker in a thread with one slot, and image 1 in it.
pub fn bench(kind: Kind) -> (Bench, Slot) {
    let (shared, mut slots) = shared(1);
    let bench = Bench::sharing(kind, Some(shared));
    bench.offer_kept(1, 0).unwrap();
    (bench, slots.remove(0))
}

pub const SHAPE: KeptShape = KeptShape {
    size: SIZE as u64,
    physical_block: 4096,
    discard: true,
    stable_writes: true,
};

impl Bench {
    /// The worker's answer to a kept image.
    pub fn offer_kept(&self, image: u32, keeper: u32) -> Result<ImageShape, NotServed> {
        self.offer_shaped(image, keeper, SHAPE)
    }

    pub fn offer_shaped(
        &self,
        image: u32,
        keeper: u32,
        shape: KeptShape,
    ) -> Result<ImageShape, NotServed> {
        self.tell(ToWorker::AddKept(AddKept {
            image,
            slot: 0,
            keeper,
            target: Text::new(&format!("iqn.2026-11.io.labelgate:k.{image}")).unwrap(),
            file_name: Text::new(&format!("k{image}")).unwrap(),
            serial: Serial([2; 16]),
            naa: [0x30; 8],
            block_size: 512,
            read_only: false,
            poisoned: false,
            shape,
        }));
        let FromWorker::ImageOpened { result, .. } = self.hear() else {
            panic!("not the answer to AddKept");
        };
        result
    }

    /// Waits until the worker has taken all that it was told.
    pub fn catch_up(&self) {
        let image = u32::MAX;
        self.tell(ToWorker::RemoveImage { image });
        assert_eq!(self.hear_past_ends(), FromWorker::ImageRemoved { image });
    }

    /// The next message that is not about the end of a connection.
    fn hear_past_ends(&self) -> FromWorker {
        loop {
            match self.hear() {
                FromWorker::ConnectionClosed { .. } => {}
                said => return said,
            }
        }
    }

    /// Says that the slot's keeper has gone, and waits until the queues are clear.
    pub fn keeper_gone(&self, slot: u32) {
        self.tell(ToWorker::KeeperGone { slot, blamed: true });
        assert_eq!(self.hear_past_ends(), FromWorker::QueueCleared { slot });
    }
}

impl Slot {
    /// A keeper with an empty disk, which serves from now on.
    pub fn keeper(&self, bench: &Bench) -> Keeper {
        self.successor(bench, vec![0; SIZE])
    }

    /// A keeper of the disk that another one has left.
    pub fn successor(&self, bench: &Bench, disk: Vec<u8>) -> Keeper {
        let own = bell();
        let keeper = Keeper {
            side: KeeperSide::map(self.queues.try_clone().unwrap()).unwrap(),
            memory: self.memory.try_clone().unwrap(),
            bell: self.bell.try_clone().unwrap(),
            own: own.try_clone().unwrap(),
            disk,
        };
        bench.tell(ToWorker::Keeper {
            slot: self.number,
            bell: own.as_fd(),
        });
        keeper
    }

    /// Where anybody who shares them can write anything.
    pub fn queues(&self) -> BorrowedFd<'_> {
        self.queues.as_fd()
    }
}

impl Keeper {
    /// The next operation, or nothing if none comes in this time.
    pub fn next_within(&mut self, limit: Duration) -> Option<Submission> {
        loop {
            match self.side.take().unwrap() {
                Some(Taken::Submission(submission)) => return Some(submission),
                Some(Taken::Nonsense { tag }) => panic!("the worker asks for nonsense ({tag})"),
                None => {}
            }
            if self.side.arm() {
                let limit = Timespec::try_from(limit).unwrap();
                let mut polled = [PollFd::new(&self.own, PollFlags::IN)];
                if poll(&mut polled, Some(&limit)).unwrap() == 0 {
                    self.side.disarm();
                    return None;
                }
                rustix::io::read(&self.own, &mut [0; 8]).unwrap();
                self.side.disarm();
            }
        }
    }

    /// The next operation.
    pub fn next(&mut self) -> Submission {
        self.next_within(Duration::from_secs(20))
            .expect("an operation comes")
    }

    /// Answers an operation.
    pub fn answer(&mut self, tag: u64, result: Result<Outcome, Failure>) {
        let took = Duration::from_millis(3);
        let completion = Completion { tag, result, took };
        self.side.complete(&completion).unwrap();
        if self.side.wakes() {
            rustix::io::write(&self.bell, &1_u64.to_ne_bytes()).unwrap();
        }
    }

    /// Rings the worker's bell, whether it sleeps or not.
    pub fn ring(&self) {
        rustix::io::write(&self.bell, &1_u64.to_ne_bytes()).unwrap();
    }

    /// Carries an operation out, without answering it.
    pub fn carry_out(&mut self, submission: &Submission) -> Result<Outcome, Failure> {
        let range = |offset: u64, length: u64| {
            let start = usize::try_from(offset).unwrap();
            let end = start + usize::try_from(length).unwrap();
            if end > SIZE {
                Err(Failure::OutOfRange)
            } else {
                Ok(start..end)
            }
        };
        match submission.operation {
            Operation::Read { offset, run } => {
                let Run { position, length } = run;
                let bytes = &self.disk[range(offset, length)?];
                rustix::io::pwrite(&self.memory, bytes, position).unwrap();
                Ok(Outcome::Done(length))
            }
            Operation::Write { offset, run, .. } => {
                let Run { position, length } = run;
                let bytes = &mut self.disk[range(offset, length)?];
                rustix::io::pread(&self.memory, bytes, position).unwrap();
                Ok(Outcome::Done(0))
            }
            Operation::Flush => Ok(Outcome::Done(0)),
            Operation::Discard { offset, length }
            | Operation::WriteZeroes { offset, length, .. } => {
                self.disk[range(offset, length)?].fill(0);
                Ok(Outcome::Done(0))
            }
            Operation::Extent { length, .. } => Ok(Outcome::Extent {
                length,
                mapped: true,
            }),
            Operation::Resize { size } => Ok(Outcome::Done(size)),
        }
    }

    /// Carries the next operation out, and answers it.
    pub fn serve_one(&mut self) -> Submission {
        let submission = self.next();
        let result = self.carry_out(&submission);
        self.answer(submission.tag, result);
        submission
    }

    /// The same until there is none for so long.
    pub fn serve_until_quiet(&mut self, limit: Duration) {
        while let Some(submission) = self.next_within(limit) {
            let result = self.carry_out(&submission);
            self.answer(submission.tag, result);
        }
    }
}
