//! `[gateway]`: what holds for all labels.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use labelgate_control::Driver;
use serde::Deserialize;
use toml::Spanned;

use super::login::{ChapSection, LoginSection, RawChap, RawLogin};
use super::name;
use super::problem::Collector;
use super::{Limits, limits::RawLimits};
use crate::uid::UID_RANGE;

/// What holds for all labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySection {
    /// Where initiators connect to.
    pub listen: Vec<SocketAddr>,
    /// Where those connect to whose label the network tells.
    pub listen_labelled: Vec<SocketAddr>,
    /// What every target's name begins with.
    pub target_prefix: String,
    /// What confines workers.
    pub provider: Provider,
    /// Whether to serve although SELinux does not enforce.
    pub allow_permissive: bool,
    /// The worker's program, if it is not to be looked for.
    pub worker: Option<PathBuf>,
    /// What moves a worker's bytes.
    pub driver: Driver,
    /// The first UID and GID of workers.
    pub uid_base: u32,
    /// Holds the lock of the running gateway.
    pub run_dir: PathBuf,
    /// Holds what has to survive everything: the registry.
    pub state_dir: PathBuf,
    /// A worker without a connection for this long is stopped.
    pub idle: Duration,
    /// How long clients may take to leave when a worker is stopped.
    pub drain: Duration,
    /// The most memory for a worker's buffers, in bytes.
    pub pool_bytes: u64,
    /// How much is served at a time.
    pub limits: Limits,
    /// The greeter's program, if it is not to be looked for.
    pub greeter: Option<PathBuf>,
    /// The importer's program, if it is not to be looked for.
    pub importer: Option<PathBuf>,
    /// The keeper's program, if it is not to be looked for.
    pub keeper: Option<PathBuf>,
    /// The keysmith's program, if it is not to be looked for.
    pub keysmith: Option<PathBuf>,
    /// How connections are greeted whose identity is not their address.
    pub login: LoginSection,
    /// How initiators prove themselves with CHAP.
    pub chap: ChapSection,
}

/// What confines workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Landlock, seccomp, no capabilities, a UID per label.
    Landlock,
    /// All that, and the type enforcement of the server's kernel.
    Selinux,
}

/// `driver`, as written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawDriver {
    Auto,
    Ring,
    Epoll,
}

/// `[gateway]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGateway {
    listen: RawAddresses,
    listen_labelled: RawAddresses,
    target_prefix: Option<Spanned<String>>,
    provider: Option<Provider>,
    allow_permissive: Option<bool>,
    worker: Option<Spanned<PathBuf>>,
    driver: Option<RawDriver>,
    uid_base: Option<Spanned<u32>>,
    run_dir: Option<Spanned<PathBuf>>,
    state_dir: Option<Spanned<PathBuf>>,
    idle_seconds: Option<Spanned<u64>>,
    drain_seconds: Option<Spanned<u64>>,
    pool_mib: Option<Spanned<u64>>,
    limits: Option<RawLimits>,
    greeter: Option<Spanned<PathBuf>>,
    importer: Option<Spanned<PathBuf>>,
    keeper: Option<Spanned<PathBuf>>,
    keysmith: Option<Spanned<PathBuf>>,
    login: Option<RawLogin>,
    chap: Option<RawChap>,
}

