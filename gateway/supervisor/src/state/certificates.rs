//! Certificates of hosts that end soon: each is announced in time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use labelgate_registry::{Fingerprint, Host, Snapshot};

use super::{InForce, State};
use crate::audit::{Decision, Event, Record};

/// How long before its end a certificate is first announced.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 30);
/// When it is announced again, the last time when it has ended.
const AGAIN: [SignedDuration; 3] = [
    SignedDuration::from_hours(24 * 7),
    SignedDuration::from_hours(24),
    SignedDuration::ZERO,
];
/// A clock may be set: no sleep is longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Announces each certificate that ends soon, and counts how long all are good, for as long as the
/// gateway runs. One that is near its end when the gateway starts is announced then.
pub async fn announce_certificates(state: Arc<State>) {
    let mut changed = state.in_force.subscribe();
    let mut announced = Announced::default();
    loop {
        let next = {
            let in_force = changed.borrow_and_update();
            count(&state, &in_force);
            let now = Timestamp::now();
            for host in announced.due(&in_force.snapshot, now) {
                announce(host, now);
            }
            next(&in_force.snapshot, now)
        };
        let sleep = next.map_or(LONGEST_SLEEP, |next| next.unsigned_abs().min(LONGEST_SLEEP));
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            changed = changed.changed() => if changed.is_err() { return },
        }
    }
}

fn count(state: &State, in_force: &InForce) {
    let hosts = in_force.snapshot.hosts.values();
    let ends = hosts.map(|host| (host.name.to_string(), host.expires.as_second()));
    let own = !in_force.config.remote.listen.is_empty();
    let own = own.then_some(labelgate_certificates::SERVER_EXPIRES);
    let metrics = &state.shared.metrics;
    metrics.certificates(ends.collect(), own);
}

/// How far each certificate's end has been announced.
#[derive(Debug, Default)]
struct Announced(HashMap<Fingerprint, usize>);

impl Announced {
    /// The hosts whose certificates are to be announced now, which counts as done.
    fn due<'a>(&mut self, snapshot: &'a Snapshot, now: Timestamp) -> Vec<&'a Host> {
        self.0
            .retain(|fingerprint, _| snapshot.host_of(*fingerprint).is_some());
        let mut due = Vec::new();
        for host in snapshot.hosts.values() {
            let step = step(host, now);
            let before = self.0.insert(host.fingerprint, step).unwrap_or(0);
            if step > before {
                due.push(host);
            }
        }
        due
    }
}

fn steps() -> impl Iterator<Item = SignedDuration> {
    [AHEAD].into_iter().chain(AGAIN)
}

/// How many of the announcements of its certificate are due.
fn step(host: &Host, now: Timestamp) -> usize {
    let left = host.expires.duration_since(now);
    steps().filter(|ahead| left <= *ahead).count()
}

/// How long it is until the next announcement.
fn next(snapshot: &Snapshot, now: Timestamp) -> Option<SignedDuration> {
    let hosts = snapshot.hosts.values();
    let left = hosts.map(|host| host.expires.duration_since(now));
    let until = left.flat_map(|left| steps().filter_map(move |ahead| left.checked_sub(ahead)));
    until.filter(SignedDuration::is_positive).min()
}

fn announce(host: &Host, now: Timestamp) {
    let reason = warning(host, now);
    tracing::warn!("{reason}");
    Record::new(Event::HostCertificate, Decision::Note)
        .reason(&reason)
        .write();
}

/// What is to be said of a certificate that ends soon, or has ended.
#[must_use]
pub fn warning(host: &Host, now: Timestamp) -> String {
    let Host { name, expires, .. } = host;
    let at = expires.strftime("%Y-%m-%dT%H:%M:%SZ");
    match *expires <= now {
        true => {
            format!("the certificate of host {name} has ended at {at}: labelgate host renew {name}")
        }
        false => format!(
            "the certificate of host {name} ends at {at}, and then it may ask no more: labelgate host renew {name}"
        ),
    }
}

/// The hosts whose certificates end soon, or have ended.
pub fn ending(snapshot: &Snapshot, now: Timestamp) -> impl Iterator<Item = &Host> {
    let hosts = snapshot.hosts.values();
    hosts.filter(move |host| step(host, now) > 0)
}

#[cfg(test)]
mod tests {
    use labelgate_registry::HostRole;

    use super::*;

    const DAY: i64 = 24 * 3600;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(day * DAY).unwrap()
    }

    fn host(name: &str, certificate: u8, ends: i64) -> Host {
        Host {
            name: name.parse().unwrap(),
            role: HostRole::Monitor,
            addresses: None,
            fingerprint: Fingerprint::new([certificate; 32]),
            expires: day(ends),
            since: day(0),
        }
    }

    fn snapshot(hosts: &[Host]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let hosts = hosts.iter().map(|host| (host.name.clone(), host.clone()));
        snapshot.hosts.extend(hosts);
        snapshot
    }

    #[test]
    fn a_certificate_is_announced_a_month_a_week_and_a_day_ahead_and_at_its_end() {
        let both = snapshot(&[host("late", 1, 100), host("later", 2, 700)]);
        let mut announced = Announced::default();
        let mut said = Vec::new();
        for today in 0..=110 {
            let due = announced.due(&both, day(today));
            said.extend(due.iter().map(|host| format!("{} {today}", host.name)));
        }
        assert_eq!(said, ["late 70", "late 93", "late 99", "late 100"]);
        // Another certificate is another matter.
        let renewed = snapshot(&[host("late", 3, 130)]);
        assert_eq!(announced.due(&renewed, day(100)).len(), 1);
        assert!(announced.due(&renewed, day(101)).is_empty());
    }

    #[test]
    fn it_wakes_up_when_the_next_one_is_due() {
        let both = snapshot(&[host("late", 1, 100), host("later", 2, 105)]);
        let in_days = |today| next(&both, day(today)).map(|left| left.as_secs() / DAY);
        let days = [
            in_days(10),
            in_days(70),
            in_days(75),
            in_days(100),
            in_days(105),
        ];
        assert_eq!(days, [Some(60), Some(5), Some(18), Some(4), None]);
    }

    #[test]
    fn the_warning_says_what_to_do_and_when() {
        let host = host("kvm-1", 1, 100);
        let soon = warning(&host, day(99));
        assert!(
            soon.contains("kvm-1 ends at 1970-04-11T00:00:00Z"),
            "{soon}"
        );
        assert!(warning(&host, day(100)).contains("has ended"));
        let one = snapshot(&[host]);
        assert_eq!(ending(&one, day(69)).count(), 0);
        assert_eq!(ending(&one, day(70)).count(), 1);
    }
}
