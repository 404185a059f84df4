//! What the gateway's one master key is good for: the keys of file handles, and knowing tokens.

use std::fmt;

use labelgate_handle::HandleKey;
use labelgate_mac::Label;
use zeroize::Zeroizing;

use crate::config::TokenDigest;

/// The keys of all labels' file handles. Printing it shows nothing of them.
pub struct HandleKeys {
    master: Zeroizing<[u8; 32]>,
}

impl HandleKeys {
    /// Those that follow from this master key.
    #[must_use]
    pub const fn new(master: Zeroizing<[u8; 32]>) -> Self {
        Self { master }
    }

    /// The key of a label.
    #[must_use]
    pub fn of(&self, label: &Label) -> HandleKey {
        HandleKey::for_label(&self.master, &label.to_string())
    }

    /// What a token is known by.
    #[must_use]
    pub fn digest(&self, token: &[u8]) -> TokenDigest {
        TokenDigest::of(&self.master, token)
    }
}

impl fmt::Debug for HandleKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys of file handles")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_has_a_key_of_its_own_and_none_is_shown() {
        let keys = HandleKeys::new(Zeroizing::new([7; 32]));
        let of = |label: &str| keys.of(&label.parse().unwrap());
        assert_eq!(of("s0:c1,c2"), of("s0:c1,c2"));
        assert_ne!(of("s0:c1,c2"), of("s0:c1,c3"));
        assert_eq!(format!("{keys:?}"), "the keys of file handles");
    }
}
