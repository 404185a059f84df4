//! Where client and server run, when one waits for the other.
//!
//! With one I/O under way at most one of them has anything to do. On which processor the scheduler
//! wakes the other decides what is measured, on these machines by a factor of five: to wake an idle
//! processor takes several times what a call takes. So both are kept on one, of every server alike,
//! and what is measured is how much there is to do for a call, not where it was done.

use std::fs;

use labelgate_fixtures::{Failure, procfs::children};
use rustix::{
    io::Errno,
    process::Pid,
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};

/// As long as it lives, a server and the clients that this process starts share a processor.
#[derive(Debug)]
pub struct Together {
    root: u32,
    before: CpuSet,
}

impl Together {
    /// Keeps the process `root`, its descendants, and what this thread starts on one processor.
    ///
    /// # Errors
    ///
    /// The system does not say where this process may run, or refuses to change it.
    pub fn keep(root: u32) -> Result<Self, Failure> {
        let before =
            sched_getaffinity(None).map_err(|error| failed("asking for the processors", error))?;
        let mut one = CpuSet::new();
        if let Some(first) = (0..CpuSet::MAX_CPU).find(|&cpu| before.is_set(cpu)) {
            one.set(first);
        }
        let together = Self { root, before };
        together.put(&one)?;
        Ok(together)
    }

    fn put(&self, on: &CpuSet) -> Result<(), Failure> {
        sched_setaffinity(None, on).map_err(|error| failed("keeping to one processor", error))?;
        for thread in threads(self.root) {
            // One that has ended meanwhile is nowhere.
            let _ = sched_setaffinity(Some(thread), on);
        }
        Ok(())
    }
}

impl Drop for Together {
    fn drop(&mut self) {
        // What stays where it is makes the next figures worse, and says so.
        let _ = self.put(&self.before);
    }
}

fn failed(doing: &str, error: Errno) -> Failure {
    Failure::io(doing)(error.into())
}

/// All threads of a process and its descendants.
fn threads(root: u32) -> Vec<Pid> {
    let (mut pending, mut threads) = (vec![root], Vec::new());
    while let Some(process) = pending.pop() {
        pending.extend(children(process));
        let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else {
            continue;
        };
        let names = tasks.flatten().map(|task| task.file_name());
        let numbers = names.filter_map(|name| name.to_str()?.parse().ok());
        threads.extend(numbers.filter_map(Pid::from_raw));
    }
    threads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_meanwhile_has_one_processor_and_afterwards_all_have_theirs() {
        let before = sched_getaffinity(None).unwrap();

        let together = Together::keep(std::process::id()).unwrap();
        assert_eq!(sched_getaffinity(None).unwrap().count(), 1);
        drop(together);

        assert_eq!(sched_getaffinity(None).unwrap(), before);
    }
}
