//! What a gateway takes of its machine.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use labelgate_benches::accounting::Snapshot;
use labelgate_benches::statistics::percentile;
use labelgate_fixtures::Failure;
use labelgate_fixtures::gateway::Gateway;
use labelgate_fixtures::procfs;
use serde::Serialize;

const MEBIBYTE: f64 = 1_048_576.0;
/// How long the supervisor is watched while nothing is asked of it.
const WATCHED: Duration = Duration::from_secs(10);

/// What it takes while all are logged in and nobody asks for anything. Memory is proportional set size, in
/// MiB.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Taken {
    /// Of each worker, half have less.
    pub worker_median_mib: f64,
    /// The largest worker.
    pub worker_most_mib: f64,
    /// Of labelgated itself.
    pub supervisor_mib: f64,
    /// Of all processes.
    pub all_mib: f64,
    /// Processes, labelgated included.
    pub processes: usize,
    /// Their threads.
    pub threads: usize,
    /// Descriptors that labelgated has open.
    pub supervisor_descriptors: usize,
    /// Of all processes.
    pub all_descriptors: usize,
    /// The share of a processor that labelgated itself takes.
    pub supervisor_cpu_percent: f64,
}

/// Looks at all processes.
pub fn look(gateway: &Gateway) -> Result<Taken, Failure> {
    let before = cpu(gateway);
    thread::sleep(WATCHED);
    let cpu = cpu(gateway).saturating_sub(before);
    let supervisor = gateway.pid();
    let mut all = vec![supervisor];
    all.extend(procfs::children(supervisor));
    let workers: Vec<f64> = gateway
        .workers()
        .iter()
        .filter_map(|worker| worker.memory().map(mebibytes))
        .collect();
    let count = |directory: &str, pid: &u32| {
        fs::read_dir(format!("/proc/{pid}/{directory}")).map_or(0, Iterator::count)
    };
    let memory = |pid: &u32| procfs::memory(*pid).map_or(0.0, mebibytes);
    Ok(Taken {
        worker_median_mib: percentile(workers.clone(), 0.5),
        worker_most_mib: percentile(workers, 1.0),
        supervisor_mib: memory(&supervisor),
        all_mib: all.iter().map(memory).sum(),
        processes: all.len(),
        threads: all.iter().map(|pid| count("task", pid)).sum(),
        supervisor_descriptors: count("fd", &supervisor),
        all_descriptors: all.iter().map(|pid| count("fd", pid)).sum(),
        supervisor_cpu_percent: 100.0 * cpu.as_secs_f64() / WATCHED.as_secs_f64(),
    })
}

#[allow(clippy::cast_precision_loss, reason = "memory is far below 2^52")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MEBIBYTE
}

/// The processor time that labelgated itself has taken.
pub fn cpu(gateway: &Gateway) -> Duration {
    Snapshot::of_one(gateway.pid())
}

/// How long each of some scrapes took, in milliseconds.
pub fn scrape_times(gateway: &Gateway) -> Result<Vec<f64>, Failure> {
    let scrape = |_| {
        let began = Instant::now();
        let scrape = gateway.scrape()?;
        let took = began.elapsed();
        Failure::unless(scrape.samples().count() > 100, || scrape.text().to_owned())?;
        Ok(took.as_secs_f64() * 1e3)
    };
    (0..9).map(scrape).collect()
}
