//! Anchors: small files that say where an image is which is no file here, and what opens it.
//!
//! One is made under another name, with its content, its owner and, where SELinux enforces, its
//! label, before it gets its own. The supervisor never reads one.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, Permissions, remove_file, rename, set_permissions};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use labelgate_control::{Anchor, AnchorError, Handed};
use labelgate_mac::Context;
use labelgate_mac::selinux::{file_context, relabel};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::config::Image;
use crate::image::{give_to, make_at, open_directory};

/// The directory of all of them, in the state directory.
const DIRECTORY: &str = "anchors";

/// Why an anchor cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AnchorFailure {
    /// The operating system says no.
    #[error("its anchor {path}: {error}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// It cannot be written down.
    #[error("its anchor: {0}")]
    Text(#[from] AnchorError),
    /// Somebody has given it another label, and that holds until he takes it back.
    #[error(transparent)]
    Relabelled(#[from] Box<Relabelled>),
}

/// An anchor has a label that the gateway has not given it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "its anchor {path} was relabelled to {is}, so nobody has access to the image; to give it back: chcon {expected} {path}",
    path = path.display()
)]
pub struct Relabelled {
    path: PathBuf,
    is: String,
    expected: Context,
}

/// Who may open an anchor.
#[derive(Debug, Clone)]
pub struct Opener {
    /// The keeper's UID, unless it has the supervisor's.
    pub uid: Option<u32>,
    /// What the file is labelled with while it is made and when it is done, where SELinux enforces.
    pub contexts: Option<(Context, Context)>,
}

/// Where the anchors of a gateway are.
#[derive(Debug, Clone)]
pub struct Anchors {
    directory: PathBuf,
}

impl Anchors {
    /// In this state directory. Those of an earlier gateway are removed: the keys in them have been
    /// taken back, or will be before the label is served.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn open(state_dir: &Path) -> io::Result<Self> {
        let directory = state_dir.join(DIRECTORY);
        for store in entries(&directory)? {
            for anchor in entries(&store)? {
                remove_file(anchor)?;
            }
        }
        Ok(Self { directory })
    }

    /// Where an image's is.
    #[must_use]
    pub fn path_of(&self, image: &Image) -> PathBuf {
        self.directory
            .join(&image.store.name)
            .join(format!("{}.anchor", image.name))
    }

    /// Writes an image's, in place of the one that may be there.
    ///
    /// # Errors
    /// [`AnchorFailure`]. Nothing of what was to be written is in it.
    pub fn write(
        &self,
        image: &Image,
        anchor: &Anchor,
        opener: &Opener,
    ) -> Result<(), AnchorFailure> {
        let text = Zeroizing::new(anchor.to_text()?);
        let path = self.path_of(image);
        let failed = |error| AnchorFailure::Io {
            path: path.clone(),
            error,
        };
        let parent = path.parent().unwrap_or(&self.directory);
        make_directory(parent).map_err(failed)?;
        if let Some((_, label)) = &opener.contexts {
            self.check(image, label)?;
        }
        let mut unfinished = OsString::from(".");
        unfinished.push(path.file_name().unwrap_or_default());
        let unfinished = parent.join(unfinished);
        let written = make(&unfinished, text.as_bytes(), opener);
        let placed = written.and_then(|()| rename(&unfinished, &path));
        placed.map_err(|error| {
            let _ = remove_file(&unfinished);
            failed(error)
        })
    }

    /// The directory of those of a store, for a keeper that opens them itself.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn directory_of(&self, store: &str) -> io::Result<OwnedFd> {
        let directory = self.directory.join(store);
        make_directory(&directory)?;
        open_directory(&directory)
    }

    /// Opens an image's for its keeper: for reading, or where the keeper is to open it itself, not
    /// at all.
    ///
    /// # Errors
    /// It is gone.
    pub fn open_for(&self, image: &Image, handed: Handed) -> io::Result<OwnedFd> {
        let flags = match handed {
            Handed::Opened => OFlags::RDONLY,
            Handed::Path => OFlags::PATH,
        };
        let path = self.path_of(image);
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(open(path, flags, Mode::empty())?)
    }

    /// Whether an image's still has the label that it was given, if it is there.
    ///
    /// # Errors
    /// [`Relabelled`]: it has another, or none that can be read.
    pub fn check(&self, image: &Image, expected: &Context) -> Result<(), Box<Relabelled>> {
        let path = self.path_of(image);
        let flags = OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let is = match open(path.as_path(), flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => format!("what cannot be read ({error})"),
            Ok(leads) => match file_context(leads.as_fd()) {
                Ok(is) if is == *expected => return Ok(()),
                Ok(is) => is.to_string(),
                Err(error) => format!("what cannot be read ({error})"),
            },
        };
        let expected = expected.clone();
        Err(Box::new(Relabelled { path, is, expected }))
    }

    /// Removes an image's, if it has one, and if it has this label, where labels are enforced: one that
    /// somebody has relabelled says that nobody shall have the image.
    pub fn remove(&self, image: &Image, expected: Option<&Context>) {
        if let Some(expected) = expected
            && let Err(relabelled) = self.check(image, expected)
        {
            return tracing::warn!("image {image}: {relabelled}");
        }
        let path = self.path_of(image);
        if let Err(error) = remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{}: cannot be removed: {error}", path.display());
        }
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// What is in a directory; nothing, if it is not there.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match directory.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read?.map(|entry| Ok(entry?.path())).collect(),
    }
}

