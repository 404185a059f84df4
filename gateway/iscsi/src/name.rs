//! iSCSI names (RFC 7143, 4.2.7).

use std::fmt;

/// The longest name, in bytes (RFC 7143, 4.2.7.2).
const MAX_NAME: usize = 223;

/// Not an iSCSI name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidName;

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an iSCSI name (iqn., eui. or naa., at most 223 bytes)")
    }
}

impl std::error::Error for InvalidName {}

/// The name of a target, normalised to lower case, so that equal names are equal strings.
///
/// Only ASCII: stringprep (RFC 3722) leaves `a-z`, `0-9`, `-`, `.` and `:` of it. Names in other
/// scripts are legal in the standard, but no target of ours has one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IscsiName(String);

impl IscsiName {
    /// Reads a name of any of the three types.
    ///
    /// # Errors
    /// It is too long, has characters no name has, or is not of a known type.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let name = name.to_ascii_lowercase();
        let characters = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
        let well_formed = name.len() <= MAX_NAME
            && name.chars().all(characters)
            && (is_iqn(&name) || is_eui(&name) || is_naa(&name));
        well_formed.then_some(Self(name)).ok_or(InvalidName)
    }

    /// The normalised name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IscsiName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name an initiator gives itself, with ASCII letters in lower case.
///
/// It proves nothing and opens nothing; it tells sessions apart and appears in logs. QEMU builds
/// it from the VM's name, whatever characters that has, so beyond its type, its length and the
/// absence of control characters nothing is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InitiatorName(String);

impl InitiatorName {
    /// Reads a name.
    ///
    /// # Errors
    /// It is too long, is of no known type, or has control characters.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let name = name.to_ascii_lowercase();
        let typed = ["iqn.", "eui.", "naa."]
            .into_iter()
            .any(|designator| name.len() > designator.len() && name.starts_with(designator));
        let well_formed = typed && name.len() <= MAX_NAME && !name.chars().any(char::is_control);
        well_formed.then_some(Self(name)).ok_or(InvalidName)
    }

    /// The normalised name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InitiatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `iqn.`, a year and month, a dot, a reversed domain name, and perhaps `:` and anything.
fn is_iqn(name: &str) -> bool {
    let Some((date, authority)) = name
        .strip_prefix("iqn.")
        .and_then(|rest| rest.split_once('.'))
    else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let dated = date.split_once('-').is_some_and(|(year, month)| {
        year.len() == 4 && month.len() == 2 && digits(year) && digits(month)
    });
    dated && !authority.is_empty() && !authority.starts_with(':')
}

/// `eui.` and 16 hexadecimal digits.
fn is_eui(name: &str) -> bool {
    name.strip_prefix("eui.")
        .is_some_and(|digits| digits.len() == 16 && is_hexadecimal(digits))
}

/// `naa.` and 16 or 32 hexadecimal digits.
fn is_naa(name: &str) -> bool {
    name.strip_prefix("naa.")
        .is_some_and(|digits| matches!(digits.len(), 16 | 32) && is_hexadecimal(digits))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing;

    #[test]
    fn names_of_all_types_are_read_and_normalised() {
        for name in [
            "iqn.2026-11.io.labelgate:disks.web-1",
            "iqn.2001-04.com.example",
            "eui.02004567a425678d",
            "naa.52004567ba64678d",
            "naa.62004567ba64678d0123456789abcdef",
        ] {
            assert_eq!(IscsiName::parse(name).unwrap().as_str(), name);
        }
        let shouted = IscsiName::parse("IQN.2001-04.COM.Example:Disk").unwrap();
        assert_eq!(shouted.as_str(), "iqn.2001-04.com.example:disk");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = format!("iqn.2001-04.com.example:{}", "x".repeat(200));
        for name in [
            "",
            "iqn.",
            "iqn.2001-04",
            "iqn.2001-04.",
            "iqn.2001-04.:x",
            "iqn.200a-04.com",
            "iqn.2001-4.com",
            "eui.02004567a425678",
            "eui.02004567a425678g",
            "naa.52004567ba64678",
            "nqn.2014-08.org.example",
            "iqn.2001-04.com.example:a_b",
            "iqn.2001-04.com.exämple",
            "iqn.2001-04.com.example:a b",
            "iqn.2001-04.com.example:a/../b",
            &long,
        ] {
            assert_eq!(IscsiName::parse(name), Err(InvalidName), "{name}");
        }
    }

    #[test]
    fn fuzz_names() {
        bolero::check!()
            .with_test_time(fuzzing::time())
            .with_type::<String>()
            .for_each(|text| {
                for text in [
                    text.clone(),
                    format!("iqn.2001-04.{text}"),
                    format!("naa.{text}"),
                ] {
                    if let Ok(name) = IscsiName::parse(&text) {
                        assert!(name.as_str().is_ascii() && name.as_str().len() <= MAX_NAME);
                        assert_eq!(IscsiName::parse(name.as_str()), Ok(name));
                    }
                    if let Ok(name) = InitiatorName::parse(&text) {
                        assert!(name.as_str().len() <= MAX_NAME);
                    }
                }
            });
    }

    #[test]
    fn an_initiator_may_be_named_after_any_vm() {
        let name = InitiatorName::parse("iqn.2008-11.org.linux-kvm:Web_Server (böse)").unwrap();
        assert_eq!(name.as_str(), "iqn.2008-11.org.linux-kvm:web_server (böse)");
        for name in ["", "iqn.", "web", "iqn.2008-11.org\nforged log line"] {
            assert_eq!(InitiatorName::parse(name), Err(InvalidName), "{name}");
        }
    }
}
