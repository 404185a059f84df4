//! Has datagrams answered by a process that stays.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{FromPortmap, Questions, Services, ToPortmap};
use tokio::time::sleep;

use crate::greeting::{Launch, PortMapper};
use crate::worker::{Backoff, Shared};

/// A port mapper is not heard for this long after it has said something, which it does once a second:
/// one that says more waits until there is room in its control socket.
const PAUSE: Duration = Duration::from_millis(500);

/// Has datagrams answered.
#[derive(Debug)]
pub struct Answering {
    shared: Arc<Shared>,
    launch: Arc<Launch>,
    /// The sockets, which outlive every process that has a copy of them.
    sockets: Vec<(SocketAddr, OwnedFd)>,
    services: Services,
}

impl Answering {
    /// On these sockets, by processes that are started so.
    pub const fn new(
        shared: Arc<Shared>,
        launch: Arc<Launch>,
        sockets: Vec<(SocketAddr, OwnedFd)>,
        services: Services,
    ) -> Self {
        Self {
            shared,
            launch,
            sockets,
            services,
        }
    }

    /// Has them answered for ever, while the gateway serves: by a process, and by another if that
    /// ends. What comes between two waits in the sockets, as far as they have room.
    pub async fn keep(self) {
        if self.sockets.is_empty() {
            return;
        }
        let mut backoff = Backoff::default();
        let mut halts = self.shared.serving.halts();
        loop {
            // Of those before now.
            let _ = halts.news();
            if self.shared.serving.check().is_err() {
                halts.changed().await;
                continue;
            }
            let begun = Instant::now();
            let why = tokio::select! {
                biased;
                // The process is killed when nobody waits for it any more.
                halted = halts.halted() => halted.to_string(),
                why = self.answer() => why,
            };
            tracing::warn!("nobody answers the port mapper's questions over UDP now: {why}");
            sleep(backoff.failed(begun.elapsed())).await;
        }
    }

    /// Has them answered by one process, until that is gone; why.
    async fn answer(&self) -> String {
        let process = match PortMapper::map_ports(&self.launch).await {
            Ok(process) => process,
            Err(error) => return format!("no process could be started: {error}"),
        };
        let pid = process.pid();
        let wrong = match self.hand_over(&process).await {
            Ok(()) => {
                tracing::info!(pid, "the port mapper answers over UDP");
                self.listen(&process).await
            }
            Err(error) => error.to_string(),
        };
        let death = process.end(&wrong).await;
        self.shared.metrics.greeter_ended(death.cause());
        death.to_string()
    }

    /// Gives it a copy of each socket.
    async fn hand_over(&self, process: &PortMapper) -> io::Result<()> {
        for (local, socket) in &self.sockets {
            let questions = Questions {
                services: self.services,
                local: *local,
            };
            let answer = ToPortmap::Answer(questions, socket.try_clone()?);
            let told = process.control().send(answer).await;
            told.map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Hears what it counts, until it says something else or nothing any more.
    async fn listen(&self, process: &PortMapper) -> String {
        loop {
            match process.control().receive().await {
                Ok(Some(FromPortmap::Counted(datagrams))) => {
                    self.shared.metrics.datagrams(datagrams);
                    sleep(PAUSE).await;
                }
                Ok(Some(_)) => return "it broke the control protocol".to_owned(),
                Ok(None) => return "it closed its control socket".to_owned(),
                Err(error) => return format!("it broke the control protocol: {error}"),
            }
        }
    }
}
