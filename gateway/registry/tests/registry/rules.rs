//! What is in the way of which change, and what is said about it.

use labelgate_registry::{
    ApplyError, Change, ChapSecrets, Kind, NewIdentity, NewProof, NewSecrets, RedbRegistry,
    Refusal, Registry, Secret, Token,
};
use uuid::Uuid;

use crate::samples::{
    allocation, at_address, chap, directory, image, lease, registry, rotation, secrets, store,
    time, token,
};

/// The refusal of a change, which leaves nothing behind.
fn refusal(registry: &RedbRegistry, change: &Change) -> Refusal {
    let before = registry.read().unwrap();
    match registry.apply(change) {
        Err(ApplyError::Refused(refusal)) => {
            assert_eq!(registry.read().unwrap(), before);
            refusal
        }
        other => panic!("{change:?} was not refused: {other:?}"),
    }
}

/// The changes are refused, each with these words.
pub fn refused(registry: &RedbRegistry, changes: &[(Change, &str)]) {
    for (change, words) in changes {
        let said = refusal(registry, change).to_string();
        assert!(said.contains(words), "{change:?}: {said}");
    }
}

pub fn make(registry: &RedbRegistry, changes: impl IntoIterator<Item = Change>) {
    for change in changes {
        registry.apply(&change).unwrap();
    }
}

#[test]
fn no_two_images_are_one_disk() {
    let (_directory, _, registry) = registry();
    let nested = directory("nested", "/srv/vms/nested");
    let first = image("vms", "web", "s0:c1,c2");
    let changes = [store("vms"), nested, Change::AddImage(first.clone())];
    make(&registry, changes);

    let named = |name: &str| image("vms", name, "s0:c1,c2");
    let again = image("vms", "web", "s0:c1,c2");
    let mut same_file = named("other");
    same_file.file = first.file.clone();
    let mut same_serial = named("other");
    same_serial.designator.serial = first.designator.serial;
    let mut same_naa = named("other");
    same_naa.designator.naa = first.designator.naa;
    let mut foreign_naa = named("other");
    foreign_naa.designator.naa[0] = 0x60;
    refused(
        &registry,
        &[
            (Change::AddImage(again), "image vms/web is there already"),
            (Change::AddImage(same_file), "is image vms/web already"),
            (Change::AddImage(same_serial), "the same serial number"),
            (Change::AddImage(same_naa), "the same serial number"),
            (Change::AddImage(foreign_naa), "first digit must be 3"),
        ],
    );

    // One store may be a directory in another: the file is the same by both.
    let mut by_outer = named("outer");
    by_outer.file = "nested/disk.img".parse().unwrap();
    make(&registry, [Change::AddImage(by_outer)]);
    let by_inner = image("nested", "disk", "s0:c1,c2");
    refused(
        &registry,
        &[(Change::AddImage(by_inner), "is image vms/outer already")],
    );
}

#[test]
fn an_image_is_in_a_store_and_makes_sense_in_itself() {
    let (_directory, _, registry) = registry();
    make(&registry, [store("vms")]);
    let nowhere = image("nowhere", "web", "s0:c1,c2");
    let mut content = image("vms", "web", "s0:c1,c2");
    content.content = true;
    let sized = |size| {
        let mut image = image("vms", "web", "s0:c1,c2");
        image.size = Some(size);
        Change::AddImage(image)
    };
    // Every second category: the text of the label is longer than a worker can be told.
    let many: Vec<String> = (0..512).map(|number| format!("c{}", 2 * number)).collect();
    let unwieldy = image("vms", "web", &format!("s0:{}", many.join(",")));
    refused(
        &registry,
        &[
            (Change::AddImage(nowhere), "there is no store nowhere"),
            (Change::AddImage(content.clone()), "make it read-only"),
            (sized(0), "size 0 is not a multiple"),
            (sized(513), "size 513 is not a multiple of 512"),
            (sized(1 << 63), "not a multiple of 512 between"),
            (Change::AddImage(unwieldy), "use two categories"),
        ],
    );
    content.read_only = true;
    make(&registry, [Change::AddImage(content)]);
}

