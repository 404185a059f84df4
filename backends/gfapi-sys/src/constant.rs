//! Constants, by C's names.

use crate::glfs_lock_mode_t;

labelgate_c_library::constants! {
    /// A lock that only those heed who ask for one.
    GLFS_LK_ADVISORY: glfs_lock_mode_t = 0;
    /// A lock that bricks heed for all others, if their volume has that switched on.
    GLFS_LK_MANDATORY: glfs_lock_mode_t = 1;
}
