//! Stores as they are written in the file.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU16;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use labelgate_registry::{CephxKey, Gluster, Nfs, Rbd};
use serde::Deserialize;
use toml::Spanned;

use super::key_file;
use super::name;
use super::problem::Collector;
use super::seen::Seen;
use super::squash::Squash;
use super::store::{Place, Pool, Store};
use super::target::check_target;

/// What a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Directory,
    Rbd,
    Gluster,
    Iscsi,
    Nfs,
}

/// `[[store]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    kind: Kind,
    path: Option<Spanned<PathBuf>>,
    trees: Option<Spanned<bool>>,
    squash: Option<Spanned<Squash>>,
    monitors: Option<Spanned<String>>,
    pool: Option<Spanned<String>>,
    entity: Option<Spanned<String>>,
    key_file: Option<Spanned<PathBuf>>,
    servers: Option<Spanned<String>>,
    volume: Option<Spanned<String>>,
    directory: Option<Spanned<String>>,
    pub(super) portal: Option<Spanned<String>>,
    pub(super) target: Option<Spanned<String>>,
    pub(super) initiator: Option<Spanned<String>>,
    pub(super) user: Option<Spanned<String>>,
    pub(super) secret_file: Option<Spanned<PathBuf>>,
    pub(super) target_user: Option<Spanned<String>>,
    pub(super) target_secret_file: Option<Spanned<PathBuf>>,
    pub(super) shared: Option<Spanned<bool>>,
    server: Option<Spanned<String>>,
    export: Option<Spanned<String>>,
    nfs_port: Option<Spanned<NonZeroU16>>,
    mount_port: Option<Spanned<NonZeroU16>>,
    uid: Option<Spanned<u32>>,
    gid: Option<Spanned<u32>>,
}

/// The stores, by name and in the order of the file.
pub(super) struct Stores {
    pub(super) by_name: HashMap<String, Arc<Store>>,
    pub(super) in_order: Vec<Arc<Store>>,
}

/// The stores, each with what is wrong with it noted.
pub(super) fn check_stores(raw: Vec<RawStore>, problems: &mut Collector<'_>) -> Stores {
    let (mut names, mut places) = (Seen::default(), Seen::default());
    let mut stores = Stores {
        by_name: HashMap::new(),
        in_order: Vec::new(),
    };
    for raw in raw {
        if let Err(why) = name::check_store(raw.name.get_ref()) {
            problems.at(&raw.name.span(), why);
        }
        names.check("store name", raw.name.get_ref(), &raw.name.span(), problems);
        raw.refuse_others(raw.kind, problems);
        let place = match raw.kind {
            Kind::Directory => check_directory(&raw, problems),
            Kind::Rbd => check_pool(&raw, problems),
            Kind::Gluster => check_volume(&raw, problems),
            Kind::Iscsi => check_target(&raw, problems),
            Kind::Nfs => check_export(&raw, problems),
        };
        // What is wrong with it is noted, and no second thing is to be wrong because of it.
        let place = place.unwrap_or_else(|| Place::Directory {
            path: PathBuf::from("/"),
            trees: false,
            squash: Squash::All,
        });
        match &place {
            Place::Directory { .. } => {}
            Place::Rbd(_) => places.check("pool", &place.to_string(), &raw.name.span(), problems),
            Place::Gluster(_) => {
                places.check("volume", &place.to_string(), &raw.name.span(), problems);
            }
            Place::Iscsi(_) => {
                places.check("target", &place.to_string(), &raw.name.span(), problems);
            }
            Place::Nfs(nfs) => {
                places.check("directory", &place.to_string(), &raw.name.span(), problems);
                let of_nfs = stores.in_order.iter().filter_map(|store| store.nfs());
                if of_nfs.clone().any(|other| other != nfs && other.meets(nfs)) {
                    let what = format_args!(
                        "the {nfs} overlaps with that of another store: one file could be two images"
                    );
                    problems.at(&raw.name.span(), what);
                }
            }
        }
        let name = raw.name.into_inner();
        let store = Arc::new(Store { name, place });
        let first = stores.by_name.entry(store.name.clone());
        first.or_insert_with(|| Arc::clone(&store));
        stores.in_order.push(store);
    }
    stores
}

