//! A disk that takes no more.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use labelgate_registry::{ApplyError, RedbRegistry, Registry};

use crate::samples::{registry, store};

const CHILD: &str = "LABELGATE_REGISTRY_FULL";

/// Adds stores until the disk takes no more: from then on nothing is changed, and what was
/// acknowledged can still be read.
#[test]
#[ignore = "the test below starts it, with a limit to the size of its files"]
fn child() {
    let path = PathBuf::from(env::var_os(CHILD).unwrap());
    let registry = RedbRegistry::open(&path).unwrap();
    let mut acknowledged = registry.read().unwrap();
    for number in 0..100_000 {
        match registry.apply(&store(&format!("s{number}"))) {
            Ok(applied) => acknowledged = applied.snapshot,
            Err(ApplyError::Registry(error)) => {
                assert!(error.to_string().contains("restart labelgated"), "{error}");
                assert_eq!(registry.read().unwrap(), acknowledged);
                let again = registry.apply(&store("again"));
                assert!(matches!(again, Err(ApplyError::Registry(_))), "{again:?}");
                assert_eq!(registry.read().unwrap(), acknowledged);
                println!("acknowledged {}", acknowledged.revision);
                return;
            }
            Err(refused) => panic!("{refused}"),
        }
    }
    panic!("the disk was never full");
}

/// What a child says that was not let make any file longer than this.
fn run(path: &Path, bytes: u64) -> String {
    let blocks = bytes / 512;
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""
        ))
        .arg(env::current_exe().unwrap())
        .args(["--exact", "full::child", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    said
}

#[test]
fn on_a_full_disk_nothing_is_acknowledged_that_is_not_there() {
    let (_directory, path, registry) = registry();
    drop(registry);
    let length = std::fs::metadata(&path).unwrap().len();
    let said = run(&path, length + (1 << 16));
    let mut lines = said.lines();
    let acknowledged = lines.find_map(|line| line.strip_prefix("acknowledged "));
    let acknowledged: u64 = acknowledged.unwrap().parse().unwrap();

    let registry = RedbRegistry::open(&path).unwrap();
    let snapshot = registry.read().unwrap();
    assert!(acknowledged > 0);
    assert!(
        snapshot.revision == acknowledged || snapshot.revision == acknowledged + 1,
        "{acknowledged} acknowledged, {} there",
        snapshot.revision
    );
    for number in 0..acknowledged {
        assert!(
            snapshot
                .stores
                .contains_key(&format!("s{number}").parse().unwrap())
        );
    }
    registry.apply(&store("after")).unwrap();
}
