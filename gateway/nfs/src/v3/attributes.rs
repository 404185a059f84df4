//! The attributes of a file system object: fattr3 and what it is made of (RFC 1813, 2.5).

use super::Time;
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// What kind of object it is.
///
/// > Note that the precise enum encoding must be followed. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum FileType {
    /// NF3REG, a regular file.
    Regular = 1,
    /// NF3DIR, a directory.
    Directory = 2,
    /// NF3BLK, a block special device file.
    Block = 3,
    /// NF3CHR, a character special device file.
    Character = 4,
    /// NF3LNK, a symbolic link.
    SymbolicLink = 5,
    /// NF3SOCK, a socket.
    Socket = 6,
    /// NF3FIFO, a named pipe.
    Fifo = 7,
}

/// The protection mode bits: twelve of them, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(u32);

/// The numbers of a device: specdata3.
///
/// > For a block special (NF3BLK) or character special (NF3CHR) file, specdata1 and specdata2 are
/// > the major and minor device numbers, respectively. [...] For all other file types, these two
/// > elements should either be set to 0 or the values should be agreed upon by the client and
/// > server. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeviceNumber {
    /// specdata1.
    pub major: u32,
    /// specdata2.
    pub minor: u32,
}

/// The attributes of an object: fattr3.
///
/// As an `Option` it is a post_op_attr:
///
/// > This appears to make returning attributes optional. However, server implementors are strongly
/// > encouraged to make best effort to return attributes whenever possible, even when returning an
/// > error. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// > Type is the type of the file.
    pub file_type: FileType,
    /// > Mode is the protection mode bits.
    pub mode: Mode,
    /// > Nlink is the number of hard links to the file - that is, the number of different names for
    /// > the same file.
    pub nlink: u32,
    /// > Uid is the user ID of the owner of the file.
    pub uid: u32,
    /// > Gid is the group ID of the group of the file.
    pub gid: u32,
    /// > Size is the size of the file in bytes.
    pub size: u64,
    /// > Used is the number of bytes of disk space that the file actually uses
    pub used: u64,
    /// > Rdev describes the device file if the file type is NF3CHR or NF3BLK
    pub rdev: DeviceNumber,
    /// > Fsid is the file system identifier for the file system.
    pub fsid: u64,
    /// > Fileid is a number which uniquely identifies the file within its file system
    pub fileid: u64,
    /// > Atime is the time when the file data was last accessed.
    pub atime: Time,
    /// > Mtime is the time when the file data was last modified.
    pub mtime: Time,
    /// > Ctime is the time when the attributes of the file were last changed.
    pub ctime: Time,
}

impl Mode {
    const BITS: u32 = 0o7777;

    /// The mode bits of `bits`; what else is in there, such as a file type, is no part of a mode.
    ///
    /// > The mode field no longer contains file type information. (RFC 1813 1.7)
    #[must_use]
    pub const fn new(bits: u32) -> Self {
        Self(bits & Self::BITS)
    }

    /// The bits, at most 0o7777.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl Attributes {
    /// How many bytes they are on the wire.
    pub const LENGTH: usize = 84;
}

impl Decode<'_> for Mode {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self::new(d.u32()?))
    }
}

impl Decode<'_> for DeviceNumber {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            major: d.u32()?,
            minor: d.u32()?,
        })
    }
}

impl Encode for FileType {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(*self as u32);
    }
}

impl Encode for Mode {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.0);
    }
}

impl Encode for DeviceNumber {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.major);
        e.u32(self.minor);
    }
}

impl Encode for Attributes {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.file_type);
        e.item(&self.mode);
        e.u32(self.nlink);
        e.u32(self.uid);
        e.u32(self.gid);
        e.u64(self.size);
        e.u64(self.used);
        e.item(&self.rdev);
        e.u64(self.fsid);
        e.u64(self.fileid);
        e.item(&self.atime);
        e.item(&self.mtime);
        e.item(&self.ctime);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{ATTRIBUTES, ATTRIBUTES_BYTES, hex};
    use super::*;

    #[test]
    fn attributes_are_laid_out_as_in_the_standard() {
        let bytes = ATTRIBUTES.to_bytes();

        assert_eq!(bytes, hex(ATTRIBUTES_BYTES));
        assert_eq!(bytes.len(), Attributes::LENGTH);
    }

    #[test]
    fn attributes_that_could_not_be_had_are_not_there() {
        assert_eq!(
            Some(ATTRIBUTES).to_bytes(),
            hex(&format!("00000001 {ATTRIBUTES_BYTES}"))
        );
        assert_eq!(None::<Attributes>.to_bytes(), hex("00000000"));
    }

    #[test]
    fn file_types_have_the_numbers_of_the_standard() {
        assert_eq!(FileType::Regular.to_bytes(), hex("00000001"));
        assert_eq!(FileType::Directory.to_bytes(), hex("00000002"));
        assert_eq!(FileType::SymbolicLink.to_bytes(), hex("00000005"));
        assert_eq!(FileType::Fifo.to_bytes(), hex("00000007"));
    }

    #[test]
    fn a_mode_holds_no_file_type() {
        assert_eq!(Mode::new(0o104_755), Mode::new(0o4_755));
        assert_eq!(Mode::decode_all(&hex("ffffffff")).unwrap().bits(), 0o7777);
    }
}
