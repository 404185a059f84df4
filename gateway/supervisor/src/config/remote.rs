//! `[remote]`: where hosts ask over the network.

use std::net::SocketAddr;

use labelgate_certificates::ServerName;
use serde::Deserialize;
use toml::Spanned;

use super::gateway::{RawAddresses, Taken};
use super::problem::Collector;

/// The most names of the gateway's certificate.
const MOST_NAMES: usize = 64;

/// Where hosts ask over the network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteSection {
    /// Where they connect to; nowhere, without one.
    pub listen: Vec<SocketAddr>,
    /// What they may call the gateway: host names and addresses.
    pub names: Vec<ServerName<'static>>,
}

/// `[remote]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRemote {
    listen: RawAddresses,
    names: Option<Spanned<Vec<Spanned<String>>>>,
}

impl RawRemote {
    /// `taken` is what other sections listen on.
    pub(super) fn check(self, taken: &mut Taken, problems: &mut Collector<'_>) -> RemoteSection {
        let span = self.listen.as_ref().map(Spanned::span);
        let listen = self.listen;
        let listen = listen.map(|list| taken.check("remote listen", list, 9261, problems));
        let listen = listen.unwrap_or_default();
        let names = self.names.map(|names| check_names(names, problems));
        let names = names.unwrap_or_default();
        if let Some(span) = span.filter(|_| !listen.is_empty() && names.is_empty()) {
            let what = "hosts could not tell that it is the gateway: say in names what they call \
                        it, such as [\"gateway.example.com\", \"10.0.0.1\"]";
            problems.at(&span, what);
        }
        RemoteSection { listen, names }
    }
}

fn check_names(
    names: Spanned<Vec<Spanned<String>>>,
    problems: &mut Collector<'_>,
) -> Vec<ServerName<'static>> {
    if names.get_ref().len() > MOST_NAMES {
        let what = format_args!(
            "names has {} names; a certificate has at most {MOST_NAMES}",
            names.get_ref().len()
        );
        problems.at(&names.span(), what);
    }
    let mut checked = Vec::new();
    for name in names.into_inner() {
        match ServerName::try_from(name.get_ref().clone()) {
            Ok(name) => checked.push(name),
            Err(_) => problems.at(
                &name.span(),
                format_args!(
                    "{:?} is neither the name of a host nor an address; write what hosts call the \
                     gateway",
                    name.get_ref()
                ),
            ),
        }
    }
    checked
}
