//! Logins that have to prove who they are, to an authority that knows one identity.

mod conversations;
mod hostile;
mod random;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sha3::Sha3_256;

use super::{Initiator, Outcome, answers, request, text};
use crate::login::{
    Algorithm, Authority, Challenge, Denial, Established, Proof, Reply, Reverse, Surroundings,
};
use crate::name::IscsiName;
use crate::pdu::{LoginProgress, LoginRequest, LoginStatus, Stage, Tsih};

const NAME: &str = "vm-a";
const SECRET: &[u8] = b"twelve-bytes-or-more";
const OUR_NAME: &str = "labelgate";
const OUR_SECRET: &[u8] = b"the-reverse-secret";
const IDENTIFIER: u8 = 7;

fn our_challenge() -> Vec<u8> {
    (0..32).collect()
}

/// RFC 1994, 4.1: "a stream of octets consisting of the Identifier, followed by (concatenated
/// with) the "secret", followed by (concatenated with) the Challenge Value".
fn hashed(algorithm: Algorithm, identifier: u8, secret: &[u8], challenge: &[u8]) -> Vec<u8> {
    let stream = [&[identifier], secret, challenge].concat();
    match algorithm {
        Algorithm::Md5 => Md5::digest(stream).to_vec(),
        Algorithm::Sha1 => Sha1::digest(stream).to_vec(),
        Algorithm::Sha256 => Sha256::digest(stream).to_vec(),
        Algorithm::Sha3_256 => Sha3_256::digest(stream).to_vec(),
    }
}

/// The right answer to our challenge.
fn right(algorithm: Algorithm) -> Vec<u8> {
    hashed(algorithm, IDENTIFIER, SECRET, &our_challenge())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

fn base64(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = String::from("0b");
    for three in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(group);
        for place in 0..4 {
            let symbol = SYMBOLS[(bits >> (18 - 6 * place) & 63) as usize];
            value.push(if place <= three.len() {
                symbol.into()
            } else {
                '='
            });
        }
    }
    value
}

/// An authority that fails the test if a login asks for more than it may.
struct Gatekeeper {
    allowed: Vec<Algorithm>,
    posed: Option<Algorithm>,
    judged: bool,
    granted: bool,
    /// What it says instead of the truth.
    whim: Whim,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whim {
    None,
    /// It cannot be asked for a challenge.
    Silent,
    /// It cannot be asked for a verdict.
    Gone,
    /// It chooses an algorithm that was not offered.
    Stubborn,
    /// Its challenge is empty.
    Empty,
    /// It proves itself to those who have not asked.
    Eager,
    /// It does not prove itself to those who have.
    Shy,
}

impl Gatekeeper {
    fn new() -> Self {
        Self {
            allowed: Algorithm::ALL.to_vec(),
            posed: None,
            judged: false,
            granted: false,
            whim: Whim::None,
        }
    }

    fn with(whim: Whim) -> Self {
        Self {
            whim,
            ..Self::new()
        }
    }
}

impl Authority for Gatekeeper {
    fn challenge(&mut self, offered: &[Algorithm]) -> Result<Challenge, Denial> {
        assert_eq!(self.posed, None, "a second challenge");
        assert!(!offered.is_empty() && offered.len() <= Algorithm::ALL.len());
        if self.whim == Whim::Silent {
            return Err(Denial::Unavailable);
        }
        let allowed = |algorithm: &&Algorithm| self.allowed.contains(algorithm);
        let wanted = offered.iter().copied().find(|a| allowed(&a));
        let other = || Algorithm::ALL.into_iter().find(|a| !offered.contains(a));
        let algorithm = match self.whim {
            Whim::Stubborn => other(),
            _ => wanted,
        };
        self.posed = algorithm;
        Ok(Challenge {
            algorithm: algorithm.ok_or(Denial::Refused)?,
            identifier: IDENTIFIER,
            challenge: match self.whim {
                Whim::Empty => Vec::new(),
                _ => our_challenge(),
            },
        })
    }

