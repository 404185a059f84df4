//! Credentials and verifiers (RFC 5531, 8.2 and 10).

use super::{AuthStat, AuthSys};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// The greatest length of a credential's or a verifier's body.
///
/// > any "opaque_auth" structure is an "auth_flavor" enumeration followed by up to 400 bytes
/// > (RFC 5531, 8.2)
pub const BODY: usize = 400;

/// The numbers of `auth_flavor` that are told apart here.
pub mod flavor {
    /// The caller says nothing of itself.
    pub const NONE: u32 = 0;
    /// The caller says what its user's numbers are.
    pub const SYS: u32 = 1;
    /// A shorthand that a server gave out, which this one never does.
    pub const SHORT: u32 = 2;
}

/// Who a client says it is. It proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// AUTH_NONE.
    None,
    /// AUTH_SYS.
    Sys(AuthSys<'a>),
}

/// A credential or a verifier whose body has not been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpaqueAuth<'a> {
    pub(super) flavor: u32,
    pub(super) body: &'a [u8],
}

impl<'a> OpaqueAuth<'a> {
    pub(super) const NONE: Self = Self {
        flavor: flavor::NONE,
        body: &[],
    };

    /// What this is as a credential.
    ///
    /// > Opaque data associated with "AUTH_NONE" is undefined. (RFC 5531, 10.1)
    ///
    /// Of a shorthand that is not known (and none is) it says:
    ///
    /// > The reason for the failure will be "AUTH_REJECTEDCRED". At this point, the client may
    /// > wish to try the original "AUTH_SYS" style of credential. (RFC 5531, appendix A)
    ///
    /// With other flavors no session can begin, so that those are bad ones.
    pub(super) fn credential(self) -> Result<Credential<'a>, AuthStat> {
        match self.flavor {
            flavor::NONE => Ok(Credential::None),
            flavor::SYS => AuthSys::decode_all(self.body)
                .map(Credential::Sys)
                .map_err(|_| AuthStat::BadCred),
            flavor::SHORT => Err(AuthStat::RejectedCred),
            _ => Err(AuthStat::BadCred),
        }
    }

    /// Accepts this as the verifier of either credential.
    ///
    /// > The verifier accompanying the credential should have "AUTH_NONE" flavor value (RFC 5531,
    /// > appendix A)
    pub(super) const fn verify(self) -> Result<(), AuthStat> {
        match self.flavor {
            flavor::NONE => Ok(()),
            _ => Err(AuthStat::BadVerf),
        }
    }
}

impl Encode for Credential<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        match self {
            Self::None => e.item(&OpaqueAuth::NONE),
            Self::Sys(sys) => e.item(&OpaqueAuth {
                flavor: flavor::SYS,
                body: &sys.to_bytes(),
            }),
        }
    }
}

impl<'a> Decode<'a> for OpaqueAuth<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            flavor: d.u32()?,
            body: d.opaque(BODY)?,
        })
    }
}

impl Encode for OpaqueAuth<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.flavor);
        e.opaque(self.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(flavor: u32, body: &[u8]) -> OpaqueAuth<'_> {
        OpaqueAuth { flavor, body }
    }

    #[test]
    fn what_auth_none_carries_is_not_looked_at() {
        assert_eq!(of(0, b"anything").credential(), Ok(Credential::None));
        assert_eq!(of(0, b"anything").verify(), Ok(()));
    }

    #[test]
    fn a_shorthand_is_rejected_so_that_the_client_tries_auth_sys() {
        assert_eq!(of(2, &[]).credential(), Err(AuthStat::RejectedCred));
    }

    #[test]
    fn other_flavors_are_bad_credentials() {
        assert_eq!(of(3, &[]).credential(), Err(AuthStat::BadCred));
        assert_eq!(of(6, &[]).credential(), Err(AuthStat::BadCred));
        assert_eq!(of(u32::MAX, &[]).credential(), Err(AuthStat::BadCred));
    }

    #[test]
    fn an_auth_sys_that_is_none_is_a_bad_credential() {
        assert_eq!(of(1, &[0; 8]).credential(), Err(AuthStat::BadCred));
    }

    #[test]
    fn a_verifier_is_of_auth_none() {
        assert_eq!(of(1, &[]).verify(), Err(AuthStat::BadVerf));
    }
}
