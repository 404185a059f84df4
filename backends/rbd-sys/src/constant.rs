//! Constants, by C's names.

use libc::c_int;

use crate::declare::constants;
use crate::structure::rbd_snap_namespace_type_t;

constants! {
    /// Clones.
    RBD_FEATURE_LAYERING: u64 = 1 << 0;
    /// Stripes that are not whole objects.
    RBD_FEATURE_STRIPINGV2: u64 = 1 << 1;
    /// One writer at a time.
    RBD_FEATURE_EXCLUSIVE_LOCK: u64 = 1 << 2;
    /// A map of the objects that exist.
    RBD_FEATURE_OBJECT_MAP: u64 = 1 << 3;
    /// Differences from the object map.
    RBD_FEATURE_FAST_DIFF: u64 = 1 << 4;
    /// Flattening of snapshots.
    RBD_FEATURE_DEEP_FLATTEN: u64 = 1 << 5;
    /// Every change goes to a journal first.
    RBD_FEATURE_JOURNALING: u64 = 1 << 6;
    /// The data is in another pool.
    RBD_FEATURE_DATA_POOL: u64 = 1 << 7;
    /// Marks of operations that older clients do not know.
    RBD_FEATURE_OPERATIONS: u64 = 1 << 8;
    /// It is being moved from another image.
    RBD_FEATURE_MIGRATING: u64 = 1 << 9;
    /// It is a mirror's copy.
    RBD_FEATURE_NON_PRIMARY: u64 = 1 << 10;
    /// A cache on a client's disk has what is not written yet.
    RBD_FEATURE_DIRTY_CACHE: u64 = 1 << 11;

    /// The object map does not say what is.
    RBD_FLAG_OBJECT_MAP_INVALID: u64 = 1 << 0;
    /// Fast differences are not what is.
    RBD_FLAG_FAST_DIFF_INVALID: u64 = 1 << 1;

    /// An exclusive lock.
    RBD_LOCK_MODE_EXCLUSIVE: u32 = 0;

    /// Zeros that take space.
    RBD_WRITE_ZEROES_FLAG_THICK_PROVISION: c_int = 1;

    /// Which features a new image has, a number.
    RBD_IMAGE_OPTION_FEATURES: c_int = 1;
    /// Size of objects of a new image, the power of two.
    RBD_IMAGE_OPTION_ORDER: c_int = 2;
    /// The pool for the data of a new image, a name.
    RBD_IMAGE_OPTION_DATA_POOL: c_int = 10;
    /// How a clone is made, a number: 2 is what needs no protected snapshot, and knows namespaces.
    RBD_IMAGE_OPTION_CLONE_FORMAT: c_int = 12;

    /// A snapshot that somebody has made under a name.
    RBD_SNAP_NAMESPACE_TYPE_USER: rbd_snap_namespace_type_t = 0;
    /// Nobody who watches the image is asked to come to rest first.
    RBD_SNAP_CREATE_SKIP_QUIESCE: u32 = 1 << 0;

    /// The longest prefix of the names of an image's objects, with the 0 behind it.
    RBD_MAX_BLOCK_NAME_SIZE: usize = 24;
    /// The longest name of an image that some structures hold, with the 0 behind it.
    RBD_MAX_IMAGE_NAME_SIZE: usize = 96;
}
