//! Nothing stands in a capability that could be left out.

use labelgate_control::{KeyScope, KeysmithTask, List};
use labelgate_keysmith::Smith;

use crate::bench::{MINTER, text};
use crate::keeper::Keeper;
use crate::{Bench, clones, name};

/// What an entity has, in its parts.
fn parts(bench: &Bench, entity: &str, service: &str) -> Vec<String> {
    let shown = bench
        .ceph
        .ceph(&["auth", "get", &format!("client.{entity}")]);
    let shown = shown.unwrap().stdout;
    let line = format!("caps {service} = \"");
    let cap = shown
        .lines()
        .find_map(|text| text.trim().strip_prefix(&line));
    let cap = cap
        .unwrap()
        .strip_suffix('"')
        .unwrap()
        .replace("\\\"", "\"");
    // A regular expression has commas, too.
    cap.replace(", allow ", "\0allow ")
        .split('\0')
        .map(ToOwned::to_owned)
        .collect()
}

fn without(parts: &[String], left_out: usize) -> String {
    let kept = parts.iter().enumerate().filter(|(at, _)| *at != left_out);
    let kept: Vec<_> = kept.map(|(_, part)| part.as_str()).collect();
    kept.join(", ")
}

fn set_osd_cap(bench: &Bench, entity: &str, cap: &str) {
    let entity = format!("client.{entity}");
    let mon = "profile simple-rados-client";
    let words = ["auth", "caps", &entity, "mon", mon, "osd", cap];
    bench.ceph.ceph(&words).unwrap();
}

/// What goes wrong for a keeper with this image.
fn trouble(
    bench: &Bench,
    entity: &str,
    key: &str,
    (namespace, image): (&str, &str),
) -> Option<String> {
    let mut keeper = Keeper::connect(bench, entity, key).unwrap();
    let worked = keeper.open(namespace, image, false);
    let worked = worked
        .and_then(|()| keeper.read(4 << 20).map(drop))
        .and_then(|()| keeper.do_everything());
    if let Err(error) = worked {
        return Some(error.to_string());
    }
    keeper.close();
    let spec = ["rbd", namespace, image].join("/").replace("//", "/");
    let info = bench.ceph.rbd(&["info", &spec]).unwrap();
    info.stdout
        .contains("invalid")
        .then(|| "its map is wrong now".to_owned())
}

#[test]
fn every_part_of_an_images_key_is_needed() {
    let bench = Bench::start();
    let mut left_out = 0;
    loop {
        let image = format!("disk-{left_out}");
        bench.create("", &image, 8 << 20);
        let entity = "labelgate.disk";
        let key = bench.image_key(entity, name("", &image), false);
        let parts = parts(&bench, entity, "osd");
        let Some(part) = parts.get(left_out) else {
            break;
        };
        set_osd_cap(&bench, entity, &without(&parts, left_out));
        let trouble = trouble(&bench, entity, &key, ("", &image));
        println!("without {part}: {trouble:?}");
        assert!(trouble.is_some(), "{part} is not needed");
        left_out += 1;
    }
    assert_eq!(left_out, 5);
}

#[test]
fn every_part_of_a_clones_key_is_needed() {
    let bench = Bench::start();
    let base = clones::base(&bench, "base");
    let entity = "labelgate.disk";
    let mut left_out = 0;
    loop {
        // Another one each time, of which nothing is copied up yet.
        let image = format!("disk-{left_out}");
        clones::clone_of(&bench, &base, ("ns", &image));
        let key = bench.image_key(entity, name("ns", &image), false);
        let parts = parts(&bench, entity, "osd");
        let Some(part) = parts.get(left_out) else {
            assert_eq!(trouble(&bench, entity, &key, ("ns", &image)), None);
            break;
        };
        set_osd_cap(&bench, entity, &without(&parts, left_out));
        let trouble = trouble(&bench, entity, &key, ("ns", &image));
        println!("without {part}: {trouble:?}");
        assert!(trouble.is_some(), "{part} is not needed");
        left_out += 1;
    }
    assert_eq!(left_out, 8);
}

/// All that a keysmith does.
fn do_everything(smith: &Smith, round: usize) -> Result<(), String> {
    let bench_name = || name("ns", "disk");
    let entity = format!("labelgate.{round}");
    let make = |scope| KeysmithTask::MakeKey {
        entity: text(&entity),
        scope,
    };
    let tasks = [
        KeysmithTask::CreateImage {
            name: bench_name(),
            size: 1 << 20,
            object_size: None,
        },
        make(KeyScope::Namespace(text("ns"))),
        // Other capabilities for the same entity.
        make(KeyScope::Image {
            name: bench_name(),
            read_only: false,
            parents: List::default(),
        }),
        KeysmithTask::Fence {
            entity: text(&entity),
            instances: vec![text("192.0.2.1:0/4711")].try_into().unwrap(),
        },
        KeysmithTask::Revoke {
            entity: text(&entity),
            instances: List::default(),
        },
        KeysmithTask::ResizeImage {
            name: bench_name(),
            size: 2 << 20,
            shrink: false,
        },
        KeysmithTask::RemoveImage { name: bench_name() },
    ];
    for task in tasks {
        smith
            .work(&task)
            .map_err(|refused| format!("{task:?}: {refused}"))?;
    }
    Ok(())
}

#[test]
fn every_part_of_the_minting_key_is_needed() {
    let bench = Bench::start();
    let [mon, osd] = ["mon", "osd"].map(|service| parts(&bench, MINTER, service));
    assert_eq!(do_everything(&bench.smith, 0), Ok(()));
    let entity = format!("client.{MINTER}");
    for left_out in 0..mon.len() {
        let kept = without(&mon, left_out);
        let words = [
            "auth",
            "caps",
            &entity,
            "mon",
            &kept,
            "osd",
            &osd.join(", "),
        ];
        bench.ceph.ceph(&words).unwrap();
        let part = &mon[left_out];
        let trouble = match Smith::connect(&bench.configure) {
            Ok(smith) => do_everything(&smith, left_out + 1).err(),
            Err(refused) => Some(refused.to_string()),
        };
        println!("without {part}: {trouble:?}");
        assert!(trouble.is_some(), "{part} is not needed");
    }
}
