//! Stores that are directories of upstream NFS servers, as they are said on the command line.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU16;

use clap::Args;
use labelgate_api::Backend;

/// A directory of an upstream NFS server.
#[derive(Debug, Args)]
pub(crate) struct NfsStore {
    /// Add a directory that an upstream NFS server exports, whose files are served.
    #[arg(long, requires_all = ["server", "export", "uid", "gid"], conflicts_with_all = ["rbd", "gluster", "iscsi"])]
    pub(crate) nfs: bool,
    /// The server's IP address.
    #[arg(long, requires = "nfs", value_name = "ADDRESS")]
    server: Option<IpAddr>,
    /// The directory, as the server exports it.
    #[arg(long, requires = "nfs", value_name = "PATH")]
    export: Option<String>,
    /// The port of its NFS, if its port mapper is not to be asked.
    #[arg(long, requires = "nfs", value_name = "PORT")]
    nfs_port: Option<NonZeroU16>,
    /// The port of its MOUNT, if its port mapper is not to be asked.
    #[arg(long, requires = "nfs", value_name = "PORT")]
    mount_port: Option<NonZeroU16>,
    /// Whose files they are on the server.
    #[arg(long, requires = "nfs", value_name = "NUMBER")]
    uid: Option<u32>,
    /// Their group on the server.
    #[arg(long, requires = "nfs", value_name = "NUMBER")]
    gid: Option<u32>,
}

impl NfsStore {
    pub(crate) fn backend(self) -> Backend {
        // Those that are needed are there: clap has seen to it.
        Backend::Nfs {
            server: self.server.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            export: self.export.unwrap_or_default(),
            nfs_port: self.nfs_port,
            mount_port: self.mount_port,
            uid: self.uid.unwrap_or_default(),
            gid: self.gid.unwrap_or_default(),
        }
    }
}
