//! The minting key: it makes keepers of images, and no admin of itself.

use labelgate_control::{KeyScope, KeysmithAnswer, KeysmithRefusal, KeysmithTask, List};

use crate::bench::{MINTER, text};
use crate::{Bench, name};

#[test]
fn the_minting_key_makes_nobody_more_than_a_keeper() {
    let bench = Bench::start();
    bench.ceph.create_pool("secret").unwrap();
    let key = bench.configure.key.reveal().to_owned();
    let ours = "client.labelgate.x";
    let mon = ["mon", "profile simple-rados-client"];
    let mgr = ["mgr", "allow command none"];
    let osd = |cap: &'static str| ["osd", cap];
    let image =
        osd("allow r pool=rbd namespace=x, allow class rbd get_id pool=cold object_prefix y");
    let caps = [mon, mgr, image].concat();
    let make = |entity: &'static str, caps: &[&'static str]| {
        [&["ceph", "auth", "get-or-create", entity], caps].concat()
    };
    bench.allows(MINTER, &key, &make(ours, &caps));
    for program in [
        &make(ours, &["mon", "allow *"])[..],
        &make(ours, &mon),
        &make(ours, &[mon, mgr].concat()),
        &make(ours, &[mon, image].concat()),
        &make(ours, &[["mon", "profile rbd"], mgr, image].concat()),
        &make(ours, &[mon, ["mgr", "allow *"], image].concat()),
        &make(ours, &[mon, mgr, osd("allow *")].concat()),
        &make(ours, &[mon, mgr, osd("allow rwx")].concat()),
        &make(ours, &[mon, mgr, osd("allow r pool=other")].concat()),
        &make(
            ours,
            &[mon, mgr, osd("allow r pool=rbd2 namespace=x")].concat(),
        ),
        &make(
            ours,
            &[mon, mgr, osd("allow r pool=rbd x, allow *")].concat(),
        ),
        &make(ours, &[mon, mgr, osd("profile rbd pool=rbd")].concat()),
        &make("client.other", &caps),
        &make("osd.7", &caps),
        &["ceph", "auth", "caps", ours, "mon", "allow *"],
        &["ceph", "auth", "caps", ours, "mgr", "allow *"],
        &[&["ceph", "auth", "caps", "client.gateway"], &caps[..]].concat(),
        &[&["ceph", "auth", "caps", "client.admin"], &caps[..]].concat(),
        &["ceph", "auth", "get", "client.admin"],
        &["ceph", "auth", "del", "client.admin"],
        &["ceph", "auth", "ls"],
        &["ceph", "osd", "blocklist", "rm", "192.0.2.1:0/4711"],
        &["ceph", "osd", "pool", "create", "evil"],
        &["ceph", "config-key", "ls"],
        &["rados", "-p", "secret", "ls"],
    ] {
        bench.refuses(MINTER, &key, program);
    }
}

#[test]
fn names_that_mean_something_are_refused_before_anybody_is_asked() {
    let bench = Bench::start();
    let evil = "x object_prefix y, allow *";
    let make = |entity: &str, scope: KeyScope| {
        let entity = text(entity);
        bench.ask(&KeysmithTask::MakeKey { entity, scope })
    };
    let namespace = |name: &str| KeyScope::Namespace(text(name));
    let image = |namespace: &str, image: &str| KeyScope::Image {
        name: name(namespace, image),
        read_only: false,
        parents: List::default(),
    };
    for (entity, scope) in [
        ("labelgate.a", namespace(evil)),
        ("labelgate.a", namespace("")),
        ("labelgate.a", image("", evil)),
        ("labelgate.a", image(evil, "x")),
        ("labelgate.a", image("", "")),
        ("labelgate.\" ", namespace("a")),
    ] {
        assert_eq!(make(entity, scope), Err(KeysmithRefusal::Unfit));
    }
    for entity in ["admin", "gateway", "labelgate."] {
        let made = make(entity, namespace("a"));
        assert_eq!(made, Err(KeysmithRefusal::Permission), "{entity}");
        let revoked = bench.ask(&bench.revoke(entity));
        assert_eq!(revoked, Err(KeysmithRefusal::Permission), "{entity}");
    }
    let fenced = bench.ask(&bench.fence("labelgate.a", &["127.0.0.1:0/0"]));
    let nobody = KeysmithAnswer::Excluded {
        instances: 0,
        locks: 0,
    };
    assert_eq!(
        fenced,
        Ok(nobody),
        "what is no client's address is left out"
    );
    let none = image("", "none");
    assert_eq!(make("labelgate.a", none), Err(KeysmithRefusal::NotFound));
}
