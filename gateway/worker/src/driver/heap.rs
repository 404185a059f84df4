//! The process's heap.

/// Gives free pages of the heap back to the system. Without it a heap stays as large as it ever
/// was: one small block that is in use keeps the free ones below it.
pub(crate) fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim` touches nothing but free memory of the allocator's own, and may be
    // called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
