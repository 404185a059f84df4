//! Who is found by what, and what becomes of whoever was let in.

use std::time::Duration;

use super::*;
use crate::config::NetlabelKind;

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

fn chap(name: &str) -> Identity {
    Identity {
        name: Text::new(name).unwrap(),
        proof: Proof::Chap(Text::new(name).unwrap()),
        ..Identity::at("10.9.1.2".parse().unwrap(), label("s0:c1,c2"))
    }
}

fn key() -> Arc<MasterKey> {
    Arc::new(MasterKey::from_bytes([7; 32]))
}

/// As the registry's are put in force.
fn with_token(name: &str, token: &[u8]) -> Identity {
    Identity {
        proof: Proof::Token(TokenDigest::of(&key(), token)),
        epoch: epoch(&key(), name, Some(token)),
        ..chap(name)
    }
}

fn identities(all: impl IntoIterator<Item = Identity>) -> Identities {
    let mut identities = Identities::default().with_epochs(&key()).unwrap();
    for identity in all {
        identities.insert(Arc::new(identity)).unwrap();
    }
    identities
}

fn granted(target: &str) -> Vec<Grant> {
    let target = Text::new(target).unwrap();
    vec![Grant {
        target,
        label: label("s0:c7"),
    }]
}

#[test]
fn a_granted_target_is_served_by_its_group_and_every_other_by_its_own() {
    let identity = Identity {
        grants: granted("iqn.2026-11.io.labelgate:s.shared"),
        ..chap("web-1")
    };
    let of = |target| identity.label_for(target).to_string();
    assert_eq!(of(Some("iqn.2026-11.io.labelgate:s.shared")), "s0:c7");
    for other in [None, Some(""), Some("iqn.2026-11.io.labelgate:s.Shared")] {
        assert_eq!(of(other), "s0:c1,c2");
    }
}

#[test]
fn a_lease_holds_until_its_end_and_where_it_says() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    let (here, there) = ("10.9.1.2".parse().unwrap(), "10.9.1.3".parse().unwrap());
    let leased = |terms| Identity {
        admission: Admission::Leased(terms),
        ..chap("web-1")
    };
    let term = |address, ends| LeaseTerm {
        address,
        host_addresses: None,
        ends,
    };

    assert!(!leased(vec![]).is_admitted(here, now));
    let ending = leased(vec![term(None, Some(now))]);
    assert!(ending.is_admitted(here, now - Duration::from_nanos(1)));
    assert!(!ending.is_admitted(here, now), "the end is not part of it");
    let bound = leased(vec![term(Some(here), None), term(Some(there), Some(now))]);
    assert!(bound.is_admitted(here, now));
    assert!(!bound.is_admitted(there, now));
    let mapped = "::ffff:10.9.1.2".parse().unwrap();
    assert!(bound.is_admitted(mapped, now));

    let on = |host_addresses: &[IpAddr], address| LeaseTerm {
        host_addresses: Some(host_addresses.iter().copied().collect()),
        ..term(address, None)
    };
    let on_host = leased(vec![on(&[here], None)]);
    assert!(on_host.is_admitted(mapped, now) && !on_host.is_admitted(there, now));
    let on_both = leased(vec![on(&[here, there], Some(there))]);
    assert!(!on_both.is_admitted(here, now) && on_both.is_admitted(there, now));
    let lost = leased(vec![on(&[here], Some(there)), on(&[], None)]);
    assert!(!lost.is_admitted(here, now) && !lost.is_admitted(there, now));
}

#[test]
fn who_has_the_level_of_a_machine_that_images_follow_is_let_in_from_where_that_runs() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    let (here, there) = ("10.9.1.2".parse().unwrap(), "10.9.1.3".parse().unwrap());
    let source = NetlabelSource {
        network: "10.9.1.0/24".parse().unwrap(),
        kind: NetlabelKind::Cipso,
        types: [NetlabelKind::LEVEL_ONLY.to_owned()].into(),
        categories: labelgate_mac::Categories::all(),
    };
    let told = |label: &str| Identity {
        proof: Proof::Netlabel(Arc::new(source.clone())),
        label: label.parse().unwrap(),
        ..chap("a machine")
    };
    let term = LeaseTerm {
        address: None,
        host_addresses: Some([here].into()),
        ends: None,
    };
    let identities = Identities::default();
    let identities =
        identities.with_followed(HashMap::from([("s0:c1,c2".parse().unwrap(), vec![term])]));
    let (followed, other) = (told("s0:c1,c2"), told("s0:c3,c4"));
    assert!(identities.admit(&followed, here, now) && !identities.admit(&followed, there, now));
    assert!(identities.admit(&other, here, now) && identities.admit(&other, there, now));
    // One that proves itself has its own leases.
    let by_secret = Identity {
        label: followed.label.clone(),
        ..chap("web-1")
    };
    assert!(identities.admit(&by_secret, there, now));
}

