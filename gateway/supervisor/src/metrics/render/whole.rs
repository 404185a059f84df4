//! What there is once: the gateway and its process.

use super::{Output, Served};
use crate::metrics::catalogue::{
    AUDIT_LOST, AUDIT_SUPPRESSED, AUDIT_UNCOPIED, AUDIT_UNSYNCED, AUDIT_WRITTEN, BUILD, CPU,
    DESCRIPTOR_LIMIT, DESCRIPTORS, HOST_CERTIFICATE, IMAGES_CONFIGURED, IMAGES_POISONED,
    REMOTE_CERTIFICATE, RESIDENT, SELINUX_ENFORCING, SELINUX_POLICY_LOADS, SERVING, STARTED,
    VIRTUAL,
};
use crate::metrics::counters::Certificates;
use crate::metrics::processes;

pub(super) fn add(output: &mut Output, served: Served<'_>) {
    output.of(&BUILD).count(&[env!("CARGO_PKG_VERSION")], 1);
    output.of(&SERVING).count(&[], u64::from(served.serving));
    if let Some(status) = served.selinux {
        let enforcing = u64::from(status.enforcing);
        output.of(&SELINUX_ENFORCING).count(&[], enforcing);
        let loads = u64::from(status.policy_loads);
        output.of(&SELINUX_POLICY_LOADS).count(&[], loads);
    }
    let images = served.images.len() as u64;
    output.of(&IMAGES_CONFIGURED).count(&[], images);
    let poisoned = served.poison.all().len() as u64;
    output.of(&IMAGES_POISONED).count(&[], poisoned);
    if let Some(usage) = processes::usage(std::process::id()) {
        output.of(&CPU).add(&[], usage.cpu);
        output.of(&RESIDENT).count(&[], usage.resident);
        output.of(&VIRTUAL).count(&[], usage.virtual_memory);
        if let Some(boot) = processes::boot_time() {
            output.of(&STARTED).add(&[], boot + usage.started);
        }
    }
    if let Some(count) = processes::open_descriptors() {
        output.of(&DESCRIPTORS).count(&[], count as u64);
    }
    if let Some(limit) = processes::descriptor_limit() {
        output.of(&DESCRIPTOR_LIMIT).count(&[], limit);
    }
}

/// Adds when certificates end.
pub(super) fn add_certificates(output: &mut Output, certificates: &Certificates) {
    for (host, end) in &certificates.hosts {
        output
            .of(&HOST_CERTIFICATE)
            .add(&[host.as_str()], *end as f64);
    }
    if let Some(end) = certificates.own {
        output.of(&REMOTE_CERTIFICATE).add(&[], end as f64);
    }
}

/// Adds what has become of audit records.
pub(super) fn add_audit(output: &mut Output, suppressed: u64) {
    output.of(&AUDIT_SUPPRESSED).count(&[], suppressed);
    let Some(trail) = labelgate_audit::trail() else {
        return;
    };
    let counters = trail.counters();
    for (declaration, count) in [
        (&AUDIT_WRITTEN, counters.written),
        (&AUDIT_LOST, counters.lost),
        (&AUDIT_UNCOPIED, counters.uncopied),
        (&AUDIT_UNSYNCED, counters.unsynced),
    ] {
        output.of(declaration).count(&[], count);
    }
}
