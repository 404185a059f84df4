//! Whatever the question, the answer is one, and over UDP no longer than the question.

use std::net::IpAddr;

use proptest::prelude::*;

use super::{
    Mapping, PROGRAM, Rpcb, Services, Transport, UniversalAddress, answer, answer_message,
};
use crate::fuzzing;
use crate::rpc::{CallHeader, Credential, Reply};
use crate::xdr::{Decode, Decoder, Encode};

fn services(local: IpAddr) -> Services {
    Services {
        nfs_port: 2049,
        mount_port: 2049,
        portmap_port: 111,
        udp: true,
        local,
        time: 7,
    }
}

/// The longest address that there is.
fn longest() -> Services {
    services(IpAddr::from([0xff; 16]))
}

fn header(version: u32, procedure: u32) -> CallHeader<'static> {
    CallHeader {
        xid: 7,
        program: PROGRAM,
        version,
        procedure,
        credential: Credential::None,
    }
}

#[test]
fn fuzz_any_message_over_any_transport() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|message| {
            let over_tcp = answer_message(message, &longest(), Transport::Tcp);
            let over_udp = answer_message(message, &longest(), Transport::Udp);
            assert!(over_udp.is_none_or(|reply| reply.len() <= message.len()));
            if let Some(reply) = over_tcp {
                assert!(Decoder::new(&reply).item::<Reply>().is_ok());
            }
        });
}

#[test]
fn fuzz_any_arguments_of_any_procedure() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(u8, u8, Vec<u8>)>()
        .for_each(|(version, procedure, arguments)| {
            let call = header(u32::from(version % 6), u32::from(procedure % 14));
            let question = call.to_bytes().len() + arguments.len();
            let over_udp = answer(&call, arguments, &longest(), Transport::Udp);
            assert!(over_udp.is_none_or(|reply| reply.len() <= question));
            assert!(answer(&call, arguments, &longest(), Transport::Tcp).is_some());
        });
}

/// With arguments of the right length, as every version takes some.
#[test]
fn fuzz_any_numbers_in_a_question() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(u8, u8, [u8; 16], bool)>()
        .for_each(|(version, procedure, numbers, texts)| {
            let call = header(2 + u32::from(version % 3), u32::from(procedure % 14));
            let length = if *texts { 8 } else { 16 };
            let mut arguments = numbers[..length].to_vec();
            arguments.resize(length + usize::from(*texts) * 12, 0);
            let message = [call.to_bytes(), arguments].concat();
            let over_udp = answer_message(&message, &longest(), Transport::Udp);
            assert!(over_udp.is_none_or(|reply| reply.len() <= message.len()));
            assert!(answer_message(&message, &longest(), Transport::Tcp).is_some());
        });
}

#[test]
fn fuzz_any_text_as_a_universal_address() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .for_each(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            if let Ok(address) = text.parse::<UniversalAddress>() {
                assert_eq!(address.to_string().parse(), Ok(address));
            }
        });
}

proptest! {
    #[test]
    fn a_mapping_is_read_back(
        (program, version, protocol, port) in any::<(u32, u32, u32, u32)>(),
    ) {
        let mapping = Mapping { program, version, protocol, port };

        prop_assert_eq!(Mapping::decode_all(&mapping.to_bytes()), Ok(mapping));
    }

    #[test]
    fn an_rpcb_is_read_back(
        (program, version) in any::<(u32, u32)>(),
        netid in proptest::collection::vec(any::<u8>(), 0..=255),
        address in proptest::collection::vec(any::<u8>(), 0..=255),
        owner in proptest::collection::vec(any::<u8>(), 0..=255),
    ) {
        let (netid, address, owner) = (&netid[..], &address[..], &owner[..]);
        let rpcb = Rpcb { program, version, netid, address, owner };

        let bytes = rpcb.to_bytes();
        prop_assert_eq!(Rpcb::decode_all(&bytes), Ok(rpcb));
    }

    #[test]
    fn a_universal_address_is_read_back(ip in any::<IpAddr>(), port in any::<u16>()) {
        let address = UniversalAddress((ip, port).into());

        prop_assert_eq!(address.to_string().parse(), Ok(address));
    }

    #[test]
    fn a_question_of_this_program_over_udp_is_never_amplified(
        version in 2..=4_u32,
        procedure in 0..=13_u32,
        local in any::<IpAddr>(),
        asked in (99_999..=100_006_u32, 0..=5_u32),
        protocol in prop_oneof![Just(6_u32), Just(17)],
    ) {
        let (program, port) = (asked.0, 0);
        let mapping = Mapping { program, version: asked.1, protocol, port }.to_bytes();
        let (netid, address, owner) = (&b""[..], &b""[..], &b""[..]);
        let rpcb = Rpcb { program, version: asked.1, netid, address, owner }.to_bytes();
        let call = header(version, procedure);
        for arguments in [&[][..], &mapping, &rpcb] {
            let reply = answer(&call, arguments, &services(local), Transport::Udp);
            let question = call.to_bytes().len() + arguments.len();

            prop_assert!(reply.is_none_or(|reply| reply.len() <= question));
        }
    }
}
