//! Stores whose images a backend keeps.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use labelgate_api::{self as api, AddBackend, Backend, ErrorCode, RekeyStore, StorePath};
use labelgate_registry::{Change, Gluster, NewStore, Place, Rbd, Store, StoreKey};
use tokio::time::timeout;

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::operation::{Office, record, recorded};
use super::stores::describe;
use crate::audit::{Event, Record};
use crate::config::Pool;
use crate::kept::KeysmithError;
use crate::state::Turn;

/// A cluster that does not answer for so long is out of reach.
const PATIENCE: Duration = Duration::from_secs(45);

pub(super) async fn add(
    State(office): State<Office>,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AddBackend>,
) -> Answer<api::Store> {
    office
        .operate(async move |turn| {
            let name = asked.name.as_str().to_owned();
            let result = async {
                let place = place(&asked.backend)?;
                let key = asked.key.as_ref().map(|key| same(key.expose()));
                let key: Option<StoreKey> = key.transpose()?;
                let change = Change::AddStore(NewStore {
                    store: Store {
                        name: same(&name)?,
                        place: place.clone(),
                    },
                    key: key.clone(),
                });
                // What the registry says needs no cluster to be found out.
                turn.check(&change)?;
                if let (Place::Rbd(rbd), Some(key)) = (place, key) {
                    check(&turn, &name, rbd, key).await?;
                }
                let changed = turn.change(change).await?;
                describe(&changed.in_force, &name)
            };
            let reason = in_words(&asked.backend);
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
    })
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
    }
}

pub(super) async fn rekey(
    State(office): State<Office>,
    AskedBy(asked_by): AskedBy,
    InPath(StorePath { store }): InPath<StorePath>,
    InBody(asked): InBody<RekeyStore>,
) -> Answer<api::Store> {
    office
        .operate(async move |turn| {
            let name = store.as_str().to_owned();
            let result = async {
                let in_force = turn.state().in_force();
                if in_force.config.stores.iter().any(|s| s.name == name) {
                    return Err(Denied::declared(format_args!("store {name}")));
                }
                let key: StoreKey = same(asked.key.expose())?;
                let change = Change::RekeyStore {
                    store: same(&name)?,
                    key: key.clone(),
                };
                turn.check(&change)?;
                let has = in_force
                    .stores
                    .get(&name)
                    .and_then(|(store, _)| store.pool());
                let rbd = has.map(|pool| pool.rbd.clone());
                let rbd = rbd.ok_or_else(|| Denied::not_found("store", &name))?;
                check(&turn, &name, rbd, key).await?;
                let changed = turn.change(change).await?;
                turn.state().shared().keysmiths.forget(&name);
                describe(&changed.in_force, &name)
            };
            let record = Record {
                image: Some(&name),
                ..record(Event::StoreRekey, &asked_by)
            };
            recorded(record, result.await).await.map(Json)
        })
        .await
}

/// The cluster has to let the key in, so that a wrong one is noticed when it is brought.
async fn check(turn: &Turn, store: &str, rbd: Rbd, key: StoreKey) -> Result<(), Denied> {
    let pool = Pool {
        rbd,
        key: Some(key),
    };
    let keysmith = turn.state().shared().keysmiths.trial(store, &pool);
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

/// What a keysmith could not do, in the words of the API.
pub(super) fn refused(error: &KeysmithError) -> Denied {
    let code = match error {
        KeysmithError::Exists => ErrorCode::Exists,
        KeysmithError::Missing => ErrorCode::NotFound,
        KeysmithError::Long(_) => ErrorCode::Invalid,
        KeysmithError::Gone { .. } | KeysmithError::Cluster { .. } => ErrorCode::Storage,
    };
    let text = error.to_string();
    match text.split_once("; ") {
        Some((what, hint)) => Denied::new(code, what).hint(hint),
        None => Denied::new(code, text),
    }
}
