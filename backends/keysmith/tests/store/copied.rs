//! A hole in Ceph itself (16.2.15), which THREATS.md tells of: an OSD that is asked to copy an object
//! fetches it with its own rights, and asks the client's capabilities for the destination alone.
//!
//! When this test fails, Ceph has closed it: then the pages are to say so.

use crate::{Bench, name};

/// What another label's image has.
const SECRET: u8 = 0x5a;

/// Writes the first object of an image, and gives its name.
fn write(bench: &Bench, namespace: &str, image: &str) -> String {
    let file = bench.ceph.directory().join("secret");
    std::fs::write(&file, [SECRET; 4096]).unwrap();
    let object = format!("rbd_data.{}.0000000000000000", bench.id(namespace, image));
    let mut put = bench.ceph.command("rados");
    put.args(["-p", "rbd", "-N", namespace, "put", &object]);
    let put = put.arg(&file).status().unwrap();
    assert!(put.success());
    object
}

/// That this key cannot read an object, and can have it copied to where it may write.
fn is_copied(bench: &Bench, (entity, key): (&str, &str), from: [&str; 2], to: [&str; 2]) {
    let read = [
        "rados",
        "-p",
        "rbd",
        "-N",
        from[0],
        "get",
        from[1],
        "/dev/null",
    ];
    bench.refuses(entity, key, &read);
    let copy = [
        "rados",
        "-p",
        "rbd",
        "-N",
        from[0],
        "cp",
        from[1],
        to[1],
        "--target-nspace",
        to[0],
    ];
    bench.allows(entity, key, &copy);
    let file = bench.ceph.directory().join("stolen");
    let path = file.display().to_string();
    let get = ["rados", "-p", "rbd", "-N", to[0], "get", to[1], &path];
    bench.allows(entity, key, &get);
    assert_eq!(std::fs::read(&file).unwrap(), [SECRET; 4096]);
}

#[test]
fn osds_copy_what_a_key_may_not_read_to_where_it_may_write() {
    let bench = Bench::start();
    for namespace in ["ns-a", "ns-b", ""] {
        bench.create(namespace, "disk", 8 << 20);
    }
    let (mine, secret) = (
        format!("rbd_data.{}.0000000000000001", bench.id("ns-a", "disk")),
        write(&bench, "ns-b", "disk"),
    );
    let key = bench.namespace_key("labelgate.a", "ns-a");
    is_copied(
        &bench,
        ("labelgate.a", &key),
        ["ns-b", &secret],
        ["ns-a", &mine],
    );

    let mine = format!("rbd_data.{}.0000000000000001", bench.id("", "disk"));
    let key = bench.image_key("labelgate.b", name("", "disk"), false);
    is_copied(
        &bench,
        ("labelgate.b", &key),
        ["ns-b", &secret],
        ["", &mine],
    );
}
