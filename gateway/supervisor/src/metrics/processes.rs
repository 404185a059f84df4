//! What the kernel says of processes: ours, and the workers.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usage {
    /// Processor time, in seconds.
    pub(super) cpu: f64,
    /// Resident memory, in bytes.
    pub(super) resident: u64,
    /// Address space, in bytes.
    pub(super) virtual_memory: u64,
    /// When it started, in seconds after the machine.
    pub(super) started: f64,
}

/// What a process uses now; nothing, if it is gone.
pub(super) fn usage(pid: u32) -> Option<Usage> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads proc_pid_stat(5). The name, in parentheses, may hold anything; numbers follow the last.
fn parse(stat: &str) -> Option<Usage> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    // The first of them is field 3.
    let field = |number: usize| fields.get(number.checked_sub(3)?)?.parse::<u64>().ok();
    let ticks = clock_ticks_per_second() as f64;
    let pages = u64::try_from(page_size()).ok()?;
    Some(Usage {
        cpu: field(14)?.saturating_add(field(15)?) as f64 / ticks,
        started: field(22)? as f64 / ticks,
        virtual_memory: field(23)?,
        resident: field(24)?.saturating_mul(pages),
    })
}

/// When the machine started, in seconds since 1970.
pub(super) fn boot_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "));
    line?.trim().parse().ok()
}

/// Descriptors that this process has open.
pub(super) fn open_descriptors() -> Option<usize> {
    // One of them is the directory that is being read.
    Some(
        fs::read_dir("/proc/self/fd")
            .ok()?
            .count()
            .saturating_sub(1),
    )
}

/// Descriptors that this process may have open.
pub(super) fn descriptor_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_cannot_lie_by_its_name() {
        let stat = "7 (x) R 1 1) S 1 1 1 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 100 8192 3 18";
        let usage = parse(stat).unwrap();
        let ticks = clock_ticks_per_second() as f64;
        assert_eq!(usage.cpu, 300.0 / ticks);
        assert_eq!(usage.started, 100.0 / ticks);
        assert_eq!(usage.virtual_memory, 8192);
        assert_eq!(usage.resident, 3 * page_size() as u64);
        for cut in 0..stat.len() - 3 {
            assert_eq!(parse(&stat[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn this_process_is_there() {
        let usage = usage(std::process::id()).unwrap();
        assert!(usage.resident > 0 && usage.virtual_memory >= usage.resident);
        assert!(open_descriptors().unwrap() >= 3);
        assert!(boot_time().unwrap() > 1.6e9);
    }
}
