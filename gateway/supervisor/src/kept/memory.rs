//! The memory that a worker and its keepers share: made and sealed here, and mapped by none of ours.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

/// A memfd of so many bytes, which nobody can make another size of.
///
/// # Errors
/// The kernel has no memory or no descriptor for it.
pub fn shared_memory(name: &str, bytes: u64) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create(name, flags)?;
    ftruncate(&memory, bytes)?;
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    fcntl_add_seals(&memory, seals)?;
    Ok(memory)
}

/// An eventfd in non-blocking mode.
///
/// # Errors
/// There is no descriptor for it.
pub fn bell() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{fcntl_get_seals, fstat};

    #[test]
    fn nobody_makes_it_another_size() {
        let memory = shared_memory("test", 1 << 20).unwrap();
        assert_eq!(fstat(&memory).unwrap().st_size, 1 << 20);
        for size in [0, 1 << 21] {
            assert!(ftruncate(&memory, size).is_err(), "{size}");
        }
        let seals = fcntl_get_seals(&memory).unwrap();
        assert!(seals.contains(SealFlags::SEAL));
        assert!(fcntl_add_seals(&memory, SealFlags::WRITE).is_err());
    }
}
