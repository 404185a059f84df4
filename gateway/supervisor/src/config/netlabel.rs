//! Whose word the gateway takes for the labels that the network tells.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use labelgate_mac::{Categories, Category, Label, Level, Sensitivity};
use serde::Deserialize;
use toml::Spanned;

use super::identity::Identities;
use super::problem::Collector;
use super::seen::Seen;
use crate::network::Network;

/// The types that libvirt gives its machines.
const CLIENT_TYPES: [&str; 2] = ["svirt_t", "svirt_tcg_t"];
/// More types than this are none that anyone means.
const MOST_TYPES: usize = 16;
/// The longest name of a type or an allocator, in bytes.
const LONGEST_NAME: usize = 128;

/// A hypervisor, or a network of hypervisors, and which labels are believed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetlabelSource {
    /// Where its clients connect from.
    pub network: Network,
    /// How their labels reach the gateway.
    pub kind: NetlabelKind,
    /// The types that a client may have. Those of another type are refused.
    pub types: BTreeSet<String>,
    /// The categories of which its clients' levels are made.
    pub categories: Categories,
}

/// How a client's label reaches the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetlabelKind {
    /// As an option of IPv4, which carries the level and nothing else.
    Cipso,
    /// As an option of IPv6, which carries the level and nothing else.
    Calipso,
    /// As the context of an IPsec security association.
    Ipsec,
    /// Set by the gateway's own kernel, by interface and address.
    Static,
}

impl NetlabelSource {
    /// Whether one of its clients may be served under this label.
    #[must_use]
    pub fn may_have(&self, label: &Label) -> bool {
        let level = label.level();
        level.sensitivity() == Sensitivity::default()
            && self.categories.is_superset(level.categories())
    }
}

impl NetlabelKind {
    /// What Linux gives a client as its type if the network tells only its level (the initial SID
    /// `netmsg`).
    pub const LEVEL_ONLY: &str = "netlabel_peer_t";

    /// As it is written in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cipso => "cipso",
            Self::Calipso => "calipso",
            Self::Ipsec => "ipsec",
            Self::Static => "static",
        }
    }

    /// Whether it tells the whole context of a client.
    #[must_use]
    pub const fn tells_type(self) -> bool {
        matches!(self, Self::Ipsec | Self::Static)
    }

    /// Whether it is an option of the other family of addresses.
    const fn is_foreign_to(self, address: IpAddr) -> bool {
        match self {
            Self::Cipso => address.is_ipv6(),
            Self::Calipso => address.is_ipv4(),
            Self::Ipsec | Self::Static => false,
        }
    }
}

/// `[[netlabel]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNetlabel {
    source: Spanned<String>,
    kind: Spanned<NetlabelKind>,
    types: Option<Spanned<Vec<Spanned<String>>>>,
    categories: Spanned<String>,
    allocator: Option<Spanned<String>>,
}

/// Checks all of them, and adds them to the identities.
pub(super) fn check_netlabels(
    raw: Vec<RawNetlabel>,
    identities: &mut Identities,
    problems: &mut Collector<'_>,
) {
    let (mut networks, mut owners) = (Seen::default(), Owners::new());
    for mut raw in raw {
        let (source_span, categories_span) = (raw.source.span(), raw.categories.span());
        let allocator = check_allocator(raw.allocator.take(), problems);
        let Some(source) = raw.check(problems) else {
            continue;
        };
        networks.check(
            "source",
            &source.network.to_string(),
            &source_span,
            problems,
        );
        owners.check(&source, allocator, &categories_span, problems);
        // A second source of one network was reported just now.
        let _ = identities.insert_netlabel(Arc::new(source));
    }
}

impl RawNetlabel {
    fn check(self, problems: &mut Collector<'_>) -> Option<NetlabelSource> {
        let kind = *self.kind.get_ref();
        let network = self.source.get_ref().parse::<Network>();
        let network = network.map_err(|why| {
            let what = format_args!("source {:?}: {why}", self.source.get_ref());
            problems.at(&self.source.span(), what);
        });
        let types = check_types(kind, self.types, problems);
        let categories = check_categories(&self.categories, problems);
        let (network, categories) = (network.ok()?, categories?);
        if kind.is_foreign_to(network.address()) {
            let what = format_args!(
                "kind {:?} does not fit source {network}: CIPSO is an option of IPv4, CALIPSO of \
                 IPv6",
                kind.name()
            );
            problems.at(&self.kind.span(), what);
        }
        Some(NetlabelSource {
            network,
            kind,
            types,
            categories,
        })
    }
}

