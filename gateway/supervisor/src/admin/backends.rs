//! Stores whose images a backend keeps.

use std::time::Duration;

use axum::Json;
use labelgate_api::{
    self as api, AddBackend, Backend, ErrorCode, RekeyStore, StorePath, TargetSecrets,
};
use labelgate_registry::{
    CephxKey, Change, ChapSecrets, Gluster, Iscsi, NewStore, Nfs, Place, Rbd, Store, StoreKey,
    StoreName,
};
use tokio::time::timeout;

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::operation::{Office, record, recorded};
use super::stores::describe;
use crate::audit::{Event, Record};
use crate::config::Pool;
use crate::kept::KeysmithError;
use crate::provider::Network;
use crate::worker::Shared;

/// A cluster that does not answer for so long is out of reach.
const PATIENCE: Duration = Duration::from_secs(45);

pub(super) async fn add(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AddBackend>,
) -> Answer<api::Store> {
    to_its_end(async move {
        let name = asked.name.as_str().to_owned();
        let reason = in_words(&asked.backend);
        let added = add_checked(&office, &asked).await;
        let record = Record {
            image: Some(&name),
            ..record(Event::StoreAdd, &asked_by)
        };
        recorded(record.reason(&reason), added).await
    })
    .await
    .map(Json)
}

/// Does something even if the client does not wait: what was done is written down, and no process is left
/// over.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Denied>> + Send + 'static,
) -> Result<T, Denied> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|error| Err(Denied::new(ErrorCode::Internal, error)))
}

async fn add_checked(office: &Office, asked: &AddBackend) -> Result<api::Store, Denied> {
    let name = asked.name.as_str().to_owned();
    let place = place(&asked.backend)?;
    let key = key(asked.key.as_ref(), asked.secrets.as_ref())?;
    let change = Change::AddStore(NewStore {
        store: Store {
            name: same(&name)?,
            place: place.clone(),
        },
        key: key.clone(),
    });
    check(office, (&name, place), key, &change).await?;
    office
        .operate(async move |turn| {
            let changed = turn.change(change).await?;
            describe(&changed.in_force, &name)
        })
        .await
}

/// Where a backend's images are.
fn place(backend: &Backend) -> Result<Place, Denied> {
    Ok(match backend {
        Backend::Rbd {
            monitors,
            pool,
            entity,
        } => Place::Rbd(Rbd {
            monitors: same(monitors)?,
            pool: same(pool)?,
            entity: same(entity)?,
        }),
        Backend::Gluster {
            servers,
            volume,
            directory,
        } => Place::Gluster(Gluster {
            servers: same(servers)?,
            volume: same(volume)?,
            directory: directory.as_deref().map(same).transpose()?,
        }),
        Backend::Iscsi {
            portal,
            target,
            initiator,
            user,
            target_user,
            shared,
        } => Place::Iscsi(Iscsi {
            portal: same(portal)?,
            target: same(target)?,
            initiator: same(initiator)?,
            user: user.as_deref().map(same).transpose()?,
            target_user: target_user.as_deref().map(same).transpose()?,
            shared: *shared,
        }),
        Backend::Nfs {
            server,
            export,
            nfs_port,
            mount_port,
            uid,
            gid,
        } => Place::Nfs(Nfs {
            server: same(&server.to_string())?,
            export: same(export)?,
            nfs_port: *nfs_port,
            mount_port: *mount_port,
            uid: *uid,
            gid: *gid,
        }),
    })
}

/// What an admin brings to open a store with.
fn key(
    key: Option<&api::StoreKey>,
    secrets: Option<&TargetSecrets>,
) -> Result<Option<StoreKey>, Denied> {
    match (key, secrets) {
        (None, None) => Ok(None),
        (Some(key), None) => Ok(Some(StoreKey::Cephx(same(key.expose())?))),
        (None, Some(secrets)) => {
            let target = secrets.target_secret.as_ref();
            let target = target.map(|secret| same(secret.expose())).transpose()?;
            let alike = "the gateway's secret and the target's are the same, which proves nothing";
            ChapSecrets::new(same(secrets.secret.expose())?, target)
                .map(|secrets| Some(StoreKey::Chap(secrets)))
                .ok_or_else(|| Denied::new(ErrorCode::Invalid, alike))
        }
        (Some(_), Some(_)) => Err(Denied::new(
            ErrorCode::Invalid,
            "a store has a key or secrets, and not both",
        )),
    }
}

/// What an admin has said of a backend.
fn in_words(backend: &Backend) -> String {
    match backend {
        Backend::Rbd {
            monitors,
            pool,
            entity,
        } => {
            let entity = entity.strip_prefix("client.").unwrap_or(entity);
            format!("pool {pool} at {monitors} as client.{entity}")
        }
        Backend::Gluster {
            servers,
            volume,
            directory: None,
        } => format!("volume {volume} at {servers}"),
        Backend::Gluster {
            servers,
            volume,
            directory: Some(directory),
        } => format!("volume {volume} at {servers}, directory {directory}"),
        Backend::Nfs { server, export, .. } => format!("export {export} of {server}"),
        Backend::Iscsi {
            portal,
            target,
            shared,
            ..
        } => {
            let shared = if *shared {
                ", with shared credentials"
            } else {
                ""
            };
            format!("target {target} at {portal}{shared}")
        }
    }
}

