//! One comparison per row, and the files they go to.

use std::time::Duration;

use labelgate_benches::accounting::Usage;
use labelgate_benches::statistics::{Estimate, median};
use serde::{Deserialize, Serialize};

use crate::{
    case::{Case, Front},
    client::Run,
    schedule::Series,
    server::Server,
};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// I/Os per second; more is better.
    Iops,
    /// Seconds of server processor time per 100,000 I/Os; less is better.
    ServerCpu,
    /// The same of server and client together, where a peer is a part of the client.
    BothCpu,
}

/// Ours against one peer, in one case, by one metric. Medians over the repeats.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// Pattern, with the medium behind the servers.
    pub case: String,
    /// The file system the images are on; the floor has none.
    pub medium: String,
    /// Who made the I/O.
    pub client: String,
    /// I/Os under way at once.
    pub depth: u32,
    /// What is compared.
    pub metric: Metric,
    /// Which of ours.
    pub ours_name: String,
    /// Ours, in the metric's unit.
    pub ours: f64,
    /// The peer's, in the same unit.
    pub peer: f64,
    /// Which peer.
    pub peer_name: String,
    /// Median of the repeats' `ours / peer`.
    pub ratio: f64,
    /// Lower end of the ratio's interval.
    pub ratio_low: f64,
    /// Upper end of the ratio's interval.
    pub ratio_high: f64,
    /// Confidence of that interval, 0 to 1.
    pub confidence: f64,
    /// The interval holds 1: which of the two is greater is open.
    pub undecided: bool,
    /// Repeats in which both were measured.
    pub repeats: usize,
    /// Our processor time per 100,000 I/Os, seconds.
    pub ours_cpu_s_per_100k: f64,
    /// The peer's.
    pub peer_cpu_s_per_100k: f64,
    /// The client's, against ours, its start and login included.
    pub client_cpu_s_per_100k: f64,
    /// The client's, against the peer.
    pub client_cpu_s_per_100k_on_peer: f64,
    /// The larger share that the clock tick may be off in one run's server time.
    pub tick_error: f64,
    /// Processors that other programs kept busy, median; above 0.2 distrust the row.
    pub other_cpus_busy: f64,
}

/// All comparisons of a case: each of ours (or, without ours, the floor) against all others.
pub fn compare(case: &Case, medium: &str, servers: &[Server], series: &Series) -> Vec<Row> {
    let any_ours = servers.iter().any(|server| server.is_ours);
    let is_subject = |server: &Server| {
        if any_ours {
            server.is_ours
        } else {
            server.name == "floor"
        }
    };
    let named: Vec<_> = series
        .servers
        .iter()
        .enumerate()
        .filter_map(|(place, index)| Some((place, servers.get(*index)?)))
        .collect();
    let mut rows = Vec::new();
    for (nth, (mine, ours)) in named.iter().enumerate().filter(|(_, (_, s))| is_subject(s)) {
        for (other, (theirs, peer)) in named.iter().enumerate() {
            // Two of ours are compared once: the first against the second.
            if other == nth || (is_subject(peer) && other < nth) {
                continue;
            }
            let pairs: Vec<_> = series
                .repeats
                .iter()
                .filter_map(|runs| Some(((*runs.get(*mine)?)?, (*runs.get(*theirs)?)?)))
                .collect();
            for metric in [Metric::Iops, metric_of_time(case)] {
                rows.extend(row(case, medium, metric, (ours, peer), &pairs));
            }
        }
    }
    rows
}

/// What says how much processor time something costs. QEMU's own driver of Ceph is no server.
fn metric_of_time(case: &Case) -> Metric {
    match case.front {
        Front::Block | Front::Nfs => Metric::ServerCpu,
        Front::Ceph | Front::Gluster => Metric::BothCpu,
    }
}

fn row(
    case: &Case,
    medium: &str,
    metric: Metric,
    (ours, peer): (&Server, &Server),
    pairs: &[(Run, Run)],
) -> Option<Row> {
    let value = |run: &Run| match metric {
        Metric::Iops => run.iops(),
        Metric::ServerCpu => run.per_100k(run.server.time),
        Metric::BothCpu => run.per_100k(run.server.time + run.client),
    };
    let of = |pick: &dyn Fn(&(Run, Run)) -> f64| median(pairs.iter().map(pick).collect());
    let ratio = Estimate::of(pairs.iter().map(|(a, b)| value(a) / value(b)).collect())?;
    let tick_error = |usage: Usage| match usage.time {
        Duration::ZERO => 0.0,
        time => usage.error.as_secs_f64() / time.as_secs_f64(),
    };
    Some(Row {
        case: format!("{case}-{medium}"),
        medium: medium.to_owned(),
        client: case.client.to_string(),
        depth: case.depth,
        metric,
        ours_name: ours.name.to_owned(),
        ours: of(&|(a, _)| value(a)),
        peer: of(&|(_, b)| value(b)),
        peer_name: peer.name.to_owned(),
        ratio: ratio.median,
        ratio_low: ratio.low,
        ratio_high: ratio.high,
        confidence: ratio.confidence,
        undecided: ratio.is_undecided(),
        repeats: pairs.len(),
        ours_cpu_s_per_100k: of(&|(a, _)| a.per_100k(a.server.time)),
        peer_cpu_s_per_100k: of(&|(_, b)| b.per_100k(b.server.time)),
        client_cpu_s_per_100k: of(&|(a, _)| a.per_100k(a.client)),
        client_cpu_s_per_100k_on_peer: of(&|(_, b)| b.per_100k(b.client)),
        tick_error: of(&|(a, b)| tick_error(a.server).max(tick_error(b.server))),
        other_cpus_busy: of(&|(a, b)| a.others.max(b.others)),
    })
}
