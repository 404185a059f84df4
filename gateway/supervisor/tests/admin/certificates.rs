//! When certificates end, as it is counted.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::remote::Remote;

/// The numbers as they are once they are as wanted.
fn wait_for(remote: &Remote, wanted: impl Fn(&str) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let Value::String(text) = remote.house.done("GET", "/v1/metrics", None) else {
            panic!("no text")
        };
        if wanted(&text) {
            return;
        }
        assert!(Instant::now() < deadline, "{text}");
        sleep(Duration::from_millis(50));
    }
}

fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[test]
fn when_a_hosts_certificate_ends_is_counted_as_long_as_there_is_the_host() {
    const OWN: &str = "labelgate_remote_certificate_expiry_timestamp_seconds ";
    const WATCH: &str = "labelgate_host_certificate_expiry_timestamp_seconds{host=\"watch\"} ";
    let remote = Remote::start();
    wait_for(&remote, |text| {
        // It does not end in our time.
        value(text, OWN).is_some_and(|end| end > 250e9) && value(text, WATCH).is_none()
    });
    remote.enrol("watch", "monitor", json!({}));
    let shown = remote.house.done("GET", "/v1/hosts/watch", None);
    let expires: jiff::Timestamp = shown["expires"].as_str().unwrap().parse().unwrap();
    wait_for(&remote, |text| {
        value(text, WATCH) == Some(expires.as_second() as f64)
    });
    let status = remote.house.done("GET", "/v1/status", None);
    assert!(
        !status["warnings"].to_string().contains("certificate"),
        "{status}"
    );
    remote.house.done("DELETE", "/v1/hosts/watch", None);
    wait_for(&remote, |text| value(text, WATCH).is_none());
}
