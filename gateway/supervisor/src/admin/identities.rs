//! Identities and their secrets.
//!
//! A secret leaves the gateway once: in the answer to the request that made it.

use axum::Json;
use labelgate_api::{
    self as api, AddIdentity, AddedIdentity, Identities, IdentityPath, Revocation, RotateIdentity,
    Rotated,
};
use labelgate_registry::{self as registry, Change, IdentityName, NewIdentity};

use super::answer::{count, same, source};
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::levels::choose;
use super::operation::{Office, record, recorded, revocation};
use super::proving::{Shown, new_proof, new_secrets};
use crate::audit::{Event, Record};
use crate::config::{Admission, Identity, Proof};
use crate::state::{InForce, Source};
use crate::worker::Description;

pub(super) async fn list(office: Office) -> Answer<Identities> {
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
    office: Office,
    InPath(IdentityPath { identity }): InPath<IdentityPath>,
) -> Answer<api::Identity> {
    look(&office, identity.as_str()).await.map(Json)
}

pub(super) async fn add(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AddIdentity>,
) -> Answer<AddedIdentity> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let name = asked.name.as_str().to_owned();
            let kind = kind_of_new(&asked.proof);
            let (proof, Shown { secrets, token }) = new_proof(asked.proof)?;
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
                proof: Some(kind),
                ..record(Event::IdentityAdd, &asked_by).label(&chosen.label)
            };
            let added = recorded(record, added.map_err(Denied::from)).await;
            chosen.keep_if(&turn, added).await?;
            let identity = look(&own, &name).await?;
            Ok(Json(AddedIdentity {
                identity,
                secrets,
                token,
            }))
        })
        .await
}

pub(super) async fn rotate(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(IdentityPath { identity }): InPath<IdentityPath>,
    InBody(asked): InBody<RotateIdentity>,
) -> Answer<Rotated> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let name: IdentityName = same(identity.as_str())?;
            let in_force = turn.state().in_force();
            check_declared(&in_force, identity.as_str())?;
            let known = in_force.snapshot.identities.get(&name);
            let proof = known.map(|identity| identity.proof);
            let mutual = match (asked.mutual, &asked.reverse_secret) {
                (Some(mutual), _) => mutual,
                (None, Some(_)) => true,
                (None, None) => is_mutual(&own, &name).await?,
            };
            let (stored, Shown { secrets, token }) = new_secrets(asked, proof, mutual)?;
            let change = Change::RotateIdentity {
                identity: name,
                secrets: stored,
            };
            let rotated = turn.change(change).await;
            let record = Record {
                identity: Some(identity.as_str()),
                proof: proof.map(kind),
                ..record(Event::IdentityRotate, &asked_by)
            };
            recorded(record, rotated.map_err(Denied::from)).await?;
            Ok(Json(Rotated {
                identity: look(&own, identity.as_str()).await?,
                secrets,
                token,
            }))
        })
        .await
}

pub(super) async fn remove(
    office: Office,
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
            let proof = known.map(|identity| kind(identity.proof));
            let removed = turn.change(Change::RemoveIdentity(name)).await;
            let record = Record {
                identity: Some(identity.as_str()),
                proof,
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

/// What the audit trail calls a proof.
const fn kind(proof: registry::Proof) -> &'static str {
    match proof {
        registry::Proof::Address(_) => "address",
        registry::Proof::Chap => "chap",
        registry::Proof::Token => "token",
    }
}

const fn kind_of_new(proof: &api::NewProof) -> &'static str {
    match proof {
        api::NewProof::Address { .. } => "address",
        api::NewProof::Chap { .. } => "chap",
        api::NewProof::Token { .. } => "token",
    }
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
        Proof::Token(_) => api::Proof::Token,
        // None of them is declared: they come with their clients.
        Proof::Netlabel(_) => return Err(Denied::not_found("identity", name)),
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
