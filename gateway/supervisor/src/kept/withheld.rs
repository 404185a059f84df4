//! Images that nobody is served for a while.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use labelgate_control::Serial;

/// Images that nobody is served for a while, since something is done to them that no machine must see half
/// done. What of that a gateway that dies would forget, a mark of poison says beside it.
#[derive(Debug, Default)]
pub struct Withheld(Mutex<HashSet<Serial>>);

impl Withheld {
    /// Whether an image is withheld.
    #[must_use]
    pub fn contains(&self, serial: Serial) -> bool {
        self.all().contains(&serial)
    }

    /// Withholds an image, from when its label is reconciled.
    pub fn add(&self, serial: Serial) {
        self.all().insert(serial);
    }

    /// Lets it be served again.
    pub fn release(&self, serial: Serial) {
        self.all().remove(&serial);
    }

    fn all(&self) -> MutexGuard<'_, HashSet<Serial>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
