//! Sets challenges and judges answers: the only place where a secret is used.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use labelgate_control::{Answer, Bytes, ChapAlgorithm, Reverse, ReverseChallenge, Text, ToGreeter};
use labelgate_registry::{ChapSecrets, IdentityName, Registry, Secret, SecretError};
use subtle::ConstantTimeEq;
use tokio::time::{Instant, sleep_until};

use super::challenges::{Challenge, Challenges};
use super::failure::Failure;
use super::response::response;
use crate::config::{ChapSection, Identities, Identity};

/// A refusal takes this long whatever its reason, so that its time does not tell a name that
/// exists from one that does not: what it hides takes microseconds.
pub(super) const REFUSAL_TIME: Duration = Duration::from_millis(5);

/// Sets challenges and judges answers.
#[derive(Debug)]
pub struct Authority {
    section: ChapSection,
    registry: Arc<dyn Registry>,
    challenges: Arc<Challenges>,
    /// What the answers of unknown names are checked with.
    decoy: ChapSecrets,
}

/// A challenge and the hash it is to be answered with.
#[derive(Debug)]
pub struct Posed {
    algorithm: ChapAlgorithm,
    challenge: Challenge,
}

/// How an identity was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By the address it comes from.
    Address,
    /// By CHAP.
    Chap {
        /// The hash.
        algorithm: ChapAlgorithm,
        /// Whether the gateway has proved itself, too.
        mutual: bool,
    },
    /// By a token, with which it mounts.
    Token,
    /// By a file handle that was sealed for it.
    Handle,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, mutual) = match self {
            Self::Address => return f.write_str("known by its address"),
            Self::Token => return f.write_str("a token, with which it mounts"),
            Self::Handle => return f.write_str("a file handle that was sealed for it"),
            Self::Chap { algorithm, mutual } => (algorithm, mutual),
        };
        let hash = match algorithm {
            ChapAlgorithm::Md5 => "MD5",
            ChapAlgorithm::Sha1 => "SHA-1",
            ChapAlgorithm::Sha256 => "SHA-256",
            ChapAlgorithm::Sha3_256 => "SHA3-256",
        };
        let both = if *mutual { ", mutual" } else { "" };
        write!(f, "CHAP with {hash}{both}")
    }
}

/// An identity that has been proved.
#[derive(Debug)]
pub struct Proven {
    /// Whose it is.
    pub identity: Arc<Identity>,
    /// How it was proved.
    pub how: How,
    /// The answer to the initiator's own challenge, if it made one.
    pub reverse: Option<Reverse>,
}

impl Authority {
    /// An authority that asks this registry for secrets.
    pub fn new(section: ChapSection, registry: Arc<dyn Registry>) -> Result<Self, SecretError> {
        let decoy = ChapSecrets::new(Secret::generate()?, None);
        // Without a reverse secret there is nothing it could be the same as.
        let decoy = decoy.ok_or(SecretError::Short)?;
        Ok(Self {
            section,
            registry,
            challenges: Arc::default(),
            decoy,
        })
    }

    /// A challenge for the first of the offered algorithms that is allowed.
    ///
    /// In a list negotiation the responder takes the first value of the originator's list that it
    /// supports and may use with this originator (RFC 7143, 6.2.1; CHAP_A is such a list, 12.1.3).
    /// So which is used is the initiator's choice, and which may be is the admin's.
    pub fn pose(&self, offered: &[ChapAlgorithm]) -> Result<Posed, Failure> {
        let allowed = |algorithm: &&ChapAlgorithm| self.section.algorithms.contains(algorithm);
        let algorithm = offered.iter().find(allowed).ok_or(Failure::Algorithm)?;
        let challenge = self.challenges.fresh().map_err(Failure::Random)?;
        Ok(Posed {
            algorithm: *algorithm,
            challenge,
        })
    }

    /// Judges the one answer to a challenge, which came from this address. Only a right one proves
    /// anything, and only after it is the initiator's own challenge answered.
    pub async fn judge(
        &self,
        posed: Posed,
        answer: &Answer,
        (identities, address): (&Identities, IpAddr),
    ) -> Result<Proven, Failure> {
        let begin = Instant::now();
        let judged = self.weigh(&posed, answer, (identities, address)).await;
        if judged.is_err() {
            sleep_until(begin + REFUSAL_TIME).await;
        }
        judged
    }

    async fn weigh(
        &self,
        posed: &Posed,
        answer: &Answer,
        (identities, address): (&Identities, IpAddr),
    ) -> Result<Proven, Failure> {
        let identity = identities.of_chap_name(&answer.name);
        let secrets = self.secrets(&answer.name).await?;
        // An unknown name costs the same work, with a secret that nobody knows.
        let used = secrets.as_ref().unwrap_or(&self.decoy);
        let expected = posed.answered_with(used.forward());
        let right = bool::from(expected.as_slice().ct_eq(&answer.response));
        let (Some(identity), Some(secrets)) = (identity, &secrets) else {
            return Err(Failure::Name(answer.name.clone()));
        };
        if !right {
            return Err(Failure::Response(answer.name.clone()));
        }
        if !identity.is_admitted(address, SystemTime::now()) {
            return Err(Failure::NoLease(answer.name.clone()));
        }
        let reverse = answer.reverse.as_ref();
        let reverse = reverse.map(|own| self.reverse(posed, own, secrets, &answer.name));
        Ok(Proven {
            identity: Arc::clone(identity),
            how: How::Chap {
                algorithm: posed.algorithm,
                mutual: answer.reverse.is_some(),
            },
            reverse: reverse.transpose()?,
        })
    }

    /// The secrets of whoever has this CHAP name. They live for one verification.
    async fn secrets(&self, name: &Text<255>) -> Result<Option<ChapSecrets>, Failure> {
        let Ok(name) = name.parse::<IdentityName>() else {
            return Ok(None);
        };
        let registry = Arc::clone(&self.registry);
        let asked = tokio::task::spawn_blocking(move || registry.secrets(&name)).await;
        let asked = asked.map_err(|panic| Failure::Registry(panic.to_string()))?;
        asked.map_err(|error| Failure::Registry(error.to_string()))
    }

    /// The gateway's answer to the initiator's own challenge.
    fn reverse(
        &self,
        posed: &Posed,
        own: &ReverseChallenge,
        secrets: &ChapSecrets,
        name: &Text<255>,
    ) -> Result<Reverse, Failure> {
        if self.challenges.is_ours(&own.challenge) {
            return Err(Failure::Reflected(name.clone()));
        }
        let no_secret = || Failure::NoReverseSecret(name.clone());
        let secret = secrets.reverse().ok_or_else(no_secret)?;
        let response = response(
            posed.algorithm,
            own.identifier,
            secret.expose(),
            &own.challenge,
        );
        Ok(Reverse {
            name: self.section.name.clone(),
            // No response is longer than 32 bytes.
            response: Bytes::try_from(response.as_slice()).unwrap_or_default(),
        })
    }
}

impl Posed {
    /// What the greeter is told.
    pub fn message(&self) -> ToGreeter {
        ToGreeter::Challenge {
            algorithm: self.algorithm,
            identifier: self.challenge.identifier(),
            // A challenge has 32 bytes.
            challenge: Bytes::try_from(&self.challenge.value()[..]).unwrap_or_default(),
        }
    }

    fn answered_with(&self, secret: &Secret) -> zeroize::Zeroizing<Vec<u8>> {
        let challenge = &self.challenge;
        response(
            self.algorithm,
            challenge.identifier(),
            secret.expose(),
            challenge.value(),
        )
    }
}
