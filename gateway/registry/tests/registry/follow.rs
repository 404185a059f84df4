//! Images that follow a machine: where they are when, and that nobody else is there.

use labelgate_registry::{Change, NewIdentity, RedbRegistry, Registry, Snapshot, fresh_designator};
use uuid::Uuid;

use crate::backup::{backup, sealed_as};
use crate::rules::{make, refused};
use crate::samples::{allocation, chap, image, lease, registry, store, time};

const VM: u128 = 1;
const OTHER_VM: u128 = 2;
const LEVEL: &str = "s0:c300,c301";

fn follow(name: &str, vm: u128, rest: &str) -> Change {
    Change::FollowMachine {
        image: image("vms", name, LEVEL).id(),
        vm: Uuid::from_u128(vm),
        rest: rest.parse().unwrap(),
    }
}

fn set_out(vm: u128, level: &str) -> Change {
    Change::SetOut {
        vm: Uuid::from_u128(vm),
        level: level.parse().unwrap(),
    }
}

fn come_back(vm: u128) -> Change {
    Change::ComeBack {
        vm: Uuid::from_u128(vm),
    }
}

fn move_lease(id: u128, label: &str) -> Change {
    Change::MoveLease {
        lease: Uuid::from_u128(id),
        label: label.parse().unwrap(),
    }
}

fn end(id: u128) -> Change {
    Change::EndLease(Uuid::from_u128(id))
}

fn relabel(name: &str, label: &str) -> Change {
    Change::RelabelImage {
        image: image("vms", name, LEVEL).id(),
        label: label.parse().unwrap(),
    }
}

fn allocate(registry: &RedbRegistry) -> String {
    let applied = registry
        .apply(&Change::AllocateLevel(allocation()))
        .unwrap();
    applied.allocated.unwrap().to_string()
}

/// Two images that follow a machine, and one that does not; and where they rest.
fn furnished(registry: &RedbRegistry) -> String {
    let rest = allocate(registry);
    make(
        registry,
        [
            store("vms"),
            Change::AddImage(image("vms", "root", "s0:c3,c4")),
            Change::AddImage(image("vms", "data", "s0:c3,c4")),
            Change::AddImage(image("vms", "other", "s0:c5,c6")),
            follow("root", VM, &rest),
            follow("data", VM, &rest),
        ],
    );
    rest
}

/// The label of each of the two, and whether they are out.
fn labels(snapshot: &Snapshot) -> [(String, bool); 2] {
    let held = snapshot.held(time(2000));
    ["vms/root", "vms/data"].map(|id| {
        let image = &snapshot.images[&id.parse().unwrap()];
        (image.label.to_string(), Snapshot::is_out(image, &held))
    })
}

#[test]
fn images_are_the_machines_from_its_start_to_its_end_and_nobodys_on_the_way() {
    let (_directory, path, registry) = registry();
    let rest = furnished(&registry);
    let both = |label: &str, out| [(label.to_owned(), out), (label.to_owned(), out)];
    let now = |registry: &RedbRegistry| labels(&registry.read().unwrap());
    assert_eq!(now(&registry), both(&rest, false));
    make(
        &registry,
        [Change::StartLease(lease(1, VM, "kvm-1", &rest))],
    );
    assert_eq!(now(&registry), both(&rest, false));
    make(&registry, [set_out(VM, LEVEL)]);
    assert_eq!(now(&registry), both(LEVEL, true));
    make(&registry, [move_lease(1, LEVEL)]);
    assert_eq!(now(&registry), both(LEVEL, false));
    make(&registry, [end(1)]);
    // It is known where they are, whatever becomes of the gateway.
    drop(registry);
    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(now(&registry), both(LEVEL, true));
    let stragglers = registry.read().unwrap().stragglers(time(2000));
    assert_eq!(stragglers, [Uuid::from_u128(VM)].into());
    make(&registry, [come_back(VM)]);
    assert_eq!(now(&registry), both(&rest, false));
}

