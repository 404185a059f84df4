//! How a connection proves who it is, and what that opens to it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use labelgate_control::Text;
use labelgate_mac::Label;
use serde::Deserialize;
use toml::Spanned;
use uuid::Uuid;

use super::netlabel::NetlabelSource;
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
    /// What is in the file handles that it is given; another one once its token is another. Zero
    /// where it is given none.
    pub epoch: u64,
}

/// How a connection proves that it is an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It comes from there.
    Address(Network),
    /// It knows the secret that belongs to this CHAP name (RFC 7143, 12.1.3: CHAP_N).
    Chap(Text<LONGEST_CHAP_NAME>),
    /// The network tells its label, which is believed of this source.
    Netlabel(Arc<NetlabelSource>),
    /// It knows the token that has this digest: the first component of the path that it mounts.
    Token(TokenDigest),
}

/// What a token is known by: its hash under the gateway's master key. Nobody can tell by the time
/// that a lookup takes how much of a token is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token.
    #[must_use]
    pub fn of(master: &[u8; 32], token: &[u8]) -> Self {
        Self(*blake3::keyed_hash(master, token).as_bytes())
    }
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

    /// Whether it is the same one as before, whatever is open to it by now.
    #[must_use]
    pub fn is_same(&self, before: &Self) -> bool {
        self.name == before.name && self.proof == before.proof && self.vm == before.vm
    }
}

/// All identities, found by what proves them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    by_address: NetworkTable<Arc<Identity>>,
    by_chap_name: HashMap<Text<LONGEST_CHAP_NAME>, Arc<Identity>>,
    /// Those whose labels the network tells have no entry of their own: there are as many of them
    /// as a source has labels.
    netlabel: NetworkTable<Arc<NetlabelSource>>,
    by_token: HashMap<TokenDigest, Arc<Identity>>,
    by_epoch: HashMap<u64, Arc<Identity>>,
    names: HashSet<Text<256>>,
    with_grants: usize,
}

/// An identity that cannot stand beside one that is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityClash {
    /// Another one has its name.
    #[error("there is an identity {0:?} already; choose another name")]
    Name(Text<256>),
    /// Another one is proved by the same network or CHAP name.
    #[error("identity {0:?} has the same proof; remove one of the two")]
    Proof(Text<256>),
    /// It is proved by what the network tells, for which a source stands.
    #[error("identity {0:?} is made when its client connects and cannot be declared")]
    Netlabel(Text<256>),
}

impl Identities {
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
            Proof::Token(digest) => self.of_token(digest),
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
        if self.names.contains(&identity.name) {
            return Err(IdentityClash::Name(identity.name.clone()));
        }
        let (name, grants) = (identity.name.clone(), identity.grants.len());
        let itself = Arc::clone(&identity);
        match &identity.proof {
            Proof::Address(network) => {
                let inserted = self.by_address.insert(*network, identity);
                inserted.map_err(|there| IdentityClash::Proof(there.name.clone()))?;
            }
            Proof::Chap(chap_name) => {
                if let Some(there) = self.by_chap_name.get(chap_name) {
                    return Err(IdentityClash::Proof(there.name.clone()));
                }
                self.by_chap_name.insert(chap_name.clone(), identity);
            }
            Proof::Token(digest) => {
                if let Some(there) = self.by_token.get(digest) {
                    return Err(IdentityClash::Proof(there.name.clone()));
                }
                self.by_token.insert(*digest, identity);
            }
            Proof::Netlabel(_) => return Err(IdentityClash::Netlabel(name)),
        }
        self.names.insert(name);
        self.with_grants += usize::from(grants > 0);
        if itself.epoch != 0 {
            self.by_epoch.insert(itself.epoch, itself);
        }
        Ok(())
    }

    /// The identity whose token has this digest.
    #[must_use]
    pub fn of_token(&self, digest: &TokenDigest) -> Option<&Arc<Identity>> {
        self.by_token.get(digest)
    }

    /// The identity whose file handles are of this epoch.
    #[must_use]
    pub fn of_epoch(&self, epoch: u64) -> Option<&Arc<Identity>> {
        self.by_epoch.get(&epoch)
    }

    /// Whether anyone proves itself by a token.
    #[must_use]
    pub fn use_tokens(&self) -> bool {
        !self.by_token.is_empty()
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

    fn token(name: &str, token: &[u8], epoch: u64) -> Identity {
        Identity {
            proof: Proof::Token(TokenDigest::of(&[1; 32], token)),
            epoch,
            ..chap(name)
        }
    }

    #[test]
    fn a_token_and_an_epoch_lead_to_the_identity_that_has_them() {
        let mut identities = Identities::default();
        assert!(!identities.use_tokens() && !identities.use_greeters());
        let one = Arc::new(token("vm-1", b"one", 7));
        identities.insert(Arc::clone(&one)).unwrap();
        let again = identities.insert(Arc::new(token("vm-2", b"one", 8)));
        let there = Text::new("vm-1").unwrap();
        assert_eq!(again, Err(IdentityClash::Proof(there)));
        let of = |token: &[u8]| identities.of_token(&TokenDigest::of(&[1; 32], token));
        assert_eq!((of(b"one"), of(b"two")), (Some(&one), None));
        let of_epochs = [0, 7, 8].map(|epoch| identities.of_epoch(epoch).is_some());
        assert_eq!(of_epochs, [false, true, false]);
        assert!(identities.use_tokens() && identities.use_greeters());
    }
}
