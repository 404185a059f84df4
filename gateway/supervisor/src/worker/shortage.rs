//! What is lacking for one more worker.
//!
//! Whoever waits for a worker that there is no room for is refused at once: room comes when another
//! label's worker ends, which nobody can tell. Everything else that can go wrong with a start is
//! tried again while its clients wait.

use std::io;

use rustix::io::Errno;

use super::room::Lack;

/// What a worker could not be started for want of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shortage {
    /// [`Lack`]: it costs nothing to look again.
    Room,
    /// Descriptors, processes or memory.
    System,
}

impl Shortage {
    /// What this error is for want of; `None` if that is not why.
    pub(super) fn of(error: &io::Error) -> Option<Self> {
        if error.get_ref().is_some_and(|inner| inner.is::<Lack>()) {
            return Some(Self::Room);
        }
        match Errno::from_io_error(error)? {
            Errno::MFILE | Errno::NFILE | Errno::AGAIN | Errno::NOMEM => Some(Self::System),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_told_from_what_goes_wrong() {
        let places = io::Error::other(Lack::Places);
        assert_eq!(Shortage::of(&places), Some(Shortage::Room));
        let descriptors = io::Error::from(Errno::MFILE);
        assert_eq!(Shortage::of(&descriptors), Some(Shortage::System));
        let none = io::Error::from(Errno::NOENT);
        assert_eq!(Shortage::of(&none), None);
        assert_eq!(Shortage::of(&io::Error::other("something else")), None);
    }
}
