//! Medians and what few repeats can say about them.

/// A median and the interval it lies in, whatever the distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The sample's median.
    pub median: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// The probability that the interval holds the true median, from the binomial distribution of
    /// the sign test: 0.75 for the range of three values, 0.94 for that of five.
    pub confidence: f64,
}

/// The confidence an interval is made narrower for.
const ENOUGH: f64 = 0.9;

impl Estimate {
    /// From a sample; nothing when it is empty.
    pub fn of(mut sample: Vec<f64>) -> Option<Self> {
        sample.retain(|value| value.is_finite());
        sample.sort_by(f64::total_cmp);
        let count = sample.len();
        let middle = sample.get(count / 2)?;
        let below = sample.get(count.saturating_sub(1) / 2)?;
        // The k-th smallest and k-th largest value enclose the median with this confidence.
        let cut = (0..count.div_ceil(2))
            .take_while(|cut| *cut == 0 || confidence(count, *cut) >= ENOUGH)
            .last()?;
        Some(Self {
            median: f64::midpoint(*middle, *below),
            low: *sample.get(cut)?,
            high: *sample.get(count - 1 - cut)?,
            confidence: confidence(count, cut),
        })
    }

    /// Whether the interval of a ratio leaves open which of the two is greater.
    pub fn is_undecided(&self) -> bool {
        self.low <= 1.0 && 1.0 <= self.high
    }
}

/// 1 - 2 P(at most `cut` of `count` fair coins show heads).
fn confidence(count: usize, cut: usize) -> f64 {
    let mut term = 0.5_f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let mut tail = 0.0;
    for heads in 0..=cut {
        tail += term;
        term *= (count - heads) as f64 / (heads + 1) as f64;
    }
    (1.0 - 2.0 * tail).max(0.0)
}

/// The middle value; zero when there is none.
pub fn median(sample: Vec<f64>) -> f64 {
    Estimate::of(sample).map_or(0.0, |estimate| estimate.median)
}

/// The value below which this fraction of a sample lies; zero when it is empty.
pub fn percentile(mut sample: Vec<f64>, fraction: f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let skipped = sample
        .iter()
        .enumerate()
        .take_while(|(index, _)| ((index + 1) as f64) < fraction * sample.len() as f64);
    let index = skipped.count();
    sample.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_give_their_range_and_say_how_little_that_is() {
        let three = Estimate::of(vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((three.low, three.median, three.high), (1.0, 2.0, 3.0));
        assert!((three.confidence - 0.75).abs() < 1e-9);
        assert!(Estimate::of(vec![]).is_none());
        assert!(Estimate::of(vec![1.0]).unwrap().confidence.abs() < 1e-9);
    }

    #[test]
    fn many_values_drop_outliers_while_the_confidence_holds() {
        let eleven = Estimate::of((1..=11).map(f64::from).collect()).unwrap();
        // P(at most 2 of 11) = 67 / 2048.
        assert_eq!((eleven.low, eleven.median, eleven.high), (3.0, 6.0, 9.0));
        assert!((eleven.confidence - (1.0 - 2.0 * 67.0 / 2048.0)).abs() < 1e-9);
    }

    #[test]
    fn an_interval_around_one_decides_nothing() {
        assert!(Estimate::of(vec![0.9, 1.2, 1.3]).unwrap().is_undecided());
        assert!(!Estimate::of(vec![1.1, 1.2, 1.3]).unwrap().is_undecided());
    }

    #[test]
    fn percentiles_are_values_of_the_sample() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert!((percentile(hundred.clone(), 0.5) - 50.0).abs() < 1e-9);
        assert!((percentile(hundred, 0.99) - 99.0).abs() < 1e-9);
    }
}
