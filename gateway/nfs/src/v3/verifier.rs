//! The three verifiers: eight bytes each, which only whoever made them understands.

use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// NFS3_COOKIEVERFSIZE.
///
/// > The size in bytes of the opaque cookie verifier passed by READDIR and READDIRPLUS.
/// > (RFC 1813 2.4)
pub const COOKIE_VERIFIER: usize = 8;

/// NFS3_CREATEVERFSIZE.
///
/// > The size in bytes of the opaque verifier used for exclusive CREATE. (RFC 1813 2.4)
pub const CREATE_VERIFIER: usize = 8;

/// NFS3_WRITEVERFSIZE.
///
/// > The size in bytes of the opaque verifier used for asynchronous WRITE. (RFC 1813 2.4)
pub const WRITE_VERIFIER: usize = 8;

/// Ours: as long as it does not change, cookies into the directory stay valid.
///
/// > For the first call, both are set to 0. The response includes a new cookie verifier, with a
/// > cookie per entry. For subsequent READDIRs, the client must present both the cookie and the
/// > corresponding cookie verifier. (RFC 1813 3.3.16)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CookieVerifier(pub [u8; COOKIE_VERIFIER]);

/// The client's: it tells a retransmitted exclusive CREATE from another client's.
///
/// > how.verf contains a verifier that can reasonably be expected to be unique. (RFC 1813 3.3.8)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateVerifier(pub [u8; CREATE_VERIFIER]);

/// Ours: it changes when data that was not committed may have been lost.
///
/// > This cookie must be consistent during a single instance of the NFS version 3 protocol service
/// > and must be unique between instances of the NFS version 3 protocol server, where uncommitted
/// > data may be lost. (RFC 1813 3.3.7)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteVerifier(pub [u8; WRITE_VERIFIER]);

impl Decode<'_> for CookieVerifier {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self(d.fixed()?))
    }
}

impl Decode<'_> for CreateVerifier {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self(d.fixed()?))
    }
}

impl Encode for CookieVerifier {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.fixed(&self.0);
    }
}

impl Encode for WriteVerifier {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.fixed(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_its_eight_bytes_alone() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];

        assert_eq!(
            CookieVerifier::decode_all(&bytes),
            Ok(CookieVerifier(bytes))
        );
        assert_eq!(
            CreateVerifier::decode_all(&bytes),
            Ok(CreateVerifier(bytes))
        );
        assert_eq!(CookieVerifier(bytes).to_bytes(), bytes);
        assert_eq!(WriteVerifier(bytes).to_bytes(), bytes);
    }
}
