//! Has NFS entered with the system's own port mapper, and taken out again.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{Entries, Entry, FromPortmap, Program, Text, ToPortmap};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::audit::{Decision, Event, Record};
use crate::greeting::{Launch, PortMapper};
use crate::worker::{Backoff, Shared};

/// Where the system's port mapper takes entries, from whom it knows by this socket.
const RPCBIND: &str = "/run/rpcbind.sock";
/// It answers after this long, or not at all; a little longer than the process waits that asks it.
const PATIENCE: Duration = Duration::from_secs(15);
/// The gateway ends after this long, whether NFS is taken out or not.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// Why NFS is not entered.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// Nobody takes entries.
    #[error("{RPCBIND}: {error}: {}", advice(error))]
    Connect {
        /// Why not.
        error: io::Error,
    },
    /// There is no process that could ask.
    #[error("no process to enter it: {0}")]
    Process(io::Error),
    /// The port mapper does not take it, or says nothing that is understood.
    #[error("{0}")]
    Refused(Text<256>),
    /// The process that was to enter it is gone, or says something else.
    #[error("the process that was to enter it: {0}")]
    Died(String),
    /// It takes too long.
    #[error("it took more than {} s", PATIENCE.as_secs())]
    Late,
}

/// Each program for each family of addresses that NFS is served at: the port mapper keeps one address
/// of each, the first.
#[must_use]
pub fn entries(nfs: impl Iterator<Item = SocketAddr> + Clone) -> Entries {
    let first = |v6: bool| nfs.clone().find(|address| address.is_ipv6() == v6);
    let addresses = [first(false), first(true)].into_iter().flatten();
    let entries = addresses.flat_map(|address| {
        [Program::Nfs, Program::Mount].map(|program| Entry { program, address })
    });
    // No more than two of each.
    entries.collect::<Vec<_>>().try_into().unwrap_or_default()
}

/// NFS, as it is entered with the system's port mapper.
#[derive(Debug)]
pub struct Entered {
    shared: Arc<Shared>,
    launch: Arc<Launch>,
    entries: Entries,
    /// Keeps the connection by which it was entered; whose end is that of the port mapper.
    process: Option<PortMapper>,
}

impl Entered {
    /// Enters it.
    ///
    /// # Errors
    /// It cannot be entered.
    pub async fn new(
        shared: Arc<Shared>,
        launch: Arc<Launch>,
        entries: Entries,
    ) -> Result<Self, EnterError> {
        let mut entered = Self {
            shared,
            launch,
            entries,
            process: None,
        };
        entered.enter().await?;
        Ok(entered)
    }

    /// Enters it anew whenever the port mapper was restarted, for ever.
    pub async fn keep(&mut self) {
        let mut backoff = Backoff::default();
        loop {
            let begun = Instant::now();
            if let Some(process) = &self.process {
                let why = ended(process).await;
                tracing::warn!("NFS is no longer entered with the system's port mapper: {why}");
                self.end("what it has entered is gone").await;
            }
            sleep(backoff.failed(begun.elapsed())).await;
            if let Err(error) = self.enter().await {
                tracing::error!("NFS cannot be entered with the system's port mapper: {error}");
            }
        }
    }

    /// Takes it out again.
    pub async fn take_out(mut self) {
        let Some(process) = &self.process else {
            return;
        };
        let told = process.control().send(ToPortmap::TakeOut).await;
        let said = timeout(LAST_PATIENCE, process.control().receive()).await;
        match (told, said) {
            (Ok(()), Ok(Ok(Some(FromPortmap::TakenOut)))) => {
                let reason = format!("taken out of {RPCBIND}");
                tracing::info!("NFS is {reason}");
                let record = Record::new(Event::PortmapEntry, Decision::Note);
                record.reason(&reason).write();
            }
            (_, said) => {
                let why = match said {
                    Ok(Ok(Some(FromPortmap::NotEntered { reason }))) => reason.to_string(),
                    _ => "its process does not answer".to_owned(),
                };
                tracing::warn!(
                    "NFS could not be taken out of the system's port mapper: {why}; rpcinfo -d \
                     100003 3 and rpcinfo -d 100005 3 do it"
                );
            }
        }
        self.end("the gateway stops").await;
    }

