//! Hosts that may ask over the network.

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::Json;
use jiff::Timestamp;
use labelgate_api::{
    self as api, AddHost, CertifiedHost, CertifyHost, Done, ErrorCode, HostAddresses,
    HostMachinePath, HostPath, Hosts, Revocation,
};
use labelgate_certificates::{Authority, CertificateError, Issued};
use labelgate_registry::{Change, Fingerprint, Host, HostId, HostRole, Machines, Snapshot};

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::operation::{Office, record, recorded, revocation};
use crate::audit::Event;
use crate::state::Turn;

pub(super) async fn list(office: Office) -> Answer<Hosts> {
    let snapshot = &office.state.in_force().snapshot;
    let hosts = snapshot.hosts.values().map(describe);
    let hosts = hosts.collect::<Result<_, _>>()?;
    Ok(Json(Hosts { hosts }))
}

pub(super) async fn show(
    office: Office,
    InPath(HostPath { host }): InPath<HostPath>,
) -> Answer<api::Host> {
    look(&office.state.in_force().snapshot, &same(host.as_str())?).map(Json)
}

pub(super) async fn add(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AddHost>,
) -> Answer<CertifiedHost> {
    office
        .operate(async move |turn| {
            let name: HostId = same(asked.name.as_str())?;
            let role = role(&asked)?;
            let addresses = addresses_of_new(&asked)?;
            let from = from(addresses.as_ref(), &role);
            let why = format!("host {name}: {}{from}", said(&role));
            let authority = authority(&turn)?;
            let issued = issue(&authority, &asked.request, &name)?;
            let host = Host {
                name: name.clone(),
                role,
                addresses,
                fingerprint: Fingerprint::new(issued.fingerprint),
                expires: issued.expires,
                since: Timestamp::now(),
            };
            let added = turn.change(Change::AddHost(host)).await;
            let record = record(Event::HostAdd, &asked_by).reason(&why);
            recorded(record, added.map_err(Denied::from)).await?;
            certified(&turn, &name, issued, &authority).map(Json)
        })
        .await
}

pub(super) async fn certify(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(HostPath { host }): InPath<HostPath>,
    InBody(asked): InBody<CertifyHost>,
) -> Answer<CertifiedHost> {
    office
        .operate(async move |turn| {
            let name: HostId = same(host.as_str())?;
            let authority = authority(&turn)?;
            let issued = issue(&authority, &asked.request, &name)?;
            let change = Change::RecertifyHost {
                host: name.clone(),
                fingerprint: Fingerprint::new(issued.fingerprint),
                expires: issued.expires,
            };
            let why = format!("host {name} has another certificate");
            changed(&turn, &asked_by, Event::HostChange, &why, change).await?;
            certified(&turn, &name, issued, &authority).map(Json)
        })
        .await
}

pub(super) async fn remove(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(HostPath { host }): InPath<HostPath>,
) -> Answer<Done> {
    office
        .operate(async move |turn| {
            let change = Change::RemoveHost(same(host.as_str())?);
            let why = format!("host {host}");
            changed(&turn, &asked_by, Event::HostRemove, &why, change).await?;
            Ok(Json(Done {}))
        })
        .await
}

/// The sessions that its leases admit no longer end with it.
pub(super) async fn set_addresses(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(HostPath { host }): InPath<HostPath>,
    InBody(asked): InBody<HostAddresses>,
) -> Answer<Revocation> {
    office
        .operate(async move |turn| {
            let addresses = addresses(&asked.addresses, asked.any_address)?;
            let why = format!(
                "host {host}: its machines come from {}",
                listed(addresses.as_ref())
            );
            let change = Change::SetHostAddresses {
                host: same(host.as_str())?,
                addresses,
            };
            let changed = turn.change(change).await;
            let record = record(Event::HostChange, &asked_by).reason(&why);
            let changed = recorded(record, changed.map_err(Denied::from)).await?;
            revocation(&changed, record).await.map(Json)
        })
        .await
}

pub(super) async fn grant(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(HostMachinePath { host, vm }): InPath<HostMachinePath>,
) -> Answer<api::Host> {
    office
        .operate(async move |turn| {
            let host: HostId = same(host.as_str())?;
            let name = host.clone();
            let why = format!("host {host} may start machine {vm}");
            let change = Change::GrantMachine { host, vm };
            changed(&turn, &asked_by, Event::HostChange, &why, change).await?;
            look(&turn.state().in_force().snapshot, &name).map(Json)
        })
        .await
}

pub(super) async fn revoke(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(HostMachinePath { host, vm }): InPath<HostMachinePath>,
) -> Answer<api::Host> {
    office
        .operate(async move |turn| {
            let host: HostId = same(host.as_str())?;
            let name = host.clone();
            let why = format!("host {host} may not start machine {vm} any more");
            let change = Change::RevokeMachine { host, vm };
            changed(&turn, &asked_by, Event::HostChange, &why, change).await?;
            look(&turn.state().in_force().snapshot, &name).map(Json)
        })
        .await
}

async fn changed(
    turn: &Turn,
    asked_by: &str,
    event: Event,
    why: &str,
    change: Change,
) -> Result<(), Denied> {
    let done = turn.change(change).await;
    let record = record(event, asked_by).reason(why);
    recorded(record, done.map_err(Denied::from)).await?;
    Ok(())
}

