//! `labelgate status` and `metrics`.

use labelgate_api::endpoints::{GetMetrics, GetStatus};
use labelgate_api::{Nothing, SelinuxStatus, Status};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::output::{Output, or_dash, time};

/// Shows the gateway as a whole.
pub(crate) async fn show(ask: &Ask) -> Result<(), Fault> {
    let nothing = Nothing {};
    ask.show::<GetStatus>(&nothing, &nothing, &nothing, people)
        .await
}

fn people(output: &mut Output, status: Status) -> std::io::Result<()> {
    let portals: Vec<String> = status.portals.iter().map(ToString::to_string).collect();
    let selinux = status.selinux.as_ref().map(selinux);
    output.fields(&[
        ("version", status.version),
        ("process", status.pid.to_string()),
        ("since", time(status.since)),
        ("confinement", status.provider),
        ("SELinux", or_dash(selinux)),
        ("portals", portals.join(", ")),
        ("target prefix", status.target_prefix),
        ("revision", status.revision.to_string()),
        ("stores", status.stores.to_string()),
        ("images", status.images.to_string()),
        ("poisoned images", status.poisoned_images.to_string()),
        ("identities", status.identities.to_string()),
        ("leases", status.leases.to_string()),
        ("workers", status.workers.to_string()),
        ("connections", status.connections.to_string()),
    ])?;
    for warning in status.warnings {
        output.line(format_args!("warning: {warning}"))?;
    }
    Ok(())
}

fn selinux(selinux: &SelinuxStatus) -> String {
    let mode = match selinux.enforcing {
        true => "enforcing",
        false => "PERMISSIVE",
    };
    let SelinuxStatus {
        context,
        policy_loads,
        ..
    } = selinux;
    format!("{mode}, policy number {policy_loads}, labelgated is {context}")
}

/// Shows the metrics. They are text, with `--json` too.
pub(crate) async fn metrics(ask: &Ask) -> Result<(), Fault> {
    let nothing = Nothing {};
    let mut answers = ask
        .client
        .stream::<GetMetrics>(&nothing, &nothing, &nothing)
        .await?;
    let mut output = Output::new();
    while let Some(bytes) = answers.bytes().await? {
        output.bytes(&bytes)?;
    }
    Ok(output.flush()?)
}
