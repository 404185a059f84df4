//! Images that follow a machine: where they are from its start to its end, who cannot start meanwhile,
//! and that a gateway which is killed on the way leaves nothing to the next machine.
//!
//! No worker runs here, and nothing enforces labels: what a file is labelled says its own attribute.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use labelgate_supervisor::image::LABEL_ATTRIBUTE;
use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
use serde_json::{Value, json};

use super::house::House;
use super::remote::{Host, Remote, iscsi};

const VM: &str = "b3c1a2d4-0000-4000-8000-000000000001";
const OTHER_VM: &str = "b3c1a2d4-0000-4000-8000-000000000002";
/// What libvirt gives a machine, and then another.
const LEVEL: &str = "s0:c1,c2";
const NEXT: &str = "s0:c3,c4";
/// Where its machines connect from.
const HYPERVISOR: &str = "10.9.1.2";
const PATIENCE: Duration = Duration::from_secs(20);

fn sections() -> String {
    let section = |source: &str, categories: &str| {
        format!(
            "[[netlabel]]\nsource = \"{source}\"\nkind = \"cipso\"\ncategories = \"{categories}\"\n\
             allocator = \"one\"\n"
        )
    };
    section(HYPERVISOR, "c0.c255") + &section("10.9.2.2", "c0.c99")
}

/// A gateway with a store.
struct Site(Remote);

impl Site {
    fn new(rest: &str) -> Self {
        let remote = Remote::start_with(&format!("{}{rest}", sections()));
        let path = remote.house.directory.path().join("vms");
        let store = json!({"name": "vms", "path": path});
        remote.house.done("POST", "/v1/stores", Some(store));
        Self(remote)
    }

    fn house(&self) -> &House {
        &self.0.house
    }

    /// An image of a machine, whose file says its label.
    fn image(&self, name: &str, vm: &str) {
        let image = json!({"store": "vms", "name": name, "label": "auto", "size": 4096});
        let image = self.house().done("POST", "/v1/images", Some(image));
        let label = image["label"].as_str().unwrap().as_bytes();
        let file = File::open(self.file(name)).unwrap();
        fsetxattr(&file, LABEL_ATTRIBUTE, label, XattrFlags::empty()).unwrap();
        self.follow(name, vm);
    }

    fn follow(&self, name: &str, vm: &str) {
        let path = format!("/v1/images/vms/{name}/follow");
        let follows = self.house().done("POST", &path, Some(json!({"vm": vm})));
        assert_eq!(follows["image"]["follows"], vm, "{follows}");
    }

    fn file(&self, name: &str) -> PathBuf {
        let store = self.house().directory.path().join("vms");
        store.join(format!("{name}.img"))
    }

    /// What an image's file says of its label.
    fn says(&self, name: &str) -> String {
        let file = File::open(self.file(name)).unwrap();
        let mut value = [0; 64];
        let length = fgetxattr(&file, LABEL_ATTRIBUTE, &mut value).unwrap();
        String::from_utf8(value[..length].to_vec()).unwrap()
    }

    /// Who may open it.
    fn label(&self, name: &str) -> String {
        let image = self
            .house()
            .done("GET", &format!("/v1/images/vms/{name}"), None);
        image["label"].as_str().unwrap().to_owned()
    }

    /// Both are this.
    fn is(&self, name: &str, label: &str) {
        assert_eq!(
            (self.label(name), self.says(name)),
            (label.into(), label.into())
        );
    }

    fn leases(&self) -> Vec<Value> {
        let leases = self.house().done("GET", "/v1/leases", None);
        leases["leases"].as_array().unwrap().clone()
    }

    fn hypervisor(&self, name: &str, machines: &[&str], address: &str) -> Host {
        let more = json!({"machines": machines, "addresses": [address]});
        self.0.enrol(name, "hypervisor", more)
    }
}

fn machine(vm: &str, what: &str) -> String {
    format!("/v1/machines/{vm}/{what}")
}

/// As libvirt's hook asks at `start`.
fn at(level: &str) -> Value {
    at_with(level, &["root"])
}

fn at_with(level: &str, images: &[&str]) -> Value {
    let disks: Vec<Value> = images.iter().map(|image| iscsi(image, None)).collect();
    json!({"process_label": format!("system_u:system_r:svirt_t:{level}"), "disks": disks})
}

/// As it asks at `prepare`.
fn later() -> Value {
    json!({"process_label_later": true, "disks": [iscsi("root", None)]})
}

