//! What texts are made of that a backend is told.

/// Why a text is nothing that a backend can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendNameError {
    /// There is nothing in it.
    #[error("{0} is empty; name one")]
    Empty(&'static str),
    /// Longer than any has to be.
    #[error("{what} has {length} bytes; use at most {limit}")]
    Long {
        /// What it was to be.
        what: &'static str,
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It is of no kind that there is.
    #[error("{what} begins with none of {begins}")]
    Kind {
        /// What it was to be.
        what: &'static str,
        /// What it may begin with.
        begins: &'static str,
    },
    /// It would mean something else to the backend.
    #[error("{what} has the character {character:?}; use {allowed}")]
    Character {
        /// What it was to be.
        what: &'static str,
        /// The first that is wrong.
        character: char,
        /// What may be used.
        allowed: &'static str,
    },
}

/// What texts of one kind are made of.
pub(super) struct Rule {
    pub(super) what: &'static str,
    pub(super) limit: usize,
    pub(super) punctuation: &'static str,
    pub(super) allowed: &'static str,
}

impl Rule {
    pub(super) fn check(&self, text: &str) -> Result<(), BackendNameError> {
        let what = self.what;
        if text.is_empty() {
            return Err(BackendNameError::Empty(what));
        }
        if text.len() > self.limit {
            let (length, limit) = (text.len(), self.limit);
            return Err(BackendNameError::Long {
                what,
                length,
                limit,
            });
        }
        let right = |c: char| c.is_ascii_alphanumeric() || self.punctuation.contains(c);
        match text.chars().find(|&character| !right(character)) {
            None => Ok(()),
            Some(character) => Err(BackendNameError::Character {
                what,
                character,
                allowed: self.allowed,
            }),
        }
    }
}

macro_rules! backend_text {
    ($(#[$doc:meta])* $name:ident, $rule:expr, $given:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = BackendNameError;

            fn from_str(text: &str) -> Result<Self, BackendNameError> {
                let given: fn(&str) -> &str = $given;
                let text = given(text);
                $rule.check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        super::serde_as_text!($name);
    };
}

pub(super) use backend_text;
