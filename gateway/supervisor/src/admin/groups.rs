//! Group labels and their members.

use axum::Json;
use labelgate_api::{self as api, AddGroup, GroupPath, Groups, MemberPath, Revocation};
use labelgate_mac::Label;
use labelgate_registry::{Change, Snapshot};

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::levels::{Chosen, choose};
use super::operation::{Office, record, recorded, revocation};
use crate::audit::{Event, Record};

pub(super) async fn list(office: Office) -> Answer<Groups> {
    let snapshot = &office.state.in_force().snapshot;
    let groups = snapshot
        .groups
        .keys()
        .map(|label| describe(snapshot, label));
    let groups = groups.collect::<Result<_, _>>()?;
    Ok(Json(Groups { groups }))
}

pub(super) async fn add(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AddGroup>,
) -> Answer<api::Group> {
    office
        .operate(async move |turn| {
            let chosen = choose(&turn, &asked_by, asked.label, "a group").await?;
            let Chosen { label, .. } = &chosen;
            let added = turn.change(Change::AddGroup(label.clone())).await;
            let result = match added {
                Ok(changed) => describe(&changed.in_force.snapshot, label),
                Err(error) => Err(error.into()),
            };
            let record = record(Event::GroupGrant, &asked_by).label(label);
            let result = recorded(record.reason("a new group, without members"), result).await;
            chosen.keep_if(&turn, result).await.map(Json)
        })
        .await
}

pub(super) async fn remove(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(GroupPath { label }): InPath<GroupPath>,
) -> Answer<Revocation> {
    office
        .operate(async move |turn| {
            let label = label.get();
            let changed = turn.change(Change::RemoveGroup(label.clone())).await;
            let record = record(Event::GroupRevoke, &asked_by)
                .label(label)
                .reason("the group is removed");
            let changed = recorded(record, changed.map_err(Denied::from)).await?;
            revocation(&changed, record).await.map(Json)
        })
        .await
}

pub(super) async fn grant(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(MemberPath { label, identity }): InPath<MemberPath>,
) -> Answer<api::Group> {
    office
        .operate(async move |turn| {
            let (group, member) = (label.get().clone(), same(identity.as_str())?);
            let changed = turn.change(Change::Grant { group, member }).await;
            let record = Record {
                identity: Some(identity.as_str()),
                ..record(Event::GroupGrant, &asked_by).label(label.get())
            };
            let changed = recorded(record, changed.map_err(Denied::from)).await?;
            describe(&changed.in_force.snapshot, label.get()).map(Json)
        })
        .await
}

pub(super) async fn revoke(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(MemberPath { label, identity }): InPath<MemberPath>,
) -> Answer<Revocation> {
    office
        .operate(async move |turn| {
            let (group, member) = (label.get().clone(), same(identity.as_str())?);
            let changed = turn.change(Change::Revoke { group, member }).await;
            let record = Record {
                identity: Some(identity.as_str()),
                ..record(Event::GroupRevoke, &asked_by).label(label.get())
            };
            let changed = recorded(record, changed.map_err(Denied::from)).await?;
            revocation(&changed, record).await.map(Json)
        })
        .await
}

fn describe(snapshot: &Snapshot, label: &Label) -> Result<api::Group, Denied> {
    let group = snapshot.groups.get(label);
    let group = group.ok_or_else(|| Denied::not_found("group", label))?;
    let members = group.members.iter().map(|name| same(name.as_str()));
    Ok(api::Group {
        label: label.clone().into(),
        members: members.collect::<Result<_, _>>()?,
    })
}
