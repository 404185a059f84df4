//! Excluding clients: by their addresses, with the locks that they hold.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use labelgate_rbd::{Cluster, Kind};
use serde::Deserialize;
use serde_json::json;

use crate::auth::client;
use crate::{Instance, Name, Refused};

/// How long a client stays excluded, in seconds: a day. By then the ticket that it came with has run
/// out, and without a key there is no other; a process that is dead never comes back.
const EXPIRY: f64 = 86_400.0;

/// Puts clients on the blocklist, and waits for the map that says so.
pub(crate) fn exclude(cluster: &Cluster, instances: &BTreeSet<Instance>) -> Result<(), Refused> {
    for instance in instances {
        let command = json!({
            "prefix": "osd blocklist",
            "blocklistop": "add",
            "addr": instance.to_string(),
            "expire": EXPIRY,
        });
        cluster.command(&command.to_string())?;
    }
    Ok(cluster.wait_for_latest_map()?)
}

/// The clients that the monitors have for an entity now. One that has left the monitors and not the
/// OSDs is not among them: that takes a client that was written for it.
pub(crate) fn connected(cluster: &Cluster, entity: &Name) -> Result<BTreeSet<Instance>, Refused> {
    let entity = client(entity);
    let mut found = BTreeSet::new();
    for monitor in monitors(cluster)? {
        let command = json!({"prefix": "sessions", "format": "json"}).to_string();
        let answer = match cluster.command_to(&monitor, &command) {
            // One that is down has no sessions; its clients have gone to others.
            Err(error) if error.kind() == Kind::NotReady => continue,
            answer => answer?,
        };
        let sessions: Vec<Session> = serde_json::from_slice(&answer.output)
            .map_err(|_| Refused::nonsense("no list of sessions"))?;
        let theirs = sessions.iter().filter(|session| session.is_of(&entity));
        found.extend(theirs.flat_map(Session::instances));
    }
    Ok(found)
}

fn monitors(cluster: &Cluster) -> Result<Vec<String>, Refused> {
    #[derive(Deserialize)]
    struct Map {
        mons: Vec<Monitor>,
    }
    #[derive(Deserialize)]
    struct Monitor {
        name: String,
    }
    let command = json!({"prefix": "mon dump", "format": "json"}).to_string();
    let map: Map = serde_json::from_slice(&cluster.command(&command)?.output)
        .map_err(|_| Refused::nonsense("no map of the monitors"))?;
    Ok(map.mons.into_iter().map(|monitor| monitor.name).collect())
}

/// A session of a monitor's.
#[derive(Deserialize)]
struct Session {
    #[serde(default)]
    entity_name: String,
    #[serde(default)]
    addrs: Addresses,
    socket_addr: Option<Address>,
}

#[derive(Deserialize, Default)]
struct Addresses {
    #[serde(default)]
    addrvec: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    addr: String,
    nonce: u64,
}

impl Session {
    fn is_of(&self, entity: &str) -> bool {
        self.entity_name == entity
    }

    fn instances(&self) -> Vec<Instance> {
        let addresses = self.addrs.addrvec.iter();
        let addresses: Vec<_> = match self.addrs.addrvec.is_empty() {
            true => self.socket_addr.iter().collect(),
            false => addresses.collect(),
        };
        addresses
            .into_iter()
            .filter_map(Address::instance)
            .collect()
    }
}

impl Address {
    /// A client has port 0 on the blocklist, whatever port its connection has.
    fn instance(&self) -> Option<Instance> {
        let address: SocketAddr = self.addr.parse().ok()?;
        let ip: IpAddr = address.ip();
        Instance::new(SocketAddr::new(ip, 0), self.nonce).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_name_their_clients() {
        let text = r#"[
            {"entity_name": "client.a", "addrs": {"addrvec": [
                {"type": "v2", "addr": "192.0.2.1:0", "nonce": 5},
                {"type": "v1", "addr": "192.0.2.1:0", "nonce": 5}]}},
            {"entity_name": "client.b", "addrs": {"addrvec": []},
             "socket_addr": {"type": "v2", "addr": "192.0.2.2:33000", "nonce": 7}},
            {"name": "unknown.0"}
        ]"#;
        let sessions: Vec<Session> = serde_json::from_str(text).unwrap();
        let of = |entity: &str| -> BTreeSet<String> {
            let theirs = sessions.iter().filter(|session| session.is_of(entity));
            let instances = theirs.flat_map(Session::instances);
            instances.map(|instance| instance.to_string()).collect()
        };
        assert_eq!(of("client.a"), BTreeSet::from(["192.0.2.1:0/5".into()]));
        assert_eq!(of("client.b"), BTreeSet::from(["192.0.2.2:0/7".into()]));
        assert!(of("client.c").is_empty());
    }
}
