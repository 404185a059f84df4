//! One connection's beginning, in a process of its own that knows no secret: an iSCSI login, or RPC
//! calls up to the first one that shows an NFS file handle.
//!
//! Everything a stranger sends before it is known who he is is parsed here. The process holds two
//! sockets: the stranger's, and the one to the supervisor, which makes each challenge and judges
//! each answer, token and file handle. It confines itself before it is given the stranger's. When the login has succeeded,
//! but for its last answer, it hands over what was agreed upon and ends; nothing it has touched
//! goes on but those bytes, which the worker checks again.
//!
//! There is one greeter that stays ([`Mode::Portmap`]): it answers questions for ports that come as
//! datagrams, which belong to no connection.
//!
//! It uses plain blocking calls: there is nothing else to do meanwhile, and the supervisor ends
//! a greeter that takes too long.

#![forbid(unsafe_code)]

mod client;
mod fault;
mod greet;
mod iscsi;
mod mode;
mod portmap;
mod rpc;
mod supervisor;

pub use client::Client;
pub use fault::Fault;
pub use greet::greet;
pub use mode::Mode;
pub use supervisor::Supervisor;

use std::ffi::OsString;
use std::rc::Rc;
use std::time::Instant;

use labelgate_control::{FromGreeter, FromPortmap, GreeterEnd, List, PortmapEnd, Text};
use labelgate_mac::confinement::{Identity, Profile, Report, confine};
use portmap::Sources;

/// A greeter's life: confines the process, waits for what it is to do, does it.
///
/// To be called first thing in `main`, while the process has one thread, with what follows the
/// program's name on its command line.
///
/// # Errors
/// Why the process could not do its work. That a login fails is no such thing.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), Fault> {
    // It cannot be told later: it is confined before it hears anything.
    let (mode, identity) = mode::parse(arguments)?;
    match mode {
        Mode::Connection => greet_one(identity),
        Mode::Portmap => map_ports(identity),
    }
}

fn greet_one(identity: Identity) -> Result<(), Fault> {
    let mut profile = Profile::greeter();
    profile.identity = identity;
    let control = Rc::new(GreeterEnd::from_stdin().map_err(Fault::ControlSocket)?);
    let confinement = confine(&profile)?;
    let mut supervisor = Supervisor::new(Rc::clone(&control));
    supervisor.say(&FromGreeter::Ready {
        confinement: words(&confinement),
    })?;
    match supervisor.connection()? {
        Some((order, socket)) => greet(&order, &Client::new(socket, control), &mut supervisor),
        // It was kept ready and is not needed.
        None => Ok(()),
    }
}

fn map_ports(identity: Identity) -> Result<(), Fault> {
    let mut profile = Profile::portmap();
    profile.identity = identity;
    let control = PortmapEnd::from_stdin().map_err(Fault::ControlSocket)?;
    // What it needs random bytes for, which it cannot ask for later.
    let sources = Sources::new(Instant::now());
    let confinement = confine(&profile)?;
    control.send(&FromPortmap::Ready {
        confinement: words(&confinement),
    })?;
    portmap::stay(&control, sources)
}

fn words(report: &Report) -> List<Text<128>, 16> {
    let entries = report.entries().iter().map(|entry| Text::clean(entry));
    entries.collect::<Vec<_>>().try_into().unwrap_or_default()
}
