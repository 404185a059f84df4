//! What a process is called.

use std::ffi::CStr;

use rustix::thread::set_name;

/// Gives this process (strictly: its first thread, which is what `ps` and the audit go by) the name
/// of its program, of which the kernel keeps 15 bytes. It has another one when it was started by a
/// descriptor: that one's number. A name that cannot be given harms nobody.
///
/// `PR_SET_NAME(2const)`, `proc_pid_comm(5)`.
pub fn name_process(name: &CStr) {
    let _ = set_name(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_the_name_it_was_given() {
        std::thread::spawn(|| {
            name_process(c"labelgate-worker");
            let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
            assert_eq!(name.trim_end(), "labelgate-worke");
        })
        .join()
        .unwrap();
    }
}