#[test]
fn no_two_identities_share_a_name_or_a_proof() {
    let mut identities = Identities::default();
    identities.insert(Arc::new(chap("web-1"))).unwrap();
    let again = identities.insert(Arc::new(chap("web-1")));
    assert_eq!(again, Err(IdentityClash::Name(Text::new("web-1").unwrap())));
    let alias = Identity {
        name: Text::new("web-2").unwrap(),
        ..chap("web-1")
    };
    let clash = identities.insert(Arc::new(alias));
    assert_eq!(
        clash,
        Err(IdentityClash::Proof(Text::new("web-1").unwrap()))
    );
    assert_eq!(identities.iter().count(), 1);
    assert!(identities.use_chap() && identities.use_greeters());
}

#[test]
fn whoever_says_a_token_is_found_by_its_digest_and_by_nothing_else() {
    let identities = identities([with_token("nfs-1", b"one"), chap("web-1")]);
    let said = |token: &[u8]| identities.of_token(&TokenDigest::of(&key(), token));
    assert_eq!(said(b"one").unwrap().name.as_str(), "nfs-1");
    for wrong in [&b"two"[..], b"One", b"one\0", b""] {
        assert!(said(wrong).is_none(), "{wrong:?}");
    }
    let other_key = MasterKey::from_bytes([8; 32]);
    let foreign = TokenDigest::of(&other_key, b"one");
    assert!(identities.of_token(&foreign).is_none());
    assert!(identities.use_tokens() && identities.use_greeters());
    assert!(
        identities
            .of_chap_name(&Text::new("nfs-1").unwrap())
            .is_none()
    );
    assert_eq!(identities.iter().count(), 2);
}

#[test]
fn no_two_identities_have_one_token() {
    let mut identities = identities([with_token("nfs-1", b"one")]);
    let again = identities.insert(Arc::new(with_token("nfs-2", b"one")));
    let there = Text::new("nfs-1").unwrap();
    assert_eq!(again, Err(IdentityClash::Proof(there)));
    assert!(
        identities
            .of_epoch(with_token("nfs-2", b"one").epoch)
            .is_none()
    );
}

#[test]
fn every_identity_in_force_has_an_epoch_that_it_is_found_by() {
    let mut declared = Identities::default();
    let at = Identity::at("10.9.1.0/28".parse().unwrap(), label("s0:c1,c2"));
    declared.insert(Arc::new(at)).unwrap();
    assert!(declared.iter().all(|identity| identity.epoch == 0));
    assert!(declared.of_epoch(0).is_none());
    let mut in_force = declared.with_epochs(&key()).unwrap();
    in_force.insert(Arc::new(chap("web-1"))).unwrap();
    in_force
        .insert(Arc::new(with_token("nfs-1", b"one")))
        .unwrap();
    for identity in in_force.iter() {
        assert_ne!(identity.epoch, 0, "{identity:?}");
        assert_eq!(in_force.of_epoch(identity.epoch), Some(identity));
    }
    let netlabel = Arc::new(Identity::at("10.9.2.1".parse().unwrap(), label("s0:c3")));
    assert_ne!(in_force.dated(netlabel).epoch, 0);
}

#[test]
fn an_identity_whose_token_was_rotated_is_the_same_in_another_epoch() {
    let address = "10.9.1.2".parse().unwrap();
    let before = Arc::new(with_token("nfs-1", b"one"));
    let rotated = identities([with_token("nfs-1", b"two")]);
    let now = rotated.current(&before, address).unwrap();
    assert_ne!(now.epoch, before.epoch);
    // What was given out before leads to nobody any more.
    assert!(rotated.of_epoch(before.epoch).is_none());
    assert!(rotated.of_token(&TokenDigest::of(&key(), b"one")).is_none());
    // Whoever has its name and another proof is somebody else.
    let renamed = identities([chap("nfs-1")]);
    assert!(renamed.current(&before, address).is_none());
    let gone = identities([with_token("nfs-2", b"one")]);
    assert!(gone.current(&before, address).is_none());
}

#[test]
fn an_identity_that_was_made_anew_for_another_vm_is_another_one() {
    let address = "10.9.1.2".parse().unwrap();
    let of = |identity: Identity| {
        let mut identities = Identities::default();
        identities.insert(Arc::new(identity)).unwrap();
        identities
    };
    let before = Arc::new(chap("web-1"));
    assert!(of(chap("web-1")).current(&before, address).is_some());
    let more = Identity {
        grants: granted("iqn.2026-11.io.labelgate:s.shared"),
        ..chap("web-1")
    };
    assert!(of(more).current(&before, address).is_some());
    let other = Identity {
        vm: Some(Uuid::from_u128(7)),
        ..chap("web-1")
    };
    assert!(of(other).current(&before, address).is_none());
    // Nor does an address prove what a secret has to.
    let by_address = Identity {
        name: before.name.clone(),
        ..Identity::at("10.9.1.2".parse().unwrap(), label("s0:c1,c2"))
    };
    assert!(of(by_address).current(&before, address).is_none());
}
