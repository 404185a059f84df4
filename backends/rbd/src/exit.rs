//! The end of a process that has connections.

/// Ends the process at once, with this exit status. Nothing is flushed and no destructor runs, neither
/// Rust's nor those of the libraries: their threads still run, and some would use what was destroyed.
///
/// Every operation that was answered before is on the cluster's stable storage; of what is under way
/// the cluster has some and not the rest.
pub fn exit_process(status: i32) -> ! {
    // SAFETY: it takes a number and does not return.
    unsafe { libc::_exit(status) }
}