    fn verify(&mut self, proof: Proof) -> Result<Option<Reverse>, Denial> {
        let algorithm = self.posed.expect("a verdict before a challenge");
        assert!(!self.judged, "a second verdict");
        self.judged = true;
        assert!((1..=255).contains(&proof.name.len()));
        assert_eq!(proof.response.len(), algorithm.response_length());
        if self.whim == Whim::Gone {
            return Err(Denial::Unavailable);
        }
        if proof.name != NAME || proof.response != right(algorithm) {
            return Err(Denial::Refused);
        }
        let own = proof.reverse.map(|(identifier, challenge)| {
            assert!((1..=1024).contains(&challenge.len()));
            if challenge == our_challenge() {
                return Err(Denial::Refused);
            }
            Ok(hashed(algorithm, identifier, OUR_SECRET, &challenge))
        });
        let response = own.transpose()?;
        self.granted = true;
        Ok(match (self.whim, response) {
            (Whim::Shy, _) => None,
            (Whim::Eager, None) => Some(vec![0; 16]),
            (_, response) => response,
        }
        .map(|response| Reverse {
            name: OUR_NAME.to_owned(),
            response,
        }))
    }
}

/// A login as a process sees it that does not know who speaks.
struct Strangers(Gatekeeper);

impl Surroundings for Strangers {
    fn has_target(&self, _: &IscsiName) -> bool {
        true
    }

    fn has_session(&self, _: Tsih) -> bool {
        false
    }

    fn authority(&mut self) -> Option<&mut dyn Authority> {
        Some(&mut self.0)
    }
}

/// An initiator and the authority it has to convince.
struct Conversation {
    initiator: Initiator,
    world: Strangers,
}

impl Conversation {
    fn new() -> Self {
        Self::before(Gatekeeper::new())
    }

    fn before(gatekeeper: Gatekeeper) -> Self {
        Self {
            initiator: Initiator::default(),
            world: Strangers(gatekeeper),
        }
    }

    /// As far as the challenge.
    fn challenged(gatekeeper: Gatekeeper, algorithms: &str) -> Self {
        let mut conversation = Self::before(gatekeeper);
        let opening = format!("{} AuthMethod=CHAP", names());
        conversation.say(0x00, &opening).continues();
        let offer = format!("CHAP_A={algorithms}");
        conversation.say(0x00, &offer).continues();
        conversation
    }

    fn send(&mut self, request: &LoginRequest, data: &[u8]) -> Outcome {
        self.initiator.send_to(request, data, &mut self.world)
    }

    /// A request with these flags and pairs.
    fn say(&mut self, flags: u8, pairs: &str) -> Outcome {
        self.send(&with_flags(flags), &text(pairs))
    }

    /// A request whose answer goes on, as flags and text.
    fn hears(&mut self, flags: u8, pairs: &str) -> (u8, String) {
        let reply = self.say(flags, pairs).continues();
        (flags_of(&reply), answers(&reply))
    }

    fn posed(&self) -> bool {
        self.world.0.posed.is_some()
    }

    fn judged(&self) -> bool {
        self.world.0.judged
    }
}

/// T, CSG and NSG of an answer, as they are on the wire.
fn flags_of(reply: &Reply) -> u8 {
    let stage = reply.response.current_stage.code() << 2;
    match reply.response.progress {
        LoginProgress::Stays => stage,
        LoginProgress::Continues => 0x40 | stage,
        LoginProgress::Transits(next) => 0x80 | stage | next.code(),
    }
}

fn with_flags(flags: u8) -> LoginRequest {
    let mut sent = super::header("43000000 00000000 80000001 00000000 00000001 00000000 00000001");
    sent[1] = flags;
    request(&sent)
}

fn names() -> String {
    format!(
        "InitiatorName=iqn.2001-04.com.example:a TargetName={} SessionType=Normal",
        super::DISK
    )
}

/// CHAP_N and CHAP_R of whoever knows the secret.
fn proof(algorithm: Algorithm) -> String {
    format!("CHAP_N={NAME} CHAP_R={}", hexadecimal(&right(algorithm)))
}
