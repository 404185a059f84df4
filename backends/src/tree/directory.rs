//! READDIR and READDIRPLUS.

use std::os::fd::OwnedFd;

use nix::unistd::AccessFlags;
use rustix::fs::{OFlags, RawDir, SeekFrom};
use rustix::io::Errno;

use super::resolve::open_beneath;
use super::{Attributes, CookieVerifier, Detail, Node, Tree, TreeError};

/// An entry of a directory.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Its name: any bytes but `/` and NUL.
    pub name: &'a [u8],
    /// The number of its inode.
    pub file: u64,
    /// Where a listing goes on after it.
    pub cookie: u64,
    /// With [`Detail::Attributes`], unless it has gone meanwhile or is out of reach.
    pub attributes: Option<Attributes>,
}

/// What a listing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// To be shown with any of the cookies.
    pub verifier: CookieVerifier,
    /// Whether the last entry was taken.
    pub end: bool,
}

/// An entry as the directory has it.
struct Listed {
    name: Vec<u8>,
    file: u64,
    cookie: u64,
}

impl Tree {
    /// Lists a directory from a cookie on (0: from the start), `.` and `..` included. `take` says
    /// whether it has taken an entry; the first one that it has not ends the listing.
    ///
    /// Cookies are the file system's: an entry that stays is met exactly once, whatever is added
    /// and removed meanwhile, also after a restart.
    ///
    /// # Errors
    /// See [`TreeError`]; [`TreeError::BadCookie`] for a cookie with another directory's verifier.
    pub fn list(
        &mut self,
        directory: Node,
        (cookie, verifier): (u64, CookieVerifier),
        detail: Detail,
        mut take: impl FnMut(&Entry<'_>) -> bool,
    ) -> Result<Listing, TreeError> {
        let located = self.locate_directory(directory)?;
        let mine = verifier_of(directory);
        if cookie != 0 && verifier != mine {
            return Err(TreeError::BadCookie);
        }
        // Not by opening it as the caller, who might read it but go nowhere from there.
        let asks = self.caller.is_some();
        if asks && !self.is_allowed(&located, AccessFlags::R_OK)? {
            return Err(TreeError::Access);
        }
        let opened = open_beneath(&located, b".", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let shown = !asks || self.is_allowed(&located, AccessFlags::X_OK)?;
        let mut from = cookie;
        loop {
            let piece = self.piece(&opened, from)?;
            let Some(last) = piece.last() else {
                return Ok(Listing {
                    verifier: mine,
                    end: true,
                });
            };
            from = last.cookie;
            for listed in &piece {
                let detail = if shown { detail } else { Detail::Names };
                let entry = self.entry(directory, &opened, listed, detail);
                if !take(&entry) {
                    return Ok(Listing {
                        verifier: mine,
                        end: false,
                    });
                }
            }
        }
    }

    /// The entries from a cookie on, as many as fit; none at the end.
    fn piece(&mut self, directory: &OwnedFd, cookie: u64) -> Result<Vec<Listed>, TreeError> {
        match rustix::fs::seek(directory, SeekFrom::Start(cookie)) {
            Err(Errno::INVAL | Errno::OVERFLOW) => return Err(TreeError::BadCookie),
            answer => answer?,
        };
        let mut entries = RawDir::new(directory, self.buffer.spare_capacity_mut());
        let mut piece = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry?;
            piece.push(Listed {
                name: entry.file_name().to_bytes().to_vec(),
                file: entry.ino(),
                cookie: entry.next_entry_cookie(),
            });
            if entries.is_buffer_empty() {
                break;
            }
        }
        Ok(piece)
    }

    fn entry<'a>(
        &mut self,
        directory: Node,
        opened: &OwnedFd,
        listed: &'a Listed,
        detail: Detail,
    ) -> Entry<'a> {
        let attributes = match (&*listed.name, detail) {
            (b"..", _) => self.above(directory).ok(),
            (_, Detail::Names) => None,
            (b".", _) => self.observe(opened, b"").ok(),
            (name, _) => self.observe(opened, name).ok().inspect(|attributes| {
                self.remember(attributes.node, directory, name);
            }),
        };
        Entry {
            name: &listed.name,
            // What is above the root is nobody's business.
            file: attributes.map_or(listed.file, |attributes| attributes.node.inode),
            cookie: listed.cookie,
            attributes: attributes.filter(|_| detail == Detail::Attributes),
        }
    }
}

/// A directory's verifier is the same as long as it lives: cookies do not change.
fn verifier_of(directory: Node) -> CookieVerifier {
    let mixed = directory.inode ^ (u64::from(directory.generation) << 32);
    // Not zero, which is what a client sends that has none.
    mixed.max(1).to_be_bytes()
}
