//! What tells an inode from those that had its number before.

use rustix::fs::Statx;

use super::Node;

/// The name of an object.
///
/// The kernel shows its own generation only to `name_to_handle_at` and to an ioctl, so it is made of
/// the time of birth, folded into 32 bits. Two objects that have the same number one after the other
/// are born at different ticks of the kernel's clock, because an object that is removed young is
/// kept for a moment: see [`super::young`].
pub(super) const fn node_of(stat: &Statx) -> Node {
    Node {
        inode: stat.stx_ino,
        generation: fold(stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec),
    }
}

/// Seconds and nanoseconds together fit into 64 bits until the year 2262 and are unique there; the
/// multiplication (Fibonacci hashing) carries every bit of them into the upper half.
const fn fold(seconds: i64, nanoseconds: u32) -> u32 {
    let born = seconds
        .wrapping_mul(1_000_000_000)
        .wrapping_add(nanoseconds as i64)
        .cast_unsigned();
    let mixed = (born ^ (born >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let [a, b, c, d, ..] = mixed.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn births_that_are_ticks_apart_have_different_generations() {
        let ticks = (0..100_000).map(|tick| {
            let nanoseconds = tick * 4_000_000;
            let seconds = 1_764_000_000 + i64::from(nanoseconds / 1_000_000_000);
            fold(seconds, nanoseconds % 1_000_000_000)
        });
        let near = ticks.take(1000).collect::<HashSet<_>>();
        assert_eq!(near.len(), 1000);
        assert_ne!(fold(1, 0), fold(0, 1));
    }
}
