//! Memory lent to someone outside Rust's sight: the kernel, or a helper thread.

use std::fmt;
use std::ptr::NonNull;

/// A heap value that is either here, and can be used, or lent, and cannot even be looked at.
///
/// Lending does not move it. A loan that is dropped while lent leaks its value: the borrower may
/// still write to it, so it must never be used for anything else.
pub(crate) struct Loan<T> {
    value: NonNull<T>,
    lent: bool,
}

impl<T> Loan<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: NonNull::from(Box::leak(Box::new(value))),
            lent: false,
        }
    }

    /// The value, if it is here.
    pub(crate) fn here(&mut self) -> Option<&mut T> {
        if self.lent {
            return None;
        }
        // SAFETY: `value` came from a box that only this loan owns; it is not lent, so `&mut self`
        // makes the access exclusive.
        Some(unsafe { self.value.as_mut() })
    }

    pub(crate) const fn is_lent(&self) -> bool {
        self.lent
    }

    /// Lends the value: nothing reaches it through this loan until [`Loan::returned`].
    pub(crate) const fn lend(&mut self) {
        self.lent = true;
    }

    /// The value is back.
    ///
    /// # Safety
    /// Every borrower has ended its use of the value and of all memory it points at.
    pub(crate) const unsafe fn returned(&mut self) {
        self.lent = false;
    }

    /// The value itself, if it is here.
    pub(crate) fn into_inner(self) -> Option<T> {
        if self.lent {
            return None;
        }
        let value = self.value;
        std::mem::forget(self);
        // SAFETY: `value` came from a box, is not lent, and the loan that owned it is forgotten.
        Some(*unsafe { Box::from_raw(value.as_ptr()) })
    }
}

impl<T> Drop for Loan<T> {
    fn drop(&mut self) {
        if !self.lent {
            // SAFETY: `value` came from a box that only this loan owns, and nobody borrows it.
            drop(unsafe { Box::from_raw(self.value.as_ptr()) });
        }
    }
}

impl<T> fmt::Debug for Loan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan")
            .field("lent", &self.lent)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn what_is_lent_is_out_of_reach_and_survives_its_loan() {
        let watch = Rc::new(());
        let mut loan = Loan::new(Rc::clone(&watch));
        assert!(loan.here().is_some());

        loan.lend();
        assert!(loan.here().is_none());
        drop(loan);

        assert_eq!(
            Rc::strong_count(&watch),
            2,
            "it leaks rather than being freed"
        );
    }

    #[test]
    fn what_came_back_is_freed_with_its_loan() {
        let watch = Rc::new(());
        for keep in [false, true] {
            let mut loan = Loan::new(Rc::clone(&watch));
            loan.lend();
            // SAFETY: nobody was told of it.
            unsafe { loan.returned() };
            drop(if keep { loan.into_inner() } else { None });
        }
        assert_eq!(Rc::strong_count(&watch), 1);
    }
}
