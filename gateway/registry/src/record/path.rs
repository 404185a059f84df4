//! Paths of stores and of images in them.

use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

use labelgate_control::Text;

/// The longest path in bytes: PATH_MAX with the byte that ends it.
const LONGEST: usize = 4095;

/// Why a text is no path of a store or an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A store's path must not depend on where the gateway was started.
    #[error("the store's path is not absolute; begin it with \"/\"")]
    Relative,
    /// `..` would lead out of where it begins, `.` and `//` would be a second name for one file.
    #[error("the path is not plain; write it without \".\", \"..\", doubled or trailing slashes")]
    NotPlain,
    /// An image's file is below its store.
    #[error("the image's file is not below its store; write it relative to the store's path")]
    Absolute,
    /// Too long, or with characters that cannot be shown.
    #[error("the path has {0}")]
    Text(#[from] labelgate_control::Refused),
}

/// The directory of a store: absolute, at most 4095 bytes of printable UTF-8, and the only way to
/// write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath(String);

/// Where an image is below its store: plain components only, and the only way to write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageFile(String);

impl StorePath {
    /// The directory.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl ImageFile {
    /// The path below the store.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }
}

/// Whether a text is what its plain components, put together again, give.
fn is_plain(text: &str) -> bool {
    let components = Path::new(text).components();
    let plain = |component| matches!(component, Component::Normal(_));
    !text.is_empty()
        && components.clone().all(plain)
        && components.collect::<std::path::PathBuf>().as_os_str() == text
}

impl FromStr for StorePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Text::<LONGEST>::new(text)?;
        let below_root = text.strip_prefix('/').ok_or(PathError::Relative)?;
        if !is_plain(below_root) {
            return Err(PathError::NotPlain);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for ImageFile {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Text::<LONGEST>::new(text)?;
        if text.starts_with('/') {
            return Err(PathError::Absolute);
        }
        if !is_plain(text) {
            return Err(PathError::NotPlain);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for ImageFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

super::serde_as_text!(StorePath);
super::serde_as_text!(ImageFile);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_spelling_and_stays_below_its_store() {
        for wrong in [
            "", ".", "..", "a/..", "a//b", "a/", "./a", "a/./b", "/a", "a\nb", "a\0b",
        ] {
            assert!(wrong.parse::<ImageFile>().is_err(), "{wrong:?}");
        }
        for right in ["a", "a/b.img", "..a", "été"] {
            assert!(right.parse::<ImageFile>().is_ok(), "{right:?}");
        }
    }

    #[test]
    fn a_store_is_absolute_and_not_the_root() {
        for wrong in ["", "/", "//a", "/a/", "/a/../b", "a", "/a//b", "/./a"] {
            assert!(wrong.parse::<StorePath>().is_err(), "{wrong:?}");
        }
        assert!("/srv/vms".parse::<StorePath>().is_ok());
        assert!(
            format!("/{}", "a".repeat(4095))
                .parse::<StorePath>()
                .is_err()
        );
    }
}
