//! Why something could not be done, and whose fault that is.

use std::fmt;

use labelgate_gfapi_sys::LoadError;

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The library is missing.
    #[error(transparent)]
    Library(#[from] LoadError),
    /// A text has a byte 0 in it, or is too long: the caller's fault.
    #[error("{0} is no text that can be given to the volume")]
    Text(&'static str),
    /// The file on the volume has another label than the image: an admin's business.
    #[error(
        "its file is labelled {there:?} on the volume, and the gateway says {here:?}; if that is right: \
         setfattr -n security.selinux -v THAT, on a mount with --selinux"
    )]
    Label {
        /// What the volume says.
        there: String,
        /// What the gateway says.
        here: String,
    },
    /// The file is none that can be an image: an admin's business.
    #[error("its file {0}")]
    File(&'static str),
    /// The volume, or the library, said no.
    #[error("{doing}: {kind} (error {errno})")]
    Volume {
        /// What was being done.
        doing: &'static str,
        /// What that means.
        kind: Kind,
        /// The error's number, as in `errno.h`.
        errno: i32,
    },
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The volume does not allow it to whom this process acts as.
    Permission,
    /// The connection is lost, or the file with it: nothing succeeds on it any more. It has to be
    /// opened again, over another connection.
    Lost,
    /// A brick, or a quota, is full.
    NoSpace,
    /// Not enough bricks answer.
    NotReady,
    /// There is none of that name.
    NotFound,
    /// There is one of that name already.
    Exists,
    /// Another client has the image's lock.
    Held,
    /// The image was opened for reading.
    ReadOnly,
    /// The range is not within the image.
    OutOfRange,
    /// The volume does not know the request.
    Unsupported,
    /// The request is not a right one.
    Invalid,
    /// The system has no thread or no memory for it.
    Resources,
    /// A brick could not read or write its medium, or something else that is its fault.
    Medium,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permission => "the volume does not allow it",
            Self::Lost => "the connection to it is lost",
            Self::NoSpace => "there is no space left",
            Self::NotReady => "not enough of its bricks answer",
            Self::NotFound => "there is no such file",
            Self::Exists => "it exists already",
            Self::Held => "another client holds the image",
            Self::ReadOnly => "it is open for reading only",
            Self::OutOfRange => "the range is not within the image",
            Self::Unsupported => "the volume does not support it",
            Self::Invalid => "the request is not right",
            Self::Resources => "no thread or no memory for it",
            Self::Medium => "the volume could not do it",
        })
    }
}

impl Error {
    /// What it means.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Library(_) | Self::File(_) => Kind::Unsupported,
            Self::Text(_) => Kind::Invalid,
            Self::Label { .. } => Kind::Permission,
            Self::Volume { kind, .. } => *kind,
        }
    }

    /// The error of a call that failed with this number.
    pub(crate) const fn failed(doing: &'static str, errno: i32) -> Self {
        Self::Volume {
            doing,
            kind: meaning(errno),
            errno,
        }
    }

    pub(crate) const fn of_kind(doing: &'static str, kind: Kind, errno: i32) -> Self {
        Self::Volume { doing, kind, errno }
    }
}

/// What an error of Gluster's means, by its number.
const fn meaning(errno: i32) -> Kind {
    match errno {
        libc::EPERM | libc::EACCES => Kind::Permission,
        libc::ENOTCONN
        | libc::EBADFD
        | libc::EBADF
        | libc::ESHUTDOWN
        | libc::ESTALE
        | libc::ETIMEDOUT
        | libc::ECONNREFUSED
        | libc::EHOSTUNREACH => Kind::Lost,
        libc::ENOSPC | libc::EDQUOT => Kind::NoSpace,
        // A replicated volume says so when it has not enough bricks to write to.
        libc::EROFS | libc::EINTR | libc::ECANCELED => Kind::NotReady,
        libc::ENOENT => Kind::NotFound,
        libc::EEXIST => Kind::Exists,
        // Bricks refuse so what another client's mandatory lock forbids.
        libc::EAGAIN | libc::EBUSY => Kind::Held,
        libc::ERANGE | libc::EFBIG | libc::ENXIO => Kind::OutOfRange,
        libc::EOPNOTSUPP | libc::ENOSYS | libc::ENOTTY => Kind::Unsupported,
        libc::EINVAL | libc::ENAMETOOLONG | libc::EDOM | libc::ENOTDIR => Kind::Invalid,
        libc::ENOMEM => Kind::Resources,
        _ => Kind::Medium,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_their_meaning() {
        for (errno, kind) in [
            (libc::ENOTCONN, Kind::Lost),
            (libc::EBADFD, Kind::Lost),
            (libc::EDQUOT, Kind::NoSpace),
            (libc::EACCES, Kind::Permission),
            (libc::EAGAIN, Kind::Held),
            (libc::EIO, Kind::Medium),
        ] {
            assert_eq!(Error::failed("it", errno).kind(), kind);
        }
        let error = Error::failed("opening the image", libc::ENOENT);
        let said = "opening the image: there is no such file (error 2)";
        assert_eq!(error.to_string(), said);
    }
}
