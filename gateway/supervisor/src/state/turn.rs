//! One change at a time.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use labelgate_mac::Label;
use labelgate_registry::{Change, Registry};
use tokio::sync::OwnedMutexGuard;
use tokio::task::spawn_blocking;

use super::{InForce, Published, State, StateError, Tokens};
use crate::config::Config;
use crate::metrics::Reloaded;
use crate::poison;
use crate::worker::Ended;

/// The right to change what is in force. It ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    state: Arc<State>,
    /// When it was asked for.
    began: Instant,
    _guard: OwnedMutexGuard<()>,
}

/// What a change has led to.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What is in force now.
    pub in_force: Arc<InForce>,
    /// The label that was allocated, if one was.
    pub allocated: Option<Label>,
    /// What ended because it was taken away.
    pub ended: Ended,
    /// Whether all that was taken away verifiably is gone.
    pub complete: bool,
    /// From the command to the moment at which it was, in milliseconds.
    pub milliseconds: u64,
}

impl Turn {
    pub(super) fn new(state: Arc<State>, guard: OwnedMutexGuard<()>, began: Instant) -> Self {
        Self {
            state,
            began,
            _guard: guard,
        }
    }

    /// The state whose turn this is.
    #[must_use]
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// What would be in force after a change.
    ///
    /// # Errors
    /// The registry would refuse it, or it clashes with the configuration file.
    pub fn check(&self, change: &Change) -> Result<InForce, StateError> {
        let now = self.state.in_force();
        let (next, _) = now.snapshot.after(change)?;
        Ok(InForce::new(
            Arc::clone(&now.config),
            (Arc::new(next), now.tokens.after(change)),
            Timestamp::now(),
        )?)
    }

    /// Makes a change, and waits for what it takes away to be gone.
    ///
    /// # Errors
    /// It was not made, and everything is as it was.
    pub async fn change(&self, change: Change) -> Result<Changed, StateError> {
        self.check(&change)?;
        let before = self.state.in_force();
        let tokens = before.tokens.after(&change);
        let registry = Arc::clone(&self.state.registry);
        let applied = spawn_blocking(move || registry.apply(&change)).await??;
        let config = Arc::clone(&before.config);
        let next = InForce::new(config, (applied.snapshot, tokens), Timestamp::now())?;
        let published = self.state.publish(next).await;
        Ok(self.changed(published, applied.allocated))
    }

    /// Puts into force what there is as leases are by now, of which nobody has ended some whose time is
    /// over.
    ///
    /// # Errors
    /// The registry clashes with the configuration file, which it did not before.
    pub async fn of_now(&self) -> Result<Changed, StateError> {
        let now = self.state.in_force();
        let kept = (Arc::clone(&now.snapshot), Arc::clone(&now.tokens));
        let next = InForce::new(Arc::clone(&now.config), kept, Timestamp::now())?;
        let published = self.state.publish(next).await;
        Ok(self.changed(published, None))
    }

    /// Has everything looked at again, such as after a mark of poison was removed.
    pub async fn look_again(&self) -> Changed {
        let now = self.state.in_force();
        let published = self.state.put_into_force(&now).await;
        self.changed(published, None)
    }

    /// Kills a label's worker, and waits for its last I/O to end.
    pub async fn kill_worker(&self, label: &Label, why: &str) -> Changed {
        let verdict = self
            .state
            .labels
            .kill(label, why, super::publish::PATIENCE)
            .await;
        let published = Published {
            ended: verdict.ended,
            complete: verdict.complete,
            at: Instant::now(),
        };
        self.changed(published, None)
    }

    /// Reads the configuration file again and puts it into force. One with anything wrong in it
    /// changes nothing.
    ///
    /// # Errors
    /// Something is wrong with it, or it clashes with the registry.
    pub async fn reload(&self) -> Result<Changed, StateError> {
        let reloaded = self.read_again().await;
        self.state.shared.metrics.reloaded(match &reloaded {
            Ok(_) => Reloaded::Applied,
            Err(_) => Reloaded::Refused,
        });
        reloaded
    }

    async fn read_again(&self) -> Result<Changed, StateError> {
        let path: PathBuf = self.state.file.clone();
        let config = spawn_blocking(move || Config::read(&path)).await??;
        let shared = &self.state.shared;
        if config.gateway.target_prefix != shared.section.target_prefix {
            return Err(StateError::TargetPrefix);
        }
        let before = Arc::clone(&self.state.in_force().config);
        let sections = (
            &config.gateway,
            &config.admin,
            &config.metrics,
            &config.audit,
            &config.nfs,
            &config.remote,
        );
        let (admin, metrics, audit) = (&before.admin, &before.metrics, &before.audit);
        let remote = &before.remote;
        if sections != (&shared.section, admin, metrics, audit, &shared.nfs, remote) {
            tracing::warn!(
                "[gateway], [admin], [metrics], [nfs], [remote] or [audit] has changed, which takes effect when the gateway is restarted"
            );
        }
        let now = self.state.in_force();
        let kept = (Arc::clone(&now.snapshot), Arc::clone(&now.tokens));
        let next = InForce::new(Arc::new(config), kept, Timestamp::now())?;
        poison::read_again(&shared.poison, next.images.all()).await;
        let next = Arc::new(next);
        self.state.in_force.send_replace(Arc::clone(&next));
        let published = self.state.put_into_force(&next).await;
        Ok(self.changed(published, None))
    }

    /// Writes a backup of the registry, with every secret in it.
    ///
    /// # Errors
    /// The registry cannot be read, or `to` cannot be written.
    pub async fn backup(&self, mut to: impl Write + Send + 'static) -> Result<(), StateError> {
        let registry = Arc::clone(&self.state.registry);
        Ok(spawn_blocking(move || registry.backup(&mut to)).await??)
    }

    /// Replaces the registry by a backup, and waits for what that takes away to be gone.
    ///
    /// # Errors
    /// The backup is not sound, or clashes with the configuration file. Everything is as it was.
    pub async fn restore(
        &self,
        mut from: impl Read + Send + 'static,
    ) -> Result<Changed, StateError> {
        let registry = Arc::clone(&self.state.registry);
        let config = Arc::clone(&self.state.in_force().config);
        let restored = spawn_blocking(move || restore(&*registry, &config, &mut from)).await??;
        let published = self.state.publish(restored).await;
        Ok(self.changed(published, None))
    }

    fn changed(&self, published: Published, allocated: Option<Label>) -> Changed {
        let took = published.at.saturating_duration_since(self.began);
        Changed {
            in_force: self.state.in_force(),
            allocated,
            ended: published.ended,
            complete: published.complete,
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Takes in a backup; one that clashes with the configuration file is taken back.
fn restore(
    registry: &dyn Registry,
    config: &Arc<Config>,
    from: &mut dyn Read,
) -> Result<InForce, StateError> {
    let mut before = zeroize::Zeroizing::new(Vec::new());
    registry.backup(&mut *before)?;
    let snapshot = registry.restore(from)?;
    let tokens = Arc::new(Tokens::read(registry)?);
    match InForce::new(Arc::clone(config), (snapshot, tokens), Timestamp::now()) {
        Ok(next) => Ok(next),
        Err(clash) => {
            registry.restore(&mut before.as_slice())?;
            Err(clash.into())
        }
    }
}
