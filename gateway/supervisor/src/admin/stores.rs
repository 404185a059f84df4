//! Stores.

use std::path::Path;

use axum::Json;
use labelgate_api::{self as api, AddStore, Backend, Done, ErrorCode, StorePath, Stores};
use labelgate_registry::{Change, StoreName};
use rustix::fs::{Mode, OFlags, fstatvfs, open};
use tokio::task::spawn_blocking;

use super::answer::{count, same, source};
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::operation::{Office, record, recorded};
use crate::audit::{Event, Record};
use crate::config::{Place, Squash, Store, Target};
use crate::state::InForce;

pub(super) async fn list(office: Office) -> Answer<Stores> {
    let in_force = office.state.in_force();
    // A store that hangs must hold nobody but who asks.
    let stores = spawn_blocking(move || -> Result<Vec<_>, Denied> {
        let names = in_force.stores.keys();
        names.map(|name| describe(&in_force, name)).collect()
    });
    let stores = stores
        .await
        .map_err(|error| Denied::new(ErrorCode::Internal, error))??;
    Ok(Json(Stores { stores }))
}

pub(super) async fn show(
    office: Office,
    InPath(StorePath { store }): InPath<StorePath>,
) -> Answer<api::Store> {
    let in_force = office.state.in_force();
    // A store that hangs must hold nobody but who asks.
    let described = spawn_blocking(move || describe(&in_force, store.as_str()));
    let described = described
        .await
        .map_err(|error| Denied::new(ErrorCode::Internal, error))?;
    described.map(Json)
}

pub(super) async fn add(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AddStore>,
) -> Answer<api::Store> {
    office
        .operate(async move |turn| {
            let name = asked.name.as_str().to_owned();
            let result = async {
                let path = asked.path.to_str().unwrap_or_default();
                let store = labelgate_registry::Store {
                    name: same(&name)?,
                    place: labelgate_registry::Place::Directory {
                        path: same(path)?,
                        trees: asked.trees,
                        squash: match asked.squash {
                            api::Squash::All => labelgate_registry::Squash::All,
                            api::Squash::Root => labelgate_registry::Squash::Root,
                            api::Squash::None => labelgate_registry::Squash::None,
                        },
                    },
                };
                if asked.squash != api::Squash::All && !asked.trees {
                    let why = "squash is about trees, and this store would have none";
                    return Err(Denied::new(ErrorCode::Unsupported, why).hint("add --trees"));
                }
                check_directory(path).await?;
                let changed = turn.change(Change::AddStore(store.into())).await?;
                describe(&changed.in_force, &name)
            };
            let reason = asked.path.display().to_string();
            let record = Record {
                image: Some(&name),
                ..record(Event::StoreAdd, &asked_by)
            };
            recorded(record.reason(&reason), result.await)
                .await
                .map(Json)
        })
        .await
}

pub(super) async fn remove(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(StorePath { store }): InPath<StorePath>,
) -> Answer<Done> {
    office
        .operate(async move |turn| {
            let in_force = turn.state().in_force();
            let declared = in_force
                .config
                .stores
                .iter()
                .any(|s| s.name == store.as_str());
            let result = async {
                if declared {
                    return Err(Denied::declared(format_args!("store {store}")));
                }
                let name: StoreName = same(store.as_str())?;
                Ok(turn.change(Change::RemoveStore(name)).await?)
            };
            let record = Record {
                image: Some(store.as_str()),
                ..record(Event::StoreRemove, &asked_by)
            };
            recorded(record, result.await).await?;
            turn.state().shared().keysmiths.forget(store.as_str());
            Ok(Json(Done {}))
        })
        .await
}

/// A store must be there when it is added, so that a misspelt path is noticed.
async fn check_directory(path: &str) -> Result<(), Denied> {
    let path = path.to_owned();
    let looked = spawn_blocking(move || -> Result<(), Denied> {
        let wrong =
            |why: String| Denied::new(ErrorCode::Unsupported, format_args!("{path}: {why}"));
        let directory = open(
            &path,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        );
        let directory =
            directory.map_err(|error| wrong(error.to_string()).hint("make the directory first"))?;
        let stat = rustix::fs::fstat(&directory).map_err(|error| wrong(error.to_string()))?;
        let others = Mode::from_raw_mode(stat.st_mode).contains(Mode::WOTH);
        if others {
            return Err(wrong("everybody may write there".to_owned())
                .hint(format_args!("chmod o-w {path}")));
        }
        Ok(())
    });
    looked
        .await
        .map_err(|error| Denied::new(ErrorCode::Internal, error))?
}

pub(super) fn describe(in_force: &InForce, name: &str) -> Result<api::Store, Denied> {
    let found = in_force.stores.get(name);
    let (store, declared) = found.ok_or_else(|| Denied::not_found("store", name))?;
    let images = in_force.images.all().iter();
    let (free, total) = store.directory().and_then(space).unzip();
    let backend = backend(store);
    Ok(api::Store {
        name: same(name)?,
        path: store.directory().map(Path::to_owned),
        backend,
        trees: store.has_trees(),
        squash: match store.squash() {
            Squash::All => api::Squash::All,
            Squash::Root => api::Squash::Root,
            Squash::None => api::Squash::None,
        },
        source: source(*declared),
        images: count(
            images
                .filter(|image| image.store.is_same_place(store))
                .count(),
        ),
        free,
        total,
    })
}

/// What keeps a store's images, if it is no directory.
fn backend(store: &Store) -> Option<Backend> {
    match &store.place {
        Place::Directory { .. } => None,
        Place::Rbd(pool) => Some(Backend::Rbd {
            monitors: pool.rbd.monitors.to_string(),
            pool: pool.rbd.pool.to_string(),
            entity: pool.rbd.entity.to_string(),
        }),
        Place::Gluster(gluster) => Some(Backend::Gluster {
            servers: gluster.servers.to_string(),
            volume: gluster.volume.to_string(),
            directory: gluster.directory.as_ref().map(ToString::to_string),
        }),
        Place::Nfs(nfs) => Some(Backend::Nfs {
            server: nfs.server.ip(),
            export: nfs.export.to_string(),
            nfs_port: nfs.nfs_port,
            mount_port: nfs.mount_port,
            uid: nfs.uid,
            gid: nfs.gid,
        }),
        Place::Iscsi(Target { iscsi, .. }) => Some(Backend::Iscsi {
            portal: iscsi.portal.to_string(),
            target: iscsi.target.to_string(),
            initiator: iscsi.initiator.to_string(),
            user: iscsi.user.as_ref().map(ToString::to_string),
            target_user: iscsi.target_user.as_ref().map(ToString::to_string),
            shared: iscsi.shared,
        }),
    }
}

/// How many bytes of a directory's file system are free, and how many there are.
pub(super) fn space(directory: &Path) -> Option<(u64, u64)> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = open(directory, flags, Mode::empty()).ok()?;
    let of = fstatvfs(&directory).ok()?;
    let bytes = |blocks: u64| blocks.checked_mul(of.f_frsize);
    Some((bytes(of.f_bavail)?, bytes(of.f_blocks)?))
}
