//! Records on standard output.

use std::io::{self, Write};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Standard output.
#[derive(Debug)]
pub struct Stdout {
    /// How long to wait for a reader that is slow; `None`: for ever.
    pub patience: Option<Duration>,
}

impl Stdout {
    /// Writes a line, and its line feed.
    pub fn append(&self, line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if let Some(patience) = self.patience {
            let timeout = Timespec::try_from(patience).map_err(io::Error::other)?;
            let mut writable = [PollFd::new(&out, PollFlags::OUT)];
            if poll(&mut writable, Some(&timeout))? == 0 {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it"));
            }
        }
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        out.write_all(&bytes)?;
        out.flush()
    }
}
