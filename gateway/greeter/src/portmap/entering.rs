//! Entering what is served with another port mapper, and taking it out again.

use std::os::fd::OwnedFd;
use std::time::Duration;

use labelgate_control::{Entry, FromPortmap, Incoming, PortmapEnd, SendError, Text, ToPortmap};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::rpcbind::{Rpcbind, Trouble, netid, numbers};
use crate::Fault;

/// After this long it is looked whether they are still there: other NFS servers of this machine take
/// out what they find, when they start and when they end.
const INTERVAL: Duration = Duration::from_secs(5);

/// Enters these, and stays until they are to be taken out, or the other port mapper or one of them is
/// gone.
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
    while !wait(control, &rpcbind)? {
        // One that is there already counts as entered.
        enter(&mut rpcbind, entries).map_err(Fault::EntryLost)?;
    }
    match control.receive()? {
        Incoming::Message(ToPortmap::TakeOut) => match take_out(&mut rpcbind, entries) {
            Ok(()) => say(control, &FromPortmap::TakenOut),
            Err(trouble) => {
                let reason = Text::clean(&trouble.to_string());
                say(control, &FromPortmap::NotEntered { reason })
            }
        },
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
        // Why it was entered in part only says more than why that could not be taken out.
        let _ = take_out(rpcbind, entries.get(..index).unwrap_or_default());
        return Err(why);
    }
    Ok(())
}

fn refusal(entry: &Entry) -> String {
    let (program, version) = numbers(entry.program);
    let netid = netid(entry).as_str();
    format!(
        "rpcbind does not take program {program} version {version} over {netid}: another NFS server \
         has entered it (rpcinfo -p shows it; systemctl disable --now nfs-server), or a gateway that \
         was killed and had another address (rpcinfo -d {program} {version})"
    )
}

/// What is not there need not be taken out.
fn take_out(rpcbind: &mut Rpcbind<'_>, entries: &[Entry]) -> Result<(), Trouble> {
    let mut all = entries.iter();
    all.try_for_each(|entry| rpcbind.unset(entry).map(drop))
}

fn say(control: &PortmapEnd, message: &FromPortmap) -> Result<(), Fault> {
    match control.send(message) {
        Err(SendError::Closed) => Err(Fault::Abandoned),
        sent => Ok(sent?),
    }
}

/// Waits until the supervisor or the other port mapper says something, or is gone; `false` if neither
/// has for a while.
fn wait(control: &PortmapEnd, rpcbind: &Rpcbind<'_>) -> Result<bool, Fault> {
    let most = Timespec::try_from(INTERVAL).unwrap_or_default();
    loop {
        let mut waits = [
            PollFd::new(control, PollFlags::IN),
            PollFd::new(rpcbind, PollFlags::IN | PollFlags::RDHUP),
        ];
        match poll(&mut waits, Some(&most)) {
            Ok(some) => return Ok(some != 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(Fault::Poll(error.into())),
        }
    }
}
