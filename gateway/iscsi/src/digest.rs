//! Header and data digests: CRC32C (RFC 7143, 13.1).
//!
//! The least significant byte of the CRC goes first, as the examples of appendix A.4 show.

/// The length of a digest, in bytes.
pub const LENGTH: usize = 4;

/// The digest over some bytes.
#[must_use]
pub fn of(bytes: &[u8]) -> [u8; LENGTH] {
    crc32c::crc32c(bytes).to_le_bytes()
}

/// The digest over data and its padding.
#[must_use]
pub fn of_padded(data: &[u8], padding: &[u8]) -> [u8; LENGTH] {
    crc32c::crc32c_append(crc32c::crc32c(data), padding).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7143, appendix A.4: 32 bytes of zeros, of ones, and 0 to 31.
    #[test]
    fn the_examples_of_the_standard_hold() {
        let rising: Vec<u8> = (0..32).collect();

        assert_eq!(of(&[0; 32]), [0xaa, 0x36, 0x91, 0x8a]);
        assert_eq!(of(&[0xff; 32]), [0x43, 0xab, 0xa8, 0x62]);
        assert_eq!(of(&rising), [0x4e, 0x79, 0xdd, 0x46]);
        assert_eq!(of_padded(&rising[..29], &rising[29..]), of(&rising));
    }
}
