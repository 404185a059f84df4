//! Watching what the kernel's SELinux is like while the gateway runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_mac::selinux::{Status, Unavailable};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::Selinux;
use crate::audit::{Decision, Event, Record};
use crate::label_table::LabelTable;
use crate::worker::Shared;

/// How often it is looked at: two reads of 20 bytes.
const PERIOD: Duration = Duration::from_millis(50);
/// How long what a halt ends may take before it is said that it has not ended.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// What has happened between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Changed {
    /// It was made permissive or enforcing, perhaps there and back.
    mode: bool,
    /// A policy was loaded, or a boolean changed.
    policy: bool,
}

impl Changed {
    /// The sequence grows by two for each change of the mode and for each new policy, whose number
    /// grows by one.
    const fn between(before: Status, now: Status) -> Self {
        let steps = now.sequence.wrapping_sub(before.sequence) / 2;
        let policies = now.policy_loads.wrapping_sub(before.policy_loads);
        Self {
            mode: now.enforcing != before.enforcing || steps != policies,
            policy: policies != 0,
        }
    }
}

/// Has the gateway serve while the kernel enforces labels, and only then; for ever. Where the
/// kernel does not do so anyway, there is nothing to watch.
pub async fn watch(shared: Arc<Shared>, labels: Arc<LabelTable>) {
    let Some(selinux) = shared.provider.selinux() else {
        return;
    };
    let mut watch = Watch {
        known: selinux.status_at_start(),
        lost: false,
        shared: Arc::clone(&shared),
        labels,
    };
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match selinux.status() {
            Ok(now) if now == watch.known && !watch.lost => {}
            Ok(now) => watch.changed(selinux, now).await,
            Err(error) => watch.lose(&error),
        }
    }
}

struct Watch {
    /// What all decisions so far are made for.
    known: Status,
    /// The last look has failed.
    lost: bool,
    shared: Arc<Shared>,
    labels: Arc<LabelTable>,
}

impl Watch {
    async fn changed(&mut self, selinux: &Selinux, now: Status) {
        let changed = Changed::between(self.known, now);
        // First of all what cannot wait: nothing was refused since.
        if changed.mode && selinux.must_enforce() {
            self.halt(&Unavailable::Permissive.to_string());
        }
        note(changed, now);
        let faults = self.faults(changed).await;
        if let Some(fault) = &faults {
            self.halt(fault);
        }
        (self.known, self.lost) = (now, false);
        if faults.is_none() && selinux.check_enforcing(now).is_ok() {
            self.resume();
        }
    }

    /// What is wrong with the policy that is loaded now.
    async fn faults(&self, changed: Changed) -> Option<String> {
        // What kept the gateway from serving may have been the policy.
        if !changed.policy && self.shared.serving.check().is_ok() {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        let checked = spawn_blocking(move || {
            let checked = shared.provider.selinux().map(Selinux::check_policy);
            checked.and_then(Result::err).map(|fault| fault.to_string())
        });
        checked
            .await
            .unwrap_or_else(|error| Some(error.to_string()))
    }

    /// Nobody knows what it is like.
    fn lose(&mut self, error: &Unavailable) {
        self.lost = true;
        self.halt(&error.to_string());
    }

    fn halt(&self, why: &str) {
        if !self.shared.serving.halt(why) {
            return;
        }
        tracing::error!("the gateway serves nobody: {why}");
        Record::new(Event::GatewayHalt, Decision::Deny)
            .reason(why)
            .write();
        let labels = Arc::clone(&self.labels);
        tokio::spawn(async move {
            let start = Instant::now();
            let verdict = labels.reconcile(END_PATIENCE).await;
            let milliseconds = u64::try_from(start.elapsed().as_millis()).ok();
            let reason = match verdict.complete {
                true => "every worker is killed and every connection ended",
                false => "not every worker and its last I/O has ended yet",
            };
            let record = Record {
                milliseconds,
                ..Record::new(Event::Revocation, Decision::Note)
            };
            record.reason(reason).write();
        });
    }

    fn resume(&self) {
        if self.shared.serving.resume() {
            tracing::info!("the gateway serves again");
            Record::new(Event::GatewayResume, Decision::Note).write();
        }
    }
}

/// Writes down what has changed; who did it is not known here, but in the system's own audit.
fn note(changed: Changed, now: Status) {
    if changed.mode {
        let (decision, reason) = match now.enforcing {
            true => (
                Decision::Note,
                "SELinux is enforcing, after it was permissive",
            ),
            false => (Decision::Deny, "SELinux is permissive (setenforce 0)"),
        };
        tracing::warn!("{reason}");
        Record::new(Event::SelinuxMode, decision)
            .reason(reason)
            .write();
    }
    if changed.policy {
        let reason = format!(
            "policy number {} since the machine started",
            now.policy_loads
        );
        tracing::info!("a policy was loaded or a boolean changed: {reason}");
        let record = Record::new(Event::SelinuxPolicy, Decision::Note);
        record.reason(&reason).write();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(enforcing: bool, policy_loads: u32, sequence: u32) -> Status {
        Status {
            enforcing,
            policy_loads,
            sequence,
        }
    }

    #[test]
    fn a_moment_without_enforcement_is_noticed_although_it_is_over() {
        let before = status(true, 3, 8);
        let changed = |now| {
            let Changed { mode, policy } = Changed::between(before, now);
            (mode, policy)
        };
        assert_eq!(changed(status(false, 3, 10)), (true, false));
        assert_eq!(changed(status(true, 4, 10)), (false, true));
        assert_eq!(
            changed(status(true, 3, 12)),
            (true, false),
            "there and back"
        );
        assert_eq!(changed(status(true, 5, 12)), (false, true), "two booleans");
        assert_eq!(changed(status(true, 4, 14)), (true, true), "all of that");
    }

    #[test]
    fn numbers_that_start_anew_are_no_reason_to_overlook_anything() {
        let before = status(true, u32::MAX, u32::MAX - 1);
        let changed = Changed::between(before, status(true, 0, 0));
        assert!(changed.policy && !changed.mode);
        let changed = Changed::between(before, status(true, u32::MAX, 2));
        assert!(changed.mode && !changed.policy);
    }
}
