//! The numbers of calls.

use std::hash::{BuildHasher, RandomState};

/// Numbers of a session's calls, on whatever connection. A server may know a call again by its number, and
/// answer what it has answered before instead of carrying it out; some go by the client's address besides,
/// which it shares with other sessions and has shared with those before it. So they begin anywhere.
#[derive(Debug)]
pub(crate) struct Numbers(u32);

impl Numbers {
    pub(crate) fn new() -> Self {
        let bytes = RandomState::new().hash_one(0).to_ne_bytes();
        Self(
            bytes
                .first_chunk()
                .map_or(1, |some| u32::from_ne_bytes(*some)),
        )
    }

    pub(crate) const fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(1);
        self.0
    }
}
