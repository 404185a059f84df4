//! Where a file is, and whose calls are made.

use std::net::{IpAddr, SocketAddr};

use crate::Error;

/// The longest path that is mounted, in bytes (RFC 1813 5.1.1).
const MAX_EXPORT: usize = 1024;
/// The longest name of a file, in bytes, and how many of them a path may have.
pub(crate) const MAX_NAME: usize = 255;
const MAX_NAMES: usize = 16;
/// Where a port mapper is.
const PORT_MAPPER: u16 = 111;

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The server. No name: nobody is asked for addresses.
    pub server: IpAddr,
    /// The port of its NFS; 0 to ask its port mapper.
    pub nfs_port: u16,
    /// The port of its MOUNT; 0 to ask its port mapper.
    pub mount_port: u16,
    /// The directory that it exports, as the server calls it.
    pub export: String,
    /// The file in that directory: plain names with `/` between. No symbolic link is followed.
    pub path: String,
}

/// Whose calls they are: a server believes it (`AUTH_SYS`). There are no further groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user's number on the server.
    pub uid: u32,
    /// The group's number on the server.
    pub gid: u32,
}

impl Address {
    pub(crate) const fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.server, port)
    }

    pub(crate) const fn port_mapper(&self) -> SocketAddr {
        self.at(PORT_MAPPER)
    }

    /// The names on the way to the file.
    pub(crate) fn names(&self) -> Result<Vec<Name>, Error> {
        let names: Result<Vec<_>, _> = self.path.split('/').map(name).collect();
        match names {
            Ok(names) if names.len() <= MAX_NAMES => Ok(names),
            _ => Err(Error::Path("the path")),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let fits = (1..=MAX_EXPORT).contains(&self.export.len());
        if !fits || !self.export.starts_with('/') || self.export.contains('\0') {
            return Err(Error::Path("the exported directory"));
        }
        self.names().map(drop)
    }
}

/// A name that is no way out of a directory, at most [`MAX_NAME`] bytes.
pub(crate) type Name = String;

fn name(text: &str) -> Result<Name, Error> {
    let way_out = matches!(text, "" | "." | "..") || text.contains('\0');
    match way_out || text.len() > MAX_NAME {
        true => Err(Error::Path("the path")),
        false => Ok(text.to_owned()),
    }
}

/// The longest handle in bytes.
pub(crate) const MAX_HANDLE: u32 = 64;

/// What a server calls a file or directory. It means the same as long as there is the file, also
/// after the server was restarted; and never another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handle(Box<[u8]>);

impl Handle {
    /// Nothing if it is none.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        (!bytes.is_empty() && bytes.len() <= MAX_HANDLE as usize).then(|| Self(bytes.into()))
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_else() {
        let address = |export: &str, path: &str| Address {
            server: IpAddr::from([192, 0, 2, 1]),
            nfs_port: 2049,
            mount_port: 0,
            export: export.to_owned(),
            path: path.to_owned(),
        };
        let names = address("/disks", "a/b c/d.raw").names();
        assert_eq!(names, Ok(["a", "b c", "d.raw"].map(str::to_owned).to_vec()));
        let long = "x".repeat(256);
        let deep = ["x"; 17].join("/");
        for path in ["", "/a", "a/", "a//b", ".", "a/../b", "a\0b", &long, &deep] {
            assert!(address("/disks", path).check().is_err(), "{path:?}");
        }
        let long = format!("/{}", "x".repeat(1024));
        for export in ["", "disks", "/a\0b", &long] {
            assert!(address(export, "a").check().is_err(), "{export:?}");
        }
        assert_eq!(address("/", "a").check(), Ok(()));
    }
}
