//! `labelgate lease`.

use std::net::IpAddr;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use labelgate_api::endpoints::{DeleteLease, ListLeases, PostLease};
use labelgate_api::{Label, Lease, LeasePath, Leases, Note, Nothing, StartLease};
use uuid::Uuid;

use crate::ask::Ask;
use crate::fault::Fault;
use crate::host::joined;
use crate::output::{Output, or_dash, time};
use crate::table::Table;

/// Leases: the binding of a VM on a host to a label.
#[derive(Debug, Subcommand)]
pub(crate) enum LeaseCommand {
    /// Start a lease. During a live migration the VM has one on each of the two hosts.
    Start(Box<Start>),
    /// List leases.
    List,
    /// End a lease. The sessions it admitted end first.
    End {
        /// The lease's id.
        lease: Uuid,
    },
}

/// Start a lease. During a live migration the VM has one on each of the two hosts.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// The VM's UUID.
    #[arg(long)]
    vm: Uuid,
    /// The host it runs on.
    #[arg(long)]
    host: Note,
    /// The label.
    #[arg(long)]
    label: Label,
    /// The only address its connections may come from. [default: any of the host's]
    #[arg(long)]
    address: Option<IpAddr>,
    /// When it ends by itself: 2026-11-30T12:00:00Z. [default: not]
    #[arg(long, value_name = "TIME")]
    ends: Option<Timestamp>,
    /// How long it lasts: 90m, 12h, 7d. [default: until it is ended]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration,
          conflicts_with = "ends")]
    lasts: Option<SignedDuration>,
}

/// Reads how long something lasts. A day has 24 hours.
fn duration(text: &str) -> Result<SignedDuration, &'static str> {
    let wrong = "write a duration such as 90m, 12h or 7d";
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u16>().ok());
    let duration = match days {
        Some(days) => SignedDuration::from_hours(24 * i64::from(days)),
        None => text.parse().map_err(|_| wrong)?,
    };
    match duration.is_positive() {
        true => Ok(duration),
        false => Err(wrong),
    }
}

/// When a lease ends that lasts so long.
fn after(duration: SignedDuration) -> Result<Timestamp, Fault> {
    let end = Timestamp::now().checked_add(duration);
    end.map_err(|_| Fault::Usage("a lease cannot last as long as that"))
}

impl Start {
    fn request(self) -> Result<StartLease, Fault> {
        Ok(StartLease {
            vm: self.vm,
            host: self.host,
            address: self.address,
            label: self.label,
            ends: self.lasts.map(after).transpose()?.or(self.ends),
        })
    }
}

impl LeaseCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Start(start) => {
                let body = start.request()?;
                ask.show::<PostLease>(&nothing, &nothing, &body, show).await
            }
            Self::List => {
                ask.show::<ListLeases>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::End { lease } => {
                let question = format!("End lease {lease} and the sessions it admitted?");
                ask.confirm(&question).await?;
                let path = LeasePath { lease };
                ask.show::<DeleteLease>(&path, &nothing, &nothing, |output, ended| {
                    output.revocation("Ended", &ended.revocation)
                })
                .await
            }
        }
    }
}

/// From where it admits.
fn from(lease: &Lease) -> String {
    match lease.address {
        Some(address) => address.to_string(),
        None if lease.host_addresses.is_empty() => "any".to_owned(),
        None => joined(&lease.host_addresses),
    }
}

fn show(output: &mut Output, lease: Lease) -> std::io::Result<()> {
    output.fields(&[
        ("lease", lease.id.to_string()),
        ("vm", lease.vm.to_string()),
        ("host", lease.host.to_string()),
        ("address", from(&lease)),
        ("label", lease.label.to_string()),
        ("start", time(lease.start)),
        ("ends", or_dash(lease.ends.map(time))),
    ])
}

fn list(output: &mut Output, leases: Leases) -> std::io::Result<()> {
    let headings = ["LEASE", "VM", "HOST", "ADDRESS", "LABEL", "START", "ENDS"];
    let mut table = Table::new(&headings);
    for lease in leases.leases {
        table.row([
            lease.id.to_string(),
            lease.vm.to_string(),
            lease.host.to_string(),
            from(&lease),
            lease.label.to_string(),
            time(lease.start),
            or_dash(lease.ends.map(time)),
        ]);
    }
    output.table(&table, "There is no lease.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("90m"), Ok(SignedDuration::from_mins(90)));
        assert_eq!(duration("7d"), Ok(SignedDuration::from_hours(168)));
        assert_eq!(duration("1h 30m"), Ok(SignedDuration::from_mins(90)));
        for wrong in ["", "0h", "-1h", "12", "soon", "99999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