#[test]
fn images_have_the_level_of_their_machine_from_its_start_to_its_end() {
    let site = Site::new("");
    let kvm = site.hypervisor("kvm-1", &[VM], HYPERVISOR);
    site.image("root", VM);
    site.image("data", VM);
    let rest = site.label("root");
    site.is("data", &rest);
    let (start, stop) = (machine(VM, "start"), machine(VM, "stop"));
    let both = at_with(LEVEL, &["root", "data"]);
    let prepared = site.0.done(&kvm, "POST", &start, later());
    assert_eq!(prepared["label"], rest);
    site.is("root", &rest);
    for level in [LEVEL, NEXT] {
        // A start, then libvirtd's, which finds it running; then one whose end nobody has told.
        for _ in 0..2 {
            let asked = at_with(level, &["root", "data"]);
            let lease = site.0.done(&kvm, "POST", &start, asked);
            assert_eq!(
                (&lease["label"], &lease["id"]),
                (&level.into(), &prepared["id"])
            );
            site.is("root", level);
            site.is("data", level);
        }
    }
    let stopped = site.0.done(&kvm, "POST", &stop, json!({}));
    assert_eq!(stopped["lease"]["label"], NEXT);
    site.is("root", &rest);
    site.is("data", &rest);
    assert!(site.leases().is_empty());
    // An admin ends the next one.
    let lease = site.0.done(&kvm, "POST", &start, both);
    let path = format!("/v1/leases/{}", lease["id"].as_str().unwrap());
    site.house().done("DELETE", &path, None);
    site.is("root", &rest);
    let label = json!({"label": "s0:c300,c301"});
    let labelled = site
        .house()
        .done("POST", "/v1/images/vms/root/label", Some(label));
    assert_eq!(labelled["image"]["follows"], Value::Null);
    site.is("root", "s0:c300,c301");
}

/// Two machines with an image each, of which one runs at [`LEVEL`], and labels of others.
fn furnished() -> (Site, Host) {
    let site = Site::new("[[identity]]\naddress = \"10.9.3.1\"\nlabel = \"s0:c20,c21\"\n");
    let kvm = site.hypervisor("kvm-1", &[VM, OTHER_VM], HYPERVISOR);
    site.image("root", VM);
    site.image("mail", OTHER_VM);
    for (label, name) in [("s0:c30,c31", "static"), ("s0:c32,c33", "other")] {
        let image = json!({"store": "vms", "name": name, "label": label, "size": 4096});
        site.house().done("POST", "/v1/images", Some(image));
    }
    let chap = json!({"name": "web", "label": "s0:c34,c35", "proof": {"kind": "chap"}});
    site.house().done("POST", "/v1/identities", Some(chap));
    let mail = at_with(LEVEL, &["mail"]);
    site.0.done(&kvm, "POST", &machine(OTHER_VM, "start"), mail);
    (site, kvm)
}

impl Site {
    /// Its machine does not start, for this reason, and nothing is done by half.
    fn does_not_start(&self, host: &Host, asked: Value, code: &str, words: &str) {
        let start = machine(VM, "start");
        let said = self.0.refused(host, ("POST", &start), asked, code);
        assert!(said.contains(words), "{said}");
        assert_eq!(self.leases().len(), 1, "{words}");
        let rest = self.label("root");
        assert_ne!(rest, LEVEL);
        self.is("root", &rest);
    }
}

#[test]
fn a_level_that_is_anothers_or_out_of_range_keeps_the_machine_from_starting() {
    let (site, kvm) = furnished();
    let rest = site.label("root");
    for (level, code, words) in [
        (LEVEL, "in-use", "in use by lease"),
        ("s0:c20,c21", "in-use", "in the configuration file"),
        ("s0:c30,c31", "in-use", "in use by image vms/static"),
        ("s0:c34,c35", "in-use", "in use by identity web"),
        ("s0:c300,c301", "forbidden", "may not have: s0:c0.c255"),
        (&rest, "forbidden", "may not have"),
        ("s0", "invalid", "no category"),
        ("s0:c1-s0:c1,c2", "invalid", "single level"),
        ("s1:c5,c6", "forbidden", "may not have"),
    ] {
        site.does_not_start(&kvm, at(level), code, words);
    }
    // With one of its own it starts, and while it runs nobody else gets that.
    site.0.done(&kvm, "POST", &machine(VM, "start"), at(NEXT));
    site.is("root", NEXT);
    let image = json!({"store": "vms", "name": "x", "label": NEXT, "size": 4096});
    let identity = json!({"name": "x", "label": NEXT, "proof": {"kind": "chap"}});
    for (path, body) in [
        ("/v1/images", image),
        ("/v1/identities", identity),
        ("/v1/images/vms/other/label", json!({"label": NEXT})),
    ] {
        let said = site.house().refused("POST", path, Some(body), "exists");
        assert!(said.contains("which images follow"), "{said}");
    }
    let root = "/v1/images/vms/root";
    site.house().refused("DELETE", root, None, "in-use");
}

