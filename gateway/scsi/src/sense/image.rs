//! What a failed image operation looks like to an initiator.

use labelgate_engine::ImageError;

use super::Sense;

/// What was being done to the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Blocks were read (or their state asked for).
    Read,
    /// Blocks were written, discarded or made stable.
    Write,
}

impl Sense {
    /// The sense of an image operation that failed.
    ///
    /// An image that was taken away answers like one that never was there: a forbidden name and a
    /// guessed one are not told apart. Hence ILLEGAL REQUEST, LOGICAL UNIT NOT SUPPORTED (SPC-4,
    /// table D.1: 25h/00h), and not ACCESS DENIED - NO ACCESS RIGHTS (20h/02h), which says that
    /// there is something. Initiators take either for final, and neither for a broken medium; a
    /// command that comes when the label is back succeeds. One whose backend is away for the moment is becoming
    /// ready, which initiators retry.
    #[must_use]
    pub const fn of_image(error: ImageError, access: Access) -> Self {
        match error {
            ImageError::OutOfRange => Self::LBA_OUT_OF_RANGE,
            ImageError::ReadOnly => Self::WRITE_PROTECTED,
            ImageError::NoSpace => Self::NO_SPACE,
            ImageError::Medium | ImageError::Poisoned => match access {
                Access::Read => Self::READ_ERROR,
                Access::Write => Self::WRITE_ERROR,
            },
            ImageError::Revoked => Self::LOGICAL_UNIT_NOT_SUPPORTED,
            ImageError::NotReady => Self::BECOMING_READY,
            _ => Self::TARGET_FAILURE,
        }
    }
}

impl From<(ImageError, Access)> for Sense {
    fn from((error, access): (ImageError, Access)) -> Self {
        Self::of_image(error, access)
    }
}
