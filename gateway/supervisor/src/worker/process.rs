//! One worker process.

use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{FromWorker, HearError, SupervisorEnd, TellError, ToWorker, pair};
use labelgate_mac::confinement::cgroup::Cgroup;
use labelgate_mac::{Context, Label};
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;
use tokio::time::{sleep, sleep_until, timeout};

use super::death::Death;
use super::file_size::FileSize;
use super::room::Place;
use super::state::{Phase, Vacancy};
use super::stderr::log_lines;
use crate::cgroups::{Cgroups, leave};
use crate::program::Program;
use crate::provider::{WrongContext, confirm, spawn as spawn_as};
use crate::rate::Rate;
use crate::uid::IdRange;

/// Messages that wait for the worker to read them. One that lets more pile up is stuck.
const OUTBOX: usize = 1024;
/// A worker that does not read its control socket for this long is stuck.
const SEND_PATIENCE: Duration = Duration::from_secs(10);
/// A worker whose control socket is closed is dying, and what of is heard soon; one that lives for this
/// much longer has closed it itself.
const DYING: Duration = Duration::from_millis(200);
/// How long to wait before a worker is killed again that the kernel has spared.
const STRIKE_AGAIN: Duration = Duration::from_secs(1);
/// Messages taken from a worker: a flood of them is left in its socket.
const MESSAGES_PER_SECOND: u32 = 2000;
const MESSAGES_AT_ONCE: u32 = 4000;

/// What a worker is started with.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The program.
    pub program: &'a Program,
    /// The label, which `ps` shows.
    pub label: &'a Label,
    /// What it runs as, where a provider has contexts.
    pub context: Option<Context>,
    /// The UID and GID, unless it is to have the supervisor's.
    pub uid: Option<u32>,
    /// Ids that it is to act as, once it has left the supervisor's user namespace. It is told nothing
    /// but its configuration before [`Process::release`].
    pub ids: Option<IdRange>,
    /// Where its cgroup comes from, if there are any.
    pub cgroups: Option<&'a Cgroups>,
    /// When it must be serving.
    pub until: Instant,
    /// Its place among all workers.
    pub place: Place,
}

/// One worker process, from its start until it is reaped.
#[derive(Debug)]
pub struct Process {
    /// Where it stands.
    pub phase: Phase,
    /// Whether it has said that it is confined.
    pub ready: bool,
    pid: u32,
    context: Option<Context>,
    child: Child,
    control: Arc<SupervisorEnd>,
    control_open: bool,
    /// Until when it may end by itself, once its control socket is closed.
    dying_until: Option<Instant>,
    outbox: mpsc::Sender<ToWorker>,
    /// What it is told when it has its ids.
    held: Option<Vec<ToWorker>>,
    uid: Option<u32>,
    ids: Option<IdRange>,
    writer: JoinHandle<Unsent>,
    writing: bool,
    rate: Rate,
    asked_to_end: bool,
    killed: Option<String>,
    /// The kernel has refused to kill it.
    spared: bool,
    strike_at: Instant,
    /// It was killed for no fault of its own.
    dismissed: bool,
    cgroup: Option<Cgroup>,
    file_size: FileSize,
    started: Instant,
    vacancy: Vacancy,
    _place: Place,
}

/// Something a worker did.
#[derive(Debug)]
pub enum Happened {
    /// It said something.
    Said(FromWorker),
    /// It said what no worker says, or its socket failed.
    Violation(HearError),
    /// It has closed its control socket.
    Closed,
    /// It does not read its control socket.
    Deaf,
    /// It is reaped.
    Exited(io::Result<ExitStatus>),
}

/// Why nothing more is sent to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unsent {
    /// It does not read.
    Stuck,
    /// It has closed its control socket, or nobody has anything more to say to it.
    Gone,
}

/// The worker could not be told something: it is stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stuck;

impl Process {
    /// Starts a worker. Without success the vacancy is handed back.
    pub fn start(vacancy: Vacancy, launch: Launch<'_>) -> Result<Self, (Vacancy, io::Error)> {
        match spawn(&launch) {
            Ok((child, control)) => Ok(Self::new(vacancy, launch, child, control)),
            Err(error) => Err((vacancy, error)),
        }
    }

