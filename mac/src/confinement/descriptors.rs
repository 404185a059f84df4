//! What a program that this process starts does not inherit.
#![allow(
    unsafe_code,
    reason = "close_range is a system call without a safe wrapper"
)]

use std::io;

/// The first descriptor behind standard input, output and error.
const FIRST: libc::c_uint = 3;

/// Marks all descriptors but the standard ones, so that they are closed in every program which
/// this process starts from now on.
///
/// Whatever starts a supervisor may leave it descriptors of its own (a shell its pipes, systemd a
/// listening socket). Without this they would reach every process that it confines, and no layer
/// takes away what a process already holds.
///
/// # Errors
/// The kernel is older than Linux 5.11.
pub fn close_on_exec() -> io::Result<()> {
    let flags = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: with this flag the call takes three numbers and closes nothing; it changes a mark
    // that says nothing about what a descriptor refers to in this process.
    let done = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, flags) };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_program_inherits_nothing_but_the_standard_descriptors() {
        // Neither end is marked.
        let (_reader, writer) = rustix::pipe::pipe().unwrap();
        let left = |to_ask: &std::os::fd::OwnedFd| {
            let flags = rustix::io::fcntl_getfd(to_ask).unwrap();
            !flags.contains(rustix::io::FdFlags::CLOEXEC)
        };
        assert!(left(&writer));

        close_on_exec().unwrap();

        assert!(!left(&writer));
        // ls has one of its own open, on the directory it lists.
        let listed = Command::new("ls").arg("/proc/self/fd").output().unwrap();
        assert_eq!(listed.stdout, b"0\n1\n2\n3\n");
    }
}
