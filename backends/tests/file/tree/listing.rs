//! READDIR: nothing that stays is missed or met twice.

use std::collections::BTreeMap;
use std::fs;

use labelgate_backends::tree::{Detail, Node, TreeError, TreeOptions};

use super::{NOTHING, Rig};
use crate::place::Place;

const COUNT: usize = 10_000;

/// Lists a directory a few entries at a time, and between the calls does something else.
fn listed(
    rig: &mut Rig,
    directory: Node,
    few: usize,
    mut between: impl FnMut(&mut Rig, usize),
) -> BTreeMap<Vec<u8>, usize> {
    let mut met = BTreeMap::new();
    let (mut cookie, mut verifier) = (0, [0; 8]);
    let mut calls = 0;
    loop {
        let mut taken = 0;
        let listing = rig
            .tree
            .list(directory, (cookie, verifier), Detail::Names, |entry| {
                if taken == few {
                    return false;
                }
                taken += 1;
                cookie = entry.cookie;
                *met.entry(entry.name.to_vec()).or_default() += 1;
                true
            })
            .unwrap();
        verifier = listing.verifier;
        if listing.end {
            return met;
        }
        calls += 1;
        between(rig, calls);
    }
}

#[test]
fn ten_thousand_entries_are_each_met_once_while_others_come_and_go() {
    let options = TreeOptions::default();
    let ext4 = Rig::on(Place::ext4(1 << 30), options);
    for mut rig in [Rig::tmpfs(), ext4] {
        let directory = rig.mkdir(rig.root, "many");
        for number in 0..COUNT {
            fs::write(rig.path(&format!("many/stays{number}")), "").unwrap();
            fs::write(rig.path(&format!("many/goes{number}")), "").unwrap();
        }
        let met = listed(&mut rig, directory, 37, |rig, calls| {
            let each = 20;
            for number in (calls - 1) * each..calls * each {
                let goes = rig.path(&format!("many/goes{number}"));
                let _ = fs::remove_file(goes);
                fs::write(rig.path(&format!("many/comes{number}")), "").unwrap();
            }
        });

        let stayed = |name: &[u8]| name.starts_with(b"stays") || name == b"." || name == b"..";
        let stayed: Vec<_> = met.iter().filter(|(name, _)| stayed(name)).collect();
        assert_eq!(stayed.len(), COUNT + 2, "none is missed");
        assert!(met.values().all(|&times| times == 1), "none is met twice");
    }
}

#[test]
fn a_cookie_outlives_the_process_and_belongs_to_its_directory() {
    for mut rig in Rig::both() {
        let (one, other) = (rig.mkdir(rig.root, "one"), rig.mkdir(rig.root, "other"));
        for number in 0..200 {
            fs::write(rig.path(&format!("one/{number}")), "").unwrap();
        }
        let met = listed(&mut rig, one, 7, |rig, _| rig.restart());
        assert_eq!(met.len(), 202);
        assert!(met.values().all(|&times| times == 1));

        let mut first = None;
        let mut last = |entry: &labelgate_backends::tree::Entry<'_>| {
            first = Some(entry.cookie);
            false
        };
        let verifier = rig
            .tree
            .list(one, (0, [0; 8]), Detail::Names, &mut last)
            .unwrap()
            .verifier;
        let cookie = first.unwrap();
        let refused = rig
            .tree
            .list(other, (cookie, verifier), Detail::Names, |_| true);
        assert_eq!(refused.unwrap_err(), TreeError::BadCookie);
        let refused = rig
            .tree
            .list(one, (u64::MAX, verifier), Detail::Names, |_| true);
        assert_eq!(refused.unwrap_err(), TreeError::BadCookie);
    }
}

#[test]
fn entries_come_with_their_attributes_and_nothing_above_the_root_is_shown() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let file = rig.create(root, "file");
        let directory = rig.mkdir(root, "dir");
        let link = rig
            .tree
            .symlink(root, b"link", b"/", &NOTHING)
            .unwrap()
            .node;
        rig.restart();

        for detail in [Detail::Names, Detail::Attributes] {
            let mut met = BTreeMap::new();
            let listing = rig.tree.list(root, (0, [0; 8]), detail, |entry| {
                let node = entry.attributes.map(|attributes| attributes.node);
                met.insert(entry.name.to_vec(), (entry.file, node));
                true
            });
            assert!(listing.unwrap().end);
            let all = detail == Detail::Attributes;
            let expected = [
                ("file", file),
                ("dir", directory),
                ("link", link),
                (".", root),
                ("..", root),
            ];
            for (name, node) in expected {
                let seen = met.remove(name.as_bytes()).unwrap();
                assert_eq!(seen, (node.inode, all.then_some(node)), "{name}");
            }
            assert!(met.is_empty());
        }
    }
}