pub(super) async fn rekey(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(StorePath { store }): InPath<StorePath>,
    InBody(asked): InBody<RekeyStore>,
) -> Answer<api::Store> {
    to_its_end(async move {
        let name = store.as_str().to_owned();
        let rekeyed = rekey_checked(&office, &name, &asked).await;
        let record = Record {
            image: Some(&name),
            ..record(Event::StoreRekey, &asked_by)
        };
        recorded(record, rekeyed).await
    })
    .await
    .map(Json)
}

async fn rekey_checked(
    office: &Office,
    store: &str,
    asked: &RekeyStore,
) -> Result<api::Store, Denied> {
    let in_force = office.state.in_force();
    if in_force.config.stores.iter().any(|s| s.name == store) {
        return Err(Denied::declared(format_args!("store {store}")));
    }
    let name: StoreName = same(store)?;
    let key = key(asked.key.as_ref(), asked.secrets.as_ref())?;
    let nothing = "neither a key nor secrets";
    let key = key.ok_or_else(|| Denied::new(ErrorCode::Invalid, nothing))?;
    let place = in_force.snapshot.stores.get(&name).map(|s| s.place.clone());
    let place = place.ok_or_else(|| Denied::not_found("store", store))?;
    let change = Change::RekeyStore {
        store: name.clone(),
        key: key.clone(),
    };
    check(office, (store, place.clone()), Some(key), &change).await?;
    let store = store.to_owned();
    office
        .operate(async move |turn| {
            let now = turn.state().in_force();
            let is = now.snapshot.stores.get(&name).map(|store| &store.place);
            if is != Some(&place) {
                let message = format!("store {store} is another one by now");
                return Err(Denied::new(ErrorCode::Busy, message).hint("try again"));
            }
            let changed = turn.change(change).await?;
            turn.state().shared().keysmiths.forget(&store);
            describe(&changed.in_force, &store)
        })
        .await
}

/// The backend has to let the key in, so that a wrong one is noticed when it is brought. What the registry
/// says needs no backend to be found out, and goes first; nobody waits for his turn while a backend is
/// asked.
async fn check(
    office: &Office,
    (store, place): (&str, Place),
    key: Option<StoreKey>,
    change: &Change,
) -> Result<(), Denied> {
    let refused = change.clone();
    office
        .operate(async move |turn| turn.check(&refused).map(drop).map_err(Denied::from))
        .await?;
    let shared = office.state.shared();
    match (&place, &key) {
        (Place::Rbd(rbd), Some(StoreKey::Cephx(key))) => check_pool(shared, store, rbd, key).await,
        (Place::Iscsi(iscsi), key) => {
            let secrets = key.as_ref().and_then(StoreKey::chap);
            check_target(shared, store, iscsi, secrets).await
        }
        (Place::Gluster(_), _) => check_keepers(shared, store, Network::Gluster),
        (Place::Nfs(_), _) => check_keepers(shared, store, Network::Nfs),
        _ => Ok(()),
    }
}

/// What nobody but keepers connects to is found out when the first of them does; whether the policy lets
/// them, at once.
fn check_keepers(shared: &Shared, store: &str, to: Network) -> Result<(), Denied> {
    let provider = &shared.provider;
    let reach = provider.check_reach(provider.keepers().as_ref(), to);
    reach.map_err(|why| hinted(ErrorCode::Storage, format_args!("store {store}: {why}")))
}

async fn check_pool(shared: &Shared, store: &str, rbd: &Rbd, key: &CephxKey) -> Result<(), Denied> {
    let pool = Pool {
        rbd: rbd.clone(),
        key: Some(key.clone()),
    };
    let keysmith = shared.keysmiths.trial(store, &pool);
    match timeout(PATIENCE, keysmith.greet()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(Denied::new(
            ErrorCode::TimedOut,
            format_args!("store {store}: its cluster does not answer"),
        )
        .hint("look at the addresses of the monitors, and at the network")),
    }
}

/// Credentials that open more than one logical unit are taken only from who says that they shall:
/// whoever takes a keeper over has all that they open.
async fn check_target(
    shared: &Shared,
    store: &str,
    iscsi: &Iscsi,
    secrets: Option<&ChapSecrets>,
) -> Result<(), Denied> {
    let forge = shared.keysmiths.forge();
    let seen = forge.look(store, iscsi, secrets).await;
    let seen =
        seen.map_err(|error| hinted(ErrorCode::Storage, format_args!("store {store}: {error}")))?;
    if seen.single || iscsi.shared {
        return Ok(());
    }
    let what = &seen.what;
    let message = format!("store {store}: its credentials open {what}");
    Err(Denied::new(ErrorCode::Unsupported, message).hint(
        "have its target's admin make some that open one logical unit alone; or add --shared, if whoever \
         takes over the keeper of one label may reach all of that, whoever's it is",
    ))
}

/// What a keysmith could not do, in the words of the API.
pub(super) fn refused(error: &KeysmithError) -> Denied {
    let code = match error {
        KeysmithError::Exists => ErrorCode::Exists,
        KeysmithError::Missing => ErrorCode::NotFound,
        KeysmithError::Busy(_) | KeysmithError::Silent { .. } => ErrorCode::InUse,
        KeysmithError::Long(_) => ErrorCode::Invalid,
        KeysmithError::Gone { .. } | KeysmithError::Late { .. } | KeysmithError::Cluster { .. } => {
            ErrorCode::Storage
        }
    };
    hinted(code, error)
}

/// A reason whose second half, if it has one, says what to do.
fn hinted(code: ErrorCode, reason: impl std::fmt::Display) -> Denied {
    let text = reason.to_string();
    match text.split_once("; ") {
        Some((what, hint)) => Denied::new(code, what).hint(hint),
        None => Denied::new(code, text),
    }
}
