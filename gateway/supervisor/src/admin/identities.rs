//! Identities and their secrets.
//!
//! A secret leaves the gateway once: in the answer to the request that made it.

use axum::Json;
use axum::extract::State;
use labelgate_api::{
    self as api, AddIdentity, AddedIdentity, ErrorCode, Identities, IdentityPath, Revocation,
    RotateIdentity, Rotated,
};
use labelgate_registry::{Change, ChapSecrets, IdentityName, NewIdentity, NewProof, Secret};

use super::answer::{count, same, source};
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::levels::choose;
use super::operation::{Office, record, recorded, revocation};
use crate::audit::{Event, Record};
use crate::config::{Admission, Identity, Proof};
use crate::state::{InForce, Source};
use crate::worker::Description;

pub(super) async fn list(State(office): State<Office>) -> Answer<Identities> {
    let in_force = office.state.in_force();
    let labels = office.state.labels().describe().await;
    let mut identities = Vec::new();
    for identity in in_force.identities.iter() {
        identities.push(describe(&office, &in_force, identity, &labels).await?);
    }
    identities.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(Identities { identities }))
}

pub(super) async fn show(
    State(office): State<Office>,
    InPath(IdentityPath { identity }): InPath<IdentityPath>,
) -> Answer<api::Identity> {
    look(&office, identity.as_str()).await.map(Json)
}

pub(super) async fn add(
    State(office): State<Office>,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AddIdentity>,
) -> Answer<AddedIdentity> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let name = asked.name.as_str().to_owned();
            let (proof, secrets) = new_proof(asked.proof)?;
            let registry_name: IdentityName = same(&name)?;
            let for_whom = format!("identity {name}");
            let chosen = choose(&turn, &asked_by, asked.label, &for_whom).await?;
            let new = NewIdentity {
                name: registry_name,
                proof,
                label: chosen.label.clone(),
                vm: asked.vm,
                needs_lease: asked.needs_lease,
            };
            let added = turn.change(Change::AddIdentity(new)).await;
            let record = Record {
                identity: Some(&name),
                ..record(Event::IdentityAdd, &asked_by).label(&chosen.label)
            };
            let added = recorded(record, added.map_err(Denied::from)).await;
            chosen.keep_if(&turn, added).await?;
            let identity = look(&own, &name).await?;
            Ok(Json(AddedIdentity { identity, secrets }))
        })
        .await
}

pub(super) async fn rotate(
    State(office): State<Office>,
    AskedBy(asked_by): AskedBy,
    InPath(IdentityPath { identity }): InPath<IdentityPath>,
    InBody(asked): InBody<RotateIdentity>,
) -> Answer<Rotated> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let name: IdentityName = same(identity.as_str())?;
            check_declared(&turn.state().in_force(), identity.as_str())?;
            let mutual = match (asked.mutual, &asked.reverse_secret) {
                (Some(mutual), _) => mutual,
                (None, Some(_)) => true,
                (None, None) => is_mutual(&own, &name).await?,
            };
            let (stored, shown) = secrets(asked.secret, mutual, asked.reverse_secret, asked.short)?;
            let change = Change::RotateIdentity {
                identity: name,
                secrets: stored,
            };
            let rotated = turn.change(change).await;
            let record = Record {
                identity: Some(identity.as_str()),
                ..record(Event::IdentityRotate, &asked_by)
            };
            recorded(record, rotated.map_err(Denied::from)).await?;
            Ok(Json(Rotated {
                identity: look(&own, identity.as_str()).await?,
                secrets: shown,
            }))
        })
        .await
}

pub(super) async fn remove(
    State(office): State<Office>,
    AskedBy(asked_by): AskedBy,
    InPath(IdentityPath { identity }): InPath<IdentityPath>,
) -> Answer<Revocation> {
    office
        .operate(async move |turn| {
            let in_force = turn.state().in_force();
            check_declared(&in_force, identity.as_str())?;
            let name: IdentityName = same(identity.as_str())?;
            let known = in_force.snapshot.identities.get(&name);
            let label = known.map(|identity| identity.label.clone());
            let removed = turn.change(Change::RemoveIdentity(name)).await;
            let record = Record {
                identity: Some(identity.as_str()),
                label: label.as_ref(),
                ..record(Event::IdentityRemove, &asked_by)
            };
            let changed = recorded(record, removed.map_err(Denied::from)).await?;
            revocation(&changed, record).await.map(Json)
        })
        .await
}

