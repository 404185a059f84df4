//! Opening images: what is opened, what is not, and who may hold it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_supervisor::config::{Config, Image};
use labelgate_supervisor::image::{LABEL_ATTRIBUTE, Manner, OpenError, lock_within, open};
use rustix::fs::{FlockOperation, OFlags, XattrFlags, fcntl_getfl, flock, fsetxattr};
use tempfile::TempDir;

/// A store in a temporary directory, with a directory beside it that is not part of it.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("store")).unwrap();
        fs::create_dir(directory.path().join("outside")).unwrap();
        fs::write(directory.path().join("outside/image"), b"another label's").unwrap();
        Self { directory }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// The image `file` of the store, with further keys.
    fn image(&self, file: &str, keys: &str) -> Image {
        let text = format!(
            "[[store]]\nname = \"s\"\npath = {:?}\n\
             [[image]]\nname = \"i\"\nstore = \"s\"\nlabel = \"s0:c1,c2\"\nfile = {file:?}\n{keys}",
            self.path("store")
        );
        let config = Config::parse(&text, Path::new("test")).unwrap();
        Image::clone(&config.images[0])
    }

    fn refusal(&self, file: &str, keys: &str) -> String {
        open(&self.image(file, keys), &Manner::Open)
            .unwrap_err()
            .to_string()
    }
}

#[test]
fn a_plain_file_opens_for_reading_and_writing_in_blocking_mode() {
    let place = Place::new();
    fs::create_dir(place.path("store/sub")).unwrap();
    fs::write(place.path("store/sub/image"), [0; 4096]).unwrap();

    let opened = open(&place.image("sub/image", ""), &Manner::Open).unwrap();

    let flags = fcntl_getfl(&opened.file).unwrap();
    assert!(flags.contains(OFlags::RDWR));
    assert!(!flags.contains(OFlags::NONBLOCK));
    let read_only = open(&place.image("sub/image", "read_only = true"), &Manner::Open);
    assert!(
        read_only.unwrap_err().is_held(),
        "a writer excludes readers"
    );
    drop(opened);
    let opened = open(&place.image("sub/image", "read_only = true"), &Manner::Open).unwrap();
    assert!(!fcntl_getfl(&opened.file).unwrap().contains(OFlags::RDWR));
}

#[test]
fn no_path_leads_out_of_the_store() {
    let place = Place::new();
    symlink("../outside/image", place.path("store/link")).unwrap();
    symlink("../outside", place.path("store/directory")).unwrap();
    symlink(place.path("store/real"), place.path("store/inner")).unwrap();
    fs::write(place.path("store/real"), b"x").unwrap();
    symlink("dangling-target", place.path("store/dangling")).unwrap();

    for file in ["link", "directory/image", "inner", "dangling"] {
        let error = open(&place.image(file, "size = \"1M\""), &Manner::Open).unwrap_err();
        assert!(matches!(error, OpenError::Escapes), "{file}: {error}");
    }
    assert!(
        !place.path("store/dangling-target").exists(),
        "nothing was made through a link"
    );

    // The configuration refuses ".."; should that ever fail, the kernel does it again.
    let mut image = place.image("x", "");
    image.file = "../outside/image".into();
    assert!(matches!(
        open(&image, &Manner::Open),
        Err(OpenError::Escapes)
    ));
    image.file = place.path("outside/image");
    assert!(matches!(
        open(&image, &Manner::Open),
        Err(OpenError::Escapes)
    ));
}

