//! How far a worker may write a file: not beyond the end of its label's largest image.
//!
//! The limit is set from here, because it grows while the worker lives. It is the soft limit, which
//! the worker could raise again but for its seccomp filter. A worker that writes beyond it dies of
//! SIGXFSZ. To set it for another UID the supervisor needs CAP_SYS_RESOURCE, which services have and
//! root in some containers has not: such workers have no limit, and the log says so.

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// The limit of one worker.
#[derive(Debug)]
pub struct FileSize {
    pid: Pid,
    bytes: u64,
}

impl FileSize {
    /// Lets a worker that has just been started write no file at all.
    ///
    /// # Errors
    /// [`Errno::PERM`] without CAP_SYS_RESOURCE.
    pub fn nothing(pid: u32) -> Result<Self, Errno> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(Errno::SRCH)?;
        set(pid, 0)?;
        Ok(Self { pid, bytes: 0 })
    }

    /// Lets the worker write files of so many bytes, if it may not yet.
    ///
    /// # Errors
    /// The worker is gone.
    pub fn reach(&mut self, bytes: u64) -> Result<(), Errno> {
        if bytes > self.bytes {
            set(self.pid, bytes)?;
            self.bytes = bytes;
        }
        Ok(())
    }
}

fn set(pid: Pid, bytes: u64) -> Result<(), Errno> {
    // The worker has inherited our hard limit, and is none to have changed it.
    let maximum = getrlimit(Resource::Fsize).maximum;
    let limit = Rlimit {
        current: Some(maximum.map_or(bytes, |maximum| bytes.min(maximum))),
        maximum,
    };
    prlimit(Some(pid), Resource::Fsize, limit).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_writes_as_far_as_it_was_last_allowed() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("image");
        // It waits for a line before it writes, so that the limit is there first.
        let write = |limit: Option<u64>| {
            let mut shell = Command::new("sh")
                .args(["-c", "read go && exec truncate -s 4096 \"$0\""])
                .arg(&file)
                .stdin(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut size = FileSize::nothing(shell.id()).unwrap();
            if let Some(limit) = limit {
                size.reach(limit).unwrap();
                size.reach(1).unwrap();
            }
            std::io::Write::write_all(&mut shell.stdin.take().unwrap(), b"go\n").unwrap();
            shell.wait().unwrap().success()
        };
        assert!(!write(None));
        assert!(!write(Some(4095)));
        assert!(write(Some(4096)));
    }
}
