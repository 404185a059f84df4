//! Running a client once and reading what it says.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use labelgate_benches::accounting::{self, Snapshot, Usage};
use labelgate_fixtures::{
    Failure,
    cache::program,
    process::{Finished, run},
};

use crate::{
    case::{Case, Client, Operation, Order},
    placement::Together,
    server::Server,
};

/// A client that takes longer than this is killed, and the run is lost.
const LIMIT: Duration = Duration::from_secs(120);

/// Blocks from one scattered I/O to the next: odd, hence it meets every block of an image whose
/// size is a power of two; far, so that nothing that reads ahead gains.
const STRIDE: u64 = 25_117;

/// How much a client shall do.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// I/Os, for a client that counts them.
    pub ios: u64,
    /// Whole seconds, for a client that watches the clock.
    pub seconds: u64,
}

/// What one run has shown.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// I/Os done.
    pub ios: f64,
    /// Seconds they took, by the client's own clock.
    pub seconds: f64,
    /// Processor time of the server.
    pub server: Usage,
    /// Processor time of the client, its start and login included.
    pub client: Duration,
    /// Processors that something else kept busy meanwhile, on average.
    pub others: f64,
}

impl Run {
    /// I/Os per second.
    pub fn iops(&self) -> f64 {
        self.ios / self.seconds
    }

    /// Seconds of `time` per 100,000 I/Os.
    pub fn per_100k(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e5 / self.ios
    }
}

/// Runs the case's client against the server.
pub fn measure(case: &Case, server: &Server, amount: Amount) -> Result<Run, Failure> {
    let mut client = match case.client {
        Client::QemuImg => qemu_img(case, server, amount.ios),
        Client::IscsiPerf => iscsi_perf(case, server, amount.seconds),
        Client::Load => load(case, server, amount.ios)?,
        Client::NfsLoad => nfs_load(case, server, amount.ios)?,
    };
    let _together = (case.depth == 1)
        .then(|| Together::keep(server.root()))
        .transpose()?;
    let before = (Snapshot::of(server.root()), accounting::of_ended_children());
    let (busy, start) = (accounting::of_machine(), Instant::now());
    let finished = run(&mut client, LIMIT)?.succeeded()?;
    let wall = start.elapsed();
    let used = Snapshot::of(server.root()).since(&before.0);
    let client = accounting::of_ended_children().saturating_sub(before.1);
    let busy = accounting::of_machine().saturating_sub(busy);
    let (ios, seconds) = match case.client {
        Client::QemuImg | Client::Load | Client::NfsLoad => {
            (amount.ios as f64, completed_in(&finished)?)
        }
        Client::IscsiPerf => {
            let seconds = amount.seconds as f64;
            (average(&finished)? * seconds, seconds)
        }
    };
    let others = busy.as_secs_f64() - used.time.as_secs_f64() - client.as_secs_f64();
    let others = (others / wall.as_secs_f64()).max(0.0);
    Ok(Run {
        ios,
        seconds,
        server: used,
        client,
        others,
    })
}

/// `-t none` is what VMs use; qemu-img sends no flush of its own.
fn qemu_img(case: &Case, server: &Server, ios: u64) -> Command {
    let step = if case.order == Order::Scattered {
        case.block * STRIDE
    } else {
        case.block
    };
    let mut client = server.command("qemu-img");
    client.args(["bench", "-f", "raw", "-t", "none"]);
    client.args(["-c", &ios.to_string(), "-d", &case.depth.to_string()]);
    client.args(["-s", &case.block.to_string(), "-S", &step.to_string()]);
    if case.operation == Operation::Write {
        client.arg("-w");
    }
    client.arg(server.url());
    client
}

fn iscsi_perf(case: &Case, server: &Server, seconds: u64) -> Command {
    let mut client = server.command("iscsi-perf");
    client.args([
        "-m",
        &case.depth.to_string(),
        "-b",
        &(case.block / 512).to_string(),
    ]);
    client.args(["-t", &seconds.to_string()]);
    if case.order == Order::Random {
        client.arg("-r");
    }
    client.arg(server.url());
    client
}

/// Of an URL `iscsi://ADDRESS:PORT/TARGET/LUN`.
fn load(case: &Case, server: &Server, ios: u64) -> Result<Command, Failure> {
    let mut client = server.command(program("labelgate-load")?);
    client.args(server.url().trim_start_matches("iscsi://").split('/'));
    client.args(["--count", &ios.to_string()]);
    client.args(["--depth", &case.depth.to_string()]);
    client.args(["--block", &case.block.to_string()]);
    if case.operation == Operation::Write {
        client.arg("--write");
    }
    Ok(client)
}

fn nfs_load(case: &Case, server: &Server, ios: u64) -> Result<Command, Failure> {
    let mut client = server.command(program("labelgate-nfs-load")?);
    client.arg(server.url()).arg(match case.operation {
        Operation::Read => "read",
        Operation::Write => "write",
        Operation::Null => "null",
        Operation::GetAttr => "getattr",
    });
    client.args(["--count", &ios.to_string()]);
    client.args(["--depth", &case.depth.to_string()]);
    client.args(["--block", &case.block.to_string()]);
    client.args([
        "--order",
        match case.order {
            Order::Random => "random",
            Order::Sequential | Order::Scattered => "sequential",
        },
    ]);
    Ok(client)
}

/// The number that follows the last `before` in a text.
fn number_after(text: &str, before: &str) -> Option<f64> {
    let (_, rest) = text.rsplit_once(before)?;
    rest.split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()?
        .parse()
        .ok()
}

/// "Run completed in 1.694 seconds."
fn completed_in(finished: &Finished) -> Result<f64, Failure> {
    number_after(&finished.stdout, "completed in ")
        .filter(|seconds| *seconds > 0.0)
        .ok_or_else(|| Failure::Unexpected(format!("no time in {:?}", finished.output())))
}

/// "... iops average 136552 (533 MB/s) ...", rewritten every second.
fn average(finished: &Finished) -> Result<f64, Failure> {
    number_after(&finished.output(), "iops average ")
        .filter(|iops| *iops > 0.0)
        .ok_or_else(|| Failure::Unexpected(format!("no average in {:?}", finished.output())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figure_of_a_clients_output_counts() {
        let text = "iops average 5 (1 MB/s)\r iops average 1365 (5 MB/s), in_flight 32";
        assert_eq!(number_after(text, "iops average "), Some(1365.0));
        assert_eq!(
            number_after("Run completed in 1.694 seconds.", "completed in "),
            Some(1.694)
        );
        assert_eq!(number_after("failed", "completed in "), None);
    }
}
