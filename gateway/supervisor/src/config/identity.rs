//! How a connection proves who it is, and what that opens to it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use labelgate_control::Text;
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
    /// When it ends; never by itself, without a time.
    pub ends: Option<SystemTime>,
}

impl LeaseTerm {
    fn covers(&self, address: IpAddr, now: SystemTime) -> bool {
        let here = |at: IpAddr| at.to_canonical() == address.to_canonical();
        self.address.is_none_or(here) && self.ends.is_none_or(|end| now < end)
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
mod tests {
    use super::*;
    use std::time::Duration;

    fn label(text: &str) -> Label {
        text.parse().unwrap()
    }

    fn chap(name: &str) -> Identity {
        Identity {
            name: Text::new(name).unwrap(),
            proof: Proof::Chap(Text::new(name).unwrap()),
            ..Identity::at("10.9.1.2".parse().unwrap(), label("s0:c1,c2"))
        }
    }

    fn key() -> Arc<MasterKey> {
        Arc::new(MasterKey::from_bytes([7; 32]))
    }

    /// As the registry's are put in force.
    fn with_token(name: &str, token: &[u8]) -> Identity {
        Identity {
            proof: Proof::Token(TokenDigest::of(&key(), token)),
            epoch: epoch(&key(), name, Some(token)),
            ..chap(name)
        }
    }

    fn identities(all: impl IntoIterator<Item = Identity>) -> Identities {
        let mut identities = Identities::default().with_epochs(&key()).unwrap();
        for identity in all {
            identities.insert(Arc::new(identity)).unwrap();
        }
        identities
    }

    fn granted(target: &str) -> Vec<Grant> {
        let target = Text::new(target).unwrap();
        vec![Grant {
            target,
            label: label("s0:c7"),
        }]
    }

    #[test]
    fn a_granted_target_is_served_by_its_group_and_every_other_by_its_own() {
        let identity = Identity {
            grants: granted("iqn.2026-11.io.labelgate:s.shared"),
            ..chap("web-1")
        };
        let of = |target| identity.label_for(target).to_string();
        assert_eq!(of(Some("iqn.2026-11.io.labelgate:s.shared")), "s0:c7");
        for other in [None, Some(""), Some("iqn.2026-11.io.labelgate:s.Shared")] {
            assert_eq!(of(other), "s0:c1,c2");
        }
    }

    #[test]
    fn a_lease_holds_until_its_end_and_where_it_says() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let (here, there) = ("10.9.1.2".parse().unwrap(), "10.9.1.3".parse().unwrap());
        let leased = |terms| Identity {
            admission: Admission::Leased(terms),
            ..chap("web-1")
        };
        let term = |address, ends| LeaseTerm { address, ends };

        assert!(!leased(vec![]).is_admitted(here, now));
        let ending = leased(vec![term(None, Some(now))]);
        assert!(ending.is_admitted(here, now - Duration::from_nanos(1)));
        assert!(!ending.is_admitted(here, now), "the end is not part of it");
        let bound = leased(vec![term(Some(here), None), term(Some(there), Some(now))]);
        assert!(bound.is_admitted(here, now));
        assert!(!bound.is_admitted(there, now));
        let mapped = "::ffff:10.9.1.2".parse().unwrap();
        assert!(bound.is_admitted(mapped, now));
    }

    #[test]
    fn no_two_identities_share_a_name_or_a_proof() {
        let mut identities = Identities::default();
        identities.insert(Arc::new(chap("web-1"))).unwrap();
        let again = identities.insert(Arc::new(chap("web-1")));
        assert_eq!(again, Err(IdentityClash::Name(Text::new("web-1").unwrap())));
        let alias = Identity {
            name: Text::new("web-2").unwrap(),
            ..chap("web-1")
        };
        let clash = identities.insert(Arc::new(alias));
        assert_eq!(
            clash,
            Err(IdentityClash::Proof(Text::new("web-1").unwrap()))
        );
        assert_eq!(identities.iter().count(), 1);
        assert!(identities.use_chap() && identities.use_greeters());
    }

    #[test]
    fn whoever_says_a_token_is_found_by_its_digest_and_by_nothing_else() {
        let identities = identities([with_token("nfs-1", b"one"), chap("web-1")]);
        let said = |token: &[u8]| identities.of_token(&TokenDigest::of(&key(), token));
        assert_eq!(said(b"one").unwrap().name.as_str(), "nfs-1");
        for wrong in [&b"two"[..], b"One", b"one\0", b""] {
            assert!(said(wrong).is_none(), "{wrong:?}");
        }
        let other_key = MasterKey::from_bytes([8; 32]);
        let foreign = TokenDigest::of(&other_key, b"one");
        assert!(identities.of_token(&foreign).is_none());
        assert!(identities.use_tokens() && identities.use_greeters());
        assert!(
            identities
                .of_chap_name(&Text::new("nfs-1").unwrap())
                .is_none()
        );
        assert_eq!(identities.iter().count(), 2);
    }

    #[test]
    fn no_two_identities_have_one_token() {
        let mut identities = identities([with_token("nfs-1", b"one")]);
        let again = identities.insert(Arc::new(with_token("nfs-2", b"one")));
        let there = Text::new("nfs-1").unwrap();
        assert_eq!(again, Err(IdentityClash::Proof(there)));
        assert!(
            identities
                .of_epoch(with_token("nfs-2", b"one").epoch)
                .is_none()
        );
    }

    #[test]
    fn every_identity_in_force_has_an_epoch_that_it_is_found_by() {
        let mut declared = Identities::default();
        let at = Identity::at("10.9.1.0/28".parse().unwrap(), label("s0:c1,c2"));
        declared.insert(Arc::new(at)).unwrap();
        assert!(declared.iter().all(|identity| identity.epoch == 0));
        assert!(declared.of_epoch(0).is_none());
        let mut in_force = declared.with_epochs(&key()).unwrap();
        in_force.insert(Arc::new(chap("web-1"))).unwrap();
        in_force
            .insert(Arc::new(with_token("nfs-1", b"one")))
            .unwrap();
        for identity in in_force.iter() {
            assert_ne!(identity.epoch, 0, "{identity:?}");
            assert_eq!(in_force.of_epoch(identity.epoch), Some(identity));
        }
        let netlabel = Arc::new(Identity::at("10.9.2.1".parse().unwrap(), label("s0:c3")));
        assert_ne!(in_force.dated(netlabel).epoch, 0);
    }

    #[test]
    fn an_identity_whose_token_was_rotated_is_the_same_in_another_epoch() {
        let address = "10.9.1.2".parse().unwrap();
        let before = Arc::new(with_token("nfs-1", b"one"));
        let rotated = identities([with_token("nfs-1", b"two")]);
        let now = rotated.current(&before, address).unwrap();
        assert_ne!(now.epoch, before.epoch);
        // What was given out before leads to nobody any more.
        assert!(rotated.of_epoch(before.epoch).is_none());
        assert!(rotated.of_token(&TokenDigest::of(&key(), b"one")).is_none());
        // Whoever has its name and another proof is somebody else.
        let renamed = identities([chap("nfs-1")]);
        assert!(renamed.current(&before, address).is_none());
        let gone = identities([with_token("nfs-2", b"one")]);
        assert!(gone.current(&before, address).is_none());
    }

    #[test]
    fn an_identity_that_was_made_anew_for_another_vm_is_another_one() {
        let address = "10.9.1.2".parse().unwrap();
        let of = |identity: Identity| {
            let mut identities = Identities::default();
            identities.insert(Arc::new(identity)).unwrap();
            identities
        };
        let before = Arc::new(chap("web-1"));
        assert!(of(chap("web-1")).current(&before, address).is_some());
        let more = Identity {
            grants: granted("iqn.2026-11.io.labelgate:s.shared"),
            ..chap("web-1")
        };
        assert!(of(more).current(&before, address).is_some());
        let other = Identity {
            vm: Some(Uuid::from_u128(7)),
            ..chap("web-1")
        };
        assert!(of(other).current(&before, address).is_none());
        // Nor does an address prove what a secret has to.
        let by_address = Identity {
            name: before.name.clone(),
            ..Identity::at("10.9.1.2".parse().unwrap(), label("s0:c1,c2"))
        };
        assert!(of(by_address).current(&before, address).is_none());
    }
}
