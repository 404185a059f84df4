//! READDIR and READDIRPLUS.

use super::Attributes;

/// What tells a client's cookies from those of another directory.
pub type CookieVerifier = [u8; 8];

/// How much is said of each entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Its name and number.
    Names,
    /// Its attributes as well.
    Attributes,
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name: any bytes but `/` and NUL.
    pub name: Box<[u8]>,
    /// The number of its inode.
    pub file: u64,
    /// Where a listing goes on after it.
    pub cookie: u64,
    /// With [`Detail::Attributes`], unless it has gone meanwhile or is out of reach.
    pub attributes: Option<Attributes>,
}

/// A piece of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its entries, in their order.
    pub entries: Vec<Entry>,
    /// To be shown with any of the cookies.
    pub verifier: CookieVerifier,
    /// Whether there are no more.
    pub end: bool,
}
