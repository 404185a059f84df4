//! Each thing that must hold for a snapshot, broken on its own, is noticed.

use labelgate_registry::{Change, Follows, Image, Place, Proof, Registry, Snapshot};
use uuid::Uuid;

use crate::samples::{allocation, at_address, chap, image, lease, registry, store};

fn place(path: &str) -> Place {
    Place::Directory {
        path: path.parse().unwrap(),
        trees: false,
        squash: labelgate_registry::Squash::All,
    }
}

/// A sound snapshot with two of everything.
fn sound() -> Snapshot {
    let (_directory, _, registry) = registry();
    let group: labelgate_mac::Label = "s0:c7,c8".parse().unwrap();
    let changes = [
        store("a"),
        store("b"),
        Change::AddImage(image("a", "one", "s0:c1,c2")),
        Change::AddImage(image("b", "two", "s0:c3,c4")),
        Change::AddIdentity(chap("vm", "s0:c1,c2")),
        Change::AddIdentity(at_address("host-1", "10.9.1.1", "s0:c3,c4")),
        Change::AddIdentity(at_address("host-2", "10.9.1.2", "s0:c5,c6")),
        Change::AddGroup(group.clone()),
        Change::Grant {
            group,
            member: "vm".parse().unwrap(),
        },
        Change::AllocateLevel(allocation()),
        Change::StartLease(lease(1, 1, "kvm-1", "s0:c1,c2")),
        Change::StartLease(lease(2, 1, "kvm-2", "s0:c1,c2")),
        Change::StartLease(lease(3, 2, "kvm-1", "s0:c3,c4")),
    ];
    for change in &changes {
        registry.apply(change).unwrap();
    }
    Snapshot::clone(&registry.read().unwrap())
}

fn image_mut<'a>(snapshot: &'a mut Snapshot, id: &str) -> &'a mut Image {
    snapshot.images.get_mut(&id.parse().unwrap()).unwrap()
}

