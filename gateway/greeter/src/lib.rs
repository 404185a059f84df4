//! One connection's iSCSI login, in a process of its own that knows no secret.
//!
//! Everything a stranger sends before it is known who he is is parsed here. The process holds two
//! sockets: the stranger's, and the one to the supervisor, which makes each challenge and judges
//! each answer. It confines itself before it is given the stranger's. When the login has succeeded,
//! but for its last answer, it hands over what was agreed upon and ends; nothing it has touched
//! goes on but those bytes, which the worker checks again.
//!
//! It uses plain blocking calls: there is nothing else to do meanwhile, and the supervisor ends
//! a greeter that takes too long.

#![forbid(unsafe_code)]

mod client;
mod fault;
mod greet;
mod supervisor;

pub use client::Client;
pub use fault::Fault;
pub use greet::greet;
pub use supervisor::Supervisor;

use std::rc::Rc;

use labelgate_control::{FromGreeter, GreeterEnd, List, Text};
use labelgate_mac::confinement::{Profile, Report, confine};

/// A greeter's life: confines the process, waits for a connection, greets it.
///
/// To be called first thing in `main`, while the process has one thread.
///
/// # Errors
/// Why the process could not do its work. That a login fails is no such thing.
pub fn run() -> Result<(), Fault> {
    let control = Rc::new(GreeterEnd::from_stdin().map_err(Fault::ControlSocket)?);
    let confinement = confine(&Profile::greeter())?;
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

fn words(report: &Report) -> List<Text<128>, 16> {
    let entries = report.entries().iter().map(|entry| Text::clean(entry));
    entries.collect::<Vec<_>>().try_into().unwrap_or_default()
}
