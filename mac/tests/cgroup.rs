//! Whether the host has a usable cgroup v2 hierarchy, on the host that runs this test.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is a failed test, and what it prints says what it tried"
)]

use std::path::Path;

use labelgate_mac::confinement::cgroup::{Cgroup, CgroupUnavailable, Limits};

const LIMITS: Limits = Limits {
    memory_max: 256 << 20,
    pids_max: 32,
    cpu_weight: 100,
    io_weight: 100,
};

/// v2 at its usual place (whole host) or beside v1 (hybrid); where it has the controllers, the
/// whole life of a cgroup, and where it has not, the reason.
#[test]
fn the_host_has_cgroups_or_says_why_not() {
    let parent = [
        Path::new("/sys/fs/cgroup"),
        Path::new("/sys/fs/cgroup/unified"),
    ]
    .into_iter()
    .find(|path| path.join("cgroup.controllers").is_file());
    let Some(parent) = parent else {
        let refused = Cgroup::create(Path::new("/sys/fs/cgroup"), "labelgate-test", &LIMITS);
        assert!(
            matches!(refused, Err(CgroupUnavailable::NotMounted(_))),
            "{refused:?}"
        );
        return;
    };
    let controllers = std::fs::read_to_string(parent.join("cgroup.controllers")).unwrap();
    let has = |name| controllers.split_whitespace().any(|word| word == name);
    let created = Cgroup::create(parent, "labelgate-test", &LIMITS);
    if ["cpu", "memory", "pids"].into_iter().all(has) {
        life(created.unwrap(), &parent.join("labelgate-test"));
    } else {
        let words = created.unwrap_err().to_string();
        assert!(words.contains("lacks the controllers: "), "{words}");
        assert!(!parent.join("labelgate-test").exists());
    }
}

fn life(cgroup: Cgroup, path: &Path) {
    let read = |file: &str| {
        std::fs::read_to_string(path.join(file))
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(read("memory.max"), (256_u64 << 20).to_string());
    assert_eq!(
        (read("pids.max"), read("cpu.weight")),
        ("32".to_owned(), "100".to_owned())
    );
    let mut child = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    cgroup.add(pid).unwrap();
    assert_eq!(read("cgroup.procs"), child.id().to_string());
    let (cgroup, _busy) = cgroup.remove().unwrap_err();
    cgroup.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    cgroup.remove().unwrap();
    assert!(!path.exists());
}

/// Where this process is, which is where a delegated supervisor makes its children.
#[test]
fn own_cgroup_is_there() {
    match Cgroup::own() {
        Ok(path) => {
            let processes = std::fs::read_to_string(path.join("cgroup.procs")).unwrap();
            let pid = std::process::id().to_string();
            assert!(
                processes.lines().any(|line| line == pid),
                "{}",
                path.display()
            );
        }
        Err(error) => assert!(matches!(error, CgroupUnavailable::NotMounted(_)), "{error}"),
    }
}

/// A directory that is no cgroup is never mistaken for one, and stays empty.
#[test]
fn a_plain_directory_is_no_hierarchy() {
    let name = format!("cgroup-{}", std::process::id());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir(&directory).unwrap();
    let refused = Cgroup::create(&directory, "worker", &LIMITS);
    assert!(
        matches!(refused, Err(CgroupUnavailable::NotMounted(_))),
        "{refused:?}"
    );
    std::fs::write(
        directory.join("cgroup.controllers"),
        "cpuset cpu io hugetlb\n",
    )
    .unwrap();
    let words = Cgroup::create(&directory, "worker", &LIMITS)
        .unwrap_err()
        .to_string();
    assert!(
        words.ends_with("lacks the controllers: memory pids"),
        "{words}"
    );
    assert!(!directory.join("worker").exists());
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn names_stay_below_the_parent() {
    for name in ["", ".", "..", "../x", "a/b", "a\0", "a\n"] {
        let refused = Cgroup::create(Path::new("/sys/fs/cgroup"), name, &LIMITS);
        assert!(
            matches!(refused, Err(CgroupUnavailable::Name(_))),
            "{name:?}: {refused:?}"
        );
    }
}
