//! Clients of a cluster, by their addresses.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The address of one client: what it is put on the blocklist by.
///
/// Two with the same IP address and the same nonce are the same client, whatever protocol they were
/// written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instance {
    address: SocketAddr,
    nonce: u64,
}

/// Why a text is no list of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no client's address, such as v2:192.0.2.1:0/4711")]
pub struct NoInstance;

impl Instance {
    /// All that are in a text of Ceph's: `192.0.2.1:0/4711`, `v2:192.0.2.1:0/4711` or
    /// `[v2:192.0.2.1:0/4711,v1:192.0.2.1:0/4711]`, each once.
    ///
    /// # Errors
    ///
    /// There is something else in it; or an address that would exclude more than one client.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, NoInstance> {
        let inner = match text.strip_prefix('[') {
            // An IPv6 address begins so, too.
            Some(list) if text.ends_with(']') => list.strip_suffix(']').unwrap_or(list),
            _ => text,
        };
        let mut all = Vec::new();
        for part in inner.split(',') {
            let instance = Self::parse(part)?;
            if !all.contains(&instance) {
                all.push(instance);
            }
        }
        Ok(all)
    }

    /// One that a text of Ceph's names.
    ///
    /// # Errors
    ///
    /// As [`Instance::parse_all`].
    pub fn parse(text: &str) -> Result<Self, NoInstance> {
        let bare = ["v2:", "v1:", "any:"]
            .iter()
            .find_map(|kind| text.strip_prefix(kind))
            .unwrap_or(text);
        let (address, nonce) = bare.split_once('/').ok_or(NoInstance)?;
        let address = address.parse().map_err(|_| NoInstance)?;
        let nonce = nonce.parse().map_err(|_| NoInstance)?;
        Self::new(address, nonce)
    }

    /// A client at this address with this nonce.
    ///
    /// # Errors
    ///
    /// It would be more than one: the nonce 0 stands for all of an address. Or it is none: daemons have
    /// ports.
    pub fn new(address: SocketAddr, nonce: u64) -> Result<Self, NoInstance> {
        let whole = |ip: IpAddr| ip.is_unspecified() || ip.is_multicast();
        if nonce == 0 || address.port() != 0 || whole(address.ip()) {
            return Err(NoInstance);
        }
        Ok(Self { address, nonce })
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cephs_ways_to_write_a_client_mean_the_same() {
        let one = Instance::parse("192.0.2.1:0/4711").unwrap();
        assert_eq!(one.to_string(), "192.0.2.1:0/4711");
        for text in [
            "v2:192.0.2.1:0/4711",
            "[v2:192.0.2.1:0/4711,v1:192.0.2.1:0/4711]",
            "any:192.0.2.1:0/4711",
        ] {
            assert_eq!(Instance::parse_all(text), Ok(vec![one]), "{text}");
        }
        let six = Instance::parse_all("[v2:[2001:db8::1]:0/7]").unwrap();
        assert_eq!(six[0].to_string(), "[2001:db8::1]:0/7");
        assert_eq!(Instance::parse_all("[2001:db8::1]:0/7"), Ok(six));
    }

    #[test]
    fn what_would_exclude_others_is_refused() {
        for wrong in [
            "",
            "-",
            "192.0.2.1",
            "192.0.2.1:0",
            "192.0.2.1:0/0",
            "192.0.2.1:6789/1",
            "0.0.0.0:0/1",
            "[::]:0/1",
            "192.0.2.0/24",
            "192.0.2.1:0/1 192.0.2.2:0/1",
            "192.0.2.1:0/-1",
            "host:0/1",
            "192.0.2.1:0/1\"",
            "[v2:192.0.2.1:0/1,]",
        ] {
            assert!(Instance::parse_all(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_written_as_it_is_read(text in "[\\[\\]v2:.,0-9a-f/]{0,40}") {
            if let Ok(all) = Instance::parse_all(&text) {
                for instance in all {
                    prop_assert_eq!(Instance::parse(&instance.to_string()), Ok(instance));
                }
            }
        }
    }
}
