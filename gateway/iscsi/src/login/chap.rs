//! CHAP (RFC 7143, 12.1.3), from the choice of the method to the proof.
//!
//! > "For the Challenge Handshake Authentication Protocol (CHAP) [RFC1994], the initiator MUST
//! > use: `CHAP_A=<A1,A2,...>` [...] The target MUST answer with a Login reject with the
//! > "Authentication Failure" status or reply with: `CHAP_A=<A> CHAP_I=<I> CHAP_C=<C>` [...] The
//! > initiator MUST continue with: `CHAP_N=<N> CHAP_R=<R>` or, if it requires target
//! > authentication, with: `CHAP_N=<N> CHAP_R=<R> CHAP_I=<I> CHAP_C=<C>`"

use super::authority::{Algorithm, Authority, Challenge, Denial, Proof};
use crate::negotiation::{Key, Violation, binary, hexadecimal, number};
use crate::text::{Pair, TextWriter};

/// The exchange, as far as it has come. It goes one way, and every state takes one kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chap {
    /// The method is chosen: CHAP_A comes next.
    Chosen,
    /// A challenge has gone out: CHAP_N and CHAP_R come next.
    Challenged(Algorithm),
    /// The initiator has proved who it is. Nothing more is to be said about it.
    Proven,
}

/// Why the exchange fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChapError {
    /// The initiator broke a rule.
    Violation(Violation),
    /// A value is not one the key takes.
    Value(Key),
    /// None of the algorithms offered is known here.
    NoCommonAlgorithm,
    /// It is not who it says it is.
    Refused,
    /// The authority has failed.
    Unavailable,
}

impl From<Denial> for ChapError {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Refused => Self::Refused,
            Denial::Unavailable => Self::Unavailable,
        }
    }
}

/// The keys of CHAP in one text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Said<'a> {
    algorithms: Option<&'a str>,
    identifier: Option<&'a str>,
    challenge: Option<&'a str>,
    name: Option<&'a str>,
    response: Option<&'a str>,
}

impl<'a> Said<'a> {
    /// Picks them out.
    ///
    /// # Errors
    /// A key comes twice.
    pub(super) fn of(pairs: &[Pair<'a>]) -> Result<Self, Violation> {
        let mut said = Self::default();
        for pair in pairs {
            let Some(key) = Key::from_name(pair.key) else {
                continue;
            };
            let field = match key {
                Key::ChapAlgorithm => &mut said.algorithms,
                Key::ChapIdentifier => &mut said.identifier,
                Key::ChapChallenge => &mut said.challenge,
                Key::ChapName => &mut said.name,
                Key::ChapResponse => &mut said.response,
                _ => continue,
            };
            if field.replace(pair.value).is_some() {
                return Err(Violation::Repeated(key));
            }
        }
        Ok(said)
    }

    /// One of the keys, if there is any.
    pub(super) fn any(&self) -> Option<Key> {
        let keys = [
            (self.algorithms, Key::ChapAlgorithm),
            (self.identifier, Key::ChapIdentifier),
            (self.challenge, Key::ChapChallenge),
            (self.name, Key::ChapName),
            (self.response, Key::ChapResponse),
        ];
        let mut there = keys.into_iter().filter(|(value, _)| value.is_some());
        there.next().map(|(_, key)| key)
    }
}

impl Chap {
    /// Takes what a text says and writes the answer. A text that says nothing changes nothing.
    pub(super) fn take(
        &mut self,
        said: Said<'_>,
        authority: &mut dyn Authority,
        writer: &mut TextWriter,
    ) -> Result<(), ChapError> {
        let Some(some) = said.any() else {
            return Ok(());
        };
        match (*self, said) {
            (
                Self::Chosen,
                Said {
                    algorithms: Some(algorithms),
                    identifier: None,
                    challenge: None,
                    name: None,
                    response: None,
                },
            ) => {
                let offered = offered(algorithms)?;
                let challenge = authority.challenge(&offered)?;
                *self = ask(&challenge, &offered, writer)?;
            }
            (
                Self::Challenged(algorithm),
                Said {
                    algorithms: None,
                    identifier,
                    challenge,
                    name: Some(name),
                    response: Some(response),
                },
            ) => {
                let reverse = reverse(identifier, challenge)?;
                let proof = proof(algorithm, name, response, reverse)?;
                judge(proof, authority, writer)?;
                *self = Self::Proven;
            }
            _ => return Err(ChapError::Violation(Violation::Misplaced(some))),
        }
        Ok(())
    }

