//! One greeter process.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use labelgate_control::{FromGreeter, SupervisorEnd, ToGreeter, pair};
use labelgate_mac::Context;
use labelgate_mac::confinement::cgroup::Cgroup;
use rustix::process::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::audit::{Decision, Event, Record, Throttle};
use crate::metrics::Metrics;
use crate::provider::{confirm, spawn};
use crate::uid::{GreeterUid, Uids};
use crate::worker::{Death, Shared, log_lines};

/// A greeter is confined and ready after this long, or never.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// Audit records of processes and proofs: so many per second, and at once.
pub const RECORDS_PER_SECOND: u32 = 20;
/// See [`RECORDS_PER_SECOND`].
pub const RECORDS_AT_ONCE: u32 = 400;
/// So many may be dead and not reaped yet.
const SPARE: usize = 64;

/// What greeters are started with.
#[derive(Debug)]
pub struct Launch {
    /// The program.
    program: PathBuf,
    /// What they run as, where a provider has contexts.
    context: Option<Context>,
    /// Whose UID is whose; `None` when the supervisor cannot give out any.
    uids: Option<Arc<Uids>>,
    /// The cgroup of all greeters, where there are any.
    cgroup: Option<Cgroup>,
    metrics: Arc<Metrics>,
    /// Rations what clients can have written down by coming and going.
    records: Arc<Throttle>,
}

impl Launch {
    fn note_start(&self, started: &io::Result<Greeter>) {
        let (decision, pid, reason) = match started {
            Ok(greeter) => (Decision::Allow, Some(greeter.pid), None),
            Err(error) => (Decision::Deny, None, Some(error.to_string())),
        };
        let record = Record {
            pid,
            reason: reason.as_deref(),
            ..Record::new(Event::GreeterStart, decision)
        };
        self.records.write(&record);
    }

    /// This program, with a UID of its own for each and a cgroup for all, where there are any.
    pub fn new(program: PathBuf, shared: &Shared) -> Self {
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
            program,
            context: shared.provider.greeter(),
            uids: shared.uids.clone(),
            cgroup,
            metrics: Arc::clone(&shared.metrics),
            records: Arc::new(Throttle::new(RECORDS_PER_SECOND, RECORDS_AT_ONCE)),
        }
    }
}

/// A process that is confined and waits for its one connection. It is killed and reaped when this
/// is dropped.
#[derive(Debug)]
pub struct Greeter {
    /// There until the process is reaped or somebody else sees to that.
    child: Option<Child>,
    control: SupervisorEnd<ToGreeter>,
    pid: u32,
    /// No other process has it before this one is reaped.
    uid: Option<GreeterUid>,
    records: Arc<Throttle>,
}

/// Writes down how a greeter ended.
fn note_end(records: &Throttle, pid: u32, reason: &str) {
    let record = Record {
        pid: Some(pid),
        ..Record::new(Event::GreeterEnd, Decision::Note)
    };
    records.write(&record.reason(reason));
}

impl Greeter {
    /// Starts one and waits until it is ready.
    pub async fn start(launch: &Launch) -> io::Result<Self> {
        let started = Self::start_one(launch).await;
        launch.metrics.greeter_started(started.is_ok());
        launch.note_start(&started);
        started
    }

    async fn start_one(launch: &Launch) -> io::Result<Self> {
        let greeter = Self::spawn(launch)?;
        let said = timeout(START_PATIENCE, greeter.control.receive()).await;
        match said {
            Ok(Ok(Some(FromGreeter::Ready { .. }))) => {
                // It has executed its program, and nobody has given it anything yet.
                match confirm(greeter.pid, launch.context.as_ref()) {
                    Ok(()) => Ok(greeter),
                    Err(wrong) => Err(io::Error::other(wrong)),
                }
            }
            Ok(Ok(Some(_))) => Err(io::Error::other("it did not say first that it is ready")),
            Ok(Ok(None)) => {
                let death = greeter.end("it closed its control socket").await;
                Err(io::Error::other(death.to_string()))
            }
            Ok(Err(error)) => Err(io::Error::other(error)),
            Err(_) => Err(io::Error::other("it was not ready in time")),
        }
    }

    fn spawn(launch: &Launch) -> io::Result<Self> {
        let uid = match &launch.uids {
            Some(uids) => {
                let uid = uids.greeter();
                Some(uid.ok_or_else(|| io::Error::other("there is no free UID for a greeter"))?)
            }
            None => None,
        };
        let (ours, theirs) = pair()?;
        let mut command = Command::new(&launch.program);
        command
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        match &uid {
            // With a UID the standard library also drops the supplementary groups.
            Some(uid) => command.uid(uid.get()).gid(uid.get()),
            // It then runs under this process's, with its groups, and insists on nothing better.
            None => command.arg("--unprivileged"),
        };
        let control = SupervisorEnd::new(ours)?;
        let spawned = spawn(&mut command, launch.context.as_ref());
        let mut child = spawned.map_err(|error| {
            let program = launch.program.display();
            io::Error::new(error.kind(), format!("{program}: {error}"))
        })?;
        let pid = child.id().unwrap_or_default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(log_lines(stderr, "greeter", None, pid));
        }
        confine(launch.cgroup.as_ref(), pid);
        Ok(Self {
            child: Some(child),
            control,
            pid,
            uid,
            records: Arc::clone(&launch.records),
        })
    }

    /// Its process number.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs; one that does not is reaped by the question.
    pub fn is_alive(&mut self) -> bool {
        let status = self.child.as_mut().map(Child::try_wait);
        matches!(status, Some(Ok(None)))
    }

    /// How to talk with it.
    pub const fn control(&self) -> &SupervisorEnd<ToGreeter> {
        &self.control
    }

    /// Kills it for this reason, if it still runs, and reaps it: after this it is gone.
    pub async fn end(mut self, why: &str) -> Death {
        let Some(child) = &mut self.child else {
            return Death::Killed(why.to_owned());
        };
        // It cannot fail for a child that is not reaped.
        let _ = child.start_kill();
        let status = child.wait().await;
        self.child = None;
        let death = match status {
            Ok(status) => Death::new(status, true, Some(why.to_owned())),
            Err(error) => Death::Killed(format!("its end could not be waited for: {error}")),
        };
        note_end(&self.records, self.pid, &death.to_string());
        death
    }
}

impl Drop for Greeter {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let _ = child.start_kill();
        let uid = self.uid.take();
        // Whoever stops the runtime ends the process by that, too: the child is killed on drop.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (records, pid) = (Arc::clone(&self.records), self.pid);
            runtime.spawn(async move {
                let _ = child.wait().await;
                note_end(
                    &records,
                    pid,
                    "killed by the supervisor: it is not needed any more",
                );
                drop(uid);
            });
        }
    }
}

/// A greeter without a cgroup has its resource limits still.
fn confine(cgroup: Option<&Cgroup>, pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let (Some(cgroup), Some(pid)) = (cgroup, pid)
        && let Err(why) = cgroup.add(pid)
    {
        tracing::warn!("greeter has no cgroup: {why}");
    }
}
