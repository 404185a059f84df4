//! `[nfs]`: where clients of NFS connect to.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;

use labelgate_control::MAX_PORTMAP_SOCKETS;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use super::Provider;
use super::gateway::{RawAddresses, Taken, check_labelled};
use super::problem::Collector;

/// Where clients of NFS connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NfsSection {
    /// Where NFS and MOUNT are spoken; without an address, nowhere.
    pub listen: Vec<SocketAddr>,
    /// Where they are spoken with those whose label the network tells.
    pub listen_labelled: Vec<SocketAddr>,
    /// Where clients are told the ports of these (RFC 1833).
    pub portmap: Portmap,
    /// Where those are told the ports whose label the network tells, over TCP.
    pub portmap_labelled: Vec<SocketAddr>,
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
    listen_labelled: RawAddresses,
    portmap: Option<Spanned<RawPortmap>>,
    portmap_labelled: RawAddresses,
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
    pub(super) fn check(
        self,
        provider: Provider,
        taken: &mut Taken,
        problems: &mut Collector<'_>,
    ) -> NfsSection {
        for (key, list) in [
            ("nfs listen_labelled", &self.listen_labelled),
            ("nfs portmap_labelled", &self.portmap_labelled),
        ] {
            check_labelled(key, list.as_ref(), provider, problems);
        }
        let (portmap_span, labelled_span) = (span(&self.portmap), span(&self.portmap_labelled));
        let mut addresses = |key, list: RawAddresses, port| {
            let checked = list.map(|list| taken.check(key, list, port, problems));
            checked.unwrap_or_default()
        };
        let listen = addresses("nfs listen", self.listen, 2049);
        let listen_labelled = addresses("nfs listen_labelled", self.listen_labelled, 2049);
        let portmap_labelled = addresses("nfs portmap_labelled", self.portmap_labelled, 111);
        let portmap = match self.portmap {
            None => Portmap::Own(Vec::new()),
            Some(portmap) => check_portmap(portmap, taken, problems),
        };
        let told = portmap != Portmap::Own(Vec::new());
        let pairs = [
            ("portmap", "listen", portmap_span, listen.is_empty() && told),
            (
                "portmap_labelled",
                "listen_labelled",
                labelled_span,
                listen_labelled.is_empty() && !portmap_labelled.is_empty(),
            ),
        ];
        for (key, where_to, span, nowhere) in pairs {
            if let Some(span) = span.filter(|_| nowhere) {
                let what = format_args!(
                    "{key} tells clients where NFS is, which is nowhere; name an address in \
                     {where_to}, such as \"0.0.0.0:2049\", or remove {key}"
                );
                problems.at(&span, what);
            }
        }
        NfsSection {
            listen,
            listen_labelled,
            portmap,
            portmap_labelled,
            bind_handles: self.bind_handles.unwrap_or(true),
        }
    }
}

fn span<T>(value: &Option<Spanned<T>>) -> Option<Range<usize>> {
    value.as_ref().map(Spanned::span)
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
