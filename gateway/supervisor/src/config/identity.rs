//! How a connection proves who it is, and what that opens to it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use labelgate_control::Text;
use labelgate_handle::HandleKey;
use labelgate_mac::Label;
use labelgate_registry::MasterKey;
use serde::Deserialize;
use toml::Spanned;
use uuid::Uuid;

use super::netlabel::NetlabelSource;
use super::token::{TokenDigest, epoch};
use crate::network::{Network, NetworkTable};

/// The longest CHAP name, in bytes.
pub const LONGEST_CHAP_NAME: usize = 255;

/// Someone, and the label it is served under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What it is called in the audit trail and to the worker; no two have the same. An identity
    /// of the configuration is called after its network: `address:10.9.1.0/28`.
    pub name: Text<256>,
    /// How a connection proves that it is this one.
    pub proof: Proof,
    /// The label it is served under.
    pub label: Label,
    /// Images of other labels that are open to it, too: those of the groups it is a member of.
    pub grants: Vec<Grant>,
    /// The virtual machine it belongs to, if it is known.
    pub vm: Option<Uuid>,
    /// When it is let in.
    pub admission: Admission,
    /// What handles that are given to it say of it ([`epoch`]); 0 where it is not in force.
    pub epoch: u64,
}

/// How a connection proves that it is an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It comes from there.
    Address(Network),
    /// It knows the secret that belongs to this CHAP name (RFC 7143, 12.1.3: CHAP_N).
    Chap(Text<LONGEST_CHAP_NAME>),
    /// It knows the token that has this digest.
    Token(TokenDigest),
    /// The network tells its label, which is believed of this source.
    Netlabel(Arc<NetlabelSource>),
}

/// An image of a group label that is open to an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The image's target name.
    pub target: Text<223>,
    /// The group's label, whose worker serves it.
    pub label: Label,
}

/// When an identity is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// At any time.
    Always,
    /// While one of these leases runs. With none there is no way in.
    Leased(Vec<LeaseTerm>),
}

/// Where and until when a lease holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseTerm {
    /// The only address it holds for; any, without one.
    pub address: Option<IpAddr>,
    /// The only addresses of its host, beyond that; any, without them.
    pub host_addresses: Option<BTreeSet<IpAddr>>,
    /// When it ends; never by itself, without a time.
    pub ends: Option<SystemTime>,
}

impl LeaseTerm {
    fn covers(&self, address: IpAddr, now: SystemTime) -> bool {
        let here = |at: IpAddr| at.to_canonical() == address.to_canonical();
        let own = |all: &BTreeSet<IpAddr>| all.iter().copied().any(here);
        self.address.is_none_or(here)
            && self.host_addresses.as_ref().is_none_or(own)
            && self.ends.is_none_or(|end| now < end)
    }
}

impl Identity {
    /// An identity that an address is the proof of, which is let in at any time.
    #[must_use]
    pub fn at(network: Network, label: Label) -> Self {
        Self {
            name: Text::clean(&format!("address:{network}")),
            proof: Proof::Address(network),
            label,
            grants: Vec::new(),
            vm: None,
            admission: Admission::Always,
            epoch: 0,
        }
    }

    /// Whether a connection from this address is let in at this time.
    #[must_use]
    pub fn is_admitted(&self, address: IpAddr, now: SystemTime) -> bool {
        match &self.admission {
            Admission::Always => true,
            Admission::Leased(terms) => terms.iter().any(|term| term.covers(address, now)),
        }
    }

    /// The label whose worker serves a session with this target. Its own decides on discovery and
    /// on every name that is not granted, be it wrong, missing or another label's.
    #[must_use]
    pub fn label_for(&self, target: Option<&str>) -> &Label {
        let granted = |grant: &&Grant| target == Some(grant.target.as_str());
        let grant = self.grants.iter().find(granted);
        grant.map_or(&self.label, |grant| &grant.label)
    }

    /// Whether it is the same one as before, whatever is open to it by now. With another token it
    /// is, in another epoch.
    #[must_use]
    pub fn is_same(&self, before: &Self) -> bool {
        let proof = match (&self.proof, &before.proof) {
            (Proof::Token(_), Proof::Token(_)) => true,
            (now, before) => now == before,
        };
        self.name == before.name && proof && self.vm == before.vm
    }
}

