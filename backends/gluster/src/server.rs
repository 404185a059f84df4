//! Where a volume's description is asked for.

use std::str::FromStr;

/// The port that glusterd listens on.
const PORT: u16 = 24007;

/// A server of a volume: whichever is up tells where all bricks are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its address, or its name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Why a text is no list of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("servers are written HOST, HOST:PORT or [IPV6]:PORT, with commas between them")]
pub struct ServerError;

impl Server {
    /// All of a list with commas.
    ///
    /// # Errors
    /// [`ServerError`]
    pub fn list(text: &str) -> Result<Vec<Self>, ServerError> {
        text.split(',').map(str::parse).collect()
    }
}

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(text: &str) -> Result<Self, ServerError> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(ServerError)?;
                match port {
                    "" => (host, None),
                    port => (host, Some(port.strip_prefix(':').ok_or(ServerError)?)),
                }
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let right = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
        if host.is_empty() || !host.chars().all(right) {
            return Err(ServerError);
        }
        let port = port.map_or(Ok(PORT), |port| port.parse().map_err(|_| ServerError))?;
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_addresses_or_names_with_or_without_a_port() {
        let server = |host: &str, port| Server {
            host: host.to_owned(),
            port,
        };
        let list = Server::list("10.0.0.1,gluster-2:24008,[fd00::1],[fd00::2]:24009").unwrap();
        let expected = [
            server("10.0.0.1", 24007),
            server("gluster-2", 24008),
            server("fd00::1", 24007),
            server("fd00::2", 24009),
        ];
        assert_eq!(list, expected);
        for wrong in [
            "", ",", "a,,b", "a b", "a:b", "fd00::1", "[fd00::1", "[::1]x", "a:70000",
        ] {
            assert!(Server::list(wrong).is_err(), "{wrong}");
        }
    }
}
