//! Logical units of upstream iSCSI targets: what their keepers are given, and what their store's
//! credentials open.

use std::sync::Arc;
use std::time::Duration;

use labelgate_control::{
    Anchor, FromKeysmith, IscsiAnchor, KeysmithRefusal, LookAtTarget, Secret, Text, ToKeysmith,
};
use labelgate_registry::{ChapSecrets, Iscsi, unit_of};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::access::{AccessError, Gate};
use super::child::{Child, Did};
use super::forge::Forge;
use crate::config::{Image, Target};
use crate::provider::Network;

/// How long a target may take to say what it lets be opened.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the process may take that asks it.
const LIMIT: Duration = Duration::from_secs(30);

/// What a store's credentials open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// One logical unit, or none yet, and nothing else.
    pub single: bool,
    /// What it is, in words.
    pub what: String,
}

/// Why it is not known what a store's credentials open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSeen {
    /// The process that was to look cannot be started, or is gone.
    #[error("nobody could look: {0}")]
    Gone(String),
    /// The target does not let it in, or is none.
    #[error("{0}")]
    Refused(String),
    /// The target does not answer.
    #[error("{0}; look at the portal's address, and at the network")]
    Silent(String),
}

impl Gate {
    /// Writes the anchor of a logical unit. What opens it is the same for every label.
    pub(super) async fn anchor_on_target(
        &self,
        image: &Image,
        target: &Target,
    ) -> Result<(), AccessError> {
        let unit = unit_of(image.file.to_str().unwrap_or_default())?;
        let forge = self.shared.keysmiths.forge();
        let secrets = secrets(forge, &self.store.name, target).await;
        let secrets = secrets.map_err(AccessError::NoSecrets)?;
        let reservation = match image.read_only {
            true => 0,
            false => self.reservation(target.iscsi.target.as_str(), unit).await?,
        };
        let anchor = IscsiAnchor {
            lun: unit,
            reservation,
            ..anchor(&target.iscsi, secrets.as_ref())?
        };
        self.write(image, &Anchor::Iscsi(anchor))
    }
}

impl Gate {
    /// What the next keeper of a unit reserves it by.
    async fn reservation(&self, target: &str, unit: u16) -> Result<u64, AccessError> {
        let own = self.shared.keysmiths.names().reservation_of(target, unit);
        let shared = Arc::clone(&self.shared);
        let counted = spawn_blocking(move || shared.counts.next(own)).await;
        let count = counted.map_err(|_| AccessError::Ends)??;
        Ok(own | u64::from(count))
    }
}

/// The secrets of a target, if it has any.
async fn secrets(
    forge: &Forge,
    store: &str,
    target: &Target,
) -> Result<Option<ChapSecrets>, String> {
    if target.iscsi.user.is_none() || target.secrets.is_some() {
        return Ok(target.secrets.clone());
    }
    let key = forge.key_of(store).await?;
    let secrets = key.chap().cloned();
    secrets
        .map(Some)
        .ok_or_else(|| "the registry has no secret for it".to_owned())
}

/// What all anchors of a target have.
fn anchor(
    iscsi: &Iscsi,
    secrets: Option<&ChapSecrets>,
) -> Result<IscsiAnchor, labelgate_control::Refused> {
    let name = |name: Option<&labelgate_registry::ChapName>| match name {
        Some(name) => Text::new(name.as_str()),
        None => Ok(Text::default()),
    };
    let secret = |secret: Option<&labelgate_registry::Secret>| {
        // It was checked: all of it is ASCII.
        let bytes = secret.map_or(&[][..], labelgate_registry::Secret::expose);
        Secret::new(std::str::from_utf8(bytes).unwrap_or_default())
    };
    Ok(IscsiAnchor {
        portal: iscsi.portal.address(),
        target: Text::new(iscsi.target.as_str())?,
        lun: 0,
        initiator: Text::new(iscsi.initiator.as_str())?,
        user: name(iscsi.user.as_ref())?,
        secret: secret(secrets.map(ChapSecrets::forward))?,
        target_user: name(iscsi.target_user.as_ref())?,
        target_secret: secret(secrets.and_then(ChapSecrets::reverse))?,
        reservation: 0,
        write_through: false,
        shared: iscsi.shared,
    })
}

impl Forge {
    /// Asks a target what these credentials open there, by a process that does nothing else.
    ///
    /// # Errors
    /// [`NotSeen`]
    pub async fn look(
        &self,
        store: &str,
        iscsi: &Iscsi,
        secrets: Option<&ChapSecrets>,
    ) -> Result<Seen, NotSeen> {
        let reach = self.check_reach(Network::Iscsi);
        reach.map_err(|why| NotSeen::Refused(why.to_string()))?;
        let target = anchor(iscsi, secrets).map_err(|why| NotSeen::Refused(why.to_string()))?;
        let spawned = self
            .spawn(store)
            .map_err(|error| NotSeen::Gone(error.to_string()));
        let noted = spawned.as_ref().map(|(child, _)| child.pid());
        self.note_start(store, noted.map_err(ToString::to_string));
        // Nobody has its UID before it is reaped.
        let (mut child, _uid) = spawned?;
        let context = self.provider.keysmith();
        child.tell(ToKeysmith::Look(Box::new(LookAtTarget {
            target,
            milliseconds: u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
            unprivileged: self.uids.is_none(),
            context: context.map(|context| Text::clean(&context.to_string())),
        })));
        let mut seen = None;
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            match timeout_at(deadline, child.did()).await {
                Ok(Did::Said(_)) if seen.is_some() => child.kill("it broke the control protocol"),
                Ok(Did::Said(said)) => seen = Some(hear(&mut child, said)),
                Ok(Did::Exited(status)) => break status,
                Ok(Did::Violation(violation)) => child.kill(violation.to_string()),
                Ok(Did::Closed) => child.ask_no_more(),
                Ok(Did::Deaf) => child.kill("it does not read its control socket"),
                Err(_) => {
                    child.kill("it did not answer in time");
                    break child.end().await;
                }
            }
        };
        let pid = child.pid();
        let death = child.reaped(status);
        self.note_end(store, pid, &death);
        let silent = || Err(NotSeen::Gone("it ended without a word".to_owned()));
        seen.unwrap_or_else(silent)
    }
}

/// What it says, if the kernel says that it is who it should be.
fn hear(child: &mut Child<ToKeysmith>, said: FromKeysmith) -> Result<Seen, NotSeen> {
    match said {
        FromKeysmith::Seen { single, what, .. } => {
            let right = child.check_context();
            child.kill("it has said what there is");
            right.map_err(|wrong| NotSeen::Gone(wrong.to_string()))?;
            Ok(Seen {
                single,
                what: what.as_str().to_owned(),
            })
        }
        FromKeysmith::Failed { why, reason } => {
            let reason = reason.as_str().to_owned();
            Err(match why {
                KeysmithRefusal::NotReady => NotSeen::Silent(reason),
                KeysmithRefusal::Library | KeysmithRefusal::Confinement => NotSeen::Gone(reason),
                _ => NotSeen::Refused(reason),
            })
        }
        _ => {
            child.kill("it broke the control protocol");
            Err(NotSeen::Gone(
                "it said something else than it was asked".to_owned(),
            ))
        }
    }
}
