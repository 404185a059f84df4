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

/// The clients that the monitors have now.
pub(crate) struct Connected {
    sessions: Vec<Session>,
    /// A monitor could not be asked.
    incomplete: bool,
}

impl Connected {
    /// Those of an entity. One that has left the monitors and not the OSDs is not among them: that takes
    /// a client that was written for it.
    pub(crate) fn of(&self, entity: &Name) -> BTreeSet<Instance> {
        let entity = client(entity);
        let theirs = self
            .sessions
            .iter()
            .filter(|session| session.is_of(&entity));
        theirs.flat_map(Session::instances).collect()
    }

    /// Those that somebody names who is an entity, without those that are others' by what the monitors
    /// say.
    pub(crate) fn without_others(
        &self,
        entity: &Name,
        mut named: BTreeSet<Instance>,
    ) -> BTreeSet<Instance> {
        let entity = client(entity);
        let others = self
            .sessions
            .iter()
            .filter(|session| !session.is_of(&entity));
        for instance in others.flat_map(Session::instances) {
            named.remove(&instance);
        }
        named
    }

    /// Whether a client is certain to be connected no more.
    pub(crate) fn is_gone(&self, instance: &Instance) -> bool {
        let here = self.sessions.iter().flat_map(Session::instances);
        !self.incomplete && !here.into_iter().any(|one| one == *instance)
    }
}

/// Asks the monitors who is connected.
pub(crate) fn connected(cluster: &Cluster) -> Result<Connected, Refused> {
    let (mut found, mut incomplete) = (Vec::new(), false);
    for monitor in monitors(cluster)? {
        let command = json!({"prefix": "sessions", "format": "json"}).to_string();
        let answer = match cluster.command_to(&monitor, &command) {
            // One that is down has no sessions; its clients have gone to others.
            Err(error) if is_out_of_reach(&error) => {
                incomplete = true;
                continue;
            }
            answer => answer?,
        };
        let sessions: Vec<Session> = serde_json::from_slice(&answer.output)
            .map_err(|_| Refused::nonsense("no list of sessions"))?;
        found.extend(sessions);
    }
    Ok(Connected {
        sessions: found,
        incomplete,
    })
}

/// A monitor that the map has and that is down is no such device to the library.
fn is_out_of_reach(error: &labelgate_rbd::Error) -> bool {
    error.kind() == Kind::NotReady || error.errno() == Some(libc::ENXIO)
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
        let connected = Connected {
            sessions: serde_json::from_str(text).unwrap(),
            incomplete: false,
        };
        let of = |entity: &str| -> BTreeSet<String> {
            let entity = Name::new("an entity", entity).unwrap();
            let instances = connected.of(&entity).into_iter();
            instances.map(|instance| instance.to_string()).collect()
        };
        assert_eq!(of("a"), BTreeSet::from(["192.0.2.1:0/5".into()]));
        assert_eq!(of("b"), BTreeSet::from(["192.0.2.2:0/7".into()]));
        assert!(of("c").is_empty());
    }

    #[test]
    fn who_names_another_names_nobody() {
        let connected = Connected {
            sessions: serde_json::from_str(
                r#"[{"entity_name": "client.b", "addrs": {"addrvec": [
                    {"type": "v2", "addr": "192.0.2.2:0", "nonce": 7}]}}]"#,
            )
            .unwrap(),
            incomplete: false,
        };
        let name = |entity| Name::new("an entity", entity).unwrap();
        let of = |text| BTreeSet::from([Instance::parse(text).unwrap()]);
        let other = of("192.0.2.2:0/7");
        assert!(
            connected
                .without_others(&name("a"), other.clone())
                .is_empty()
        );
        assert_eq!(connected.without_others(&name("b"), other.clone()), other);
        let gone = of("192.0.2.9:0/7");
        assert_eq!(connected.without_others(&name("a"), gone.clone()), gone);
        assert!(!connected.is_gone(&Instance::parse("192.0.2.2:0/7").unwrap()));
        assert!(connected.is_gone(&Instance::parse("192.0.2.9:0/7").unwrap()));
    }
}
