//! Images that the supervisor may not open: found, judged by their SELinux context, labelled, given
//! to their worker's UID, and handed over by their path.
//!
//! Root may write `security.selinux` where no SELinux is; what the kernel makes of it is shown in
//! the enforcing guest.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use labelgate_control::Handed;
use labelgate_supervisor::config::{Config, Image};
use labelgate_supervisor::image::{Manner, OpenError, Witness, adopt, note_label, open};
use rustix::fs::{FlockOperation, OFlags, XattrFlags, fcntl_getfl, flock, getxattr, setxattr};
use tempfile::TempDir;

const OWNER: u32 = 2_100_000_077;
const OWN: &str = "system_u:object_r:labelgate_image_t:s0:c1,c2";

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("image")
    }

    /// Makes the file, with a context.
    fn with(context: Option<&str>) -> Self {
        let place = Self::new();
        fs::write(place.path(), [0; 4096]).unwrap();
        if let Some(context) = context {
            place.set(context);
        }
        place
    }

    fn set(&self, context: &str) {
        let value = format!("{context}\0");
        let set = setxattr(
            self.path(),
            "security.selinux",
            value.as_bytes(),
            XattrFlags::empty(),
        );
        set.expect("labelling files needs root");
    }

    fn context(&self) -> String {
        let mut value = [0; 256];
        let length = getxattr(self.path(), "security.selinux", &mut value).unwrap();
        let text = String::from_utf8(value[..length].to_vec()).unwrap();
        text.trim_end_matches('\0').to_owned()
    }

    fn image(&self, keys: &str) -> Image {
        let text = format!(
            "[[store]]\nname = \"s\"\npath = {:?}\n\
             [[image]]\nname = \"i\"\nstore = \"s\"\nlabel = \"s0:c1,c2\"\nfile = \"image\"\n{keys}",
            self.0.path()
        );
        let config = Config::parse(&text, Path::new("test")).unwrap();
        Image::clone(&config.images[0])
    }

    fn refusal(&self) -> String {
        open(&self.image(""), &manner()).unwrap_err().to_string()
    }
}

fn manner() -> Manner {
    Manner::Path {
        context: Box::new(OWN.parse().unwrap()),
        owner: Some(OWNER),
    }
}

#[test]
fn an_image_is_handed_over_by_its_path_and_given_to_its_worker() {
    let place = Place::with(Some(OWN));
    let opened = open(&place.image(""), &manner()).unwrap();
    assert_eq!(opened.handed, Handed::Path);
    assert!(fcntl_getfl(&opened.file).unwrap().contains(OFlags::PATH));
    let status = fs::metadata(place.path()).unwrap();
    assert_eq!((status.uid(), status.gid()), (OWNER, OWNER));
    let Some(witness @ Witness::Directory(_)) = opened.witness else {
        panic!("an image that is written has a witness, which does not open it");
    };
    witness.ask().unwrap();
}

#[test]
fn users_and_roles_of_files_decide_nothing() {
    let place = Place::with(Some("unconfined_u:object_r:labelgate_image_t:s0:c1,c2"));
    open(&place.image(""), &manner()).unwrap();
}

#[test]
fn another_context_is_refused_with_what_mends_it() {
    for context in [
        "system_u:object_r:labelgate_image_t:s0",
        "system_u:object_r:labelgate_image_t:s0:c1",
        "system_u:object_r:labelgate_image_t:s0:c1.c3",
        "system_u:object_r:labelgate_image_t:s0:c3,c4",
        "system_u:object_r:labelgate_image_t:s0:c0.c1023",
        "system_u:object_r:labelgate_image_t:s0-s0:c1,c2",
        "system_u:object_r:labelgate_image_t:s0:c1,c2-s0:c1.c3",
        "system_u:object_r:svirt_image_t:s0:c1,c2",
        "system_u:object_r:labelgate_content_t:s0",
    ] {
        let place = Place::with(Some(context));
        let refusal = place.refusal();
        assert!(refusal.contains(context), "{refusal}");
        let mend = "labelgate image label s/i s0:c1,c2";
        assert!(refusal.contains(mend), "{refusal}");
        let status = fs::metadata(place.path()).unwrap();
        assert_ne!(status.uid(), OWNER, "{context}: it is not given away");
    }
}

