//! The bell that keepers ring.

use std::os::fd::OwnedFd;

/// Silences a bell, so that it can be heard again. To be done before anybody looks who has rung it:
/// whoever rings it afterwards is heard in the next turn.
pub(crate) fn silence(bell: &OwnedFd) {
    // A bell that was not rung has nothing to say (EAGAIN), and there is no other error of an eventfd.
    let _ = rustix::io::read(bell, &mut [0; 8]);
}