#[test]
fn a_host_that_may_be_anywhere_and_a_disk_that_is_anothers_keep_it_from_starting_too() {
    let (site, kvm) = furnished();
    let any = site.0.hypervisor("kvm-any", &[VM]);
    let unknown = site.hypervisor("kvm-3", &[VM], "10.9.9.9");
    let mut elsewhere = at(NEXT);
    elsewhere["address"] = HYPERVISOR.into();
    for asked in [at(NEXT), elsewhere] {
        site.does_not_start(&any, asked, "unsupported", "host addresses kvm-any");
    }
    site.does_not_start(&unknown, at(NEXT), "unsupported", "[[netlabel]]");
    let none = json!({"disks": [iscsi("root", None)]});
    site.does_not_start(&kvm, none, "invalid", "no SELinux context");
    for image in ["mail", "static"] {
        let asked = at_with(NEXT, &[image]);
        site.does_not_start(&kvm, asked, "forbidden", "is no image of");
    }
    let mut named = at(NEXT);
    named["disks"] = json!([iscsi("root", Some("web"))]);
    site.does_not_start(&kvm, named, "forbidden", "leave <auth> out");
    let start = machine(OTHER_VM, "start");
    let said = site
        .0
        .refused(&any, ("POST", &start), at(NEXT), "forbidden");
    assert!(said.contains("is not granted"), "{said}");
}

#[test]
fn a_machine_is_at_one_level_and_migrates_with_one_that_is_the_same_on_both_hosts() {
    let site = Site::new("");
    let source = site.hypervisor("kvm-1", &[VM], HYPERVISOR);
    let destination = site.hypervisor("kvm-2", &[VM], "10.9.2.2");
    site.image("root", VM);
    let rest = site.label("root");
    let (start, stop) = (machine(VM, "start"), machine(VM, "stop"));
    site.0.done(&source, "POST", &start, at(LEVEL));
    for asked in [later(), at(NEXT)] {
        let said = site
            .0
            .refused(&destination, ("POST", &start), asked, "in-use");
        let words =
            said.contains("runs on host kvm-1 at s0:c1,c2") && said.contains("static label");
        assert!(words, "{said}");
    }
    assert_eq!(site.leases().len(), 1);
    site.is("root", LEVEL);
    // The same level there, out of that host's range, and in it.
    site.0.done(&source, "POST", &start, at("s0:c1,c200"));
    site.0.refused(
        &destination,
        ("POST", &start),
        at("s0:c1,c200"),
        "forbidden",
    );
    site.0.done(&source, "POST", &start, at(LEVEL));
    site.0.done(&destination, "POST", &start, at(LEVEL));
    assert_eq!(site.leases().len(), 2);
    site.0.done(&source, "POST", &stop, json!({}));
    site.is("root", LEVEL);
    site.0.done(&destination, "POST", &stop, json!({}));
    site.is("root", &rest);
}

#[test]
fn a_start_that_cannot_label_every_file_is_refused_and_leaves_all_of_them_at_rest() {
    let site = Site::new("");
    let kvm = site.hypervisor("kvm-1", &[VM], HYPERVISOR);
    site.image("data", VM);
    site.image("root", VM);
    let rest = site.label("root");
    let start = machine(VM, "start");
    // The second is none any more.
    let (root, kept) = (site.file("root"), site.file("kept"));
    fs::rename(&root, &kept).unwrap();
    fs::create_dir(&root).unwrap();
    let said = site
        .0
        .refused(&kvm, ("POST", &start), at(LEVEL), "label-doubt");
    assert!(said.contains("image vms/root"), "{said}");
    assert!(site.leases().is_empty());
    // It could not be brought back either, so that its level stays taken until it is.
    assert_eq!(
        (site.label("data"), site.label("root")),
        (rest.clone(), rest.clone())
    );
    site.image("mail", OTHER_VM);
    let other = machine(OTHER_VM, "start");
    let other_kvm = site.hypervisor("kvm-2", &[OTHER_VM], HYPERVISOR);
    let mail = || at_with(LEVEL, &["mail"]);
    let taken = site
        .0
        .refused(&other_kvm, ("POST", &other), mail(), "in-use");
    assert!(taken.contains("in use by image vms/"), "{taken}");
    fs::remove_dir(&root).unwrap();
    fs::rename(&kept, &root).unwrap();
    // A start of its own machine brings it back first, and one of another's finds it there.
    site.0.done(&kvm, "POST", &start, at(LEVEL));
    site.0.done(&kvm, "POST", &machine(VM, "stop"), json!({}));
    site.is("data", &rest);
    site.is("root", &rest);
    site.0.done(&other_kvm, "POST", &other, mail());
    site.is("mail", LEVEL);
}