/// Makes the file with all that it is to have but its name.
fn make(path: &Path, text: &[u8], opener: &Opener) -> io::Result<()> {
    match remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let new = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut file = match &opener.contexts {
        None => {
            let new = new | OFlags::CREATE | OFlags::EXCL;
            File::from(open(path, new, Mode::RUSR | Mode::WUSR)?)
        }
        Some((draft, _)) => {
            let directory = open_directory(path.parent().unwrap_or(path))?;
            let name = path.file_name().unwrap_or_default();
            make_at(directory.as_fd(), name, draft)?;
            File::from(open(path, new, Mode::empty())?)
        }
    };
    file.write_all(text)?;
    file.sync_all()?;
    drop(file);
    let leads = open(
        path,
        OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW,
        Mode::empty(),
    )?;
    // The policy lets nobody change the mode of a draft.
    if let Some((_, anchor)) = &opener.contexts {
        relabel(leads.as_fd(), anchor)?;
    }
    set_permissions(path, Permissions::from_mode(0o400))?;
    if let Some(uid) = opener.uid {
        give_to(leads.as_fd(), uid)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::config::Config;
    use labelgate_control::{RbdAnchor, Secret, Text};

    fn image() -> std::sync::Arc<Image> {
        let text = "[[store]]\nname = \"s\"\npath = \"/s\"\n[[image]]\nname = \"web\"\n\
                    store = \"s\"\nfile = \"web\"\nlabel = \"s0:c1,c2\"\n";
        Config::parse(text, Path::new("test"))
            .unwrap()
            .images
            .remove(0)
    }

    fn anchor(key: &str) -> Anchor {
        Anchor::Rbd(RbdAnchor {
            monitors: Text::clean("10.0.0.1"),
            pool: Text::clean("vms"),
            namespace: Text::default(),
            image: Text::clean("web"),
            entity: Text::clean("labelgate.x"),
            key: Secret::new(key).unwrap(),
        })
    }

    #[test]
    fn an_anchor_is_its_keepers_alone_and_replaced_as_a_whole() {
        let state = tempfile::tempdir().unwrap();
        let anchors = Anchors::open(state.path()).unwrap();
        let image = image();
        let opener = Opener {
            uid: rustix::process::geteuid()
                .is_root()
                .then_some(1_900_000_123),
            contexts: None,
        };
        for key in ["first", "second"] {
            anchors.write(&image, &anchor(key), &opener).unwrap();
            let file = anchors.open_for(&image, Handed::Opened).unwrap();
            let metadata = anchors.path_of(&image).metadata().unwrap();
            assert_eq!(metadata.mode() & 0o7777, 0o400);
            if let Some(uid) = opener.uid {
                assert_eq!((metadata.uid(), metadata.gid()), (uid, uid));
            }
            let mut text = String::new();
            File::from(file).read_to_string(&mut text).unwrap();
            assert_eq!(Anchor::parse(&text).unwrap(), anchor(key));
        }
        let directory = anchors.path_of(&image);
        let directory = directory.parent().unwrap();
        assert_eq!(
            directory.read_dir().unwrap().count(),
            1,
            "nothing else is left"
        );
        assert_eq!(directory.metadata().unwrap().mode() & 0o777, 0o700);
        anchors.remove(&image, None);
        assert!(anchors.open_for(&image, Handed::Opened).is_err());
    }

    #[test]
    fn those_of_an_earlier_gateway_are_gone() {
        let state = tempfile::tempdir().unwrap();
        let opener = Opener {
            uid: None,
            contexts: None,
        };
        let anchors = Anchors::open(state.path()).unwrap();
        anchors.write(&image(), &anchor("key"), &opener).unwrap();
        Anchors::open(state.path()).unwrap();
        assert!(!anchors.path_of(&image()).exists());
    }
}
