//! Renames, links and removals.

use labelgate_backends::tree::{Node, TreeError};

use super::{NOTHING, Rig};

fn rename(rig: &mut Rig, from: (Node, &str), to: (Node, &str)) -> Result<(), TreeError> {
    rig.tree
        .rename(from.0, from.1.as_bytes(), to.0, to.1.as_bytes())
}

#[test]
fn a_rename_replaces_its_like_and_nothing_else() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let (a, b) = (rig.mkdir(root, "a"), rig.mkdir(root, "b"));
        let (one, other) = (rig.create(a, "one"), rig.create(b, "other"));
        let exists = Err(TreeError::Exists);

        assert_eq!(rename(&mut rig, (a, "one"), (b, "other")), Ok(()));
        assert_eq!(rig.lookup(b, "other"), Ok(one));
        assert_eq!(rig.lookup(a, "one"), Err(TreeError::NoEntry));
        assert_eq!(rig.patiently(other), Err(TreeError::Stale));
        assert_eq!(rename(&mut rig, (b, "other"), (root, "a")), exists);
        assert_eq!(rename(&mut rig, (root, "a"), (b, "other")), exists);
        assert_eq!(
            rename(&mut rig, (root, "a"), (root, "b")),
            exists,
            "over one that is not empty"
        );
        assert_eq!(
            rename(&mut rig, (root, "b"), (root, "a")),
            Ok(()),
            "over an empty one"
        );
        assert_eq!(rig.lookup(root, "a"), Ok(b));
        assert_eq!(rig.patiently(a), Err(TreeError::Stale));
        assert_eq!(
            rename(&mut rig, (root, "a"), (b, "x")),
            Err(TreeError::Invalid),
            "into itself"
        );
        assert_eq!(
            rename(&mut rig, (root, "none"), (b, "x")),
            Err(TreeError::NoEntry)
        );
        for name in [".", ".."] {
            assert_eq!(
                rename(&mut rig, (b, name), (root, "x")),
                Err(TreeError::Invalid)
            );
            assert_eq!(
                rename(&mut rig, (b, "other"), (root, name)),
                Err(TreeError::Invalid)
            );
        }
        assert_eq!(rename(&mut rig, (b, "other"), (b, "other")), Ok(()));
        assert_eq!(rig.lookup(b, "other"), Ok(one));
    }
}

#[test]
fn two_names_of_one_file_stay_when_one_is_renamed_to_the_other() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let file = rig.create(root, "a");
        assert_eq!(rig.tree.link(file, root, b"b").unwrap().links, 2);

        assert_eq!(rename(&mut rig, (root, "a"), (root, "b")), Ok(()));

        assert_eq!(rig.names(root), ["a", "b"]);
        assert_eq!(rig.tree.attributes(file).unwrap().links, 2);
    }
}

#[test]
fn a_file_lives_until_its_last_name_goes() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let directory = rig.mkdir(root, "d");
        let file = rig.create(root, "a");
        rig.write(file, 0, b"data").unwrap();
        rig.tree.link(file, directory, b"b").unwrap();

        rig.tree.remove(root, b"a").unwrap();
        assert_eq!(rig.read(file, 0, 10).unwrap(), b"data");
        rig.restart();
        assert_eq!(rig.patiently(file).unwrap().links, 1, "by its other name");

        rig.tree.remove(directory, b"b").unwrap();
        assert_eq!(rig.patiently(file), Err(TreeError::Stale));
        let refused = rig.operate(file, labelgate_engine::Operation::Flush);
        assert_eq!(refused.unwrap_err(), TreeError::Stale);
    }
}

#[test]
fn links_of_pipes_and_symbolic_links_are_links_of_these() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let link = rig
            .tree
            .symlink(root, b"s", b"/etc/passwd", &NOTHING)
            .unwrap();
        let linked = rig.tree.link(link.node, root, b"t").unwrap();
        assert_eq!((linked.node, linked.links), (link.node, 2));
        let directory = rig.mkdir(root, "d");
        let refused = rig.tree.link(directory, root, b"e").unwrap_err();
        assert_eq!(refused, TreeError::Invalid);
    }
}

#[test]
fn remove_is_for_files_and_rmdir_for_empty_directories() {
    for mut rig in Rig::both() {
        let root = rig.root;
        rig.create(root, "file");
        let directory = rig.mkdir(root, "dir");
        rig.create(directory, "x");

        assert_eq!(rig.tree.remove(root, b"dir"), Err(TreeError::IsDirectory));
        assert_eq!(rig.tree.rmdir(root, b"file"), Err(TreeError::NotDirectory));
        assert_eq!(rig.tree.rmdir(root, b"dir"), Err(TreeError::NotEmpty));
        assert_eq!(rig.tree.rmdir(root, b"none"), Err(TreeError::NoEntry));
        assert_eq!(rig.tree.remove(root, b"none"), Err(TreeError::NoEntry));
        assert_eq!(rig.tree.rmdir(directory, b"."), Err(TreeError::Invalid));
        assert_eq!(rig.tree.rmdir(directory, b".."), Err(TreeError::Exists));
        assert_eq!(rig.tree.remove(directory, b".."), Err(TreeError::Invalid));
        rig.tree.remove(directory, b"x").unwrap();
        assert_eq!(rig.tree.rmdir(root, b"dir"), Ok(()));
        assert_eq!(rig.patiently(directory), Err(TreeError::Stale));
        assert_eq!(rig.names(root), ["file"]);
    }
}
