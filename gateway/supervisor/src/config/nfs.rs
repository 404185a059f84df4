//! `[nfs]`: where clients of NFS connect to.

use std::fmt;
use std::net::SocketAddr;

use labelgate_control::MAX_PORTMAP_SOCKETS;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use super::gateway::{RawAddresses, Taken};
use super::problem::Collector;

/// Where clients of NFS connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NfsSection {
    /// Where NFS and MOUNT are spoken; without an address, nowhere.
    pub listen: Vec<SocketAddr>,
    /// Where clients are told the ports of these (RFC 1833).
    pub portmap: Portmap,
    /// Whether a file handle is good at the address alone of the client that it was given to.
    pub bind_handles: bool,
}

/// Who tells clients the ports of NFS and MOUNT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portmap {
    /// The gateway itself, at these addresses, over TCP and UDP; nobody, if there are none.
    Own(Vec<SocketAddr>),
    /// The system's own rpcbind, with which they are entered.
    System,
}

/// `[nfs]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNfs {
    listen: RawAddresses,
    portmap: Option<Spanned<RawPortmap>>,
    bind_handles: Option<bool>,
}

/// `portmap`, as written: addresses, or one word.
#[derive(Debug)]
enum RawPortmap {
    Addresses(Vec<Spanned<String>>),
    Word(String),
}

/// The only word there is.
const SYSTEM: &str = "system";

impl RawNfs {
    /// `taken` is what other sections listen on.
    pub(super) fn check(self, taken: &mut Taken, problems: &mut Collector<'_>) -> NfsSection {
        let listen = self.listen;
        let listen = listen.map(|list| taken.check("nfs listen", list, 2049, problems));
        let listen = listen.unwrap_or_default();
        let span = self.portmap.as_ref().map(Spanned::span);
        let portmap = match self.portmap {
            None => Portmap::Own(Vec::new()),
            Some(portmap) => check_portmap(portmap, taken, problems),
        };
        if let Some(span) = span
            && listen.is_empty()
            && portmap != Portmap::Own(Vec::new())
        {
            let what = "portmap tells clients where NFS is, which is nowhere; name an address in \
                        listen, such as \"0.0.0.0:2049\", or remove portmap";
            problems.at(&span, what);
        }
        NfsSection {
            listen,
            portmap,
            bind_handles: self.bind_handles.unwrap_or(true),
        }
    }
}

fn check_portmap(
    portmap: Spanned<RawPortmap>,
    taken: &mut Taken,
    problems: &mut Collector<'_>,
) -> Portmap {
    let span = portmap.span();
    match portmap.into_inner() {
        RawPortmap::Word(word) if word == SYSTEM => Portmap::System,
        RawPortmap::Word(word) => {
            let what = format_args!(
                "portmap {word:?} is neither a list of addresses, such as [\"0.0.0.0:111\"], nor \
                 {SYSTEM:?}"
            );
            problems.at(&span, what);
            Portmap::System
        }
        RawPortmap::Addresses(list) => {
            if list.len() > MAX_PORTMAP_SOCKETS {
                let what = format_args!(
                    "portmap names {} addresses; name at most {MAX_PORTMAP_SOCKETS}",
                    list.len()
                );
                problems.at(&span, what);
            }
            let list = Spanned::new(span, list);
            Portmap::Own(taken.check("nfs portmap", list, 111, problems))
        }
    }
}

impl<'de> Deserialize<'de> for RawPortmap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PortmapVisitor;

        impl<'de> Visitor<'de> for PortmapVisitor {
            type Value = RawPortmap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of addresses, or {SYSTEM:?}")
            }

            fn visit_str<E>(self, word: &str) -> Result<RawPortmap, E> {
                Ok(RawPortmap::Word(word.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawPortmap, A::Error> {
                // Each with its own place in the file, which an untagged enum would lose.
                let mut addresses = Vec::new();
                while let Some(address) = seq.next_element()? {
                    addresses.push(address);
                }
                Ok(RawPortmap::Addresses(addresses))
            }
        }

        deserializer.deserialize_any(PortmapVisitor)
    }
}
