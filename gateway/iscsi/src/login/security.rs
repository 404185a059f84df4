//! The SecurityNegotiation stage (RFC 7143, 12).
//!
//! A method with an exchange of its own (CHAP) has its place here: it becomes the stage's state
//! between AuthMethod's answer and [`Security::is_settled`].

use crate::negotiation::{Key, Violation};
use crate::pdu::LoginStatus;

/// How the initiator proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AuthMethod {
    /// Not at all: it was identified before it spoke.
    None,
}

/// The stage, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Security {
    method: Option<AuthMethod>,
}

/// Why the stage fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecurityError {
    /// The initiator offers no method that we accept.
    NoCommonMethod,
    /// AuthMethod was offered twice.
    Violation(Violation),
}

impl From<SecurityError> for LoginStatus {
    fn from(error: SecurityError) -> Self {
        match error {
            SecurityError::NoCommonMethod => Self::AuthenticationFailure,
            SecurityError::Violation(_) => Self::InitiatorError,
        }
    }
}

impl Security {
    /// AuthMethod is offered, as a list in the initiator's order; the answer is the one chosen.
    ///
    /// > 6.3.2: "The target MUST reply with the first option in the list it supports and is allowed
    /// > to use for the specific initiator". "If the security negotiation fails at the target,
    /// > then the target MUST send the appropriate Login Response PDU."
    pub(super) fn offer(&mut self, methods: &str) -> Result<&'static str, SecurityError> {
        if self.method.is_some() {
            return Err(SecurityError::Violation(Violation::Repeated(
                Key::AuthMethod,
            )));
        }
        if !methods.split(',').any(|method| method == "None") {
            return Err(SecurityError::NoCommonMethod);
        }
        self.method = Some(AuthMethod::None);
        Ok("None")
    }

    /// Whether the stage may end. One in which no method was offered is one without proof, too.
    pub(super) const fn is_settled(&self) -> bool {
        matches!(self.method, None | Some(AuthMethod::None))
    }
}
