//! What a minted key opens and what it does not, tried by hand with Ceph's own programs.

use std::time::Duration;

use labelgate_control::{KeyScope, KeysmithTask, List, Text};
use labelgate_fixtures::process::run;
use labelgate_rbd::Kind;

use crate::keeper::{Keeper, kind};
use crate::{Bench, name};

const LIMIT: Duration = Duration::from_secs(30);

/// What no keeper's key may do, whatever it is for. `own` is its entity.
pub(crate) fn forbids_everything_else(bench: &Bench, entity: &str, key: &str) {
    let own = format!("client.{entity}");
    for program in [
        // Keys and capabilities.
        &["ceph", "auth", "ls"][..],
        &["ceph", "auth", "get", &own],
        &["ceph", "auth", "get", "client.admin"],
        &[
            "ceph",
            "auth",
            "get-or-create",
            "client.evil",
            "mon",
            "allow *",
        ],
        &[
            "ceph", "auth", "caps", &own, "mon", "allow *", "osd", "allow *",
        ],
        &["ceph", "auth", "del", "client.admin"],
        // Excluding others.
        &["ceph", "osd", "blocklist", "add", "192.0.2.1:0/4711"],
        &["ceph", "osd", "blocklist", "rm", "192.0.2.1:0/4711"],
        // The cluster.
        &["ceph", "config-key", "ls"],
        &["ceph", "osd", "pool", "create", "evil"],
        &[
            "ceph",
            "osd",
            "pool",
            "set-quota",
            "rbd",
            "max_objects",
            "1",
        ],
        // The pool's settings, which every image of it has, and its namespaces.
        &["rbd", "config", "pool", "set", "rbd", "rbd_cache", "true"],
        &["rbd", "namespace", "create", "rbd/evil"],
        &["rbd", "namespace", "ls", "rbd"],
        // Images without a namespace.
        &["rbd", "create", "--size", "1M", "rbd/evil"],
        &["rbd", "ls", "rbd"],
        &["rados", "-p", "rbd", "put", "evil", "/etc/hostname"],
        &["rados", "-p", "rbd", "ls"],
        &["rados", "-p", "rbd", "listomapvals", "rbd_directory"],
        &["rados", "-p", "rbd", "put", "rbd_info", "/etc/hostname"],
    ] {
        bench.refuses(entity, key, program);
    }
}

fn opens_not(bench: &Bench, entity: &str, key: &str, namespace: &str, image: &str) {
    let mut keeper = Keeper::connect(bench, entity, key).unwrap();
    for read_only in [false, true] {
        let opened = keeper.open(namespace, image, read_only);
        assert_eq!(kind(opened), Kind::Permission, "{namespace}/{image}");
    }
}

