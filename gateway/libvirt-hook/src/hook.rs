//! What is done when.

use std::io;
use std::time::Duration;

use labelgate_api::endpoints::{PostMachineStart, PostMachineStop};
use labelgate_api::{
    Endpoint, ErrorCode, JsonContent, MachinePath, Nothing, StartMachine, StopMachine,
};
use labelgate_client::{Client, ClientError, Remote};
use uuid::Uuid;

use crate::domain::{Domain, DomainError};
use crate::settings::{Settings, SettingsError};

/// After what time it is asked again, when a connection has ended before its answer: a gateway that is busy, or
/// is started anew, ends connections. A machine that has gone would have its lease until an admin ends it.
const AGAIN: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// What an operation of libvirt's means for the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A machine is about to be made ready, to start or to come in: it needs a lease, and does not start
    /// without. What libvirt calls its process is not known yet, unless an admin has said it.
    Prepare,
    /// Its process is about to start, and has its label.
    Start,
    /// A machine is found running: it should have a lease, and goes on without.
    Restore,
    /// A machine has gone, and what it had is free.
    Stop,
    /// Nothing.
    Nothing,
}

impl Operation {
    /// The operation of this name.
    ///
    /// A machine that comes in by a migration, or is restored, is prepared and started as well. What comes
    /// before, `migrate` and `restore`, is for changing its XML: should that fail, or what libvirt does next,
    /// nothing is ever released, and a lease that began there would stay. From `prepare` on whatever fails is
    /// released, `prepare` itself too.
    ///
    /// When it stops, `stopped` comes first, while QEMU's remains are still to be cleared away, and
    /// `release` when nothing is left.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "prepare" => Self::Prepare,
            "start" => Self::Start,
            "reconnect" | "attach" => Self::Restore,
            "release" => Self::Stop,
            _ => Self::Nothing,
        }
    }
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The XML could not be read.
    #[error("the domain's XML cannot be read: {0}")]
    Input(io::Error),
    /// There is too much of it.
    #[error("the domain's XML is longer than any that libvirt has")]
    TooLong,
    /// It is not understood.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The gateway says no.
    #[error("{message}{}", .hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
    Refused {
        /// Why.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The gateway cannot be asked.
    #[error("{0}")]
    Client(ClientError),
    /// It makes no sense.
    #[error("{0}")]
    Usage(&'static str),
    /// Nobody takes the answer.
    #[error("the secret cannot be written, and is good all the same; ask for another: {0}")]
    Output(io::Error),
    /// The system refused something.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(failure) => Self::Refused {
                message: failure.message,
                hint: failure.hint,
            },
            other => Self::Client(other),
        }
    }
}

/// Does what an operation means for the machine of this XML. One without a disk on the gateway is
/// none of the gateway's business; but it may have had one when it started, and hence a lease.
pub(crate) fn carry_out(operation: Operation, xml: &str, settings: &Settings) -> Result<(), Fault> {
    match operation {
        Operation::Prepare | Operation::Start | Operation::Restore => {
            let domain = Domain::read(xml, settings)?;
            match domain.disks.is_empty() {
                true => Ok(()),
                false => run(settings, async |client| {
                    start(&client, operation, domain, settings).await
                }),
            }
        }
        Operation::Stop => end(xml, settings),
        Operation::Nothing => Ok(()),
    }
}

/// Whatever else its XML says by now, the machine has gone.
fn end(xml: &str, settings: &Settings) -> Result<(), Fault> {
    let uuid = Domain::uuid_in(xml)?;
    let ended = run(settings, async |client| stop(&client, uuid).await);
    match Domain::read(xml, settings) {
        // That nobody can be asked is no news of a machine that most likely had nothing there.
        Ok(domain) if domain.disks.is_empty() => Ok(()),
        _ => ended,
    }
}

/// Asks the gateway.
pub(crate) fn run<T>(
    settings: &Settings,
    ask: impl AsyncFnOnce(Client) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let remote = Remote::new(&settings.gateway, &settings.credentials)?;
    let client = Client::remote(remote, settings.timeout);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Fault::Runtime)?;
    runtime.block_on(ask(client))
}

async fn start(
    client: &Client,
    operation: Operation,
    domain: Domain,
    settings: &Settings,
) -> Result<(), Fault> {
    let body = StartMachine {
        host: None,
        process_label_later: operation == Operation::Prepare && domain.process_label.is_none(),
        process_label: domain.process_label,
        address: settings.address,
        disks: domain.disks,
    };
    ask::<PostMachineStart>(client, domain.uuid, &body).await?;
    Ok(())
}

/// One that has no lease was refused its start, or was stopped by an admin: nothing is left to do.
async fn stop(client: &Client, vm: Uuid) -> Result<(), Fault> {
    let body = StopMachine { host: None };
    match ask::<PostMachineStop>(client, vm, &body).await {
        Err(ClientError::Refused(failure)) if failure.code == ErrorCode::NotFound => Ok(()),
        other => other.map(drop).map_err(Fault::from),
    }
}

/// Asks what may be asked twice. Where nobody can be reached at first, it is not asked again: that takes long
/// enough.
async fn ask<E>(
    client: &Client,
    vm: Uuid,
    body: &<E::Body as JsonContent>::Value,
) -> Result<<E::Answer as JsonContent>::Value, ClientError>
where
    E: Endpoint<Path = MachinePath, Query = Nothing, Body: JsonContent, Answer: JsonContent>,
{
    let path = MachinePath { vm };
    let mut answer = client.ask::<E>(&path, &Nothing {}, body).await;
    let mut broken_off = false;
    for pause in AGAIN {
        match &answer {
            Err(ClientError::BrokenOff(_)) => broken_off = true,
            Err(ClientError::Unreachable { .. }) if broken_off => {}
            _ => break,
        }
        tokio::time::sleep(pause).await;
        answer = client.ask::<E>(&path, &Nothing {}, body).await;
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_starts_or_has_gone_concerns_the_gateway() {
        assert_eq!(Operation::of("prepare"), Operation::Prepare);
        assert_eq!(Operation::of("start"), Operation::Start);
        assert_eq!(Operation::of("reconnect"), Operation::Restore);
        assert_eq!(Operation::of("release"), Operation::Stop);
        for name in ["started", "stopped", "migrate", "restore", "", "Start"] {
            assert_eq!(Operation::of(name), Operation::Nothing);
        }
    }
}
