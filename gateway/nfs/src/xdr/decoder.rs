//! Decoding: a cursor over what a peer sent.

use labelgate_wire::Reader;

use super::{Malformed, padding};

/// A cursor over items that came from a peer.
#[derive(Debug, Clone, Copy)]
pub struct Decoder<'a>(Reader<'a>);

/// A type that can be read from a peer's bytes.
pub trait Decode<'a>: Sized {
    /// Consumes one item of this type.
    ///
    /// # Errors
    /// If the bytes are not one.
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed>;

    /// The only item in `bytes`.
    ///
    /// # Errors
    /// If the bytes are not one, or more than one.
    fn decode_all(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut decoder = Decoder::new(bytes);
        let item = Self::decode(&mut decoder)?;
        decoder.finish()?;
        Ok(item)
    }
}

impl<'a> Decoder<'a> {
    /// A cursor at the front of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Reader::new(bytes))
    }

    /// Consumes an item of the type that is wanted.
    ///
    /// # Errors
    /// As the type's own.
    pub fn item<T: Decode<'a>>(&mut self) -> Result<T, Malformed> {
        T::decode(self)
    }

    /// An unsigned integer or an enumeration.
    ///
    /// # Errors
    /// If it is truncated.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(self.0.u32()?)
    }

    /// An integer.
    ///
    /// # Errors
    /// If it is truncated.
    pub fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_be_bytes(self.0.array()?))
    }

    /// An unsigned hyper integer.
    ///
    /// # Errors
    /// If it is truncated.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(self.0.u64()?)
    }

    /// A boolean.
    ///
    /// > enum { FALSE = 0, TRUE = 1 } identifier; (RFC 4506, 4.4)
    ///
    /// # Errors
    /// If it is truncated, or another number.
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::Value),
        }
    }

    /// Fixed-length opaque data: `opaque identifier[N]`.
    ///
    /// # Errors
    /// If it is truncated.
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let bytes = self.0.array()?;
        self.0.skip(padding(N))?;
        Ok(bytes)
    }

    /// Variable-length opaque data of at most `most` bytes: `opaque identifier<most>`.
    ///
    /// What the padding holds is not looked at: it is no part of the item.
    ///
    /// # Errors
    /// If it is longer, or truncated.
    pub fn opaque(&mut self, most: usize) -> Result<&'a [u8], Malformed> {
        let length = self.length(most)?;
        let bytes = self.0.take(length)?;
        self.0.skip(padding(length))?;
        Ok(bytes)
    }

    /// The length of a variable-length item of at most `most` elements, which follow.
    ///
    /// > It is an error to encode a length greater than the maximum described in the
    /// > specification. (RFC 4506, 4.10)
    ///
    /// # Errors
    /// If it is more, or truncated.
    pub fn length(&mut self, most: usize) -> Result<usize, Malformed> {
        let length = usize::try_from(self.u32()?).map_err(|_| Malformed::TooLong)?;
        if length > most {
            return Err(Malformed::TooLong);
        }
        Ok(length)
    }

    /// Optional data: `type-name *identifier`.
    ///
    /// # Errors
    /// As the type's own.
    pub fn option<T: Decode<'a>>(&mut self) -> Result<Option<T>, Malformed> {
        Ok(match self.bool()? {
            true => Some(self.item()?),
            false => None,
        })
    }

    /// The bytes not yet consumed.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.0.rest()
    }

    /// How many bytes have not been consumed yet.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.0.remaining()
    }

    /// There is no more.
    ///
    /// # Errors
    /// If there is.
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Malformed::Trailing)
        }
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Option<T> {
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        d.option()
    }
}

impl Decode<'_> for u32 {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        d.u32()
    }
}

impl Decode<'_> for u64 {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        d.u64()
    }
}

impl Decode<'_> for bool {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        d.bool()
    }
}

impl Decode<'_> for () {
    fn decode(_: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian_and_consumed_in_order() {
        let bytes = [
            0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1,
        ];
        let mut decoder = Decoder::new(&bytes);

        assert_eq!(decoder.u32(), Ok(1));
        assert_eq!(decoder.i32(), Ok(-2));
        assert_eq!(decoder.u64(), Ok(3));
        assert_eq!(decoder.bool(), Ok(true));
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn a_boolean_is_zero_or_one() {
        let mut decoder = Decoder::new(&[0, 0, 0, 2]);

        assert_eq!(decoder.bool(), Err(Malformed::Value));
    }

    #[test]
    fn opaque_data_ends_with_its_padding() {
        let mut decoder = Decoder::new(&[0, 0, 0, 5, b'a', b'b', b'c', b'd', b'e', 0, 0, 0, 9]);

        assert_eq!(decoder.opaque(5), Ok(&b"abcde"[..]));
        assert_eq!(decoder.rest(), [9]);
        assert_eq!(decoder.finish(), Err(Malformed::Trailing));
    }

    #[test]
    fn fixed_opaque_data_ends_with_its_padding() {
        let mut decoder = Decoder::new(&[1, 2, 3, 4, 5, 0, 0, 0]);

        assert_eq!(decoder.fixed(), Ok([1, 2, 3, 4, 5]));
        assert_eq!(decoder.remaining(), 0);
    }

    #[test]
    fn a_length_is_held_against_its_bound_before_the_bytes_are_looked_for() {
        let mut decoder = Decoder::new(&[0, 0, 0, 5]);

        assert_eq!(
            Decoder::new(&[0, 0, 0, 5]).opaque(4),
            Err(Malformed::TooLong)
        );
        assert_eq!(decoder.opaque(5), Err(Malformed::Truncated));
    }

    #[test]
    fn opaque_data_without_its_padding_is_truncated() {
        let mut decoder = Decoder::new(&[0, 0, 0, 1, b'a', 0, 0]);

        assert_eq!(decoder.opaque(1), Err(Malformed::Truncated));
    }

    #[test]
    fn optional_data_is_there_or_not() {
        let mut decoder = Decoder::new(&[0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0]);

        assert_eq!(decoder.option::<u32>(), Ok(Some(7)));
        assert_eq!(decoder.option::<u32>(), Ok(None));
    }

    #[test]
    fn an_item_that_is_to_be_alone_has_nothing_behind_it() {
        assert_eq!(u32::decode_all(&[0, 0, 0, 1]), Ok(1));
        assert_eq!(
            u32::decode_all(&[0, 0, 0, 1, 0, 0, 0, 0]),
            Err(Malformed::Trailing)
        );
    }
}
