//! What admins write for themselves.

use labelgate_control::Text;

/// What a level is for: at most 255 bytes of printable text.
pub type Purpose = Text<255>;

/// A host as its admins call it: at most 255 bytes of printable text. Nothing is looked up by it.
pub type HostName = Text<255>;
