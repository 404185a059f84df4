//! The tables, their keys and their defaults.

use std::path::Path;

use labelgate_supervisor::config::{Config, DEFAULT, Portmap};

use crate::problems;

#[test]
fn the_shipped_configuration_is_sound_and_shows_the_defaults() {
    let mut shipped = Config::parse(DEFAULT, Path::new("labelgate.toml")).unwrap();
    let empty = Config::parse("", Path::new("labelgate.toml")).unwrap();
    // The one key that is taken in: an installed gateway keeps a trail of its own.
    assert_eq!(
        shipped.audit.dir.as_deref(),
        Some(Path::new("/var/log/labelgate"))
    );
    assert!(!shipped.audit.stdout && empty.audit.stdout);
    shipped.audit.dir = None;
    shipped.audit.stdout = true;
    assert_eq!(shipped, empty);

    // What is commented out is what it claims to be: all of it, taken in, still parses, and the
    // keys that say "default" change nothing.
    let uncommented: String = DEFAULT
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            // What is indented is another way, which needs a file that is there.
            Some(rest) if rest.starts_with(' ') => line,
            Some(rest) if rest.starts_with("[[") || rest.contains(" = ") => rest,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut all = Config::parse(&uncommented, Path::new("labelgate.toml")).unwrap();
    assert_eq!(
        (
            all.stores.len(),
            all.images.len(),
            all.identities.iter().count()
        ),
        (1, 1, 1)
    );
    all.gateway.worker = None;
    all.gateway.greeter = None;
    all.gateway.importer = None;
    all.gateway.keeper = None;
    all.gateway.keysmith = None;
    assert_eq!(all.gateway, empty.gateway);
    assert_eq!(all.nfs, empty.nfs);
    assert_eq!(all.remote, empty.remote);
}

#[test]
fn an_audit_trail_that_goes_nowhere_is_refused() {
    assert_eq!(
        problems("[audit]\nstdout = false\n"),
        "labelgate.toml:2: the audit trail goes nowhere; name a dir, or leave stdout = false out"
    );
    assert_eq!(
        problems("[audit]\ndir = \"log\"\nfiles = 0\n"),
        "labelgate.toml:2: dir \"log\" is not absolute; begin it with \"/\"\n\
         labelgate.toml:3: files is 0; choose a number from 1 to 10000"
    );
}

#[test]
fn an_unknown_key_is_named_with_those_that_are_known() {
    let expected = [
        (
            "[gateway]\nlisten = []\nlissten = 1\n",
            "3: unknown field `lissten`, expected one of `listen`, `listen_labelled`, `target_prefix`, `provider`, `allow_permissive`, `worker`, `driver`, `uid_base`, `run_dir`, `state_dir`, `idle_seconds`, `drain_seconds`, `pool_mib`, `limits`, `greeter`, `importer`, `keeper`, `keysmith`, `login`, `chap`",
        ),
        (
            "[[store]]\nname = \"vms\"\npath = \"/x\"\ncolour = 1\n",
            "4: unknown field `colour`, expected one of `name`, `kind`, `path`, `trees`, `squash`, `monitors`, `pool`, `entity`, `key_file`, `servers`, `volume`, `directory`, `portal`, `target`, `initiator`, `user`, `secret_file`, `target_user`, `target_secret_file`, `shared`, `server`, `export`, `nfs_port`, `mount_port`, `uid`, `gid`",
        ),
        (
            "\n[[sotre]]\n",
            "2: unknown field `sotre`, expected one of `gateway`, `admin`, `audit`, `metrics`, `nfs`, `remote`, `store`, `image`, `identity`, `netlabel`",
        ),
        (
            "[gateway]\nprovider = \"apparmor\"\n",
            "2: unknown variant `apparmor`, expected `landlock` or `selinux`",
        ),
        (
            "\n\n[[store]]\nname = \"vms\"\n",
            "4: the store has no path; give it a directory, or write kind = \"rbd\", \"gluster\", \"iscsi\" or \"nfs\"",
        ),
        (
            "[gateway]\nuid_base = -1\n",
            "2: invalid value: integer `-1`, expected u32",
        ),
        ("\n[gateway\n", "2: unclosed table, expected `]`"),
    ];
    for (text, problem) in expected {
        assert_eq!(problems(text), format!("labelgate.toml:{problem}"));
    }
}