    fn new(vacancy: Vacancy, launch: Launch<'_>, mut child: Child, control: SupervisorEnd) -> Self {
        let now = Instant::now();
        let pid = child.id().unwrap_or_default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(log_lines(stderr, "worker", Some(launch.label.clone()), pid));
        }
        let control = Arc::new(control);
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let writer = tokio::spawn(write(Arc::clone(&control), messages));
        Self {
            phase: Phase::Starting {
                until: launch.until,
            },
            ready: false,
            pid,
            context: launch.context,
            child,
            control,
            control_open: true,
            dying_until: None,
            outbox,
            held: None,
            uid: launch.uid,
            ids: launch.ids,
            writer,
            writing: true,
            rate: Rate::new(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE, now),
            asked_to_end: false,
            killed: None,
            spared: false,
            strike_at: now,
            dismissed: false,
            cgroup: launch
                .cgroups
                .and_then(|cgroups| confine(cgroups, launch.label, pid)),
            file_size: FileSize::nothing(pid),
            started: now,
            vacancy,
            _place: launch.place,
        }
    }

    /// Its process number.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Asks the kernel whether it runs as it was started. To be asked once it has said something:
    /// then it has executed its program.
    pub fn check_context(&self) -> Result<(), WrongContext> {
        confirm(self.pid, self.context.as_ref())
    }

    /// Queues a message. Messages arrive in order, or not at all because the worker is stuck.
    pub fn tell(&mut self, message: ToWorker) -> Result<(), Stuck> {
        if let Some(held) = &mut self.held {
            held.push(message);
            return if held.len() > OUTBOX {
                Err(Stuck)
            } else {
                Ok(())
            };
        }
        match self.outbox.try_send(message) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(Stuck),
            // Nothing is sent to it any more; why not is about to be heard.
            Err(TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// Keeps everything that it would be told from now on until [`Process::release`].
    pub fn hold(&mut self) {
        self.held = Some(Vec::new());
    }

    /// What it was not told, which it may be from now on.
    pub fn release(&mut self) -> Vec<ToWorker> {
        self.held.take().unwrap_or_default()
    }

    /// The first of the ids that it acts as, and its own UID, if it is one that acts as others.
    #[must_use]
    pub fn ids(&self) -> Option<(u32, u32)> {
        Some((self.ids.as_ref()?.first(), self.uid?))
    }

    /// It has said that it is confined, which it says once: it may write its images from now on, and
    /// no further than their ends. Answers whether it had not said so before.
    pub fn now_confined(&mut self) -> bool {
        if let Err(error) = self.file_size.enforce() {
            let pid = self.pid;
            tracing::warn!(
                pid,
                "worker may write beyond the end of its images, for want of CAP_SYS_RESOURCE: {error}"
            );
        }
        !std::mem::replace(&mut self.ready, true)
    }

    /// Lets it write files of so many bytes, if it may not yet. Without that, it cannot grow one.
    pub fn let_write(&mut self, bytes: u64) {
        if let Err(error) = self.file_size.reach(bytes) {
            let pid = self.pid;
            tracing::warn!(pid, "cannot let the worker write {bytes} bytes: {error}");
        }
    }

    /// Asks it to end: its clients within `time`, itself before `until`.
    pub fn drain(&mut self, time: Duration, until: Instant) -> Result<(), Stuck> {
        self.phase = self.phase.drain(until);
        self.asked_to_end = true;
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.tell(ToWorker::Drain { milliseconds })
    }

    /// Kills it, for a reason that is remembered. It is still to be reaped.
    pub fn kill(&mut self, why: impl Into<String>) {
        if self.phase != Phase::Killed {
            self.phase = Phase::Killed;
            self.killed = Some(why.into());
            self.strike();
        }
    }

    /// For a child that is not reaped this fails only where the loaded policy does not let the
    /// supervisor do it: where labelgate's module is gone.
    fn strike(&mut self) {
        self.spared = self.child.start_kill().is_err();
        if self.spared {
            tracing::error!(
                pid = self.pid,
                "the kernel refuses to kill a worker; it is tried again"
            );
        }
    }

    /// When to kill it again, because the kernel has refused that.
    #[must_use]
    pub fn next_strike(&self) -> Option<Instant> {
        self.spared.then_some(self.strike_at)
    }

    /// Kills it again.
    pub fn strike_again(&mut self, now: Instant) {
        self.strike_at = now + STRIKE_AGAIN;
        self.strike();
    }

    /// Kills it for no fault of its own: its successor may start at once.
    pub fn dismiss(&mut self, why: impl Into<String>) {
        if self.phase != Phase::Killed {
            self.dismissed = true;
            self.kill(why);
        }
    }

    /// Since when it runs.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// Waits for it to do something. Nothing is lost when this is dropped while it waits.
    pub async fn happened(&mut self) -> Happened {
        loop {
            if let Some(happened) = self.happened_next().await {
                return happened;
            }
        }
    }

    async fn happened_next(&mut self) -> Option<Happened> {
        let rationed = async {
            while let Err(wait) = self.rate.look(Instant::now()) {
                sleep(wait).await;
            }
            let said = self.control.receive().await;
            // Taken only now, since this may be dropped while it waits.
            let _ = self.rate.take(Instant::now());
            said
        };
        let dying = self.dying_until.map(tokio::time::Instant::from_std);
        let far = tokio::time::Instant::now() + Duration::from_secs(86_400);
        let happened = tokio::select! {
            said = rationed, if self.control_open => match said {
                Ok(Some(message)) => Happened::Said(message),
                Ok(None) => {
                    self.control_open = false;
                    return self.is_dying();
                }
                Err(violation) => {
                    self.control_open = false;
                    Happened::Violation(violation)
                }
            },
            ended = &mut self.writer, if self.writing => {
                self.writing = false;
                match ended {
                    Ok(Unsent::Stuck) => Happened::Deaf,
                    Ok(Unsent::Gone) | Err(_) => return self.is_dying(),
                }
            }
            status = self.child.wait() => Happened::Exited(status),
            () = sleep_until(dying.unwrap_or(far)), if dying.is_some() => {
                self.dying_until = None;
                Happened::Closed
            }
        };
        Some(happened)
    }

    /// Its control socket is closed. What it dies of is heard first, if it does.
    fn is_dying(&mut self) -> Option<Happened> {
        self.dying_until = Some(Instant::now() + DYING);
        None
    }

    /// What it had said before it died and nobody has read yet.
    pub async fn last_words(&mut self) -> Vec<FromWorker> {
        let mut words = Vec::new();
        if self.control_open {
            let read = async {
                while let Ok(Some(message)) = self.control.receive().await {
                    words.push(message);
                }
            };
            // The socket holds a few hundred messages at most and its other end is closed.
            let _ = timeout(Duration::from_millis(500), read).await;
        }
        words
    }

    /// What a worker that has been reaped died of, and the vacancy it leaves.
    pub fn reaped(self, status: io::Result<ExitStatus>) -> (Vacancy, Death) {
        let now = Instant::now();
        let death = match status {
            Ok(status) => {
                let death = Death::new(status, self.asked_to_end, self.killed);
                match &self.cgroup {
                    Some(cgroup) if cgroup.has_starved() => death.of_starved(),
                    _ => death,
                }
            }
            Err(error) => Death::Killed(format!("its end could not be waited for: {error}")),
        };
        self.writer.abort();
        if let Some(cgroup) = self.cgroup {
            leave(cgroup);
        }
        let vacancy = match death {
            Death::Killed(_) if self.dismissed => self.vacancy.after_orderly_end(),
            Death::Orderly => self.vacancy.after_orderly_end(),
            _ => self
                .vacancy
                .after_failure(now.saturating_duration_since(self.started), now),
        };
        (vacancy, death)
    }
}

/// A worker without a cgroup has its resource limits still.
fn confine(cgroups: &Cgroups, label: &Label, pid: u32) -> Option<Cgroup> {
    let confined = cgroups.confine(label, pid);
    confined
        .map_err(|why| tracing::warn!(%label, pid, "worker has no cgroup: {why}"))
        .ok()
}

/// Starts the program with one end of a control socket as its standard input.
fn spawn(launch: &Launch<'_>) -> io::Result<(Child, SupervisorEnd)> {
    let (ours, theirs) = pair()?;
    let mut command = launch.program.command(theirs, launch.uid)?;
    command.arg0(format!("labelgate-worker {}", launch.label));
    let control = SupervisorEnd::new(ours)?;
    Ok((spawn_as(&mut command, launch.context.as_ref())?, control))
}

/// Whether the other end of the socket is closed.
fn is_gone(error: &TellError) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    let TellError::Socket(error) = error else {
        return false;
    };
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}

/// Sends what is queued, until the worker is stuck or gone, or the queue is dropped.
async fn write(control: Arc<SupervisorEnd>, mut messages: mpsc::Receiver<ToWorker>) -> Unsent {
    while let Some(message) = messages.recv().await {
        match timeout(SEND_PATIENCE, control.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if is_gone(&error) => {
                tracing::debug!("to a worker: {error}");
                return Unsent::Gone;
            }
            Ok(Err(error)) => {
                tracing::warn!("to a worker: {error}");
                return Unsent::Stuck;
            }
            Err(_) => {
                tracing::warn!("a worker does not read its control socket");
                return Unsent::Stuck;
            }
        }
    }
    Unsent::Gone
}
