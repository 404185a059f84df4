//! Workers.

use std::time::Duration;

use axum::Json;
use jiff::Timestamp;
use labelgate_api::{self as api, Revocation, WorkerPath, WorkerPhase, Workers};
use labelgate_mac::selinux::process_context;

use super::answer::count;
use super::asked::{AskedBy, InPath};
use super::failure::{Answer, Denied};
use super::operation::{Office, record, recorded, revocation};
use crate::audit::{Event, Record};
use crate::worker::{Description, Phase};

pub(super) async fn list(office: Office) -> Answer<Workers> {
    let labels = office.state.labels().describe().await;
    let contexts = office.state.shared().provider.selinux().is_some();
    let mut workers: Vec<_> = labels.iter().filter_map(describe).collect();
    for worker in workers.iter_mut().filter(|_| contexts) {
        worker.context = worker.pid.map(context);
    }
    workers.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(Json(Workers { workers }))
}

pub(super) async fn kill(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(WorkerPath { label }): InPath<WorkerPath>,
) -> Answer<Revocation> {
    office
        .operate(async move |turn| {
            let label = label.get();
            let labels = turn.state().labels().describe().await;
            let mut workers = labels.iter().filter(|other| other.label == *label);
            let worker = workers.find_map(|other| other.worker);
            let worker = worker.ok_or_else(|| Denied::not_found("worker", label));
            let record = Record {
                pid: worker.as_ref().ok().map(|worker| worker.pid),
                ..record(Event::WorkerKill, &asked_by).label(label)
            };
            recorded(record, worker).await?;
            let why = format!("{asked_by} asked for it");
            let changed = turn.kill_worker(label, &why).await;
            revocation(&changed, record).await.map(Json)
        })
        .await
}

/// A worker, or the lack of one that is wanted. A label without either is none.
fn describe(label: &Description) -> Option<api::Worker> {
    let phase = match label.worker.map(|worker| worker.phase) {
        Some(Phase::Starting { .. }) => WorkerPhase::Starting,
        Some(Phase::Serving { .. }) => WorkerPhase::Running,
        Some(Phase::Draining { .. } | Phase::Killed) => WorkerPhase::Leaving,
        None if label.waiting > 0 => WorkerPhase::BackingOff,
        None => return None,
    };
    let pid = label.worker.map(|worker| worker.pid);
    let age = label.worker.map_or(Duration::ZERO, |worker| worker.age);
    let now = Timestamp::now();
    Some(api::Worker {
        label: label.label.clone().into(),
        pid,
        context: None,
        phase,
        since: now.checked_sub(age).unwrap_or(now),
        connections: count(label.clients.len()),
        images: count(label.images.len()),
        resident: pid.and_then(resident),
    })
}

/// What a process runs as, as the kernel says; or why it does not say.
fn context(pid: u32) -> String {
    match process_context(pid) {
        Ok(context) => context.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Bytes of memory of a process that are resident (proc_pid_statm(5): the second number, in
/// pages).
fn resident(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    pages.checked_mul(page)
}