#[test]
fn a_lease_whose_time_is_over_holds_nothing() {
    let (_directory, _, registry) = registry();
    let rest = furnished(&registry);
    let mut short = lease(1, VM, "kvm-1", &rest);
    short.ends = Some(time(1500));
    make(
        &registry,
        [
            Change::StartLease(short),
            set_out(VM, LEVEL),
            move_lease(1, LEVEL),
        ],
    );
    let snapshot = registry.read().unwrap();
    assert!(snapshot.stragglers(time(1499)).is_empty());
    assert_eq!(snapshot.stragglers(time(1500)).len(), 1);
}

#[test]
fn what_a_machine_has_left_no_other_gets_before_it_is_back() {
    let (_directory, _, registry) = registry();
    let rest = furnished(&registry);
    let other = allocate(&registry);
    make(
        &registry,
        [
            follow("other", OTHER_VM, &other),
            Change::StartLease(lease(2, OTHER_VM, "kvm-1", &other)),
            Change::StartLease(lease(1, VM, "kvm-1", &rest)),
            set_out(VM, LEVEL),
        ],
    );
    let taken = |by| (set_out(OTHER_VM, LEVEL), by);
    refused(&registry, &[taken("is in use by image vms/")]);
    make(&registry, [move_lease(1, LEVEL)]);
    refused(
        &registry,
        &[
            taken("is in use by lease"),
            (come_back(VM), "runs on host kvm-1"),
        ],
    );
    make(&registry, [end(1)]);
    refused(&registry, &[taken("is in use by image vms/")]);
    make(&registry, [come_back(VM), set_out(OTHER_VM, LEVEL)]);
}

#[test]
fn nobody_else_has_the_labels_of_a_machine_that_images_follow() {
    let (_directory, _, registry) = registry();
    let rest = furnished(&registry);
    make(
        &registry,
        [
            Change::StartLease(lease(1, VM, "kvm-1", &rest)),
            set_out(VM, LEVEL),
            move_lease(1, LEVEL),
            Change::AddIdentity(chap("somebody", "s0:c7,c8")),
        ],
    );
    let words = "which images follow";
    for (label, of_group) in [(rest.as_str(), words), (LEVEL, "of lease")] {
        let new = image("vms", "new", label);
        refused(
            &registry,
            &[
                (Change::AddImage(new), words),
                (relabel("other", label), words),
                (Change::AddIdentity(chap("web", label)), words),
                (Change::AddGroup(label.parse().unwrap()), of_group),
                (Change::StartLease(lease(3, 3, "kvm-1", label)), words),
            ],
        );
    }
    let level = Change::ReleaseLevel(rest.parse().unwrap());
    refused(&registry, &[(level, "is in use by image vms/")]);
    make(&registry, [end(1), come_back(VM)]);
    let allocated = Change::AllocateLevel(allocation());
    let given = registry.apply(&allocated).unwrap().allocated.unwrap();
    make(
        &registry,
        [Change::StartLease(lease(1, VM, "kvm-1", &rest))],
    );
    let group = "s0:c9,c10";
    make(&registry, [Change::AddGroup(group.parse().unwrap())]);
    for (level, by) in [
        ("s0:c5,c6", "image vms/other"),
        ("s0:c7,c8", "identity somebody"),
        (group, "group"),
        (&given.to_string(), "allocated level"),
    ] {
        let words = format!("{level} is in use by {by}");
        refused(&registry, &[(set_out(VM, level), &words)]);
    }
}

#[test]
fn a_machine_is_told_apart_by_what_it_proves_or_by_its_level() {
    let (_directory, _, registry) = registry();
    let rest = furnished(&registry);
    let of = |name: &str, vm| {
        Change::AddIdentity(NewIdentity {
            vm: Some(Uuid::from_u128(vm)),
            ..chap(name, "s0:c7,c8")
        })
    };
    make(&registry, [of("mail", OTHER_VM)]);
    let mut content = image("vms", "installer", "s0:c11,c12");
    (content.content, content.read_only) = (true, true);
    let mut born = image("vms", "born", "s0:c11,c12");
    born.designator = fresh_designator().unwrap();
    born.follows = registry.read().unwrap().images[&"vms/root".parse().unwrap()]
        .follows
        .clone();
    make(&registry, [Change::AddImage(content)]);
    let another = allocate(&registry);
    refused(
        &registry,
        &[
            (of("web", VM), "follows machine"),
            (follow("other", OTHER_VM, &another), "has identity mail"),
            (follow("installer", VM, &rest), "is content"),
            (follow("other", VM, &another), "is not where images of"),
            (follow("other", 3, "s0:c20,c21"), "is not where images of"),
            (follow("other", 3, &rest), "is in use by image"),
            (follow("never-was", VM, &rest), "there is no image"),
            (Change::AddImage(born), "follows no machine yet"),
        ],
    );
}

