//! Whatever the bytes, they are refused, unless they were sealed here.

use std::net::IpAddr;

use proptest::prelude::*;

use super::{Handle, HandleKey, LENGTH, Object, Sealed};
use crate::fuzzing;

fn handle() -> impl Strategy<Value = Handle> {
    let object = prop_oneof![
        Just(Object::Root),
        any::<[u8; 16]>().prop_map(Object::Image),
        any::<(u32, u32, u64)>().prop_map(|(store, generation, inode)| Object::Node {
            store,
            generation,
            inode,
        }),
    ];
    (any::<u64>(), object).prop_map(|(epoch, object)| Handle { epoch, object })
}

#[test]
fn fuzz_any_bytes_as_a_handle() {
    let key = HandleKey::new([7; 32]);
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|bytes| {
            if let Ok(sealed) = Sealed::parse(bytes) {
                assert_eq!(sealed.as_bytes(), bytes);
                assert!(sealed.open(&key, None).is_err());
            }
        });
}

/// With a head that is right, so that it is the seal that refuses them.
#[test]
fn fuzz_any_object_with_any_seal() {
    let key = HandleKey::new([7; 32]);
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(bool, [u8; 20], [u8; 20])>()
        .for_each(|(node, one, other)| {
            let head = [1, 1 + u8::from(*node), 0, 0, 0, 0, 0, 0];
            let bytes = [&head[..], one, other].concat();
            let sealed = Sealed::parse(&bytes).unwrap();
            assert!(sealed.open(&key, None).is_err());
        });
}

#[test]
fn fuzz_any_change_of_a_handle() {
    let key = HandleKey::new([7; 32]);
    let object = Object::Image([9; 16]);
    let genuine = Handle { epoch: 1, object }.seal(&key, None);
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<[u8; LENGTH]>()
        .for_each(|change| {
            let mut forged = genuine;
            for (byte, change) in forged.iter_mut().zip(change) {
                *byte ^= change;
            }
            let opened = Sealed::parse(&forged).map(|sealed| sealed.open(&key, None).is_ok());
            assert_eq!(opened == Ok(true), *change == [0; LENGTH]);
        });
}

proptest! {
    #[test]
    fn what_was_sealed_is_opened(
        handle in handle(),
        key in any::<[u8; 32]>(),
        client in any::<Option<IpAddr>>(),
    ) {
        let key = HandleKey::new(key);

        let sealed = Sealed::parse(&handle.seal(&key, client)).unwrap();

        prop_assert_eq!(sealed.claimed_epoch(), handle.epoch);
        prop_assert_eq!(sealed.open(&key, client), Ok(handle));
    }

    #[test]
    fn two_handles_are_never_the_same_bytes(one in handle(), other in handle()) {
        let key = HandleKey::new([7; 32]);

        prop_assert_eq!(one == other, one.seal(&key, None) == other.seal(&key, None));
    }
}
