//! Names that may stand in a capability or a command.

use std::fmt;

/// The longest name, in bytes.
const MAX: usize = 128;

/// A name of letters, digits, `-`, `_` and `.`: it means the same wherever it stands, without quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is no [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing in it.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// It is too long.
    #[error("{0} is longer than {MAX} bytes")]
    TooLong(&'static str),
    /// It has a character that could mean something to whoever reads it.
    #[error(
        "{what} has the character {character:?}: no key can be made for it; rename it to letters, \
         digits, '-', '_' and '.'"
    )]
    Character {
        /// What it is the name of.
        what: &'static str,
        /// Which.
        character: char,
    },
}

impl Name {
    /// The text as the name of `what`.
    ///
    /// # Errors
    ///
    /// [`NameError`]
    pub fn new(what: &'static str, text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty(what));
        }
        if text.len() > MAX {
            return Err(NameError::TooLong(what));
        }
        let fit = |character: char| {
            character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
        };
        match text.chars().find(|&character| !fit(character)) {
            None => Ok(Self(text.to_owned())),
            Some(character) => Err(NameError::Character { what, character }),
        }
    }

    /// As [`Name::new`], of a namespace: none has no name.
    ///
    /// # Errors
    ///
    /// [`NameError`]
    pub fn of_namespace(text: &str) -> Result<Option<Self>, NameError> {
        match text {
            "" => Ok(None),
            text => Self::new("the namespace", text).map(Some),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_means_something_is_a_name() {
        for right in ["a", "vm-1", "labelgate.s0.c1.c2", "x_y", &"x".repeat(128)] {
            assert_eq!(Name::new("it", right).unwrap().as_str(), right);
        }
        for wrong in [
            "",
            "a b",
            "a,b",
            "a=b",
            "a\"b",
            "a'b",
            "a\\b",
            "a/b",
            "a@b",
            "a*",
            "a\nb",
            "ä",
            "a\0",
            "a;b",
            "a|b",
            "a{b",
            "a[b",
            &"x".repeat(129),
        ] {
            assert!(Name::new("it", wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(Name::of_namespace(""), Ok(None));
        assert!(Name::of_namespace(" ").is_err());
    }
}
