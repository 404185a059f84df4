//! What is pasted leads to the image, and says who else sees the token.

use std::process::{Command, Stdio};

use labelgate_api::{BlockSize, Source};

use super::*;

fn snippet(host: &str) -> NfsSnippet {
    NfsSnippet {
        identity: "nfs-1".to_owned(),
        portal: format!("{host}:3260").parse().unwrap(),
        file: "web-1".to_owned(),
        token_file: None,
    }
}

fn image(store: &str, name: &str, label: Option<&str>) -> Image {
    Image {
        store: store.parse().unwrap(),
        name: name.parse().unwrap(),
        target: String::new(),
        label: label.map(|label| label.parse().unwrap()),
        content: label.is_none(),
        follows: None,
        file: PathBuf::new(),
        size: None,
        allocated: None,
        block_size: BlockSize::B512,
        read_only: false,
        direct: false,
        serial: String::new(),
        naa: String::new(),
        source: Source::Registry,
        poisoned: false,
        reservations: None,
        snapshots: None,
    }
}

#[test]
fn an_image_is_called_by_its_store_too_where_its_name_is_not_enough() {
    let images = [
        image("vms", "web", Some("s0:c1,c2")),
        image("fast", "web", Some("s0:c1,c2")),
        image("vms", "db", Some("s0:c1,c2")),
        image("fast", "db", Some("s0:c3,c4")),
        image("iso", "debian", None),
    ];
    let names = file_names(&images, &"s0:c1,c2".parse().unwrap());
    let names: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["vms.web", "fast.web", "db", "debian"]);
}

#[test]
fn an_ipv6_address_is_in_no_url() {
    let text = snippet("[2001:db8::1]").to_string();
    assert!(!text.contains("nfs://"), "{text}");
    assert!(text.contains("file.server.host=2001:db8::1,"), "{text}");
    assert!(text.contains("<host name='2001:db8::1'/>"), "{text}");
    assert!(text.contains("[2001:db8::1]:/TOKEN /mnt"), "{text}");
    let text = snippet("gateway").to_string();
    assert!(text.contains("file=nfs://gateway/TOKEN/web-1,"), "{text}");
}

/// What the shell makes of the command that writes the file for QEMU.
fn configuration(snippet: &NfsSnippet, typed: &str) -> String {
    use std::io::Write;

    let text = snippet.to_string();
    let command = text.lines().find(|line| line.contains("umask")).unwrap();
    let command = command.replace(&shell(&snippet.config_file()), "/dev/stdout");
    let mut child = Command::new("bash")
        .args(["-c", &command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{typed}").unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_file_that_qemu_reads_has_the_token_that_was_pasted_or_written() {
    let typed = configuration(&snippet("gateway"), "a-token-of-20-letters");
    assert!(
        typed.contains("file.path = \"/a-token-of-20-letters/web-1\"\n"),
        "{typed}"
    );
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("it's the token");
    std::fs::write(&file, "a-token-of-20-letters").unwrap();
    let written = NfsSnippet {
        token_file: Some(file),
        ..snippet("gateway")
    };
    assert_eq!(configuration(&written, ""), typed);
}

#[test]
fn what_shows_the_token_to_others_says_so() {
    let text = snippet("gateway").to_string();
    for line in text.lines().filter(|line| line.contains("nfs://")) {
        assert!(line.contains(TOKEN), "{line}");
    }
    for words in [
        "where nobody else sees the arguments of processes",
        "gives QEMU the token as an argument",
        "/proc/mounts",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}
