//! Commands, as they go to a logical unit (SPC-4, SBC-3).

/// A command and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Command {
    bytes: [u8; 16],
    length: usize,
}

impl Command {
    const fn new<const N: usize>(short: [u8; N]) -> Self {
        let mut bytes = [0; 16];
        let (head, _) = bytes.split_at_mut(N);
        head.copy_from_slice(&short);
        Self { bytes, length: N }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(crate) const fn test_unit_ready() -> Self {
        Self::new([0; 6])
    }

    pub(crate) const fn inquiry(length: u16) -> Self {
        let [high, low] = length.to_be_bytes();
        Self::new([0x12, 0, 0, high, low, 0])
    }

    /// A page of vital product data.
    pub(crate) const fn product_data(page: u8, length: u16) -> Self {
        let [high, low] = length.to_be_bytes();
        Self::new([0x12, 1, page, high, low, 0])
    }

    pub(crate) const fn read_capacity(length: u32) -> Self {
        Self::long([0x9e, 0x10], 0, length)
    }

    /// MODE SENSE (10) for the caching page, without block descriptors.
    pub(crate) const fn caching(length: u16) -> Self {
        let [high, low] = length.to_be_bytes();
        Self::new([0x5a, 0x08, 0x08, 0, 0, 0, 0, high, low, 0])
    }

    pub(crate) const fn read(block: u64, blocks: u32) -> Self {
        Self::long([0x88, 0], block, blocks)
    }

    pub(crate) const fn write(block: u64, blocks: u32, stable: bool) -> Self {
        Self::long([0x8a, if stable { 0x08 } else { 0 }], block, blocks)
    }

    /// SYNCHRONIZE CACHE (10), for all of the logical unit.
    pub(crate) const fn synchronize() -> Self {
        Self::new([0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    pub(crate) const fn write_same(block: u64, blocks: u32, unmap: bool) -> Self {
        Self::long([0x93, if unmap { 0x08 } else { 0 }], block, blocks)
    }

    pub(crate) const fn block_status(block: u64, length: u32) -> Self {
        Self::long([0x9e, 0x12], block, length)
    }

    pub(crate) const fn report_units(length: u32) -> Self {
        let [a, b, c, d] = length.to_be_bytes();
        Self::new([0xa0, 0, 0, 0, 0, 0, a, b, c, d, 0, 0])
    }

    /// PERSISTENT RESERVE IN.
    pub(crate) const fn reservations(action: u8, length: u16) -> Self {
        let [high, low] = length.to_be_bytes();
        Self::new([0x5e, action, 0, 0, 0, 0, 0, high, low, 0])
    }

    /// PERSISTENT RESERVE OUT.
    pub(crate) const fn reserve(action: u8, kind: u8, length: u8) -> Self {
        Self::new([0x5f, action, kind, 0, 0, 0, 0, 0, length, 0])
    }

    const fn long(start: [u8; 2], block: u64, count: u32) -> Self {
        let [a, b, c, d, e, f, g, h] = block.to_be_bytes();
        let [i, j, k, l] = count.to_be_bytes();
        let [code, flags] = start;
        Self::new([code, flags, a, b, c, d, e, f, g, h, i, j, k, l, 0, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_where_they_belong() {
        let read = Command::read(0x0102_0304_0506_0708, 0x0a0b_0c0d);
        let expected = [0x88, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 0, 0];
        assert_eq!(read.bytes(), expected);
        assert_eq!(Command::write(1, 2, true).bytes()[..2], [0x8a, 8]);
        assert_eq!(Command::reserve(1, 1, 24).bytes().len(), 10);
        assert_eq!(Command::report_units(0x10).bytes()[9], 0x10);
    }
}
