//! AUTH_SYS (RFC 5531, appendix A).

use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > string machinename<255>; (RFC 5531, appendix A)
const MACHINE_NAME: usize = 255;

/// > unsigned int gids<16>; (RFC 5531, appendix A)
const GIDS: usize = 16;

/// What a client says of its user.
///
/// > It should be noted that use of this flavor of authentication does not guarantee any security
/// > for the users or providers of a service, in itself. (RFC 5531, appendix A)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthSys<'a> {
    /// An arbitrary number of the caller's.
    pub stamp: u32,
    /// The name of the caller's machine, in no particular encoding.
    pub machine_name: &'a [u8],
    /// The caller's effective user.
    pub uid: u32,
    /// The caller's effective group.
    pub gid: u32,
    /// Further groups of the caller's.
    pub gids: Gids,
}

/// At most sixteen groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gids {
    count: usize,
    gids: [u32; GIDS],
}

impl Gids {
    /// These groups; `None` if they are more than sixteen.
    #[must_use]
    pub fn new(of: &[u32]) -> Option<Self> {
        let mut gids = [0; GIDS];
        gids.get_mut(..of.len())?.copy_from_slice(of);
        Some(Self {
            count: of.len(),
            gids,
        })
    }

    /// The groups.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        self.gids.get(..self.count).unwrap_or_default()
    }
}

impl<'a> Decode<'a> for AuthSys<'a> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            stamp: d.u32()?,
            machine_name: d.opaque(MACHINE_NAME)?,
            uid: d.u32()?,
            gid: d.u32()?,
            gids: d.item()?,
        })
    }
}

impl Encode for AuthSys<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.stamp);
        e.opaque(self.machine_name);
        e.u32(self.uid);
        e.u32(self.gid);
        e.item(&self.gids);
    }
}

impl Decode<'_> for Gids {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let count = d.length(GIDS)?;
        let mut gids = [0; GIDS];
        for gid in gids.iter_mut().take(count) {
            *gid = d.u32()?;
        }
        Ok(Self { count, gids })
    }
}

impl Encode for Gids {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.length(self.count);
        for gid in self.as_slice() {
            e.u32(*gid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const KRYPTON: &[u8] = &[
        0, 0, 0, 9,
        0, 0, 0, 7, b'k', b'r', b'y', b'p', b't', b'o', b'n', 0,
        0, 0, 3, 0xe8,
        0, 0, 0, 100,
        0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 5,
    ];

    fn krypton() -> AuthSys<'static> {
        AuthSys {
            stamp: 9,
            machine_name: b"krypton",
            uid: 1000,
            gid: 100,
            gids: Gids::new(&[4, 5]).unwrap(),
        }
    }

    #[test]
    fn a_credential_is_read_from_its_bytes() {
        assert_eq!(AuthSys::decode_all(KRYPTON), Ok(krypton()));
        assert_eq!(krypton().to_bytes(), KRYPTON);
    }

    #[test]
    fn a_machine_name_has_at_most_255_bytes() {
        let named = |length| {
            let machine_name = &[b'x'; 256][..length];
            AuthSys {
                machine_name,
                ..krypton()
            }
            .to_bytes()
        };

        assert!(AuthSys::decode_all(&named(255)).is_ok());
        assert_eq!(AuthSys::decode_all(&named(256)), Err(Malformed::TooLong));
    }

    #[test]
    fn there_are_at_most_sixteen_groups() {
        let mut seventeen = KRYPTON[..24].to_vec();
        seventeen.extend_from_slice(&[0, 0, 0, 17]);
        seventeen.extend_from_slice(&[0; 17 * 4]);

        assert_eq!(AuthSys::decode_all(&seventeen), Err(Malformed::TooLong));
        assert_eq!(Gids::new(&[0; 17]), None);
        assert_eq!(Gids::new(&[7; 16]).unwrap().as_slice(), [7; 16]);
    }

    #[test]
    fn nothing_follows_the_groups() {
        let longer = [KRYPTON, &[0; 4]].concat();

        assert_eq!(AuthSys::decode_all(&longer), Err(Malformed::Trailing));
    }
}