    async fn enter(&mut self) -> Result<(), EnterError> {
        let entering = self.try_to_enter();
        let entered = timeout(PATIENCE, entering).await;
        match entered.unwrap_or(Err(EnterError::Late)) {
            Ok(process) => {
                self.process = Some(process);
                let reason = format!("entered with {RPCBIND}");
                tracing::info!("NFS is {reason}");
                let record = Record::new(Event::PortmapEntry, Decision::Allow);
                record.reason(&reason).write();
                Ok(())
            }
            Err(error) => {
                let reason = error.to_string();
                let record = Record::new(Event::PortmapEntry, Decision::Deny);
                record.reason(&reason).write();
                Err(error)
            }
        }
    }

    async fn try_to_enter(&self) -> Result<PortMapper, EnterError> {
        // By this process, for the port mapper goes by who has connected; nothing is read here.
        let connection = connect().await;
        let connection = connection.map_err(|error| EnterError::Connect { error })?;
        let started = PortMapper::map_ports(&self.launch).await;
        let process = started.map_err(EnterError::Process)?;
        let enter = ToPortmap::Enter(self.entries.clone(), connection);
        let told = process.control().send(enter).await;
        told.map_err(|error| EnterError::Died(error.to_string()))?;
        match process.control().receive().await {
            Ok(Some(FromPortmap::Entered)) => Ok(process),
            Ok(Some(FromPortmap::NotEntered { reason })) => {
                process.end("it has nothing to do").await;
                Err(EnterError::Refused(reason))
            }
            Ok(said) => {
                let why = said.map_or("it is gone", |_| "it broke the control protocol");
                Err(EnterError::Died(process.end(why).await.to_string()))
            }
            Err(error) => Err(EnterError::Died(error.to_string())),
        }
    }

    async fn end(&mut self, why: &str) {
        if let Some(process) = self.process.take() {
            let death = process.end(why).await;
            self.shared.metrics.greeter_ended(death.cause());
        }
    }
}

/// Keeps NFS entered in a task of its own, if it is to be.
#[derive(Debug, Default)]
pub struct Entering(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Entering {
    /// Keeps it entered from now on.
    #[must_use]
    pub fn start(mut entered: Entered) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            tokio::select! {
                _ = stopped => {}
                () = entered.keep() => {}
            }
            entered.take_out().await;
        });
        Self(Some((stop, task)))
    }

    /// Takes it out.
    pub async fn stop(self) {
        if let Some((stop, task)) = self.0 {
            // The task ends in time by itself.
            let _ = stop.send(());
            let _ = task.await;
        }
    }
}

/// Waits until a process is gone that has entered NFS, and says nothing unasked; why.
async fn ended(process: &PortMapper) -> String {
    match process.control().receive().await {
        Ok(None) => "rpcbind, or the process that is connected to it, is gone".to_owned(),
        Ok(Some(_)) => "its process broke the control protocol".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What an admin can do who reads that.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "labelgated is not allowed to connect there (look for its AVCs: ausearch -m avc -c \
             labelgated)"
        }
        _ => {
            "no rpcbind runs here (systemctl enable --now rpcbind.socket), or it is not this \
             machine's"
        }
    }
}

async fn connect() -> io::Result<OwnedFd> {
    let stream = UnixStream::connect(RPCBIND).await?;
    Ok(stream.into_std()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(addresses: &[&str]) -> Vec<(Program, String)> {
        let addresses: Vec<SocketAddr> =
            addresses.iter().map(|text| text.parse().unwrap()).collect();
        let entries = entries(addresses.iter().copied());
        let entry = |entry: &Entry| (entry.program, entry.address.to_string());
        entries.iter().map(entry).collect()
    }

    #[test]
    fn each_program_is_entered_once_for_each_family() {
        let all = of(&[
            "192.0.2.7:2049",
            "[::]:2049",
            "192.0.2.8:2050",
            "[::1]:2051",
        ]);
        let expected = [
            (Program::Nfs, "192.0.2.7:2049".to_owned()),
            (Program::Mount, "192.0.2.7:2049".to_owned()),
            (Program::Nfs, "[::]:2049".to_owned()),
            (Program::Mount, "[::]:2049".to_owned()),
        ];
        assert_eq!(all, expected);
        assert_eq!(of(&["0.0.0.0:2049"]).len(), 2);
        assert_eq!(of(&[]), []);
    }
}
