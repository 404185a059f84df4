//! The secret of a machine that is about to start on a hypervisor.
//!
//! What the gateway has is never shown twice. So the hypervisor is given a new one, and whoever had the
//! one before, be it the hypervisor on which the machine ran last, gets in with it no more. That is for a
//! machine that runs nowhere: QEMU goes on with the secret that it was started with, and could not log
//! in again.

use axum::Json;
use labelgate_api::{ErrorCode, MachinePath, MachineSecret, NewMachineSecret};
use labelgate_registry::{
    Change, ChapSecrets, Identity, IdentityName, Machines, NewSecrets, Proof, Secret,
};
use uuid::Uuid;

use super::answer::same;
use super::asked::{InBody, InPath};
use super::caller::Caller;
use super::failure::{Answer, Denied};
use super::machines::check_granted;
use super::operation::{Office, record, recorded};
use crate::audit::{Event, Record};
use crate::state::Turn;

pub(super) async fn renew(
    office: Office,
    InPath(MachinePath { vm }): InPath<MachinePath>,
    InBody(asked): InBody<NewMachineSecret>,
) -> Answer<MachineSecret> {
    office
        .operate_as(async move |turn, caller| {
            let asked_by = caller.to_string();
            let name = asked.identity.as_str();
            let reason = format!("for machine {vm}");
            let made = make(&turn, &caller, vm, name).await;
            let record = Record {
                identity: Some(name),
                proof: Some("chap"),
                ..record(Event::IdentityRotate, &asked_by)
            };
            recorded(record.reason(&reason), made).await.map(Json)
        })
        .await
}

async fn make(turn: &Turn, caller: &Caller, vm: Uuid, name: &str) -> Result<MachineSecret, Denied> {
    check_caller(caller, name)?;
    check_granted(caller, vm)?;
    let name: IdentityName = same(name)?;
    check_identity(turn, vm, &name).await?;
    let secret = Secret::generate().map_err(|error| Denied::new(ErrorCode::Internal, error))?;
    let shown = same(std::str::from_utf8(secret.expose()).unwrap_or_default())?;
    let stored = ChapSecrets::new(secret, None);
    let stored = stored.ok_or_else(|| Denied::new(ErrorCode::Internal, "it is no secret"))?;
    let secrets = NewSecrets::Chap(stored);
    let identity = name;
    turn.change(Change::RotateIdentity { identity, secrets })
        .await?;
    Ok(MachineSecret { secret: shown })
}

/// A hypervisor that may start any machine is not given the secrets of all.
fn check_caller(caller: &Caller, identity: &str) -> Result<(), Denied> {
    match caller.hypervisor() {
        Some((_, Machines::These(_))) => Ok(()),
        Some((host, Machines::Any)) => {
            let message = format_args!(
                "host {host} may start any machine, and is given the secret of none: that is for machines \
                 which are granted one by one"
            );
            Err(Denied::new(ErrorCode::Forbidden, message)
                .hint("add it with the machines that it may start"))
        }
        None => {
            let message = "only a hypervisor asks for the secrets of its machines";
            Err(
                Denied::new(ErrorCode::Forbidden, message).hint(format_args!(
                    "an admin makes new ones: labelgate identity rotate {identity}"
                )),
            )
        }
    }
}

/// One that is another machine's is refused as one that is nobody's.
async fn check_identity(turn: &Turn, vm: Uuid, name: &IdentityName) -> Result<(), Denied> {
    let in_force = turn.state().in_force();
    let identity = in_force.snapshot.identities.get(name);
    let own = |identity: &&Identity| identity.vm == Some(vm);
    let identity = identity.filter(own).ok_or_else(|| {
        let message = format_args!("{name} is no identity of machine {vm}");
        Denied::new(ErrorCode::Forbidden, message).hint("ask an admin which its identities are")
    })?;
    let unsupported = |why: &str| {
        let message = format_args!("identity {name} {why}");
        Denied::new(ErrorCode::Unsupported, message)
            .hint("ask an admin to make what it is proved with: labelgate identity rotate")
    };
    if identity.proof != Proof::Chap {
        return Err(unsupported("is not proved by CHAP"));
    }
    if turn.state().is_mutual(name).await? {
        return Err(unsupported(
            "has the gateway prove itself, too, which QEMU cannot check",
        ));
    }
    let mut leases = in_force.snapshot.leases.values();
    match leases.find(|lease| lease.vm == vm) {
        None => Ok(()),
        Some(_) => {
            let message = format_args!("machine {vm} runs, and goes on with the secret it has");
            Err(Denied::new(ErrorCode::InUse, message)
                .hint("shut it down first; to migrate it, give the other host the same secret"))
        }
    }
}
