//! Who decides whether an initiator has proved who it is.

/// A hash that CHAP is used with (RFC 7143, 12.1.3; IANA "PPP Authentication Algorithms").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// MD5: 16 bytes.
    Md5,
    /// SHA-1: 20 bytes.
    Sha1,
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA3-256: 32 bytes.
    Sha3_256,
}

impl Algorithm {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha3_256];

    /// Its number in CHAP_A.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Md5 => 5,
            Self::Sha1 => 6,
            Self::Sha256 => 7,
            Self::Sha3_256 => 8,
        }
    }

    /// The algorithm with this number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.number() == number)
    }

    /// The length of its responses in bytes.
    #[must_use]
    pub const fn response_length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::Sha3_256 => 32,
        }
    }
}

/// What an initiator is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// How it is to answer; one of those it has offered.
    pub algorithm: Algorithm,
    /// CHAP_I.
    pub identifier: u8,
    /// CHAP_C: fresh random bytes, 1 to 1024 of them.
    pub challenge: Vec<u8>,
}

/// What an initiator answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    /// CHAP_N: who it says it is. 1 to 255 bytes, of any kind.
    pub name: String,
    /// CHAP_R, as long as the algorithm makes it.
    pub response: Vec<u8>,
    /// Its own challenge, if the target is to prove itself, too: CHAP_I, and CHAP_C of 1 to 1024
    /// bytes.
    pub reverse: Option<(u8, Vec<u8>)>,
}

impl std::fmt::Debug for Proof {
    /// A response is half of what it takes to guess a secret at leisure.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof")
            .field("name", &self.name)
            .field("reverse", &self.reverse.is_some())
            .finish_non_exhaustive()
    }
}

/// The target's answer to the initiator's own challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reverse {
    /// CHAP_N: the target's name, without a NUL.
    pub name: String,
    /// CHAP_R.
    pub response: Vec<u8>,
}

/// Why an authority does not say yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The initiator is not who it says it is, or cannot prove it in a way that is allowed.
    Refused,
    /// The authority cannot be asked. Nobody is let in.
    Unavailable,
}

/// Who decides whether an initiator has proved who it is. A login asks for one challenge and for
/// one verdict; it waits for either.
pub trait Authority {
    /// A challenge that can be answered with one of these, which are in the initiator's order;
    /// never none.
    ///
    /// # Errors
    /// See [`Denial`].
    fn challenge(&mut self, offered: &[Algorithm]) -> Result<Challenge, Denial>;

    /// Whether the answer to that challenge is right. The target's own proof comes back if, and
    /// only if, it was asked for.
    ///
    /// # Errors
    /// See [`Denial`].
    fn verify(&mut self, proof: Proof) -> Result<Option<Reverse>, Denial>;
}
