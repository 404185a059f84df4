//! Nodes: what they outlive, and what they do not.

use std::collections::HashSet;
use std::fs;

use labelgate_backends::tree::{Create, Kind, Node, SetAttributes, TreeError, TreeOptions};

use super::{NOTHING, Rig};
use crate::place::Place;

#[test]
fn a_node_outlives_the_process() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let directory = rig.mkdir(root, "a");
        let deeper = rig.mkdir(directory, "b");
        let file = rig.create(deeper, "file");
        rig.write(file, 0, b"data").unwrap();
        rig.commit(file).unwrap();
        let fifo = rig.tree.mknod(deeper, b"p", Kind::Fifo, &NOTHING).unwrap();

        rig.restart();

        assert_eq!(rig.root, rig.tree.root());
        assert_eq!(rig.read(file, 0, 10).unwrap(), b"data");
        assert_eq!(rig.lookup(deeper, ".."), Ok(directory));
        assert_eq!(rig.patiently(fifo.node).unwrap(), fifo);
        assert_eq!(rig.lookup(deeper, "file"), Ok(file));
    }
}

#[test]
fn what_was_moved_by_others_is_found_again() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let (a, b) = (rig.mkdir(root, "a"), rig.mkdir(root, "b"));
        let inner = rig.mkdir(a, "inner");
        let file = rig.create(inner, "file");
        rig.tree.set_attributes(file, &NOTHING, None).unwrap();

        fs::rename(rig.path("a"), rig.path("b/c")).unwrap();
        assert_eq!(rig.lookup(inner, "file"), Ok(file));
        assert_eq!(rig.lookup(a, ".."), Ok(b));
        fs::rename(rig.path("b/c/inner/file"), rig.path("elsewhere")).unwrap();
        fs::create_dir(rig.path("b/c/inner/file")).unwrap();
        rig.restart();
        assert_eq!(rig.patiently(file).unwrap().kind, Kind::Regular);
    }
}

#[test]
fn what_is_beneath_a_renamed_directory_stays_where_it_is() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let (a, b) = (rig.mkdir(root, "a"), rig.mkdir(root, "b"));
        let inner = rig.mkdir(a, "inner");
        let file = rig.create(inner, "file");

        rig.tree.rename(root, b"a", b, b"c").unwrap();

        assert_eq!(rig.lookup(inner, "file"), Ok(file));
        let made = rig.create(inner, "new");
        assert!(rig.path("b/c/inner/new").exists());
        assert_eq!(rig.lookup(inner, ".."), Ok(a));
        assert_eq!(rig.lookup(a, ".."), Ok(b));
        assert_eq!(rig.lookup(inner, "new"), Ok(made));
    }
}

#[test]
fn an_inode_that_is_used_again_is_another_object() {
    let options = TreeOptions {
        sync_metadata: false,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::ext4(64 << 20), options);
    let root = rig.root;
    let mut seen = HashSet::new();
    let mut inodes = HashSet::new();
    for _ in 0..1000 {
        let node = rig.create(root, "file");
        rig.tree.remove(root, b"file").unwrap();
        assert!(seen.insert(node), "{node:?} twice");
        inodes.insert(node.inode);
    }
    assert!(inodes.len() < seen.len(), "numbers are given again");
    let node = rig.create(root, "file");
    assert!(!seen.contains(&node));
    for gone in seen {
        assert_eq!(rig.patiently(gone), Err(TreeError::Stale));
    }
}

