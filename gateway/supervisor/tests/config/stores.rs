//! Stores that keepers serve.

use std::path::Path;

use labelgate_supervisor::config::Config;

use crate::problems;

/// A file with a key, which its owner alone may read.
fn key_file() -> tempfile::NamedTempFile {
    use std::io::Write;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let keyring = "[client.labelgate]\n\tkey = AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==\n";
    file.write_all(keyring.as_bytes()).unwrap();
    file
}

/// A pool, with these lines after its name.
fn pool(name: &str, lines: &str) -> String {
    format!("[[store]]\nname = {name:?}\nkind = \"rbd\"\n{lines}")
}

#[test]
fn a_pool_is_a_store_whose_images_are_named_by_their_namespace() {
    let key = key_file();
    let path = key.path().display();
    let lines = format!(
        "monitors = \"10.0.0.1,10.0.0.2\"\npool = \"vms\"\nentity = \"client.labelgate\"\n\
         key_file = \"{path}\"\n"
    );
    let image = "[[image]]\nname = \"web\"\nstore = \"ceph\"\nfile = \"ns/web\"\n\
                 label = \"s0:c1,c2\"\n";
    let text = pool("ceph", &lines) + image;
    let config = Config::parse(&text, Path::new("labelgate.toml")).unwrap();
    let pool_of = config.stores[0].pool().unwrap();
    assert_eq!(pool_of.rbd.entity.as_str(), "labelgate");
    assert!(
        !format!("{config:?}").contains("AQBSdF"),
        "the key is not shown"
    );
    let place = config.images[0].in_pool().unwrap();
    assert_eq!((place.namespace, place.image), ("ns", "web"));
    assert!(config.images[0].is_kept() && config.stores[0].directory().is_none());

    let said = problems(&(text.clone() + &pool("again", &lines)));
    assert_eq!(
        said,
        "labelgate.toml:14: pool \"pool vms at 10.0.0.1,10.0.0.2\" is there already, on line 2; \
         remove one"
    );
    let direct = text.clone() + "direct = true\n";
    assert!(problems(&direct).contains("13: the images of store \"ceph\" are in no page cache"));
    let deep = text.replace("ns/web", "a/b/web");
    assert!(problems(&deep).contains("11: the image's name in its pool has the character '/'"));
    let content = text.replace("label = \"s0:c1,c2\"", "content = true");
    assert!(problems(&content).contains("content is served from directories"));
}

/// A store that is a volume, with these lines.
fn volume(name: &str, lines: &str) -> String {
    format!("[[store]]\nname = \"{name}\"\nkind = \"gluster\"\n{lines}")
}

#[test]
fn a_volume_is_a_store_whose_images_are_named_by_their_directory() {
    let lines = "servers = \"10.0.0.1,gluster-2\"\nvolume = \"vms\"\ndirectory = \"images\"\n";
    let image = "[[image]]\nname = \"web\"\nstore = \"gl\"\nfile = \"dir/web\"\n\
                 label = \"s0:c1,c2\"\n";
    let text = volume("gl", lines) + image;
    let config = Config::parse(&text, Path::new("labelgate.toml")).unwrap();
    let gluster = config.stores[0].gluster().unwrap();
    assert_eq!(gluster.volume.as_str(), "vms");
    assert!(config.images[0].is_kept() && config.images[0].in_pool().is_none());
    assert_eq!(
        config.stores[0].place_of(&config.images[0].file),
        "images/dir/web on volume vms at 10.0.0.1,gluster-2"
    );

    let again = text.clone() + &volume("again", lines);
    assert!(problems(&again).contains("is there already, on line 2; remove one"));
    let other = lines.replace("images", "others");
    let both = text.clone() + &volume("again", &other);
    assert!(Config::parse(&both, Path::new("labelgate.toml")).is_ok());
    for wrong in ["../web", "dir/../web", ".glusterfs/web", "a/b/web"] {
        let said = problems(&text.replace("dir/web", wrong));
        assert!(
            said.contains("10: the image's name on its volume"),
            "{said}"
        );
    }
    assert_eq!(
        problems(&volume(
            "gl",
            "volume = \"a b\"\npool = \"x\"\ndirectory = \"..\"\n"
        )),
        "labelgate.toml:2: a store of kind \"gluster\" needs servers\n\
         labelgate.toml:4: volume: the volume's name has the character ' '; use letters, digits, \
         dashes and underscores\n\
         labelgate.toml:5: pool belongs to a pool; write kind = \"rbd\", or remove it\n\
         labelgate.toml:6: directory: the image's name on its volume has the character '.'; use \
         letters, digits, dashes, underscores and dots, with none of these first; write it as IMAGE \
         or DIRECTORY/IMAGE"
    );
}

