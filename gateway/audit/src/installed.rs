//! The trail of this process.

use std::sync::{PoisonError, RwLock};

use crate::trail::Trail;

static TRAIL: RwLock<Option<Trail>> = RwLock::new(None);

/// Takes the trail out of use, and closes it, when it goes.
#[derive(Debug)]
#[must_use = "the trail is closed when this goes"]
pub struct Installed(Trail);

/// Makes a trail the one that all records of this process go to.
pub fn install(trail: Trail) -> Installed {
    *TRAIL.write().unwrap_or_else(PoisonError::into_inner) = Some(trail.clone());
    Installed(trail)
}

/// The trail that records go to, if one is installed.
#[must_use]
pub fn trail() -> Option<Trail> {
    let trail = TRAIL.read().unwrap_or_else(PoisonError::into_inner);
    trail.clone()
}

impl Installed {
    /// The trail.
    #[must_use]
    pub const fn trail(&self) -> &Trail {
        &self.0
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let mut current = TRAIL.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|trail| trail.is(&self.0)) {
            *current = None;
        }
        drop(current);
        self.0.close();
    }
}
