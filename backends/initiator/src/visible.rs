//! What a credential sees: which targets a portal tells of, and which logical units each has.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::command::Command;
use crate::context::{Context, Happened};
use crate::credentials::{Address, Credentials};
use crate::sense::Key;
use crate::task::{Buffer, Status};
use crate::{Error, Kind, unit};

/// The most targets that are looked into, and the most units of one.
const MAX_TARGETS: usize = 64;
const MAX_UNITS: usize = 64;
/// The most bytes of a list of units.
const LIST: u16 = 16 << 10;
/// How often a command is tried that is answered by news.
const TRIES: u32 = 16;

/// A target that a portal tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// What it lets the credential use; or why it does not let it in, or was not looked into.
    pub devices: Result<Vec<Device>, Error>,
}

/// A logical unit that can be addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Its number.
    pub unit: u16,
    /// The type of the device, as SPC-4 numbers them; nothing if there is none after all.
    pub kind: Option<u8>,
}

impl Device {
    /// Whether it is a disk, and not one of the things that targets have beside them.
    #[must_use]
    pub const fn is_disk(&self) -> bool {
        matches!(self.kind, Some(unit::DISK))
    }
}

/// Asks a portal what a credential sees there. Waits for the answers, at most so long.
///
/// More targets or units than could be looked into are told as such: the last one has then an error.
///
/// # Errors
///
/// The portal does not say which targets there are.
pub fn visible(
    portal: SocketAddr,
    credentials: &Credentials,
    limit: Duration,
) -> Result<Vec<Target>, Error> {
    let until = Instant::now() + limit;
    let look = |(at, name): (usize, String)| {
        let devices = match at < MAX_TARGETS {
            true => devices(portal, credentials, &name, until),
            false => Err(too_many()),
        };
        Target { name, devices }
    };
    let names = names(portal, credentials, until)?;
    Ok(names.into_iter().enumerate().map(look).collect())
}

/// The targets that a portal tells of. Of what a portal asks for in a discovery session, and proves there, many
/// ask for less than their targets do: that is then what there is.
pub(crate) fn names(
    portal: SocketAddr,
    credentials: &Credentials,
    until: Instant,
) -> Result<Vec<String>, Error> {
    let one_way = Credentials {
        target_chap: None,
        ..credentials.clone()
    };
    let open = Credentials {
        chap: None,
        ..one_way.clone()
    };
    let mut told = names_for(portal, credentials, until);
    for fewer in [one_way, open] {
        let refused = |error: &Error| matches!(error.kind(), Kind::Impostor | Kind::Permission);
        if told.as_ref().err().is_some_and(refused) {
            told = names_for(portal, &fewer, until);
        }
    }
    told
}