impl RawGateway {
    /// What is listened on is `taken` for other sections.
    pub(super) fn check(self, taken: &mut Taken, problems: &mut Collector<'_>) -> GatewaySection {
        let target_prefix = match self.target_prefix {
            Some(prefix) => {
                if let Err(why) = name::check_target_prefix(prefix.get_ref()) {
                    problems.at(&prefix.span(), why);
                }
                prefix.into_inner()
            }
            None => "iqn.2026-11.io.labelgate".to_owned(),
        };
        let provider = self.provider.unwrap_or(Provider::Landlock);
        let (listen, listen_labelled) =
            check_listeners(self.listen, self.listen_labelled, provider, taken, problems);
        let run_dir = absolute("run_dir", self.run_dir, problems);
        let state_dir = absolute("state_dir", self.state_dir, problems);
        let pool_mib = within("pool_mib", self.pool_mib, (4, 65_536), 128, problems);
        let raw_limits = self.limits.unwrap_or_default();
        let blamed = raw_limits.connections_span();
        let limits = raw_limits.check(pool_mib, problems);
        check_cover(pool_mib, limits.connections_per_label, blamed, problems);
        GatewaySection {
            listen,
            listen_labelled,
            target_prefix,
            provider,
            allow_permissive: self.allow_permissive.unwrap_or(false),
            worker: absolute("worker", self.worker, problems),
            driver: match self.driver {
                None | Some(RawDriver::Auto) => Driver::Auto,
                Some(RawDriver::Ring) => Driver::Ring,
                Some(RawDriver::Epoll) => Driver::Epoll,
            },
            uid_base: check_uid_base(self.uid_base, problems),
            run_dir: run_dir.unwrap_or_else(|| PathBuf::from("/run/labelgate")),
            state_dir: state_dir.unwrap_or_else(|| PathBuf::from("/var/lib/labelgate")),
            idle: seconds("idle_seconds", self.idle_seconds, 300, problems),
            drain: seconds("drain_seconds", self.drain_seconds, 10, problems),
            pool_bytes: pool_mib << 20,
            limits,
            greeter: absolute("greeter", self.greeter, problems),
            importer: absolute("importer", self.importer, problems),
            keeper: absolute("keeper", self.keeper, problems),
            keysmith: absolute("keysmith", self.keysmith, problems),
            login: self.login.unwrap_or_default().check(problems),
            chap: self.chap.unwrap_or_default().check(problems),
        }
    }
}

/// Half of a worker's memory covers what its initiators may send unasked, 256 KiB for a command,
/// and each connection must be able to have two commands under way while others have as many more.
fn check_cover(
    pool_mib: u64,
    connections: u32,
    blamed: Option<std::ops::Range<usize>>,
    problems: &mut Collector<'_>,
) {
    if u64::from(connections) > pool_mib
        && let Some(span) = blamed
    {
        problems.at(
            &span,
            format_args!(
                "a pool of {pool_mib} MiB covers {pool_mib} connections of a label, and \
                 connections_per_label is {connections}; raise pool_mib to {connections} or lower the limit"
            ),
        );
    }
}

/// Addresses, as written.
pub(super) type RawAddresses = Option<Spanned<Vec<Spanned<String>>>>;

