//! Whatever the bytes, a header is read within them, in whatever pieces they come.

use proptest::prelude::*;

use super::{
    Accepted, AuthStat, AuthSys, CallHeader, Credential, Denial, Gids, LEAST, LONGEST, Parsed,
    Reply, ReplyBody,
};
use crate::fuzzing;
use crate::xdr::{Decode, Encode};

/// Reads a header as an engine does that asks for what it is told to, and for no more.
fn in_stages(message: &[u8]) -> Option<Parsed<'_>> {
    let mut length = 0;
    loop {
        match CallHeader::parse(message.get(..length)?).ok()? {
            Parsed::Need(more) => {
                assert!(more > 0 && length + more <= LONGEST);
                length += more;
            }
            parsed => return Some(parsed),
        }
    }
}

#[test]
fn fuzz_any_bytes_as_a_call() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|bytes| {
            let whole = CallHeader::parse(bytes);
            let staged = in_stages(bytes);
            if let Some(staged) = staged {
                assert_eq!(whole, Ok(staged));
            }
            if let Ok(Parsed::Header(header, length)) = whole {
                assert!((LEAST..=LONGEST).contains(&length) && length <= bytes.len());
                assert_eq!(staged, Some(Parsed::Header(header, length)));
            }
        });
}

#[test]
fn fuzz_calls_with_any_credential() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|auth| {
            let call = [0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xa3];
            let message = [&call[..], &[0, 0, 0, 3, 0, 0, 0, 1], auth].concat();
            if let Ok(Parsed::Header(header, length)) = CallHeader::parse(&message) {
                assert_eq!(
                    (header.xid, header.program, header.version),
                    (7, 100_003, 3)
                );
                assert!(length <= message.len());
            }
        });
}

#[test]
fn fuzz_any_bytes_as_a_reply() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|bytes| {
            if let Ok(reply) = Reply::decode_all(bytes) {
                assert_eq!(Reply::decode_all(&reply.to_bytes()), Ok(reply));
            }
        });
}

fn accepted() -> impl Strategy<Value = Accepted> {
    prop_oneof![
        Just(Accepted::Success),
        Just(Accepted::ProgUnavail),
        any::<(u32, u32)>().prop_map(|(low, high)| Accepted::ProgMismatch { low, high }),
        Just(Accepted::ProcUnavail),
        Just(Accepted::GarbageArgs),
        Just(Accepted::SystemErr),
    ]
}

fn denial() -> impl Strategy<Value = Denial> {
    prop_oneof![
        Just(Denial::RpcMismatch),
        Just(Denial::Auth(AuthStat::BadCred)),
        Just(Denial::Auth(AuthStat::RejectedCred)),
        Just(Denial::Auth(AuthStat::BadVerf)),
        Just(Denial::Auth(AuthStat::RejectedVerf)),
        Just(Denial::Auth(AuthStat::TooWeak)),
    ]
}

proptest! {
    #[test]
    fn a_call_is_read_back_from_any_pieces(
        (xid, program, version, procedure) in any::<(u32, u32, u32, u32)>(),
        (stamp, uid, gid) in any::<(u32, u32, u32)>(),
        machine_name in proptest::collection::vec(any::<u8>(), 0..=255),
        gids in proptest::collection::vec(any::<u32>(), 0..=16),
        arguments in proptest::collection::vec(any::<u8>(), 0..16),
    ) {
        let gids = Gids::new(&gids).unwrap();
        let sys = AuthSys { stamp, machine_name: &machine_name, uid, gid, gids };
        let credential = Credential::Sys(sys);
        let header = CallHeader { xid, program, version, procedure, credential };
        let mut message = header.to_bytes();
        let length = message.len();
        message.extend_from_slice(&arguments);

        prop_assert_eq!(CallHeader::parse(&message), Ok(Parsed::Header(header, length)));
        prop_assert_eq!(in_stages(&message), Some(Parsed::Header(header, length)));
    }

    #[test]
    fn what_is_needed_is_never_more_than_there_is(length in 0..64_usize) {
        let sys = AuthSys { stamp: 1, machine_name: b"vm", uid: 2, gid: 3, gids: Gids::default() };
        let credential = Credential::Sys(sys);
        let header = CallHeader { xid: 1, program: 2, version: 3, procedure: 4, credential };
        let message = header.to_bytes();

        let Ok(Parsed::Need(more)) = CallHeader::parse(&message[..length]) else {
            panic!("a part of a header is no header");
        };

        prop_assert!(more > 0 && length + more <= message.len());
    }

    #[test]
    fn a_reply_is_read_back(
        xid in any::<u32>(),
        body in prop_oneof![
            accepted().prop_map(ReplyBody::Accepted),
            denial().prop_map(ReplyBody::Denied),
        ],
    ) {
        let reply = Reply { xid, body };

        prop_assert_eq!(Reply::decode_all(&reply.to_bytes()), Ok(reply));
    }
}
