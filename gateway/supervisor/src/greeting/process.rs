//! One process of the greeter's program.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use labelgate_control::{Order, SupervisorEnd, pair};
use tokio::process::Child;
use tokio::time::timeout;

use super::launch::Launch;
use crate::provider::{confirm, spawn};
use crate::uid::GreeterUid;
use crate::worker::{Death, log_lines};

/// It is confined and ready after this long, or never.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// A process that is confined and waits for what it is told. It is killed and reaped when this is
/// dropped. `M` is what it is told.
#[derive(Debug)]
pub struct Process<M: Order> {
    /// There until the process is reaped or somebody else sees to that.
    child: Option<Child>,
    control: SupervisorEnd<M>,
    pid: u32,
    /// No other process has it before this one is reaped.
    uid: Option<GreeterUid>,
    launch: Arc<Launch>,
}

impl<M: Order> Process<M> {
    /// Starts one and waits until it says what `is_ready` takes for being ready.
    pub(super) async fn start(
        launch: &Arc<Launch>,
        is_ready: impl Fn(&M::Answer) -> bool,
    ) -> io::Result<Self> {
        let started = Self::start_one(launch, is_ready).await;
        launch.note_start(started.as_ref().map(|process| process.pid));
        started
    }

    async fn start_one(
        launch: &Arc<Launch>,
        is_ready: impl Fn(&M::Answer) -> bool,
    ) -> io::Result<Self> {
        let process = Self::spawn(launch)?;
        let said = timeout(START_PATIENCE, process.control.receive()).await;
        match said {
            Ok(Ok(Some(said))) if is_ready(&said) => {
                // It has executed its program, and nobody has given it anything yet.
                match confirm(process.pid, launch.context.as_ref()) {
                    Ok(()) => Ok(process),
                    Err(wrong) => Err(io::Error::other(wrong)),
                }
            }
            Ok(Ok(Some(_))) => Err(io::Error::other("it did not say first that it is ready")),
            Ok(Ok(None)) => {
                let death = process.end("it closed its control socket").await;
                Err(io::Error::other(death.to_string()))
            }
            Ok(Err(error)) => Err(io::Error::other(error)),
            Err(_) => Err(io::Error::other("it was not ready in time")),
        }
    }

    fn spawn(launch: &Arc<Launch>) -> io::Result<Self> {
        let uid = launch.uid()?;
        let (ours, theirs) = pair()?;
        let mut command = launch
            .program
            .command(theirs, uid.as_ref().map(GreeterUid::get))?;
        command.args(launch.purpose.argument());
        if uid.is_none() {
            // It then runs under this process's, with its groups, and insists on nothing better.
            command.arg("--unprivileged");
        }
        let control = SupervisorEnd::new(ours)?;
        let spawned = spawn(&mut command, launch.context.as_ref());
        let mut child = spawned.map_err(|error| launch.program.explain(&error))?;
        let pid = child.id().unwrap_or_default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(log_lines(stderr, launch.purpose.name(), None, pid));
        }
        launch.confine(pid);
        Ok(Self {
            child: Some(child),
            control,
            pid,
            uid,
            launch: Arc::clone(launch),
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
    pub const fn control(&self) -> &SupervisorEnd<M> {
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
        self.launch.note_end(self.pid, &death);
        death
    }
}

impl<M: Order> Drop for Process<M> {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let _ = child.start_kill();
        let uid = self.uid.take();
        // Whoever stops the runtime ends the process by that, too: the child is killed on drop.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (launch, pid) = (Arc::clone(&self.launch), self.pid);
            runtime.spawn(async move {
                let _ = child.wait().await;
                let why = "it is not needed any more".to_owned();
                launch.note_end(pid, &Death::Killed(why));
                drop(uid);
            });
        }
    }
}