#[test]
fn an_image_only_grows_and_content_never_changes_its_size() {
    let (_directory, _, registry) = registry();
    let disk = image("vms", "disk", "s0:c1,c2");
    let mut content = image("vms", "content", "s0:c1,c2");
    (content.content, content.read_only) = (true, true);
    let changes = [
        store("vms"),
        Change::AddImage(disk.clone()),
        Change::AddImage(content.clone()),
    ];
    make(&registry, changes);
    let resize = |image: &labelgate_registry::Image, size| Change::ResizeImage {
        image: image.id(),
        size,
    };
    make(&registry, [resize(&disk, 2 << 20), resize(&disk, 2 << 20)]);
    refused(
        &registry,
        &[
            (resize(&disk, 1 << 20), "would lose data"),
            (resize(&disk, (2 << 20) + 1), "not a multiple"),
            (resize(&content, 2 << 20), "is content"),
            (
                resize(&image("vms", "none", "s0:c1,c2"), 512),
                "no image vms/none",
            ),
        ],
    );
    let snapshot = registry.read().unwrap();
    assert_eq!(snapshot.images[&disk.id()].size, Some(2 << 20));
}

#[test]
fn a_store_has_a_directory_of_its_own() {
    let (_directory, _, registry) = registry();
    make(&registry, [store("vms")]);
    let same_directory = directory("other", "/srv/vms");
    let same_name = directory("vms", "/srv/other");
    refused(
        &registry,
        &[
            (same_directory, "the directory of store vms"),
            (same_name, "store vms is there already"),
        ],
    );
}

#[test]
fn no_two_identities_can_be_taken_for_each_other() {
    let (_directory, _, registry) = registry();
    let secret = |text: &str| text.parse::<Secret>().unwrap();
    let pair = |forward, reverse| {
        let reverse = Some(secret(reverse));
        NewProof::Chap(ChapSecrets::new(secret(forward), reverse).unwrap())
    };
    let with = |name: &str, proof| {
        Change::AddIdentity(NewIdentity {
            proof,
            ..chap(name, "s0:c1,c2")
        })
    };
    let (one, two, three) = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc");
    let host = Change::AddIdentity(at_address("host", "10.9.1.0/28", "s0:c3,c4"));
    make(&registry, [with("vm-1", pair(one, two)), host]);

    let same_network = at_address("host-2", "10.9.1.0/28", "s0:c5,c6");
    refused(
        &registry,
        &[
            (
                with("vm-1", pair(three, "dddddddddddd")),
                "identity vm-1 is there already",
            ),
            (
                with("vm-2", pair(one, three)),
                "a secret is another identity's",
            ),
            (
                with("vm-2", pair(three, one)),
                "a secret is another identity's",
            ),
            (
                with("vm-2", pair(two, three)),
                "a secret is another identity's",
            ),
            (
                Change::AddIdentity(same_network),
                "is the address of identity host",
            ),
        ],
    );
    // Who guesses a secret is not told whose it is.
    let said = refusal(&registry, &with("vm-2", pair(one, three))).to_string();
    assert!(!said.contains("vm-1") && !said.contains(one), "{said}");
    // A network in another is no clash: the longest prefix decides.
    make(
        &registry,
        [Change::AddIdentity(at_address(
            "host-3", "10.9.1.2", "s0:c5,c6",
        ))],
    );
}

