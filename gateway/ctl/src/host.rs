//! `labelgate host`.

use std::net::IpAddr;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use labelgate_api::endpoints::{
    DeleteHost, DeleteHostMachine, GetHost, ListHosts, PostHost, PostHostCertificate,
    PutHostAddresses, PutHostMachine,
};
use labelgate_api::{
    AddHost, CertifiedHost, CertifyHost, Host, HostAddresses, HostMachinePath, HostName, HostPath,
    HostRole, Hosts, Nothing,
};
use uuid::Uuid;

use crate::ask::Ask;
use crate::fault::Fault;
use crate::host_credentials::{Enrolment, HostCredentials};
use crate::output::{Output, clean, time};
use crate::table::Table;

/// Hosts: who may ask over the network, by a certificate of the gateway's own authority.
#[derive(Debug, Subcommand)]
pub(crate) enum HostCommand {
    /// Let a host ask over the network, and issue its certificate.
    Add(Box<Add>),
    /// List hosts.
    List,
    /// Show a host, with the machines that it may start.
    Show {
        /// The host.
        host: HostName,
    },
    /// Take that away again. Its connections end at once; its leases stay.
    Rm {
        /// The host.
        host: HostName,
    },
    /// Say from which addresses a hypervisor's machines connect, instead of those before. Sessions from
    /// others end at once.
    Addresses {
        /// The hypervisor.
        host: HostName,
        #[command(flatten)]
        from: SourceAddresses,
    },
    /// Let a hypervisor start a machine.
    Grant {
        /// The hypervisor.
        host: HostName,
        /// The machine's UUID.
        vm: Uuid,
    },
    /// Take that away again. A lease that it has of the machine stays.
    Revoke {
        /// The hypervisor.
        host: HostName,
        /// The machine's UUID.
        vm: Uuid,
    },
    /// Issue another certificate. The one before is good for nothing from then on.
    Renew {
        /// The host.
        host: HostName,
        #[command(flatten)]
        enrolment: Enrolment,
    },
}

/// Let a host ask over the network, and issue its certificate.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What it shall be called.
    name: HostName,
    /// What it may do.
    #[arg(long, value_enum)]
    role: Role,
    /// A machine that a hypervisor may start, by its UUID. More can be granted later.
    #[arg(long = "machine", value_name = "UUID")]
    machines: Vec<Uuid>,
    /// A hypervisor may start any machine.
    #[arg(long, conflicts_with = "machines")]
    any_machine: bool,
    #[command(flatten)]
    from: SourceAddresses,
    #[command(flatten)]
    enrolment: Enrolment,
}

/// From where a hypervisor's machines connect.
#[derive(Debug, Args)]
pub(crate) struct SourceAddresses {
    /// An address that a hypervisor's QEMU connects from; repeat it for each. What runs there is let
    /// in from nowhere else.
    #[arg(long = "address", value_name = "ADDRESS")]
    addresses: Vec<IpAddr>,
    /// They may connect from any address, as behind a router that hides them. What runs there is let in
    /// from everywhere.
    #[arg(long, conflicts_with = "addresses")]
    any_address: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Everything but backup and restore.
    Admin,
    /// Start and stop the machines that it may run, and see its own leases.
    Hypervisor,
    /// Look.
    Monitor,
}

impl From<Role> for HostRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Hypervisor => Self::Hypervisor,
            Role::Monitor => Self::Monitor,
        }
    }
}

impl HostCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Add(add) => add.run(ask).await,
            Self::List => {
                ask.show::<ListHosts>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::Show { host } => {
                let path = HostPath { host };
                ask.show::<GetHost>(&path, &nothing, &nothing, show).await
            }
            Self::Rm { host } => {
                ask.confirm(&format!("Let host {host} ask no more?"))
                    .await?;
                let path = HostPath { host };
                let show = |output: &mut Output, _| output.line("Removed.");
                ask.show::<DeleteHost>(&path, &nothing, &nothing, show)
                    .await
            }
            Self::Addresses { host, from } => set_addresses(ask, host, from).await,
            Self::Grant { host, vm } => {
                let path = HostMachinePath { host, vm };
                ask.show::<PutHostMachine>(&path, &nothing, &nothing, show)
                    .await
            }
            Self::Revoke { host, vm } => {
                let path = HostMachinePath { host, vm };
                ask.show::<DeleteHostMachine>(&path, &nothing, &nothing, show)
                    .await
            }
            Self::Renew { host, enrolment } => renew(ask, host, &enrolment).await,
        }
    }
}

impl Add {
    async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let credentials = HostCredentials::prepare(&self.enrolment, &self.name)?;
        let body = AddHost {
            name: self.name,
            role: self.role.into(),
            any_machine: self.any_machine,
            machines: self.machines,
            any_address: self.from.any_address,
            addresses: self.from.addresses,
            request: credentials.request().to_owned(),
        };
        let nothing = Nothing {};
        let answer = ask
            .client
            .call::<PostHost>(&nothing, &nothing, &body)
            .await?;
        credentials.keep(&crate::ask::decode(&answer)?)?;
        present(ask, &answer, &self.enrolment)
    }
}

