//! Encoding: appending to an answer.

use super::padding;

/// Appends items to an answer.
///
/// Everything encoded here is ours, so that its size is bounded where it is made and nothing can
/// fail.
#[derive(Debug)]
pub struct Encoder<'v>(&'v mut Vec<u8>);

/// A type that can be sent to a peer.
pub trait Encode {
    /// Appends this item.
    fn encode(&self, e: &mut Encoder<'_>);

    /// This item alone.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(&mut Encoder::new(&mut bytes));
        bytes
    }
}

impl<'v> Encoder<'v> {
    /// Appends to `answer`.
    pub const fn new(answer: &'v mut Vec<u8>) -> Self {
        Self(answer)
    }

    /// How long the answer is by now, with what was there before.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.0.len()
    }

    /// An item of any type.
    pub fn item<T: Encode + ?Sized>(&mut self, item: &T) {
        item.encode(self);
    }

    /// An unsigned integer or an enumeration.
    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// An integer.
    pub fn i32(&mut self, value: i32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// An unsigned hyper integer.
    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) {
        self.u32(u32::from(value));
    }

    /// Fixed-length opaque data.
    pub fn fixed(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len() + padding(bytes.len()), 0);
    }

    /// Variable-length opaque data.
    pub fn opaque(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.fixed(bytes);
    }

    /// The length of a variable-length item, whose elements follow.
    ///
    /// # Panics
    /// If the item is longer than any message can be.
    pub fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).expect("an item of ours is shorter than a message"));
    }

    /// Optional data.
    pub fn option<T: Encode>(&mut self, item: Option<&T>) {
        self.bool(item.is_some());
        if let Some(item) = item {
            self.item(item);
        }
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.option(self.as_ref());
    }
}

impl Encode for u32 {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(*self);
    }
}

impl Encode for u64 {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u64(*self);
    }
}

impl Encode for bool {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.bool(*self);
    }
}

impl Encode for () {
    fn encode(&self, _: &mut Encoder<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(encode: impl FnOnce(&mut Encoder<'_>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(&mut Encoder::new(&mut bytes));
        bytes
    }

    #[test]
    fn numbers_are_big_endian() {
        let bytes = encoded(|e| {
            e.u32(1);
            e.i32(-2);
            e.u64(3);
            e.bool(true);
        });

        assert_eq!(
            bytes,
            [
                0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1
            ]
        );
    }

    #[test]
    fn opaque_data_is_padded_with_zeros() {
        assert_eq!(
            encoded(|e| e.opaque(b"abcde")),
            [0, 0, 0, 5, b'a', b'b', b'c', b'd', b'e', 0, 0, 0]
        );
        assert_eq!(encoded(|e| e.fixed(&[1, 2, 3])), [1, 2, 3, 0]);
        assert_eq!(encoded(|e| e.opaque(b"")), [0; 4]);
    }

    #[test]
    fn optional_data_says_whether_it_is_there() {
        assert_eq!(Some(7_u32).to_bytes(), [0, 0, 0, 1, 0, 0, 0, 7]);
        assert_eq!(None::<u32>.to_bytes(), [0; 4]);
    }

    #[test]
    fn an_answer_is_appended_to() {
        let mut answer = vec![9];

        Encoder::new(&mut answer).u32(1);

        assert_eq!(answer, [9, 0, 0, 0, 1]);
    }
}
