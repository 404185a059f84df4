//! Images follow a machine, and the machine starts.
//!
//! A machine that images follow has no identity: the network tells its connections by the level of its
//! process, which libvirt chooses at every start. From the start on its images have that level, and
//! `followers` says what happens when.

use std::net::IpAddr;

use axum::Json;
use labelgate_api::{
    self as api, ErrorCode, FollowMachine, ImagePath, LabelChoice, RelabelledImage, StartMachine,
};
use labelgate_mac::{Context, Label};
use labelgate_registry::{Change, HostId, Lease, Refusal};

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::followers::{arrive, bring_back, keep};
use super::image_changes::move_to;
use super::image_view::{find, view};
use super::images::own_label;
use super::levels::{Chosen, choose};
use super::machines::{Begun, go_on, there};
use super::operation::{Office, record, recorded, revocation};
use crate::audit::{Event, Record};
use crate::config::NetlabelSource;
use crate::state::{InForce, Source, Turn};

/// An image follows a machine from now on, and is nobody's until that starts.
pub(super) async fn follow(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InBody(FollowMachine { vm }): InBody<FollowMachine>,
) -> Answer<RelabelledImage> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let (store, name) = (path.store.as_str(), path.image.as_str());
            let in_force = turn.state().in_force();
            let (image, source) = find(&in_force, store, name)?;
            let was = own_label(&image)?;
            if source == Source::File {
                return Err(Denied::declared(format_args!("image {image}")));
            }
            let rest = match in_force.snapshot.followed(vm) {
                Some(followed) => Chosen {
                    label: followed.rest.clone(),
                    allocated: false,
                },
                None => {
                    let for_whom = format!("images of machine {vm} while it does not run");
                    choose(&turn, &asked_by, LabelChoice::Auto, &for_whom).await?
                }
            };
            let (text, why) = (image.to_string(), format!("it follows machine {vm}"));
            let change = Change::FollowMachine {
                image: same(&text)?,
                vm,
                rest: rest.label.clone(),
            };
            let label = rest.label.clone();
            let about = Record {
                image: Some(&text),
                was: Some(was),
                ..record(Event::LabelChange, &asked_by).label(&label)
            };
            let about = about.reason(&why);
            let changed = move_to(&turn, change, store, name).await;
            let changed = recorded(about, changed).await;
            let changed = rest.keep_if(&turn, changed).await?;
            Ok(Json(RelabelledImage {
                revocation: revocation(&changed, about).await?,
                image: view(&own, store, name).await?,
            }))
        })
        .await
}

/// The level that a start tells of a machine which images follow; `None` if it is told later.
pub(super) fn level_of(asked: &StartMachine) -> Result<Option<Label>, Denied> {
    match &asked.process_label {
        Some(context) => level_in(context).map(Some),
        None if asked.process_label_later => Ok(None),
        None => {
            let message = "images follow this machine, and its process has no SELinux context whose level they \
                           could have";
            Err(Denied::new(ErrorCode::Invalid, message).hint(
                "let sVirt give it one (security_driver = \"selinux\" in qemu.conf, and no <seclabel type='none'>), \
                 or give the images a label of their own, and the machine an identity",
            ))
        }
    }
}

fn level_in(context: &api::Note) -> Result<Label, Denied> {
    let wrong = |why: &dyn std::fmt::Display| {
        let message = format_args!("process label {context}: {why}");
        Denied::new(ErrorCode::Invalid, message).hint(
            "images follow a machine that runs at a single level with categories of its own, as libvirt's \
             dynamic labels are",
        )
    };
    let parsed: Context = context.as_str().parse().map_err(|why| wrong(&why))?;
    Label::try_from(&parsed).map_err(|why| wrong(&why))
}

/// Begins the lease of a machine that images follow, or goes on with the one that it has on that host;
/// the images have its level from then on, once that is known. What `wanted` says of its label is not
/// looked at.
pub(super) async fn begin(
    turn: &Turn,
    asked_by: &str,
    wanted: Lease,
    level: Option<&Label>,
) -> Result<(Begun, Lease), Denied> {
    let in_force = turn.state().in_force();
    if let Some(level) = level {
        check_range(&in_force, &wanted, level)?;
        check_free(&in_force, level)?;
    }
    let snapshot = &in_force.snapshot;
    let (begun, lease) = match there(snapshot, wanted.vm, &wanted.host) {
        Some(lease) => (Begun::There, go_on(turn, lease, wanted.address).await?),
        None => (Begun::New, enter(turn, asked_by, wanted, level).await?),
    };
    let Some(level) = level else {
        return Ok((begun, lease));
    };
    if lease.label == *level {
        // A file may have lost it, as a registry does that is restored.
        keep(turn, &lease).await?;
        return Ok((begun, lease));
    }
    match arrive(turn, asked_by, &lease, level).await {
        Ok(lease) => Ok((Begun::New, lease)),
        Err(denied) => {
            if let Begun::New = begun {
                give_up(turn, &lease).await;
            }
            Err(denied)
        }
    }
}

