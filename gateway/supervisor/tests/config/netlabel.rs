//! Whose labels the network tells.

use std::path::Path;

use labelgate_supervisor::config::Config;

use crate::problems;

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
