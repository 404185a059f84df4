//! `[gateway.login]` and `[gateway.chap]`: how connections are greeted whose identity is not their
//! address.

use std::time::Duration;

use labelgate_control::{ChapAlgorithm, Text};
use serde::Deserialize;
use toml::Spanned;

use super::gateway::within;
use super::problem::Collector;

/// How many logins there may be, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginSection {
    /// Greeters kept ready.
    pub ready: usize,
    /// Logins at once, each with a greeter.
    pub at_once: usize,
    /// Of these, from one source.
    pub per_source: usize,
    /// How long one may take, from the accepted connection on.
    pub time: Duration,
    /// Logins of one source that fail, per second; more are slowed down.
    pub failures_per_second: u32,
}

/// How initiators prove themselves with CHAP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapSection {
    /// The hashes that are allowed; never empty.
    pub algorithms: Vec<ChapAlgorithm>,
    /// What the gateway calls itself when it proves itself to an initiator (CHAP_N).
    pub name: Text<223>,
}

/// `[gateway.login]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLogin {
    ready: Option<Spanned<u64>>,
    at_once: Option<Spanned<u64>>,
    per_source: Option<Spanned<u64>>,
    seconds: Option<Spanned<u64>>,
    failures_per_second: Option<Spanned<u64>>,
}

/// `[gateway.chap]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChap {
    algorithms: Option<Spanned<Vec<Spanned<String>>>>,
    name: Option<Spanned<String>>,
}

impl RawLogin {
    pub(super) fn check(self, problems: &mut Collector<'_>) -> LoginSection {
        let mut number = |key: &str, value, least, most, default| {
            let number = within(key, value, (least, most), default, problems);
            usize::try_from(number).unwrap_or_default()
        };
        LoginSection {
            ready: number("ready", self.ready, 0, 64, 4),
            at_once: number("at_once", self.at_once, 1, 1024, 128),
            per_source: number("per_source", self.per_source, 1, 1024, 16),
            time: Duration::from_secs(within("seconds", self.seconds, (1, 300), 15, problems)),
            failures_per_second: u32::try_from(within(
                "failures_per_second",
                self.failures_per_second,
                (1, 1_000_000),
                5,
                problems,
            ))
            .unwrap_or(1),
        }
    }
}

impl RawChap {
    pub(super) fn check(self, problems: &mut Collector<'_>) -> ChapSection {
        let algorithms = match self.algorithms {
            Some(written) => check_algorithms(&written, problems),
            None => ChapAlgorithm::ALL.to_vec(),
        };
        ChapSection {
            algorithms,
            name: check_name(self.name.as_ref(), problems),
        }
    }
}

fn check_algorithms(
    written: &Spanned<Vec<Spanned<String>>>,
    problems: &mut Collector<'_>,
) -> Vec<ChapAlgorithm> {
    const NAMES: &str = "use \"sha3-256\", \"sha256\", \"sha1\" and \"md5\"";
    if written.get_ref().is_empty() {
        let what = format_args!("algorithms is empty, so nobody could log in; {NAMES}");
        problems.at(&written.span(), what);
    }
    let mut algorithms = Vec::new();
    for text in written.get_ref() {
        match algorithm(text.get_ref()) {
            Some(twice) if algorithms.contains(&twice) => {
                let what =
                    format_args!("algorithm {:?} is there twice; remove one", text.get_ref());
                problems.at(&text.span(), what);
            }
            Some(algorithm) => algorithms.push(algorithm),
            None => {
                let what = format_args!("algorithm {:?} is unknown; {NAMES}", text.get_ref());
                problems.at(&text.span(), what);
            }
        }
    }
    algorithms
}

fn algorithm(name: &str) -> Option<ChapAlgorithm> {
    Some(match name {
        "sha3-256" => ChapAlgorithm::Sha3_256,
        "sha256" => ChapAlgorithm::Sha256,
        "sha1" => ChapAlgorithm::Sha1,
        "md5" => ChapAlgorithm::Md5,
        _ => return None,
    })
}

fn check_name(name: Option<&Spanned<String>>, problems: &mut Collector<'_>) -> Text<223> {
    let Some(written) = name else {
        return Text::clean("labelgate");
    };
    let name = written.get_ref();
    let printable = name
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b',');
    match Text::new(name) {
        Ok(name) if printable && !name.is_empty() => name,
        _ => {
            let what = "the gateway's CHAP name is to have 1 to 223 printable ASCII characters, \
                        without spaces and commas";
            problems.at(&written.span(), what);
            Text::default()
        }
    }
}
