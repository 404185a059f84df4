//! A process of ours that speaks over a control socket: a keeper, or a keysmith.
//!
//! A worker's is richer ([`crate::worker`]); what holds for all is the same: it is told things in
//! order or not at all, what it says is rationed, and it is gone only when it is reaped.

use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{HearError, Order, SupervisorEnd, pair};
use labelgate_mac::confinement::cgroup::Cgroup;
use labelgate_mac::{Context, Label};
use tokio::process::Child as Process;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::cgroups::{Cgroups, leave};
use crate::program::Program;
use crate::provider::{WrongContext, confirm, spawn as spawn_as};
use crate::rate::Rate;
use crate::worker::{Death, log_lines};

/// Messages that wait for the process to read them. One that lets more pile up is stuck.
const OUTBOX: usize = 1024;
/// A process that does not read its control socket for this long is stuck.
const SEND_PATIENCE: Duration = Duration::from_secs(10);
/// Messages taken from a process: a flood of them is left in its socket.
const MESSAGES_PER_SECOND: u32 = 1000;
const MESSAGES_AT_ONCE: u32 = 4000;

/// What a process is started with.
#[derive(Debug)]
pub struct Start<'a> {
    /// The program.
    pub program: &'a Program,
    /// What it is called in the log and in `ps`.
    pub kind: &'static str,
    /// Whose it is, for `ps`.
    pub of: &'a str,
    /// The label that it serves, if it serves one.
    pub label: Option<&'a Label>,
    /// What it runs as, where a provider has contexts.
    pub context: Option<Context>,
    /// The UID and GID, unless it is to have the supervisor's.
    pub uid: Option<u32>,
    /// Where its cgroup comes from, if there are any.
    pub cgroups: Option<&'a Cgroups>,
}

/// One process, from its start until it is reaped. It is killed if this is dropped before.
#[derive(Debug)]
pub struct Child<M: Order> {
    kind: &'static str,
    pid: u32,
    context: Option<Context>,
    process: Process,
    control: Arc<SupervisorEnd<M>>,
    open: bool,
    outbox: mpsc::Sender<M>,
    writer: JoinHandle<()>,
    writing: bool,
    rate: Rate,
    asked_to_end: bool,
    killed: Option<String>,
    /// It has ended so, which is told once all is heard that it has said.
    ended: Option<io::Result<ExitStatus>>,
    cgroup: Option<Cgroup>,
    started: Instant,
}

/// Something a process did.
#[derive(Debug)]
pub enum Did<A> {
    /// It said something.
    Said(A),
    /// It said what none says, or its socket failed.
    Violation(HearError),
    /// It has closed its control socket.
    Closed,
    /// It does not read its control socket.
    Deaf,
    /// It is reaped.
    Exited(io::Result<ExitStatus>),
}

