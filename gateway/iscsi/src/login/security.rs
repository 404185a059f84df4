//! The SecurityNegotiation stage (RFC 7143, 12).

use super::authority::Authority;
use super::chap::{Chap, ChapError, Said};
use crate::negotiation::{Key, Violation};
use crate::pdu::LoginStatus;
use crate::text::{Pair, TextWriter};

/// The stage, as far as it has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// No method has been offered.
    #[default]
    Open,
    /// AuthMethod=None: the initiator was identified before it spoke.
    Unproven,
    /// AuthMethod=CHAP.
    Chap(Chap),
}

/// Why the stage fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecurityError {
    /// The initiator offers no method that we accept, or wants to go on without any.
    NoCommonMethod,
    /// A key is repeated, or out of its turn.
    Violation(Violation),
    /// The exchange that proves who it is has failed.
    Chap(ChapError),
}

impl From<SecurityError> for LoginStatus {
    fn from(error: SecurityError) -> Self {
        match error {
            SecurityError::NoCommonMethod
            | SecurityError::Chap(ChapError::NoCommonAlgorithm | ChapError::Refused) => {
                Self::AuthenticationFailure
            }
            SecurityError::Violation(_)
            | SecurityError::Chap(ChapError::Violation(_) | ChapError::Value(_)) => {
                Self::InitiatorError
            }
            SecurityError::Chap(ChapError::Unavailable) => Self::TargetError,
        }
    }
}

impl Security {
    /// Answers the keys of this stage in a whole text. With an authority, nothing but a proof will
    /// do; without one, no proof is asked for.
    pub(super) fn answer(
        &mut self,
        pairs: &[Pair<'_>],
        authority: Option<&mut dyn Authority>,
        writer: &mut TextWriter,
    ) -> Result<(), SecurityError> {
        let said = Said::of(pairs).map_err(SecurityError::Violation)?;
        let mut offers = pairs
            .iter()
            .filter(|pair| pair.key == Key::AuthMethod.name());
        match (offers.next(), offers.next(), said.any()) {
            (Some(methods), None, None) => self.choose(methods.value, authority.is_some(), writer),
            (None, _, _) => match (self, authority) {
                (Self::Chap(chap), Some(authority)) => {
                    let taken = chap.take(said, authority, writer);
                    taken.map_err(SecurityError::Chap)
                }
                (_, _) => match said.any() {
                    Some(key) => Err(SecurityError::Violation(Violation::Misplaced(key))),
                    None => Ok(()),
                },
            },
            // Before the answer to AuthMethod, the initiator cannot know that it is CHAP's turn.
            (Some(_), None, Some(key)) => Err(SecurityError::Violation(Violation::Misplaced(key))),
            (Some(_), Some(_), _) => Err(SecurityError::Violation(Violation::Repeated(
                Key::AuthMethod,
            ))),
        }
    }

    /// AuthMethod is offered, as a list in the initiator's order; the answer is the one chosen.
    ///
    /// > 6.3.2: "The target MUST reply with the first option in the list it supports and is allowed
    /// > to use for the specific initiator". "If the security negotiation fails at the target,
    /// > then the target MUST send the appropriate Login Response PDU."
    fn choose(
        &mut self,
        methods: &str,
        proof_needed: bool,
        writer: &mut TextWriter,
    ) -> Result<(), SecurityError> {
        if *self != Self::Open {
            let repeated = Violation::Repeated(Key::AuthMethod);
            return Err(SecurityError::Violation(repeated));
        }
        let (method, next) = if proof_needed {
            ("CHAP", Self::Chap(Chap::Chosen))
        } else {
            ("None", Self::Unproven)
        };
        if !methods.split(',').any(|offered| offered == method) {
            return Err(SecurityError::NoCommonMethod);
        }
        writer.pair(Key::AuthMethod.name(), method);
        *self = next;
        Ok(())
    }

    /// Whether the stage may end, now that the initiator wants it to.
    ///
    /// # Errors
    /// It wants to go on without having offered any proof where one is needed.
    pub(super) const fn may_end(self, proof_needed: bool) -> Result<bool, SecurityError> {
        match self {
            Self::Chap(chap) => Ok(chap.is_proven()),
            // A stage in which no method was offered is one without proof, too.
            Self::Open | Self::Unproven if proof_needed => Err(SecurityError::NoCommonMethod),
            Self::Open | Self::Unproven => Ok(true),
        }
    }
}
