//! Images, backups and secrets on their way in and out.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use support::{Listener, Ran, body, response};

const IMAGE: &str = r#"{"store":"vms","name":"web-1","target":"iqn.2026-11.io.labelgate:vms.web-1","label":"s0:c1,c2","content":false,"file":"web-1.img","size":1048576,"allocated":0,"block_size":512,"read_only":false,"direct":false,"serial":"00","naa":"30","source":"registry","poisoned":false}"#;

const SECRET: &str = "a-secret-of-22-letters";

fn added(secrets: &str) -> String {
    format!(
        "{{\"identity\":{{\"name\":\"web-1\",\"proof\":{{\"kind\":\"chap\",\"mutual\":false}},\
         \"label\":\"s0:c1,c2\",\"needs_lease\":false,\"groups\":[],\"source\":\"registry\",\
         \"connections\":0}},\"secrets\":{secrets}}}"
    )
}

const STATUS: &str = r#"{"version":"0.1.0","pid":1,"since":"2026-11-30T12:00:00Z","provider":"landlock","portals":["0.0.0.0:3260"],"target_prefix":"iqn.2026-11.io.labelgate","chap_name":"labelgate","chap_algorithms":["sha3-256","sha256","sha1","md5"],"revision":1,"stores":1,"images":1,"poisoned_images":0,"identities":1,"leases":0,"workers":0,"connections":0}"#;

/// Answers as a gateway does that adds an identity and has one image.
fn identities() -> Listener {
    Listener::answering(|stream, header| {
        let answer = match header.split(' ').nth(1).unwrap() {
            "/v1/status" => STATUS.to_owned(),
            "/v1/identities" => {
                body(stream, header);
                added(&format!("{{\"secret\":\"{SECRET}\"}}"))
            }
            _ => format!("{{\"images\":[{IMAGE}]}}"),
        };
        let _ = stream.write_all(response(200, &answer).as_bytes());
    })
}

/// Hands on the body of each request, and answers with these lines.
fn importing(lines: &str) -> (Listener, mpsc::Receiver<Vec<u8>>) {
    let (sender, bodies) = mpsc::channel();
    let lines = lines.to_owned();
    let listener = Listener::answering(move |stream, header| {
        let _ = sender.send(body(stream, header));
        let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{lines}").as_bytes());
    });
    (listener, bodies)
}

fn data() -> Vec<u8> {
    (0..3_000_000_u32)
        .map(|n| n.to_le_bytes()[n as usize % 3])
        .collect()
}

