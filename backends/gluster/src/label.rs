//! The label that the volume has of an image.

use std::ffi::CStr;

use crate::Error;
use crate::call::{check, errno};
use crate::image::File;

/// What SELinux keeps a file's label in; bricks keep it under a name of their own.
const NAME: &CStr = c"security.selinux";

/// The longest label that is read, in bytes.
const LONGEST: usize = 4096;

impl File {
    /// Sees that the volume has this label of the file, which is at this path: sets it if there is
    /// none and it may be set, and refuses the file if there is another one.
    pub(crate) fn agree(&self, path: &CStr, label: &str, read_only: bool) -> Result<(), Error> {
        match self.label(path)? {
            Some(there) if there == label => Ok(()),
            Some(there) => Err(Error::Label {
                there,
                here: label.to_owned(),
            }),
            None if read_only => Ok(()),
            None => self.set_label(label),
        }
    }

    /// The label that the volume has. It is asked for by the path: by an open file, Gluster 10 answers
    /// that there is none.
    fn label(&self, path: &CStr) -> Result<Option<String>, Error> {
        const DOING: &str = "asking for the file's label";
        let mut value = vec![0_u8; LONGEST];
        let ask = self.volume.api().glfs_getxattr;
        let (fs, name, room) = (self.volume.fs(), NAME.as_ptr(), value.len());
        // SAFETY: the texts are there, and no more is written than there is room for.
        let length = unsafe { ask(fs, path.as_ptr(), name, value.as_mut_ptr().cast(), room) };
        if length < 0 && errno() == libc::ENODATA {
            return Ok(None);
        }
        let length = usize::try_from(check(DOING, length as i64)?).unwrap_or(LONGEST);
        value.truncate(length);
        // It is kept with the 0 behind it, or without.
        let text = value.strip_suffix(b"\0").unwrap_or(&value);
        Ok(Some(String::from_utf8_lossy(text).into_owned()))
    }

    fn set_label(&self, label: &str) -> Result<(), Error> {
        let value = crate::call::text("the label", label)?;
        let value = value.as_bytes_with_nul();
        let set = self.volume.api().glfs_fsetxattr;
        let (name, bytes) = (NAME.as_ptr(), value.as_ptr().cast());
        // SAFETY: the file is open, and both texts are there.
        let set = unsafe { set(self.fd, name, bytes, value.len(), 0) };
        check("setting the file's label", set.into()).map(drop)
    }
}
