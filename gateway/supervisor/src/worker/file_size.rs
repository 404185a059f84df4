//! How far a worker may write a file: not beyond the end of its label's largest image.
//!
//! The limit is set from here, because it grows while the worker lives. It is the soft limit, which
//! the worker could raise again but for its seccomp filter. A worker that writes beyond it dies of
//! SIGXFSZ. To set it for another UID the supervisor needs CAP_SYS_RESOURCE, which services have and
//! root in some containers has not: such workers have no limit, and the log says so.

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// The limit of one worker. There is none until it is confined: its buffers are a file, too, of a
/// size that is then sealed.
#[derive(Debug)]
pub struct FileSize {
    pid: u32,
    bytes: u64,
    in_force: bool,
}

impl FileSize {
    /// The limit of a worker that has just been started: it may write no file, once it is confined.
    #[must_use]
    pub const fn nothing(pid: u32) -> Self {
        Self {
            pid,
            bytes: 0,
            in_force: false,
        }
    }

    /// The worker is confined: puts the limit in force.
    ///
    /// # Errors
    /// [`Errno::PERM`] without CAP_SYS_RESOURCE: there is no limit then.
    pub fn enforce(&mut self) -> Result<(), Errno> {
        set(self.pid, self.bytes)?;
        self.in_force = true;
        Ok(())
    }

    /// Lets the worker write files of so many bytes, if it may not yet.
    ///
    /// # Errors
    /// The worker is gone.
    pub fn reach(&mut self, bytes: u64) -> Result<(), Errno> {
        self.bytes = self.bytes.max(bytes);
        if self.in_force {
            return set(self.pid, self.bytes);
        }
        Ok(())
    }
}

fn set(pid: u32, bytes: u64) -> Result<(), Errno> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // Without a number this would be our own limit.
    let pid = pid.ok_or(Errno::SRCH)?;
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
            let mut size = FileSize::nothing(shell.id());
            size.enforce().unwrap();
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
