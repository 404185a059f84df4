//! A table of networks, searched by longest prefix.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

pub use labelgate_registry::{Network, NetworkError};

/// Values by network, found by the longest prefix an address is in.
///
/// One hash lookup per prefix length in use, of which there are a handful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkTable<T> {
    v4: BTreeMap<u8, HashMap<Network, T>>,
    v6: BTreeMap<u8, HashMap<Network, T>>,
}

impl<T> Default for NetworkTable<T> {
    fn default() -> Self {
        let (v4, v6) = (BTreeMap::new(), BTreeMap::new());
        Self { v4, v6 }
    }
}

impl<T: Clone> NetworkTable<T> {
    /// Adds a value; if the network has one already, that is handed back and stays.
    pub fn insert(&mut self, network: Network, value: T) -> Result<(), T> {
        let family = match network.address() {
            IpAddr::V4(_) => &mut self.v4,
            IpAddr::V6(_) => &mut self.v6,
        };
        let networks = family.entry(network.prefix()).or_default();
        match networks.get(&network) {
            Some(present) => Err(present.clone()),
            None => {
                networks.insert(network, value);
                Ok(())
            }
        }
    }

    /// The value of the longest prefix that `address` is in.
    pub fn lookup(&self, address: IpAddr) -> Option<&T> {
        let address = address.to_canonical();
        let family = match address {
            IpAddr::V4(_) => &self.v4,
            IpAddr::V6(_) => &self.v6,
        };
        let longest_first = family.iter().rev();
        longest_first
            .filter_map(|(&prefix, networks)| networks.get(&Network::around(address, prefix)))
            .next()
    }

    /// All values.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        let families = self.v4.values().chain(self.v6.values());
        families.flat_map(HashMap::values)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn table(networks: &[&'static str]) -> NetworkTable<&'static str> {
        let mut table = NetworkTable::default();
        for text in networks {
            table.insert(network(text), *text).unwrap();
        }
        table
    }

    #[test]
    fn the_longest_prefix_decides() {
        let table = table(&["10.9.0.0/16", "10.9.1.0/28", "10.9.1.2", "2001:db8::/64"]);
        let found = |address: &str| table.lookup(address.parse().unwrap()).copied();

        assert_eq!(found("10.9.1.2"), Some("10.9.1.2"));
        assert_eq!(found("10.9.1.3"), Some("10.9.1.0/28"));
        assert_eq!(found("10.9.1.16"), Some("10.9.0.0/16"));
        assert_eq!(found("10.10.1.2"), None);
        assert_eq!(found("2001:db8::7"), Some("2001:db8::/64"));
        assert_eq!(found("2001:db8:0:1::7"), None);
        // A client that reached a v6 socket by IPv4.
        assert_eq!(found("::ffff:10.9.1.2"), Some("10.9.1.2"));
        // The same bits in the other family are another network.
        assert_eq!(found("::10.9.1.2"), None);
    }

    #[test]
    fn a_default_route_takes_what_is_left() {
        let table = table(&["0.0.0.0/0", "10.9.1.2"]);
        assert_eq!(
            table.lookup("192.0.2.1".parse().unwrap()),
            Some(&"0.0.0.0/0")
        );
        assert_eq!(table.lookup("2001:db8::1".parse().unwrap()), None);
    }

    proptest! {
        #[test]
        fn lookup_agrees_with_trying_every_network(
            networks in proptest::collection::vec((any::<u32>(), 0_u8..=32), 0..24),
            address in any::<u32>(), near in any::<proptest::sample::Index>(), flip in 0_u32..32,
        ) {
            let networks: Vec<Network> = networks.into_iter()
                .map(|(bits, prefix)| Network::around(Ipv4Addr::from_bits(bits).into(), prefix))
                .collect();
            let mut table = NetworkTable::default();
            for &network in &networks {
                let _ = table.insert(network, network);
            }
            // Half of the addresses are next to a network: random ones would rarely be in any.
            let address = match networks.get(near.index(networks.len().max(1))) {
                Some(network) => match network.address() {
                    IpAddr::V4(v4) => v4.to_bits() ^ (1 << flip),
                    IpAddr::V6(_) => address,
                },
                None => address,
            };
            let address = IpAddr::V4(Ipv4Addr::from_bits(address));
            let expected = networks.iter()
                .filter(|network| Network::around(address, network.prefix()) == **network)
                .max_by_key(|network| network.prefix());
            prop_assert_eq!(table.lookup(address), expected);
        }
    }
}