async fn set_addresses(ask: &Ask, host: HostName, from: SourceAddresses) -> Result<(), Fault> {
    let question = format!("Let in what runs on {host} from these addresses alone?");
    ask.confirm(&question).await?;
    let body = HostAddresses {
        any_address: from.any_address,
        addresses: from.addresses,
    };
    let path = HostPath { host };
    let show = |output: &mut Output, revocation| output.revocation("Changed", &revocation);
    ask.show::<PutHostAddresses>(&path, &Nothing {}, &body, show)
        .await
}

async fn renew(ask: &Ask, host: HostName, enrolment: &Enrolment) -> Result<(), Fault> {
    let credentials = HostCredentials::prepare(enrolment, &host)?;
    let body = CertifyHost {
        request: credentials.request().to_owned(),
    };
    let path = HostPath { host };
    let answer = ask
        .client
        .call::<PostHostCertificate>(&path, &Nothing {}, &body)
        .await?;
    credentials.keep(&crate::ask::decode(&answer)?)?;
    present(ask, &answer, enrolment)
}

/// Shows a host with its new certificate, or where that is.
fn present(ask: &Ask, answer: &[u8], enrolment: &Enrolment) -> Result<(), Fault> {
    ask.present(answer, |output, certified: CertifiedHost| {
        if let Some(directory) = enrolment.directory() {
            show(output, certified.host)?;
            return output.line(format_args!(
                "What it proves itself with, and verifies the gateway with, is in {}.",
                directory.display()
            ));
        }
        output.text(&clean(&certified.certificate))?;
        output.text(&clean(&certified.authority))
    })
}

fn machines(host: &Host) -> String {
    let machines: Vec<String> = host.machines.iter().map(Uuid::to_string).collect();
    match (host.role, host.any_machine, machines.is_empty()) {
        (HostRole::Hypervisor, true, _) => "any".to_owned(),
        (HostRole::Hypervisor, false, true) => "none yet".to_owned(),
        (HostRole::Hypervisor, false, false) => machines.join(" "),
        (HostRole::Admin | HostRole::Monitor, ..) => "-".to_owned(),
    }
}

/// When a certificate ends, and how soon that is.
fn expiry(expires: Timestamp, now: Timestamp) -> String {
    const DAY: i64 = 24 * 3600;
    let days = expires.duration_since(now).as_secs().div_euclid(DAY);
    let at = time(expires);
    match days {
        ..0 => format!("{at} (over)"),
        0 => format!("{at} (today)"),
        1 => format!("{at} (in 1 day)"),
        2..=30 => format!("{at} (in {days} days)"),
        _ => at,
    }
}

fn addresses(host: &Host) -> String {
    match host.any_address {
        true => "any".to_owned(),
        false => joined(&host.addresses),
    }
}

/// Addresses one after the other, or a dash.
pub(crate) fn joined(addresses: &[IpAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    match addresses.is_empty() {
        true => "-".to_owned(),
        false => addresses.join(" "),
    }
}

const fn role(host: &Host) -> &'static str {
    match host.role {
        HostRole::Admin => "admin",
        HostRole::Hypervisor => "hypervisor",
        HostRole::Monitor => "monitor",
    }
}

fn show(output: &mut Output, host: Host) -> std::io::Result<()> {
    output.fields(&[
        ("host", host.name.to_string()),
        ("role", role(&host).to_owned()),
        ("machines", machines(&host)),
        ("addresses", addresses(&host)),
        ("certificate", host.fingerprint.clone()),
        ("expires", expiry(host.expires, Timestamp::now())),
        ("since", time(host.since)),
    ])
}

fn list(output: &mut Output, hosts: Hosts) -> std::io::Result<()> {
    let mut table = Table::new(&["HOST", "ROLE", "MACHINES", "ADDRESSES", "EXPIRES"]);
    for host in hosts.hosts {
        let machines = match host.machines.len() {
            0 | 1 => machines(&host),
            many => many.to_string(),
        };
        table.row([
            host.name.to_string(),
            role(&host).to_owned(),
            machines,
            addresses(&host),
            expiry(host.expires, Timestamp::now()),
        ]);
    }
    output.table(&table, "There is no host.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_near_is_said_to_be() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let now = second(1_000_000);
        let after = |hours: i64| expiry(second(1_000_000 + hours * 3600), now);
        assert!(after(24 * 31).ends_with('Z'));
        assert!(after(24 * 30).ends_with(" (in 30 days)"));
        assert!(after(47).ends_with(" (in 1 day)"));
        assert!(after(23).ends_with(" (today)"));
        assert!(after(-1).ends_with(" (over)"));
    }
}