#[test]
fn what_a_pool_lacks_or_cannot_have_is_told_with_its_line() {
    assert_eq!(
        problems(&pool("ceph", "path = \"/x\"\n")),
        "labelgate.toml:2: a store of kind \"rbd\" needs monitors\n\
         labelgate.toml:2: a store of kind \"rbd\" needs pool\n\
         labelgate.toml:2: a store of kind \"rbd\" needs entity\n\
         labelgate.toml:2: a store of kind \"rbd\" needs key_file: a file with the key of its \
         entity, which its owner alone may read\n\
         labelgate.toml:4: path belongs to a directory; remove it, or kind = \"rbd\""
    );
    let missing = pool(
        "ceph",
        "monitors = \"10.0.0.1\"\npool = \"a b\"\nentity = \"x\"\nkey_file = \"/nowhere/key\"\n",
    );
    assert_eq!(
        problems(&missing),
        "labelgate.toml:5: pool: the pool's name has the character ' '; use letters, digits, \
         dashes, underscores and dots\n\
         labelgate.toml:7: key_file /nowhere/key: No such file or directory (os error 2)"
    );
    assert_eq!(
        problems("[[store]]\nname = \"vms\"\npath = \"/x\"\npool = \"vms\"\n"),
        "labelgate.toml:4: pool belongs to a pool; write kind = \"rbd\", or remove it"
    );
}

