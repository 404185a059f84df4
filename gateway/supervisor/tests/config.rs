//! What the configuration says about its own faults: exact texts, with lines.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::path::Path;

use labelgate_supervisor::config::{Config, DEFAULT, Portmap};

/// The problems of a text, one per line.
fn problems(text: &str) -> String {
    Config::parse(text, Path::new("labelgate.toml"))
        .unwrap_err()
        .to_string()
}

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
            "4: unknown field `colour`, expected one of `name`, `kind`, `path`, `trees`, `squash`, `monitors`, `pool`, `entity`, `key_file`, `servers`, `volume`, `directory`",
        ),
        (
            "\n[[sotre]]\n",
            "2: unknown field `sotre`, expected one of `gateway`, `admin`, `audit`, `metrics`, `nfs`, `store`, `image`, `identity`, `netlabel`",
        ),
        (
            "[gateway]\nprovider = \"apparmor\"\n",
            "2: unknown variant `apparmor`, expected `landlock` or `selinux`",
        ),
        (
            "\n\n[[store]]\nname = \"vms\"\n",
            "4: the store has no path; give it a directory, or write kind = \"rbd\" or \"gluster\"",
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

/// A configuration with these sections of sources.
fn netlabel(sections: &[&str]) -> String {
    let sections = sections
        .iter()
        .map(|text| format!("[[netlabel]]\n{text}\n"));
    let begin = "[gateway]\nprovider = \"selinux\"\nlisten_labelled = [\"0.0.0.0:3262\"]\n";
    format!("{begin}{}", sections.collect::<String>())
}

#[test]
fn sources_of_labels_are_read_with_what_is_believed_of_them() {
    let text = netlabel(&[
        "source = \"10.9.1.2\"\nkind = \"cipso\"\ncategories = \"c0.c255\"",
        "source = \"10.9.2.0/28\"\nkind = \"ipsec\"\ntypes = [\"svirt_t\"]\ncategories = \"c256.c511\"",
        "source = \"2001:db8::2\"\nkind = \"static\"\ncategories = \"c512,c600\"",
    ]);
    let config = Config::parse(&text, Path::new("labelgate.toml")).unwrap();
    assert_eq!(
        config.gateway.listen_labelled,
        ["0.0.0.0:3262".parse().unwrap()]
    );
    let of = |address: &str| {
        let source = config.identities.netlabel_source(address.parse().unwrap());
        source.map(|source| {
            let types: Vec<&str> = source.types.iter().map(String::as_str).collect();
            (
                source.kind.name(),
                types.join(" "),
                source.categories.to_string(),
            )
        })
    };
    let expected =
        |kind, types: &str, categories: &str| Some((kind, types.to_owned(), categories.to_owned()));
    assert_eq!(
        of("10.9.1.2"),
        expected("cipso", "netlabel_peer_t", "c0.c255")
    );
    assert_eq!(of("10.9.2.15"), expected("ipsec", "svirt_t", "c256.c511"));
    assert_eq!(
        of("2001:db8::2"),
        expected("static", "svirt_t svirt_tcg_t", "c512,c600")
    );
    assert_eq!(of("10.9.1.3"), None);

    // What the gateway allocates itself is made of the rest.
    let own = config.own_categories(None).map(|own| own.to_string());
    assert_eq!(own.as_deref(), Some("c513.c599,c601.c1023"));
    let empty = Config::parse("", Path::new("labelgate.toml")).unwrap();
    assert_eq!(empty.own_categories(None), None);
}

#[test]
fn two_sources_share_no_category_unless_one_allocator_hands_them_out() {
    let section = |source: &str, categories: &str, rest: &str| {
        format!("source = \"{source}\"\nkind = \"static\"\ncategories = \"{categories}\"\n{rest}")
    };
    let first = section("10.9.1.2", "c0.c255", "");
    let overlapping = section("10.9.1.0/24", "c200.c300", "");
    assert_eq!(
        problems(&netlabel(&[&first, &overlapping])),
        "labelgate.toml:12: category c200 belongs to source 10.9.1.2 already, on line 7: a client of \
         one could pass for a client of the other; give each source categories of its own, or the \
         same allocator if one allocator hands out the levels of both"
    );
    let twice = problems(&netlabel(&[&first, &first]));
    assert_eq!(
        twice,
        "labelgate.toml:10: source \"10.9.1.2\" is there already, on line 5; remove one"
    );
    let (one, other) = ("allocator = \"hv-1\"\n", "allocator = \"hv-2\"\n");
    let one = |source| section(source, "c0.c255", one);
    let together = netlabel(&[&one("10.9.1.2"), &one("2001:db8::2")]);
    assert!(Config::parse(&together, Path::new("labelgate.toml")).is_ok());
    let other = section("10.9.1.3", "c255", other);
    let apart = problems(&netlabel(&[&one("10.9.1.2"), &other]));
    assert!(
        apart.starts_with("labelgate.toml:13: category c255 belongs to"),
        "{apart}"
    );
}

#[test]
fn what_is_wrong_with_a_source_of_labels_is_said() {
    let expected = [
        (
            "source = \"hv-1\"\nkind = \"static\"\ncategories = \"c0.c255\"",
            "5: source \"hv-1\": no address or network",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"calipso\"\ncategories = \"c0.c255\"",
            "6: kind \"calipso\" does not fit source 10.9.1.2: CIPSO is an option of IPv4",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"tls\"\ncategories = \"c0.c255\"",
            "6: unknown variant `tls`, expected one of `cipso`, `calipso`, `ipsec`, `static`",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"cipso\"\ntypes = [\"svirt_t\"]\ncategories = \"c0\"",
            "7: kind \"cipso\" tells only a client's level, never its type; remove types",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"ipsec\"\ntypes = []\ncategories = \"c0\"",
            "7: types has 0 entries; name 1 to 16, such as \"svirt_t\"",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"ipsec\"\ntypes = [\"unlabeled_t\"]\ncategories = \"c0\"",
            "7: type \"unlabeled_t\" is what the kernel gives those whose type it does not know",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"ipsec\"\ntypes = [\"a b\"]\ncategories = \"c0\"",
            "7: type \"a b\" is no name of a type; write one such as \"svirt_t\"",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"ipsec\"\ncategories = \"c0.c1024\"",
            "7: categories \"c0.c1024\": at byte 3: expected a category, c0 to c1023; write a run",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"ipsec\"\ncategories = \"\"",
            "7: categories \"\": at byte 0: expected a category",
        ),
        (
            "source = \"10.9.1.2\"\nkind = \"ipsec\"\ncategories = \"c0\"\nallocator = \"\"",
            "8: allocator \"\" is to have 1 to 128 letters, digits",
        ),
    ];
    for (section, problem) in expected {
        let said = problems(&netlabel(&[section]));
        let problem = format!("labelgate.toml:{problem}");
        assert!(said.starts_with(&problem), "{said}\ninstead of\n{problem}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_labelled_listener_needs_selinux_and_a_port_of_its_own() {
    let of = |text: &str| problems(&format!("[gateway]\n{text}\n"));
    assert_eq!(
        of("listen_labelled = [\"0.0.0.0:3262\"]"),
        "labelgate.toml:2: listen_labelled needs provider \"selinux\": without SELinux the kernel \
         knows no labels of clients; remove it, or set provider"
    );
    assert_eq!(
        of("provider = \"selinux\"\nlisten_labelled = [\"0.0.0.0:3260\"]"),
        "labelgate.toml:3: listen_labelled names 0.0.0.0:3260, which listen names already"
    );
    // One of the two is enough, and none is none.
    let only =
        "[gateway]\nprovider = \"selinux\"\nlisten = []\nlisten_labelled = [\"[::]:3262\"]\n";
    let only = Config::parse(only, Path::new("labelgate.toml")).unwrap();
    assert!(only.gateway.listen.is_empty() && only.gateway.listen_labelled.len() == 1);
    assert_eq!(
        of("listen = []\nlisten_labelled = []"),
        "labelgate.toml:2: listen is empty; name an address and a port, such as \"0.0.0.0:3260\""
    );
}

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
