//! The end of a process that has a connection.

/// Ends the process at once, with this exit status. Nothing is flushed and no destructor runs, neither
/// Rust's nor those of the library: its threads still run, and some would use what was destroyed.
///
/// Every operation that was answered before is with the bricks; of what is under way they have some
/// and not the rest. Its locks are gone as soon as they see the connections end.
pub fn exit_process(status: i32) -> ! {
    // SAFETY: it takes a number and does not return.
    unsafe { libc::_exit(status) }
}
