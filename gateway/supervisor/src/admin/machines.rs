//! Machines, as the hosts say that they run them: a lease each, once their disks were looked at.

use std::net::IpAddr;

use axum::Json;
use jiff::Timestamp;
use labelgate_api::{self as api, EndedLease, ErrorCode, MachinePath, StartMachine, StopMachine};
use labelgate_mac::Context;
use labelgate_registry::{Change, HostName, Lease, Snapshot};
use uuid::Uuid;

use super::asked::{InBody, InPath};
use super::caller::Caller;
use super::failure::{Answer, Denied};
use super::follow;
use super::leases::{end_lease, fresh_id, look, text};
use super::machine_disks::Machine;
use super::operation::{Office, record, recorded};
use crate::audit::{Event, Record};
use crate::state::Turn;

/// A machine starts on a host, or is about to come in by a migration. Who asks again for the same
/// host is given the lease that is there.
pub(super) async fn start(
    office: Office,
    InPath(MachinePath { vm }): InPath<MachinePath>,
    InBody(asked): InBody<StartMachine>,
) -> Answer<api::Lease> {
    office
        .operate_as(async move |turn, caller| {
            let asked_by = caller.to_string();
            let host = host_of(&caller, asked.host.as_ref())?;
            let began = begin(&turn, &caller, (vm, &host), &asked).await;
            let lease = match began {
                Ok((Begun::There, lease)) => lease,
                Ok((Begun::New, lease)) => {
                    let text = text(&lease);
                    let record = Record {
                        lease: Some(&text),
                        ..record(Event::LeaseStart, &asked_by).label(&lease.label)
                    };
                    let why = said(asked.process_label.as_ref());
                    recorded(record.reason(&why), Ok(())).await?;
                    lease
                }
                Err(denied) => {
                    let text = format!("vm {vm} on {host}");
                    let record = Record {
                        lease: Some(&text),
                        ..record(Event::LeaseStart, &asked_by)
                    };
                    return recorded(record, Err(denied)).await;
                }
            };
            look(&turn.state().in_force().snapshot, lease.id).map(Json)
        })
        .await
}

/// A machine has stopped on a host, or has left it. No grant is needed to say that: whoever had the
/// lease may.
pub(super) async fn stop(
    office: Office,
    InPath(MachinePath { vm }): InPath<MachinePath>,
    InBody(asked): InBody<StopMachine>,
) -> Answer<EndedLease> {
    office
        .operate_as(async move |turn, caller| {
            let host = host_of(&caller, asked.host.as_ref())?;
            let in_force = turn.state().in_force();
            let lease = there(&in_force.snapshot, vm, &host);
            let lease = lease.ok_or_else(|| {
                let message = format_args!("machine {vm} has no lease on host {host}");
                Denied::new(ErrorCode::NotFound, message)
                    .hint("\"labelgate lease list\" shows where machines run")
            })?;
            end_lease(&turn, &caller.to_string(), lease.clone()).await
        })
        .await
}

/// The host that is meant: a hypervisor is itself.
pub(super) fn host_of(caller: &Caller, named: Option<&api::Note>) -> Result<HostName, Denied> {
    let named = named.map(|name| HostName::clean(name.as_str()));
    let Some((own, _)) = caller.hypervisor() else {
        return named.ok_or_else(|| {
            Denied::new(ErrorCode::Invalid, "no host is named")
                .hint("say on which the machine runs; only a hypervisor is known by itself")
        });
    };
    let own = HostName::clean(own.as_str());
    match named {
        Some(other) if other != own => {
            let message = format_args!("host {own} says what runs on host {other}");
            Err(Denied::new(ErrorCode::Forbidden, message)
                .hint("a hypervisor starts machines on itself alone"))
        }
        _ => Ok(own),
    }
}

/// Refuses a hypervisor a machine that was not granted to it, whether there is such a machine or
/// not.
pub(super) fn check_granted(caller: &Caller, vm: Uuid) -> Result<(), Denied> {
    match caller.hypervisor() {
        Some((host, machines)) if !machines.include(vm) => {
            let message = format_args!("machine {vm} is not granted to host {host}");
            let hint = format!("if it is to run there: labelgate host grant {host} {vm}");
            Err(Denied::new(ErrorCode::Forbidden, message).hint(hint))
        }
        _ => Ok(()),
    }
}

/// Whether a start has begun something that is to be on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    New,
    /// It had its lease already.
    There,
}

async fn begin(
    turn: &Turn,
    caller: &Caller,
    (vm, host): (Uuid, &HostName),
    asked: &StartMachine,
) -> Result<(Begun, Lease), Denied> {
    check_granted(caller, vm)?;
    if let Some(label) = &asked.process_label {
        check_process_label(label)?;
    }
    let in_force = turn.state().in_force();
    let machine = Machine::of(&in_force, vm)?;
    asked
        .disks
        .iter()
        .try_for_each(|disk| machine.check(disk))?;
    let address = asked.address.map(|address| address.to_canonical());
    let new = Lease {
        id: fresh_id()?,
        vm,
        host: host.clone(),
        address,
        host_addresses: None,
        label: machine.label().clone(),
        start: Timestamp::now(),
        ends: None,
    };
    if machine.is_followed() {
        let level = follow::level_of(asked)?;
        return follow::begin(turn, &caller.to_string(), new, level.as_ref()).await;
    }
    match there(&in_force.snapshot, vm, host) {
        Some(lease) => Ok((Begun::There, go_on(turn, lease, address).await?)),
        None => {
            turn.change(Change::StartLease(new.clone())).await?;
            Ok((Begun::New, new))
        }
    }
}

/// The lease that is there already: one whose time is over, or nearly, goes on.
pub(super) async fn go_on(
    turn: &Turn,
    lease: &Lease,
    address: Option<IpAddr>,
) -> Result<Lease, Denied> {
    if lease.address != address {
        let message = format_args!(
            "machine {} has a lease on host {} for another address",
            lease.vm, lease.host
        );
        return Err(Denied::new(ErrorCode::Exists, message)
            .hint("stop the machine there first, or end the lease: labelgate lease end"));
    }
    let mut lease = lease.clone();
    if lease.ends.take().is_some() {
        let change = Change::RenewLease {
            lease: lease.id,
            ends: None,
        };
        turn.change(change).await?;
    }
    Ok(lease)
}

pub(super) fn there<'a>(snapshot: &'a Snapshot, vm: Uuid, host: &HostName) -> Option<&'a Lease> {
    let mut leases = snapshot.leases.values();
    leases.find(|lease| lease.vm == vm && lease.host == *host)
}

/// It is written down, and decides nothing, unless images follow the machine: the label that counts here
/// is the gateway's own.
fn check_process_label(label: &api::Note) -> Result<(), Denied> {
    match label.as_str().parse::<Context>() {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format_args!("process label {label}: {error}");
            Err(Denied::new(ErrorCode::Invalid, message)
                .hint("it is the SELinux context of the machine's process, or nothing"))
        }
    }
}

fn said(process_label: Option<&api::Note>) -> String {
    match process_label {
        Some(label) => format!("its process there is {label}"),
        None => "its process there has no label".to_owned(),
    }
}
