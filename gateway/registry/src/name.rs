//! Names of stores, images, identities and hosts.

use std::fmt;
use std::str::FromStr;

/// The longest name of a store or an image, in bytes.
const LONGEST: usize = 63;

/// The longest name of an identity, in bytes: the longest text that initiators keep for CHAP_N.
const LONGEST_IDENTITY: usize = 255;

/// The longest name of a host, in bytes.
const LONGEST_HOST: usize = 64;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} name {name:?} {why}")]
pub struct NameError {
    kind: &'static str,
    name: String,
    why: String,
}

impl NameError {
    fn new(kind: &'static str, name: &str, why: String) -> Self {
        // What was given may be anything; an error's text is not the place for all of it.
        let name = name.chars().take(LONGEST_IDENTITY).collect();
        Self { kind, name, why }
    }
}

/// Makes a text type that exists only with an allowed text in it.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        crate::record::serde_as_text!($name);
    };
}

name! {
    /// The name of a store: at most 63 lower-case letters, digits and dashes.
    ///
    /// A target's name is `PREFIX:STORE.IMAGE` and must be an iSCSI name of type `iqn` in its
    /// normal form, because initiators and we compare such names byte for byte:
    ///
    /// > the following characters are allowed: ASCII dash character ('-'), ASCII dot character
    /// > ('.'), ASCII colon character (':'), ASCII lower-case characters ('a'..'z'), ASCII digit
    /// > characters ('0'..'9') (RFC 3722 1.1, RFC 7143 4.2.7.1)
    StoreName, check_store
}

name! {
    /// The name of an image within its store: at most 63 lower-case letters, digits, dashes and
    /// dots.
    ImageName, check_image
}

name! {
    /// The name of an identity, which is also its CHAP_N: at most 255 bytes, beginning with a
    /// letter or a digit.
    ///
    /// > text-value: A string of zero or more characters that consist of letters, digits, dot,
    /// > minus, plus, commercial at, slash, left square bracket, right square bracket, underscore
    /// > [or] colon (RFC 7143 6.1)
    ///
    /// The name of every initiator is one, and none of these characters needs quoting where an
    /// identity's name is written: in XML, in JSON, in a shell.
    IdentityName, check_identity
}

name! {
    /// What a host is called that may speak to the gateway: of the grammar of [`IdentityName`], and
    /// so short that it fits into a certificate's common name (RFC 5280, ub-common-name).
    HostId, check_host
}

fn check_store(name: &str) -> Result<(), NameError> {
    // Without a dot in it, the first dot of a target's name ends the store.
    check("store", name, "-")
}

fn check_image(name: &str) -> Result<(), NameError> {
    check("image", name, "-.")
}

fn check(kind: &'static str, name: &str, punctuation: &str) -> Result<(), NameError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || punctuation.contains(c);
    if let Some(wrong) = name.chars().find(|&c| !allowed(c)) {
        let (comma, also) = if punctuation.contains('.') {
            (",", "dashes and dots")
        } else {
            ("", "and dashes")
        };
        let why =
            format!("has the character {wrong:?}; use lower-case letters, digits{comma} {also}");
        return Err(NameError::new(kind, name, why));
    }
    check_length(kind, name, LONGEST)
}

fn check_identity(name: &str) -> Result<(), NameError> {
    check_plain("identity", name, LONGEST_IDENTITY)
}

fn check_host(name: &str) -> Result<(), NameError> {
    check_plain("host", name, LONGEST_HOST)
}

fn check_plain(kind: &'static str, name: &str, longest: usize) -> Result<(), NameError> {
    let wrong = |why| Err(NameError::new(kind, name, why));
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-+@_/[]:".contains(c);
    if let Some(odd) = name.chars().find(|&c| !allowed(c)) {
        return wrong(format!(
            "has the character {odd:?}; use letters, digits and any of . - + @ _ / [ ] :"
        ));
    }
    if name.starts_with(|c: char| !c.is_ascii_alphanumeric()) {
        return wrong("does not begin with a letter or a digit".to_owned());
    }
    check_length(kind, name, longest)
}

fn check_length(kind: &'static str, name: &str, longest: usize) -> Result<(), NameError> {
    match name.len() {
        0 => Err(NameError::new(kind, name, "is empty".to_owned())),
        length if length <= longest => Ok(()),
        length => {
            let why = format!("has {length} characters; use at most {longest}");
            Err(NameError::new(kind, name, why))
        }
    }
}

/// Which image: `STORE/IMAGE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId {
    /// Its store.
    pub store: StoreName,
    /// Its name there.
    pub name: ImageName,
}

impl FromStr for ImageId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (store, name) = text.split_once('/').ok_or_else(|| {
            let why = "does not name its store; write it as STORE/IMAGE".to_owned();
            NameError::new("image", text, why)
        })?;
        let (store, name) = (store.parse()?, name.parse()?);
        Ok(Self { store, name })
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.name)
    }
}

crate::record::serde_as_text!(ImageId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stores_and_images_make_a_targets_name_in_normal_form() {
        let long = "a".repeat(64);
        for wrong in [
            "",
            "Web",
            "web_1",
            "web 1",
            "wéb",
            "a/b",
            "a:b",
            long.as_str(),
        ] {
            assert!(wrong.parse::<StoreName>().is_err(), "{wrong}");
            assert!(wrong.parse::<ImageName>().is_err(), "{wrong}");
        }
        // The first dot of a target's name ends the store.
        assert!("web.1".parse::<StoreName>().is_err());
        assert!("web.1".parse::<ImageName>().is_ok());
        assert!("a".repeat(63).parse::<StoreName>().is_ok());
    }

    #[test]
    fn an_identitys_name_can_be_an_initiators_and_needs_no_quoting() {
        for right in [
            "iqn.2026-11.com.example:host-1",
            "vm-42",
            "A@b",
            &"x".repeat(255),
        ] {
            assert!(right.parse::<IdentityName>().is_ok(), "{right}");
        }
        for wrong in [
            "",
            "a b",
            "a,b",
            "a\"b",
            "a<b",
            "a\nb",
            "-a",
            ".",
            "ä",
            &"x".repeat(256),
        ] {
            assert!(wrong.parse::<IdentityName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_error_says_what_to_write() {
        let error = "Web".parse::<StoreName>().unwrap_err().to_string();
        assert_eq!(
            error,
            "store name \"Web\" has the character 'W'; use lower-case letters, digits and dashes"
        );
        let error = "web-1".parse::<ImageId>().unwrap_err().to_string();
        assert!(error.ends_with("write it as STORE/IMAGE"), "{error}");
    }
}
