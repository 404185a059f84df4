//! Logical units of upstream iSCSI targets.
//!
//! Each image is a session of its own, driven by the keeper's first thread: nothing waits, and there is
//! no other thread.

mod meaning;

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use labelgate_control::{Anchor, IscsiAnchor, KeptShape, NotServed, Text};
use labelgate_initiator::{
    Address, Chap, Credentials, Event as Happened, Memory, Options, Order, Outcome as Told, Place,
    Session, Unit, sight,
};
use labelgate_queue_pair::{Failure, Operation, Outcome, Run};

use crate::backend::{Backend, Event, Opening};
use meaning::{failure, not_served, shape};

/// How long operations wait for a target that is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// A target that lets nobody in for so long has other secrets, or another mind.
const REFUSED: Duration = Duration::from_secs(30);

/// How long what could not be looked at is not looked at again.
const AGAIN: Duration = Duration::from_secs(5);

/// The most that is discarded or made zeros at a time, in bytes.
const MAX_RANGE: u64 = 1 << 30;

/// Upstream targets as a backend.
pub(crate) struct Iscsi {
    memory: Memory,
    connect: Duration,
    images: HashMap<u32, Kept>,
    /// What credentials were found to open.
    looked: Vec<Looked>,
    /// How long reads are that are under way.
    reads: HashMap<u64, u64>,
    /// What there is to tell besides what sessions say.
    news: VecDeque<Event>,
}

/// What came of looking what credentials open.
struct Looked {
    portal: SocketAddr,
    target: Text<223>,
    credentials: Credentials,
    result: Result<(), NotServed>,
    at: Instant,
}

struct Kept {
    session: Session,
    opening: Opening,
    /// The least sizes that were asked for, one after the other.
    wanted: VecDeque<Option<u64>>,
}

impl Iscsi {
    pub(crate) fn new(memory: Memory, connect: Duration) -> Self {
        Self {
            memory,
            connect,
            images: HashMap::new(),
            looked: Vec::new(),
            reads: HashMap::new(),
            news: VecDeque::new(),
        }
    }

    fn place(&self, run: Run) -> Result<Place, Failure> {
        crate::memory::place(&self.memory, run)
    }

    fn order(&self, operation: Operation) -> Result<Order, Failure> {
        Ok(match operation {
            Operation::Read { offset, run } => Order::Read {
                offset,
                place: self.place(run)?,
            },
            Operation::Write {
                offset,
                run,
                stable,
            } => Order::Write {
                offset,
                place: self.place(run)?,
                stable,
            },
            Operation::Flush => Order::Flush,
            Operation::Discard { length, .. } | Operation::WriteZeroes { length, .. }
                if length == 0 || length > MAX_RANGE =>
            {
                return Err(Failure::Refused);
            }
            // A discard reads as zeros afterwards, which a target's own does not promise.
            Operation::Discard { offset, length } => Order::Zero {
                offset,
                length,
                unmap: true,
            },
            Operation::WriteZeroes {
                offset,
                length,
                unmap,
            } => Order::Zero {
                offset,
                length,
                unmap,
            },
            Operation::Extent { offset, .. } => Order::Extent { offset },
            Operation::Resize { .. } => return Err(Failure::Refused),
        })
    }

