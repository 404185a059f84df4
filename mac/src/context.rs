//! A full security context.

use std::fmt;
use std::str::FromStr;

use crate::error::Part;
use crate::level::check_length;
use crate::{ParseError, Problem, Range};

/// A security context, `user:role:type:range`.
///
/// Always with a range: a context without one comes from a policy without MLS, under which
/// nothing keeps two labels apart. This is the raw form; translated names (`SystemLow`) are not
/// understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context {
    user: Box<str>,
    role: Box<str>,
    type_name: Box<str>,
    range: Range,
}

impl Context {
    /// The SELinux user, such as `system_u`.
    #[must_use]
    pub const fn user(&self) -> &str {
        &self.user
    }

    /// The role, such as `system_r`.
    #[must_use]
    pub const fn role(&self) -> &str {
        &self.role
    }

    /// The type, such as `svirt_t`.
    #[must_use]
    pub const fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The range.
    #[must_use]
    pub const fn range(&self) -> &Range {
        &self.range
    }

    /// The context of an object that is no process: `system_u:object_r:TYPE:RANGE`.
    #[must_use]
    pub fn object(type_name: &str, range: impl Into<Range>) -> Self {
        Self {
            user: "system_u".into(),
            role: "object_r".into(),
            type_name: type_name.into(),
            range: range.into(),
        }
    }

    /// The same context with another type.
    #[must_use]
    pub fn with_type(mut self, type_name: &str) -> Self {
        self.type_name = type_name.into();
        self
    }

    /// The same context with another range, as a worker's is made from its domain and its label.
    #[must_use]
    pub fn with_range(mut self, range: impl Into<Range>) -> Self {
        self.range = range.into();
        self
    }
}

impl FromStr for Context {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        check_length(text)?;
        let (user, rest, position) = split(text, 0, Part::User, Part::Role)?;
        let (role, rest, position) = split(rest, position, Part::Role, Part::Type)?;
        let (type_name, rest, position) = split(rest, position, Part::Type, Part::Range)?;
        let range = Range::parse_at(rest, position)?;
        Ok(Self {
            user: user.into(),
            role: role.into(),
            type_name: type_name.into(),
            range,
        })
    }
}

/// Takes the name before the next colon: the name, what follows, and where that stands.
fn split(
    text: &str,
    position: usize,
    part: Part,
    following: Part,
) -> Result<(&str, &str, usize), ParseError> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    if !is_name(name) {
        return Err(ParseError::new(position, Problem::Name(part)));
    }
    if rest.is_empty() {
        return Err(ParseError::new(
            position + name.len(),
            Problem::Missing(following),
        ));
    }
    Ok((name, rest, position + name.len() + 1))
}

/// An identifier of the policy language: checkpolicy's
/// `{letter}({alnum}|[_\-])*([\.]?({alnum}|[_\-]))*`.
fn is_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && name
            .split('.')
            .all(|piece| !piece.is_empty() && piece.bytes().all(word))
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}:{}",
            self.user, self.role, self.type_name, self.range
        )
    }
}
