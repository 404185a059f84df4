//! What there is once for each image and the label it is served under.

use std::collections::HashMap;
use std::sync::Arc;

use labelgate_pages::{Failure, ImageSample, Operation, Timed};

use super::{Output, Served};
use crate::config::Image;
use crate::metrics::catalogue::{
    BACKEND_DURATION, BYTES, DURATION, ERRORS, IMAGE_POISONED, IN_FLIGHT, OPERATIONS,
};
use crate::metrics::declaration::{LabelValue, label_values};
use crate::metrics::label::Reading;

/// Operations that move, or cover, bytes.
const WITH_BYTES: [Operation; 4] = [
    Operation::Read,
    Operation::Write,
    Operation::Discard,
    Operation::WriteZeroes,
];

/// Adds the images of a label. Content, which every worker is given, is added where it is used.
pub(super) fn add(
    output: &mut Output,
    label: &str,
    reading: &Reading,
    own: Option<&HashMap<String, &Arc<Image>>>,
) {
    for (image, account) in &reading.images {
        let sample = account.total();
        let is_own = own.is_some_and(|own| own.contains_key(image));
        let used = Operation::ALL
            .iter()
            .any(|&operation| sample.operations(operation) > 0);
        if is_own || used {
            add_image(output, label, image, sample);
        }
    }
}

fn add_image(output: &mut Output, label: &str, image: &str, sample: &ImageSample) {
    for &operation in <Operation as LabelValue>::ALL {
        let count = sample.operations(operation);
        let labels = [label, image, operation.value()];
        output.of(&OPERATIONS).count(&labels, count);
    }
    for operation in WITH_BYTES {
        let labels = [label, image, operation.value()];
        output.of(&BYTES).count(&labels, sample.bytes(operation));
    }
    for &failure in <Failure as LabelValue>::ALL {
        let labels = [label, image, failure.value()];
        output.of(&ERRORS).count(&labels, sample.failures(failure));
    }
    for &timed in <Timed as LabelValue>::ALL {
        let labels = [label, image, timed.value()];
        let histogram = sample.latency(timed);
        output.of(&DURATION).histogram(&labels, &histogram);
        let backend = sample.backend_latency(timed);
        // Files have no backend beside the worker.
        if backend.buckets.iter().any(|count| *count > 0) {
            output.of(&BACKEND_DURATION).histogram(&labels, &backend);
        }
    }
    let in_flight = sample.in_flight();
    output.of(&IN_FLIGHT).count(&[label, image], in_flight);
}

/// Adds whether each configured image is poisoned. Content is not written, so it never is.
pub(super) fn add_poisoned(output: &mut Output, served: Served<'_>) {
    for image in served.images {
        if let Some(label) = image.audience.label() {
            let poisoned = served.poison.contains(image.designator.serial);
            let labels = [&*label.to_string(), &*image.to_string()];
            output.of(&IMAGE_POISONED).count(&labels, poisoned.into());
        }
    }
}

label_values! {
    Operation {
        Read => "read",
        Write => "write",
        Flush => "flush",
        Discard => "discard",
        WriteZeroes => "write_zeroes",
        Extent => "extent",
        Resize => "resize",
        Status => "status",
    }
}

label_values! {
    Failure {
        OutOfRange => "out_of_range",
        ReadOnly => "read_only",
        NoSpace => "no_space",
        Medium => "medium",
        Poisoned => "poisoned",
        Revoked => "revoked",
        NotReady => "not_ready",
        Other => "other",
    }
}

label_values! {
    Timed {
        Read => "read",
        Write => "write",
        Flush => "flush",
    }
}
