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

/// A mount whose token is good.
#[derive(Debug)]
pub struct Mounted {
    /// Whose token it was.
    pub identity: Arc<Identity>,
    /// What the path behind the token leads to.
    pub at: At,
}

/// What a path behind a token leads to.
#[derive(Debug)]
pub enum At {
    /// The root of what its identity is shown, or of its tree in a store: the handle.
    Root(Bytes<64>),
    /// Something in a tree, or nothing: only its worker knows that, and this process never looks.
    Within,
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
        rest: &[u8],
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
        rest: &[u8],
        (identities, address): (&Identities, IpAddr),
        trees: &[Arc<Store>],
    ) -> Result<Mounted, Failure> {
        let digest = identities.digest(token);
        let identity = digest.and_then(|digest| identities.of_token(&digest));
        let identity = identity.ok_or(Failure::Token)?;
        check_admission(identity, address)?;
        let path = || Text::clean(&String::from_utf8_lossy(rest));
        let way = way(rest, &identity.label, trees).ok_or_else(|| Failure::Path(path()))?;
        let at = match way {
            Way::Object(object) => At::Root(self.seal(object, identity, (identities, address))?),
            Way::Within => At::Within,
        };
        let identity = Arc::clone(identity);
        Ok(Mounted { identity, at })
    }

    fn seal(
        &self,
        object: Object,
        identity: &Identity,
        (identities, address): (&Identities, IpAddr),
    ) -> Result<Bytes<64>, Failure> {
        let root = Handle {
            epoch: identity.epoch,
            object,
        };
        let key = identities.handle_key(&identity.label);
        let sealed = root.seal(&key.ok_or(Failure::Token)?, self.bound_to(address));
        // No handle is longer.
        Ok(Bytes::try_from(&sealed[..]).unwrap_or_default())
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

/// Where a path behind a token leads.
enum Way {
    /// To the root, or to the root of a tree.
    Object(Object),
    /// Into a tree.
    Within,
}

fn way(path: &[u8], label: &Label, trees: &[Arc<Store>]) -> Option<Way> {
    let components = path.split(|byte| *byte == b'/');
    let mut components = components.filter(|component| !component.is_empty());
    let Some(first) = components.next() else {
        return Some(Way::Object(Object::Root));
    };
    // Only these labels have trees.
    label.pair_index()?;
    let store = trees.iter().find(|store| store.name.as_bytes() == first)?;
    Some(match components.next() {
        None => Way::Object(Object::root_of_tree(tree_of_store(&store.name))),
        Some(_) => Way::Within,
    })
}

fn check_admission(identity: &Identity, address: IpAddr) -> Result<(), Failure> {
    match identity.is_admitted(address, SystemTime::now()) {
        true => Ok(()),
        false => Err(Failure::NoLease(Text::clean(&identity.name))),
    }
}
