//! MOUNT version 3 (RFC 1813, appendix I): how a client gets its first handle.
//!
//! A client names a directory by a path. In front of a gateway that path begins with a token
//! where the client's address does not say who it is: [`DirPath::split_token`].

mod call;
mod dir_path;
mod dump;
mod export;
#[cfg(test)]
mod fuzz;
mod mnt;
mod mount_stat;

pub use call::{Call, procedure};
pub use dir_path::{DIR_PATH, DirPath, Token};
pub use dump::{MountEntry, MountList};
pub use export::{Export, ExportList};
pub use mnt::{AUTH_FLAVORS, MntReply, Mounted};
pub use mount_stat::MountStat;

/// > PROGRAM 100005 (RFC 1813, 5.1.2)
pub const PROGRAM: u32 = 100_005;

/// > VERSION 3 (RFC 1813, 5.1.2)
///
/// The versions before it give out handles of NFS version 2, which is not served.
pub const VERSION: u32 = 3;

/// The greatest length of a name of a client.
///
/// > const MNTNAMLEN = 255; /* Maximum bytes in a name */ (RFC 1813, 5.1.4)
pub const NAME: usize = 255;
