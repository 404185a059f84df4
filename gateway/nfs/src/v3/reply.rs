//! What every result has in common: a status, and then what the procedure says of that outcome.

use super::Status;
use super::status::OK;
use crate::xdr::{Encode, Encoder};

/// The result of a procedure: `T` on success, and `F` where it failed.
///
/// > The nfsstat3 type is returned with every procedure's results except for the NULL procedure.
/// > (RFC 1813 2.5)
pub type Reply<T, F> = Result<T, Failure<F>>;

/// A procedure failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure<F> {
    /// Why.
    pub status: Status,
    /// What the client is told nonetheless.
    ///
    /// > Implementors are strongly encouraged to return as much attribute data as possible upon
    /// > failure (RFC 1813 3.1)
    pub detail: F,
}

impl<F: Default> From<Status> for Failure<F> {
    /// Without any attributes, as it is where they could not be had.
    fn from(status: Status) -> Self {
        Self {
            status,
            detail: F::default(),
        }
    }
}

impl<F: Encode> Encode for Failure<F> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.status);
        e.item(&self.detail);
    }
}

impl<T: Encode, F: Encode> Encode for Reply<T, F> {
    fn encode(&self, e: &mut Encoder<'_>) {
        match self {
            Ok(success) => {
                e.u32(OK);
                e.item(success);
            }
            Err(failure) => e.item(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_comes_before_what_it_says() {
        let success: Reply<u32, u64> = Ok(7);
        let failure: Reply<u32, u64> = Err(Failure {
            status: Status::Stale,
            detail: 9,
        });

        assert_eq!(success.to_bytes(), [0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(failure.to_bytes(), [0, 0, 0, 70, 0, 0, 0, 0, 0, 0, 0, 9]);
    }
}
