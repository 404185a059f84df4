//! One descriptor for the socket and for the time.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use libc::c_int;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

const SOCKET: u64 = 1;
const TIMER: u64 = 2;

/// An epoll instance with a timer, and with a socket as long as there is one.
#[derive(Debug)]
pub struct Poll {
    epoll: OwnedFd,
    timer: OwnedFd,
    watched: Option<(RawFd, c_int)>,
    /// When the timer goes off.
    armed: Option<Instant>,
}

impl Poll {
    /// One that watches nothing.
    ///
    /// # Errors
    ///
    /// The system has no descriptor for it.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), EventFlags::IN)?;
        Ok(Self {
            epoll,
            timer,
            watched: None,
            armed: None,
        })
    }

    /// What has happened on the socket, as `poll` has it.
    #[must_use]
    pub fn take(&mut self) -> c_int {
        let mut events = [Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        }; 2];
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let count = epoll::wait(&self.epoll, &mut events[..], Some(&now)).unwrap_or(0);
        let mut happened = 0;
        for event in events.iter().take(count) {
            match event.data.u64() {
                SOCKET => happened = in_poll(event.flags),
                _ => self.rang(),
            }
        }
        happened
    }

    fn rang(&mut self) {
        // It is no error that it has not gone off.
        let _ = rustix::io::read(&self.timer, &mut [0; 8]);
        self.armed = None;
    }

    /// Watches a socket for these events, as `poll` has them, and no other socket.
    ///
    /// # Errors
    ///
    /// The system does not watch it.
    pub fn watch(&mut self, socket: BorrowedFd<'_>, events: c_int) -> io::Result<()> {
        let (number, data) = (socket.as_raw_fd(), EventData::new_u64(SOCKET));
        match self.watched {
            Some(watched) if watched == (number, events) => return Ok(()),
            Some((same, _)) if same == number => {
                epoll::modify(&self.epoll, socket, data, in_epoll(events))?;
            }
            _ => epoll::add(&self.epoll, socket, data, in_epoll(events))?,
        }
        self.watched = Some((number, events));
        Ok(())
    }

    /// The socket is about to be closed. It is not enough that it is: whoever was started meanwhile may
    /// have inherited it.
    pub fn forget(&mut self) {
        if let Some((socket, _)) = self.watched.take() {
            // SAFETY: whoever has it has not closed it yet.
            let socket = unsafe { BorrowedFd::borrow_raw(socket) };
            // If it is closed all the same, there is nothing to be forgotten.
            let _ = epoll::delete(&self.epoll, socket);
        }
    }

    /// Becomes readable at this time at the latest.
    pub fn wake(&mut self, at: Instant, now: Instant) {
        if self.armed.is_some_and(|armed| armed <= at) {
            return;
        }
        let left = at
            .saturating_duration_since(now)
            .max(Duration::from_millis(1));
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let timer = Itimerspec {
            it_interval: zero,
            it_value: Timespec::try_from(left).unwrap_or(zero),
        };
        // It can fail for no reason that there is here.
        if timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &timer).is_ok() {
            self.armed = Some(at);
        }
    }
}

impl AsFd for Poll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

const PAIRS: [(EventFlags, i16); 4] = [
    (EventFlags::IN, libc::POLLIN),
    (EventFlags::OUT, libc::POLLOUT),
    (EventFlags::ERR, libc::POLLERR),
    (EventFlags::HUP, libc::POLLHUP),
];

fn in_poll(flags: EventFlags) -> c_int {
    let set = PAIRS.iter().filter(|(flag, _)| flags.contains(*flag));
    set.fold(0, |events, (_, event)| events | c_int::from(*event))
}

fn in_epoll(events: c_int) -> EventFlags {
    let set = PAIRS
        .iter()
        .filter(|(_, event)| events & c_int::from(*event) != 0);
    set.fold(EventFlags::empty(), |flags, (flag, _)| flags | *flag)
}