#[test]
fn a_file_arrives_whole_and_with_its_length() {
    let (listener, bodies) = importing(&format!(
        "{{\"progress\":{{\"done\":1}}}}\n{{\"result\":{IMAGE}}}\n"
    ));
    let file = listener.directory().join("disk.raw");
    std::fs::write(&file, data()).unwrap();
    let file = file.to_str().unwrap();
    let ran = listener.run(&[
        "image",
        "import",
        "vms/web-1",
        file,
        "--label",
        "s0:c1,c2",
        "--format",
        "raw",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.output.contains("iqn.2026-11.io.labelgate:vms.web-1"),
        "{ran:?}"
    );
    let request = listener.request();
    assert!(
        request.starts_with("PUT /v1/images/vms/web-1?"),
        "{request}"
    );
    assert!(request.contains("format=raw"), "{request}");
    assert!(
        request.to_lowercase().contains("content-length: 3000000"),
        "{request}"
    );
    assert!(bodies.recv().unwrap() == data());
}

#[test]
fn what_comes_by_a_pipe_arrives_whole() {
    let (listener, bodies) = importing(&format!("{{\"result\":{IMAGE}}}\n"));
    let mut child = listener
        .labelgate(&[
            "image",
            "import",
            "vms/web-1",
            "-",
            "--label",
            "auto",
            "--json",
        ])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for piece in data().chunks(70_001) {
        stdin.write_all(piece).unwrap();
    }
    drop(stdin);
    let ran = Ran::of_child(child);
    assert_eq!(ran.output, format!("{{\"result\":{IMAGE}}}\n"));
    assert!(bodies.recv().unwrap() == data());
}

#[test]
fn an_import_that_fails_or_has_no_end_is_no_success() {
    let failed = r#"{"error":{"code":"bad-image","message":"a backing file"}}"#;
    let cases = [
        (failed, 65),
        ("", 74),
        ("{\"progress\":{\"done\":1}}\n", 74),
        ("{\"result\":", 76),
        ("[]\n", 76),
    ];
    for (lines, code) in cases {
        let (listener, _bodies) = importing(&format!("{lines}\n").replace("\n\n", "\n"));
        let ran = listener.run(&["image", "import", "vms/a", "/etc/passwd", "--label", "auto"]);
        assert_eq!(ran.code, Some(code), "{lines}: {ran:?}");
    }
}

#[test]
fn a_refusal_is_heard_although_the_gateway_takes_no_more_bytes() {
    let problem = r#"{"error":{"code":"exists","message":"there is one","hint":"name another"}}"#;
    let listener = Listener::saying_json(409, problem);
    for _ in 0..20 {
        let mut child = listener
            .labelgate(&["image", "import", "vms/web-1", "-", "--label", "auto"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // As much as it takes: the program ends while there is more to come.
        let chunk = vec![7; 1 << 20];
        while stdin.write_all(&chunk).is_ok() {}
        let ran = Ran::of_child(child);
        assert_eq!(ran.error, "labelgate: there is one\n  name another\n");
        assert_eq!(ran.code, Some(65));
    }
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_is_no_fault_of_the_gateway() {
    let (listener, bodies) = importing("");
    // Its end is where the kernel says EIO: nothing is mapped at 0.
    let mut child = listener
        .labelgate(&["image", "import", "vms/web-1", "-", "--label", "auto"])
        .stdin(std::fs::File::open("/proc/self/mem").unwrap())
        .spawn()
        .unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(66));
    let ran = Ran::of_child(child);
    assert!(ran.error.contains("cannot read"), "{ran:?}");
    assert_eq!(
        bodies.recv().unwrap().last(),
        Some(&0),
        "the body has an end"
    );
}

#[test]
fn an_import_that_is_interrupted_does_not_look_whole_to_the_gateway() {
    let (listener, bodies) = importing("");
    let mut child = listener
        .labelgate(&["image", "import", "vms/web-1", "-", "--label", "auto"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&data()).unwrap();
    // It is under way, and its input is still open.
    std::thread::sleep(Duration::from_millis(500));
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let ran = Ran::of_child(child);
    assert_eq!(ran.code, Some(130), "{ran:?}");
    let arrived = bodies.recv().unwrap();
    assert_eq!(arrived.last(), Some(&0), "the body has an end");
    drop(stdin);
}

#[test]
fn a_backup_is_private_whole_and_overwrites_nothing() {
    let listener = Listener::saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes");
    let file = listener.directory().join("backup");
    let arguments = ["backup", file.to_str().unwrap()];
    assert_eq!(listener.run(&arguments).code, Some(0));
    assert_eq!(std::fs::read(&file).unwrap(), b"bytes");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // A read-only admin may GET: a backup holds secrets.
    assert!(listener.request().starts_with("POST /v1/backup"));
    let ran = listener.run(&arguments);
    assert_eq!(ran.code, Some(73), "{ran:?}");
    assert_eq!(std::fs::read(&file).unwrap(), b"bytes");
}

#[test]
fn a_backup_that_breaks_off_leaves_no_file() {
    let listener = Listener::saying("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nbytes");
    let file = listener.directory().join("backup");
    let ran = listener.run(&["backup", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(74), "{ran:?}");
    assert!(!file.exists());
}

#[test]
fn a_secret_that_is_written_to_a_file_is_shown_nowhere() {
    let listener = identities();
    let file = listener.directory().join("web-1.secret");
    let path = file.to_str().unwrap();
    for json in [&[][..], &["--json"]] {
        let arguments = [
            &[
                "identity",
                "add",
                "web-1",
                "--label",
                "s0:c1,c2",
                "--write-secret",
                path,
            ],
            json,
        ]
        .concat();
        let ran = listener.run(&arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.output.contains(SECRET) && !ran.error.contains(SECRET));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), SECRET);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!listener.directory().join("web-1.secret.reverse").exists());
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_secret_is_not_made_if_it_cannot_be_kept() {
    let listener = identities();
    let path = listener.directory().join("no/such/directory");
    let ran = listener.run(&[
        "identity",
        "add",
        "web-1",
        "--label",
        "auto",
        "--write-secret",
        path.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, Some(73), "{ran:?}");
    let next = listener.run(&["status"]);
    assert_eq!(next.code, Some(0));
    assert!(
        listener.request().starts_with("GET /v1/status"),
        "something was asked before"
    );
}

#[test]
fn a_secret_is_shown_once_and_no_snippet_holds_it() {
    let ran = identities().run(&["identity", "add", "web-1", "--label", "s0:c1,c2"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.output.matches(SECRET).count(), 1, "{}", ran.output);
    assert!(ran.output.contains("<auth username='web-1'>"));
    assert!(ran.output.contains("node.session.auth.authmethod = CHAP"));
}

#[test]
fn a_secret_that_is_brought_comes_by_a_pipe_or_a_file() {
    let (sender, bodies) = mpsc::channel();
    let listener = Listener::answering(move |stream, header| {
        let _ = sender.send(String::from_utf8(body(stream, header)).unwrap());
        let answer = added("null");
        let _ = stream.write_all(response(200, &answer).as_bytes());
    });
    let mut child = listener
        .labelgate(&[
            "identity",
            "add",
            "a",
            "--label",
            "auto",
            "--secret-file",
            "-",
            "--json",
        ])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{SECRET}").unwrap();
    assert_eq!(Ran::of_child(child).code, Some(0));
    let request: serde_json::Value = serde_json::from_str(&bodies.recv().unwrap()).unwrap();
    assert_eq!(request["proof"]["secret"], SECRET);

    let file = listener.directory().join("short");
    std::fs::write(&file, "only-eleven").unwrap();
    let ran = listener.run(&[
        "identity",
        "add",
        "a",
        "--label",
        "auto",
        "--secret-file",
        file.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, Some(65), "{ran:?}");
    assert!(!ran.error.contains("only-eleven"), "{ran:?}");
}

/// The lines of a snippet, as a shell reads them.
fn qemu_arguments(output: &str) -> String {
    let begin = output.find("  -object").unwrap();
    let end = output.find("  -device").unwrap();
    output[begin..end]
        .trim_end()
        .trim_end_matches('\\')
        .to_owned()
}

#[test]
fn qemu_takes_the_snippet_in() {
    let listener = identities();
    let file = listener.directory().join("it's, a secret");
    let arguments = [
        "identity",
        "add",
        "web-1",
        "--label",
        "s0:c1,c2",
        "--portal",
        "127.0.0.1:1",
    ];
    let ran = listener.run(&[&arguments[..], &["--write-secret", file.to_str().unwrap()]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let command = format!(
        "exec timeout 20 qemu-system-x86_64 -M none -display none -nodefaults {}",
        qemu_arguments(&ran.output)
    );
    let mut output = String::new();
    let mut child = Command::new("sh")
        .args(["-c", &command])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    child.wait().unwrap();
    // It has understood all of it, has read the secret, and fails where nobody listens.
    assert!(output.contains("Failed to connect"), "{command}\n{output}");
}