/// The raw objects of an image, which need no image to be opened.
pub(crate) fn reaches_no_object(
    bench: &Bench,
    entity: &str,
    key: &str,
    namespace: &str,
    image: &str,
) {
    let spec = match namespace {
        "" => format!("rbd/{image}"),
        namespace => format!("rbd/{namespace}/{image}"),
    };
    let info = bench
        .ceph
        .rbd(&["info", "--format", "json", &spec])
        .unwrap();
    let id = info.stdout.split("\"id\":\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    let data = format!("rbd_data.{id}.0000000000000000");
    let header = format!("rbd_header.{id}");
    let map = format!("rbd_object_map.{id}");
    let rados = |words: &[&str]| {
        let program = [&["rados", "-p", "rbd", "-N", namespace], words].concat();
        bench.refuses(entity, key, &program);
    };
    rados(&["get", &data, "/dev/null"]);
    rados(&["put", &data, "/etc/hostname"]);
    rados(&["rm", &data]);
    rados(&["listomapvals", &header]);
    rados(&["setomapval", &header, "size", "x"]);
    rados(&["lock", "break", &header, "rbd_lock", "client.1"]);
    rados(&["get", &map, "/dev/null"]);
}

#[test]
fn a_namespaces_key_is_good_for_its_images_and_for_nothing_else() {
    let bench = Bench::start();
    for namespace in ["ns-a", "ns-b", ""] {
        bench.create(namespace, "disk", 8 << 20);
    }
    let mut admin = Keeper::connect(&bench, "admin", bench.ceph.admin_key()).unwrap();
    for namespace in ["ns-b", ""] {
        admin.open(namespace, "disk", false).unwrap();
        admin.write(0).unwrap();
        admin.close();
    }
    let key = bench.namespace_key("labelgate.a", "ns-a");
    let mut keeper = Keeper::connect(&bench, "labelgate.a", &key).unwrap();
    keeper.open("ns-a", "disk", false).unwrap();
    keeper.do_everything().unwrap();
    keeper.close();
    for (namespace, image) in [("ns-b", "disk"), ("", "disk")] {
        opens_not(&bench, "labelgate.a", &key, namespace, image);
        reaches_no_object(&bench, "labelgate.a", &key, namespace, image);
    }
    bench.refuses("labelgate.a", &key, &["rbd", "ls", "rbd/ns-b"]);
    bench.refuses(
        "labelgate.a",
        &key,
        &["rados", "-p", "rbd", "-N", "ns-b", "ls"],
    );
    bench.refuses("labelgate.a", &key, &["rados", "-p", "rbd", "--all", "ls"]);
    forbids_everything_else(&bench, "labelgate.a", &key);
    assert_eq!(bench.namespace_key("labelgate.a", "ns-a"), key, "the same");
}

#[test]
fn an_images_key_is_good_for_it_and_for_nothing_else() {
    let bench = Bench::start();
    // One name begins with the other.
    for image in ["vm", "vm2"] {
        bench.create("", image, 8 << 20);
    }
    bench.create("ns-b", "vm", 8 << 20);
    let mut admin = Keeper::connect(&bench, "admin", bench.ceph.admin_key()).unwrap();
    for (namespace, image) in [("", "vm2"), ("ns-b", "vm")] {
        admin.open(namespace, image, false).unwrap();
        admin.write(0).unwrap();
        admin.close();
    }
    let key = bench.image_key("labelgate.vm", name("", "vm"), false);
    let mut keeper = Keeper::connect(&bench, "labelgate.vm", &key).unwrap();
    keeper.open("", "vm", false).unwrap();
    keeper.do_everything().unwrap();
    keeper.close();
    let flags = bench.ceph.rbd(&["info", "rbd/vm"]).unwrap().stdout;
    assert!(!flags.contains("invalid"), "{flags}");
    for (namespace, image) in [("", "vm2"), ("ns-b", "vm")] {
        opens_not(&bench, "labelgate.vm", &key, namespace, image);
        reaches_no_object(&bench, "labelgate.vm", &key, namespace, image);
    }
    bench.refuses(
        "labelgate.vm",
        &key,
        &["rbd", "rm", "--no-progress", "rbd/vm2"],
    );
    bench.refuses("labelgate.vm", &key, &["rbd", "ls", "rbd/ns-b"]);
    forbids_everything_else(&bench, "labelgate.vm", &key);
}

#[test]
fn a_key_for_reading_reads_and_does_nothing_else() {
    let bench = Bench::start();
    bench.create("", "base", 8 << 20);
    let mut admin = Keeper::connect(&bench, "admin", bench.ceph.admin_key()).unwrap();
    admin.open("", "base", false).unwrap();
    admin.write(0).unwrap();
    admin.close();
    let key = bench.image_key("labelgate.base", name("", "base"), true);
    let mut keeper = Keeper::connect(&bench, "labelgate.base", &key).unwrap();
    keeper.open("", "base", true).unwrap();
    keeper.read(0).unwrap();
    keeper.close();
    assert_eq!(
        kind(
            keeper
                .open("", "base", false)
                .and_then(|()| keeper.write(0))
        ),
        Kind::Permission
    );
    reaches_no_object_for_writing(&bench, "labelgate.base", &key);
    forbids_everything_else(&bench, "labelgate.base", &key);
}

fn reaches_no_object_for_writing(bench: &Bench, entity: &str, key: &str) {
    let info = bench
        .ceph
        .rbd(&["info", "--format", "json", "rbd/base"])
        .unwrap();
    let id = info.stdout.split("\"id\":\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    let data = format!("rbd_data.{id}.0000000000000000");
    let header = format!("rbd_header.{id}");
    let rados = |words: &[&str]| {
        let program = [&["rados", "-p", "rbd"], words].concat();
        bench.refuses(entity, key, &program);
    };
    rados(&["put", &data, "/etc/hostname"]);
    rados(&["rm", &data]);
    rados(&["setomapval", &header, "size", "x"]);
    rados(&[
        "lock",
        "get",
        &header,
        "rbd_lock",
        "--lock-cookie",
        "auto 1",
    ]);
}

#[test]
fn there_is_no_key_for_what_names_anothers_objects() {
    let bench = Bench::start();
    for image in ["base", "other"] {
        bench.create("", image, 8 << 20);
    }
    let refused = |image: &str| {
        let scope = KeyScope::Image {
            name: name("", image),
            read_only: false,
            parents: List::default(),
        };
        let entity = Text::new("labelgate.a").unwrap();
        let task = KeysmithTask::MakeKey { entity, scope };
        bench.smith.work(&task).unwrap_err().reason
    };
    // As its keeper could, who writes its header: the length of the text, little-endian, and the text.
    let header = format!("rbd_header.{}", bench.id("", "base"));
    let forged = format!("rbd_data.{}", bench.id("", "other"));
    let mut value = u32::try_from(forged.len()).unwrap().to_le_bytes().to_vec();
    value.extend(forged.as_bytes());
    let file = bench.ceph.conf().with_file_name("forged");
    std::fs::write(&file, value).unwrap();
    let file = file.display().to_string();
    let words = [
        "-p",
        "rbd",
        "setomapval",
        &header,
        "object_prefix",
        "--input-file",
        &file,
    ];
    let mut rados = bench.ceph.command("rados");
    run(rados.args(words), LIMIT).unwrap().succeeded().unwrap();
    assert!(refused("base").contains("another image's"));
    let remove = KeysmithTask::RemoveImage {
        name: name("", "base"),
    };
    let kept = bench.smith.work(&remove).unwrap_err().reason;
    assert!(kept.contains("another image's"), "{kept}");
}
