//! `labelgate worker`.

use clap::Subcommand;
use labelgate_api::endpoints::{DeleteWorker, ListWorkers};
use labelgate_api::{Label, Nothing, WorkerPath, WorkerPhase, Workers};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::output::{Output, or_dash, time};
use crate::size;
use crate::table::Table;

/// Workers: the confined processes that serve, one per label.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkerCommand {
    /// List workers.
    List,
    /// Kill a worker. Its clients connect again, to a new one.
    Kill {
        /// The worker's label.
        label: Label,
    },
}

impl WorkerCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::List => {
                ask.show::<ListWorkers>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::Kill { label } => {
                let question = format!("Kill the worker of {label}?");
                let path = WorkerPath { label };
                ask.revoke::<DeleteWorker>(&question, &path, &nothing).await
            }
        }
    }
}

const fn phase(phase: WorkerPhase) -> &'static str {
    match phase {
        WorkerPhase::Starting => "starting",
        WorkerPhase::Running => "running",
        WorkerPhase::Leaving => "leaving",
        WorkerPhase::BackingOff => "backing off",
        WorkerPhase::Unknown => "unknown",
    }
}

fn list(output: &mut Output, workers: Workers) -> std::io::Result<()> {
    let headings = [
        "LABEL",
        "PID",
        "PHASE",
        "SINCE",
        "CONNECTIONS",
        "IMAGES",
        "MEMORY",
        "CONTEXT",
    ];
    let mut table = Table::new(&headings);
    for worker in workers.workers {
        table.row([
            worker.label.to_string(),
            or_dash(worker.pid),
            phase(worker.phase).to_owned(),
            time(worker.since),
            worker.connections.to_string(),
            worker.images.to_string(),
            or_dash(worker.resident.map(size::show)),
            or_dash(worker.context),
        ]);
    }
    output.table(
        &table,
        "No worker runs. One is started when its label connects.",
    )
}