/// All identities, found by what proves them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    by_address: NetworkTable<Arc<Identity>>,
    by_chap_name: HashMap<Text<LONGEST_CHAP_NAME>, Arc<Identity>>,
    by_token: HashMap<TokenDigest, Arc<Identity>>,
    by_epoch: HashMap<u64, Arc<Identity>>,
    by_name: HashMap<Text<256>, Arc<Identity>>,
    /// Those whose labels the network tells have no entry of their own: there are as many of them
    /// as a source has labels.
    netlabel: NetworkTable<Arc<NetlabelSource>>,
    /// Of these, those with one of these labels are let in from where a machine runs that images follow, and
    /// from nowhere else.
    followed: HashMap<Label, Vec<LeaseTerm>>,
    /// What epochs are made with, once these identities are to be in force.
    key: Option<Arc<MasterKey>>,
    with_grants: usize,
}

/// An identity that cannot stand beside one that is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityClash {
    /// Another one has its name.
    #[error("there is an identity {0:?} already; choose another name")]
    Name(Text<256>),
    /// Another one is proved by the same network, CHAP name or token.
    #[error("identity {0:?} has the same proof; remove one of the two")]
    Proof(Text<256>),
    /// It is proved by what the network tells, for which a source stands.
    #[error("identity {0:?} is made when its client connects and cannot be declared")]
    Netlabel(Text<256>),
}

impl Identities {
    /// These identities as they are to be in force: each has its epoch.
    ///
    /// # Errors
    /// Two of them have one name or one proof.
    pub fn with_epochs(&self, key: &Arc<MasterKey>) -> Result<Self, IdentityClash> {
        let mut dated = Self {
            key: Some(Arc::clone(key)),
            netlabel: self.netlabel.clone(),
            ..Self::default()
        };
        for identity in self.iter() {
            dated.insert(Arc::clone(identity))?;
        }
        Ok(dated)
    }

    /// An identity with its epoch, if it has none yet.
    #[must_use]
    pub fn dated(&self, mut identity: Arc<Identity>) -> Arc<Identity> {
        if let (Some(key), 0) = (&self.key, identity.epoch) {
            let dated = Arc::make_mut(&mut identity);
            dated.epoch = epoch(key, dated.name.as_str(), None);
        }
        identity
    }

    /// What tokens are looked up with, and keys for handles are derived from; `None` of identities
    /// that are not in force.
    #[must_use]
    pub fn master_key(&self) -> Option<&MasterKey> {
        self.key.as_deref()
    }

    /// What a token is known by; `None` of identities that are not in force.
    #[must_use]
    pub fn digest(&self, token: &[u8]) -> Option<TokenDigest> {
        let key = self.master_key()?;
        Some(TokenDigest::of(key, token))
    }

    /// The key that the file handles of a label are sealed with; `None` of identities that are not
    /// in force.
    #[must_use]
    pub fn handle_key(&self, label: &Label) -> Option<HandleKey> {
        let key = self.master_key()?;
        Some(HandleKey::for_label(key.expose(), &label.to_string()))
    }

