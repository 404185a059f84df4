//! CHAP secrets.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hexadecimal;

/// The least length of a secret: 12 bytes are 96 bits.
///
/// > When CHAP is used with a secret smaller than 96 bits, a compliant implementation MUST NOT
/// > continue with the login unless it can verify that IPsec encryption is being used
/// > (RFC 7143 9.2.1)
const SHORTEST: usize = 12;

/// The greatest: libiscsi (QEMU) and open-iscsi keep 255 bytes.
const LONGEST: usize = 255;

/// Letters that need quoting nowhere. A power of two: six random bits are one letter.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// What only a VM and the gateway know.
///
/// It is printed nowhere, wiped from memory when it is dropped, and compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

/// Why a text is no secret. It says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Less than 96 bits.
    #[error("the secret has less than 12 characters; use 12 to 255, or let one be generated")]
    Short,
    /// More than initiators keep.
    #[error("the secret has more than 255 characters; use 12 to 255, or let one be generated")]
    Long,
    /// Initiators' files and tools would cut or change it.
    #[error("the secret has a space, a control character or one beyond ASCII; use printable ASCII")]
    Unprintable,
    /// The kernel has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl Secret {
    /// 22 random letters of 64: 132 bits.
    ///
    /// > Implementations MUST support use of up to 128-bit random CHAP secrets, including the
    /// > means to generate such secrets (RFC 7143 9.2.1)
    ///
    /// QEMU (libiscsi), libvirt and open-iscsi take it. Microsoft's initiator takes no more than
    /// 16 bytes: for that there is [`Secret::generate_short`].
    ///
    /// # Errors
    /// The kernel has no random numbers.
    pub fn generate() -> Result<Self, SecretError> {
        Self::random::<22>()
    }

    /// 16 random letters of 64: 96 bits, the least that RFC 7143 allows, for initiators that take
    /// only 12 to 16 bytes.
    ///
    /// # Errors
    /// The kernel has no random numbers.
    pub fn generate_short() -> Result<Self, SecretError> {
        Self::random::<16>()
    }

    fn random<const N: usize>() -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new([0; N]);
        getrandom::fill(bytes.as_mut_slice())?;
        let letter = |byte: &u8| {
            ALPHABET
                .get(usize::from(byte % 64))
                .copied()
                .unwrap_or(b'_')
        };
        Ok(Self(bytes.iter().map(letter).collect()))
    }

    /// The bytes, which are printable ASCII: for the computation of a response, and for the one
    /// time that an admin is shown a new secret.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        match bytes.len() {
            ..SHORTEST => Err(SecretError::Short),
            SHORTEST..=LONGEST if !bytes.iter().all(u8::is_ascii_graphic) => {
                Err(SecretError::Unprintable)
            }
            SHORTEST..=LONGEST => Ok(Self(bytes.to_vec())),
            _ => Err(SecretError::Long),
        }
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    /// A secret that an admin brings: 12 to 255 printable ASCII characters.
    fn from_str(text: &str) -> Result<Self, SecretError> {
        Self::of_bytes(text.as_bytes())
    }
}

impl ConstantTimeEq for Secret {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The secrets of one identity.
#[derive(Debug, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ChapSecrets {
    forward: Secret,
    reverse: Option<Secret>,
}

impl ChapSecrets {
    /// The secret the VM proves itself with, and the one the gateway proves itself to the VM with
    /// (mutual CHAP), if the VM is to ask for that.
    ///
    /// `None` if they are the same: then an answer in one direction would be one in the other.
    /// (RFC 7143 12.1.3: the target's secret MUST differ from the initiator's.)
    #[must_use]
    pub fn new(forward: Secret, reverse: Option<Secret>) -> Option<Self> {
        let same = reverse.as_ref().is_some_and(|reverse| *reverse == forward);
        (!same).then_some(Self { forward, reverse })
    }

    /// The secret the VM proves itself with.
    #[must_use]
    pub const fn forward(&self) -> &Secret {
        &self.forward
    }

    /// The secret the gateway proves itself with.
    #[must_use]
    pub const fn reverse(&self) -> Option<&Secret> {
        self.reverse.as_ref()
    }

