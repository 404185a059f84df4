//! What is told to a keysmith, and what it means.

use labelgate_control::{
    ConfigureKeysmith, FromKeysmith, KeptName, KeptRelative, KeysmithRefusal, List, MAX_PARENTS,
    Secret, Text, ToKeysmith,
};
use labelgate_registry::CephxKey;

use super::child::Child;
use super::keysmith::KeysmithError;
use super::keysmiths::Setup;

/// A text that has room.
pub(super) fn text<const N: usize>(text: &str) -> Result<Text<N>, KeysmithError> {
    Text::new(text).map_err(|why| KeysmithError::Long(why.to_string()))
}

/// An image's name.
pub(super) fn name(namespace: &str, image: &str) -> Result<KeptName, KeysmithError> {
    Ok(KeptName {
        namespace: text(namespace)?,
        image: text(image)?,
    })
}

/// The identifiers of what an image is a clone of.
pub(super) fn identifiers(
    of: &[KeptRelative],
) -> Result<List<Text<64>, MAX_PARENTS>, KeysmithError> {
    let all: Vec<_> = of.iter().map(|one| one.id.clone()).collect();
    List::try_from(all).map_err(|_| KeysmithError::Long("so many parents".to_owned()))
}

/// The first message.
pub(super) fn configure(setup: &Setup, key: &CephxKey) -> Result<ToKeysmith, KeysmithError> {
    let rbd = setup.rbd();
    let key = Secret::new(key.expose());
    let context = setup.forge.provider.keysmith();
    Ok(ToKeysmith::Configure(ConfigureKeysmith {
        monitors: text(rbd.monitors.as_str())?,
        entity: text(rbd.entity.as_str())?,
        key: key.map_err(|_| setup.gone("its key is longer than any"))?,
        pool: text(rbd.pool.as_str())?,
        prefix: text(&setup.forge.names.prefix())?,
        unprivileged: setup.forge.uids.is_none(),
        context: context.map(|context| Text::clean(&context.to_string())),
    }))
}

impl Setup {
    /// Whether what it said first is that it is ready, and whether the kernel says so too.
    pub(super) fn is_ready(
        &self,
        child: &Child<ToKeysmith>,
        said: FromKeysmith,
    ) -> Result<(), KeysmithError> {
        match said {
            FromKeysmith::Ready { confinement, .. } => {
                let right = child.check_context();
                right.map_err(|wrong| self.gone(&wrong.to_string()))?;
                let confinement: Vec<&str> = confinement.iter().map(Text::as_str).collect();
                let (store, pid) = (&self.store, child.pid());
                tracing::info!(
                    store,
                    pid,
                    "keysmith is confined: {}",
                    confinement.join(", ")
                );
                Ok(())
            }
            FromKeysmith::Failed { why, reason } => Err(self.refused(why, &reason)),
            FromKeysmith::Answer { .. } | FromKeysmith::Seen { .. } => {
                Err(self.gone("it did not say first that it is ready"))
            }
        }
    }

    /// Why something was refused.
    pub(super) fn refused(&self, why: KeysmithRefusal, said: &Text<512>) -> KeysmithError {
        let (store, entity) = (self.store.clone(), &self.rbd().entity);
        let said = said.as_str();
        let why = match why {
            KeysmithRefusal::NotFound => return KeysmithError::Missing,
            KeysmithRefusal::Exists => return KeysmithError::Exists,
            KeysmithRefusal::Busy => return KeysmithError::Busy(said.to_owned()),
            KeysmithRefusal::Permission => format!(
                "the cluster refuses client.{entity}: {said}; look at its key and its \
                 capabilities (ceph auth get client.{entity}), and give the key with \
                 \"labelgate store key {store} --key-file FILE\""
            ),
            KeysmithRefusal::NotReady => format!(
                "the cluster does not answer: {said}; look at the monitors' addresses, and at the \
                 network"
            ),
            _ => said.to_owned(),
        };
        KeysmithError::Cluster { store, why }
    }
}