    /// Whether the initiator has proved who it is.
    pub(super) const fn is_proven(self) -> bool {
        matches!(self, Self::Proven)
    }
}

/// The algorithms of CHAP_A that are known here, in the initiator's order, each once.
fn offered(value: &str) -> Result<Vec<Algorithm>, ChapError> {
    let mut offered = Vec::new();
    for item in value.split(',') {
        let number = number(item, 0..=u32::MAX).ok_or(ChapError::Value(Key::ChapAlgorithm))?;
        let known = u8::try_from(number).ok().and_then(Algorithm::of_number);
        offered.extend(known.filter(|algorithm| !offered.contains(algorithm)));
    }
    if offered.is_empty() {
        return Err(ChapError::NoCommonAlgorithm);
    }
    Ok(offered)
}

/// Puts the challenge to the initiator, if it is one that it can answer.
fn ask(
    challenge: &Challenge,
    offered: &[Algorithm],
    writer: &mut TextWriter,
) -> Result<Chap, ChapError> {
    let Challenge {
        algorithm,
        identifier,
        challenge,
    } = challenge;
    if !offered.contains(algorithm) || challenge.is_empty() {
        return Err(ChapError::Unavailable);
    }
    writer.pair(Key::ChapAlgorithm.name(), &algorithm.number().to_string());
    writer.pair(Key::ChapIdentifier.name(), &identifier.to_string());
    writer.pair(Key::ChapChallenge.name(), &hexadecimal(challenge));
    Ok(Chap::Challenged(*algorithm))
}

/// The initiator's own challenge: both of its keys, or none.
fn reverse(
    identifier: Option<&str>,
    challenge: Option<&str>,
) -> Result<Option<(u8, Vec<u8>)>, ChapError> {
    let (identifier, challenge) = match (identifier, challenge) {
        (None, None) => return Ok(None),
        (Some(identifier), Some(challenge)) => (identifier, challenge),
        (None, Some(_)) => return Err(ChapError::Value(Key::ChapIdentifier)),
        (Some(_), None) => return Err(ChapError::Value(Key::ChapChallenge)),
    };
    let number = number(identifier, 0..=u8::MAX.into()).and_then(|n| u8::try_from(n).ok());
    let identifier = number.ok_or(ChapError::Value(Key::ChapIdentifier))?;
    let challenge = binary(challenge).ok_or(ChapError::Value(Key::ChapChallenge))?;
    Ok(Some((identifier, challenge)))
}

fn proof(
    algorithm: Algorithm,
    name: &str,
    response: &str,
    reverse: Option<(u8, Vec<u8>)>,
) -> Result<Proof, ChapError> {
    if name.is_empty() {
        return Err(ChapError::Value(Key::ChapName));
    }
    let response = binary(response).filter(|bytes| bytes.len() == algorithm.response_length());
    Ok(Proof {
        name: name.to_owned(),
        response: response.ok_or(ChapError::Value(Key::ChapResponse))?,
        reverse,
    })
}

/// Has the proof judged, and writes the target's own.
///
/// > "If the initiator authentication fails, the target MUST answer with a Login reject with
/// > "Authentication Failure" status. Otherwise, if the initiator required target authentication,
/// > the target MUST either answer with a Login reject with "Authentication Failure" or reply
/// > with: CHAP_N=<N> CHAP_R=<R>".
fn judge(
    proof: Proof,
    authority: &mut dyn Authority,
    writer: &mut TextWriter,
) -> Result<(), ChapError> {
    let wanted = proof.reverse.is_some();
    match authority.verify(proof)? {
        None if !wanted => Ok(()),
        Some(reverse) if wanted => {
            writer.pair(Key::ChapName.name(), &reverse.name);
            writer.pair(Key::ChapResponse.name(), &hexadecimal(&reverse.response));
            Ok(())
        }
        // Half of a mutual proof, or a proof that nobody wanted.
        None | Some(_) => Err(ChapError::Unavailable),
    }
}
