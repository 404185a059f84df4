//! Who may ask.

use std::os::unix::fs::PermissionsExt;

use super::house::House;

/// A user that has no name, and groups of Debian's base system that have nobody in them.
const STRANGER: u32 = 4_000_001;
const ADMINS: (&str, u32) = ("operator", 37);
const READERS: (&str, u32) = ("staff", 50);

fn house() -> House {
    House::start(&format!(
        "[admin]\nadmin_group = {:?}\nread_group = {:?}\n",
        ADMINS.0, READERS.0
    ))
}

#[test]
fn the_groups_may_what_they_are_for_and_others_cannot_connect() {
    let house = house();
    let ask = |gid, method, path| house.ask_as(STRANGER, gid, method, path);
    let status = |gid, method, path| ask(gid, method, path).unwrap().0;

    assert_eq!(status(ADMINS.1, "GET", "/v1/status"), 200);
    assert_eq!(status(ADMINS.1, "POST", "/v1/reload"), 200);
    assert_eq!(status(READERS.1, "GET", "/v1/status"), 200);
    for (method, path) in [
        ("POST", "/v1/reload"),
        ("POST", "/v1/backup"),
        ("DELETE", "/v1/identities/x"),
        ("PUT", "/v1/restore"),
        ("PATCH", "/v1/nothing"),
    ] {
        let (status, answer) = ask(READERS.1, method, path).unwrap();
        assert_eq!(status, 403, "{method} {path}: {answer}");
        assert!(
            answer.to_string().contains("usermod -aG operator"),
            "{answer}"
        );
    }
    assert!(
        ask(STRANGER, "GET", "/v1/status").is_none(),
        "the file's access list"
    );
}

#[test]
fn whoever_gets_past_the_files_mode_is_refused_and_on_record() {
    let house = house();
    // An admin who thinks that the mode is in the way.
    let everybody = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(house.socket(), everybody).unwrap();
    for (method, path) in [
        ("GET", "/v1/status"),
        ("GET", "/v1/audit"),
        ("POST", "/v1/reload"),
    ] {
        let (status, answer) = house.ask_as(STRANGER, STRANGER, method, path).unwrap();
        assert_eq!(status, 403, "{method} {path}: {answer}");
    }
    let trail = house.done("GET", "/v1/audit?last=100", None).to_string();
    let record = "uid 4000001";
    assert!(
        trail.contains(record) && trail.contains("GET /v1/status"),
        "{trail}"
    );
}
