//! Images are made, found, changed and removed.

use labelgate_control::{KeyScope, KeysmithAnswer, KeysmithRefusal, KeysmithTask, List};

use crate::bench::text;
use crate::keeper::Keeper;
use crate::{Bench, name};

fn remove(namespace: &str, image: &str) -> KeysmithTask {
    let name = name(namespace, image);
    KeysmithTask::RemoveImage { name }
}

fn resize(image: &str, size: u64, shrink: bool) -> KeysmithTask {
    let name = name("ns", image);
    KeysmithTask::ResizeImage { name, size, shrink }
}

#[test]
fn everything_can_be_asked_for_again() {
    let bench = Bench::start();
    let size = |image: &str| {
        let name = name("ns", image);
        match bench.ask(&KeysmithTask::DescribeImage { name }) {
            Ok(KeysmithAnswer::Image(image)) => Ok(image.size),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why),
        }
    };
    assert_eq!(size("disk"), Err(KeysmithRefusal::NotFound));
    for _ in 0..2 {
        bench.create("ns", "disk", 8 << 20);
        assert_eq!(size("disk"), Ok(8 << 20));
    }
    let another = KeysmithTask::CreateImage {
        name: name("ns", "disk"),
        size: 9 << 20,
        object_size: None,
    };
    assert_eq!(bench.ask(&another), Err(KeysmithRefusal::Exists));
    for _ in 0..2 {
        let grown = bench.ask(&resize("disk", 16 << 20, false));
        assert_eq!(grown, Ok(KeysmithAnswer::Done));
        assert_eq!(size("disk"), Ok(16 << 20));
    }
    // What is larger already is large enough, unless it is meant.
    let same = bench.ask(&resize("disk", 4 << 20, false));
    assert_eq!(
        (same, size("disk")),
        (Ok(KeysmithAnswer::Done), Ok(16 << 20))
    );
    let smaller = bench.ask(&resize("disk", 4 << 20, true));
    assert_eq!(
        (smaller, size("disk")),
        (Ok(KeysmithAnswer::Done), Ok(4 << 20))
    );
    let namespace = || KeysmithTask::RemoveNamespace {
        namespace: text("ns"),
    };
    assert_eq!(bench.ask(&namespace()), Err(KeysmithRefusal::Busy));
    for _ in 0..2 {
        assert_eq!(bench.ask(&remove("ns", "disk")), Ok(KeysmithAnswer::Done));
    }
    for _ in 0..2 {
        assert_eq!(bench.ask(&namespace()), Ok(KeysmithAnswer::Done));
    }
}

#[test]
fn an_image_that_is_open_is_resized_and_not_removed() {
    let bench = Bench::start();
    bench.create("ns", "disk", 8 << 20);
    let key = bench.namespace_key("labelgate.a", "ns");
    let mut keeper = Keeper::connect(&bench, "labelgate.a", &key).unwrap();
    keeper.open("ns", "disk", false).unwrap();
    keeper.write(0).unwrap();
    let resized = bench.ask(&resize("disk", 16 << 20, false));
    assert_eq!(resized, Ok(KeysmithAnswer::Done));
    let removed = bench.ask(&remove("ns", "disk"));
    assert_eq!(removed, Err(KeysmithRefusal::Busy));
    keeper.close();
    assert_eq!(bench.ask(&remove("ns", "disk")), Ok(KeysmithAnswer::Done));
}

#[test]
fn lists_come_in_pages() {
    let bench = Bench::start();
    let mut wanted: Vec<String> = (0..20).map(|n| format!("disk-{n:02}")).collect();
    for image in &wanted {
        bench.create("ns", image, 1 << 20);
    }
    wanted.sort();
    let mut found: Vec<String> = Vec::new();
    loop {
        let task = KeysmithTask::ListImages {
            namespace: text("ns"),
            after: text(found.last().map_or("", String::as_str)),
        };
        let Ok(KeysmithAnswer::Images { names, more }) = bench.ask(&task) else {
            panic!("no list");
        };
        found.extend(names.iter().map(|name| name.to_string()));
        if !more {
            break;
        }
    }
    assert_eq!(found, wanted);
}

#[test]
fn an_image_that_is_more_than_its_objects_is_refused() {
    let bench = Bench::start();
    let journaling = ["create", "--size", "8M", "--image-feature"];
    let features = "exclusive-lock,journaling";
    let words = [&journaling[..], &[features, "rbd/journal"]].concat();
    bench.ceph.rbd(&words).unwrap();
    let scope = KeyScope::Image {
        name: name("", "journal"),
        read_only: false,
        parents: List::default(),
    };
    let entity = text("labelgate.j");
    let made = bench.ask(&KeysmithTask::MakeKey { entity, scope });
    assert_eq!(made, Err(KeysmithRefusal::Unfit));
}

#[test]
fn an_image_whose_data_is_elsewhere_has_a_key_for_both() {
    let bench = Bench::start();
    bench.ceph.create_pool("cold").unwrap();
    let words = ["create", "--size", "8M", "--data-pool", "cold", "rbd/split"];
    bench.ceph.rbd(&words).unwrap();
    let key = bench.image_key("labelgate.split", name("", "split"), false);
    let mut keeper = Keeper::connect(&bench, "labelgate.split", &key).unwrap();
    keeper.open("", "split", false).unwrap();
    keeper.do_everything().unwrap();
    bench.refuses("labelgate.split", &key, &["rados", "-p", "cold", "ls"]);
}
