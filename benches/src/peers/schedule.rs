//! Who is run when, and for how long.
//!
//! Within a repeat every server is run once, one after the other, and only values of the same
//! repeat are divided by each other: what disturbs the machine for longer than a run disturbs both
//! sides of a ratio. Each repeat starts with the next server, so that none always follows the same
//! state of the page cache.

use std::time::Duration;

use labelgate_benches::accounting::tick;
use labelgate_fixtures::Failure;

use crate::{
    case::{Case, Client},
    client::{Amount, Run, measure},
    server::{Protocol, Server},
};

/// The runs of one case: for every repeat, one per server; nothing where it failed.
#[derive(Debug)]
pub struct Series {
    /// Positions of the servers that can take part, in the list they came from.
    pub servers: Vec<usize>,
    /// By repeat, then by server.
    pub repeats: Vec<Vec<Option<Run>>>,
}

/// Tick errors, both of the server's and the client's time, are kept below this share where the
/// length of a run may be stretched for it.
const SHARE: f64 = 0.03;

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Repeats of a case.
    pub repeats: usize,
    /// What one run should take.
    pub length: Duration,
    /// What it may take if ticks are otherwise too coarse.
    pub longest: Duration,
}

/// Runs a case on all servers that it can reach.
pub fn run(
    case: &Case,
    servers: &[Server],
    effort: Effort,
    mut progress: impl FnMut(&str),
) -> Series {
    let reaches = |server: &Server| match case.client {
        Client::QemuImg => true,
        Client::IscsiPerf | Client::Load => server.protocol == Protocol::Iscsi,
        Client::NfsLoad => server.protocol == Protocol::Nfs,
    };
    let mut taking_part = Vec::new();
    for (index, server) in servers
        .iter()
        .enumerate()
        .filter(|(_, server)| reaches(server))
    {
        match calibrate(case, server, effort) {
            Ok(amount) => taking_part.push((index, server, amount)),
            Err(failure) => progress(&format!("{case} on {}: {failure}", server.name)),
        }
    }
    let mut series = Series {
        servers: taking_part.iter().map(|(index, ..)| *index).collect(),
        repeats: Vec::new(),
    };
    for repeat in 0..effort.repeats {
        let mut runs = vec![None; taking_part.len()];
        let count = taking_part.len();
        let order = (0..count).map(|place| (place + repeat) % count);
        for place in order {
            let Some((_, server, amount)) = taking_part.get(place) else {
                continue;
            };
            match measure(case, server, *amount) {
                Ok(run) => {
                    if let Some(slot) = runs.get_mut(place) {
                        *slot = Some(run);
                    }
                }
                Err(failure) => progress(&format!("{case} on {}: {failure}", server.name)),
            }
        }
        series.repeats.push(runs);
    }
    series
}

/// A short run that warms the server up and says how many I/Os fill `length`.
fn calibrate(case: &Case, server: &Server, effort: Effort) -> Result<Amount, Failure> {
    let seconds = effort.length.as_secs().max(1);
    let ios = if case.block >= 1 << 20 {
        200
    } else {
        u64::from(case.depth) * 50 + 1500
    };
    let pilot = measure(case, server, Amount { ios, seconds: 1 })?;
    let server_share = pilot.server.time.max(tick()).as_secs_f64() / pilot.seconds;
    let for_ticks = 2.0 * tick().as_secs_f64() / SHARE / server_share;
    let wanted = for_ticks.clamp(effort.length.as_secs_f64(), effort.longest.as_secs_f64());
    Ok(Amount {
        ios: whole(pilot.iops() * wanted).max(100),
        seconds,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of I/Os; `as` saturates"
)]
const fn whole(value: f64) -> u64 {
    value as u64
}
