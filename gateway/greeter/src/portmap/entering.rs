//! Entering what is served with another port mapper, and taking it out again.

use std::os::fd::OwnedFd;

use labelgate_control::{Entry, FromPortmap, Incoming, PortmapEnd, SendError, Text, ToPortmap};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::rpcbind::{Rpcbind, Trouble, netid, numbers};
use crate::Fault;

/// Enters these, and stays until they are to be taken out, or the other port mapper is gone.
pub(super) fn stay(
    control: &PortmapEnd,
    entries: &[Entry],
    connection: OwnedFd,
) -> Result<(), Fault> {
    let mut rpcbind = Rpcbind::new(connection, control);
    if let Err(reason) = enter(&mut rpcbind, entries) {
        let reason = Text::clean(&reason);
        return say(control, &FromPortmap::NotEntered { reason });
    }
    say(control, &FromPortmap::Entered)?;
    wait(control, &rpcbind)?;
    match control.receive()? {
        Incoming::Message(ToPortmap::TakeOut) => {
            take_out(&mut rpcbind, entries);
            say(control, &FromPortmap::TakenOut)
        }
        Incoming::Message(_) => Err(Fault::Protocol("who enters answers nothing")),
        Incoming::Withheld(_) => Err(Fault::Withheld),
        Incoming::Closed => Ok(()),
        // It says nothing unasked: what can be read is its end.
        Incoming::Nothing => Err(Fault::RpcbindGone),
    }
}

/// All of them, or none and why.
fn enter(rpcbind: &mut Rpcbind<'_>, entries: &[Entry]) -> Result<(), String> {
    for (index, entry) in entries.iter().enumerate() {
        let why = match rpcbind.set(entry) {
            Ok(true) => continue,
            Ok(false) => refusal(entry),
            Err(trouble) => trouble.to_string(),
        };
        take_out(rpcbind, entries.get(..index).unwrap_or_default());
        return Err(why);
    }
    Ok(())
}

fn refusal(entry: &Entry) -> String {
    let (program, version) = numbers(entry.program);
    let netid = netid(entry).as_str();
    format!(
        "rpcbind does not take program {program} version {version} over {netid}: another NFS server \
         has entered it (rpcinfo -p shows it); stop that (systemctl disable --now nfs-server)"
    )
}

/// As far as that goes: what is not there need not be taken out.
fn take_out(rpcbind: &mut Rpcbind<'_>, entries: &[Entry]) {
    for entry in entries {
        match rpcbind.unset(entry) {
            Ok(_) => {}
            Err(Trouble::Denied(_)) => {}
            Err(_) => return,
        }
    }
}

fn say(control: &PortmapEnd, message: &FromPortmap) -> Result<(), Fault> {
    match control.send(message) {
        Err(SendError::Closed) => Err(Fault::Abandoned),
        sent => Ok(sent?),
    }
}

/// Waits until the supervisor or the other port mapper says something, or is gone.
fn wait(control: &PortmapEnd, rpcbind: &Rpcbind<'_>) -> Result<(), Fault> {
    loop {
        let mut waits = [
            PollFd::new(control, PollFlags::IN),
            PollFd::new(rpcbind, PollFlags::IN | PollFlags::RDHUP),
        ];
        match poll(&mut waits, None) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(Fault::Poll(error.into())),
        }
    }
}