    /// The identity of a client that is known by its address: that of the longest prefix.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Option<&Arc<Identity>> {
        self.by_address.lookup(address)
    }

    /// The identity that a CHAP name claims.
    #[must_use]
    pub fn of_chap_name(&self, name: &Text<LONGEST_CHAP_NAME>) -> Option<&Arc<Identity>> {
        self.by_chap_name.get(name)
    }

    /// The identity whose token this is.
    #[must_use]
    pub fn of_token(&self, digest: &TokenDigest) -> Option<&Arc<Identity>> {
        self.by_token.get(digest)
    }

    /// The identity whose epoch this is now. That a client says it proves nothing.
    #[must_use]
    pub fn of_epoch(&self, epoch: u64) -> Option<&Arc<Identity>> {
        self.by_epoch.get(&epoch)
    }

    /// Whose word counts for the label that the network tells of a client at this address: that
    /// of the longest prefix.
    #[must_use]
    pub fn netlabel_source(&self, address: IpAddr) -> Option<&Arc<NetlabelSource>> {
        self.netlabel.lookup(address)
    }

    /// Levels of machines that images follow, with their leases: whoever comes with one is that machine.
    #[must_use]
    pub fn with_followed(self, followed: HashMap<Label, Vec<LeaseTerm>>) -> Self {
        Self { followed, ..self }
    }

    /// Whether a connection from this address, which is this identity's, is let in at this time.
    #[must_use]
    pub fn admit(&self, identity: &Identity, address: IpAddr, now: SystemTime) -> bool {
        let terms = match &identity.proof {
            Proof::Netlabel(_) => self.followed.get(&identity.label),
            _ => None,
        };
        let covers = |terms: &Vec<LeaseTerm>| terms.iter().any(|term| term.covers(address, now));
        identity.is_admitted(address, now) && terms.is_none_or(covers)
    }

    /// All sources of labels that the network tells, in no particular order.
    pub fn netlabel_sources(&self) -> impl Iterator<Item = &Arc<NetlabelSource>> {
        self.netlabel.values()
    }

    /// Adds a source of labels that the network tells, unless its network has one, which is handed
    /// back.
    pub fn insert_netlabel(
        &mut self,
        source: Arc<NetlabelSource>,
    ) -> Result<(), Arc<NetlabelSource>> {
        self.netlabel.insert(source.network, source)
    }

    /// Whether anyone proves itself by CHAP.
    #[must_use]
    pub fn use_chap(&self) -> bool {
        !self.by_chap_name.is_empty()
    }

    /// Whether anyone proves itself by a token.
    #[must_use]
    pub fn use_tokens(&self) -> bool {
        !self.by_token.is_empty()
    }

    /// Whether any connection has to be greeted before its worker is known.
    #[must_use]
    pub fn use_greeters(&self) -> bool {
        self.use_chap() || self.use_tokens() || self.with_grants > 0
    }

    /// What has become of an identity that a connection from `address` has proved; `None` if it
    /// is gone, or if the same proof would be another's by now.
    #[must_use]
    pub fn current<'a>(
        &'a self,
        before: &'a Arc<Identity>,
        address: IpAddr,
    ) -> Option<&'a Arc<Identity>> {
        let found = match &before.proof {
            Proof::Address(_) => self.of(address),
            Proof::Chap(name) => self.of_chap_name(name),
            // Its token may have been rotated since.
            Proof::Token(_) => self.by_name.get(&before.name),
            // What the network tells of a connection does not change. What is believed may.
            Proof::Netlabel(source) => {
                let now = self.netlabel_source(address);
                return (now == Some(source)).then_some(before);
            }
        };
        found.filter(|now| now.is_same(before))
    }

    /// All of them, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Identity>> {
        let by_secret = self.by_chap_name.values().chain(self.by_token.values());
        self.by_address.values().chain(by_secret)
    }

    /// Adds an identity, unless another one has its name or its proof.
    pub fn insert(&mut self, identity: Arc<Identity>) -> Result<(), IdentityClash> {
        if self.by_name.contains_key(&identity.name) {
            return Err(IdentityClash::Name(identity.name.clone()));
        }
        let identity = self.dated(identity);
        let clash = |there: &Identity| IdentityClash::Proof(there.name.clone());
        let own = Arc::clone(&identity);
        match &identity.proof {
            Proof::Address(network) => {
                let inserted = self.by_address.insert(*network, own);
                inserted.map_err(|there| clash(&there))?;
            }
            Proof::Chap(chap_name) => match self.by_chap_name.entry(chap_name.clone()) {
                Entry::Occupied(there) => return Err(clash(there.get())),
                Entry::Vacant(place) => drop(place.insert(own)),
            },
            Proof::Token(digest) => match self.by_token.entry(*digest) {
                Entry::Occupied(there) => return Err(clash(there.get())),
                Entry::Vacant(place) => drop(place.insert(own)),
            },
            Proof::Netlabel(_) => return Err(IdentityClash::Netlabel(identity.name.clone())),
        }
        self.with_grants += usize::from(!identity.grants.is_empty());
        if identity.epoch != 0 {
            self.by_epoch.insert(identity.epoch, Arc::clone(&identity));
        }
        self.by_name.insert(identity.name.clone(), identity);
        Ok(())
    }
}

/// `[[identity]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIdentity {
    pub(super) address: Spanned<String>,
    pub(super) label: Spanned<String>,
}

#[cfg(test)]
mod tests;
