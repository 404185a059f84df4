//! Decisions of the policy about classes of our own.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};

use crate::Context;

/// Why there is no decision. Nothing may be done then.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The policy does not have the class or the permission.
    #[error(
        "the loaded policy has no {what}; load labelgate's policy module: semodule -X 400 -i /usr/share/labelgate/policy/*.cil"
    )]
    Missing {
        /// What it lacks.
        what: String,
    },
    /// The kernel cannot be asked.
    #[error("the policy cannot be asked: {0}")]
    Ask(#[from] io::Error),
    /// The kernel's answer is not understood.
    #[error("the kernel's answer about an access is not understood: {0:?}")]
    Answer(String),
}

/// A class of objects, as the policy that is loaded numbers it.
///
/// The number may change with the next policy, so a class is not kept: look it up for each
/// decision. Nothing is cached here; a decision is as old as the call.
#[derive(Debug, Clone)]
pub struct Class {
    name: &'static str,
    index: u32,
}

/// A permission of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    bit: u32,
}

/// What the policy says about an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether its rules and constraints allow it.
    pub allowed: bool,
    /// Whether the kernel lets the source do it anyway, as its domain is permissive
    /// (`semanage permissive -a`), however enforcing the rest is.
    pub permissive: bool,
    /// The number of the policy that says so.
    pub policy: u32,
}

/// `AVD_FLAGS_PERMISSIVE` (security/selinux/include/security.h).
const PERMISSIVE: u32 = 1;

impl Class {
    /// The class of this name.
    ///
    /// # Errors
    /// [`AccessError::Missing`] if the policy has none: Debian's default then is to allow it all,
    /// which is not what is meant.
    pub fn find(name: &'static str) -> Result<Self, AccessError> {
        let path = format!("/sys/fs/selinux/class/{name}/index");
        let index = number(&path, || format!("class {name}"))?;
        Ok(Self { name, index })
    }

    /// The permission of this name.
    ///
    /// # Errors
    /// As [`Class::find`].
    pub fn permission(&self, name: &str) -> Result<Permission, AccessError> {
        let class = self.name;
        let path = format!("/sys/fs/selinux/class/{class}/perms/{name}");
        let missing = || format!("permission {name} of class {class}");
        let number = number(&path, missing)?;
        let bit = number.checked_sub(1).and_then(|n| 1_u32.checked_shl(n));
        let bit = bit.ok_or_else(|| AccessError::Missing { what: missing() })?;
        Ok(Permission { bit })
    }

    /// Whether the policy lets `source` do this to `target`. A domain that is permissive is let do
    /// no more than its rules say.
    ///
    /// # Errors
    /// [`AccessError`]: then it does not.
    pub fn allows(
        &self,
        source: &Context,
        target: &Context,
        permission: Permission,
    ) -> Result<bool, AccessError> {
        Ok(self.decide(source, target, permission)?.allowed)
    }

    /// What the policy says about `source` doing this to `target`.
    ///
    /// # Errors
    /// [`AccessError`]: one of the contexts is unknown to the policy, or it cannot be asked.
    pub fn decide(
        &self,
        source: &Context,
        target: &Context,
        permission: Permission,
    ) -> Result<Decision, AccessError> {
        let question = question(source, target, self.index, permission.bit);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/sys/fs/selinux/access")?;
        file.write_all(question.as_bytes())?;
        let mut answer = [0; 256];
        let length = file.read(&mut answer)?;
        let answer = String::from_utf8_lossy(answer.get(..length).unwrap_or_default());
        let vector = vector(&answer).ok_or_else(|| AccessError::Answer(answer.into_owned()))?;
        Ok(Decision {
            allowed: vector.allowed & permission.bit == permission.bit,
            permissive: vector.flags & PERMISSIVE != 0,
            policy: vector.policy,
        })
    }
}

/// "scontext tcontext tclass requested", the last in hexadecimal (security/selinux/selinuxfs.c).
fn question(source: &Context, target: &Context, class: u32, requested: u32) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(text, "{source} {target} {class} {requested:x}");
    text
}

/// The kernel's answer, as far as it is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Vector {
    allowed: u32,
    policy: u32,
    flags: u32,
}

/// "allowed decided auditallow auditdeny seqno flags", the number in decimal.
fn vector(answer: &str) -> Option<Vector> {
    let words: Vec<&str> = answer.trim_end_matches('\0').split_whitespace().collect();
    // An answer of another shape is from an interface we do not know.
    let [allowed, _, _, _, policy, flags] = words[..] else {
        return None;
    };
    let number = |word| u32::from_str_radix(word, 16).ok();
    Some(Vector {
        allowed: number(allowed)?,
        policy: policy.parse().ok()?,
        flags: number(flags)?,
    })
}

fn number(path: &str, what: impl FnOnce() -> String) -> Result<u32, AccessError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(AccessError::Missing { what: what() });
        }
        Err(error) => return Err(error.into()),
    };
    let number = text.trim().parse();
    number.map_err(|_| AccessError::Answer(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_as_the_kernel_reads_it() {
        let context: Context = "system_u:system_r:svirt_t:s0:c1,c2".parse().unwrap();
        let text = question(&context, &context, 90, 0x1a);
        assert_eq!(
            text,
            "system_u:system_r:svirt_t:s0:c1,c2 system_u:system_r:svirt_t:s0:c1,c2 90 1a"
        );
    }

    #[test]
    fn an_answer_of_another_shape_allows_nothing() {
        let expected = |flags| {
            let (allowed, policy) = (3, 7);
            Some(Vector {
                allowed,
                policy,
                flags,
            })
        };
        assert_eq!(vector("3 ffffffff 0 fffffffc 7 0"), expected(0));
        assert_eq!(vector("3 ffffffff 0 fffffffc 7 1\0"), expected(1));
        for text in [
            "",
            "3",
            "g ffffffff 0 0 7 0",
            "3 f 0 0 7 0 9",
            "3 f 0 0 7 x",
            "-1 f 0 0 7 0",
        ] {
            assert_eq!(vector(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_class_that_the_policy_has_not_is_an_error() {
        let error = Class::find("labelgate_no_such_class").unwrap_err();
        assert!(matches!(error, AccessError::Missing { .. }), "{error}");
        assert!(error.to_string().contains("semodule"), "{error}");
    }
}
