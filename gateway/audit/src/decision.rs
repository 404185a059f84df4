//! What was decided.

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It was allowed.
    Allow,
    /// It was refused.
    Deny,
    /// There was nothing to decide: it happened.
    Note,
}

impl Decision {
    /// All decisions.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Deny, Self::Note];

    /// What `decision` says in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Note => "note",
        }
    }
}
