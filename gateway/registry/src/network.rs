//! Networks of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address with a prefix length: every address that agrees with it in that many first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Not an address, or a prefix length it cannot have.
    #[error(
        "no address or network; write it as \"10.9.1.2\", \"10.9.1.0/28\" or \"2001:db8::/64\""
    )]
    Form,
    /// Bits are set behind the prefix, so that it is unclear which network is meant.
    #[error("has bits set behind its prefix; the network is {network}")]
    HostBits {
        /// The network the address is in.
        network: Network,
    },
    /// `::ffff:a.b.c.d`. Clients that reach us by IPv4 are looked up by their IPv4 address.
    #[error("an IPv4 address in the clothes of IPv6; write it as IPv4")]
    Mapped,
}

impl Network {
    /// The network of all addresses that agree with `address` in the first `prefix` bits:
    /// at most as many as it has.
    #[must_use]
    pub fn around(address: IpAddr, prefix: u8) -> Self {
        let prefix = prefix.min(if address.is_ipv4() { 32 } else { 128 });
        let address = match address {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & high_bits_32(prefix))),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & high_bits_128(prefix))),
        };
        Self { address, prefix }
    }

    /// Its first address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits its addresses have in common: at most 32 or 128.
    #[must_use]
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether it is a single address.
    const fn is_single(&self) -> bool {
        self.prefix == if self.address.is_ipv4() { 32 } else { 128 }
    }
}

/// A mask of the first `prefix` bits.
fn high_bits_32(prefix: u8) -> u32 {
    u32::MAX
        .checked_shl(32_u32.saturating_sub(u32::from(prefix)))
        .unwrap_or(0)
}

/// A mask of the first `prefix` bits.
fn high_bits_128(prefix: u8) -> u128 {
    u128::MAX
        .checked_shl(128_u32.saturating_sub(u32::from(prefix)))
        .unwrap_or(0)
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Form)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if address.to_canonical() != address {
            return Err(NetworkError::Mapped);
        }
        let prefix = match prefix {
            None => longest,
            Some(prefix) => {
                let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
                let prefix = prefix.parse().ok().filter(|_| digits);
                prefix
                    .filter(|&prefix| prefix <= longest)
                    .ok_or(NetworkError::Form)?
            }
        };
        let network = Self::around(address, prefix);
        if network.address == address {
            Ok(network)
        } else {
            Err(NetworkError::HostBits { network })
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() {
            self.address.fmt(f)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

crate::record::serde_as_text!(Network);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_misread_is_refused() {
        let error = |text: &str| text.parse::<Network>().unwrap_err();
        for text in [
            "",
            "10.9.1",
            "10.9.1.2/33",
            "10.9.1.2/+3",
            "10.9.1.2/",
            "::/129",
            "host",
            "010.9.1.2",
        ] {
            assert_eq!(error(text), NetworkError::Form, "{text}");
        }
        assert_eq!(
            error("10.9.1.5/28"),
            NetworkError::HostBits {
                network: "10.9.1.0/28".parse().unwrap()
            }
        );
        assert_eq!(error("::ffff:10.9.1.5"), NetworkError::Mapped);
    }
}