#[test]
fn hosts_are_answered_nowhere_unless_the_configuration_says_where_and_under_which_names() {
    let of = |text: &str| {
        let config = Config::parse(text, Path::new("labelgate.toml"));
        config.unwrap().remote
    };
    for off in ["", "[remote]\n", "[remote]\nlisten = []\n"] {
        assert!(of(off).listen.is_empty());
    }
    let on = of("[remote]\nlisten = [\"0.0.0.0:9261\"]\nnames = [\"gw.example\", \"10.0.0.1\"]\n");
    assert_eq!((on.listen.len(), on.names.len()), (1, 2));
    for (text, problem) in [
        (
            "[remote]\nlisten = [\"0.0.0.0:9261\"]\n",
            "labelgate.toml:2: hosts could not tell that it is the gateway: say in names what they \
             call it, such as [\"gateway.example.com\", \"10.0.0.1\"]",
        ),
        (
            "[remote]\nnames = [\"two words\"]\n",
            "labelgate.toml:2: \"two words\" is neither the name of a host nor an address; write \
             what hosts call the gateway",
        ),
        (
            "[remote]\nlisten = [\"9261\"]\nnames = [\"a\"]\n",
            "labelgate.toml:2: remote listen address \"9261\" is no address and port; write \
             \"0.0.0.0:9261\" or \"[::]:9261\"",
        ),
        (
            "[gateway]\nlisten = [\"0.0.0.0:9261\"]\n[remote]\nlisten = [\"0.0.0.0:9261\"]\nnames = [\"a\"]\n",
            "labelgate.toml:4: remote listen names 0.0.0.0:9261, which listen names already",
        ),
    ] {
        assert_eq!(problems(text), problem);
    }
}

#[test]
fn metrics_are_shown_nowhere_unless_the_configuration_says_where() {
    let listen = |text: &str| {
        let config = Config::parse(text, Path::new("labelgate.toml"));
        config.map(|config| config.metrics.listen)
    };
    assert_eq!(listen(""), Ok(None));
    assert_eq!(listen("[metrics]\n"), Ok(None));
    let address = "127.0.0.1:9260".parse().ok();
    assert_eq!(
        listen("[metrics]\nlisten = \"127.0.0.1:9260\"\n"),
        Ok(address)
    );
    let problem = "labelgate.toml:2: metrics listen address \"9260\" is no address and port; write \"127.0.0.1:9260\"";
    let told = listen("[metrics]\nlisten = \"9260\"\n").map_err(|problems| problems.to_string());
    assert_eq!(told, Err(problem.to_owned()));
}

#[test]
fn nfs_is_spoken_nowhere_unless_the_configuration_says_where() {
    let of = |text: &str| {
        Config::parse(text, Path::new("labelgate.toml"))
            .unwrap()
            .nfs
    };
    for off in ["", "[nfs]\n", "[nfs]\nlisten = []\nportmap = []\n"] {
        let nfs = of(off);
        let nowhere = nfs.listen.is_empty() && nfs.portmap == Portmap::Own(vec![]);
        assert!(nowhere && nfs.bind_handles);
    }
    let on = of(
        "[nfs]\nlisten = [\"0.0.0.0:2049\", \"[::]:2049\"]\nportmap = [\"0.0.0.0:111\"]\n\
         bind_handles = false\n",
    );
    let addresses = ["0.0.0.0:2049", "[::]:2049"].map(|text| text.parse().unwrap());
    assert_eq!(on.listen, addresses);
    let own = Portmap::Own(vec!["0.0.0.0:111".parse().unwrap()]);
    assert_eq!(on.portmap, own);
    assert!(!on.bind_handles);
    let by_system = of("[nfs]\nlisten = [\"0.0.0.0:2049\"]\nportmap = \"system\"\n");
    assert_eq!(by_system.portmap, Portmap::System);
}

#[test]
fn nfs_is_spoken_with_those_whose_label_the_network_tells_where_the_configuration_says() {
    let text = "[gateway]\nprovider = \"selinux\"\n[nfs]\nlisten = [\"10.9.3.1:2049\"]\n\
                listen_labelled = [\"10.9.1.1:2049\"]\nportmap_labelled = [\"10.9.1.1:111\"]\n";
    let nfs = Config::parse(text, Path::new("labelgate.toml"))
        .unwrap()
        .nfs;
    assert_eq!(nfs.listen_labelled, ["10.9.1.1:2049".parse().unwrap()]);
    assert_eq!(nfs.portmap_labelled, ["10.9.1.1:111".parse().unwrap()]);
}

