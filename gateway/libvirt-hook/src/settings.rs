//! `/etc/labelgate/libvirt.toml`: which gateway, and what of a machine's disks is on it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

/// Where initiators connect to if nothing is said (RFC 7143 13.2).
const ISCSI_PORT: u16 = 3260;
/// Where NFS is if nothing is said.
const NFS_PORT: u16 = 2049;
/// A file that is longer is none of ours.
const LONGEST: u64 = 64 << 10;

/// Which gateway, and what of a machine's disks is on it.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `https://HOST:PORT`.
    pub(crate) gateway: String,
    /// The directory with what this host proves itself with.
    pub(crate) credentials: PathBuf,
    /// How long the gateway may take to answer.
    pub(crate) timeout: Duration,
    /// The only address that this host's machines connect from, if that is known.
    pub(crate) address: Option<IpAddr>,
    portals: Vec<Endpoint>,
    exports: Vec<Endpoint>,
    other_pools: Vec<String>,
}

/// A host and a port, as a domain's XML has them.
#[derive(Debug, PartialEq, Eq)]
struct Endpoint {
    host: String,
    port: u16,
}

/// Why the settings are none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// They cannot be read.
    #[error("{}: {error}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Something is wrong in them.
    #[error("{}: {why}", .file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// What.
        why: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    gateway: String,
    credentials: PathBuf,
    #[serde(default = "ten")]
    timeout_seconds: u64,
    address: Option<IpAddr>,
    #[serde(default)]
    portals: Vec<String>,
    #[serde(default)]
    exports: Vec<String>,
    #[serde(default)]
    other_pools: Vec<String>,
}

const fn ten() -> u64 {
    10
}

impl Settings {
    pub(crate) fn read(file: &Path) -> Result<Self, SettingsError> {
        use std::io::Read;
        let read = || -> std::io::Result<String> {
            let mut text = String::new();
            std::fs::File::open(file)?
                .take(LONGEST)
                .read_to_string(&mut text)?;
            Ok(text)
        };
        let text = read().map_err(|error| SettingsError::Read {
            file: file.to_owned(),
            error,
        })?;
        Self::parse(&text).map_err(|why| SettingsError::Wrong {
            file: file.to_owned(),
            why,
        })
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string())?;
        if !(1..=600).contains(&raw.timeout_seconds) {
            return Err("timeout_seconds: choose a number from 1 to 600".to_owned());
        }
        if raw.portals.is_empty() && raw.exports.is_empty() {
            return Err(
                "no disk would be the gateway's: say in portals, or exports, what machines' XML \
                 calls it, such as portals = [\"gateway.example.com\"]"
                    .to_owned(),
            );
        }
        let endpoints = |list: &[String], port| -> Result<Vec<Endpoint>, String> {
            list.iter()
                .map(|text| Endpoint::parse(text, port))
                .collect()
        };
        Ok(Self {
            portals: endpoints(&raw.portals, ISCSI_PORT)?,
            exports: endpoints(&raw.exports, NFS_PORT)?,
            other_pools: raw.other_pools,
            gateway: raw.gateway,
            credentials: raw.credentials,
            timeout: Duration::from_secs(raw.timeout_seconds),
            address: raw.address,
        })
    }

    /// Whether a disk with this host and port is on the gateway, over iSCSI.
    pub(crate) fn is_portal(&self, of: (&str, Option<&str>)) -> bool {
        is_among(&self.portals, of, ISCSI_PORT)
    }

    /// Whether a disk with this host and port is on the gateway, over NFS.
    pub(crate) fn is_export(&self, of: (&str, Option<&str>)) -> bool {
        is_among(&self.exports, of, NFS_PORT)
    }
}

impl Settings {
    /// Whether nothing of the gateway's is in a pool of libvirt's.
    pub(crate) fn is_elsewhere(&self, pool: &str) -> bool {
        self.other_pools.iter().any(|other| other == pool)
    }

