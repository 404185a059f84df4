//! One importer process.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use labelgate_control::{FromImporter, HearError, SupervisorEnd, ToImporter, pair};
use labelgate_mac::Label;
use labelgate_mac::confinement::cgroup::Cgroup;
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use super::{ImportError, ImportJob};
use crate::audit::{Decision, Event, Record};
use crate::cgroups::leave;
use crate::provider::{confirm, spawn};
use crate::worker::{Death, log_lines};

/// How long an importer that has said everything may take to end.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// Looks at what an importer runs as: it has executed its program by the first of them, and has
/// its context a moment later.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// One importer process, from its start until it is reaped. Dropped before that, it is killed.
#[derive(Debug)]
pub(super) struct Process {
    body: Option<Body>,
    control: SupervisorEnd<ToImporter>,
}

/// What is left of a process when nobody talks to it any more.
#[derive(Debug)]
struct Body {
    child: Child,
    cgroup: Option<Cgroup>,
    pid: u32,
    /// None fills content.
    label: Option<Label>,
}

impl Process {
    /// Starts the program, and gives it nothing before it is where it must be.
    pub(super) async fn start(job: &ImportJob<'_>) -> Result<Self, ImportError> {
        let process = Self::spawn(job)?;
        let pid = process.body.as_ref().map_or(0, |body| body.pid);
        for _ in 1..LOOKS {
            if confirm(pid, job.context).is_ok() {
                return Ok(process);
            }
            sleep(BETWEEN_LOOKS).await;
        }
        match confirm(pid, job.context) {
            Ok(()) => Ok(process),
            Err(wrong) => {
                process.put_down().await;
                Err(wrong.into())
            }
        }
    }

    /// Starts the program, with one end of a control socket as its standard input.
    fn spawn(job: &ImportJob<'_>) -> Result<Self, ImportError> {
        let (ours, theirs) = pair()?;
        let command = job.program.command(theirs, job.uid);
        let mut command = command.map_err(ImportError::Start)?;
        command.arg0(format!("labelgate-importer {}", job.reader()));
        let control = SupervisorEnd::new(ours)?;
        let spawned = spawn(&mut command, job.context);
        note_start(job.label, &spawned);
        let mut child = spawned.map_err(ImportError::Start)?;
        let pid = child.id().unwrap_or_default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(log_lines(stderr, "importer", job.label.cloned(), pid));
        }
        // Without one it has its resource limits still.
        let cgroup = job.cgroups.and_then(|cgroups| {
            let confined = cgroups.confine_importer(pid);
            let warn = |why| tracing::warn!(pid, "importer has no cgroup: {why}");
            confined.map_err(warn).ok()
        });
        Ok(Self {
            body: Some(Body {
                child,
                cgroup,
                pid,
                label: job.label.cloned(),
            }),
            control,
        })
    }

    /// Tells it something.
    pub(super) async fn tell(&self, message: ToImporter) -> Result<(), ImportError> {
        Ok(self.control.send(message).await?)
    }

    /// The next thing it says; `None` when it is gone.
    pub(super) async fn hear(&self) -> Result<Option<FromImporter>, HearError> {
        self.control.receive().await
    }

    /// Waits until it is reaped; killed, if it takes its time.
    pub(super) async fn end(mut self) -> Result<(), ImportError> {
        match self.body.take() {
            Some(body) => body.end().await,
            None => Ok(()),
        }
    }

    /// Kills it, and waits until it is reaped.
    pub(super) async fn put_down(mut self) {
        if let Some(body) = self.body.take() {
            body.put_down().await;
        }
    }
}

impl Drop for Process {
    /// The import was given up: it is killed, and reaped as soon as that is possible.
    fn drop(&mut self) {
        if let Some(mut body) = self.body.take() {
            let _ = body.child.start_kill();
            // Without a runtime the supervisor itself is about to end.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(body.put_down());
            }
        }
    }
}

fn note_start(label: Option<&Label>, started: &io::Result<Child>) {
    let (decision, reason) = match started {
        Ok(_) => (Decision::Allow, None),
        Err(error) => (Decision::Deny, Some(error.to_string())),
    };
    let record = Record {
        label,
        pid: started.as_ref().ok().and_then(Child::id),
        reason: reason.as_deref(),
        ..Record::new(Event::ImporterStart, decision)
    };
    record.write();
}

impl Body {
    fn note_end(&self, reason: &str) {
        let record = Record {
            label: self.label.as_ref(),
            pid: Some(self.pid),
            ..Record::new(Event::ImporterEnd, Decision::Note)
        };
        record.reason(reason).write();
    }

    async fn end(mut self) -> Result<(), ImportError> {
        let (status, killed) = match timeout(END_PATIENCE, self.child.wait()).await {
            Ok(status) => (status, None),
            Err(_) => (self.kill().await, Some("it did not end".to_owned())),
        };
        self.tidy();
        let death = Death::new(status?, true, killed);
        self.note_end(&death.to_string());
        match death {
            Death::Orderly => Ok(()),
            death => Err(ImportError::Died(death)),
        }
    }

    async fn put_down(mut self) {
        match self.kill().await {
            Ok(_) => self.note_end("killed by the supervisor: the import was given up"),
            Err(error) => {
                tracing::warn!("the end of an importer could not be waited for: {error}");
            }
        }
        self.tidy();
    }

    async fn kill(&mut self) -> io::Result<ExitStatus> {
        self.child.start_kill()?;
        self.child.wait().await
    }

    fn tidy(&mut self) {
        if let Some(cgroup) = self.cgroup.take() {
            leave(cgroup);
        }
    }
}
