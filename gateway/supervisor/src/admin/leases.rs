//! Leases.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use labelgate_api::{self as api, EndedLease, LeasePath, Leases, StartLease};
use labelgate_registry::{Change, HostName, Lease};
use uuid::Uuid;

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::operation::{Office, record, recorded, revocation};
use crate::audit::{Event, Record};

pub(super) async fn list(State(office): State<Office>) -> Answer<Leases> {
    let snapshot = &office.state.in_force().snapshot;
    let leases = snapshot.leases.values().map(describe);
    let mut leases = leases.collect::<Result<Vec<_>, _>>()?;
    leases.sort_by(|a, b| (&a.label, a.start, a.id).cmp(&(&b.label, b.start, b.id)));
    Ok(Json(Leases { leases }))
}

pub(super) async fn start(
    State(office): State<Office>,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<StartLease>,
) -> Answer<api::Lease> {
    office
        .operate(async move |turn| {
            let lease = Lease {
                id: Uuid::from_bytes(random()?),
                vm: asked.vm,
                host: HostName::clean(asked.host.as_str()),
                // An IPv4 client is known by its IPv4 address, however it is written.
                address: asked.address.map(|address| address.to_canonical()),
                label: asked.label.into(),
                start: Timestamp::now(),
                ends: asked.ends,
            };
            let started = turn.change(Change::StartLease(lease.clone())).await;
            let text = text(&lease);
            let record = Record {
                lease: Some(&text),
                ..record(Event::LeaseStart, &asked_by).label(&lease.label)
            };
            recorded(record, started.map_err(Denied::from)).await?;
            describe(&lease).map(Json)
        })
        .await
}

pub(super) async fn end(
    State(office): State<Office>,
    AskedBy(asked_by): AskedBy,
    InPath(LeasePath { lease: id }): InPath<LeasePath>,
) -> Answer<EndedLease> {
    office
        .operate(async move |turn| {
            let in_force = turn.state().in_force();
            let lease = in_force.snapshot.leases.get(&id);
            let lease = lease.ok_or_else(|| Denied::not_found("lease", id))?;
            let ended = turn.change(Change::EndLease(id)).await;
            let text = text(lease);
            let record = Record {
                lease: Some(&text),
                ..record(Event::LeaseEnd, &asked_by).label(&lease.label)
            };
            let changed = recorded(record, ended.map_err(Denied::from)).await?;
            Ok(Json(EndedLease {
                lease: describe(lease)?,
                revocation: revocation(&changed, record).await?,
            }))
        })
        .await
}

/// A lease as records name it.
pub(crate) fn text(lease: &Lease) -> String {
    format!("{} of vm {} on {}", lease.id, lease.vm, lease.host)
}

/// A random UUID (RFC 9562, 5.4: version 4, variant 10).
fn random() -> Result<[u8; 16], Denied> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Denied::new(api::ErrorCode::Internal, error))?;
    Ok(*uuid::Builder::from_random_bytes(bytes).as_uuid().as_bytes())
}

fn describe(lease: &Lease) -> Result<api::Lease, Denied> {
    Ok(api::Lease {
        id: lease.id,
        vm: lease.vm,
        host: same(lease.host.as_str())?,
        address: lease.address,
        label: lease.label.clone().into(),
        start: lease.start,
        ends: lease.ends,
    })
}
