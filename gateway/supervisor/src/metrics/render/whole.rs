//! What there is once: the gateway and its process.

use super::{Output, Served};
use crate::metrics::catalogue::{
    BUILD, CPU, DESCRIPTOR_LIMIT, DESCRIPTORS, IMAGES_CONFIGURED, IMAGES_POISONED, RESIDENT,
    STARTED, VIRTUAL,
};
use crate::metrics::processes;

pub(super) fn add(output: &mut Output, served: Served<'_>) {
    output.of(&BUILD).count(&[env!("CARGO_PKG_VERSION")], 1);
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
