//! Images as they are written on the command line.

use std::fmt;
use std::str::FromStr;

use labelgate_api::{ImageName, ImagePath, NameError, StoreName};

/// An image as it is written: `STORE/IMAGE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageArgument {
    pub(crate) store: StoreName,
    pub(crate) image: ImageName,
}

/// Why a text is no image.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageArgumentError {
    #[error("write an image as STORE/IMAGE, such as vms/web-1")]
    Form,
    #[error(transparent)]
    Name(#[from] NameError),
}

impl FromStr for ImageArgument {
    type Err = ImageArgumentError;

    fn from_str(text: &str) -> Result<Self, ImageArgumentError> {
        let (store, image) = text.split_once('/').ok_or(ImageArgumentError::Form)?;
        Ok(Self {
            store: store.parse()?,
            image: image.parse()?,
        })
    }
}

impl fmt::Display for ImageArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.image)
    }
}

impl From<ImageArgument> for ImagePath {
    fn from(ImageArgument { store, image }: ImageArgument) -> Self {
        Self { store, image }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_its_store_and_its_name() {
        let image: ImageArgument = "vms/web-1.data".parse().unwrap();
        assert_eq!(image.to_string(), "vms/web-1.data");
        for wrong in ["", "vms", "vms/", "/web", "vms/a/b", "vms/Web", "../web"] {
            assert!(wrong.parse::<ImageArgument>().is_err(), "{wrong}");
        }
    }
}