/// A way to break a snapshot, and what is said of it.
type Breakage = (fn(&mut Snapshot), &'static str);

fn find(breakages: &[Breakage]) {
    for (number, (break_it, words)) in breakages.iter().enumerate() {
        let mut snapshot = sound();
        snapshot.check().unwrap();
        break_it(&mut snapshot);
        let found = snapshot.check().map_err(|what| what.to_string());
        let found = found.expect_err(&format!("number {number}, {words:?}, was not noticed"));
        assert!(found.contains(words), "number {number}: {found}");
    }
}

#[test]
fn broken_stores_and_images_are_noticed() {
    find(&[
        (
            |s| s.stores.get_mut(&"b".parse().unwrap()).unwrap().name = "c".parse().unwrap(),
            "has another's key",
        ),
        (
            |s| s.stores.get_mut(&"b".parse().unwrap()).unwrap().place = place("/srv/a"),
            "two stores have one directory",
        ),
        (
            |s| drop(s.stores.remove(&"b".parse().unwrap())),
            "image b/two has no store",
        ),
        (
            |s| image_mut(s, "b/two").name = "three".parse().unwrap(),
            "has another's key",
        ),
        (
            |s| {
                let designator = image_mut(s, "a/one").designator;
                image_mut(s, "b/two").designator.serial = designator.serial;
            },
            "image b/two has another's file or serial number",
        ),
        (
            |s| {
                let designator = image_mut(s, "a/one").designator;
                image_mut(s, "b/two").designator.naa = designator.naa;
            },
            "image b/two has another's file or serial number",
        ),
        (
            |s| {
                // Its store is the directory above the other's.
                s.stores.get_mut(&"b".parse().unwrap()).unwrap().place = place("/srv");
                image_mut(s, "b/two").file = "a/one.img".parse().unwrap();
            },
            "image b/two has another's file or serial number",
        ),
        (|s| image_mut(s, "a/one").size = Some(1), "not a multiple"),
        (
            |s| image_mut(s, "a/one").content = true,
            "make it read-only",
        ),
        (
            |s| image_mut(s, "a/one").designator.naa[0] = 0x50,
            "first digit",
        ),
    ]);
}

#[test]
fn broken_identities_and_groups_are_noticed() {
    fn vm(snapshot: &mut Snapshot) -> &mut labelgate_registry::Identity {
        snapshot.identities.get_mut(&"vm".parse().unwrap()).unwrap()
    }
    find(&[
        (|s| vm(s).name = "wm".parse().unwrap(), "has another's key"),
        (|s| vm(s).needs_lease = true, "give its UUID"),
        (
            |s| vm(s).proof = Proof::Address("10.9.1.1".parse().unwrap()),
            "10.9.1.1 is two identities",
        ),
        (
            |s| vm(s).label = "s0:c7,c8".parse().unwrap(),
            "of identity vm is a group's",
        ),
        (
            |s| drop(s.identities.remove(&"vm".parse().unwrap())),
            "a member of group s0:c7,c8 is no identity",
        ),
        (
            |s| {
                s.groups
                    .values_mut()
                    .for_each(|group| group.label = "s0:c8,c9".parse().unwrap())
            },
            "has another's key",
        ),
    ]);
}

#[test]
fn broken_levels_and_leases_are_noticed() {
    fn first(snapshot: &mut Snapshot) -> &mut labelgate_registry::Lease {
        snapshot.leases.get_mut(&Uuid::from_u128(1)).unwrap()
    }
    find(&[
        (
            |s| {
                let (_, mut level) = s.levels.pop_first().unwrap();
                level.label = "s0:c1,c2,c3".parse().unwrap();
                s.levels.insert(level.label.clone(), level);
            },
            "level s0:c1.c3 has not two categories",
        ),
        (
            |s| {
                s.cursors
                    .values_mut()
                    .for_each(|cursor| *cursor = labelgate_mac::Label::PAIRS)
            },
            "a cursor is beyond the last level",
        ),
        (|s| first(s).id = Uuid::nil(), "has another's key"),
        (|s| first(s).ends = Some(first(s).start), "give a later end"),
        (
            |s| first(s).host = "kvm-2".try_into().unwrap(),
            "a second one on its host",
        ),
        (
            |s| first(s).label = "s0:c7,c8".parse().unwrap(),
            "is a group's",
        ),
        // A second label for one machine; a second machine for one label, by a lease and by an
        // identity.
        (
            |s| first(s).label = "s0:c5,c6".parse().unwrap(),
            "do not go together",
        ),
        (|s| first(s).vm = Uuid::from_u128(9), "do not go together"),
        (
            |s| {
                let vm = s.identities.get_mut(&"vm".parse().unwrap()).unwrap();
                vm.vm = Some(Uuid::from_u128(9));
            },
            "do not go together",
        ),
    ]);
}

/// A sound snapshot with a machine that two images follow, which is out.
fn followed() -> Snapshot {
    let (_directory, _, registry) = registry();
    let allocated = registry
        .apply(&Change::AllocateLevel(allocation()))
        .unwrap();
    let rest = allocated.allocated.unwrap();
    let vm = Uuid::from_u128(1);
    let follow = |name: &str| Change::FollowMachine {
        image: image("a", name, "s0:c1,c2").id(),
        vm,
        rest: rest.clone(),
    };
    let changes = [
        store("a"),
        Change::AddImage(image("a", "one", "s0:c3,c4")),
        Change::AddImage(image("a", "two", "s0:c3,c4")),
        Change::AddImage(image("a", "other", "s0:c5,c6")),
        follow("one"),
        follow("two"),
        Change::StartLease(lease(1, 1, "kvm-1", &rest.to_string())),
        Change::SetOut {
            vm,
            level: "s0:c1,c2".parse().unwrap(),
        },
    ];
    for change in &changes {
        registry.apply(change).unwrap();
    }
    Snapshot::clone(&registry.read().unwrap())
}

#[test]
fn broken_followers_are_noticed() {
    fn follows(snapshot: &mut Snapshot) -> &mut Follows {
        let image = image_mut(snapshot, "a/two");
        image.follows.as_mut().unwrap()
    }
    let breakages: [Breakage; 8] = [
        (
            |s| image_mut(s, "a/two").label = "s0:c8,c9".parse().unwrap(),
            "a/two is not where the others are",
        ),
        (
            |s| follows(s).rest = "s0:c8,c9".parse().unwrap(),
            "a/two is not where the others are",
        ),
        (
            |s| {
                let two = image_mut(s, "a/two");
                (two.content, two.read_only) = (true, true);
            },
            "a/two is content",
        ),
        (|s| s.levels.clear(), "was not allocated"),
        (
            |s| image_mut(s, "a/other").label = "s0:c1,c2".parse().unwrap(),
            "image a/other has s0:c1,c2",
        ),
        (
            |s| image_mut(s, "a/other").label = follows(s).rest.clone(),
            "image a/other has s0:c0,c1",
        ),
        (
            |s| {
                let lease = s.leases.get_mut(&Uuid::from_u128(1)).unwrap();
                lease.label = "s0:c8,c9".parse().unwrap();
            },
            "its lease 00000000-0000-0000-0000-000000000001 is elsewhere",
        ),
        (
            |s| follows(s).vm = Uuid::from_u128(2),
            "image a/two has s0:c0,c1",
        ),
    ];
    for (number, (break_it, words)) in breakages.iter().enumerate() {
        let mut snapshot = followed();
        snapshot.check().unwrap();
        break_it(&mut snapshot);
        let found = snapshot.check().unwrap_err().to_string();
        assert!(found.contains(words), "number {number}: {found}");
    }
}
