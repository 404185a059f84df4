//! What the C library's allocator would do behind our back.
#![allow(unsafe_code, reason = "mallopt is a C function")]

/// Makes every thread allocate from the one main arena.
///
/// glibc gives each thread a heap of its own, and before it shrinks one it opens
/// `/proc/sys/vm/overcommit_memory`: under seccomp that would kill the process at some free() of a
/// helper thread. Each heap reserves 64 MiB of address space as well.
///
/// To be called before the second thread starts. Other C libraries have no such heaps.
pub(super) fn use_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes two numbers; there is no other thread that could be allocating.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
