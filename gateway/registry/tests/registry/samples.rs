//! Records to test with.

use std::path::PathBuf;

use jiff::Timestamp;
use labelgate_registry::{
    Allocation, BlockSize, Change, ChapSecrets, Fingerprint, Host, HostRole, Image, Lease,
    NewIdentity, NewProof, NewSecrets, NewStore, Place, Rbd, RedbRegistry, Secret, Squash, Store,
    StoreKey, Token, fresh_designator,
};
use tempfile::TempDir;
use uuid::Uuid;

pub fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub fn registry() -> (TempDir, PathBuf, RedbRegistry) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("registry.redb");
    let registry = RedbRegistry::open(&path).unwrap();
    (directory, path, registry)
}

/// A store that is a directory.
pub fn directory(name: &str, path: &str) -> Change {
    let store = Store {
        name: name.parse().unwrap(),
        place: Place::Directory {
            path: path.parse().unwrap(),
            trees: false,
            squash: Squash::All,
        },
    };
    Change::AddStore(store.into())
}

pub fn store(name: &str) -> Change {
    directory(name, &format!("/srv/{name}"))
}

/// A key of nobody's.
pub const STORE_KEY: &str = "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==";

/// A store that is a pool.
pub fn pool(name: &str, pool: &str) -> NewStore {
    NewStore {
        store: Store {
            name: name.parse().unwrap(),
            place: Place::Rbd(Rbd {
                monitors: "10.0.0.1,10.0.0.2".parse().unwrap(),
                pool: pool.parse().unwrap(),
                entity: "client.labelgate".parse().unwrap(),
            }),
        },
        key: Some(StoreKey::Cephx(STORE_KEY.parse().unwrap())),
    }
}

pub fn image(store: &str, name: &str, label: &str) -> Image {
    Image {
        store: store.parse().unwrap(),
        name: name.parse().unwrap(),
        file: format!("{name}.img").parse().unwrap(),
        label: label.parse().unwrap(),
        designator: fresh_designator().unwrap(),
        size: Some(1 << 20),
        block_size: BlockSize::B512,
        read_only: false,
        direct: false,
        content: false,
        follows: None,
    }
}

pub fn secrets() -> ChapSecrets {
    let forward = Secret::generate().unwrap();
    ChapSecrets::new(forward, Some(Secret::generate().unwrap())).unwrap()
}

pub fn chap(name: &str, label: &str) -> NewIdentity {
    NewIdentity {
        name: name.parse().unwrap(),
        proof: NewProof::Chap(secrets()),
        label: label.parse().unwrap(),
        vm: None,
        needs_lease: false,
    }
}

pub fn at_address(name: &str, network: &str, label: &str) -> NewIdentity {
    NewIdentity {
        proof: NewProof::Address(network.parse().unwrap()),
        ..chap(name, label)
    }
}

pub fn token(name: &str, label: &str) -> NewIdentity {
    NewIdentity {
        proof: NewProof::Token(Token::generate().unwrap()),
        ..chap(name, label)
    }
}

pub fn rotation(identity: &str, secrets: NewSecrets) -> Change {
    Change::RotateIdentity {
        identity: identity.parse().unwrap(),
        secrets,
    }
}

pub fn allocation() -> Allocation {
    Allocation {
        for_whom: "a test".try_into().unwrap(),
        since: time(1000),
        reserved: std::collections::BTreeSet::new(),
        within: None,
    }
}

pub fn lease(id: u128, vm: u128, host: &str, label: &str) -> Lease {
    Lease {
        id: Uuid::from_u128(id),
        vm: Uuid::from_u128(vm),
        host: host.try_into().unwrap(),
        address: None,
        host_addresses: None,
        label: label.parse().unwrap(),
        start: time(1000),
        ends: None,
    }
}

pub fn host(name: &str, role: HostRole, certificate: u8) -> Host {
    Host {
        name: name.parse().unwrap(),
        role,
        addresses: None,
        fingerprint: Fingerprint::new([certificate; 32]),
        expires: time(1 << 32),
        since: time(1000),
    }
}
