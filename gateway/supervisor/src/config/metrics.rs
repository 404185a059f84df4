//! `[metrics]`: where Prometheus finds the metrics.

use std::net::SocketAddr;

use serde::Deserialize;
use toml::Spanned;

use super::problem::Collector;

/// Where Prometheus finds the metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetricsSection {
    /// Where `/metrics` is served; nowhere, without one.
    pub listen: Option<SocketAddr>,
}

/// `[metrics]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetrics {
    listen: Option<Spanned<String>>,
}

impl RawMetrics {
    pub(super) fn check(self, problems: &mut Collector<'_>) -> MetricsSection {
        let listen = self.listen.and_then(|text| {
            let address = text.get_ref().parse();
            if address.is_err() {
                let what = format_args!(
                    "metrics listen address {:?} is no address and port; write \"127.0.0.1:9260\"",
                    text.get_ref()
                );
                problems.at(&text.span(), what);
            }
            address.ok()
        });
        MetricsSection { listen }
    }
}
