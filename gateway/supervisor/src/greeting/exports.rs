//! Judges tokens and file handles: who may mount what, and whose an NFS connection is.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use labelgate_control::{Bytes, Text};
use labelgate_handle::{Handle, Object, Sealed, Stale, tree_of_store};
use labelgate_mac::Label;
use tokio::time::{Instant, sleep_until};

use super::authority::REFUSAL_TIME;
use super::failure::Failure;
use crate::config::{Identities, Identity, Proof, Store};

/// Judges tokens and file handles.
#[derive(Debug)]
pub struct Exports {
    /// Whether a handle is good at the address of the client alone that was given it.
    bind_handles: bool,
}

/// A mount that was granted.
#[derive(Debug)]
pub struct Mounted {
    /// Whose token it was.
    pub identity: Arc<Identity>,
    /// The handle of the root of what that identity is shown, or of its tree in a store.
    pub root: Bytes<64>,
}

impl Exports {
    /// Those whose handles are bound to addresses, or not.
    pub const fn new(bind_handles: bool) -> Self {
        Self { bind_handles }
    }

    /// Judges a token that came from this address, with the path behind it. A refusal takes the
    /// same time whatever its reason.
    pub async fn mount(
        &self,
        token: &[u8],
        rest: &Text<1024>,
        who: (&Identities, IpAddr),
        trees: &[Arc<Store>],
    ) -> Result<Mounted, Failure> {
        let begin = Instant::now();
        let mounted = self.weigh(token, rest, who, trees);
        if mounted.is_err() {
            sleep_until(begin + REFUSAL_TIME).await;
        }
        mounted
    }

    fn weigh(
        &self,
        token: &[u8],
        rest: &Text<1024>,
        (identities, address): (&Identities, IpAddr),
        trees: &[Arc<Store>],
    ) -> Result<Mounted, Failure> {
        let digest = identities.digest(token);
        let identity = digest.and_then(|digest| identities.of_token(&digest));
        let identity = identity.ok_or(Failure::Token)?;
        check_admission(identity, address)?;
        let object = mounted(rest, &identity.label, trees);
        let object = object.ok_or_else(|| Failure::Path(rest.clone()))?;
        let root = Handle {
            epoch: identity.epoch,
            object,
        };
        let key = identities.handle_key(&identity.label);
        let sealed = root.seal(&key.ok_or(Failure::Token)?, self.bound_to(address));
        Ok(Mounted {
            identity: Arc::clone(identity),
            // No handle is longer.
            root: Bytes::try_from(&sealed[..]).unwrap_or_default(),
        })
    }

    /// Finds out whose connection it is that shows this file handle, and came from this address. A
    /// refusal takes the same time whatever its reason.
    pub async fn open(
        &self,
        handle: &[u8],
        who: (&Identities, IpAddr),
    ) -> Result<Arc<Identity>, Failure> {
        let begin = Instant::now();
        let opened = self.unseal(handle, who);
        if opened.is_err() {
            sleep_until(begin + REFUSAL_TIME).await;
        }
        opened
    }

    fn unseal(
        &self,
        handle: &[u8],
        (identities, address): (&Identities, IpAddr),
    ) -> Result<Arc<Identity>, Failure> {
        let sealed = Sealed::parse(handle).map_err(Failure::BadHandle)?;
        let claimed = identities.of_epoch(sealed.epoch());
        // Only who has mounted with a token has one to show here.
        let by_token = |identity: &&Arc<Identity>| matches!(identity.proof, Proof::Token(_));
        let identity = claimed.filter(by_token).ok_or(Failure::StaleHandle)?;
        let key = identities.handle_key(&identity.label);
        let key = key.ok_or(Failure::StaleHandle)?;
        let opened = sealed.open(&key, self.bound_to(address));
        opened.map_err(|Stale| Failure::StaleHandle)?;
        check_admission(identity, address)?;
        Ok(Arc::clone(identity))
    }

    fn bound_to(&self, address: IpAddr) -> Option<IpAddr> {
        self.bind_handles.then_some(address)
    }
}

/// What a path behind a token leads to: to the root, or to the root of a tree. What else there is, only
/// its worker knows, and this process never looks.
fn mounted(path: &str, label: &Label, trees: &[Arc<Store>]) -> Option<Object> {
    let path = path.trim_matches('/');
    if path.is_empty() {
        return Some(Object::Root);
    }
    // Only these labels have trees.
    label.pair_index()?;
    let store = trees.iter().find(|store| store.name == path)?;
    Some(Object::root_of_tree(tree_of_store(&store.name)))
}

fn check_admission(identity: &Identity, address: IpAddr) -> Result<(), Failure> {
    match identity.is_admitted(address, SystemTime::now()) {
        true => Ok(()),
        false => Err(Failure::NoLease(Text::clean(&identity.name))),
    }
}
