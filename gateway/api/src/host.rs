//! Hosts that may ask the gateway over the network.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::HostName;

/// A host that proves by a certificate who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Host {
    /// What it is called.
    pub name: HostName,
    /// What it may do.
    pub role: HostRole,
    /// A hypervisor may start any machine.
    #[serde(default)]
    pub any_machine: bool,
    /// The machines that a hypervisor may start, if not any.
    #[serde(default)]
    pub machines: Vec<Uuid>,
    /// A hypervisor's machines may connect from any address, as far as is known.
    #[serde(default)]
    pub any_address: bool,
    /// The only addresses that a hypervisor's machines connect from, if not any: its leases admit from
    /// nowhere else.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<IpAddr>,
    /// The SHA-256 hash of its certificate, in hexadecimal.
    pub fingerprint: String,
    /// When its certificate expires.
    #[schema(value_type = String, format = DateTime)]
    pub expires: Timestamp,
    /// Since when it is known.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// What a host may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// Everything but backup and restore.
    Admin,
    /// Start and stop the machines that it may run, and see its own leases.
    Hypervisor,
    /// Look.
    Monitor,
}

/// All hosts, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hosts {
    /// The hosts.
    pub hosts: Vec<Host>,
}

/// A host to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddHost {
    /// What it shall be called.
    pub name: HostName,
    /// What it may do.
    pub role: HostRole,
    /// A hypervisor may start any machine.
    #[serde(default)]
    pub any_machine: bool,
    /// The machines that a hypervisor may start, if not any.
    #[serde(default)]
    pub machines: Vec<Uuid>,
    /// A hypervisor's machines may connect from any address: its leases are good from everywhere.
    #[serde(default)]
    pub any_address: bool,
    /// The only addresses that a hypervisor's machines connect from. Either these or any are to be
    /// said of it.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<IpAddr>,
    /// What asks for a certificate for its key (PKCS #10, in PEM). Of it the public key is taken
    /// and nothing else.
    pub request: String,
}

/// The addresses that a hypervisor's machines connect from, instead of those before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HostAddresses {
    /// They may connect from any: its leases are good from everywhere.
    #[serde(default)]
    pub any_address: bool,
    /// The only ones, if not any.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<IpAddr>,
}

/// Another certificate for a host. The one before is good for nothing from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertifyHost {
    /// What asks for it (PKCS #10, in PEM).
    pub request: String,
}

/// A host with a new certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertifiedHost {
    /// The host.
    pub host: Host,
    /// Its certificate, in PEM.
    pub certificate: String,
    /// The certificate of the gateway's authority, in PEM: what the host verifies the gateway with.
    pub authority: String,
}

/// Which host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct HostPath {
    /// The host's name.
    pub host: HostName,
}

/// Which machine of which host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct HostMachinePath {
    /// The host's name.
    pub host: HostName,
    /// The machine's UUID.
    pub vm: Uuid,
}
