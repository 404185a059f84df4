//! The programs that the gateway starts.
//!
//! They are started as they were when the gateway was: a package that is upgraded puts other files
//! in their place, and a worker of another version would not understand this supervisor. So a
//! running gateway goes on, with new workers too, until it is started anew.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags, fstat, open, stat};
use rustix::io::Errno;
use tokio::process::Command;

/// A program, kept as it was when it was first there.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    kept: OnceLock<OwnedFd>,
}

impl Program {
    /// The program with this path. If it is not there yet, it is looked for when it is started.
    pub fn new(path: PathBuf) -> Self {
        let program = Self {
            path,
            kept: OnceLock::new(),
        };
        let _ = program.keep();
        program
    }

    /// What starts it: with its control socket as its standard input, in a process group of its own,
    /// under this UID and GID if there is one, and with nothing of ours besides. Its name, for `ps`, it
    /// gives itself, because the kernel would take it from the descriptor's number.
    ///
    /// # Errors
    /// It is not there, or may not be opened; the error names it.
    pub fn command(&self, control: OwnedFd, uid: Option<u32>) -> io::Result<Command> {
        let kept = self.keep().map_err(|error| self.explain(&error))?;
        let mut command = Command::new(format!("/proc/self/fd/{}", kept.as_raw_fd()));
        command
            .arg0(&self.path)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(control))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(uid) = uid {
            // With a UID the standard library also drops the supplementary groups.
            command.uid(uid).gid(uid);
        }
        Ok(command)
    }

    /// An error of starting it, with its path.
    pub fn explain(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
    }

    /// Whether there is another file in its place by now, as after an upgrade, or none.
    pub fn is_replaced(&self) -> bool {
        let Some(kept) = self.kept.get() else {
            return false;
        };
        match (fstat(kept), stat(&self.path)) {
            (Ok(kept), Ok(there)) => (kept.st_dev, kept.st_ino) != (there.st_dev, there.st_ino),
            (Ok(_), Err(Errno::NOENT)) => true,
            _ => false,
        }
    }

    fn keep(&self) -> io::Result<&OwnedFd> {
        if let Some(kept) = self.kept.get() {
            return Ok(kept);
        }
        let opened = open(&self.path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        Ok(self.kept.get_or_init(|| opened))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::process::ExitStatus;

    use super::*;

    async fn start(program: &Program) -> io::Result<ExitStatus> {
        let nothing = File::open("/dev/null")?;
        program.command(nothing.into(), None)?.status().await
    }

    #[tokio::test]
    async fn a_program_that_was_replaced_is_started_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("program");
        fs::copy("/bin/true", &path).unwrap();
        let program = Program::new(path.clone());
        assert!(!program.is_replaced());

        fs::remove_file(&path).unwrap();
        assert!(program.is_replaced());
        fs::copy("/bin/false", &path).unwrap();
        assert!(program.is_replaced());
        let status = start(&program).await.unwrap();
        assert!(status.success(), "the new one was started: {status}");
    }

    #[tokio::test]
    async fn a_program_that_comes_later_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("program");
        let program = Program::new(path.clone());
        let missing = start(&program).await.unwrap_err();
        assert!(missing.to_string().contains(&*path.to_string_lossy()));

        fs::copy("/bin/true", &path).unwrap();
        assert!(!program.is_replaced());
        let status = start(&program).await.unwrap();
        assert!(status.success());
    }
}
