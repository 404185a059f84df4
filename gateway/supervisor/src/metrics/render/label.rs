//! What there is once for each label.

use std::sync::atomic::{AtomicU64, Ordering};

use labelgate_control::Driver;
use labelgate_pages::{WorkerCounter, WorkerGauge};

use super::Output;
use crate::metrics::catalogue::{
    ACCEPTED, DEATHS, HANDLES_REFUSED, IMAGES_OPEN, KEEPER_DEATHS, KEEPER_FENCES, KEEPER_LOSSES,
    KEEPER_STARTS, KEEPERS, LOGINS, LOGOUTS, MOUNTS, OPEN, PAGE_REJECTED, PROTOCOL_ERRORS,
    RECEIVED, REINSTATED, SENT, START_FAILURES, STARTS, WORKER_BUFFERS, WORKER_CPU,
    WORKER_EVENTS_DROPPED, WORKER_INFO, WORKER_MEMORY, WORKER_TURNS,
};
use crate::metrics::declaration::{Declaration, LabelValue};
use crate::metrics::label::{LabelMeter, Reading};

/// What the workers count, and what it is called.
const COUNTED: [(&Declaration, WorkerCounter); 8] = [
    (&RECEIVED, WorkerCounter::ReceivedBytes),
    (&SENT, WorkerCounter::SentBytes),
    (&LOGOUTS, WorkerCounter::Logouts),
    (&REINSTATED, WorkerCounter::SessionsReinstated),
    (&PROTOCOL_ERRORS, WorkerCounter::ProtocolErrors),
    (&HANDLES_REFUSED, WorkerCounter::HandlesRefused),
    (&WORKER_EVENTS_DROPPED, WorkerCounter::EventsDropped),
    (&WORKER_TURNS, WorkerCounter::Turns),
];

pub(super) fn add(output: &mut Output, label: &str, meter: &LabelMeter, reading: &Reading) {
    let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
    for (declaration, count) in [
        (&ACCEPTED, &meter.accepted),
        (&OPEN, &meter.open),
        (&IMAGES_OPEN, &meter.images_open),
        (&STARTS, &meter.starts),
        (&START_FAILURES, &meter.start_failures),
        (&KEEPERS, &meter.keepers),
        (&KEEPER_STARTS, &meter.keeper_starts),
        (&KEEPER_FENCES, &meter.keeper_fences),
        (&KEEPER_LOSSES, &meter.keeper_losses),
    ] {
        output.of(declaration).count(&[label], load(count));
    }
    for (cause, count) in meter.deaths() {
        output.of(&DEATHS).count(&[label, cause.value()], count);
    }
    for (cause, count) in meter.keeper_deaths() {
        let values = [label, cause.value()];
        output.of(&KEEPER_DEATHS).count(&values, count);
    }
    for (declaration, counter) in COUNTED {
        let count = reading.worker.counter(counter);
        output.of(declaration).count(&[label], count);
    }
    for (result, counter) in [
        ("accepted", WorkerCounter::LoginsAccepted),
        ("refused", WorkerCounter::LoginsRefused),
    ] {
        let count = reading.worker.counter(counter);
        output.of(&LOGINS).count(&[label, result], count);
    }
    for (result, counter) in [
        ("accepted", WorkerCounter::MountsAccepted),
        ("refused", WorkerCounter::MountsRefused),
    ] {
        let count = reading.worker.counter(counter);
        output.of(&MOUNTS).count(&[label, result], count);
    }
    output.of(&PAGE_REJECTED).count(&[label], reading.rejected);
    output.of(&WORKER_CPU).add(&[label], reading.cpu);
    add_worker(output, label, reading);
}

/// What there is only while there is a worker.
fn add_worker(output: &mut Output, label: &str, reading: &Reading) {
    if !reading.running {
        return;
    }
    let buffers = reading.worker.gauge(WorkerGauge::BufferBytes);
    output.of(&WORKER_BUFFERS).count(&[label], buffers);
    if let Some(usage) = reading.usage {
        output.of(&WORKER_MEMORY).count(&[label], usage.resident);
    }
    let driver = match reading.driver {
        Some(Driver::Ring) => "ring",
        Some(Driver::Epoll) => "epoll",
        // Not ready yet.
        Some(Driver::Auto) | None => return,
    };
    output.of(&WORKER_INFO).count(&[label, driver], 1);
}