#[test]
fn what_runs_keeps_what_follows_it_and_is_at_one_level() {
    let (_directory, _, registry) = registry();
    let rest = furnished(&registry);
    let start = |id, host: &str, label: &str| Change::StartLease(lease(id, VM, host, label));
    refused(&registry, &[(start(1, "kvm-1", LEVEL), "may rest")]);
    make(&registry, [start(1, "kvm-1", &rest)]);
    let root = || image("vms", "root", LEVEL).id();
    refused(
        &registry,
        &[
            (Change::RemoveImage(root()), "which runs on host kvm-1"),
            (relabel("root", "s0:c7,c8"), "which runs on host kvm-1"),
            (follow("other", VM, &rest), "which runs on host kvm-1"),
            (start(2, "kvm-1", &rest), "has a lease on host kvm-1"),
            (start(2, "kvm-2", &rest), "runs on host kvm-1 at"),
            (move_lease(1, LEVEL), "have the level"),
        ],
    );
    make(&registry, [set_out(VM, LEVEL), move_lease(1, LEVEL)]);
    refused(
        &registry,
        &[
            (start(2, "kvm-2", &rest), "wants a static label"),
            (start(2, "kvm-2", "s0:c302,c303"), "wants a static label"),
        ],
    );
    // A machine whose label is the same everywhere migrates.
    make(&registry, [start(2, "kvm-2", LEVEL)]);
    refused(&registry, &[(move_lease(2, &rest), "runs on host kvm-1")]);
    make(&registry, [end(1)]);
    refused(&registry, &[(come_back(VM), "runs on host kvm-2")]);
    make(&registry, [end(2)]);
    refused(
        &registry,
        &[
            (
                Change::RemoveImage(root()),
                "have the level s0:c300,c301 still",
            ),
            (follow("other", VM, &rest), "still"),
        ],
    );
    make(&registry, [come_back(VM), relabel("root", "s0:c7,c8")]);
    let snapshot = registry.read().unwrap();
    assert_eq!(snapshot.images[&root()].follows, None);
}

#[test]
fn images_that_follow_are_in_backups_whose_version_says_so() {
    let (_from, _, from) = registry();
    furnished(&from);
    let bytes = backup(&from);
    assert!(bytes.starts_with(b"{\"labelgate-registry-backup\":7,"));
    let (_to, _, to) = registry();
    let restored = to.restore(&mut bytes.as_slice()).unwrap();
    assert_eq!(restored.images, from.read().unwrap().images);
    // As version 7 wrote it, and not in an earlier one.
    let lines = [
        r#"{"store":{"name":"vms","path":"/srv/vms"}}"#,
        r#"{"image":{"store":"vms","name":"web","file":"web.img","label":"s0:c1,c2","designator":{"serial":"000102030405060708090a0b0c0d0e0f","naa":"3000000000000001"},"block_size":512,"read_only":false,"direct":false,"content":false,"follows":{"vm":"00000000-0000-0000-0000-000000000007","rest":"s0:c1,c2"}}}"#,
        r#"{"level":{"label":"s0:c1,c2","since":"2026-11-30T00:00:00Z","for_whom":"a machine"}}"#,
    ];
    let restore = |version| to.restore(&mut sealed_as(version, &lines).as_slice());
    let early = restore(6).unwrap_err().to_string();
    assert!(early.contains("no record of its version"), "{early}");
    restore(7).unwrap();
    let written = String::from_utf8(backup(&to)).unwrap();
    for line in lines {
        assert!(written.lines().any(|written| written == line), "{written}");
    }
}