fn check_directory(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    let Some(path) = &raw.path else {
        problems.at(
            &raw.name.span(),
            "the store has no path; give it a directory, or write kind = \"rbd\", \"gluster\", \"iscsi\" or \"nfs\"",
        );
        return None;
    };
    if !path.get_ref().is_absolute() {
        let text = path.get_ref().display().to_string();
        let what = format_args!("store path {text:?} is not absolute; begin it with \"/\"");
        problems.at(&path.span(), what);
    }
    let trees = raw.trees.as_ref().is_some_and(|trees| *trees.get_ref());
    // The default means nothing without trees either.
    let owned = |squash: &&Spanned<Squash>| *squash.get_ref() != Squash::All;
    if let Some(squash) = raw.squash.as_ref().filter(owned).filter(|_| !trees) {
        let what = "squash is about trees, and this store has none; add \"trees = true\"";
        problems.at(&squash.span(), what);
    }
    Some(Place::Directory {
        path: path.get_ref().clone(),
        trees,
        squash: raw
            .squash
            .as_ref()
            .map_or(Squash::All, |squash| *squash.get_ref()),
    })
}

fn check_pool(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    let of = (&raw.name, "rbd");
    let monitors = checked("monitors", raw.monitors.as_ref(), of, problems);
    let pool = checked("pool", raw.pool.as_ref(), of, problems);
    let entity = checked("entity", raw.entity.as_ref(), of, problems);
    let key = check_key_file(raw, problems);
    let rbd = Rbd {
        monitors: monitors?,
        pool: pool?,
        entity: entity?,
    };
    let key = Some(key?);
    Some(Place::Rbd(Pool { rbd, key }))
}

fn check_volume(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    let of = (&raw.name, "gluster");
    let servers = checked("servers", raw.servers.as_ref(), of, problems);
    let volume = checked("volume", raw.volume.as_ref(), of, problems);
    let directory = match &raw.directory {
        Some(_) => Some(checked("directory", raw.directory.as_ref(), of, problems)?),
        None => None,
    };
    Some(Place::Gluster(Gluster {
        servers: servers?,
        volume: volume?,
        directory,
    }))
}

fn check_export(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    let of = (&raw.name, "nfs");
    let server = checked("server", raw.server.as_ref(), of, problems);
    let export = checked("export", raw.export.as_ref(), of, problems);
    let uid = needed("uid", raw.uid.as_ref(), of, problems);
    let gid = needed("gid", raw.gid.as_ref(), of, problems);
    let port = |port: Option<&Spanned<NonZeroU16>>| port.map(|port| *port.get_ref());
    Some(Place::Nfs(Nfs {
        server: server?,
        export: export?,
        nfs_port: port(raw.nfs_port.as_ref()),
        mount_port: port(raw.mount_port.as_ref()),
        uid: uid?,
        gid: gid?,
    }))
}

/// Something that a store of this kind has to have.
fn needed<T: Copy>(
    key: &str,
    value: Option<&Spanned<T>>,
    (store, kind): (&Spanned<String>, &str),
    problems: &mut Collector<'_>,
) -> Option<T> {
    if value.is_none() {
        let what = format_args!("a store of kind {kind:?} needs {key}");
        problems.at(&store.span(), what);
    }
    value.map(|value| *value.get_ref())
}

