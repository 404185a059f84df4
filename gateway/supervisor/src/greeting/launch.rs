//! What processes of the greeter's program are started with.

use std::io;
use std::sync::Arc;

use labelgate_mac::Context;
use labelgate_mac::confinement::cgroup::Cgroup;
use rustix::process::Pid;

use crate::audit::{Decision, Event, Record, Throttle};
use crate::metrics::Metrics;
use crate::program::Program;
use crate::uid::{GreeterUid, Uids};
use crate::worker::{Death, Shared};

/// Audit records of processes and proofs: so many per second, and at once.
pub const RECORDS_PER_SECOND: u32 = 20;
/// See [`RECORDS_PER_SECOND`].
pub const RECORDS_AT_ONCE: u32 = 400;
/// So many may be dead and not reaped yet, or be no greeters of a connection.
const SPARE: usize = 64;

/// What processes of the greeter's program are started with.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program.
    pub(super) program: Arc<Program>,
    /// What for.
    pub(super) purpose: Purpose,
    /// What they run as, where a provider has contexts.
    pub(super) context: Option<Context>,
    /// Whose UID is whose; `None` when the supervisor cannot give out any.
    pub(super) uids: Option<Arc<Uids>>,
    /// The cgroup of all of them, where there are any.
    cgroup: Option<Arc<Cgroup>>,
    metrics: Arc<Metrics>,
    /// Rations what clients can have written down by coming and going.
    records: Arc<Throttle>,
}

/// What a process of the greeter's program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// One connection.
    Connection,
    /// Datagrams, or another port mapper.
    Portmap,
}

impl Purpose {
    /// What it is called in the log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connection => "greeter",
            Self::Portmap => "port mapper",
        }
    }

    /// What its command line says of it.
    pub(super) const fn argument(self) -> Option<&'static str> {
        match self {
            Self::Connection => None,
            Self::Portmap => Some("--portmap"),
        }
    }

    const fn start(self) -> Event {
        match self {
            Self::Connection => Event::GreeterStart,
            Self::Portmap => Event::PortmapStart,
        }
    }

    const fn end(self) -> Event {
        match self {
            Self::Connection => Event::GreeterEnd,
            Self::Portmap => Event::PortmapEnd,
        }
    }
}

impl Launch {
    /// This program, with a UID of its own for each and a cgroup for all, where there are any.
    pub fn new(program: Program, shared: &Shared) -> Self {
        let login = &shared.section.login;
        let most = login
            .at_once
            .saturating_add(login.ready)
            .saturating_add(SPARE);
        let cgroup = shared
            .cgroups
            .as_ref()
            .map(|cgroups| cgroups.for_greeters(most));
        let cgroup = cgroup.and_then(|made| {
            made.map_err(|why| tracing::warn!("greeters have no cgroup: {why}"))
                .ok()
        });
        Self {
            program: Arc::new(program),
            purpose: Purpose::Connection,
            context: shared.provider.greeter(),
            uids: shared.uids.clone(),
            cgroup: cgroup.map(Arc::new),
            metrics: Arc::clone(&shared.metrics),
            records: Arc::new(Throttle::new(RECORDS_PER_SECOND, RECORDS_AT_ONCE)),
        }
    }

    /// The same program as a port mapper, in a domain of its own.
    #[must_use]
    pub fn as_port_mapper(&self, shared: &Shared) -> Self {
        Self {
            purpose: Purpose::Portmap,
            context: shared.provider.port_mapper(),
            // Its own, which no stranger's connections use up.
            records: Arc::new(Throttle::new(RECORDS_PER_SECOND, RECORDS_AT_ONCE)),
            ..self.clone()
        }
    }

    /// A UID that no other process has; `None` where there are none to be given out.
    pub(super) fn uid(&self) -> io::Result<Option<GreeterUid>> {
        let Some(uids) = &self.uids else {
            return Ok(None);
        };
        let uid = uids.greeter();
        let uid = uid.ok_or_else(|| io::Error::other("there is no free UID for a greeter"))?;
        Ok(Some(uid))
    }

    /// A process without a cgroup has its resource limits still.
    pub(super) fn confine(&self, pid: u32) {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        if let (Some(cgroup), Some(pid)) = (&self.cgroup, pid)
            && let Err(why) = cgroup.add(pid)
        {
            tracing::warn!("{} has no cgroup: {why}", self.purpose.name());
        }
    }

    /// Counts and writes down that one was started, or was not.
    pub(super) fn note_start(&self, started: Result<u32, &io::Error>) {
        self.metrics.greeter_started(started.is_ok());
        let (decision, pid, reason) = match started {
            Ok(pid) => (Decision::Allow, Some(pid), None),
            Err(error) => (Decision::Deny, None, Some(error.to_string())),
        };
        let record = Record {
            pid,
            reason: reason.as_deref(),
            ..Record::new(self.purpose.start(), decision)
        };
        self.records.write(&record);
    }

    /// Writes down how one ended.
    pub(super) fn note_end(&self, pid: u32, death: &Death) {
        let record = Record {
            pid: Some(pid),
            ..Record::new(self.purpose.end(), Decision::Note)
        };
        self.records.write(&record.reason(&death.to_string()));
    }
}