    fn happened(&mut self, image: u32, happened: Happened) {
        let event = match happened {
            Happened::Opened(result) => {
                return self.opened(image, result.map_err(|e| not_served(&e)));
            }
            Happened::Done { tag, result } => {
                let length = self.reads.remove(&tag).unwrap_or(0);
                let result = match result {
                    Ok(Told::Done) => Ok(Outcome::Done(length)),
                    Ok(Told::Extent { length, mapped }) => Ok(Outcome::Extent { length, mapped }),
                    Err(error) => Err(failure(&error)),
                };
                Event::Ended { tag, result }
            }
            Happened::Changed(unit) => Event::Resized(image, shape(&unit)),
            Happened::Looked(result) => {
                let wanted = self
                    .images
                    .get_mut(&image)
                    .and_then(|kept| kept.wanted.pop_front());
                let looked = result.map_err(|error| Text::clean(&error.to_string()));
                let result = looked.and_then(|unit| large_enough(&unit, wanted.flatten()));
                Event::Refreshed(image, result)
            }
            Happened::Lost(error) => return say(image, &format!("its target is gone: {error}")),
            Happened::Back => return say(image, "its target is there again"),
            Happened::Closed => {
                self.images.remove(&image);
                Event::Closed(image)
            }
        };
        self.news.push_back(event);
    }

    /// Credentials that are for one unit are not used if they open more: whoever has taken this process
    /// over would have all of it. Looks once, before anything is served by them: until then there is
    /// nobody whom that could hold up. What came of it holds for a while, so that many images of one
    /// target that is gone wait once.
    fn look(&mut self, anchor: &IscsiAnchor) -> Result<(), NotServed> {
        if anchor.shared {
            return Ok(());
        }
        let with = credentials(anchor);
        let at = (anchor.portal, anchor.target.as_str());
        let is_it = |looked: &Looked| {
            (looked.portal, looked.target.as_str()) == at && looked.credentials == with
        };
        if let Some(looked) = self.looked.iter().find(|looked| is_it(looked))
            && (looked.result.is_ok() || looked.at.elapsed() < AGAIN)
        {
            return looked.result.clone();
        }
        let result = single(at, &with, self.connect);
        self.looked.retain(|looked| !is_it(looked));
        self.looked.push(Looked {
            portal: anchor.portal,
            target: anchor.target.clone(),
            credentials: with,
            result: result.clone(),
            at: Instant::now(),
        });
        result
    }

    /// A session is open, or will not be.
    fn opened(&mut self, image: u32, result: Result<Unit, NotServed>) {
        let Some(kept) = self.images.get(&image) else {
            return;
        };
        let wanted = kept.opening.size;
        let result = result.and_then(|unit| large_enough(&unit, wanted).map_err(NotServed::Unfit));
        if let (Ok(_), Anchor::Iscsi(anchor)) = (&result, &kept.opening.anchor) {
            let name = format!(
                "{} {} {}",
                anchor.portal,
                anchor.target.as_str(),
                anchor.lun
            );
            self.news.push_back(Event::Connected(Text::clean(&name)));
        }
        if result.is_err() {
            self.images.remove(&image);
        }
        self.news.push_back(Event::Opened(image, result));
    }
}

/// Whether credentials open one unit and nothing else.
fn single(at: (SocketAddr, &str), with: &Credentials, limit: Duration) -> Result<(), NotServed> {
    let seen = sight(at, with, limit).map_err(|error| not_served(&error))?;
    if seen.is_single() {
        return Ok(());
    }
    Err(NotServed::Unfit(Text::clean(&format!(
        "its store's credentials open {seen}; give it some that open this unit alone, or say that \
         the store's are shared"
    ))))
}

/// What an image looks like, if it is so large: it is its target that makes it larger.
fn large_enough(unit: &Unit, wanted: Option<u64>) -> Result<KeptShape, Text<256>> {
    match wanted {
        Some(wanted) if wanted > unit.size => Err(Text::clean(&format!(
            "the logical unit has {} bytes and shall have {wanted}: it is made larger on its target",
            unit.size
        ))),
        _ => Ok(shape(unit)),
    }
}

/// To the supervisor, which logs it. If it is gone, nobody does.
fn say(image: u32, words: &str) {
    let _ = writeln!(
        std::io::stderr(),
        "labelgate-keeper: image {image}: {words}"
    );
}

