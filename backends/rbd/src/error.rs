//! Why something could not be done, and whose fault that is.

use std::fmt;

use labelgate_rbd_sys::LoadError;

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The libraries are missing.
    #[error(transparent)]
    Library(#[from] LoadError),
    /// A text has a byte 0 in it, or is too long: the caller's fault.
    #[error("{0} is no text that can be given to the cluster")]
    Text(&'static str),
    /// The cluster, or its library, said no.
    #[error("{doing}: {kind} (error {errno}){said}", said = Said(said))]
    Cluster {
        /// What was being done.
        doing: &'static str,
        /// What that means.
        kind: Kind,
        /// The error's number, positive, as in `errno.h`.
        errno: i32,
        /// What the monitors said, if they did.
        said: String,
    },
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The key is no longer good, or does not allow this.
    Permission,
    /// The cluster has excluded this client (it is on the blocklist): nothing it sends counts any
    /// more. It has to connect again, if its key still lets it.
    Fenced,
    /// The pool, the cluster or a quota is full.
    NoSpace,
    /// The cluster did not answer in time.
    NotReady,
    /// There is none of that name.
    NotFound,
    /// There is one of that name already.
    Exists,
    /// It is in use.
    Busy,
    /// Another client has the image's lock and does not give it away.
    Held,
    /// The image was opened for reading.
    ReadOnly,
    /// The range is not within the image.
    OutOfRange,
    /// The cluster does not know the request, or not for this.
    Unsupported,
    /// The request is not a right one.
    Invalid,
    /// The system has no thread or no memory for it.
    Resources,
    /// The cluster could not read or write its medium, or something else that is its fault.
    Medium,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permission => "the key does not allow it, or is no longer good",
            Self::Fenced => "the cluster has excluded this client",
            Self::NoSpace => "there is no space left",
            Self::NotReady => "the cluster does not answer",
            Self::NotFound => "there is no such thing",
            Self::Exists => "it exists already",
            Self::Busy => "it is in use",
            Self::Held => "another client holds the image",
            Self::ReadOnly => "it is open for reading only",
            Self::OutOfRange => "the range is not within the image",
            Self::Unsupported => "it is not supported",
            Self::Invalid => "the request is not right",
            Self::Resources => "no thread or no memory for it",
            Self::Medium => "the cluster could not do it",
        })
    }
}

struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            said => write!(f, ": {said}"),
        }
    }
}

impl Error {
    /// What it means.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Library(_) => Kind::Unsupported,
            Self::Text(_) => Kind::Invalid,
            Self::Cluster { kind, .. } => *kind,
        }
    }

    /// The number that the library returned, if it did.
    #[must_use]
    pub const fn errno(&self) -> Option<i32> {
        match self {
            Self::Library(_) | Self::Text(_) => None,
            Self::Cluster { errno, .. } => Some(*errno),
        }
    }

    /// The error of a call that returned this negative number.
    pub(crate) fn returned(doing: &'static str, number: i64) -> Self {
        let errno = i32::try_from(number.saturating_neg()).unwrap_or(libc::EIO);
        Self::Cluster {
            doing,
            kind: meaning(errno),
            errno,
            said: String::new(),
        }
    }

    /// The same error, as it is meant of an operation on an image that was opened so.
    pub(crate) fn of_image(mut self, read_only: bool) -> Self {
        if let Self::Cluster { kind, errno, .. } = &mut self {
            match *errno {
                libc::EINVAL => *kind = Kind::OutOfRange,
                libc::EROFS if !read_only => *kind = Kind::Held,
                _ => {}
            }
        }
        self
    }

    /// The same error with what the monitors said, cut to what a log line takes.
    pub(crate) fn with(mut self, words: &str) -> Self {
        if let Self::Cluster { said, .. } = &mut self {
            *said = words.trim().chars().take(200).collect();
        }
        self
    }

    pub(crate) const fn no_thread(doing: &'static str) -> Self {
        Self::Cluster {
            doing,
            kind: Kind::Resources,
            errno: libc::EAGAIN,
            said: String::new(),
        }
    }
}

/// What an error of Ceph's means, by its number.
const fn meaning(errno: i32) -> Kind {
    match errno {
        libc::EPERM | libc::EACCES => Kind::Permission,
        // Ceph calls it EBLOCKLISTED.
        libc::ESHUTDOWN => Kind::Fenced,
        libc::ENOSPC | libc::EDQUOT => Kind::NoSpace,
        libc::ETIMEDOUT
        | libc::ENOTCONN
        | libc::EAGAIN
        | libc::EHOSTUNREACH
        | libc::ECONNREFUSED
        | libc::EINTR
        | libc::ECANCELED => Kind::NotReady,
        libc::ENOENT => Kind::NotFound,
        libc::EEXIST => Kind::Exists,
        libc::EBUSY | libc::ENOTEMPTY => Kind::Busy,
        libc::EROFS => Kind::ReadOnly,
        libc::ERANGE | libc::EFBIG => Kind::OutOfRange,
        libc::EOPNOTSUPP | libc::ENOSYS | libc::ENOTTY => Kind::Unsupported,
        libc::EINVAL | libc::ENAMETOOLONG | libc::EDOM => Kind::Invalid,
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
            (libc::ESHUTDOWN, Kind::Fenced),
            (libc::EDQUOT, Kind::NoSpace),
            (libc::ENOSPC, Kind::NoSpace),
            (libc::EACCES, Kind::Permission),
            (libc::ETIMEDOUT, Kind::NotReady),
            (libc::EIO, Kind::Medium),
        ] {
            assert_eq!(Error::returned("it", (-errno).into()).kind(), kind);
        }
        assert_eq!(Error::returned("it", i64::MIN).kind(), Kind::Medium);
        let read_only = |opened| {
            let error = Error::returned("it", (-libc::EROFS).into());
            error.of_image(opened).kind()
        };
        assert_eq!(read_only(true), Kind::ReadOnly);
        assert_eq!(read_only(false), Kind::Held);
    }

    #[test]
    fn an_error_reads_as_a_line() {
        let error = Error::returned("opening the image", (-libc::EACCES).into());
        assert_eq!(
            error.to_string(),
            "opening the image: the key does not allow it, or is no longer good (error 13)"
        );
        let said = error.with("no such user\n");
        assert!(said.to_string().ends_with("(error 13): no such user"));
    }
}
