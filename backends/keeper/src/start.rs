//! From the first instruction to the first image.

use std::os::fd::OwnedFd;
use std::time::Duration;

use labelgate_buffers::Memory;
use labelgate_control::{
    ConfigureKeeper, FromKeeper, GlusterVolume, Incoming, KeeperEnd, KeeperLimits, Library, List,
    Text, ToKeeper,
};
use labelgate_mac::confinement::{Identity, Profile, Reach, Report, confine, restrict};
use labelgate_mac::selinux::own_context;
use labelgate_queue_pair::KeeperSide;

use crate::Fault;
use crate::backend::Backend;
use crate::gluster::{self, Gluster, Reached};
use crate::iscsi::Iscsi;
use crate::nfs::Nfs;
use crate::rbd::Rbd;
use crate::serve::{Keeper, Line};

/// What a keeper is started with.
struct Handed {
    configure: ConfigureKeeper,
    memory: Memory,
    line: Line,
    anchors: Vec<OwnedFd>,
}

/// What serving takes besides the memory.
type Rest = (KeeperLimits, Line);

impl Handed {
    fn split(self) -> (Memory, Rest) {
        (self.memory, (self.configure.limits, self.line))
    }
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
    let ConfigureKeeper { library, .. } = &handed.configure;
    match library.clone() {
        Library::Rbd => serve_rbd(control, handed),
        Library::Gluster(volume) => serve_gluster(control, handed, *volume),
        Library::Iscsi => serve_iscsi(control, handed),
        Library::Nfs => serve_nfs(control, handed),
    }
}

fn serve_rbd(control: KeeperEnd, handed: Handed) -> Result<(), Fault> {
    // While files can be mapped that are executed.
    labelgate_rbd::load()?;
    let report = confine(&profile(
        Profile::keeper(),
        reading(&handed.anchors),
        &handed,
    ))?;
    let patience = patience(&handed);
    let (memory, rest) = handed.split();
    let memory = crate::memory::lend(memory).map_err(Fault::Memory)?;
    let backend = Rbd::new(memory, &rest.1.ends, patience).map_err(Fault::Wait)?;
    serve(control, rest, &report, backend)
}

fn serve_iscsi(control: KeeperEnd, handed: Handed) -> Result<(), Fault> {
    labelgate_initiator::load()?;
    let report = confine(&profile(
        Profile::keeper(),
        reading(&handed.anchors),
        &handed,
    ))?;
    let patience = patience(&handed);
    let (memory, rest) = handed.split();
    let memory = crate::memory::lend(memory).map_err(Fault::Memory)?;
    let backend = Iscsi::new(memory, patience);
    serve(control, rest, &report, backend)
}

fn serve_nfs(control: KeeperEnd, handed: Handed) -> Result<(), Fault> {
    let report = confine(&profile(
        Profile::keeper(),
        reading(&handed.anchors),
        &handed,
    ))?;
    let patience = patience(&handed);
    let (memory, rest) = handed.split();
    let memory = crate::memory::lend(memory).map_err(Fault::Memory)?;
    let backend = Nfs::new(memory, patience);
    serve(control, rest, &report, backend)
}

fn reading(anchors: &[OwnedFd]) -> Reach<'_> {
    match anchors {
        [] => Reach::Nothing,
        anchors => Reach::Reading(anchors),
    }
}

/// Gluster's library opens files and loads code while it connects, so it does that between the two
/// halves of the confinement: whatever thread it starts is held by the first one.
fn serve_gluster(control: KeeperEnd, mut handed: Handed, on: GlusterVolume) -> Result<(), Fault> {
    labelgate_gluster::load()?;
    let mut reached = Reached::find().map_err(Fault::Reach)?;
    reached.read.append(&mut handed.anchors);
    let reach = Reach::Connecting {
        read: &reached.read,
        scratch: &reached.scratch,
    };
    let restricted = restrict(&profile(Profile::gluster_keeper(), reach, &handed))?;
    let volume = gluster::connect(&on, patience(&handed));
    let report = restricted.seal()?;
    let (memory, rest) = handed.split();
    let memory = crate::memory::lend(memory).map_err(Fault::Memory)?;
    let backend = Gluster::new(memory, &rest.1.ends, (on, volume)).map_err(Fault::Wait)?;
    serve(control, rest, &report, backend)
}

fn serve<B: Backend>(
    control: KeeperEnd,
    (limits, line): Rest,
    report: &Report,
    backend: B,
) -> Result<(), Fault> {
    say_ready(&control, report)?;
    Keeper::new((control, limits), line, backend).serve()
}

/// How long it may take to connect.
fn patience(handed: &Handed) -> Duration {
    Duration::from_millis(handed.configure.limits.connect_milliseconds.into())
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
        line: Line::new(KeeperSide::map(queues)?, worker, own),
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

fn profile<'a>(mut profile: Profile<'a>, reach: Reach<'a>, handed: &Handed) -> Profile<'a> {
    profile.reach = reach;
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