/// What the kernel's clock cannot tell apart (newer ones can) must not have the same number.
#[test]
fn the_number_of_what_is_removed_young_is_not_given_again_at_once() {
    let options = TreeOptions {
        sync_metadata: false,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::ext4(64 << 20), options);
    let root = rig.root;
    for _ in 0..20 {
        let young = rig.create(root, "file");
        rig.tree.remove(root, b"file").unwrap();
        let next = rig.create(root, "file");
        rig.tree.remove(root, b"file").unwrap();
        assert_ne!(next.inode, young.inode);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn an_old_node_of_a_reused_inode_is_stale() {
    let mut rig = Rig::ext4();
    let root = rig.root;
    let old = rig.create(root, "file");
    std::thread::sleep(std::time::Duration::from_millis(50));
    rig.tree.remove(root, b"file").unwrap();
    let new = rig.create(root, "file");
    assert_eq!(new.inode, old.inode, "ext4 takes the first free one");
    assert_ne!(new.generation, old.generation);

    assert_eq!(rig.patiently(old), Err(TreeError::Stale));
    rig.restart();
    assert_eq!(rig.patiently(old), Err(TreeError::Stale));
    assert_eq!(rig.patiently(new).unwrap().node, new);
}

#[test]
fn a_search_goes_on_where_it_stopped_and_ends() {
    let options = TreeOptions {
        search: 50,
        places: 16,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::tmpfs("64m"), options);
    for directory in 0..20 {
        let path = rig.path(&format!("d{directory}"));
        fs::create_dir(&path).unwrap();
        for file in 0..100 {
            fs::write(path.join(format!("f{file}")), "").unwrap();
        }
    }
    let directory = rig.lookup(rig.root, "d7").unwrap();
    let file = rig.lookup(directory, "f55").unwrap();
    rig.restart();

    let mut calls = 0;
    let found = loop {
        calls += 1;
        match rig.tree.attributes(file) {
            Err(TreeError::Later) => rig.tree.next_turn(),
            answer => break answer,
        }
    };
    assert_eq!(found.unwrap().node, file);
    assert!(calls > 2 && calls < 100, "{calls}");
    let nobody = Node {
        generation: file.generation.wrapping_add(1),
        ..file
    };
    assert_eq!(rig.patiently(nobody), Err(TreeError::Stale));
    assert_eq!(
        rig.tree.attributes(nobody),
        Err(TreeError::Stale),
        "known by now"
    );
    assert_eq!(rig.patiently(file).unwrap().node, file);
}

#[test]
fn what_a_search_may_have_missed_is_not_gone() {
    let options = TreeOptions {
        search: 20,
        places: 16,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::tmpfs("64m"), options);
    for directory in 0..20 {
        fs::create_dir_all(rig.path(&format!("d{directory}/e"))).unwrap();
        fs::write(rig.path(&format!("d{directory}/e/f")), "").unwrap();
    }
    let mut targets = Vec::new();
    for directory in 0..20 {
        let d = rig.lookup(rig.root, &format!("d{directory}")).unwrap();
        let e = rig.lookup(d, "e").unwrap();
        targets.push((d, e, rig.lookup(e, "f").unwrap()));
    }
    rig.restart();

    // Between the pieces of the search, what it looks for is moved from one directory to the next.
    let (file, root) = (targets[0].2, rig.root);
    let mut home = 0;
    let mut answers = Vec::new();
    for turn in 0..200 {
        answers.push(rig.tree.attributes(file));
        rig.tree.next_turn();
        let next = (home + 1 + turn % 7) % 20;
        let from = rig.lookup(root, &format!("d{home}"));
        let to = rig.lookup(root, &format!("d{next}"));
        let name = format!("moved{next}");
        let old = if turn == 0 {
            "e".to_owned()
        } else {
            format!("moved{home}")
        };
        rig.tree
            .rename(from.unwrap(), old.as_bytes(), to.unwrap(), name.as_bytes())
            .unwrap();
        home = next;
    }
    assert!(
        answers
            .iter()
            .all(|answer| *answer != Err(TreeError::Stale))
    );
    assert_eq!(rig.patiently(file).unwrap().node, file);
}

#[test]
fn what_cannot_be_remembered_is_found_again() {
    let options = TreeOptions {
        places: 4,
        open_files: 2,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::ext4(64 << 20), options);
    let root = rig.root;
    let directory = rig.mkdir(root, "d");
    let files: Vec<Node> = (0..40)
        .map(|number| {
            let name = format!("f{number}");
            let set = SetAttributes {
                size: Some(number),
                ..NOTHING
            };
            let how = Create::Guarded(set);
            rig.tree
                .create(directory, name.as_bytes(), &how)
                .unwrap()
                .node
        })
        .collect();
    for (number, file) in files.iter().enumerate().rev() {
        assert_eq!(rig.patiently(*file).unwrap().size, number as u64);
        rig.write(*file, 0, &[number as u8; 100]).unwrap();
    }
    for (number, file) in files.iter().enumerate() {
        assert_eq!(rig.read(*file, 0, 200).unwrap(), [number as u8; 100]);
    }
}

/// All that ask share one turn: a label's disks are served by the thread that searches.
#[test]
fn one_turn_searches_no_longer_however_many_ask() {
    let options = TreeOptions {
        search: 20,
        places: 16,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::tmpfs("64m"), options);
    for file in 0..2000 {
        fs::write(rig.path(&format!("f{file}")), "").unwrap();
    }
    let nodes: Vec<_> = (0..50)
        .map(|n| rig.lookup(rig.root, &format!("f{n}")).unwrap())
        .collect();
    rig.restart();

    for node in &nodes {
        assert_eq!(rig.tree.attributes(*node), Err(TreeError::Later));
    }

    for node in nodes {
        assert_eq!(rig.patiently(node).unwrap().node, node);
    }
}

/// Who scans more files than are remembered comes to each directory once, not to each file.
#[test]
fn what_lies_beside_a_file_that_was_searched_for_is_found_with_it() {
    let options = TreeOptions {
        search: 4096,
        places: 200,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::tmpfs("64m"), options);
    let mut nodes = Vec::new();
    for directory in 0..10 {
        let path = rig.path(&format!("d{directory}"));
        fs::create_dir(&path).unwrap();
        let parent = rig.lookup(rig.root, &format!("d{directory}")).unwrap();
        for file in 0..100 {
            fs::write(path.join(format!("f{file}")), "").unwrap();
            nodes.push(rig.lookup(parent, &format!("f{file}")).unwrap());
        }
    }

    let mut later = 0;
    for node in nodes {
        while rig.tree.attributes(node) == Err(TreeError::Later) {
            later += 1;
            rig.tree.next_turn();
        }
    }
    assert!(later < 100, "1000 files, and {later} times to come again");
}

/// A directory that gets another name in the one where it is may be passed by the walk.
#[test]
fn a_directory_that_is_renamed_where_it_is_during_a_search_is_not_gone() {
    let options = TreeOptions {
        search: 20,
        places: 16,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::ext4(64 << 20), options);
    for directory in 0..400 {
        fs::create_dir_all(rig.path(&format!("d{directory}/e"))).unwrap();
    }
    let parent = rig.lookup(rig.root, "d0").unwrap();
    let wanted = rig.lookup(parent, "e").unwrap();
    rig.restart();

    let root = rig.root;
    for turn in 0..200 {
        let answer = rig.tree.attributes(wanted);
        assert_ne!(answer, Err(TreeError::Stale), "turn {turn}");
        rig.tree.next_turn();
        let name = |turn: i32| match turn {
            0 => "d0".to_owned(),
            turn => format!("moved{turn}"),
        };
        rig.tree
            .rename(root, name(turn).as_bytes(), root, name(turn + 1).as_bytes())
            .unwrap();
    }
    assert_eq!(rig.patiently(wanted).unwrap().node, wanted);
}