/// A file with this in it, which its owner alone may read.
fn secret_file(text: &str) -> tempfile::NamedTempFile {
    use std::io::Write;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// A store that is a target, with these lines.
fn target(name: &str, lines: &str) -> String {
    format!("[[store]]\nname = \"{name}\"\nkind = \"iscsi\"\n{lines}")
}

#[test]
fn a_target_is_a_store_whose_images_are_its_logical_units() {
    let (own, theirs) = (
        secret_file("secret-of-gateway\n"),
        secret_file("secret-of-target"),
    );
    let lines = format!(
        "portal = \"10.0.0.9\"\ntarget = \"iqn.2026-11.org.example:web-1\"\n\
         initiator = \"iqn.2026-11.io.labelgate:gateway\"\nuser = \"gateway\"\n\
         secret_file = \"{}\"\ntarget_user = \"web-1\"\ntarget_secret_file = \"{}\"\n",
        own.path().display(),
        theirs.path().display()
    );
    let image = "[[image]]\nname = \"disk\"\nstore = \"san\"\nfile = \"1\"\nlabel = \"s0:c1,c2\"\n";
    let text = target("san", &lines) + image;
    let config = Config::parse(&text, Path::new("labelgate.toml")).unwrap();
    let store = &config.stores[0];
    let upstream = store.upstream().unwrap();
    assert_eq!(upstream.iscsi.portal.to_string(), "10.0.0.9:3260");
    let secrets = upstream.secrets.as_ref().unwrap();
    assert_eq!(secrets.forward().expose(), b"secret-of-gateway");
    assert!(secrets.reverse().is_some() && !upstream.iscsi.shared);
    assert!(
        !format!("{config:?}").contains("secret-of"),
        "no secret is shown"
    );
    assert!(config.images[0].is_kept() && config.images[0].in_pool().is_none());
    assert_eq!(
        store.place_of(&config.images[0].file),
        "logical unit 1 of target iqn.2026-11.org.example:web-1 at 10.0.0.9:3260"
    );

    let again = text.clone() + &target("again", &lines.replace("10.0.0.9", "10.0.0.10"));
    assert!(problems(&again).contains("is there already, on line 2; remove one"));
    for wrong in ["01", "disk", "16384", "1/2"] {
        let said = problems(&text.replace("file = \"1\"", &format!("file = \"{wrong}\"")));
        assert!(said.contains("is no number of a logical unit"), "{said}");
    }
    std::fs::write(theirs.path(), "secret-of-gateway").unwrap();
    assert!(problems(&text).contains("have the same secret, which proves nothing"));
    std::fs::write(theirs.path(), "short").unwrap();
    let said = problems(&text);
    assert!(
        said.contains("10: target_secret_file") && said.contains("less than 12"),
        "{said}"
    );
}

#[test]
fn what_a_target_lacks_or_cannot_have_is_told_with_its_line() {
    assert_eq!(
        problems(&target(
            "san",
            "portal = \"san.example.org\"\npool = \"x\"\nuser = \"u\"\n"
        )),
        "labelgate.toml:2: a store of kind \"iscsi\" needs target\n\
         labelgate.toml:2: a store of kind \"iscsi\" needs initiator\n\
         labelgate.toml:4: portal: \"san.example.org\" is no IP address with or without a port; write it \
         as 10.0.0.9 or [fd00::9]:3260\n\
         labelgate.toml:5: pool belongs to a pool; write kind = \"rbd\", or remove it\n\
         labelgate.toml:6: user needs secret_file: a file with its secret, which its owner alone may read"
    );
    let secret = secret_file("secret-of-target");
    let lines = format!(
        "portal = \"10.0.0.9\"\ntarget = \"iqn.2026-11.org.example:x\"\ninitiator = \"iqn.2026-11.io.x:y\"\n\
         target_user = \"x\"\ntarget_secret_file = \"{}\"\n",
        secret.path().display()
    );
    assert!(problems(&target("san", &lines)).contains("only to whom it has asked for a proof"));
    assert_eq!(
        problems("[[store]]\nname = \"vms\"\npath = \"/x\"\nportal = \"10.0.0.9\"\n"),
        "labelgate.toml:4: portal belongs to a target; write kind = \"iscsi\", or remove it"
    );
}

/// A store that is an export, with these lines.
fn export(name: &str, lines: &str) -> String {
    format!("[[store]]\nname = \"{name}\"\nkind = \"nfs\"\n{lines}")
}

#[test]
fn an_export_is_a_store_whose_images_are_its_files() {
    let lines =
        "server = \"10.0.0.9\"\nexport = \"/disks\"\nnfs_port = 2049\nuid = 107\ngid = 64\n";
    let image = "[[image]]\nname = \"disk\"\nstore = \"nas\"\nfile = \"vms/web-1.raw\"\nlabel = \"s0:c1,c2\"\n";
    let text = export("nas", lines) + image;
    let config = Config::parse(&text, Path::new("labelgate.toml")).unwrap();
    let store = &config.stores[0];
    let nfs = store.nfs().unwrap();
    assert_eq!((nfs.uid, nfs.gid, nfs.mount_port), (107, 64, None));
    assert!(config.images[0].is_kept() && config.images[0].in_pool().is_none());
    assert_eq!(
        store.place_of(&config.images[0].file),
        "/disks/vms/web-1.raw of 10.0.0.9"
    );
    let again = text.clone() + &export("again", lines);
    assert!(problems(&again).contains("is there already, on line 2; remove one"));
    let within = text.clone() + &export("within", &lines.replace("/disks", "/disks/vms"));
    assert!(problems(&within).contains("overlaps with that of another store"));
    let beside = text.clone() + &export("beside", &lines.replace("/disks", "/others"));
    assert!(Config::parse(&beside, Path::new("labelgate.toml")).is_ok());
    for wrong in ["../web", "vms/../web", ".snapshot/web", "/web"] {
        let said = problems(&text.replace("vms/web-1.raw", wrong));
        assert!(
            said.contains("the image's name on its server") || said.contains("plain path"),
            "{said}"
        );
    }
    assert_eq!(
        problems(&export(
            "nas",
            "server = \"nas.example.org\"\nexport = \"disks\"\nuid = 0\n"
        )),
        "labelgate.toml:2: a store of kind \"nfs\" needs gid\n\
         labelgate.toml:4: server: \"nas.example.org\" is no IP address of a server; write it as 10.0.0.9 or fd00::9\n\
         labelgate.toml:5: export: the exported directory begins with none of /"
    );
}
