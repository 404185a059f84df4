//! From numbers to what the encoder takes.

use labelgate_pages::{BOUNDS, Histogram};
use prometheus::proto::{Bucket, Counter, Gauge, LabelPair, Metric, MetricFamily};

use super::declaration::{Declaration, Kind};

/// All values of one metric.
#[derive(Debug)]
pub(super) struct Family {
    declaration: &'static Declaration,
    metrics: Vec<Metric>,
}

impl Family {
    pub(super) const fn new(declaration: &'static Declaration) -> Self {
        let metrics = Vec::new();
        Self {
            declaration,
            metrics,
        }
    }

    /// Adds a counter's or a gauge's value under these values of its labels.
    pub(super) fn add(&mut self, labels: &[&str], value: f64) {
        let mut metric = self.metric(labels);
        if self.declaration.kind == Kind::Counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.metrics.push(metric);
    }

    /// Adds whole numbers. Beyond 2^53 the output has no more digits.
    pub(super) fn count(&mut self, labels: &[&str], value: u64) {
        self.add(labels, value as f64);
    }

    /// Adds a histogram. Its count is the sum of its buckets, so that they agree whenever they
    /// were read.
    pub(super) fn histogram(&mut self, labels: &[&str], histogram: &Histogram) {
        let mut metric = self.metric(labels);
        let mut cumulative = 0_u64;
        let mut buckets = Vec::with_capacity(BOUNDS.len());
        for (place, count) in histogram.buckets.iter().enumerate() {
            cumulative = cumulative.saturating_add(*count);
            // The last one has no bound and is the count.
            if let Some(&bound) = BOUNDS.get(place) {
                let mut bucket = Bucket::default();
                bucket.set_cumulative_count(cumulative);
                bucket.set_upper_bound(seconds(bound));
                buckets.push(bucket);
            }
        }
        let mut proto = prometheus::proto::Histogram::default();
        proto.set_bucket(buckets);
        proto.set_sample_count(cumulative);
        proto.set_sample_sum(seconds(histogram.nanoseconds));
        metric.set_histogram(proto);
        self.metrics.push(metric);
    }

    fn metric(&self, labels: &[&str]) -> Metric {
        debug_assert_eq!(labels.len(), self.declaration.labels.len());
        let pairs = self.declaration.labels.iter().zip(labels);
        let pairs = pairs.map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        Metric::from_label(pairs.collect())
    }

    /// The finished family; nothing, if there is no value, which the encoder does not take.
    pub(super) fn finish(self) -> Option<MetricFamily> {
        if self.metrics.is_empty() {
            return None;
        }
        let mut family = MetricFamily::default();
        family.set_name(self.declaration.name.to_owned());
        family.set_help(self.declaration.help.to_owned());
        family.set_field_type(self.declaration.kind.proto());
        family.set_metric(self.metrics);
        Some(family)
    }
}

/// Nanoseconds as seconds.
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
