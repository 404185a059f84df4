//! How much memory the machine has to spare, and the gateway's share of it.
//!
//! Source: proc(5), `MemAvailable`; the kernel's `Documentation/admin-guide/cgroup-v2.rst`.

use std::fs;
use std::path::Path;

const MEMINFO: &str = "/proc/meminfo";

/// Bytes that could be had without swapping: the machine's, or what is left to this cgroup (v2) if
/// that is less. `None` where the kernel does not say.
pub fn available(cgroup: Option<&Path>) -> Option<u64> {
    let machine = fs::read_to_string(MEMINFO).ok();
    let machine = machine.and_then(|text| kibibytes(&text, "MemAvailable:"));
    let cgroup = cgroup.and_then(left_to);
    machine.into_iter().chain(cgroup).min()
}

/// What is left below a cgroup's limit; page cache gives way. `None` if it has no limit.
fn left_to(cgroup: &Path) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(cgroup.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    // Without a limit it reads "max".
    let most = number("memory.max")?;
    let stat = read("memory.stat")?;
    let cached =
        field(&stat, "inactive_file").unwrap_or(0) + field(&stat, "active_file").unwrap_or(0);
    let used = number("memory.current")?.saturating_sub(cached);
    Some(most.saturating_sub(used))
}

/// `NAME   NUMBER kB`, as a number of bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    field(text, name)?.checked_mul(1024)
}

fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next()? == name).then(|| words.next()?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_has() {
        let machine = available(None).unwrap_or_default();
        assert!(machine > 1 << 20, "{machine}");
    }

    #[test]
    fn a_cgroup_with_a_limit_has_what_is_not_used_and_what_is_only_cached() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "7000000\n");
        write(
            "memory.stat",
            "anon 3000000\ninactive_file 1000000\nactive_file 2000000\n",
        );
        assert_eq!(left_to(directory.path()), None);
        write("memory.max", "9000000\n");
        assert_eq!(left_to(directory.path()), Some(5_000_000));
        assert_eq!(available(Some(directory.path())), Some(5_000_000));
        write("memory.max", "1000000\n");
        assert_eq!(left_to(directory.path()), Some(0));
    }

    #[test]
    fn a_kernel_that_does_not_say_is_not_guessed_at() {
        assert_eq!(kibibytes("MemTotal: 5 kB\n", "MemAvailable:"), None);
        assert_eq!(kibibytes("MemAvailable: much\n", "MemAvailable:"), None);
        assert_eq!(
            kibibytes("MemAvailable: 5 kB\n", "MemAvailable:"),
            Some(5120)
        );
    }
}
