//! Whatever listens on the socket, the program says what is wrong, what to do, and ends.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use labelgate_api::{ErrorCode, Problem};
use support::{LABELGATE, Listener, Ran};

#[test]
fn where_nobody_listens_the_hint_says_how_to_look() {
    let output = Command::new(LABELGATE)
        .args(["--socket", "/nonexistent/socket", "status"])
        .output()
        .unwrap();
    let ran = Ran::of(output);
    assert_eq!(ran.code, Some(69), "{ran:?}");
    assert!(ran.error.contains("/nonexistent/socket"), "{ran:?}");
    assert!(ran.error.contains("systemctl status labelgate"), "{ran:?}");
}

#[test]
fn the_socket_can_come_from_the_environment() {
    let listener = Listener::saying_json(200, "{\"stores\":[]}");
    let output = Command::new(LABELGATE)
        .env("LABELGATE_SOCKET", listener.socket())
        .args(["store", "list", "--json"])
        .output()
        .unwrap();
    assert_eq!(Ran::of(output).output, "{\"stores\":[]}\n");
    assert!(listener.request().starts_with("GET /v1/stores HTTP/1.1"));
}

#[test]
fn a_refusal_is_shown_with_its_hint_and_gives_the_status_of_its_kind() {
    let cases = [
        ("invalid", 65),
        ("forbidden", 77),
        ("not-found", 66),
        ("exists", 65),
        ("in-use", 65),
        ("declared", 65),
        ("full", 74),
        ("busy", 75),
        ("not-ended", 75),
        ("unavailable", 69),
        ("internal", 70),
        ("from-the-future", 70),
    ];
    for (code, status) in cases {
        let problem =
            format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"no\",\"hint\":\"do\"}}}}");
        let listener = Listener::saying_json(400, &problem);
        let ran = listener.run(&["status"]);
        assert_eq!(ran.code, Some(status), "{code}: {ran:?}");
        assert_eq!(ran.error, "labelgate: no\n  do\n");
        let ran = listener.run(&["status", "--json"]);
        assert_eq!(ran.code, Some(status));
        let said: Problem = serde_json::from_str(&ran.error).unwrap();
        assert_eq!(said.error.message, "no");
        assert!(ran.output.is_empty());
    }
}

#[test]
fn with_json_faults_of_this_side_have_the_same_shape() {
    let output = Command::new(LABELGATE)
        .args(["--socket", "/nonexistent/socket", "status", "--json"])
        .output()
        .unwrap();
    let said: Problem = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(said.error.code, ErrorCode::Unavailable);
    assert!(said.error.hint.is_some());
}

#[test]
fn an_answer_that_makes_no_sense_is_said_to_make_none() {
    let nonsense: [&[u8]; 7] = [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0\xff\xfe garbage without an end",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot JSON.",
        b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"stores\":null",
        b"HTTP/1.1 500 X\r\nContent-Length: 5\r\n\r\n<html",
        b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n",
    ];
    for bytes in nonsense {
        let listener = Listener::saying(bytes);
        let ran = listener.run(&["store", "list"]);
        assert_eq!(ran.code, Some(76), "{ran:?}");
        assert!(ran.error.contains("not understood"), "{ran:?}");
        // The JSON of an answer is passed on only if it is one.
        let ran = listener.run(&["store", "list", "--json"]);
        assert_eq!((ran.code, ran.output.as_str()), (Some(76), ""));
    }
}

#[test]
fn an_answer_that_breaks_off_is_said_to() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"stores\":[]}",
    ] {
        let ran = Listener::saying(bytes).run(&["store", "list"]);
        assert_eq!(ran.code, Some(74), "{ran:?}");
        assert!(ran.error.contains("broke off"), "{ran:?}");
    }
}

#[test]
fn an_answer_without_an_end_is_not_taken_in() {
    let listener = Listener::answering(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let chunk = vec![b' '; 1 << 20];
        while stream.write_all(&chunk).is_ok() {}
    });
    let ran = listener.run(&["store", "list"]);
    assert_eq!(ran.code, Some(76), "{ran:?}");
}

#[test]
fn a_gateway_that_is_silent_is_not_waited_for_for_ever() {
    let listener = Listener::answering(|_, _| std::thread::sleep(Duration::from_secs(30)));
    let begin = Instant::now();
    let ran = listener.run(&["--timeout", "1", "store", "list"]);
    assert_eq!(ran.code, Some(75), "{ran:?}");
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_a_gateway_says_does_not_drive_the_terminal() {
    let problem = r#"{"error":{"code":"invalid","message":"a\u001b[2Jb\u202ec","hint":"\u0007"}}"#;
    let ran = Listener::saying_json(400, problem).run(&["status"]);
    assert_eq!(ran.error, "labelgate: a\u{FFFD}[2Jb\u{FFFD}c\n  \u{FFFD}\n");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let images = r#"{"stores":[]}"#;
    let listener = Listener::saying_json(200, images);
    let mut child = listener
        .labelgate(&["store", "list", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before anything can have been written.
    drop(child.stdout.take());
    let ran = Ran::of_child(child);
    assert_eq!((ran.code, ran.error.as_str()), (Some(0), ""));
}

#[test]
fn a_wrong_command_line_gives_its_own_status() {
    let wrong: [&[&str]; 8] = [
        &[],
        &["nonsense"],
        &["image", "show", "no-store"],
        &["image", "create", "vms/a", "--label", "s0", "--size", "1G"],
        &["image", "create", "vms/a", "--label", "auto"],
        &[
            "image", "create", "vms/a", "--label", "auto", "--size", "20g",
        ],
        &["group", "grant", "s0:c1", "a,b"],
        &[
            "identity",
            "add",
            "a",
            "--label",
            "auto",
            "--address",
            "::1",
            "--mutual",
        ],
    ];
    for arguments in wrong {
        let output = Command::new(LABELGATE).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
    }
    for right in ["--help", "--version"] {
        let output = Command::new(LABELGATE).arg(right).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty());
    }
}
