//! Who holds a lock.

use std::os::fd::BorrowedFd;

use rustix::fs::{fstat, major, minor};

/// Who holds the file's flock, in words: what `/proc/locks` says, as far as it is true.
///
/// The kernel names the process that took the lock. For an image that is the supervisor which
/// opened it; the worker it was passed to holds it on.
pub(super) fn describe(file: BorrowedFd<'_>) -> String {
    let nobody_known = "another process (look for it with lsof or fuser)";
    let Ok(stat) = fstat(file) else {
        return nobody_known.to_owned();
    };
    let (major, minor) = (major(stat.st_dev), minor(stat.st_dev));
    let inode = format!("{major:02x}:{minor:02x}:{}", stat.st_ino);
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let holder = locks.lines().find_map(|line| locker(line, &inode));
    match holder.map(|pid| (pid, name_of(pid))) {
        None => nobody_known.to_owned(),
        Some((pid, _)) if u32::try_from(pid) == Ok(std::process::id()) => {
            "a worker of this gateway that has not ended yet".to_owned()
        }
        Some((pid, Some(name))) => format!("process {pid} ({name}), or one it passed it to"),
        Some((pid, None)) => {
            format!(
                "a process that got it from process {pid}, such as a worker left behind by an earlier gateway"
            )
        }
    }
}

/// The process of a line such as `1: FLOCK  ADVISORY  WRITE 1234 08:01:56789 0 EOF`.
fn locker(line: &str, inode: &str) -> Option<i32> {
    let mut fields = line.split_ascii_whitespace();
    let kind = fields.nth(1)?;
    let pid = fields.nth(2)?.parse().ok()?;
    (kind == "FLOCK" && fields.next()? == inode).then_some(pid)
}

/// The name of a living process.
fn name_of(pid: i32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_of_this_inode_is_found_among_others() {
        let line = "3: FLOCK  ADVISORY  WRITE 1234 08:01:56789 0 EOF";
        assert_eq!(locker(line, "08:01:56789"), Some(1234));
        assert_eq!(locker(line, "08:01:5678"), None);
        let posix = "4: POSIX  ADVISORY  WRITE 99 08:01:56789 0 EOF";
        assert_eq!(locker(posix, "08:01:56789"), None);
        assert_eq!(locker("", "08:01:56789"), None);
    }
}
