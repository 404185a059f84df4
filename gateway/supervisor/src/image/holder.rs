//! Who holds a lock.

use std::os::fd::BorrowedFd;

use super::lock_table;

/// Who holds the file's flock, in words: what `/proc/locks` says, as far as it is true.
///
/// The kernel names the process that took the lock. For an image that is the supervisor which
/// opened it; the worker it was passed to holds it on.
pub(super) fn describe(file: BorrowedFd<'_>) -> String {
    match lock_table::taker(file) {
        Err(_) | Ok(None) => "another process (look for it with lsof or fuser)".to_owned(),
        Ok(Some(pid)) if u32::try_from(pid) == Ok(std::process::id()) => {
            "a worker of this gateway that has not ended yet".to_owned()
        }
        Ok(Some(pid)) => match name_of(pid) {
            Some(name) => format!("process {pid} ({name}), or one it passed it to"),
            None => format!(
                "a process that got it from process {pid}, such as a worker left behind by an earlier gateway"
            ),
        },
    }
}

/// The name of a living process.
fn name_of(pid: i32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}
