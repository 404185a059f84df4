//! Leases whose time is over.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use labelgate_registry::{Change, Lease};

use super::{Changed, State};
use crate::audit::{Decision, Event, Record};

/// A clock may be set: no sleep is longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// After a lease could not be ended, as when the registry's disk is full.
const PAUSE: Duration = Duration::from_secs(5);

/// Ends each lease when its time is over, for as long as the gateway runs.
pub async fn end_expired_leases(state: Arc<State>) {
    let mut changed = state.in_force.subscribe();
    loop {
        let next = {
            let in_force = changed.borrow_and_update();
            let leases = in_force.snapshot.leases.values();
            leases.filter_map(|lease| lease.ends).min()
        };
        let now = Timestamp::now();
        match next {
            Some(ends) if ends <= now => end_all(&state, now).await,
            next => {
                let left = next.map(|ends| ends.duration_since(now).unsigned_abs());
                let sleep = tokio::time::sleep(left.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP));
                tokio::select! {
                    () = sleep => {}
                    changed = changed.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}

async fn end_all(state: &Arc<State>, now: Timestamp) {
    let turn = state.turn().await;
    let snapshot = Arc::clone(&state.in_force().snapshot);
    for lease in snapshot.expired(now) {
        match turn.change(Change::EndLease(lease.id)).await {
            Ok(changed) => record(lease, &changed),
            Err(error) => {
                tracing::error!(
                    "the lease {} has expired, which admits nobody any more, and cannot be \
                     ended: {error}",
                    lease.id
                );
                // What follows its machine is nobody's by now all the same.
                if let Err(error) = turn.of_now().await {
                    tracing::error!("what is in force cannot be put together anew: {error}");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn record(lease: &Lease, changed: &Changed) {
    let text = format!("{} of vm {} on {}", lease.id, lease.vm, lease.host);
    let record = Record {
        lease: Some(&text),
        count: Some(changed.ended.sessions),
        milliseconds: Some(changed.milliseconds),
        ..Record::new(Event::LeaseEnd, Decision::Note)
    };
    record
        .label(&lease.label)
        .reason("its time is over")
        .write();
}