#[test]
fn only_what_is_configured_is_opened() {
    let place = Place::new();
    fs::create_dir(place.path("store/directory")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.path("store/pipe"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    fs::hard_link(place.path("outside/image"), place.path("store/second-name")).unwrap();

    assert_eq!(
        place.refusal("directory", ""),
        "it is a directory; an image is a regular file"
    );
    assert_eq!(
        place.refusal("pipe", ""),
        "it is a pipe; an image is a regular file"
    );
    assert_eq!(
        place.refusal("second-name", ""),
        "it has 2 names (hard links); an image must have exactly one"
    );
    assert_eq!(
        place.refusal("absent", ""),
        "its file is not there; give it a size, and it will be made"
    );
    assert_eq!(
        place.refusal("absent", "size = \"1M\"\nread_only = true"),
        "its file is not there; give it a size, and it will be made"
    );
}

#[test]
fn the_files_own_label_must_agree() {
    let place = Place::new();
    let file = File::create(place.path("store/image")).unwrap();
    let set = |value: &[u8]| fsetxattr(&file, LABEL_ATTRIBUTE, value, XattrFlags::empty()).unwrap();

    set(b"s0:c2,c1");
    open(&place.image("image", ""), &Manner::Open).unwrap();
    set(b"s0:c1,c3");
    assert_eq!(
        place.refusal("image", ""),
        "its user.labelgate.label attribute is s0:c1,c3, and the configuration says s0:c1,c2"
    );
    for no_label in [&b""[..], b"s0", b"s0:c1,c2\n", b"\xff", &[b'x'; 2000]] {
        set(no_label);
        assert_eq!(
            place.refusal("image", ""),
            "its user.labelgate.label attribute is no label"
        );
    }
}

#[test]
fn a_missing_file_is_made_and_a_small_one_grown_but_none_is_shrunk() {
    let place = Place::new();
    let length = |file: &str| fs::metadata(place.path(file)).unwrap().len();

    drop(open(&place.image("new", "size = \"20G\""), &Manner::Open).unwrap());
    assert_eq!(length("store/new"), 20 << 30);
    let made = fs::metadata(place.path("store/new")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::blocks(&made), 0, "sparse");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&made.permissions()) & 0o777,
        0o600
    );

    drop(open(&place.image("new", "size = \"30G\""), &Manner::Open).unwrap());
    assert_eq!(length("store/new"), 30 << 30);
    drop(open(&place.image("new", "size = \"1G\""), &Manner::Open).unwrap());
    assert_eq!(length("store/new"), 30 << 30);
}

#[test]
fn readers_share_and_writers_do_not() {
    let place = Place::new();
    fs::write(place.path("store/image"), b"x").unwrap();
    let reader = open(&place.image("image", "read_only = true"), &Manner::Open).unwrap();
    let second = open(&place.image("image", "read_only = true"), &Manner::Open).unwrap();

    let refusal = place.refusal("image", "");
    assert_eq!(
        refusal,
        "it is in use by a worker of this gateway that has not ended yet"
    );
    drop((reader, second));
    open(&place.image("image", ""), &Manner::Open).unwrap();
}

#[test]
fn a_lock_taken_by_another_process_is_told_with_its_name() {
    let place = Place::new();
    fs::write(place.path("store/image"), b"x").unwrap();
    let mut other = std::process::Command::new("flock")
        .args(["--exclusive", "--no-fork"])
        .arg(place.path("store/image"))
        .args(["sleep", "60"])
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let refusal = loop {
        match open(&place.image("image", ""), &Manner::Open) {
            Err(error) => break error,
            Ok(_) if Instant::now() > deadline => panic!("flock(1) has not locked the file"),
            Ok(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let expected = format!("it is in use by process {} (", other.id());
    assert!(refusal.to_string().starts_with(&expected), "{refusal}");
    assert!(refusal.is_held());
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn the_lock_lives_as_long_as_any_copy_of_the_descriptor() {
    let place = Place::new();
    fs::write(place.path("store/image"), b"x").unwrap();
    let image = place.image("image", "");
    let opened = open(&image, &Manner::Open).unwrap();
    let copy = opened.file.try_clone().unwrap();
    drop(opened.file);

    assert!(opened.anchor.is_free(&image).unwrap_err().is_held());
    // The anchor follows the file, not its name.
    fs::remove_file(place.path("store/image")).unwrap();
    assert!(opened.anchor.is_free(&image).unwrap_err().is_held());
    drop(copy);
    opened.anchor.is_free(&image).unwrap();
}

#[tokio::test]
async fn an_image_that_is_let_go_in_time_is_opened() {
    let place = Place::new();
    fs::write(place.path("store/image"), b"x").unwrap();
    let image = Arc::new(place.image("image", ""));
    let holder = File::open(place.path("store/image")).unwrap();
    flock(holder.as_fd(), FlockOperation::LockExclusive).unwrap();

    let begin = Instant::now();
    let refused = lock_within(
        Arc::clone(&image),
        Arc::new(Manner::Open),
        Duration::from_millis(200),
    )
    .await;
    assert!(refused.unwrap_err().is_held());
    assert!(begin.elapsed() >= Duration::from_millis(200));

    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(holder);
    };
    let (opened, ()) = tokio::join!(
        lock_within(image, Arc::new(Manner::Open), Duration::from_secs(10)),
        release
    );
    opened.unwrap();
}
