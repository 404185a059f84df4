//! Leases.

use axum::Json;
use jiff::Timestamp;
use labelgate_api::{self as api, EndedLease, LeasePath, Leases, StartLease};
use labelgate_registry::{Change, Lease, Snapshot};
use uuid::Uuid;

use super::answer::same;
use super::asked::{Asker, InBody, InPath};
use super::caller::Caller;
use super::failure::{Answer, Denied};
use super::follow;
use super::followers::bring_back;
use super::machine_disks::Machine;
use super::machines::{check_granted, host_of, there};
use super::operation::{Office, record, recorded, revocation};
use crate::audit::{Event, Record};
use crate::state::Turn;

pub(super) async fn list(office: Office, Asker(caller): Asker) -> Answer<Leases> {
    let snapshot = &office.state.in_force().snapshot;
    let leases = snapshot.leases.values();
    let leases = leases
        .filter(|lease| is_its_own(&caller, lease))
        .map(describe);
    let mut leases = leases.collect::<Result<Vec<_>, _>>()?;
    leases.sort_by(|a, b| (&a.label, a.start, a.id).cmp(&(&b.label, b.start, b.id)));
    Ok(Json(Leases { leases }))
}

pub(super) async fn start(office: Office, InBody(asked): InBody<StartLease>) -> Answer<api::Lease> {
    office
        .operate_as(async move |turn, caller| {
            let asked_by = caller.to_string();
            let in_force = turn.state().in_force();
            let followed = in_force.snapshot.followed(asked.vm).is_some();
            check_granted(&caller, asked.vm)?;
            if caller.hypervisor().is_some() && !followed {
                Machine::of(&in_force, asked.vm)?.check_label(asked.label.get())?;
            }
            let lease = Lease {
                id: fresh_id()?,
                vm: asked.vm,
                host: host_of(&caller, Some(&asked.host))?,
                // An IPv4 client is known by its IPv4 address, however it is written.
                address: asked.address.map(|address| address.to_canonical()),
                host_addresses: None,
                label: asked.label.into(),
                start: Timestamp::now(),
                ends: asked.ends,
            };
            let started = match followed {
                true => start_followed(&turn, &asked_by, &lease).await,
                false => {
                    let started = turn.change(Change::StartLease(lease.clone())).await;
                    started.map(drop).map_err(Denied::from)
                }
            };
            let text = text(&lease);
            let record = Record {
                lease: Some(&text),
                ..record(Event::LeaseStart, &asked_by).label(&lease.label)
            };
            recorded(record, started).await?;
            look(&turn.state().in_force().snapshot, lease.id).map(Json)
        })
        .await
}

/// A machine that images follow, whose level is said here.
async fn start_followed(turn: &Turn, asked_by: &str, lease: &Lease) -> Result<(), Denied> {
    let in_force = turn.state().in_force();
    if there(&in_force.snapshot, lease.vm, &lease.host).is_some() {
        // The registry says that it is there.
        turn.check(&Change::StartLease(lease.clone()))?;
    }
    follow::begin(turn, asked_by, lease.clone(), Some(&lease.label)).await?;
    Ok(())
}

pub(super) async fn end(
    office: Office,
    InPath(LeasePath { lease: id }): InPath<LeasePath>,
) -> Answer<EndedLease> {
    office
        .operate_as(async move |turn, caller| {
            let in_force = turn.state().in_force();
            let lease = in_force.snapshot.leases.get(&id);
            // Of another's a hypervisor learns as little as of one that never was.
            let lease = lease.filter(|lease| is_its_own(&caller, lease));
            let lease = lease.ok_or_else(|| Denied::not_found("lease", id))?;
            end_lease(&turn, &caller.to_string(), lease.clone()).await
        })
        .await
}

/// Whether a lease is for whoever asks to see: for a hypervisor those on itself are.
fn is_its_own(caller: &Caller, lease: &Lease) -> bool {
    let hypervisor = caller.hypervisor();
    hypervisor.is_none_or(|(host, _)| lease.host.as_str() == host.as_str())
}

/// Ends a lease, and the sessions that it admitted. If it was the last of a machine that images follow,
/// they rest when this returns.
pub(super) async fn end_lease(turn: &Turn, asked_by: &str, lease: Lease) -> Answer<EndedLease> {
    let ended = turn.change(Change::EndLease(lease.id)).await;
    let text = text(&lease);
    let record = Record {
        lease: Some(&text),
        ..record(Event::LeaseEnd, asked_by).label(&lease.label)
    };
    let changed = recorded(record, ended.map_err(Denied::from)).await?;
    let revocation = revocation(&changed, record).await?;
    bring_back(turn, asked_by, lease.vm).await?;
    Ok(Json(EndedLease {
        lease: describe(&lease)?,
        revocation,
    }))
}

/// A lease as records name it.
pub(crate) fn text(lease: &Lease) -> String {
    format!("{} of vm {} on {}", lease.id, lease.vm, lease.host)
}

/// A random UUID (RFC 9562, 5.4: version 4, variant 10).
pub(super) fn fresh_id() -> Result<Uuid, Denied> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Denied::new(api::ErrorCode::Internal, error))?;
    Ok(*uuid::Builder::from_random_bytes(bytes).as_uuid())
}

/// A lease as the registry has it, with what that has added.
pub(super) fn look(snapshot: &Snapshot, id: Uuid) -> Result<api::Lease, Denied> {
    let lease = snapshot.leases.get(&id);
    describe(lease.ok_or_else(|| Denied::not_found("lease", id))?)
}

pub(super) fn describe(lease: &Lease) -> Result<api::Lease, Denied> {
    Ok(api::Lease {
        id: lease.id,
        vm: lease.vm,
        host: same(lease.host.as_str())?,
        address: lease.address,
        host_addresses: lease.host_addresses.iter().flatten().copied().collect(),
        label: lease.label.clone().into(),
        start: lease.start,
        ends: lease.ends,
    })
}