#[test]
fn rotated_secrets_are_new_and_the_old_ones_are_gone() {
    let (_directory, path, registry) = registry();
    let name = "vm".parse().unwrap();
    make(
        &registry,
        [
            Change::AddIdentity(chap("vm", "s0:c1,c2")),
            Change::AddIdentity(at_address("host", "10.9.1.1", "s0:c3,c4")),
        ],
    );
    let old = registry.secrets(&name).unwrap().unwrap();
    let rotate = |identity: &str, secrets| rotation(identity, NewSecrets::Chap(secrets));
    refused(
        &registry,
        &[
            (rotate("vm", old.clone()), "was this one's"),
            (rotate("host", secrets()), "has no secrets to rotate"),
            (rotate("nobody", secrets()), "there is no identity nobody"),
        ],
    );
    let new = secrets();
    make(&registry, [rotate("vm", new.clone())]);
    drop(registry);
    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(registry.secrets(&name).unwrap(), Some(new));
    make(&registry, [Change::RemoveIdentity(name.clone())]);
    assert_eq!(registry.secrets(&name).unwrap(), None);
    // The old ones are nobody's any more.
    let proof = NewProof::Chap(old);
    make(
        &registry,
        [Change::AddIdentity(NewIdentity {
            proof,
            ..chap("vm", "s0:c1,c2")
        })],
    );
}

#[test]
fn no_two_identities_have_one_token() {
    let (_directory, _, registry) = registry();
    let with = |name: &str, token: &str| {
        Change::AddIdentity(NewIdentity {
            proof: NewProof::Token(token.parse().unwrap()),
            ..chap(name, "s0:c1,c2")
        })
    };
    let (one, two) = ("a".repeat(20), "b".repeat(64));
    make(&registry, [with("vm-1", &one), with("vm-2", &two)]);
    refused(
        &registry,
        &[
            (with("vm-1", &"c".repeat(20)), "vm-1 is there already"),
            (with("vm-3", &one), "the token is another identity's"),
            (with("vm-3", &two), "the token is another identity's"),
        ],
    );
    // Who guesses a token is not told whose it is.
    let said = refusal(&registry, &with("vm-3", &one)).to_string();
    assert!(!said.contains("vm-1") && !said.contains(&one), "{said}");
    // Letters of another case are another token.
    make(&registry, [with("vm-3", &one.to_uppercase())]);
}

#[test]
fn a_rotated_token_is_new_and_the_old_one_is_gone() {
    let (_directory, path, registry) = registry();
    make(
        &registry,
        [
            Change::AddIdentity(token("vm", "s0:c1,c2")),
            Change::AddIdentity(chap("other", "s0:c3,c4")),
            Change::AddIdentity(at_address("host", "10.9.1.1", "s0:c5,c6")),
        ],
    );
    let tokens = registry.tokens().unwrap();
    let [(name, old)] = tokens.as_slice() else {
        panic!("{tokens:?}")
    };
    assert_eq!(registry.secrets(name).unwrap(), None);
    let new = || NewSecrets::Token(Token::generate().unwrap());
    let same = NewSecrets::Token(old.clone());
    refused(
        &registry,
        &[
            (rotation("vm", same), "was this one's"),
            (
                rotation("vm", NewSecrets::Chap(secrets())),
                "is proved by a token",
            ),
            (rotation("other", new()), "is proved by CHAP"),
            (rotation("host", new()), "has no secrets to rotate"),
            (rotation("nobody", new()), "there is no identity nobody"),
        ],
    );
    let rotated = Token::generate().unwrap();
    let secrets = NewSecrets::Token(rotated.clone());
    make(&registry, [rotation("vm", secrets)]);
    drop(registry);
    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(registry.tokens().unwrap(), [(name.clone(), rotated)]);
    make(&registry, [Change::RemoveIdentity(name.clone())]);
    assert_eq!(registry.tokens().unwrap(), []);
    // The old one is nobody's any more.
    let proof = NewProof::Token(old.clone());
    make(
        &registry,
        [Change::AddIdentity(NewIdentity {
            proof,
            ..chap("vm", "s0:c1,c2")
        })],
    );
}

