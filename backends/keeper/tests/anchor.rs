//! Anchors that are handed over open, or as the way to them.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use labelgate_control::{Anchor, Handed, MAX_ANCHOR, NotServed};
use labelgate_keeper::{AnchorFault, read_anchor};
use rustix::fs::{Mode, OFlags, open};

const GOOD: &str = "backend = \"rbd\"\nmonitors = \"192.0.2.1\"\npool = \"p\"\nnamespace = \"\"\n\
                    image = \"i\"\nentity = \"e\"\nkey = \"secret\"\n";

/// A file that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("labelgate-anchor-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn way(path: &Path) -> OwnedFd {
    open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

#[test]
fn an_anchor_is_read_either_way_and_shared_with_others() {
    let scratch = Scratch::new("either");
    fs::write(scratch.path(), GOOD).unwrap();
    let expected = Anchor::parse(GOOD).unwrap();
    let opened = File::open(scratch.path()).unwrap();
    assert_eq!(
        read_anchor(Handed::Opened, opened.into()).unwrap(),
        expected
    );
    for _ in 0..2 {
        let anchor = read_anchor(Handed::Path, way(scratch.path()));
        assert_eq!(anchor.unwrap(), expected);
    }
}

#[test]
fn what_is_wrong_is_said_without_its_key() {
    let scratch = Scratch::new("wrong");
    for bytes in [
        &b"\xff\xfe"[..],
        b"",
        &[b'#'; 4097],
        &GOOD.replace("pool", "puddle").into_bytes(),
    ] {
        fs::write(scratch.path(), bytes).unwrap();
        let fault = read_anchor(Handed::Path, way(scratch.path())).unwrap_err();
        assert!(matches!(fault, AnchorFault::Anchor(_)), "{fault}");
        assert!(!fault.to_string().contains("secret"));
        assert!(matches!(NotServed::from(fault), NotServed::Unfit(_)));
    }
    let directory = read_anchor(Handed::Path, way(&std::env::temp_dir())).unwrap_err();
    assert!(matches!(directory, AnchorFault::Open(_)), "{directory}");
}

/// Whatever is in the file: no more of it is read than an anchor has.
#[test]
fn fuzz_files_with_anything_in_them() {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    let scratch = Scratch::new("fuzz");
    bolero::check!()
        .with_type::<(u16, Vec<u8>)>()
        .with_test_time(Duration::from_secs(seconds.unwrap_or(2)))
        .for_each(|(cut, tail)| {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes.truncate(usize::from(*cut) % (GOOD.len() + 1));
            bytes.extend(tail);
            fs::write(scratch.path(), &bytes).unwrap();
            let opened = File::open(scratch.path()).unwrap();
            match read_anchor(Handed::Opened, opened.into()) {
                Ok(_) => assert!(bytes.len() <= MAX_ANCHOR),
                Err(fault) => assert!(matches!(fault, AnchorFault::Anchor(_)), "{fault}"),
            }
        });
}