fn check_declared(in_force: &InForce, name: &str) -> Result<(), Denied> {
    let mut declared = in_force.config.identities.iter();
    match declared.any(|identity| identity.name.as_str() == name) {
        true => Err(Denied::declared(format_args!("identity {name}"))),
        false => Ok(()),
    }
}

/// The proof of a new identity as the registry keeps it, and its secrets as they are shown.
fn new_proof(asked: api::NewProof) -> Result<(NewProof, Option<api::ChapSecrets>), Denied> {
    match asked {
        api::NewProof::Address { network } => {
            Ok((NewProof::Address(same(&network.to_string())?), None))
        }
        api::NewProof::Chap {
            secret,
            mutual,
            reverse_secret,
            short,
        } => {
            if reverse_secret.is_some() && !mutual {
                let message = "a reverse secret without \"mutual\"";
                return Err(Denied::new(ErrorCode::Invalid, message)
                    .hint("say that the gateway shall prove itself, or leave the secret out"));
            }
            let (stored, shown) = secrets(secret, mutual, reverse_secret, short)?;
            Ok((NewProof::Chap(stored), Some(shown)))
        }
    }
}

/// The secrets that were brought, and new ones where none were.
fn secrets(
    forward: Option<api::Secret>,
    mutual: bool,
    reverse: Option<api::Secret>,
    short: bool,
) -> Result<(ChapSecrets, api::ChapSecrets), Denied> {
    let forward = brought_or_new(forward, short)?;
    let reverse = match mutual {
        true => Some(brought_or_new(reverse, short)?),
        false => None,
    };
    let shown = api::ChapSecrets {
        secret: shown(&forward)?,
        reverse_secret: reverse.as_ref().map(shown).transpose()?,
    };
    let stored = ChapSecrets::new(forward, reverse).ok_or_else(|| {
        Denied::new(ErrorCode::Invalid, "both secrets are the same")
            .hint("bring two that differ, or let them be made")
    })?;
    Ok((stored, shown))
}

fn brought_or_new(secret: Option<api::Secret>, short: bool) -> Result<Secret, Denied> {
    let made = match (secret, short) {
        (Some(secret), _) => return same(secret.expose()),
        (None, true) => Secret::generate_short(),
        (None, false) => Secret::generate(),
    };
    made.map_err(|error| Denied::new(ErrorCode::Internal, error))
}

fn shown(secret: &Secret) -> Result<api::Secret, Denied> {
    let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
    same(text)
}

async fn look(office: &Office, name: &str) -> Result<api::Identity, Denied> {
    let in_force = office.state.in_force();
    let labels = office.state.labels().describe().await;
    let mut identities = in_force.identities.iter();
    let identity = identities.find(|identity| identity.name.as_str() == name);
    let identity = identity.ok_or_else(|| Denied::not_found("identity", name))?;
    describe(office, &in_force, identity, &labels).await
}

async fn describe(
    office: &Office,
    in_force: &InForce,
    identity: &Identity,
    labels: &[Description],
) -> Result<api::Identity, Denied> {
    let name = identity.name.as_str();
    let proof = match &identity.proof {
        Proof::Address(network) => api::Proof::Address {
            network: same(&network.to_string())?,
        },
        Proof::Chap(_) => api::Proof::Chap {
            mutual: is_mutual(office, &same(name)?).await?,
        },
        // None of them is declared: they come with their clients.
        Proof::Token(_) | Proof::Netlabel(_) => return Err(Denied::not_found("identity", name)),
    };
    let declared = in_force.source_of(identity);
    let groups = in_force.snapshot.groups.values();
    let mine = groups.filter(|group| {
        let mut members = group.members.iter();
        declared == Source::Registry && members.any(|member| member.as_str() == name)
    });
    let clients = labels.iter().flat_map(|label| &label.clients);
    let mine_too = clients.filter(|client| client.identity == identity.name);
    Ok(api::Identity {
        name: same(name)?,
        proof,
        label: identity.label.clone().into(),
        vm: identity.vm,
        needs_lease: matches!(identity.admission, Admission::Leased(_)),
        groups: mine.map(|group| group.label.clone().into()).collect(),
        source: source(declared),
        connections: count(mine_too.count()),
    })
}

async fn is_mutual(office: &Office, name: &IdentityName) -> Result<bool, Denied> {
    Ok(office.state.is_mutual(name).await?)
}
