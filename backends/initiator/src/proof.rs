//! Whether a target has proved who it is.
//!
//! The library checks what a target answers to the initiator's own challenge, but not that it answers:
//! a target that says it is in another stage of the login than it is gets in without (seen in 1.19).
//! One that sends a response before it was challenged is compared with 16 bytes 0. What the library
//! has checked it tells its log, of which this is the reader: a challenge of the target's, and in a
//! *later* answer its name and a response that is not 0.

use std::cell::Cell;
use std::ffi::CStr;

use labelgate_libiscsi_sys::{Libiscsi, iscsi_context};
use libc::{c_char, c_int};

/// From which level on the library tells what the target has answered in the login, item by item,
/// when it has been checked.
const TELLS_ANSWERS: c_int = 6;

/// What one answer of the target's had in it.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    challenge: bool,
    name: bool,
    response: bool,
}

thread_local! {
    static SEEN: Cell<Seen> = const { Cell::new(Seen {
        challenge: false,
        name: false,
        response: false,
    }) };
}

/// How far a target has come with its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Proof {
    /// None is asked for.
    #[default]
    Unasked,
    Asked,
    /// It has challenged the initiator, and will be challenged in the answer.
    Challenged,
    Given,
}

impl Proof {
    /// Has the library tell what it checks.
    pub(crate) fn ask(library: &Libiscsi, context: *mut iscsi_context) -> Self {
        // SAFETY: the context is there, and the function takes any text.
        unsafe { (library.iscsi_set_log_fn)(context, Some(listen)) };
        // SAFETY: the context is there.
        unsafe { (library.iscsi_set_log_level)(context, TELLS_ANSWERS) };
        Self::Asked
    }

    /// Before the library looks at an answer. It looks at one at a time as long as the login lasts.
    pub(crate) fn before(self) {
        SEEN.set(Seen::default());
    }

    /// After it has.
    pub(crate) fn after(&mut self) {
        let seen = SEEN.take();
        *self = match *self {
            Self::Asked if seen.challenge && !seen.response => Self::Challenged,
            Self::Challenged if seen.name && seen.response => Self::Given,
            other => other,
        };
    }

    pub(crate) const fn suffices(self) -> bool {
        matches!(self, Self::Unasked | Self::Given)
    }
}

unsafe extern "C" fn listen(_level: c_int, message: *const c_char) {
    if message.is_null() {
        return;
    }
    // SAFETY: it is a text that ends with a 0 and is there during this call.
    let message = unsafe { CStr::from_ptr(message) };
    let Some(item) = message.to_bytes().strip_prefix(b"TargetLoginReply: ") else {
        return;
    };
    let mut seen = SEEN.get();
    if item.starts_with(b"CHAP_C=") {
        seen.challenge = true;
    } else if item.starts_with(b"CHAP_N=") {
        seen.name = true;
    } else if let Some(response) = item.strip_prefix(b"CHAP_R=0x") {
        seen.response = response.iter().any(|&digit| digit != b'0');
    }
    SEEN.set(seen);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(proof: &mut Proof, items: &[&CStr]) {
        proof.before();
        for item in items {
            // SAFETY: it is a text.
            unsafe { listen(6, item.as_ptr()) };
        }
        proof.after();
    }

    const NAME: &CStr = c"TargetLoginReply: CHAP_N=t";
    const CHALLENGE: &CStr = c"TargetLoginReply: CHAP_C=0x0102";
    const RESPONSE: &CStr = c"TargetLoginReply: CHAP_R=0x0a00";
    const ZERO: &CStr = c"TargetLoginReply: CHAP_R=0x0000";

    #[test]
    fn only_a_response_to_a_challenge_is_a_proof() {
        let after = |answers: &[&[&CStr]]| {
            let mut proof = Proof::Asked;
            for items in answers {
                answer(&mut proof, items);
            }
            proof.suffices()
        };
        assert!(after(&[&[CHALLENGE], &[NAME, RESPONSE]]));
        assert!(!after(&[]));
        assert!(!after(&[&[CHALLENGE]]));
        assert!(!after(&[&[NAME, RESPONSE]]));
        assert!(!after(&[&[CHALLENGE, NAME, RESPONSE]]));
        assert!(!after(&[&[CHALLENGE], &[RESPONSE], &[NAME]]));
        assert!(!after(&[&[CHALLENGE], &[NAME, ZERO]]));
        assert!(Proof::Unasked.suffices());
    }
}