#[test]
fn the_master_key_is_made_once_and_changes_nothing_else() {
    let (_directory, path, first) = registry();
    let before = first.read().unwrap();
    let key = first.master_key().unwrap();
    assert_eq!(first.master_key().unwrap(), key);
    assert_eq!(first.read().unwrap(), before);
    drop(first);
    let first = RedbRegistry::open(&path).unwrap();
    assert_eq!(first.master_key().unwrap(), key);
    let (_other_directory, _, other) = registry();
    assert_ne!(other.master_key().unwrap(), key);
}

#[test]
fn a_groups_label_is_nobodys_own() {
    let (_directory, _, registry) = registry();
    let group = || "s0:c7,c8".parse().unwrap();
    make(
        &registry,
        [
            Change::AddIdentity(chap("vm", "s0:c1,c2")),
            Change::StartLease(lease(1, 2, "kvm-1", "s0:c1,c2")),
            Change::AddGroup(group()),
        ],
    );
    let own = Change::AddGroup("s0:c1,c2".parse().unwrap());
    refused(
        &registry,
        &[
            (own.clone(), "is the own label of identity vm"),
            (Change::AddGroup(group()), "group s0:c7,c8 is there already"),
            (
                Change::AddIdentity(chap("vm-2", "s0:c7,c8")),
                "is the label of a group",
            ),
            (
                Change::StartLease(lease(2, 3, "kvm-1", "s0:c7,c8")),
                "is the label of a group",
            ),
        ],
    );
    // While it runs, the label is the machine's own, whatever became of its identity.
    make(&registry, [Change::RemoveIdentity("vm".parse().unwrap())]);
    refused(&registry, &[(own, "is the own label of lease")]);
}

#[test]
fn members_come_and_go_and_go_with_their_identity() {
    let (_directory, _, registry) = registry();
    let group = || Box::new("s0:c7,c8".parse::<labelgate_mac::Label>().unwrap());
    let grant = |member: &str| Change::Grant {
        group: *group(),
        member: member.parse().unwrap(),
    };
    let revoke = |member: &str| Change::Revoke {
        group: *group(),
        member: member.parse().unwrap(),
    };
    make(&registry, [Change::AddIdentity(chap("vm", "s0:c1,c2"))]);
    refused(&registry, &[(grant("vm"), "there is no group s0:c7,c8")]);
    make(&registry, [Change::AddGroup(*group()), grant("vm")]);
    let snapshot = registry.read().unwrap();
    let vm = &snapshot.identities[&"vm".parse().unwrap()];
    assert!(snapshot.may_open(vm, &group()) && snapshot.may_open(vm, &vm.label));
    assert!(!snapshot.may_open(vm, &"s0:c8,c9".parse().unwrap()));
    refused(
        &registry,
        &[
            (grant("vm"), "is a member of group s0:c7,c8 already"),
            (grant("nobody"), "there is no identity nobody"),
            (revoke("nobody"), "is no member of group s0:c7,c8"),
        ],
    );
    make(&registry, [revoke("vm")]);
    assert!(!registry.read().unwrap().may_open(vm, &group()));
    make(
        &registry,
        [grant("vm"), Change::RemoveIdentity("vm".parse().unwrap())],
    );
    assert!(registry.read().unwrap().groups[&group()].members.is_empty());
}

