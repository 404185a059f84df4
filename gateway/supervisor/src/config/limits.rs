//! `[gateway.limits]`: how much is served at a time.

use serde::Deserialize;
use toml::Spanned;

use super::gateway::within;
use super::problem::Collector;

/// How much is served at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections from one address.
    pub connections_per_source: u32,
    /// Connections of one label.
    pub connections_per_label: u32,
    /// Workers.
    pub workers: u32,
    /// Connections per second from one address; more are refused.
    pub accepts_per_source_per_second: u32,
    /// Connections per second in all, and as many that log in with a greeter; more wait.
    pub accepts_per_second: u32,
    /// Memory that has to be available for one more worker, in bytes.
    pub spare_memory: u64,
    /// Memory of one worker with its page cache, in bytes, where there are cgroups.
    pub worker_memory: u64,
}

/// `[gateway.limits]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    connections_per_source: Option<Spanned<u64>>,
    connections_per_label: Option<Spanned<u64>>,
    workers: Option<Spanned<u64>>,
    accepts_per_source_per_second: Option<Spanned<u64>>,
    accepts_per_second: Option<Spanned<u64>>,
    spare_memory_mib: Option<Spanned<u64>>,
    worker_memory_mib: Option<Spanned<u64>>,
}

impl RawLimits {
    /// Where the configuration says how many connections a label may have, if it does.
    pub(super) fn connections_span(&self) -> Option<std::ops::Range<usize>> {
        self.connections_per_label.as_ref().map(Spanned::span)
    }

    /// A pool of `pool_mib` covers as many connections of a label, unless fewer are enough.
    pub(super) fn check(self, pool_mib: u64, problems: &mut Collector<'_>) -> Limits {
        let memory = (64, 1 << 20);
        let memory = within(
            "worker_memory_mib",
            self.worker_memory_mib,
            memory,
            1024,
            problems,
        );
        let spare = within(
            "spare_memory_mib",
            self.spare_memory_mib,
            (0, 1 << 20),
            64,
            problems,
        );
        let mut limit = |key, value, most, default| {
            let number = within(key, value, (1, u64::from(most)), default, problems);
            u32::try_from(number).unwrap_or(most)
        };
        Limits {
            connections_per_source: limit(
                "connections_per_source",
                self.connections_per_source,
                65_536,
                64,
            ),
            connections_per_label: limit(
                "connections_per_label",
                self.connections_per_label,
                65_536,
                pool_mib.min(64),
            ),
            workers: limit("workers", self.workers, 65_536, 1024),
            accepts_per_source_per_second: limit(
                "accepts_per_source_per_second",
                self.accepts_per_source_per_second,
                1_000_000,
                50,
            ),
            accepts_per_second: limit(
                "accepts_per_second",
                self.accepts_per_second,
                1_000_000,
                1000,
            ),
            spare_memory: spare << 20,
            worker_memory: memory << 20,
        }
    }
}