#[test]
fn what_is_wrong_with_labelled_nfs_is_said() {
    let expected = [
        (
            "[nfs]\nlisten_labelled = [\"10.9.1.1:2049\"]",
            "2: nfs listen_labelled needs provider \"selinux\": without SELinux the kernel knows no \
             labels of clients; remove it, or set provider",
        ),
        (
            "[gateway]\nprovider = \"selinux\"\n[nfs]\nportmap_labelled = [\"10.9.1.1:111\"]",
            "4: portmap_labelled tells clients where NFS is, which is nowhere; name an address in \
             listen_labelled, such as \"0.0.0.0:2049\", or remove portmap_labelled",
        ),
        // The kernel would refuse the second of these.
        (
            "[gateway]\nprovider = \"selinux\"\n[nfs]\nlisten = [\"0.0.0.0:2049\"]\n\
             listen_labelled = [\"10.9.1.1:2049\"]",
            "5: nfs listen_labelled names 10.9.1.1:2049, which nfs listen has already with \
             0.0.0.0:2049; name addresses of their own in both",
        ),
    ];
    for (text, problem) in expected {
        let said = problems(&format!("{text}\n"));
        assert_eq!(said, format!("labelgate.toml:{problem}"));
    }
}

#[test]
fn what_is_wrong_with_nfs_is_said() {
    let expected = [
        (
            "listen = [\"2049\"]",
            "2: nfs listen address \"2049\" is no address and port; write \"0.0.0.0:2049\" or \"[::]:2049\"",
        ),
        (
            "listen = [\"0.0.0.0:2049\"]\nportmap = [\"111\"]",
            "3: nfs portmap address \"111\" is no address and port; write \"0.0.0.0:111\" or \"[::]:111\"",
        ),
        (
            "listen = [\"0.0.0.0:2049\",\n\"0.0.0.0:2049\"]",
            "3: nfs listen names 0.0.0.0:2049 twice",
        ),
        (
            "listen = [\"0.0.0.0:2049\"]\nportmap = [\"0.0.0.0:2049\"]",
            "3: nfs portmap names 0.0.0.0:2049, which nfs listen names already",
        ),
        (
            "listen = [\"0.0.0.0:3260\"]",
            "2: nfs listen names 0.0.0.0:3260, which listen names already",
        ),
        (
            "\nportmap = [\"0.0.0.0:111\"]",
            "3: portmap tells clients where NFS is, which is nowhere; name an address in listen, \
             such as \"0.0.0.0:2049\", or remove portmap",
        ),
        (
            "listen = [\"0.0.0.0:2049\"]\nportmap = [\n\"0.0.0.0:111\",\n\"111\"]",
            "5: nfs portmap address \"111\" is no address and port; write \"0.0.0.0:111\" or \"[::]:111\"",
        ),
        (
            "portmap = \"system\"",
            "2: portmap tells clients where NFS is, which is nowhere; name an address in listen, \
             such as \"0.0.0.0:2049\", or remove portmap",
        ),
        (
            "listen = [\"0.0.0.0:2049\"]\nportmap = \"rpcbind\"",
            "3: portmap \"rpcbind\" is neither a list of addresses, such as [\"0.0.0.0:111\"], nor \
             \"system\"",
        ),
        (
            "listen = [\"0.0.0.0:2049\"]\nportmap = 111",
            "3: invalid type: integer `111`, expected a list of addresses, or \"system\"",
        ),
        (
            "listn = []",
            "2: unknown field `listn`, expected one of `listen`, `listen_labelled`, `portmap`, `portmap_labelled`, `bind_handles`",
        ),
    ];
    for (text, problem) in expected {
        let said = problems(&format!("[nfs]\n{text}\n"));
        assert_eq!(said, format!("labelgate.toml:{problem}"));
    }
}

