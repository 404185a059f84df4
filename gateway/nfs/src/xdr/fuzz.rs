//! Whatever arrives: a decoder neither panics nor runs past its input, and what was encoded is
//! read back.

use proptest::prelude::*;

use super::{Decoder, Encoder, Malformed};
use crate::fuzzing;

/// Reads items as `script` says, one a byte, until one is refused.
fn read(script: &[u8], bytes: &[u8]) -> Result<(), Malformed> {
    let mut decoder = Decoder::new(bytes);
    for step in script {
        let most = usize::from(*step);
        match step % 7 {
            0 => drop(decoder.u32()?),
            1 => drop(decoder.u64()?),
            2 => drop(decoder.bool()?),
            3 => drop(decoder.fixed::<5>()?),
            4 => assert!(decoder.opaque(most)?.len() <= most),
            5 => assert!(decoder.length(most)? <= most),
            _ => drop(decoder.option::<u64>()?),
        }
    }
    decoder.finish()
}

#[test]
fn fuzz_any_items_of_any_bytes() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(Vec<u8>, Vec<u8>)>()
        .for_each(|(script, bytes)| _ = read(script, bytes));
}

proptest! {
    #[test]
    fn what_was_encoded_is_read_back(
        number in any::<u32>(),
        int in any::<i32>(),
        hyper in any::<u64>(),
        flag in any::<bool>(),
        fixed in any::<[u8; 7]>(),
        opaque in proptest::collection::vec(any::<u8>(), 0..64),
        optional in any::<Option<u64>>(),
    ) {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes);
        encoder.u32(number);
        encoder.i32(int);
        encoder.u64(hyper);
        encoder.bool(flag);
        encoder.fixed(&fixed);
        encoder.opaque(&opaque);
        encoder.item(&optional);

        let mut decoder = Decoder::new(&bytes);
        prop_assert_eq!(decoder.u32(), Ok(number));
        prop_assert_eq!(decoder.i32(), Ok(int));
        prop_assert_eq!(decoder.u64(), Ok(hyper));
        prop_assert_eq!(decoder.bool(), Ok(flag));
        prop_assert_eq!(decoder.fixed(), Ok(fixed));
        prop_assert_eq!(decoder.opaque(opaque.len()), Ok(&opaque[..]));
        prop_assert_eq!(decoder.item(), Ok(optional));
        prop_assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn every_item_is_a_multiple_of_four_bytes(
        opaque in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes).opaque(&opaque);

        prop_assert_eq!(bytes.len() % super::UNIT, 0);
        prop_assert!(bytes.len() < 4 + opaque.len() + super::UNIT);
    }
}
