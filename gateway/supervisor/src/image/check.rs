//! Whether an opened file may be served as the image it is configured to be.

use std::io;
use std::os::fd::BorrowedFd;

use labelgate_mac::selinux::ContextError;
use labelgate_mac::{Context, Label};
use rustix::fs::{AtFlags, FileType, Stat, StatxFlags, fgetxattr, statx};
use rustix::io::Errno;

use crate::config::{Audience, Image};

/// The extended attribute that holds an image file's label.
pub const LABEL_ATTRIBUTE: &str = "user.labelgate.label";

/// Why a file is not served.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It is something else than a file: a directory, a socket, a device.
    #[error("it is {found}; an image is a regular file")]
    Type {
        /// What it is.
        found: &'static str,
    },
    /// Its file system does direct I/O only in larger blocks, or not at all.
    #[error(
        "its file system does direct I/O in blocks of {alignment} bytes, and block_size is {block_size}; \
         set block_size = 4096 if that is enough, or direct = false"
    )]
    Direct {
        /// What direct I/O wants, in bytes.
        alignment: u32,
        /// What is configured.
        block_size: u32,
    },
    /// It has more than one name: someone may have linked another label's file into the store.
    #[error("it has {links} names (hard links); an image must have exactly one")]
    Links {
        /// How many.
        links: u64,
    },
    /// Its label attribute holds another label.
    #[error(
        "its {LABEL_ATTRIBUTE} attribute is {attribute}, and the configuration says {configured}"
    )]
    OtherLabel {
        /// What the attribute says.
        attribute: Box<Label>,
        /// What the configuration says.
        configured: Box<Audience>,
    },
    /// Its label attribute holds no label.
    #[error("its {LABEL_ATTRIBUTE} attribute is no label")]
    NoLabel,
    /// Its SELinux context is another than the image's.
    #[error("its file has the context {context}, and the image needs {expected}; {mend}")]
    Context {
        /// What it has.
        context: Box<Context>,
        /// What it must have; the user and the role do not matter.
        expected: Box<Context>,
        /// What to do.
        mend: String,
    },
    /// Its SELinux context is not known.
    #[error("{0}")]
    NoContext(ContextError),
    /// Its label attribute cannot be read.
    #[error("its {LABEL_ATTRIBUTE} attribute cannot be read: {0}")]
    Attribute(io::Error),
}

/// Whether a file of this status is what the configuration says it is.
pub(super) fn check_type(stat: &Stat) -> Result<(), Unfit> {
    let found = FileType::from_raw_mode(stat.st_mode);
    if found != FileType::RegularFile {
        return Err(Unfit::Type {
            found: describe(found),
        });
    }
    if stat.st_nlink != 1 {
        #[allow(
            clippy::useless_conversion,
            reason = "st_nlink is u32 on some architectures"
        )]
        let links = u64::from(stat.st_nlink);
        return Err(Unfit::Links { links });
    }
    Ok(())
}

const fn describe(file_type: FileType) -> &'static str {
    match file_type {
        FileType::RegularFile => "a regular file",
        FileType::BlockDevice => "a block device",
        FileType::Directory => "a directory",
        FileType::CharacterDevice => "a character device",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::Unknown => "something unknown",
    }
}

/// Whether direct I/O can be done in the image's blocks. The worker, which may not call `statx`,
/// relies on it. A kernel that does not say (before 6.1) is taken to be content.
pub(super) fn check_direct(image: &Image, file: BorrowedFd<'_>) -> Result<(), Unfit> {
    if !image.direct {
        return Ok(());
    }
    let answer = statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::DIOALIGN);
    let said = answer
        .ok()
        .filter(|x| x.stx_mask & StatxFlags::DIOALIGN.bits() != 0);
    let alignment = said.map_or(1, |x| x.stx_dio_offset_align);
    let block_size = image.block_size;
    if alignment == 0 || alignment > block_size {
        return Err(Unfit::Direct {
            alignment,
            block_size,
        });
    }
    Ok(())
}

/// Whether the file's own word about its label, if it has one, agrees with the configuration's.
pub(super) fn check_label(image: &Image, file: BorrowedFd<'_>) -> Result<(), Unfit> {
    // One byte more than any label, so that a longer value is seen as such.
    let mut value = [0; labelgate_control::MAX_LABEL + 1];
    let length = match fgetxattr(file, LABEL_ATTRIBUTE, &mut value) {
        Ok(length) => length,
        // Absent, or a file system (or device node) that has none: the configuration decides.
        Err(Errno::NODATA | Errno::OPNOTSUPP) => return Ok(()),
        Err(Errno::RANGE) => return Err(Unfit::NoLabel),
        Err(error) => return Err(Unfit::Attribute(error.into())),
    };
    let text = value
        .get(..length)
        .and_then(|value| std::str::from_utf8(value).ok());
    let attribute = text.and_then(|text| text.parse::<Label>().ok());
    match attribute {
        None => Err(Unfit::NoLabel),
        Some(attribute) if Some(&attribute) == image.audience.label() => Ok(()),
        Some(attribute) => Err(Unfit::OtherLabel {
            attribute: Box::new(attribute),
            configured: Box::new(image.audience.clone()),
        }),
    }
}
