//! Hosts that ask over the network, by `curl` with their certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use labelgate_certificates::{Authority, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::house::{House, answer};

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway that hosts can ask.
pub struct Remote {
    pub house: House,
    port: u16,
}

/// What a host proves itself with, in files.
pub struct Host {
    directory: TempDir,
}

impl Remote {
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// With these lines in its configuration besides.
    pub fn start_with(rest: &str) -> Self {
        let house = House::start(&format!(
            "[remote]\nlisten = [\"127.0.0.2:0\"]\nnames = [\"localhost\", \"127.0.0.2\"]\n{rest}"
        ));
        let port = port(&house);
        Self { house, port }
    }

    /// Enrols a host with this role, and what else is said of it.
    pub fn enrol(&self, name: &str, role: &str, more: Value) -> Host {
        let request = Request::make(name).unwrap();
        let mut body = json!({"name": name, "role": role, "request": request.pem});
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        let certified = self.house.done("POST", "/v1/hosts", Some(body));
        Host::of(&request, &certified)
    }

    pub fn hypervisor(&self, name: &str, machines: &[&str]) -> Host {
        let more = json!({"machines": machines, "any_address": true});
        self.enrol(name, "hypervisor", more)
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://127.0.0.2:{}{path}", self.port)
    }

    /// Asks as a host. `None`: it was not let in.
    pub fn try_ask(
        &self,
        host: &Host,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Option<(u16, Value)> {
        let mut curl = host.curl();
        curl.args(["--write-out", "\n%{http_code}", "--request", method]);
        if let Some(body) = body {
            curl.arg("--data").arg(body.to_string());
        }
        answer(curl.arg(self.url(path)))
    }

    pub fn done(&self, host: &Host, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_ask(host, method, path, Some(&body)).unwrap();
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// Asks, and must be refused for this reason.
    pub fn refused(
        &self,
        host: &Host,
        (method, path): (&str, &str),
        body: Value,
        code: &str,
    ) -> String {
        let (status, answer) = self.try_ask(host, method, path, Some(&body)).unwrap();
        assert!(status >= 400, "{method} {path}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{method} {path}: {answer}");
        answer["error"].to_string()
    }

    fn is_let_in(&self, host: &Host) -> bool {
        self.try_ask(host, "GET", "/v1/leases", None).is_some()
    }

    /// Waits until the trail has a record with all of these words.
    pub fn wait_for_record(&self, words: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let trail = self
                .house
                .done("GET", "/v1/audit?last=200", None)
                .to_string();
            let mut lines = trail.split("\\n");
            if lines.any(|line| words.iter().all(|word| line.contains(word))) {
                return;
            }
            assert!(Instant::now() < deadline, "{words:?}: {trail}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Where the gateway says that it listens for hosts.
fn port(house: &House) -> u16 {
    let log = fs::read_to_string(house.directory.path().join("log")).unwrap();
    let line = log.lines().find(|line| line.contains("for hosts"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    let (_, rest) = line.split_once("127.0.0.2:").unwrap();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

impl Host {
    fn of(request: &Request, certified: &Value) -> Self {
        let text = |name: &str| certified[name].as_str().unwrap().to_owned();
        Self::with(&request.key, &text("certificate"), &text("authority"))
    }

    fn with(key: &str, certificate: &str, authority: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            fs::write(directory.path().join(name), text).unwrap();
        };
        write("key.pem", key);
        write("certificate.pem", certificate);
        write("authority.pem", authority);
        Self { directory }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn curl(&self) -> Command {
        let mut curl = plain_curl(&self.file("authority.pem"));
        curl.arg("--cert").arg(self.file("certificate.pem"));
        curl.arg("--key").arg(self.file("key.pem"));
        curl
    }
}

fn plain_curl(authority: &Path) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "60", "--cacert"]);
    curl.arg(authority);
    curl
}

pub const VM: &str = "00000000-0000-0000-0000-000000000007";
pub const OTHER_VM: &str = "00000000-0000-0000-0000-000000000008";
/// What nobody runs.
const NO_VM: &str = "00000000-0000-0000-0000-000000000009";

pub fn start(vm: &str) -> String {
    format!("/v1/machines/{vm}/start")
}

pub fn stop(vm: &str) -> String {
    format!("/v1/machines/{vm}/stop")
}

/// Two machines with an image each: `web` of VM and `mail` of OTHER_VM; both have an identity that
/// is called as its image.
pub fn furnish(house: &House) {
    let path = house.directory.path().join("vms");
    house.done(
        "POST",
        "/v1/stores",
        Some(json!({"name": "vms", "path": path})),
    );
    for (name, vm, label) in [("web", VM, "s0:c1,c2"), ("mail", OTHER_VM, "s0:c3,c4")] {
        let image = json!({"store": "vms", "name": name, "label": label, "size": 1 << 20});
        house.done("POST", "/v1/images", Some(image));
        let identity = json!({"name": name, "label": label, "vm": vm, "needs_lease": true,
            "proof": {"kind": "chap"}});
        house.done("POST", "/v1/identities", Some(identity));
    }
}

pub fn iscsi(image: &str, user: Option<&str>) -> Value {
    let mut source = json!({"protocol": "iscsi", "lun": 0,
        "target": format!("iqn.2026-11.io.labelgate:vms.{image}")});
    if let Some(user) = user {
        source["user"] = user.into();
    }
    json!({"device": "vda", "source": source})
}

fn nfs(path: &str) -> Value {
    json!({"device": "vdb", "source": {"protocol": "nfs", "path": path}})
}

pub fn disks(disks: &[Value]) -> Value {
    json!({"process_label": "system_u:system_r:svirt_t:s0:c107,c434", "disks": disks})
}

#[test]
fn who_has_no_certificate_or_another_authoritys_does_not_get_in_and_is_on_record() {
    let remote = Remote::start();
    let host = remote.enrol("watch", "monitor", json!({}));
    assert!(remote.is_let_in(&host));
    let mut without = plain_curl(&host.file("authority.pem"));
    without.args(["--write-out", "\n%{http_code}"]);
    assert!(answer(without.arg(remote.url("/v1/status"))).is_none());

    // The same name, with a certificate of an authority of the same name.
    let foreign = Authority::of(&[7; 32]).unwrap();
    let request = Request::make("watch").unwrap();
    let issued = foreign.issue(&request.pem, "watch", jiff::Timestamp::now());
    let authority = fs::read_to_string(host.file("authority.pem")).unwrap();
    let forged = Host::with(&request.key, &issued.unwrap().pem, &authority);
    assert!(!remote.is_let_in(&forged));
    remote.wait_for_record(&["a host at 127.0.0.1", "TLS:", "deny"]);
}

#[test]
fn a_host_that_is_removed_is_refused_at_once_and_its_connection_ends() {
    let remote = Remote::start();
    let host = remote.enrol("watch", "monitor", json!({}));
    let mut follower = follow(&remote, &host);
    std::thread::sleep(Duration::from_millis(500));
    assert!(
        follower.try_wait().unwrap().is_none(),
        "it follows the trail"
    );
    remote.house.done("DELETE", "/v1/hosts/watch", None);
    let deadline = Instant::now() + PATIENCE;
    while follower.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "its connection goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!remote.is_let_in(&host));
    remote.wait_for_record(&["no host has the certificate", "deny"]);
    remote.wait_for_record(&["host-remove", "host watch", "uid 0"]);
    remote
        .house
        .refused("GET", "/v1/hosts/watch", None, "not-found");
}

/// A connection that stays.
fn follow(remote: &Remote, host: &Host) -> Child {
    let mut curl = host.curl();
    curl.arg("--no-buffer")
        .arg(remote.url("/v1/audit?follow=true"));
    curl.stdout(Stdio::null()).stderr(Stdio::null());
    curl.spawn().unwrap()
}

#[test]
fn a_host_with_another_certificate_is_known_by_that_alone() {
    let remote = Remote::start();
    let old = remote.enrol("watch", "monitor", json!({}));
    let request = Request::make("watch").unwrap();
    let asked = json!({"request": request.pem});
    let path = "/v1/hosts/watch/certificate";
    let certified = remote.house.done("POST", path, Some(asked));
    let new = Host::of(&request, &certified);
    assert!(!remote.is_let_in(&old) && remote.is_let_in(&new));
    let nonsense = json!({"request": "hello"});
    remote
        .house
        .refused("POST", path, Some(nonsense), "invalid");
    assert!(remote.is_let_in(&new), "what was refused changes nothing");
}

#[test]
fn each_role_may_what_it_is_for_and_records_name_the_host() {
    let remote = Remote::start();
    let admin = remote.enrol("ops", "admin", json!({}));
    let monitor = remote.enrol("watch", "monitor", json!({}));
    let hypervisor = remote.enrol(
        "kvm-1",
        "hypervisor",
        json!({"any_machine": true, "any_address": true}),
    );
    let nothing = || json!({});
    let status = |host: &Host, method: &str, path: &str| {
        remote
            .try_ask(host, method, path, Some(&nothing()))
            .unwrap()
            .0
    };
    assert_eq!(status(&admin, "GET", "/v1/status"), 200);
    assert_eq!(status(&monitor, "GET", "/v1/status"), 200);
    assert_eq!(status(&admin, "POST", "/v1/reload"), 200);
    for (host, method, path) in [
        (&admin, "POST", "/v1/backup"),
        (&admin, "PUT", "/v1/restore"),
        (&admin, "POST", "/v1/stores"),
        (&monitor, "POST", "/v1/reload"),
        (&monitor, "DELETE", "/v1/hosts/ops"),
        (&hypervisor, "GET", "/v1/status"),
        (&hypervisor, "GET", "/v1/identities"),
        (&hypervisor, "GET", "/v1/audit"),
        (&hypervisor, "POST", "/v1/identities"),
        (&hypervisor, "POST", "/v1/hosts"),
    ] {
        remote.refused(host, (method, path), nothing(), "forbidden");
    }
    remote.refused(
        &monitor,
        ("PATCH", "/v1/nothing"),
        nothing(),
        "no-such-endpoint",
    );
    remote.wait_for_record(&["reload", "host ops at 127.0.0.1", "allow"]);
    remote.wait_for_record(&["GET /v1/identities", "host kvm-1 at 127.0.0.1", "deny"]);
    // On the machine itself the same is what it was.
    let hosts = remote.house.done("GET", "/v1/hosts", None);
    assert_eq!(hosts["hosts"].as_array().unwrap().len(), 3, "{hosts}");
}

#[test]
fn a_host_is_made_only_if_its_role_and_its_request_make_sense() {
    let remote = Remote::start();
    let request = Request::make("a").unwrap().pem;
    let vm = json!([VM]);
    for body in [
        json!({"name": "a", "role": "monitor", "machines": vm, "request": request}),
        json!({"name": "a", "role": "admin", "any_machine": true, "request": request}),
        json!({"name": "a", "role": "hypervisor", "any_machine": true, "machines": vm,
            "any_address": true, "request": request}),
        json!({"name": "a", "role": "hypervisor", "machines": vm, "request": request}),
        json!({"name": "a", "role": "hypervisor", "machines": vm, "any_address": true,
            "addresses": ["10.0.0.1"], "request": request}),
        json!({"name": "a", "role": "monitor", "addresses": ["10.0.0.1"], "request": request}),
        json!({"name": "a", "role": "monitor", "request": "-----BEGIN NOTHING-----"}),
        json!({"name": "-a", "role": "monitor", "request": request}),
    ] {
        remote
            .house
            .refused("POST", "/v1/hosts", Some(body), "invalid");
    }
    let sound = json!({"name": "a", "role": "hypervisor", "machines": vm,
        "addresses": ["::ffff:10.0.0.1"], "request": request});
    let added = remote.house.done("POST", "/v1/hosts", Some(sound.clone()));
    assert_eq!(added["host"]["machines"], vm);
    assert_eq!(added["host"]["addresses"], json!(["10.0.0.1"]));
    remote
        .house
        .refused("POST", "/v1/hosts", Some(sound), "exists");
}

#[test]
fn a_hypervisor_starts_and_stops_what_was_granted_to_it_and_nothing_of_anothers() {
    let remote = Remote::start();
    furnish(&remote.house);
    let a = remote.hypervisor("kvm-a", &[VM]);
    let b = remote.hypervisor("kvm-b", &[OTHER_VM]);
    let own = disks(&[iscsi("web", Some("web"))]);
    let lease = remote.done(&a, "POST", &start(VM), own.clone());
    assert_eq!(
        (&lease["host"], &lease["label"]),
        (&json!("kvm-a"), &json!("s0:c1,c2"))
    );
    // A hook that is run again gets what is there.
    assert_eq!(
        remote.done(&a, "POST", &start(VM), own.clone())["id"],
        lease["id"]
    );

    // Another's machine, and one that never was, are refused in the same words.
    let of = |vm: &str| remote.refused(&b, ("POST", &start(vm)), own.clone(), "forbidden");
    assert_eq!(of(VM).replace(VM, "VM"), of(NO_VM).replace(NO_VM, "VM"));
    let as_other = json!({"host": "kvm-a", "disks": []});
    remote.refused(&b, ("POST", &start(OTHER_VM)), as_other, "forbidden");
    remote.refused(&b, ("POST", &stop(VM)), json!({}), "not-found");
    let path = format!("/v1/leases/{}", lease["id"].as_str().unwrap());
    remote.refused(&b, ("DELETE", &path), json!({}), "not-found");
    let seen = remote.try_ask(&b, "GET", "/v1/leases", None).unwrap().1;
    assert_eq!(seen, json!({"leases": []}));
    let asked = json!({"vm": VM, "host": "kvm-b", "label": "s0:c1,c2"});
    remote.refused(&b, ("POST", "/v1/leases"), asked, "forbidden");
    let asked = json!({"vm": OTHER_VM, "host": "kvm-a", "label": "s0:c3,c4"});
    remote.refused(&b, ("POST", "/v1/leases"), asked, "forbidden");

    // One may be started by its label as well, which is no other than its own.
    let asked = |label: &str| json!({"vm": OTHER_VM, "host": "kvm-b", "label": label});
    remote.refused(&b, ("POST", "/v1/leases"), asked("s0:c1,c2"), "forbidden");
    let lent = remote.done(&b, "POST", "/v1/leases", asked("s0:c3,c4"));
    let path = format!("/v1/leases/{}", lent["id"].as_str().unwrap());
    remote.done(&b, "DELETE", &path, json!({}));

    // What was taken away again cannot be started, and what runs can be stopped.
    let grant = format!("/v1/hosts/kvm-a/machines/{VM}");
    remote.house.done("DELETE", &grant, None);
    remote.refused(&a, ("POST", &start(VM)), own.clone(), "forbidden");
    let ended = remote.done(&a, "POST", &stop(VM), json!({}));
    assert_eq!(ended["lease"]["id"], lease["id"]);
    remote.house.done("PUT", &grant, None);
    let next = remote.done(&a, "POST", &start(VM), own);
    assert_ne!(next["id"], lease["id"]);
    remote.wait_for_record(&[
        "lease-start",
        "host kvm-a at",
        "svirt_t:s0:c107,c434",
        "allow",
    ]);
    remote.wait_for_record(&["lease-start", "host kvm-b at", "is not granted", "deny"]);
}

#[test]
fn a_machine_with_a_disk_that_is_not_its_own_does_not_start_and_learns_nothing() {
    let remote = Remote::start();
    furnish(&remote.house);
    let host = remote.hypervisor("kvm-a", &[VM, NO_VM]);
    let refused =
        |list: &[Value]| remote.refused(&host, ("POST", &start(VM)), disks(list), "forbidden");
    let own = iscsi("web", Some("web"));
    let of = |image: &str| refused(&[own.clone(), iscsi(image, Some("web"))]);
    let foreign = of("mail");
    assert!(
        foreign.contains("disk vda: unit 0 of iqn.2026-11.io.labelgate:vms.mail"),
        "{foreign}"
    );
    assert!(foreign.contains("is no image of machine"), "{foreign}");
    assert_eq!(
        foreign.replace("mail", "X"),
        of("nothing").replace("nothing", "X")
    );
    let mut unit = own.clone();
    unit["source"]["lun"] = 1.into();
    assert!(refused(&[unit]).contains("unit 1 of"));

    // Another's identity, one that is nobody's, and none.
    let user = |user: &str| refused(&[iscsi("web", Some(user))]).replace(user, "USER");
    assert_eq!(user("mail"), user("nobody"));
    assert!(user("mail").contains("is no identity of machine"));
    assert!(refused(&[iscsi("web", None)]).contains("no user is named"));
    let label = json!({"process_label": "svirt_t", "disks": []});
    remote.refused(&host, ("POST", &start(VM)), label, "invalid");
    let nobody = remote.refused(&host, ("POST", &start(NO_VM)), disks(&[]), "not-found");
    assert!(nobody.contains("labelgate identity add"), "{nobody}");
    let leases = remote.house.done("GET", "/v1/leases", None);
    assert_eq!(leases, json!({"leases": []}), "nothing of it has a lease");

    // An image of a group that the identity is granted is its own.
    let image = json!({"store": "vms", "name": "shared", "label": "s0:c7,c8", "size": 1 << 20});
    remote.house.done("POST", "/v1/images", Some(image));
    let group = json!({"label": "s0:c7,c8"});
    remote.house.done("POST", "/v1/groups", Some(group));
    of("shared");
    remote
        .house
        .done("PUT", "/v1/groups/s0%3Ac7%2Cc8/members/web", None);
    let both = [own, iscsi("shared", Some("web"))];
    remote.done(&host, "POST", &start(VM), disks(&both));
}

#[test]
fn a_file_is_the_machines_if_its_path_begins_with_a_token_of_the_machine() {
    let remote = Remote::start();
    furnish(&remote.house);
    let token = |name: &str, vm: &str, label: &str| {
        let body = json!({"name": name, "label": label, "vm": vm, "needs_lease": true,
            "proof": {"kind": "token"}});
        let added = remote.house.done("POST", "/v1/identities", Some(body));
        added["token"].as_str().unwrap().to_owned()
    };
    let own = token("web-nfs", VM, "s0:c1,c2");
    let foreign = token("mail-nfs", OTHER_VM, "s0:c3,c4");
    let host = remote.hypervisor("kvm-a", &[VM]);
    for path in [
        format!("/{foreign}/web"),
        format!("/{foreign}/mail"),
        format!("/{own}/mail"),
        format!("/{own}/vms/web"),
        format!("/{own}"),
        "/web".to_owned(),
    ] {
        let body = disks(&[nfs(&path)]);
        let said = remote.refused(&host, ("POST", &start(VM)), body, "forbidden");
        assert!(said.contains("disk vdb"), "{said}");
        assert!(!said.contains(&own) && !said.contains(&foreign), "{said}");
    }
    remote.done(
        &host,
        "POST",
        &start(VM),
        disks(&[nfs(&format!("/{own}/web"))]),
    );
    let trail = remote
        .house
        .done("GET", "/v1/audit?last=200", None)
        .to_string();
    assert!(!trail.contains(&own) && !trail.contains(&foreign));
}

#[test]
fn a_migration_has_a_lease_on_each_host_until_one_of_them_stops() {
    let remote = Remote::start();
    furnish(&remote.house);
    let source = remote.hypervisor("kvm-a", &[VM]);
    let destination = remote.hypervisor("kvm-b", &[VM]);
    let disks = disks(&[iscsi("web", Some("web"))]);
    let begin = |host: &Host| remote.done(host, "POST", &start(VM), disks.clone());
    let end = |host: &Host| remote.done(host, "POST", &stop(VM), json!({}));
    let hosts = || {
        let leases = remote.house.done("GET", "/v1/leases", None);
        let mut hosts: Vec<String> = leases["leases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|lease| format!("{} {}", lease["host"], lease["label"]))
            .collect();
        hosts.sort();
        hosts
    };
    let at = |host: &str| format!("\"{host}\" \"s0:c1,c2\"");
    begin(&source);
    begin(&destination);
    assert_eq!(hosts(), [at("kvm-a"), at("kvm-b")]);
    end(&source);
    assert_eq!(hosts(), [at("kvm-b")]);
    // And back, which is cancelled.
    begin(&source);
    end(&source);
    assert_eq!(hosts(), [at("kvm-b")]);
    remote.refused(&source, ("POST", &stop(VM)), json!({}), "not-found");
}

#[test]
fn an_admin_says_on_which_host_and_a_lease_stays_at_its_address() {
    let remote = Remote::start();
    furnish(&remote.house);
    let ask = |body: Value, code: &str| remote.house.refused("POST", &start(VM), Some(body), code);
    ask(json!({"disks": []}), "invalid");
    let at = |address: &str| json!({"host": "kvm-x", "address": address, "disks": []});
    let lease = remote.house.done("POST", &start(VM), Some(at("10.0.0.5")));
    assert_eq!(lease["address"], "10.0.0.5");
    let same = remote
        .house
        .done("POST", &start(VM), Some(at("::ffff:10.0.0.5")));
    assert_eq!(same["id"], lease["id"]);
    ask(at("10.0.0.6"), "exists");
}

#[test]
fn a_gateway_that_a_backup_was_restored_to_is_the_one_that_its_hosts_know() {
    let remote = Remote::start();
    let host = remote.enrol("watch", "monitor", json!({}));
    let other = Remote::start();
    assert!(!other.is_let_in(&host));
    let backup = remote.house.directory.path().join("backup");
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--request", "POST", "--unix-socket"]);
    curl.arg(remote.house.socket()).arg("--output").arg(&backup);
    assert!(
        curl.arg("http://labelgate/v1/backup")
            .status()
            .unwrap()
            .success()
    );
    let (status, answer) = other.house.upload("/v1/restore", &backup);
    assert_eq!(status, 200, "{answer}");
    assert!(other.is_let_in(&host));
}

#[test]
fn a_connection_that_says_nothing_gives_its_place_to_others() {
    use std::io::Read;
    use std::net::TcpStream;

    let remote = Remote::start();
    let host = remote.enrol("watch", "monitor", json!({}));
    let mut silent: Vec<TcpStream> = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(("127.0.0.2", remote.port)).unwrap());
    }
    // Those of one address beyond its share are closed at once, the others in time.
    let deadline = Instant::now() + PATIENCE;
    while !remote.is_let_in(&host) {
        assert!(Instant::now() < deadline, "nobody gets in any more");
    }
    let last = silent.last_mut().unwrap();
    last.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(last.read(&mut [0; 1]).unwrap_or(0), 0);
}