/// The types that the clients of a source may have.
fn check_types(
    kind: NetlabelKind,
    types: Option<Spanned<Vec<Spanned<String>>>>,
    problems: &mut Collector<'_>,
) -> BTreeSet<String> {
    let Some(types) = types else {
        return match kind.tells_type() {
            true => CLIENT_TYPES.map(str::to_owned).into(),
            false => [NetlabelKind::LEVEL_ONLY.to_owned()].into(),
        };
    };
    if !kind.tells_type() {
        let what = format_args!(
            "kind {:?} tells only a client's level, never its type; remove types",
            kind.name()
        );
        problems.at(&types.span(), what);
    }
    let span = types.span();
    let types = types.into_inner();
    if types.is_empty() || types.len() > MOST_TYPES {
        let what = format_args!(
            "types has {} entries; name 1 to {MOST_TYPES}, such as \"svirt_t\"",
            types.len()
        );
        problems.at(&span, what);
    }
    types
        .into_iter()
        .map(|name| check_type(name, problems))
        .collect()
}

fn check_type(name: Spanned<String>, problems: &mut Collector<'_>) -> String {
    let text = name.get_ref();
    if text == NetlabelKind::LEVEL_ONLY || text == "unlabeled_t" {
        let what = format_args!(
            "type {text:?} is what the kernel gives those whose type it does not know; with kind \
             \"cipso\" and \"calipso\" it is expected without being named"
        );
        problems.at(&name.span(), what);
    } else if !is_name(text) {
        let what =
            format_args!("type {text:?} is no name of a type; write one such as \"svirt_t\"");
        problems.at(&name.span(), what);
    }
    name.into_inner()
}

/// A name as policies have them.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(allowed)
}

/// The categories of a list such as `c0.c255`, written as within a level.
fn check_categories(text: &Spanned<String>, problems: &mut Collector<'_>) -> Option<Categories> {
    const PREFIX: &str = "s0:";
    match format!("{PREFIX}{}", text.get_ref()).parse::<Level>() {
        Ok(level) => Some(level.categories().clone()),
        Err(error) => {
            let what = format_args!(
                "categories {:?}: at byte {}: {}; write a run or a list, such as \"c0.c255\"",
                text.get_ref(),
                error.position().saturating_sub(PREFIX.len()),
                error.problem()
            );
            problems.at(&text.span(), what);
            None
        }
    }
}

fn check_allocator(
    allocator: Option<Spanned<String>>,
    problems: &mut Collector<'_>,
) -> Option<String> {
    let allocator = allocator?;
    if !is_name(allocator.get_ref()) {
        let what = format_args!(
            "allocator {:?} is to have 1 to {LONGEST_NAME} letters, digits, \"_\", \"-\" and \".\"",
            allocator.get_ref()
        );
        problems.at(&allocator.span(), what);
    }
    Some(allocator.into_inner())
}

/// Which section has each category first.
struct Owners {
    holders: Vec<Option<usize>>,
    sections: Vec<Owner>,
}

/// A section that has categories.
struct Owner {
    network: Network,
    allocator: Option<String>,
    span: Range<usize>,
}

impl Owners {
    fn new() -> Self {
        Self {
            holders: vec![None; usize::from(Category::COUNT)],
            sections: Vec::new(),
        }
    }

    /// Notes a problem if another has one of a source's categories already: its clients could be
    /// taken for the other's. Those whose levels come from one allocator may share them.
    fn check(
        &mut self,
        source: &NetlabelSource,
        allocator: Option<String>,
        span: &Range<usize>,
        problems: &mut Collector<'_>,
    ) {
        let index = self.sections.len();
        let mut reported = false;
        for category in source.categories.iter() {
            let Some(place) = self.holders.get_mut(usize::from(category.number())) else {
                continue;
            };
            let Some(other) = place.and_then(|at| self.sections.get(at)) else {
                *place = Some(index);
                continue;
            };
            let one = allocator.is_some() && allocator == other.allocator;
            // A second section of the same network is another problem, which is reported as such.
            if !reported && !one && other.network != source.network {
                reported = true;
                let what = format_args!(
                    "category {category} belongs to source {} already, on line {}: a client of one \
                     could pass for a client of the other; give each source categories of its own, \
                     or the same allocator if one allocator hands out the levels of both",
                    other.network,
                    problems.line(&other.span)
                );
                let what = what.to_string();
                problems.at(span, what);
            }
        }
        self.sections.push(Owner {
            network: source.network,
            allocator,
            span: span.clone(),
        });
    }
}