    /// Whether any secret of the one is a secret of the other. Takes a time that depends on
    /// lengths alone.
    pub(crate) fn share(&self, other: &Self) -> Choice {
        let mut same = Choice::from(0);
        for ours in std::iter::once(&self.forward).chain(&self.reverse) {
            for theirs in std::iter::once(&other.forward).chain(&other.reverse) {
                same |= ours.ct_eq(theirs);
            }
        }
        same
    }
}

/// How secrets stand in the database and in backups, and nowhere else: this type is private.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredSecrets {
    forward: Hexadecimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reverse: Option<Hexadecimal>,
}

impl From<&ChapSecrets> for StoredSecrets {
    fn from(secrets: &ChapSecrets) -> Self {
        Self {
            forward: Hexadecimal(secrets.forward.clone()),
            reverse: secrets.reverse.clone().map(Hexadecimal),
        }
    }
}

impl StoredSecrets {
    /// The secrets, unless they are alike.
    pub(crate) fn into_secrets(self) -> Option<ChapSecrets> {
        ChapSecrets::new(self.forward.0, self.reverse.map(|reverse| reverse.0))
    }
}

/// A secret in hexadecimal.
struct Hexadecimal(Secret);

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hexadecimal::serialize(&self.0.0, LONGEST, serializer)
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = hexadecimal::deserialize(LONGEST, deserializer)?;
        Secret::of_bytes(&bytes).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        text.parse().unwrap()
    }

    #[test]
    fn a_generated_secret_has_the_letters_that_make_its_bits() {
        let (long, short) = (
            Secret::generate().unwrap(),
            Secret::generate_short().unwrap(),
        );
        assert_eq!((long.expose().len(), short.expose().len()), (22, 16));
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            seen.extend(Secret::generate().unwrap().expose().to_vec());
        }
        // 4400 letters: one of 64 is missing once in 10^28 runs.
        assert_eq!(seen.len(), 64);
        assert!(seen.iter().all(|letter| ALPHABET.contains(letter)));
    }

    #[test]
    fn nothing_of_a_secret_is_printed() {
        let secrets = ChapSecrets::new(secret("sesame-sesame"), Some(secret("emases-emases")));
        let printed = format!("{secrets:?}");
        assert!(
            !printed.contains("sesame") && !printed.contains("emases"),
            "{printed}"
        );
        let error = "ab c".repeat(4).parse::<Secret>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("ab c"));
    }

    #[test]
    fn what_initiators_would_cut_or_change_is_refused() {
        let error = |text: &str| text.parse::<Secret>().unwrap_err();
        assert_eq!(error(&"x".repeat(11)), SecretError::Short);
        assert_eq!(error(&"x".repeat(256)), SecretError::Long);
        assert_eq!(error("twelve chars"), SecretError::Unprintable);
        assert_eq!(error("twelve\nchars"), SecretError::Unprintable);
        assert!("x".repeat(255).parse::<Secret>().is_ok());
    }

    #[test]
    fn both_directions_never_have_one_secret() {
        let one = || secret("one-secret-of-many");
        assert!(ChapSecrets::new(one(), Some(one())).is_none());
        assert!(ChapSecrets::new(one(), None).is_some());
    }

    #[test]
    fn a_shared_secret_is_found_in_every_direction() {
        let pair =
            |forward, reverse| ChapSecrets::new(secret(forward), Some(secret(reverse))).unwrap();
        let ours = pair("aaaaaaaaaaaa", "bbbbbbbbbbbb");
        let share = |other: &ChapSecrets| bool::from(ours.share(other));
        assert!(share(&pair("aaaaaaaaaaaa", "cccccccccccc")));
        assert!(share(&pair("cccccccccccc", "aaaaaaaaaaaa")));
        assert!(share(&pair("bbbbbbbbbbbb", "cccccccccccc")));
        assert!(share(&pair("cccccccccccc", "bbbbbbbbbbbb")));
        assert!(!share(&pair("cccccccccccc", "dddddddddddd")));
    }
}
