//! Addresses as RPCBIND writes them (RFC 5665, 5.2.3).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// An IP address and a port, as `192.0.2.7.8.1` or `2001:db8::7.8.1`.
///
/// > Assuming big-endian ordering, p1 and p2 are, respectively, the first and second octets each
/// > converted to ASCII-decimal. (RFC 5665, 5.2.3.3)
///
/// Of IPv6 addresses the compressed form is sent:
///
/// > Additionally, the two alternative forms specified in Section 2.2 of RFC 4291 are also
/// > acceptable. (RFC 5665, 5.2.3.4)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UniversalAddress(pub SocketAddr);

/// A text is no universal address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no universal address")]
pub struct NoAddress;

impl fmt::Display for UniversalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p1, p2] = self.0.port().to_be_bytes();
        write!(f, "{}.{p1}.{p2}", self.0.ip())
    }
}

impl FromStr for UniversalAddress {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let (text, p2) = text.rsplit_once('.').ok_or(NoAddress)?;
        let (address, p1) = text.rsplit_once('.').ok_or(NoAddress)?;
        let address: IpAddr = address.parse().map_err(|_| NoAddress)?;
        let port = u16::from_be_bytes([octet(p1)?, octet(p2)?]);
        Ok(Self(SocketAddr::new(address, port)))
    }
}

fn octet(text: &str) -> Result<u8, NoAddress> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let octet = text.parse().map_err(|_| NoAddress)?;
    digits.then_some(octet).ok_or(NoAddress)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> UniversalAddress {
        UniversalAddress(text.parse().unwrap())
    }

    #[test]
    fn an_ipv4_address_is_followed_by_its_ports_octets() {
        // The example of RFC 5665, 5.2.3.3.
        assert_eq!(address("192.0.2.7:52049").to_string(), "192.0.2.7.203.81");
    }

    #[test]
    fn an_ipv6_address_is_followed_by_its_ports_octets() {
        assert_eq!(address("[2001:db8::7]:2049").to_string(), "2001:db8::7.8.1");
    }

    #[test]
    fn an_address_is_read_back() {
        assert_eq!("192.0.2.7.8.1".parse(), Ok(address("192.0.2.7:2049")));
        assert_eq!("::1.0.111".parse(), Ok(address("[::1]:111")));
    }

    #[test]
    fn other_texts_are_no_address() {
        let parsed = |text: &str| text.parse::<UniversalAddress>();

        assert_eq!(parsed(""), Err(NoAddress));
        assert_eq!(parsed("192.0.2.7"), Err(NoAddress));
        assert_eq!(parsed("192.0.2.7.8"), Err(NoAddress));
        assert_eq!(parsed("192.0.2.7.8.256"), Err(NoAddress));
        assert_eq!(parsed("192.0.2.7.+8.1"), Err(NoAddress));
        assert_eq!(parsed("host.8.1"), Err(NoAddress));
    }
}
