//! What identities are proved with: brought by an admin, or made here.
//!
//! It leaves the gateway once: in the answer to the request that made it.

use labelgate_api::{self as api, ErrorCode, RotateIdentity};
use labelgate_registry::{ChapSecrets, NewProof, NewSecrets, Proof, Secret, Token};

use super::answer::same;
use super::failure::Denied;

/// What an admin is shown, this once.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) secrets: Option<api::ChapSecrets>,
    pub(super) token: Option<api::Token>,
}

/// The proof of a new identity as the registry keeps it, and what is shown of it.
pub(super) fn new_proof(asked: api::NewProof) -> Result<(NewProof, Shown), Denied> {
    match asked {
        api::NewProof::Address { network } => {
            let network = same(&network.to_string())?;
            Ok((NewProof::Address(network), Shown::default()))
        }
        api::NewProof::Chap {
            secret,
            mutual,
            reverse_secret,
            short,
        } => {
            if reverse_secret.is_some() && !mutual {
                let message = "a reverse secret without \"mutual\"";
                return Err(Denied::new(ErrorCode::Invalid, message)
                    .hint("say that the gateway shall prove itself, or leave the secret out"));
            }
            let (stored, shown) = chap(secret, mutual, reverse_secret, short)?;
            Ok((NewProof::Chap(stored), shown))
        }
        api::NewProof::Token { token } => {
            let (stored, shown) = brought_or_new_token(token)?;
            Ok((NewProof::Token(stored), shown))
        }
    }
}

/// The new secrets, or the new token, of an identity that has this proof. What does not go with
/// the proof is for the registry to refuse.
pub(super) fn new_secrets(
    asked: RotateIdentity,
    proof: Option<Proof>,
    mutual: bool,
) -> Result<(NewSecrets, Shown), Denied> {
    let RotateIdentity {
        secret,
        mutual: asked_mutual,
        reverse_secret,
        short,
        token,
    } = asked;
    let of_chap = secret.is_some() || reverse_secret.is_some() || asked_mutual.is_some() || short;
    if of_chap && token.is_some() {
        let message = "a token and something that is CHAP's";
        return Err(Denied::new(ErrorCode::Invalid, message)
            .hint("an identity is proved by one of the two; leave the other out"));
    }
    if token.is_some() || (proof == Some(Proof::Token) && !of_chap) {
        let (stored, shown) = brought_or_new_token(token)?;
        return Ok((NewSecrets::Token(stored), shown));
    }
    let (stored, shown) = chap(secret, mutual, reverse_secret, short)?;
    Ok((NewSecrets::Chap(stored), shown))
}

/// The secrets that were brought, and new ones where none were.
fn chap(
    forward: Option<api::Secret>,
    mutual: bool,
    reverse: Option<api::Secret>,
    short: bool,
) -> Result<(ChapSecrets, Shown), Denied> {
    let forward = brought_or_new(forward, short)?;
    let reverse = match mutual {
        true => Some(brought_or_new(reverse, short)?),
        false => None,
    };
    let shown = api::ChapSecrets {
        secret: shown(forward.expose())?,
        reverse_secret: reverse
            .as_ref()
            .map(|reverse| shown(reverse.expose()))
            .transpose()?,
    };
    let stored = ChapSecrets::new(forward, reverse).ok_or_else(|| {
        Denied::new(ErrorCode::Invalid, "both secrets are the same")
            .hint("bring two that differ, or let them be made")
    })?;
    let shown = Shown {
        secrets: Some(shown),
        token: None,
    };
    Ok((stored, shown))
}

fn brought_or_new(secret: Option<api::Secret>, short: bool) -> Result<Secret, Denied> {
    let made = match (secret, short) {
        (Some(secret), _) => return same(secret.expose()),
        (None, true) => Secret::generate_short(),
        (None, false) => Secret::generate(),
    };
    made.map_err(|error| Denied::new(ErrorCode::Internal, error))
}

fn brought_or_new_token(token: Option<api::Token>) -> Result<(Token, Shown), Denied> {
    let token: Token = match token {
        Some(token) => same(token.expose())?,
        None => Token::generate().map_err(|error| Denied::new(ErrorCode::Internal, error))?,
    };
    let shown = Shown {
        secrets: None,
        token: Some(shown(token.expose())?),
    };
    Ok((token, shown))
}

/// What is printable ASCII, as it is shown.
fn shown<T: std::str::FromStr<Err: std::fmt::Display>>(bytes: &[u8]) -> Result<T, Denied> {
    same(std::str::from_utf8(bytes).unwrap_or_default())
}
