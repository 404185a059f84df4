//! Records of the registry as what the gateway serves and lets in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use labelgate_control::Text;
use labelgate_mac::Label;
use labelgate_registry as registry;
use labelgate_registry::Snapshot;
use uuid::Uuid;

use super::clash::Clash;
use super::tokens::Tokens;
use crate::config::{
    Admission, Audience, Grant, Identity, Image, LeaseTerm, Place, Pool, Proof, Squash, Store,
    Target, target,
};

pub(super) fn store(record: &registry::Store) -> Store {
    Store {
        name: record.name.as_str().to_owned(),
        place: match &record.place {
            registry::Place::Directory {
                path,
                trees,
                squash,
            } => Place::Directory {
                path: path.as_path().to_owned(),
                trees: *trees,
                squash: match squash {
                    registry::Squash::All => Squash::All,
                    registry::Squash::Root => Squash::Root,
                    registry::Squash::None => Squash::None,
                },
            },
            registry::Place::Rbd(rbd) => Place::Rbd(Pool {
                rbd: rbd.clone(),
                key: None,
            }),
            registry::Place::Gluster(gluster) => Place::Gluster(gluster.clone()),
            registry::Place::Nfs(nfs) => Place::Nfs(nfs.clone()),
            registry::Place::Iscsi(iscsi) => Place::Iscsi(Target {
                iscsi: iscsi.clone(),
                secrets: None,
            }),
        },
    }
}

pub(super) fn image(
    record: &registry::Image,
    store: &Arc<Store>,
    prefix: &str,
    held: &BTreeSet<(Uuid, &Label)>,
) -> Result<Image, Clash> {
    let name = record.name.as_str().to_owned();
    let target = target(prefix, &store.name, &name);
    Ok(Image {
        target: target.map_err(|why| Clash::Target(record.id(), why))?,
        name,
        store: Arc::clone(store),
        file: record.file.as_path().to_owned(),
        audience: match (record.content, &record.follows) {
            (true, _) => Audience::Everyone,
            // Whatever its file says: at the level of a machine that does not run it is nobody's.
            (false, Some(follows)) if Snapshot::is_out(record, held) => {
                Audience::Label(follows.rest.clone())
            }
            (false, _) => Audience::Label(record.label.clone()),
        },
        designator: record.designator,
        block_size: record.block_size.bytes(),
        size: record.size,
        read_only: record.read_only || record.content,
        direct: record.direct,
    })
}

/// What each group opens, by its label.
pub(super) fn grants(snapshot: &Snapshot, images: &[Arc<Image>]) -> BTreeMap<Label, Vec<Grant>> {
    let mut grants: BTreeMap<Label, Vec<Grant>> = BTreeMap::new();
    for image in images {
        let label = image.audience.label();
        let Some(label) = label.filter(|label| snapshot.groups.contains_key(label)) else {
            continue;
        };
        grants.entry(label.clone()).or_default().push(Grant {
            target: image.target.clone(),
            label: label.clone(),
        });
    }
    grants
}

pub(super) fn identity(
    record: &registry::Identity,
    (snapshot, tokens): (&Snapshot, &Tokens),
    grants: &BTreeMap<Label, Vec<Grant>>,
    now: Timestamp,
) -> Result<Identity, Clash> {
    let name = record.name.as_str();
    let groups = snapshot.groups.values();
    let mine = groups.filter(|group| group.members.contains(&record.name));
    let granted = mine.filter_map(|group| grants.get(&group.label)).flatten();
    let (proof, epoch) = match record.proof {
        registry::Proof::Address(network) => (Proof::Address(network), 0),
        registry::Proof::Chap => (Proof::Chap(Text::clean(name)), 0),
        registry::Proof::Token => {
            let token = tokens.of(&record.name);
            let token = token.ok_or_else(|| Clash::NoToken(record.name.clone()))?;
            (Proof::Token(token.digest), token.epoch)
        }
    };
    Ok(Identity {
        // The registry's names are short and plain enough to be kept as they are.
        name: Text::clean(name),
        proof,
        label: record.label.clone(),
        grants: granted.cloned().collect(),
        vm: record.vm,
        admission: match record.needs_lease {
            false => Admission::Always,
            true => Admission::Leased(terms(record, snapshot, now)),
        },
        epoch,
    })
}

/// The leases under which an identity is let in. Without a virtual machine there are none.
fn terms(record: &registry::Identity, snapshot: &Snapshot, now: Timestamp) -> Vec<LeaseTerm> {
    let Some(vm) = record.vm else {
        return Vec::new();
    };
    let leases = snapshot.leases_of(vm, now);
    let mine = leases.filter(|lease| lease.label == record.label);
    mine.map(term).collect()
}

fn term(lease: &registry::Lease) -> LeaseTerm {
    LeaseTerm {
        address: lease.address,
        host_addresses: lease.host_addresses.clone(),
        ends: lease.ends.map(system_time),
    }
}

/// The levels of machines that images follow, with the leases under which somebody who comes with one is
/// let in.
pub(super) fn followed(snapshot: &Snapshot) -> HashMap<Label, Vec<LeaseTerm>> {
    let machines = snapshot.all_followed();
    let mut terms: HashMap<Label, Vec<LeaseTerm>> = HashMap::new();
    for lease in snapshot.leases.values() {
        if machines.contains(&lease.vm) {
            terms
                .entry(lease.label.clone())
                .or_default()
                .push(term(lease));
        }
    }
    terms
}

/// A time that the system cannot have is over.
fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::try_from(at).unwrap_or(SystemTime::UNIX_EPOCH)
}