/// Addresses that are listened on, each with the key that names it.
#[derive(Default)]
pub(super) struct Taken(Vec<(SocketAddr, &'static str)>);

/// The addresses of the login listeners, and of the labelled ones.
fn check_listeners(
    login: RawAddresses,
    labelled: RawAddresses,
    provider: Provider,
    taken: &mut Taken,
    problems: &mut Collector<'_>,
) -> (Vec<SocketAddr>, Vec<SocketAddr>) {
    let only_labelled = labelled
        .as_ref()
        .is_some_and(|list| !list.get_ref().is_empty());
    check_labelled("listen_labelled", labelled.as_ref(), provider, problems);
    if let Some(list) = login.as_ref()
        && list.get_ref().is_empty()
        && !only_labelled
    {
        problems.at(
            &list.span(),
            "listen is empty; name an address and a port, such as \"0.0.0.0:3260\"",
        );
    }
    let login = match login {
        Some(list) => taken.check("listen", list, 3260, problems),
        None => {
            let everywhere = SocketAddr::from(([0, 0, 0, 0], 3260));
            taken.0.push((everywhere, "listen"));
            vec![everywhere]
        }
    };
    let labelled = labelled.map(|list| taken.check("listen_labelled", list, 3260, problems));
    (login, labelled.unwrap_or_default())
}

/// Notes a problem if addresses are named where nobody could be heard.
pub(super) fn check_labelled(
    key: &str,
    list: Option<&Spanned<Vec<Spanned<String>>>>,
    provider: Provider,
    problems: &mut Collector<'_>,
) {
    if let Some(list) = list.filter(|list| !list.get_ref().is_empty())
        && provider != Provider::Selinux
    {
        let what = format_args!(
            "{key} needs provider \"selinux\": without SELinux the kernel knows no labels of \
             clients; remove it, or set provider"
        );
        problems.at(&list.span(), what);
    }
}

/// Whether two addresses cannot be listened on at once, though they are not the same: one is every
/// address of its family.
fn cover_each_other(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    let family = one.is_ipv4() == other.is_ipv4();
    everywhere && family && one.port() == other.port() && one.port() != 0
}

impl Taken {
    /// The addresses of one key, with the port that they usually have. None of all keys' may be
    /// there twice.
    pub(super) fn check(
        &mut self,
        key: &'static str,
        list: Spanned<Vec<Spanned<String>>>,
        port: u16,
        problems: &mut Collector<'_>,
    ) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        for text in list.into_inner() {
            let Ok(address) = text.get_ref().parse() else {
                let what = format_args!(
                    "{key} address {:?} is no address and port; write \"0.0.0.0:{port}\" or \"[::]:{port}\"",
                    text.get_ref()
                );
                problems.at(&text.span(), what);
                continue;
            };
            let clash = |taken: SocketAddr| taken == address || cover_each_other(taken, address);
            match self.0.iter().find(|(taken, _)| clash(*taken)) {
                Some((taken, first)) if *taken != address => {
                    let what = format_args!(
                        "{key} names {address}, which {first} has already with {taken}; name \
                         addresses of their own in both"
                    );
                    problems.at(&text.span(), what);
                }
                Some((_, first)) if *first == key => {
                    problems.at(&text.span(), format_args!("{key} names {address} twice"));
                }
                Some((_, first)) => {
                    let what = format_args!("{key} names {address}, which {first} names already");
                    problems.at(&text.span(), what);
                }
                None => {
                    self.0.push((address, key));
                    addresses.push(address);
                }
            }
        }
        addresses
    }
}

fn check_uid_base(base: Option<Spanned<u32>>, problems: &mut Collector<'_>) -> u32 {
    let Some(base) = base else {
        return 1_900_000_000;
    };
    let value = *base.get_ref();
    // Below are people, services and the kernel's nobody; from 2^31 on, what some tools take for
    // negative numbers.
    let highest = (1 << 31) - UID_RANGE;
    if !(65_536..=highest).contains(&value) {
        let what = format_args!("uid_base is {value}; choose a number from 65536 to {highest}");
        problems.at(&base.span(), what);
    }
    value
}

/// A path that must begin with "/".
pub(super) fn absolute(
    key: &str,
    path: Option<Spanned<PathBuf>>,
    problems: &mut Collector<'_>,
) -> Option<PathBuf> {
    let path = path?;
    if !path.get_ref().is_absolute() {
        let what = format_args!(
            "{key} {:?} is not absolute; begin it with \"/\"",
            path.get_ref()
        );
        problems.at(&path.span(), what);
    }
    Some(path.into_inner())
}

fn seconds(
    key: &str,
    value: Option<Spanned<u64>>,
    default: u64,
    problems: &mut Collector<'_>,
) -> Duration {
    Duration::from_secs(within(key, value, (1, 86_400), default, problems))
}

/// A number that must be from `least` to `most`.
pub(super) fn within(
    key: &str,
    value: Option<Spanned<u64>>,
    (least, most): (u64, u64),
    default: u64,
    problems: &mut Collector<'_>,
) -> u64 {
    let Some(value) = value else {
        return default;
    };
    let number = *value.get_ref();
    if !(least..=most).contains(&number) {
        let what = format_args!("{key} is {number}; choose a number from {least} to {most}");
        problems.at(&value.span(), what);
    }
    number.clamp(least, most)
}
