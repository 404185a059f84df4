//! What a system error says about an image.

use std::io;

use labelgate_engine::ImageError;
use rustix::io::Errno;

/// Whose fault it is.
pub(crate) const fn blame(errno: Errno) -> ImageError {
    match errno {
        Errno::NOSPC | Errno::DQUOT => ImageError::NoSpace,
        // SELinux refuses the next I/O on a file that was relabelled, or when the policy changed.
        Errno::ACCESS | Errno::PERM => ImageError::Revoked,
        Errno::ROFS | Errno::BADF => ImageError::ReadOnly,
        // Beyond the longest file of the file system, or of this process.
        Errno::FBIG => ImageError::OutOfRange,
        _ => ImageError::Medium,
    }
}

/// The driver's error as the system's. One that is none of the system's is a failed medium.
pub(crate) fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// The call had no effect and may be repeated.
pub(crate) const fn transient(errno: Errno) -> bool {
    matches!(errno, Errno::INTR | Errno::AGAIN)
}

/// The file system does not know the request.
pub(crate) const fn unsupported(errno: Errno) -> bool {
    matches!(errno, Errno::OPNOTSUPP | Errno::NOSYS | Errno::NODEV)
}
