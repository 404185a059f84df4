//! The context of what this thread makes next.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::marker::PhantomData;

use super::text::print;
use crate::Context;

/// What gets a context when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The program that a child of this thread executes.
    Program,
    /// A file, directory or the like.
    File,
    /// A socket.
    Socket,
}

impl Kind {
    /// Kept by the kernel for each thread.
    const fn attribute(self) -> &'static str {
        match self {
            Self::Program => "/proc/thread-self/attr/exec",
            Self::File => "/proc/thread-self/attr/fscreate",
            Self::Socket => "/proc/thread-self/attr/sockcreate",
        }
    }
}

/// While this lives, what this thread makes has the given context, or is not made.
///
/// It is about one thread, so it cannot go to another, nor live across an `await` of a task that
/// may:
///
/// ```compile_fail
/// fn sent<T: Send>(_: T) {}
/// # let context = "system_u:object_r:bin_t:s0".parse().unwrap();
/// sent(labelgate_mac::selinux::ForNext::make(labelgate_mac::selinux::Kind::File, &context));
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it has no effect"]
pub struct ForNext {
    kind: Kind,
    of_this_thread: PhantomData<*const ()>,
}

impl ForNext {
    /// Sets the context.
    ///
    /// # Errors
    /// There is no SELinux, the policy has no such context, or this process may not choose it.
    pub fn make(kind: Kind, context: &Context) -> io::Result<Self> {
        write(kind, &print(context))?;
        Ok(Self {
            kind,
            of_this_thread: PhantomData,
        })
    }
}

impl Drop for ForNext {
    #[expect(
        clippy::print_stderr,
        reason = "the last words of a process that must not go on"
    )]
    fn drop(&mut self) {
        // "Writing an empty value clears it" (attr(5)); only a number of bytes other than zero
        // reaches the kernel, hence the NUL.
        if let Err(error) = write(self.kind, b"\0") {
            // The thread would go on making things of a label that is not meant for them.
            eprintln!("cannot clear {}: {error}", self.kind.attribute());
            std::process::abort();
        }
    }
}

fn write(kind: Kind, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(kind.attribute())?;
    // In one call: each is a request of its own.
    let written = file.write(bytes)?;
    match written == bytes.len() {
        true => Ok(()),
        false => Err(io::ErrorKind::WriteZero.into()),
    }
}
