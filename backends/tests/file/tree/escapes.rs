//! No way leads out.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use labelgate_backends::tree::{Create, Kind, TreeError};

use super::{NOTHING, Rig};

#[test]
fn there_is_nothing_above_the_root() {
    for mut rig in Rig::both() {
        let root = rig.root;
        assert_eq!(rig.lookup(root, ".."), Ok(root));
        assert_eq!(rig.lookup(root, "."), Ok(root));
        for name in ["../outside", "/etc/passwd", "a/../../outside"] {
            assert_eq!(rig.lookup(root, name), Err(TreeError::Invalid));
            let made = rig
                .tree
                .create(root, name.as_bytes(), &Create::Unchecked(NOTHING));
            assert_eq!(made.unwrap_err(), TreeError::Invalid);
        }
        assert_eq!(fs::read(rig.outside()).unwrap(), b"secret");
    }
}

#[test]
fn a_symbolic_link_is_data() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let link = rig
            .tree
            .symlink(root, b"l", b"../outside", &NOTHING)
            .unwrap()
            .node;
        let up = rig.tree.symlink(root, b"up", b"..", &NOTHING).unwrap().node;

        assert_eq!(
            rig.tree.lookup(root, b"l").unwrap().kind,
            Kind::SymbolicLink
        );
        assert_eq!(rig.lookup(up, "outside"), Err(TreeError::NotDirectory));
        let opened = rig.operate(link, labelgate_engine::Operation::Flush);
        assert_eq!(opened.unwrap_err(), TreeError::Invalid);
        let made = rig.tree.create(root, b"l", &Create::Unchecked(NOTHING));
        assert_eq!(made.unwrap_err(), TreeError::Exists);
        assert_eq!(
            rig.tree.mkdir(up, b"x", &NOTHING).unwrap_err(),
            TreeError::NotDirectory
        );
        rig.tree.remove(root, b"l").unwrap();
        assert!(rig.outside().exists());
    }
}

#[test]
fn a_directory_that_became_a_link_leads_nowhere() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let directory = rig.mkdir(root, "d");
        let file = rig.create(directory, "passwd");
        rig.restart();
        assert_eq!(rig.patiently(file).unwrap().node, file);

        fs::remove_dir_all(rig.path("d")).unwrap();
        symlink("/etc", rig.path("d")).unwrap();

        assert_eq!(rig.patiently(file), Err(TreeError::Stale));
        assert_eq!(rig.lookup(directory, "passwd"), Err(TreeError::Stale));
        let made = rig
            .tree
            .create(directory, b"x", &Create::Unchecked(NOTHING));
        assert_eq!(made.unwrap_err(), TreeError::Stale);
        let mut target = rig.tree.lookup(root, b"d").unwrap();
        assert_eq!(target.kind, Kind::SymbolicLink);
        target = rig.tree.attributes(target.node).unwrap();
        assert_eq!(rig.tree.readlink(target.node).unwrap(), b"/etc");
    }
}

#[test]
fn what_was_moved_out_of_the_tree_is_stale() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let directory = rig.mkdir(root, "d");
        let file = rig.create(directory, "file");
        rig.restart();
        assert_eq!(
            rig.lookup(directory, "file"),
            Err(TreeError::Later).or(Ok(file))
        );

        fs::rename(rig.path("d"), rig.path("../away")).unwrap();

        assert_eq!(rig.patiently(directory), Err(TreeError::Stale));
        assert_eq!(rig.patiently(file), Err(TreeError::Stale));
    }
}

#[test]
fn what_is_mounted_in_the_tree_is_out_of_reach() {
    let mut rig = Rig::tmpfs();
    let root = rig.root;
    rig.mkdir(root, "m");
    let path = rig.path("m");
    rustix_mount(&path);
    let refused = rig.lookup(root, "m");
    let gone = std::process::Command::new("umount")
        .arg("-l")
        .arg(&path)
        .status();
    assert!(gone.unwrap().success());
    assert_eq!(refused, Err(TreeError::Access));
}

fn rustix_mount(path: &std::path::Path) {
    let status = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "labelgate-test"])
        .arg(path)
        .status();
    assert!(status.unwrap().success(), "needs root");
}

#[test]
fn a_directory_that_is_swapped_for_a_link_all_the_time_leads_nowhere_either() {
    let mut rig = Rig::tmpfs();
    let root = rig.root;
    let directory = rig.mkdir(root, "d");
    rig.create(directory, "f");
    // What is behind the link has a file of the same name.
    fs::create_dir(rig.path("../trap")).unwrap();
    fs::write(rig.path("../trap/f"), "secret").unwrap();
    symlink("../trap", rig.path("link")).unwrap();
    let (real, link, spare) = (rig.path("d"), rig.path("link"), rig.path("spare"));
    let over = Arc::new(AtomicBool::new(false));
    let swapper = std::thread::spawn({
        let over = Arc::clone(&over);
        move || {
            while !over.load(Ordering::Relaxed) {
                fs::rename(&real, &spare).unwrap();
                fs::rename(&link, &real).unwrap();
                fs::rename(&real, &link).unwrap();
                fs::rename(&spare, &real).unwrap();
            }
        }
    });

    let mut served = 0;
    for turn in 0..20_000_u32 {
        let name = format!("n{turn}");
        let how = Create::Unchecked(NOTHING);
        if let Ok(made) = rig.tree.create(directory, name.as_bytes(), &how) {
            served += 1;
            let _ = rig.tree.set_attributes(made.node, &NOTHING, None);
            let _ = rig.tree.remove(directory, name.as_bytes());
        }
    }
    over.store(true, Ordering::Relaxed);
    swapper.join().unwrap();

    assert!(served > 0, "sometimes it is there");
    let trap: Vec<_> = fs::read_dir(rig.path("../trap")).unwrap().collect();
    assert_eq!(trap.len(), 1, "nothing was made behind the link");
    assert_eq!(fs::read(rig.path("../trap/f")).unwrap(), b"secret");
}