/// A lease that begins where the images are: where they rest, or where the machine runs on another host
/// at the same level, which it is to migrate from.
async fn enter(
    turn: &Turn,
    asked_by: &str,
    wanted: Lease,
    level: Option<&Label>,
) -> Result<Lease, Denied> {
    let in_force = turn.state().in_force();
    let snapshot = &in_force.snapshot;
    let followed = snapshot.followed(wanted.vm);
    let followed = followed.ok_or_else(|| Denied::from(&Refusal::NotFollowed(wanted.vm)))?;
    let mut leases = snapshot.leases.values();
    let elsewhere = leases.any(|lease| lease.vm == wanted.vm);
    let label = level.filter(|_| elsewhere).unwrap_or(followed.rest);
    if !elsewhere && !followed.is_at_rest() {
        bring_back(turn, asked_by, wanted.vm).await?;
    }
    let id = wanted.id;
    let lease = Lease {
        label: label.clone(),
        ..wanted
    };
    let changed = turn.change(Change::StartLease(lease)).await?;
    let lease = changed.in_force.snapshot.leases.get(&id).cloned();
    lease.ok_or_else(|| Denied::new(ErrorCode::Internal, "the lease is not there"))
}

/// Ends a lease that has come to nothing. Where that cannot be done it stays, at rest.
async fn give_up(turn: &Turn, lease: &Lease) {
    if let Err(error) = turn.change(Change::EndLease(lease.id)).await {
        tracing::error!(
            "the lease {} stays, of a machine that does not start: {error}",
            lease.id
        );
    }
}

/// Whether machines that connect from where this one does may have this level.
fn check_range(in_force: &InForce, lease: &Lease, level: &Label) -> Result<(), Denied> {
    let host = &lease.host;
    let addresses = addresses_of(in_force, lease)?;
    let sources = addresses
        .iter()
        .filter_map(|address| in_force.identities.netlabel_source(*address));
    let sources: Vec<&NetlabelSource> = sources.map(AsRef::as_ref).collect();
    if sources.is_empty() {
        let message = format_args!(
            "images follow machine {}, and no [[netlabel]] source has an address of host {host}: its label \
             would not be believed",
            lease.vm
        );
        return Err(Denied::new(ErrorCode::Unsupported, message).hint(
            "add a section for that hypervisor, and \"labelgate reload\"; or name the address that it has on the \
             labelled network: labelgate host addresses",
        ));
    }
    if sources.iter().any(|source| source.may_have(level)) {
        return Ok(());
    }
    let ranges: Vec<String> = sources
        .iter()
        .map(|source| format!("s0:{}", source.categories))
        .collect();
    let message = format_args!(
        "machine {} runs at {level}, which machines on host {host} may not have: {}",
        lease.vm,
        ranges.join(", ")
    );
    Err(Denied::new(ErrorCode::Forbidden, message).hint(
        "correct the range that its libvirt takes categories from, or its [[netlabel]] section",
    ))
}

/// Where a machine connects from. Of a hypervisor that might be anywhere no level is believed, whatever
/// it says of its address; of a host that is none of the gateway's an admin says where it is.
fn addresses_of(in_force: &InForce, lease: &Lease) -> Result<Vec<IpAddr>, Denied> {
    let name = lease.host.as_str().parse::<HostId>().ok();
    let host = name.and_then(|name| in_force.snapshot.hosts.get(&name));
    match (host.map(|host| &host.addresses), lease.address) {
        // That it is one of these the registry sees to.
        (Some(Some(_)) | None, Some(address)) => Ok(vec![address]),
        (Some(Some(addresses)), None) => Ok(addresses.iter().copied().collect()),
        (Some(None), _) | (None, None) => {
            let message = format_args!(
                "images follow machine {}, and it is not known where machines on host {} connect from",
                lease.vm, lease.host
            );
            Err(
                Denied::new(ErrorCode::Unsupported, message).hint(format_args!(
                    "labelgate host addresses {} --address ADDRESS",
                    lease.host
                )),
            )
        }
    }
}

/// Whether the configuration file uses a level. What the registry has it looks at itself.
fn check_free(in_force: &InForce, level: &Label) -> Result<(), Denied> {
    if !in_force.declared_labels().any(|label| label == level) {
        return Ok(());
    }
    let message = format_args!("{level} is in use in the configuration file");
    Err(Denied::new(ErrorCode::InUse, message).hint(
        "let the hypervisor's libvirt take categories from a range of its own, and nothing else use that",
    ))
}