impl RawStore {
    /// The keys that are there and belong to a kind.
    fn keys_of(&self, kind: Kind) -> Vec<(&'static str, Range<usize>)> {
        fn span<T>(
            key: &'static str,
            value: Option<&Spanned<T>>,
        ) -> Option<(&'static str, Range<usize>)> {
            value.map(|value| (key, value.span()))
        }
        let keys = match kind {
            Kind::Directory => vec![
                span("path", self.path.as_ref()),
                span("trees", self.trees.as_ref()),
                span("squash", self.squash.as_ref()),
            ],
            Kind::Rbd => vec![
                span("monitors", self.monitors.as_ref()),
                span("pool", self.pool.as_ref()),
                span("entity", self.entity.as_ref()),
                span("key_file", self.key_file.as_ref()),
            ],
            Kind::Gluster => vec![
                span("servers", self.servers.as_ref()),
                span("volume", self.volume.as_ref()),
                span("directory", self.directory.as_ref()),
            ],
            Kind::Iscsi => vec![
                span("portal", self.portal.as_ref()),
                span("target", self.target.as_ref()),
                span("initiator", self.initiator.as_ref()),
                span("user", self.user.as_ref()),
                span("secret_file", self.secret_file.as_ref()),
                span("target_user", self.target_user.as_ref()),
                span("target_secret_file", self.target_secret_file.as_ref()),
                span("shared", self.shared.as_ref()),
            ],
            Kind::Nfs => vec![
                span("server", self.server.as_ref()),
                span("export", self.export.as_ref()),
                span("nfs_port", self.nfs_port.as_ref()),
                span("mount_port", self.mount_port.as_ref()),
                span("uid", self.uid.as_ref()),
                span("gid", self.gid.as_ref()),
            ],
        };
        keys.into_iter().flatten().collect()
    }

    /// Notes keys that belong to another kind of store.
    fn refuse_others(&self, own: Kind, problems: &mut Collector<'_>) {
        let kinds = [
            Kind::Directory,
            Kind::Rbd,
            Kind::Gluster,
            Kind::Iscsi,
            Kind::Nfs,
        ];
        for other in kinds.into_iter().filter(|kind| *kind != own) {
            let whose = match (other, own) {
                (Kind::Directory, Kind::Rbd) => "a directory; remove it, or kind = \"rbd\"",
                (Kind::Directory, Kind::Gluster) => "a directory; remove it, or kind = \"gluster\"",
                (Kind::Directory, Kind::Nfs) => "a directory; remove it, or kind = \"nfs\"",
                (Kind::Directory, _) => "a directory; remove it, or kind = \"iscsi\"",
                (Kind::Rbd, _) => "a pool; write kind = \"rbd\", or remove it",
                (Kind::Gluster, _) => "a volume; write kind = \"gluster\", or remove it",
                (Kind::Iscsi, _) => "a target; write kind = \"iscsi\", or remove it",
                (Kind::Nfs, _) => "an NFS server; write kind = \"nfs\", or remove it",
            };
            for (key, span) in self.keys_of(other) {
                problems.at(&span, format_args!("{key} belongs to {whose}"));
            }
        }
    }
}

/// A text that a store of this kind has to have.
pub(super) fn checked<T: std::str::FromStr<Err: fmt::Display>>(
    key: &str,
    text: Option<&Spanned<String>>,
    (store, kind): (&Spanned<String>, &str),
    problems: &mut Collector<'_>,
) -> Option<T> {
    let Some(text) = text else {
        let what = format_args!("a store of kind {kind:?} needs {key}");
        problems.at(&store.span(), what);
        return None;
    };
    match text.get_ref().parse() {
        Ok(value) => Some(value),
        Err(why) => {
            problems.at(&text.span(), format_args!("{key}: {why}"));
            None
        }
    }
}

fn check_key_file(raw: &RawStore, problems: &mut Collector<'_>) -> Option<CephxKey> {
    let Some(file) = &raw.key_file else {
        problems.at(
            &raw.name.span(),
            "a store of kind \"rbd\" needs key_file: a file with the key of its entity, which \
             its owner alone may read",
        );
        return None;
    };
    match key_file::read(file.get_ref(), str::parse) {
        Ok(key) => Some(key),
        Err(why) => {
            let path = file.get_ref().display();
            problems.at(&file.span(), format_args!("key_file {path}: {why}"));
            None
        }
    }
}