impl<M> Child<M>
where
    M: Order + Send + 'static,
    M::Datagram: Send,
    M::Answer: Send,
{
    /// Starts a program with one end of a control socket as its standard input.
    ///
    /// # Errors
    /// It cannot be started, or not in its context.
    pub fn start(start: Start<'_>) -> io::Result<Self> {
        let (ours, theirs) = pair()?;
        let mut command = start.program.command(theirs, start.uid)?;
        command.arg0(format!("labelgate-{} {}", start.kind, start.of));
        let control = Arc::new(SupervisorEnd::new(ours)?);
        let spawned = spawn_as(&mut command, start.context.as_ref());
        let mut process = spawned.map_err(|error| start.program.explain(&error))?;
        let pid = process.id().unwrap_or_default();
        if let Some(stderr) = process.stderr.take() {
            tokio::spawn(log_lines(stderr, start.kind, start.label.cloned(), pid));
        }
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let writer = tokio::spawn(write(Arc::clone(&control), messages, start.kind));
        let now = Instant::now();
        Ok(Self {
            kind: start.kind,
            pid,
            cgroup: start
                .cgroups
                .and_then(|cgroups| confine(cgroups, start.kind, pid)),
            context: start.context,
            process,
            control,
            open: true,
            outbox,
            writer,
            writing: true,
            rate: Rate::new(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE, now),
            asked_to_end: false,
            killed: None,
            ended: None,
            started: now,
        })
    }

    /// Its process number.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// How long it has run.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether it was killed, or asked to end.
    #[must_use]
    pub const fn is_ending(&self) -> bool {
        self.asked_to_end || self.killed.is_some()
    }

    /// Asks the kernel whether it runs as it was started. To be asked once it has said something:
    /// then it has executed its program.
    ///
    /// # Errors
    /// [`WrongContext`]: then it must be given nothing.
    pub fn check_context(&self) -> Result<(), WrongContext> {
        confirm(self.pid, self.context.as_ref())
    }

    /// Queues a message. One that does not listen is killed.
    pub fn tell(&mut self, message: M) {
        if self.outbox.try_send(message).is_err() {
            self.kill("it does not read its control socket");
        }
    }

    /// Asks it to end with this message.
    pub fn ask_to_end(&mut self, message: M) {
        self.asked_to_end = true;
        self.tell(message);
    }

    /// Takes it that it has said what it had to say, and ends.
    pub const fn ask_no_more(&mut self) {
        self.asked_to_end = true;
    }

    /// Kills it, for a reason that is remembered. It is still to be reaped.
    pub fn kill(&mut self, why: impl Into<String>) {
        if self.killed.is_some() {
            return;
        }
        self.killed = Some(why.into());
        if let Err(error) = self.process.start_kill() {
            let (kind, pid) = (self.kind, self.pid);
            tracing::error!(pid, "the kernel refuses to kill a {kind}: {error}");
        }
    }

    /// Waits for it to do something. Nothing is lost when this is dropped while it waits.
    pub async fn did(&mut self) -> Did<M::Answer> {
        if self.ended.is_none() {
            match self.did_while_it_lives().await {
                Did::Exited(status) => self.ended = Some(status),
                did => return did,
            }
        }
        if self.open
            && let Ok(Some(said)) = self.control.receive().await
        {
            return Did::Said(said);
        }
        self.open = false;
        let gone = || Err(io::Error::other("it was reaped already"));
        Did::Exited(self.ended.take().unwrap_or_else(gone))
    }

    async fn did_while_it_lives(&mut self) -> Did<M::Answer> {
        let rationed = async {
            while let Err(wait) = self.rate.look(Instant::now()) {
                sleep(wait).await;
            }
            let said = self.control.receive().await;
            // Taken only now, since this may be dropped while it waits.
            let _ = self.rate.take(Instant::now());
            said
        };
        tokio::select! {
            said = rationed, if self.open => match said {
                Ok(Some(message)) => Did::Said(message),
                Ok(None) => {
                    self.open = false;
                    Did::Closed
                }
                Err(violation) => {
                    self.open = false;
                    Did::Violation(violation)
                }
            },
            _ = &mut self.writer, if self.writing => {
                self.writing = false;
                Did::Deaf
            }
            status = self.process.wait() => Did::Exited(status),
        }
    }

    /// Waits until it is reaped.
    pub async fn end(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// What one that has been reaped died of.
    #[must_use]
    pub fn reaped(self, status: io::Result<ExitStatus>) -> Death {
        self.writer.abort();
        let death = match status {
            Ok(status) => Death::new(status, self.asked_to_end, self.killed),
            Err(error) => Death::Killed(format!("its end could not be waited for: {error}")),
        };
        let Some(cgroup) = self.cgroup else {
            return death;
        };
        let starved = cgroup.has_starved();
        leave(cgroup);
        if starved { death.of_starved() } else { death }
    }
}

/// A process without a cgroup has its resource limits still.
fn confine(cgroups: &Cgroups, kind: &'static str, pid: u32) -> Option<Cgroup> {
    let confined = cgroups.confine_child(kind, pid);
    confined
        .map_err(|why| tracing::warn!(pid, "{kind} has no cgroup: {why}"))
        .ok()
}

/// Sends what is queued, until the process is stuck or gone, or the queue is dropped.
async fn write<M: Order>(
    control: Arc<SupervisorEnd<M>>,
    mut messages: mpsc::Receiver<M>,
    kind: &'static str,
) {
    while let Some(message) = messages.recv().await {
        match timeout(SEND_PATIENCE, control.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return tracing::debug!("to a {kind}: {error}"),
            Err(_) => return tracing::warn!("a {kind} does not read its control socket"),
        }
    }
}
