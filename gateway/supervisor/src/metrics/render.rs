//! Everything that is counted, in Prometheus' text format.

mod image;
mod label;
mod whole;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use labelgate_mac::selinux::Status;
use prometheus::TextEncoder;
use prometheus::proto::MetricFamily;

use super::catalogue::WORKERS;
use super::counters::Metrics;
use super::declaration::Declaration;
use super::family::Family;
use crate::audit::Throttle;
use crate::config::Image;
use crate::poison::PoisonMarks;

/// Labels and images that are not configured are shown for this long after they were in use.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// What there is beside what was counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served<'a> {
    /// Images to be served.
    pub(crate) images: &'a [Arc<Image>],
    /// Which images are poisoned.
    pub(crate) poison: &'a PoisonMarks,
    /// Whether the gateway may serve.
    pub(crate) serving: bool,
    /// What the kernel's SELinux is like, where it enforces labels and can be asked.
    pub(crate) selinux: Option<Status>,
    /// Rations the audit records of refused connections.
    pub(crate) refusals: &'a Throttle,
}

/// The families that have a value so far.
#[derive(Debug, Default)]
struct Output(BTreeMap<&'static str, Family>);

impl Output {
    fn of(&mut self, declaration: &'static Declaration) -> &mut Family {
        let family = self.0.entry(declaration.name);
        family.or_insert_with(|| Family::new(declaration))
    }
}

/// Everything that is counted. Reads memory and `/proc`, and waits for no worker and no disk; it
/// blocks for some microseconds per label.
///
/// # Errors
/// The encoder takes a family for none: a fault of ours.
pub(crate) fn render(metrics: &Metrics, served: Served<'_>) -> Result<String, prometheus::Error> {
    let mut output = Output::default();
    whole::add(&mut output, served);
    whole::add_certificates(&mut output, &metrics.certificates_end());
    let configured = by_label(served.images);
    let (mut workers, mut suppressed) = (0, served.refusals.suppressed());
    for (name, meter) in metrics.labels() {
        let own = configured.get(&name);
        let wanted = |image: &str| own.is_some_and(|own| own.contains_key(image));
        let reading = meter.read(wanted, REMEMBERED);
        workers += u64::from(reading.running);
        suppressed += meter.suppressed.load(Ordering::Relaxed);
        if own.is_some() || reading.idle < REMEMBERED {
            label::add(&mut output, &name, &meter, &reading);
            image::add(&mut output, &name, &reading, own);
        }
    }
    output.of(&WORKERS).count(&[], workers);
    whole::add_audit(&mut output, suppressed);
    image::add_poisoned(&mut output, served);
    let mut families: Vec<MetricFamily> = metrics.registry.gather();
    families.extend(output.0.into_values().filter_map(Family::finish));
    families.sort_by(|one, other| one.name().cmp(other.name()));
    TextEncoder::new().encode_to_string(&families)
}

/// The configured images that only one label may open, by that label and by their names.
fn by_label(images: &[Arc<Image>]) -> HashMap<String, HashMap<String, &Arc<Image>>> {
    let mut labels: HashMap<String, HashMap<String, &Arc<Image>>> = HashMap::new();
    for image in images {
        if let Some(label) = image.audience.label() {
            let own = labels.entry(label.to_string()).or_default();
            own.insert(image.to_string(), image);
        }
    }
    labels
}
