//! Machines as a hypervisor starts and stops them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{IdentityName, Note, Secret};

/// A machine is about to start, or to come in by a migration: a lease is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartMachine {
    /// The host that it runs on. A hypervisor is itself, and need not say so; whoever else asks
    /// has to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Note>,
    /// The SELinux context that its process has there: for the audit trail, and where images follow the
    /// machine they have its level from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_label: Option<Note>,
    /// Its process has no context yet, which is told before it runs: the machine has a lease until then,
    /// and images that follow it rest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub process_label_later: bool,
    /// The only address that its connections may come from; any, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// Those of its disks that point at this gateway.
    pub disks: Vec<Disk>,
}

/// A disk of a machine's that points at this gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// What the machine calls it, such as `vda`.
    pub device: Note,
    /// Where it points.
    pub source: DiskSource,
}

/// Where a disk points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "protocol", deny_unknown_fields)]
pub enum DiskSource {
    /// A logical unit of a target.
    Iscsi {
        /// The target's name.
        target: Note,
        /// The logical unit.
        lun: u64,
        /// The CHAP name that is used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<Note>,
    },
    /// A file of an export.
    Nfs {
        /// The path, which begins with the token where one is used.
        path: Note,
    },
}

/// A machine has stopped, or has left by a migration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopMachine {
    /// The host that it ran on. A hypervisor is itself, and need not say so; whoever else asks has
    /// to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Note>,
}

/// A new secret for an identity of a machine that is about to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMachineSecret {
    /// The identity, which has to be the machine's and proved by CHAP.
    pub identity: IdentityName,
}

/// The new secret. The one before is good for nothing from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MachineSecret {
    /// The secret. It is never shown again.
    pub secret: Secret,
}

/// Which machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MachinePath {
    /// The machine's UUID.
    pub vm: Uuid,
}
