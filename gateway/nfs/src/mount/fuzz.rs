//! Whatever the arguments, they are read within their bounds, and a path is split within itself.

use proptest::prelude::*;

use super::{Call, DIR_PATH, DirPath, MntReply, Mounted, PROGRAM, VERSION};
use crate::fuzzing;
use crate::rpc::{CallHeader, Credential};
use crate::xdr::{Decode, Encode};

fn header(procedure: u32) -> CallHeader<'static> {
    CallHeader {
        xid: 1,
        program: PROGRAM,
        version: VERSION,
        procedure,
        credential: Credential::None,
    }
}

/// What holds of any path.
fn split(path: DirPath<'_>) {
    if let Some((token, rest)) = path.split_token() {
        let components: Vec<_> = path.components().collect();
        let below: Vec<_> = rest.components().collect();
        assert_eq!(
            components.split_first(),
            Some((&token.expose(), &below[..]))
        );
    } else {
        assert_eq!(path.components().count(), 0);
    }
}

#[test]
fn fuzz_any_arguments_of_any_procedure() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(u8, Vec<u8>)>()
        .for_each(|(procedure, arguments)| {
            let call = Call::parse(&header(u32::from(procedure % 7)), arguments);
            if let Ok(Call::Mnt(path) | Call::Umnt(path)) = call {
                assert!(path.expose().len() <= DIR_PATH);
                split(path);
            }
        });
}

#[test]
fn fuzz_any_path() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|bytes| DirPath::new(bytes).into_iter().for_each(split));
}

#[test]
fn fuzz_any_bytes_as_an_answer_to_mnt() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|bytes| {
            if let Ok(reply) = MntReply::decode_all(bytes) {
                assert_eq!(MntReply::decode_all(&reply.to_bytes()), Ok(reply));
            }
        });
}

proptest! {
    #[test]
    fn a_path_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..=DIR_PATH)) {
        let path = DirPath::new(&bytes).unwrap();

        for call in [Call::Mnt(path), Call::Umnt(path)] {
            let arguments = call.to_bytes();
            prop_assert_eq!(Call::parse(&header(call.procedure()), &arguments), Ok(call));
        }
    }

    #[test]
    fn a_handle_is_read_back(low in any::<[u8; 24]>(), high in any::<[u8; 24]>()) {
        let handle: [u8; 48] = [low, high].concat().try_into().unwrap();
        let reply = MntReply::Mounted(Mounted(handle));

        prop_assert_eq!(MntReply::decode_all(&reply.to_bytes()), Ok(reply));
    }

    #[test]
    fn a_token_is_found_whatever_slashes_are_around_it(
        before in "/{0,3}",
        token in "[a-z0-9]{1,32}",
        after in "(/{1,3}[a-z]{0,3}){0,3}",
    ) {
        let path = format!("{before}{token}{after}");

        let (found, rest) = DirPath::new(path.as_bytes()).unwrap().split_token().unwrap();

        prop_assert_eq!(found.expose(), token.as_bytes());
        prop_assert_eq!(rest.expose(), after.trim_start_matches('/').as_bytes());
    }
}
