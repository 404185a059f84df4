//! What a metric is: declared once, and everything else is made of that.

use prometheus::Opts;
use prometheus::proto::MetricType;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    /// Its name, by Prometheus' conventions: what it is about, then its base unit, then `_total`
    /// if it counts.
    pub name: &'static str,
    /// How its values behave.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, for those who read it.
    pub help: &'static str,
}

/// How a metric's values behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They only grow, from zero at the start of the gateway.
    Counter,
    /// They come and go.
    Gauge,
    /// How often values fell into ranges.
    Histogram,
}

impl Kind {
    /// As it is written in the output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }

    pub(super) const fn proto(self) -> MetricType {
        match self {
            Self::Counter => MetricType::COUNTER,
            Self::Gauge => MetricType::GAUGE,
            Self::Histogram => MetricType::HISTOGRAM,
        }
    }
}

impl Declaration {
    pub(super) fn opts(&self) -> Opts {
        Opts::new(self.name, self.help)
    }
}

/// The values that one of a metric's labels can have: a bounded number, known beforehand.
pub trait LabelValue: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// As it is written in the output.
    fn value(self) -> &'static str;
}

/// Says what the variants of an enum are as values of a label. All must be there, or it does not
/// compile.
macro_rules! label_values {
    ($name:ty { $($variant:ident => $value:literal,)+ }) => {
        impl $crate::metrics::LabelValue for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn value(self) -> &'static str {
                match self {
                    $(Self::$variant => $value,)+
                }
            }
        }
    };
}
pub(crate) use label_values;
