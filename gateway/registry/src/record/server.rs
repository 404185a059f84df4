//! What files of an upstream NFS server are found by.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;

use super::backend_text::{BackendNameError, Rule, backend_text};

const EXPORT: Rule = Rule {
    what: "the exported directory",
    limit: 1024,
    punctuation: "/-_.:+@",
    allowed: "an absolute path of letters, digits, and - _ . : + @, as the server exports it",
};

const PART: Rule = Rule {
    what: "the image's name on its server",
    limit: 255,
    punctuation: "-_.:+@",
    allowed: "letters, digits, and - _ . : + @, with no dot first; write it as IMAGE or DIRECTORY/IMAGE",
};

/// How many names a path has at most.
const MAX_PARTS: usize = 16;

backend_text! {
    /// A directory that a server exports, as that calls it.
    ExportPath, Absolute, |text| if text.len() > 1 { text.trim_end_matches('/') } else { text }
}

/// A path from the root, with nothing in it that leads elsewhere.
struct Absolute;

impl Absolute {
    fn check(&self, text: &str) -> Result<(), BackendNameError> {
        EXPORT.check(text)?;
        if !text.starts_with('/') {
            return Err(BackendNameError::Kind {
                what: EXPORT.what,
                begins: "/",
            });
        }
        let plain = |part: &str| !matches!(part, "" | "." | "..");
        match text == "/" || text.split('/').skip(1).all(plain) {
            true => Ok(()),
            false => Err(BackendNameError::Character {
                what: EXPORT.what,
                character: '.',
                allowed: "a path without \".\", \"..\" and empty names",
            }),
        }
    }
}

impl ExportPath {
    /// Whether something may be in both directories.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (one, other) = (Path::new(self.as_str()), Path::new(other.as_str()));
        one.starts_with(other) || other.starts_with(one)
    }
}

/// An upstream server's IP address, in its one spelling. No name: whoever uses it asks nobody for addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerAddress(IpAddr);

/// Why an address is no server's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no IP address of a server; write it as 10.0.0.9 or fd00::9")]
pub struct ServerAddressError(String);

impl ServerAddress {
    /// The address.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        self.0
    }
}

impl FromStr for ServerAddress {
    type Err = ServerAddressError;

    fn from_str(text: &str) -> Result<Self, ServerAddressError> {
        let wrong = || ServerAddressError(text.chars().take(64).collect());
        let address: IpAddr = text.parse().map_err(|_| wrong())?;
        // Two spellings of one address would be two servers.
        let address = address.to_canonical();
        match address.is_unspecified() || address.is_multicast() {
            true => Err(wrong()),
            false => Ok(Self(address)),
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

super::serde_as_text!(ServerAddress);

/// Whether a text is where an image is beneath the directory of its store: plain names with `/` between, none of
/// which begins with a dot.
///
/// # Errors
/// Which part of it is no name.
pub fn check_on_server(text: &str) -> Result<(), BackendNameError> {
    let parts: Vec<&str> = text.split('/').collect();
    if parts.len() > MAX_PARTS {
        return Err(BackendNameError::Long {
            what: PART.what,
            length: text.len(),
            limit: MAX_PARTS,
        });
    }
    parts.into_iter().try_for_each(|part| {
        PART.check(part)?;
        match part.starts_with('.') {
            false => Ok(()),
            true => Err(BackendNameError::Character {
                what: PART.what,
                character: '.',
                allowed: PART.allowed,
            }),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_an_absolute_path_that_leads_nowhere_else() {
        let export = |text: &str| text.parse::<ExportPath>();
        for right in ["/", "/disks", "/srv/vm-disks", "/srv/x.y/"] {
            assert!(export(right).is_ok(), "{right}");
        }
        assert_eq!(export("/srv/x/").unwrap().as_str(), "/srv/x");
        for wrong in [
            "", "disks", "/a/../b", "/a//b", "/a/./b", "/a b", "/a;b", "/..",
        ] {
            assert!(export(wrong).is_err(), "{wrong:?}");
        }
        let meets = |one: &str, other: &str| export(one).unwrap().meets(&export(other).unwrap());
        assert!(meets("/srv", "/srv/a") && meets("/srv/a", "/srv") && meets("/", "/x"));
        assert!(!meets("/srv/a", "/srv/ab"));
    }

    #[test]
    fn an_address_has_one_spelling() {
        let server = |text: &str| text.parse::<ServerAddress>();
        assert_eq!(server("::ffff:10.0.0.9"), server("10.0.0.9"));
        assert!(server("fd00::9").is_ok());
        for wrong in [
            "",
            "nas.example.org",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "10.0.0.9:2049",
        ] {
            assert!(server(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_on_a_server_leads_out_of_its_directory() {
        for right in ["web-1", "web-1.raw", "vms/a/web-1"] {
            assert!(check_on_server(right).is_ok(), "{right}");
        }
        let deep = ["a"; 17].join("/");
        for wrong in [
            "", ".", "..", "a/..", "/a", "a/", "a//b", ".x", "a b", &deep,
        ] {
            assert!(check_on_server(wrong).is_err(), "{wrong:?}");
        }
    }
}