    /// Whether what the gateway is called stands in a text.
    pub(crate) fn is_named_in(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let mut all = self.portals.iter().chain(&self.exports);
        all.any(|endpoint| has_word(&text, bare(&endpoint.host)))
    }
}

/// Whether a host stands in a text, and not as a part of another one.
fn has_word(text: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices(&host).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + found.len()..)
            .and_then(|after| after.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

fn is_among(list: &[Endpoint], (host, port): (&str, Option<&str>), usual: u16) -> bool {
    let port = match port {
        None => Some(usual),
        Some(port) => port.parse().ok(),
    };
    let found = |endpoint: &Endpoint| Some(endpoint.port) == port && same(&endpoint.host, host);
    list.iter().any(found)
}

/// One address may be written in several ways, and names in either case.
fn same(one: &str, other: &str) -> bool {
    let lower = |host| bare(host).to_ascii_lowercase();
    let (one, other) = (lower(one), lower(other));
    let addresses = (one.parse::<IpAddr>(), other.parse::<IpAddr>());
    match addresses {
        (Ok(one), Ok(other)) => one.to_canonical() == other.to_canonical(),
        _ => one == other,
    }
}

/// A host without the brackets that an IPv6 address may have.
fn bare(host: &str) -> &str {
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host)
}

impl Endpoint {
    fn parse(text: &str, usual: u16) -> Result<Self, String> {
        let whole = || Self {
            host: text.to_owned(),
            port: usual,
        };
        // An IPv6 address without brackets has no port.
        let split = match text.parse::<IpAddr>() {
            Ok(_) => None,
            Err(_) => text.rsplit_once(':'),
        };
        let endpoint = match split {
            Some((host, port)) if !host.is_empty() && !text.ends_with(']') => {
                let port = port.parse().map_err(|_| {
                    format!("{text:?} is no host and port; write \"10.0.0.1\" or \"10.0.0.1:3260\"")
                })?;
                Self {
                    host: host.to_owned(),
                    port,
                }
            }
            _ => whole(),
        };
        match endpoint.host.is_empty() {
            true => Err(format!("{text:?} names no host")),
            false => Ok(endpoint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "gateway = \"https://gw:9261\"\ncredentials = \"/c\"\n";

    fn portals(list: &str) -> Settings {
        Settings::parse(&format!("{HEAD}portals = {list}\n")).unwrap()
    }

    #[test]
    fn an_address_is_the_same_however_it_is_written_and_another_port_another_portal() {
        let settings = portals("[\"GW.example\", \"10.0.0.1:3262\", \"2001:db8::1\", \"[::2]:1\"]");
        for (host, port) in [
            ("gw.example", None),
            ("gw.EXAMPLE", Some("3260")),
            ("10.0.0.1", Some("3262")),
            ("2001:db8:0::1", None),
            ("[2001:db8::1]", Some("3260")),
            ("::2", Some("1")),
        ] {
            assert!(settings.is_portal((host, port)), "{host}");
        }
        for (host, port) in [
            ("10.0.0.1", None),
            ("10.0.0.2", Some("3262")),
            ("gw.example", Some("3261")),
            ("gw.example", Some("")),
            ("", None),
        ] {
            assert!(!settings.is_portal((host, port)), "{host}");
        }
        assert!(!settings.is_export(("gw.example", None)), "that is iSCSI's");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (rest, words) in [
            ("", "no disk would be the gateway's"),
            ("portals = [\"gw:x\"]", "no host and port"),
            ("portals = [\"\"]", "names no host"),
            ("portals = [\"a\"]\ntimeout_seconds = 0", "from 1 to 600"),
            ("portals = [\"a\"]\ncolour = 1", "unknown field"),
        ] {
            let said = Settings::parse(&format!("{HEAD}{rest}\n")).unwrap_err();
            assert!(said.contains(words), "{rest}: {said}");
        }
        assert_eq!(portals("[\"a\"]").timeout, Duration::from_secs(10));
    }
}