#[test]
fn no_context_and_one_that_is_not_understood_are_refused() {
    for context in [
        None,
        Some("nonsense"),
        Some("system_u:object_r:labelgate_image_t"),
    ] {
        let refusal = Place::with(context).refusal();
        assert!(refusal.contains("SELinux context"), "{refusal}");
    }
}

#[test]
fn the_attribute_of_the_other_provider_is_not_asked() {
    let place = Place::with(Some(OWN));
    let other = b"s0:c3,c4";
    setxattr(
        place.path(),
        "user.labelgate.label",
        other,
        XattrFlags::empty(),
    )
    .unwrap();
    open(&place.image(""), &manner()).unwrap();
}

#[test]
fn who_holds_it_keeps_it_and_is_seen_to_let_go() {
    let place = Place::with(Some(OWN));
    let image = place.image("");
    let worker = File::open(place.path()).unwrap();
    flock(&worker, FlockOperation::NonBlockingLockExclusive).unwrap();
    let held = open(&image, &manner()).unwrap_err();
    assert!(held.is_held(), "{held}");
    drop(worker);

    let opened = open(&image, &manner()).unwrap();
    opened.anchor.is_free(&image).unwrap();
    let worker = File::open(place.path()).unwrap();
    flock(&worker, FlockOperation::NonBlockingLockShared).unwrap();
    assert!(opened.anchor.is_free(&image).unwrap_err().is_held());
    fs::remove_file(place.path()).unwrap();
    assert!(opened.anchor.is_free(&image).unwrap_err().is_held());
    drop(worker);
    opened.anchor.is_free(&image).unwrap();
}

#[test]
fn a_second_name_keeps_it_from_being_served_and_from_being_labelled() {
    let place = Place::with(Some("system_u:object_r:labelgate_image_t:s0:c3,c4"));
    fs::hard_link(place.path(), place.0.path().join("second")).unwrap();
    let refused = note_label(&place.image(""), &manner()).unwrap_err();
    assert!(matches!(refused, OpenError::Unfit(_)), "{refused}");
    assert!(place.context().ends_with("s0:c3,c4"));
    assert!(place.refusal().contains("hard links"));
}

#[test]
fn a_label_is_put_on_the_very_file() {
    let place = Place::with(Some("system_u:object_r:labelgate_image_t:s0"));
    note_label(&place.image(""), &manner()).unwrap();
    assert_eq!(place.context(), OWN);
    open(&place.image(""), &manner()).unwrap();
}

#[test]
fn a_file_that_is_nobodys_image_is_taken_in_and_an_image_is_not() {
    let place = Place::with(Some("system_u:object_r:svirt_image_t:s0"));
    adopt(&place.image(""), &manner()).unwrap();
    assert_eq!(place.context(), OWN);

    let others = "system_u:object_r:labelgate_image_t:s0:c3,c4";
    let place = Place::with(Some(others));
    adopt(&place.image(""), &manner()).unwrap();
    assert_eq!(place.context(), others);
    assert!(place.refusal().contains(others));
}

#[test]
fn content_is_opened_here_and_must_be_content() {
    let context = "system_u:object_r:labelgate_content_t:s0";
    let manner = Manner::Content {
        context: Box::new(context.parse().unwrap()),
        draft: Box::new("system_u:object_r:labelgate_draft_t:s0".parse().unwrap()),
    };
    let place = Place::with(Some(context));
    let image = place.image("read_only = true");
    let opened = open(&image, &manner).unwrap();
    assert_eq!(opened.handed, Handed::Opened);
    assert!(!fcntl_getfl(&opened.file).unwrap().contains(OFlags::PATH));
    place.set(OWN);
    assert!(open(&image, &manner).is_err());
}