fn names_for(
    portal: SocketAddr,
    credentials: &Credentials,
    until: Instant,
) -> Result<Vec<String>, Error> {
    let mut talk = Talk::begin(portal, credentials, None, until)?;
    talk.context.discover()?;
    let mut names = talk
        .wait("asking for targets", |happened| match happened {
            Happened::Targets(targets) => Some(targets),
            _ => None,
        })?
        .ok_or_else(|| {
            Error::of("asking for targets", Kind::NotReady).with(&talk.context.said())
        })?;
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn too_many() -> Error {
    Error::of("looking into a target", Kind::Resources).with("there are too many")
}

/// What a target lets a credential use.
pub(crate) fn devices(
    portal: SocketAddr,
    credentials: &Credentials,
    target: &str,
    until: Instant,
) -> Result<Vec<Device>, Error> {
    let address = Address {
        portal,
        target: target.to_owned(),
        // A unit that nobody uses, so that nobody's session is ended by this one.
        unit: (1 << 14) - 1,
    };
    let mut talk = Talk::begin(portal, credentials, Some(&address), until)?;
    let list = talk.ask(0, &Command::report_units(LIST.into()), LIST)?;
    let nonsense = |_| Error::of("asking for units", Kind::Unfit);
    let (units, more) = unit::units(&list).map_err(nonsense)?;
    if more || units.len() > MAX_UNITS {
        return Err(too_many());
    }
    let mut devices = Vec::new();
    for number in units {
        let said = talk.ask(number, &Command::inquiry(96), 96)?;
        let kind = unit::device_type(&said);
        devices.push(Device { unit: number, kind });
    }
    let _ = talk.context.logout();
    let _ = talk.wait("logging out", |happened| {
        matches!(happened, Happened::LoggedOut).then_some(())
    });
    Ok(devices)
}

/// A session that waits.
struct Talk {
    context: Context,
    until: Instant,
    next: u64,
}

impl Talk {
    fn begin(
        portal: SocketAddr,
        credentials: &Credentials,
        address: Option<&Address>,
        until: Instant,
    ) -> Result<Self, Error> {
        let context = Context::new(credentials, address)?;
        let mut talk = Self {
            context,
            until,
            next: 0,
        };
        talk.context.connect(&portal.to_string())?;
        let connected = talk.wait("connecting", |happened| match happened {
            Happened::Connected(well) => Some(well),
            _ => None,
        })?;
        if !connected {
            return Err(Error::of("connecting", Kind::NotReady).with(&talk.context.said()));
        }
        talk.context.login()?;
        let well = talk.wait("logging in", |happened| match happened {
            Happened::LoggedIn(well) => Some(well),
            _ => None,
        })?;
        match (well, talk.context.is_proven()) {
            (true, true) => Ok(talk),
            (true, false) => Err(Error::of("logging in", Kind::Impostor)),
            (false, _) => Err(crate::link::refusal(&talk.context.said())),
        }
    }

    /// Serves the session until something has happened.
    fn wait<T>(
        &mut self,
        doing: &'static str,
        mut wanted: impl FnMut(Happened) -> Option<T>,
    ) -> Result<T, Error> {
        let mut alive = true;
        loop {
            if let Some(found) = self.context.take().into_iter().find_map(&mut wanted) {
                return Ok(found);
            }
            let left = self.until.saturating_duration_since(Instant::now());
            if !alive || left.is_zero() {
                return Err(Error::of(doing, Kind::NotReady).with(&self.context.said()));
            }
            let happened = self.poll(left)?;
            alive = happened == 0 || self.context.serve(happened);
        }
    }

    fn poll(&self, left: Duration) -> Result<i32, Error> {
        let (socket, events) = self
            .context
            .waits()
            .ok_or(Error::of("waiting", Kind::NotReady))?;
        let flags = i16::try_from(events).unwrap_or(libc::POLLIN);
        let mut polled = [PollFd::from_borrowed_fd(
            socket,
            PollFlags::from_bits_truncate(flags.cast_unsigned()),
        )];
        let time = Timespec::try_from(left).ok();
        match poll(&mut polled, time.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {
                let [polled] = &polled;
                Ok(i32::from(polled.revents().bits()))
            }
            Err(error) => Err(Error::system("waiting", &error.into())),
        }
    }

    /// Sends a command and gives its answer.
    fn ask(&mut self, number: u16, command: &Command, room: u16) -> Result<Vec<u8>, Error> {
        const DOING: &str = "asking for units";
        for _ in 0..TRIES {
            self.next += 1;
            let own = self.next;
            self.context
                .send(own, number, command, Buffer::room(room))?;
            let (status, buffer) = self.wait(DOING, |happened| match happened {
                Happened::Task(tag, status, buffer) if tag == own => Some((status, buffer)),
                _ => None,
            })?;
            match (status, buffer) {
                (Status::Good { short }, Buffer::Answer(bytes)) => {
                    let mut bytes = bytes.into_vec();
                    let short = usize::try_from(short).unwrap_or(usize::MAX);
                    bytes.truncate(bytes.len().saturating_sub(short));
                    return Ok(bytes);
                }
                (Status::Check(sense), _) if sense.key == Key::Attention => {}
                (Status::Conflict, _) => return Err(Error::of(DOING, Kind::Held)),
                _ => return Err(Error::of(DOING, Kind::NotReady)),
            }
        }
        Err(Error::of(DOING, Kind::NotReady))
    }
}