const EXPECTED: &str = r#"labelgate.toml:3: listen address "0.0.0.0" is no address and port; write "0.0.0.0:3260" or "[::]:3260"
labelgate.toml:4: target_prefix "iqn.labelgate" is no iqn; write it as "iqn.YYYY-MM." and a domain name turned around, such as "iqn.2026-11.io.labelgate"
labelgate.toml:5: run_dir "run" is not absolute; begin it with "/"
labelgate.toml:6: uid_base is 0; choose a number from 65536 to 2146309120
labelgate.toml:7: pool_mib is 1; choose a number from 4 to 65536
labelgate.toml:11: store path "vms" is not absolute; begin it with "/"
labelgate.toml:14: store name "Vms" has the character 'V'; use lower-case letters, digits and dashes
labelgate.toml:18: store name "vms" is there already, on line 10; remove one
labelgate.toml:23: unknown store "vmz"; the stores are "vms", "Vms", "vms"
labelgate.toml:24: file "../a" is not a plain path below the store; write it relative to the store's path and without ".."
labelgate.toml:25: label "s0": not a label: it has no category, and a level without categories opens nothing; write two categories, such as "s0:c12,c34"
labelgate.toml:26: "1.5G" is no size; write a number of bytes, or one with K, M, G or T, such as "20G"
labelgate.toml:27: block_size is 1024; choose 512 or 4096
labelgate.toml:34: size 1000 is not a multiple of the block size 512
labelgate.toml:37: image "vms/b" is there already, on line 30; remove one
labelgate.toml:39: file "vms/b" is there already, on line 32; remove one
labelgate.toml:43: address "10.9.1.5/28": has bits set behind its prefix; the network is 10.9.1.0/28
labelgate.toml:51: address "10.9.1.2" is there already, on line 47; remove one"#;

#[test]
fn every_problem_is_reported_in_one_run() {
    let text = r#"
[gateway]
listen = ["0.0.0.0:3260", "0.0.0.0"]
target_prefix = "iqn.labelgate"
run_dir = "run"
uid_base = 0
pool_mib = 1

[[store]]
name = "vms"
path = "vms"

[[store]]
name = "Vms"
path = "/vms"

[[store]]
name = "vms"
path = "/other"

[[image]]
name = "a"
store = "vmz"
file = "../a"
label = "s0"
size = "1.5G"
block_size = 1024

[[image]]
name = "b"
store = "vms"
file = "b"
label = "s0:c1,c2"
size = "1000"

[[image]]
name = "b"
store = "vms"
file = "b"
label = "s0:c1,c2"

[[identity]]
address = "10.9.1.5/28"
label = "s0:c1,c2"

[[identity]]
address = "10.9.1.2"
label = "s0:c1,c2"

[[identity]]
address = "10.9.1.2/32"
label = "s0:c3,c4"
"#;
    assert_eq!(problems(text), EXPECTED);
}

#[test]
fn a_file_that_is_not_there_is_a_problem_too() {
    let error = Config::read(Path::new("/nonexistent/labelgate.toml")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nonexistent/labelgate.toml: No such file or directory (os error 2)"
    );
}

#[test]
fn content_has_no_label_and_is_never_written() {
    let image = |keys: &str| {
        format!(
            "[[store]]\nname = \"s\"\npath = \"/s\"\n[[image]]\nname = \"cd\"\nstore = \"s\"\n\
             file = \"cd\"\n{keys}"
        )
    };
    let config = Config::parse(&image("content = true\n"), Path::new("x")).unwrap();
    assert!(config.images[0].is_content() && config.images[0].read_only);
    let refused = [
        (
            "",
            "5: the image has no label; give it one, such as \"s0:c12,c34\", or content = true if every label may read it",
        ),
        (
            "content = true\nlabel = \"s0:c1,c2\"\n",
            "9: content is for every label; remove the label, or content = true",
        ),
        (
            "content = true\nread_only = false\n",
            "9: content is never written; remove read_only = false",
        ),
    ];
    for (keys, problem) in refused {
        assert_eq!(problems(&image(keys)), format!("labelgate.toml:{problem}"));
    }
}

#[test]
fn what_is_wrong_with_logins_and_chap_is_said() {
    let expected = [
        (
            "[gateway.login]\nat_once = 0\n",
            "2: at_once is 0; choose a number from 1 to 1024",
        ),
        (
            "[gateway.login]\nseconds = 301\n",
            "2: seconds is 301; choose a number from 1 to 300",
        ),
        (
            "[gateway.chap]\nalgorithms = []\n",
            "2: algorithms is empty, so nobody could log in; use \"sha3-256\", \"sha256\", \"sha1\" and \"md5\"",
        ),
        (
            "[gateway.chap]\nalgorithms = [\"md5\", \"md4\"]\n",
            "2: algorithm \"md4\" is unknown; use \"sha3-256\", \"sha256\", \"sha1\" and \"md5\"",
        ),
        (
            "[gateway.chap]\nalgorithms = [\"md5\", \"md5\"]\n",
            "2: algorithm \"md5\" is there twice; remove one",
        ),
        (
            "[gateway.chap]\nname = \"a b\"\n",
            "2: the gateway's CHAP name is to have 1 to 223 printable ASCII characters, without spaces and commas",
        ),
    ];
    for (text, problem) in expected {
        assert_eq!(problems(text), format!("labelgate.toml:{problem}"));
    }
}
