//! What a session is for.

use crate::name::IscsiName;

/// The SessionType of RFC 7143, 13.21.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionType {
    /// To ask which targets there are.
    Discovery,
    /// To use one.
    Normal {
        /// Which.
        target: IscsiName,
    },
}