/// The role that is asked for. Machines are a hypervisor's alone.
fn role(asked: &AddHost) -> Result<HostRole, Denied> {
    let machines: BTreeSet<_> = asked.machines.iter().copied().collect();
    let wrong = |message| Err(Denied::new(ErrorCode::Invalid, message));
    match (asked.role, asked.any_machine, machines.is_empty()) {
        (api::HostRole::Hypervisor, true, true) => Ok(HostRole::Hypervisor(Machines::Any)),
        (api::HostRole::Hypervisor, true, false) => {
            wrong("a hypervisor that may run any machine, and some that are named")
        }
        (api::HostRole::Hypervisor, false, _) => {
            Ok(HostRole::Hypervisor(Machines::These(machines)))
        }
        (api::HostRole::Admin, false, true) => Ok(HostRole::Admin),
        (api::HostRole::Monitor, false, true) => Ok(HostRole::Monitor),
        (api::HostRole::Admin | api::HostRole::Monitor, _, _) => {
            wrong("machines for a host that is no hypervisor, and runs none")
        }
    }
}

/// The addresses that a new host's machines come from. Only a hypervisor has machines, and it is said of
/// each where they come from, or that this is not known.
fn addresses_of_new(asked: &AddHost) -> Result<Option<BTreeSet<IpAddr>>, Denied> {
    match (asked.role, asked.any_address || !asked.addresses.is_empty()) {
        (api::HostRole::Hypervisor, _) => addresses(&asked.addresses, asked.any_address),
        (api::HostRole::Admin | api::HostRole::Monitor, false) => Ok(None),
        (api::HostRole::Admin | api::HostRole::Monitor, true) => {
            let message = "addresses of machines for a host that is no hypervisor, and runs none";
            Err(Denied::new(ErrorCode::Invalid, message))
        }
    }
}

fn addresses(listed: &[IpAddr], any: bool) -> Result<Option<BTreeSet<IpAddr>>, Denied> {
    let wrong = |message: &str| {
        Err(Denied::new(ErrorCode::Invalid, message).hint(
            "name each address that the hypervisor's QEMU connects from (--address), or say that it may be \
             any (--any-address): a lease on it is then good from everywhere",
        ))
    };
    match (any, listed.is_empty()) {
        (true, true) => Ok(None),
        // An IPv4 client is known by its IPv4 address, however it is written.
        (false, false) => Ok(Some(listed.iter().map(IpAddr::to_canonical).collect())),
        (true, false) => wrong("machines that come from any address, and from some that are named"),
        (false, true) => wrong("a hypervisor whose machines come from no address"),
    }
}

fn from(addresses: Option<&BTreeSet<IpAddr>>, role: &HostRole) -> String {
    match role {
        HostRole::Hypervisor(_) => format!("; its machines come from {}", listed(addresses)),
        HostRole::Admin | HostRole::Monitor => String::new(),
    }
}

fn listed(addresses: Option<&BTreeSet<IpAddr>>) -> String {
    let Some(addresses) = addresses else {
        return "any address".to_owned();
    };
    let texts: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    texts.join(", ")
}

fn said(role: &HostRole) -> String {
    match role {
        HostRole::Admin => "an admin".to_owned(),
        HostRole::Monitor => "a monitor".to_owned(),
        HostRole::Hypervisor(Machines::Any) => "a hypervisor of any machine".to_owned(),
        HostRole::Hypervisor(Machines::These(machines)) => {
            format!("a hypervisor of {} machines that are named", machines.len())
        }
    }
}

fn authority(turn: &Turn) -> Result<Authority, Denied> {
    let in_force = turn.state().in_force();
    Authority::of(in_force.tokens.key().expose())
        .map_err(|error| Denied::new(ErrorCode::Internal, error))
}

fn issue(authority: &Authority, request: &str, name: &HostId) -> Result<Issued, Denied> {
    let issued = authority.issue(request, name.as_str(), Timestamp::now());
    issued.map_err(|error| match &error {
        CertificateError::TooLong(_) | CertificateError::Request(_) => {
            Denied::new(ErrorCode::Invalid, &error).hint(
                "a request for a certificate is PKCS #10 in PEM, such as openssl req -new makes",
            )
        }
        _ => Denied::new(ErrorCode::Internal, &error),
    })
}

fn certified(
    turn: &Turn,
    name: &HostId,
    issued: Issued,
    authority: &Authority,
) -> Result<CertifiedHost, Denied> {
    Ok(CertifiedHost {
        host: look(&turn.state().in_force().snapshot, name)?,
        certificate: issued.pem,
        authority: authority.pem(),
    })
}

fn look(snapshot: &Snapshot, name: &HostId) -> Result<api::Host, Denied> {
    let host = snapshot.hosts.get(name);
    describe(host.ok_or_else(|| Denied::not_found("host", name))?)
}

fn describe(host: &Host) -> Result<api::Host, Denied> {
    let (role, any_machine, machines) = match &host.role {
        HostRole::Admin => (api::HostRole::Admin, false, Vec::new()),
        HostRole::Monitor => (api::HostRole::Monitor, false, Vec::new()),
        HostRole::Hypervisor(Machines::Any) => (api::HostRole::Hypervisor, true, Vec::new()),
        HostRole::Hypervisor(Machines::These(machines)) => {
            let machines = machines.iter().copied().collect();
            (api::HostRole::Hypervisor, false, machines)
        }
    };
    Ok(api::Host {
        name: same(host.name.as_str())?,
        role,
        any_machine,
        machines,
        any_address: role == api::HostRole::Hypervisor && host.addresses.is_none(),
        addresses: host.addresses.iter().flatten().copied().collect(),
        fingerprint: host.fingerprint.to_string(),
        expires: host.expires,
        since: host.since,
    })
}
