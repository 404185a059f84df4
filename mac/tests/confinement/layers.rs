//! Each layer alone, and all of them together.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use libtest_mimic::Trial;

use crate::run::{End, Neighbour, UID, probe, probe_as};
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);

/// What to try, and what the layer that stands alone against it answers. Seccomp kills all.
pub const TRIES: &[(&str, &[&str], &str, i32)] = &[
    ("open a file", &["open"], "filesystem", libc::EACCES),
    ("create a file", &["create"], "filesystem", libc::EACCES),
    ("list a directory", &["list"], "filesystem", libc::EACCES),
    ("execute a program", &["exec"], "filesystem", libc::EACCES),
    ("connect by TCP", &["connect"], "filesystem", libc::EACCES),
    ("bind a TCP port", &["bind"], "filesystem", libc::EACCES),
    ("fork", &["fork"], "limits", libc::EAGAIN),
    ("take memory", &["allocate", "100"], "limits", libc::ENOMEM),
    (
        "take address space",
        &["reserve", "1000"],
        "limits",
        libc::ENOMEM,
    ),
    (
        "take descriptors",
        &["descriptors", "40"],
        "limits",
        libc::EMFILE,
    ),
];

/// The same against a process of the same UID; its number is added.
const NEIGHBOUR: &[(&str, &str)] = &[
    ("signal", "signal"),
    ("trace", "ptrace"),
    ("read the memory of", "read-neighbour"),
];

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = TRIES
        .iter()
        .map(|&row| trial(row.0, move || tried(row)))
        .collect();
    for &(name, action) in NEIGHBOUR {
        trials.push(trial(format!("{name} another process"), move || {
            against_neighbour(action)
        }));
    }
    trials.push(trial("connect to an abstract socket", abstract_sockets));
    trials.push(trial("capabilities of root", capabilities));
    trials.push(trial("ids that are not its own", identities));
    trials.push(trial("the report", report));
    trials
}

fn tried((_, action, layer, error): (&str, &[&str], &str, i32)) {
    let free = if action == ["exec"] {
        End::Replaced
    } else {
        End::Done
    };
    assert_eq!(probe("none", action), free);
    assert_eq!(probe(layer, action), End::Refused(error), "{layer} alone");
    // What only a limit stops is nothing that a filter could see; a worker's own are higher.
    let quantity = layer == "limits" && error == libc::ENOMEM;
    for layers in ["seccomp-ring", "seccomp-epoll"] {
        let end = if quantity { End::Done } else { KILLED };
        assert_eq!(probe(layers, action), end, "{layers}");
    }
    for layers in ["ring", "epoll"] {
        let end = if quantity { End::Done } else { KILLED };
        assert_eq!(probe(layers, action), end, "{layers}");
    }
}

fn against_neighbour(action: &str) {
    let neighbour = Neighbour::start();
    let action = [action, &neighbour.pid()];
    assert_eq!(probe("none", &action), End::Done);
    assert_eq!(probe("filesystem", &action), End::Refused(libc::EPERM));
    for layers in ["seccomp-ring", "seccomp-epoll", "ring", "epoll"] {
        assert_eq!(probe(layers, &action), KILLED, "{layers}");
    }
}

fn abstract_sockets() {
    let name = std::process::id().to_string();
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let _listener = UnixListener::bind_addr(&address).expect("nobody has this name");
    assert_eq!(probe("none", &["abstract", &name]), End::Done);
    assert_eq!(
        probe("filesystem", &["abstract", &name]),
        End::Refused(libc::EPERM)
    );
    assert_eq!(probe("ring", &["abstract", &name]), KILLED);
}

fn capabilities() {
    assert_eq!(probe_as(0, "none", &["become", "12345"]).end, End::Done);
    let alone = probe_as(0, "capabilities", &["become", "12345"]);
    assert_eq!(alone.end, End::Refused(libc::EPERM));
    assert_eq!(alone.report, "no capabilities, bounding set empty");
    let shared = probe_as(0, "shared", &["nothing"]);
    assert_eq!(shared.end, End::Done);
    assert!(
        shared
            .report
            .starts_with("uid 0 gid 0 (the supervisor's); no capabilities")
    );
    assert!(!shared.report.contains("tasks"), "{}", shared.report);
}

fn identities() {
    let refused = |uid, action: &str| match probe_as(uid, "ring", &[action]).end {
        End::Unconfined(error) => error,
        end => panic!("{action}: {end:?}"),
    };
    let root = refused(0, "nothing");
    assert_eq!(
        root,
        "it must not run as uid 0, gid 0: it needs ids of its own"
    );
    assert_eq!(
        refused(0, "with-effective-uid"),
        "real and effective ids differ"
    );
    let group = refused(0, "with-group");
    assert_eq!(group, "it has 1 supplementary groups and must have none");
    let thread = refused(UID, "with-thread");
    assert_eq!(
        thread,
        "it has 2 threads and must be confined while it has one"
    );
}

fn report() {
    let outcome = probe_as(UID, "ring", &["nothing"]);
    assert_eq!(outcome.end, End::Done);
    let entries: Vec<&str> = outcome.report.split("; ").collect();
    let [
        ids,
        capabilities,
        privileges,
        dumpable,
        landlock,
        limits,
        seccomp,
    ] = entries[..]
    else {
        panic!("{entries:?}");
    };
    assert_eq!(ids, format!("uid {UID} gid {UID}"));
    assert_eq!(capabilities, "no capabilities, bounding set unchanged");
    assert_eq!((privileges, dumpable), ("no_new_privs", "not dumpable"));
    assert!(
        landlock.starts_with("landlock abi ") && landlock.contains(": no files"),
        "{landlock}"
    );
    assert!(limits.contains("address space 4096 MiB, data 512 MiB, 1024 descriptors, no core"));
    assert!(limits.ends_with("64 tasks"));
    assert!(seccomp.starts_with("seccomp: ") && seccomp.ends_with("(ring), others kill"));
    assert!(entries.iter().all(|entry| entry.len() <= 128));
}
