//! Processor time as the kernel accounts for it: `/proc/PID/stat`, in clock ticks.

use std::{collections::BTreeMap, fs, time::Duration};

use labelgate_fixtures::procfs::children;

/// Processor time of a process and all its descendants, dead ones included once they are reaped.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    ticks: BTreeMap<u32, u64>,
}

/// What a group of processes used between two snapshots.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// User and system time.
    pub time: Duration,
    /// How far off that may be: user and system time are each cut to whole ticks, per process.
    pub error: Duration,
}

/// One clock tick.
pub fn tick() -> Duration {
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100);
    Duration::from_secs(1) / per_second.max(1)
}

fn ticks(count: u64) -> Duration {
    tick() * u32::try_from(count).unwrap_or(u32::MAX)
}

/// Fields utime, stime, cutime, cstime of proc_pid_stat(5), numbers 14 to 17.
fn times(process: &str) -> Option<[u64; 4]> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The command name in parentheses may hold anything; field 3 follows it.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields
        .split_whitespace()
        .skip(11)
        .map(|field| field.parse().unwrap_or(0));
    Some([
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    ])
}

impl Snapshot {
    /// The time that one process has taken itself.
    pub fn of_one(process: u32) -> Duration {
        ticks(times(&process.to_string()).map_or(0, |[user, system, _, _]| user + system))
    }

    /// Of the process `root` and its descendants, now.
    pub fn of(root: u32) -> Self {
        let mut snapshot = Self::default();
        let mut pending = vec![root];
        while let Some(process) = pending.pop() {
            if let Some(times) = times(&process.to_string()) {
                // A reaped child's time is its parent's cutime: nothing is lost or counted twice.
                snapshot.ticks.insert(process, times.iter().sum());
                pending.extend(children(process));
            }
        }
        snapshot
    }

    /// What was used since `before`.
    pub fn since(&self, before: &Self) -> Usage {
        let total = |snapshot: &Self| snapshot.ticks.values().sum::<u64>();
        let active = |(process, now): &(&u32, &u64)| before.ticks.get(process) != Some(*now);
        let active = self.ticks.iter().filter(active).count();
        Usage {
            time: ticks(total(self).saturating_sub(total(before))),
            error: ticks(2 * u64::try_from(active).unwrap_or(0)),
        }
    }
}

/// Processor time of this process's children that have ended and been waited for.
pub fn of_ended_children() -> Duration {
    ticks(times("self").map_or(0, |[_, _, user, system]| user + system))
}

/// Processor time of the whole machine that was not idle: user, nice, system, irq, softirq.
pub fn of_machine() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = text.lines().next().unwrap_or_default();
    let fields = first
        .split_whitespace()
        .skip(1)
        .map(|field| field.parse::<u64>().unwrap_or(0));
    let busy = fields
        .enumerate()
        .filter(|(index, _)| matches!(index, 0..=2 | 5..=6));
    ticks(busy.map(|(_, count)| count).sum())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_childs_time_is_counted_while_it_lives_and_after_it_has_ended() {
        let me = std::process::id();
        let before = Snapshot::of(me);
        let ended_before = of_ended_children();
        let spin = "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; read line";
        let mut child = Command::new("sh")
            .args(["-c", spin])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut used = Usage::default();
        while used.time < Duration::from_millis(30) {
            used = Snapshot::of(me).since(&before);
        }
        assert!(used.error >= 2 * tick());

        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(Snapshot::of(me).since(&before).time >= used.time);
        assert!(of_ended_children() > ended_before);
    }
}