fn credentials(anchor: &IscsiAnchor) -> Credentials {
    let chap = |(name, secret): (&str, &str)| Chap {
        name: name.to_owned(),
        secret: secret.to_owned(),
    };
    Credentials {
        initiator: anchor.initiator.as_str().to_owned(),
        chap: anchor.own_proof().map(chap),
        target_chap: anchor.target_proof().map(chap),
    }
}

fn options(anchor: &IscsiAnchor, opening: &Opening, connect: Duration) -> Options {
    Options {
        address: Address {
            portal: anchor.portal,
            target: anchor.target.as_str().to_owned(),
            unit: anchor.lun,
        },
        credentials: credentials(anchor),
        read_only: opening.read_only,
        write_through: anchor.write_through,
        key: (anchor.reservation != 0).then_some(anchor.reservation),
        connect,
        patience: PATIENCE,
    }
}

impl Backend for Iscsi {
    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        self.images
            .values()
            .map(|kept| kept.session.as_fd())
            .collect()
    }

    fn events(&mut self) -> VecDeque<Event> {
        // Whoever comes next has the secrets that the store has by now. One that is let in somewhere
        // goes on there.
        let refused = |kept: &Kept| {
            kept.session
                .refused_for()
                .is_some_and(|time| time >= REFUSED)
        };
        if !self.images.is_empty() && self.images.values().all(refused) {
            self.images
                .values_mut()
                .for_each(|kept| kept.session.give_up());
        }
        let driven: Vec<(u32, Vec<Happened>)> = self
            .images
            .iter_mut()
            .map(|(&image, kept)| (image, kept.session.drive()))
            .filter(|(_, events)| !events.is_empty())
            .collect();
        for (image, events) in driven {
            for event in events {
                self.happened(image, event);
            }
        }
        std::mem::take(&mut self.news)
    }

    fn open(&mut self, opening: Opening) {
        let image = opening.image;
        let Anchor::Iscsi(anchor) = &opening.anchor else {
            let why = NotServed::Unfit(Text::clean("its anchor is another backend's"));
            return self.news.push_back(Event::Opened(image, Err(why)));
        };
        if let Err(why) = self.look(anchor) {
            return self.news.push_back(Event::Opened(image, Err(why)));
        }
        match Session::open(options(anchor, &opening, self.connect)) {
            Ok(session) => {
                let wanted = VecDeque::new();
                let kept = Kept {
                    session,
                    opening,
                    wanted,
                };
                self.images.insert(image, kept);
            }
            Err(error) => {
                let event = Event::Opened(image, Err(not_served(&error)));
                self.news.push_back(event);
            }
        }
    }

    fn start(&mut self, tag: u64, image: u32, operation: Operation) -> Result<(), Failure> {
        let size = |kept: &Kept| kept.session.unit().map(|unit| unit.size);
        let kept = self.images.get(&image).ok_or(Failure::NotReady)?;
        if let Operation::Resize { size: wanted } = operation
            && Some(wanted) == size(kept)
        {
            let result = Ok(Outcome::Done(wanted));
            self.news.push_back(Event::Ended { tag, result });
            return Ok(());
        }
        let order = self.order(operation)?;
        if let Order::Read { place, .. } = &order {
            self.reads.insert(tag, place.len() as u64);
        }
        let kept = self.images.get_mut(&image).ok_or(Failure::NotReady)?;
        kept.session.start(tag, order).map_err(|error| {
            self.reads.remove(&tag);
            failure(&error)
        })
    }

    fn refresh(&mut self, image: u32, size: Option<u64>) {
        match self.images.get_mut(&image) {
            Some(kept) => {
                kept.wanted.push_back(size);
                kept.session.look();
            }
            None => {
                let result = Err(Text::clean("the image is not open"));
                self.news.push_back(Event::Refreshed(image, result));
            }
        }
    }

    fn close(&mut self, image: u32) {
        match self.images.get_mut(&image) {
            Some(kept) => kept.session.close(),
            None => self.news.push_back(Event::Closed(image)),
        }
    }
}