#[test]
fn a_lease_that_ends_by_itself_brings_the_images_back() {
    let site = Site::new("");
    site.image("root", VM);
    let rest = site.label("root");
    let ends = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3);
    let lease = json!({"vm": VM, "host": "kvm-1", "address": HYPERVISOR, "label": LEVEL,
        "ends": ends.to_string()});
    site.house().done("POST", "/v1/leases", Some(lease));
    site.is("root", LEVEL);
    let deadline = Instant::now() + PATIENCE;
    while site.says("root") != rest || !site.leases().is_empty() {
        assert!(Instant::now() < deadline, "it is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
    site.is("root", &rest);
}

/// Whatever a killed gateway was about, the machine that gets the level next finds nobody's image there.
#[test]
fn a_gateway_that_is_killed_on_the_way_leaves_no_image_to_the_next_machine() {
    let mut site = Site::new("");
    for (name, vm) in [("root", VM), ("data", VM), ("mail", OTHER_VM)] {
        site.image(name, vm);
    }
    let rest = site.label("root");
    let start = |vm: &str, images: &[&str]| {
        let mut asked = at_with(LEVEL, images);
        (asked["host"], asked["address"]) = ("kvm-1".into(), HYPERVISOR.into());
        (machine(vm, "start"), asked)
    };
    let stop = json!({"host": "kvm-1"});
    let (path, asked) = start(VM, &["root", "data"]);
    let began = Instant::now();
    site.house().done("POST", &path, Some(asked));
    site.house()
        .done("POST", &machine(VM, "stop"), Some(stop.clone()));
    // However fast this machine is.
    let round = began.elapsed();
    let (mut kills, mut found_out) = (0_u32, 0);
    // Most kills hit what is not in between.
    while kills < 12 || (found_out < 3 && kills < 120) {
        let pid = site.house().pid();
        let after = round * (kills * 7 % 61) / 40;
        kills += 1;
        let killer = std::thread::spawn(move || {
            std::thread::sleep(after);
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        });
        let (path, asked) = start(VM, &["root", "data"]);
        while site.house().try_ask("POST", &path, Some(&asked)).is_some()
            && site
                .house()
                .try_ask("POST", &machine(VM, "stop"), Some(&stop))
                .is_some()
        {}
        killer.join().unwrap();
        while site.0.house.is_up() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let said = ["root", "data"].map(|name| site.says(name));
        site.0.house.kill_and_restart();
        let lease = site.leases().pop();
        let at_rest = lease.is_none_or(|lease| lease["label"] == rest);
        found_out += u32::from(at_rest && said != [rest.clone(), rest.clone()]);
        let (other, mail) = start(OTHER_VM, &["mail"]);
        let deadline = Instant::now() + PATIENCE;
        // While they are out nobody gets that level; then they are where they rest.
        while let (409, said) = site.house().ask("POST", &other, Some(&mail)) {
            let leases = site.leases();
            if let Some(lease) = leases.iter().find(|lease| lease["vm"] == VM) {
                let path = format!("/v1/leases/{}", lease["id"].as_str().unwrap());
                site.house().done("DELETE", &path, None);
            }
            assert!(Instant::now() < deadline, "{said}");
        }
        site.is("root", &rest);
        site.is("data", &rest);
        site.is("mail", LEVEL);
        site.house()
            .done("POST", &machine(OTHER_VM, "stop"), Some(stop.clone()));
    }
    println!("{kills} kills, {found_out} of them when files were at a level of no lease");
    assert!(found_out > 0, "none was in between, which proves little");
}

#[test]
fn a_registry_is_not_replaced_while_images_are_with_their_machine() {
    let site = Site::new("");
    let kvm = site.hypervisor("kvm-1", &[VM], HYPERVISOR);
    site.image("root", VM);
    let rest = site.label("root");
    let backup = site.house().directory.path().join("backup");
    let status = std::process::Command::new("curl")
        .args(["--silent", "--fail", "--request", "POST", "--unix-socket"])
        .arg(site.house().socket())
        .arg("--output")
        .arg(&backup)
        .arg("http://labelgate/v1/backup")
        .status();
    assert!(status.unwrap().success());
    site.0.done(&kvm, "POST", &machine(VM, "start"), at(LEVEL));
    let (status, said) = site.house().upload("/v1/restore", &backup);
    assert!(
        status == 409 && said.to_string().contains("which runs"),
        "{said}"
    );
    site.is("root", LEVEL);
    site.0.done(&kvm, "POST", &machine(VM, "stop"), json!({}));
    // A file may be anywhere when a registry comes from elsewhere.
    let file = File::open(site.file("root")).unwrap();
    fsetxattr(
        &file,
        LABEL_ATTRIBUTE,
        LEVEL.as_bytes(),
        XattrFlags::empty(),
    )
    .unwrap();
    let (status, said) = site.house().upload("/v1/restore", &backup);
    assert_eq!(status, 200, "{said}");
    site.is("root", &rest);
}
