//! The data of READ and WRITE, which goes past these types: only its length is theirs.

/// How many bytes of padding follow `count` bytes of data.
pub(super) const fn padding(count: u32) -> usize {
    match count % 4 {
        0 => 0,
        1 => 3,
        2 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_padded_to_four_bytes_whatever_its_length() {
        assert_eq!([0, 1, 2, 3, 4].map(padding), [0, 3, 2, 1, 0]);
        assert_eq!(padding(u32::MAX), 1);
    }
}
