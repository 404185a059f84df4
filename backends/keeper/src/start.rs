//! From the first instruction to the first image.

use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use labelgate_buffers::Memory;
use labelgate_control::{
    ConfigureKeeper, FromKeeper, Incoming, KeeperEnd, Library, List, Text, ToKeeper,
};
use labelgate_mac::confinement::{Identity, Profile, Reach, Report, confine};
use labelgate_mac::selinux::own_context;
use labelgate_queue_pair::KeeperSide;

use crate::Fault;
use crate::iscsi::Iscsi;
use crate::rbd::Rbd;
use crate::serve::{Bells, Keeper};

/// What a keeper is started with.
struct Handed {
    configure: ConfigureKeeper,
    memory: Memory,
    queue: KeeperSide,
    bells: Bells,
    anchors: Vec<OwnedFd>,
}

/// A keeper's life: takes its configuration from standard input, loads its library, confines the
/// process, serves.
///
/// To be called first thing in `main`, while the process has one thread. Afterwards the process ends
/// by [`exit`].
///
/// # Errors
/// See [`Fault`].
pub fn run() -> Result<(), Fault> {
    let control = KeeperEnd::from_stdin().map_err(Fault::Stdin)?;
    let handed = receive(&control)?;
    let limits = handed.configure.limits;
    let connect = Duration::from_millis(limits.connect_milliseconds.into());
    match handed.configure.library {
        Library::Rbd => {
            // While files can be mapped that are executed.
            labelgate_rbd::load()?;
            let report = confine(&profile(&handed))?;
            let memory = crate::memory::lend(handed.memory).map_err(Fault::Memory)?;
            let backend = Rbd::new(memory, connect).map_err(Fault::Wait)?;
            say_ready(&control, &report)?;
            let queue = (handed.queue, handed.bells);
            Keeper::new((control, limits), queue, backend).serve()
        }
        Library::Iscsi => {
            labelgate_initiator::load()?;
            let report = confine(&profile(&handed))?;
            let backend = Iscsi::new(Rc::new(handed.memory), connect);
            say_ready(&control, &report)?;
            let queue = (handed.queue, handed.bells);
            Keeper::new((control, limits), queue, backend).serve()
        }
    }
}

/// Ends the process, whatever the library's threads are doing.
pub fn exit(status: i32) -> ! {
    labelgate_rbd::exit_process(status)
}

fn receive(control: &KeeperEnd) -> Result<Handed, Fault> {
    let ToKeeper::Configure(configure) = next(control)? else {
        return Err(Fault::NotConfigured);
    };
    check_context(configure.context.as_ref())?;
    let ToKeeper::Memory(memory) = next(control)? else {
        return Err(Fault::NotConfigured);
    };
    let ToKeeper::Queues(queues) = next(control)? else {
        return Err(Fault::NotConfigured);
    };
    let ToKeeper::Bell(worker) = next(control)? else {
        return Err(Fault::NotConfigured);
    };
    let ToKeeper::OwnBell(own) = next(control)? else {
        return Err(Fault::NotConfigured);
    };
    let mut anchors = Vec::new();
    if configure.opens_anchors {
        let ToKeeper::Anchors(directory) = next(control)? else {
            return Err(Fault::NotConfigured);
        };
        anchors.push(directory);
    }
    Ok(Handed {
        configure,
        memory: Memory::map(memory).map_err(Fault::Memory)?,
        queue: KeeperSide::map(queues)?,
        bells: Bells { worker, own },
        anchors,
    })
}

fn next(control: &KeeperEnd) -> Result<ToKeeper, Fault> {
    match control.receive_blocking()? {
        Incoming::Message(message) => Ok(message),
        Incoming::Nothing => Err(Fault::NotConfigured),
        Incoming::Withheld(_) => Err(Fault::Withheld),
        Incoming::Closed => Err(Fault::Abandoned),
    }
}

/// Whether this process runs as it must, where that is what confines it.
fn check_context(expected: Option<&Text<1536>>) -> Result<(), Fault> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let is = own_context();
    if is.as_ref().is_ok_and(|is| is.to_string() == **expected) {
        return Ok(());
    }
    let (is, expected) = (Box::new(is), expected.clone());
    Err(Fault::Context { is, expected })
}

fn profile(handed: &Handed) -> Profile<'_> {
    let mut profile = Profile::keeper();
    profile.reach = match &handed.anchors[..] {
        [] => Reach::Nothing,
        anchors => Reach::Reading(anchors),
    };
    if handed.configure.unprivileged {
        profile.identity = Identity::Shared;
    }
    let memory = handed.memory.length();
    profile.address_space = profile.address_space.saturating_add(memory);
    profile
}

fn say_ready(control: &KeeperEnd, report: &Report) -> Result<(), Fault> {
    let entries = report.entries().iter().take(Report::MAX_ENTRIES);
    let words: Vec<Text<128>> = entries.map(|entry| Text::clean(entry)).collect();
    let confinement = List::try_from(words).unwrap_or_default();
    Ok(control.send(&FromKeeper::Ready { confinement })?)
}
