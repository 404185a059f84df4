//! `[nfs]`: where clients of NFS connect to.

use std::net::SocketAddr;

use serde::Deserialize;
use toml::Spanned;

use super::gateway::{RawAddresses, Taken};
use super::problem::Collector;

/// Where clients of NFS connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NfsSection {
    /// Where NFS and MOUNT are spoken; without an address, nowhere.
    pub listen: Vec<SocketAddr>,
    /// Where clients are told the ports of these (RFC 1833).
    pub portmap: Vec<SocketAddr>,
    /// Whether a file handle is good at the address alone of the client that it was given to.
    pub bind_handles: bool,
}

/// `[nfs]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNfs {
    listen: RawAddresses,
    portmap: RawAddresses,
    bind_handles: Option<bool>,
}

impl RawNfs {
    /// `taken` is what other sections listen on.
    pub(super) fn check(self, taken: &mut Taken, problems: &mut Collector<'_>) -> NfsSection {
        let portmap_span = self.portmap.as_ref().map(Spanned::span);
        let mut check = |key, list: RawAddresses, port| {
            let checked = list.map(|list| taken.check(key, list, port, problems));
            checked.unwrap_or_default()
        };
        let listen = check("nfs listen", self.listen, 2049);
        let portmap = check("nfs portmap", self.portmap, 111);
        if let Some(span) = portmap_span
            && listen.is_empty()
            && !portmap.is_empty()
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
