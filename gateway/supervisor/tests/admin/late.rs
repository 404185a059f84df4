//! Requests whose bodies come late: what counts is what is so when they are carried out.

use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::remote::{Host, Remote, VM, disks, furnish, iscsi, start};

/// How long the gateway may take to have read a head.
const HEAD: Duration = Duration::from_secs(2);

/// A request whose body is sent bit by bit.
struct Late {
    curl: Child,
    body: ChildStdin,
}

impl Late {
    fn begin(remote: &Remote, host: &Host, path: &str) -> Self {
        let mut curl = host.curl();
        curl.args(["--write-out", "\n%{http_code}", "--request", "POST"]);
        curl.args(["--header", "Expect:", "--upload-file", "-"]);
        curl.arg(remote.url(path));
        curl.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut curl = curl.stderr(Stdio::null()).spawn().unwrap();
        let body = curl.stdin.take().unwrap();
        Self { curl, body }
    }

    /// One that the gateway has let through by now, as far as its head goes.
    fn let_through(remote: &Remote, host: &Host, path: &str) -> Self {
        let mut late = Self::begin(remote, host, path);
        late.body.write_all(b" ").unwrap();
        sleep(HEAD);
        assert!(late.curl.try_wait().unwrap().is_none(), "it is answered");
        late
    }

    /// Sends the rest, and gives the answer, if there is one.
    fn end(mut self, body: &Value) -> Option<(u16, String)> {
        // A connection that has ended takes nothing any more.
        let _ = self.body.write_all(body.to_string().as_bytes());
        self.answer()
    }

    fn answer(self) -> Option<(u16, String)> {
        let Self { curl, body } = self;
        drop(body);
        let output = curl.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (answer, status) = text.rsplit_once('\n').unwrap();
        match status {
            "000" => None,
            status => Some((status.parse().unwrap(), answer.to_owned())),
        }
    }
}

fn leases(remote: &Remote) -> Value {
    remote.house.done("GET", "/v1/leases", None)["leases"].take()
}

#[test]
fn a_right_that_is_taken_away_before_the_body_is_there_is_none() {
    let remote = Remote::start();
    furnish(&remote.house);
    let host = remote.hypervisor("kvm-a", &[VM]);
    let own = disks(&[iscsi("web", Some("web"))]);
    let begun = || Late::let_through(&remote, &host, &start(VM));

    let late = begun();
    let grant = format!("/v1/hosts/kvm-a/machines/{VM}");
    remote.house.done("DELETE", &grant, None);
    let (status, said) = late.end(&own).unwrap();
    assert!(status == 403 && said.contains("is not granted"), "{said}");
    assert_eq!(leases(&remote), json!([]));

    // The same with what was not taken away.
    remote.house.done("PUT", &grant, None);
    let (status, said) = begun().end(&own).unwrap();
    assert_eq!(status, 200, "{said}");
    let lease = leases(&remote)[0]["id"].as_str().unwrap().to_owned();
    remote
        .house
        .done("DELETE", &format!("/v1/leases/{lease}"), None);

    // A host that is gone has no connection any more, and nothing of what it asked for is done.
    let late = begun();
    remote.house.done("DELETE", "/v1/hosts/kvm-a", None);
    assert_eq!(late.end(&own), None);
    assert_eq!(leases(&remote), json!([]));
}

#[test]
fn a_body_that_does_not_come_to_its_end_is_not_waited_for() {
    let remote = Remote::start();
    let host = remote.enrol(
        "kvm-a",
        "hypervisor",
        json!({"any_machine": true, "any_address": true}),
    );
    let began = Instant::now();
    let mut late = Late::begin(&remote, &host, &start(VM));
    while late.curl.try_wait().unwrap().is_none() {
        assert!(
            began.elapsed() < Duration::from_secs(40),
            "it is waited for"
        );
        let _ = late.body.write_all(b" ");
        sleep(Duration::from_millis(500));
    }
    assert!(began.elapsed() > Duration::from_secs(5), "it had some time");
    let (status, said) = late.answer().unwrap();
    assert!(status == 408 && said.contains("timed-out"), "{said}");
}