#[test]
fn a_machine_has_one_label_and_a_label_one_machine() {
    let (_directory, _, registry) = registry();
    let of = |name: &str, vm: u128, label: &str| {
        Change::AddIdentity(NewIdentity {
            vm: Some(Uuid::from_u128(vm)),
            needs_lease: true,
            ..chap(name, label)
        })
    };
    make(
        &registry,
        [of("vm", 1, "s0:c1,c2"), of("vm-again", 1, "s0:c1,c2")],
    );
    make(&registry, [Change::AddIdentity(chap("any", "s0:c3,c4"))]);
    let homeless = NewIdentity {
        needs_lease: true,
        ..chap("homeless", "s0:c5,c6")
    };
    refused(
        &registry,
        &[
            (
                of("other", 2, "s0:c1,c2"),
                "is the label of another virtual machine",
            ),
            (of("other", 1, "s0:c3,c4"), "has the label s0:c1,c2"),
            (
                Change::StartLease(lease(1, 2, "kvm", "s0:c1,c2")),
                "another virtual machine",
            ),
            (
                Change::StartLease(lease(1, 1, "kvm", "s0:c3,c4")),
                "has the label s0:c1,c2",
            ),
            (
                Change::StartLease(lease(1, 3, "kvm", "s0:c8,c9")),
                "allocate a level first",
            ),
            (Change::AddIdentity(homeless), "give its UUID"),
        ],
    );
    make(
        &registry,
        [Change::StartLease(lease(1, 1, "kvm", "s0:c1,c2"))],
    );
    refused(
        &registry,
        &[
            (
                Change::StartLease(lease(2, 1, "kvm", "s0:c1,c2")),
                "has a lease on host kvm already",
            ),
            (
                Change::StartLease(lease(1, 1, "kvm-2", "s0:c1,c2")),
                "is there already",
            ),
            (Change::EndLease(Uuid::from_u128(9)), "there is no lease"),
        ],
    );
}

#[test]
fn a_lease_ends_after_it_starts() {
    let (_directory, _, registry) = registry();
    make(&registry, [Change::AddIdentity(chap("vm", "s0:c1,c2"))]);
    let mut backwards = lease(1, 1, "kvm", "s0:c1,c2");
    backwards.ends = Some(backwards.start);
    refused(
        &registry,
        &[(Change::StartLease(backwards), "give a later end")],
    );
    make(
        &registry,
        [Change::StartLease(lease(1, 1, "kvm", "s0:c1,c2"))],
    );
    let renew = |ends| Change::RenewLease {
        lease: Uuid::from_u128(1),
        ends,
    };
    refused(&registry, &[(renew(Some(time(999))), "give a later end")]);
    make(&registry, [renew(Some(time(1001)))]);
    let snapshot = registry.read().unwrap();
    assert_eq!(
        snapshot.leases_of(Uuid::from_u128(1), time(1000)).count(),
        1
    );
    assert_eq!(
        snapshot.leases_of(Uuid::from_u128(1), time(1001)).count(),
        0
    );
}

#[test]
fn a_level_is_kept_while_an_image_or_a_group_has_it() {
    let (_directory, _, registry) = registry();
    make(&registry, [store("vms")]);
    let given = registry
        .apply(&Change::AllocateLevel(allocation()))
        .unwrap();
    let label = given.allocated.unwrap();
    let release = Change::ReleaseLevel(label.clone());
    let disk = image("vms", "disk", &label.to_string());
    let relabel = Change::RelabelImage {
        image: disk.id(),
        label: "s0:c8,c9".parse().unwrap(),
    };
    make(&registry, [Change::AddImage(disk)]);
    refused(&registry, &[(release.clone(), "in use by image vms/disk")]);
    make(&registry, [relabel, Change::AddGroup(label.clone())]);
    refused(&registry, &[(release.clone(), "in use by group")]);
    make(&registry, [Change::RemoveGroup(label), release.clone()]);
    refused(&registry, &[(release, "there is no allocated level")]);
}

#[test]
fn a_refusal_says_whether_something_is_missing_in_the_way_or_wrong() {
    let (_directory, _, registry) = registry();
    make(&registry, [store("vms")]);
    let kind = |change: &Change| refusal(&registry, change).kind();
    assert_eq!(kind(&Change::EndLease(Uuid::nil())), Kind::Absent);
    assert_eq!(kind(&store("vms")), Kind::Conflict);
    let mut odd = image("vms", "web", "s0:c1,c2");
    odd.size = Some(7);
    assert_eq!(kind(&Change::AddImage(odd)), Kind::Invalid);
}
