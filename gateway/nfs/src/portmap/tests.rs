//! Questions as clients send them, and their answers, byte for byte.

use super::*;
use crate::rpc::{Accepted, CallHeader, Credential, Denial, Reply};
use crate::xdr::{Decode, Encode};

const NFS: u32 = 100_003;
const MOUNT: u32 = 100_005;

fn services() -> Services {
    Services {
        nfs_port: 2049,
        mount_port: 20048,
        portmap_port: 111,
        udp: true,
        local: "192.0.2.7".parse().unwrap(),
        time: 0x0102_0304,
    }
}

fn services_v6() -> Services {
    Services {
        local: "2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap(),
        ..services()
    }
}

fn call(version: u32, procedure: u32) -> CallHeader<'static> {
    CallHeader {
        xid: 0x1234_5678,
        program: PROGRAM,
        version,
        procedure,
        credential: Credential::None,
    }
}

fn ask(
    (version, procedure): (u32, u32),
    arguments: &[u8],
    transport: Transport,
) -> Result<Vec<u8>, Accepted> {
    ask_at(&services(), (version, procedure), arguments, transport)
}

/// The results, or why there are none.
fn ask_at(
    services: &Services,
    (version, procedure): (u32, u32),
    arguments: &[u8],
    transport: Transport,
) -> Result<Vec<u8>, Accepted> {
    let reply = answer(&call(version, procedure), arguments, services, transport).unwrap();
    let success = Reply::accepted(0x1234_5678, Accepted::Success).to_bytes();
    match reply.strip_prefix(&success[..]) {
        Some(results) => Ok(results.to_vec()),
        None => match Reply::decode_all(&reply).unwrap().body {
            crate::rpc::ReplyBody::Accepted(why) => Err(why),
            crate::rpc::ReplyBody::Denied(denial) => panic!("{denial:?}"),
        },
    }
}

fn mapping(program: u32, version: u32, protocol: u32) -> Vec<u8> {
    let port = 0;
    Mapping {
        program,
        version,
        protocol,
        port,
    }
    .to_bytes()
}

fn rpcb(program: u32, version: u32) -> Vec<u8> {
    Rpcb {
        program,
        version,
        netid: b"",
        address: b"",
        owner: b"",
    }
    .to_bytes()
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    crate::xdr::Encoder::new(&mut bytes).opaque(text.as_bytes());
    bytes
}

#[test]
fn getport_as_a_client_sends_it_and_as_it_is_answered() {
    #[rustfmt::skip]
    let question = [
        0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0, 0, 0, 2,
        0, 1, 0x86, 0xa0, 0, 0, 0, 2, 0, 0, 0, 3,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0x86, 0xa3, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0, 0,
    ];

    let reply = answer_message(&question, &services(), Transport::Udp);

    #[rustfmt::skip]
    let expected = [
        0x12, 0x34, 0x56, 0x78, 0, 0, 0, 1, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 8, 1,
    ];
    assert_eq!(reply.unwrap(), expected);
}

#[test]
fn null_is_answered_whatever_its_arguments() {
    for version in [2, 3, 4] {
        assert_eq!(ask((version, 0), &[1, 2, 3], Transport::Udp), Ok(vec![]));
    }
}

#[test]
fn getport_finds_what_is_spoken_over_a_protocol() {
    let port = |program, version, protocol| {
        let arguments = mapping(program, version, protocol);
        ask((2, 3), &arguments, Transport::Tcp).unwrap()
    };

    assert_eq!(port(MOUNT, 3, 6), [0, 0, 0x4e, 0x50]);
    assert_eq!(port(PROGRAM, 2, 17), [0, 0, 0, 111]);
    assert_eq!(port(NFS, 3, 17), [0; 4], "NFS is not spoken over UDP");
    assert_eq!(port(NFS, 3, 132), [0; 4], "nor over anything else");
    assert_eq!(port(100_021, 4, 6), [0; 4], "nor is there a lock manager");
}

#[test]
fn getport_finds_a_program_that_is_there_in_another_version() {
    let arguments = mapping(NFS, 4, 6);

    assert_eq!(
        ask((2, 3), &arguments, Transport::Tcp),
        Ok(vec![0, 0, 8, 1])
    );
}

#[test]
fn nothing_can_be_set() {
    let tcp = Transport::Tcp;
    for procedure in [procedure::SET, procedure::UNSET] {
        assert_eq!(ask((2, procedure), &mapping(1, 1, 6), tcp), Ok(vec![0; 4]));
        assert_eq!(ask((3, procedure), &rpcb(1, 1), tcp), Ok(vec![0; 4]));
        assert_eq!(ask((4, procedure), &rpcb(1, 1), tcp), Ok(vec![0; 4]));
    }
}

#[test]
fn the_port_mapper_lists_its_mappings_over_tcp() {
    let list = ask((2, 4), &[], Transport::Tcp).unwrap();

    #[rustfmt::skip]
    let rows: [[u32; 4]; 8] = [
        [PROGRAM, 4, 6, 111], [PROGRAM, 3, 6, 111], [PROGRAM, 2, 6, 111],
        [PROGRAM, 4, 17, 111], [PROGRAM, 3, 17, 111], [PROGRAM, 2, 17, 111],
        [NFS, 3, 6, 2049], [MOUNT, 3, 6, 20048],
    ];
    let element = |row: [u32; 4]| [[1, row[0], row[1]], [row[2], row[3], 0]];
    let numbers = rows.into_iter().flat_map(|row| {
        let [first, second] = element(row);
        [first[0], first[1], first[2], second[0], second[1]]
    });
    let expected: Vec<_> = numbers.chain([0]).flat_map(u32::to_be_bytes).collect();
    assert_eq!(list, expected);
}

#[test]
fn what_is_not_served_is_not_listed() {
    let services = Services {
        nfs_port: 0,
        mount_port: 0,
        ..services()
    };

    let list = ask_at(&services, (2, 4), &[], Transport::Tcp).unwrap();

    assert_eq!(list.len(), 6 * 20 + 4);
}

/// Where datagrams are not heard, nobody is told to send any.
#[test]
fn a_port_mapper_over_tcp_alone_says_so() {
    let services = Services {
        udp: false,
        ..services()
    };

    let list = ask_at(&services, (2, 4), &[], Transport::Tcp).unwrap();

    assert_eq!(list.len(), 5 * 20 + 4);
}

#[test]
fn getaddr_is_answered_with_the_address_that_was_called() {
    let tcp = Transport::Tcp;
    for version in [3, 4] {
        let asked = (version, procedure::GETADDR);
        let v6 = ask_at(&services_v6(), asked, &rpcb(MOUNT, 3), tcp);

        assert_eq!(ask(asked, &rpcb(NFS, 3), tcp), Ok(string("192.0.2.7.8.1")));
        assert_eq!(
            v6,
            Ok(string("2001:db8:1111:2222:3333:4444:5555:6666.78.80"))
        );
    }
}

#[test]
fn an_ipv4_address_of_a_socket_that_speaks_both_is_one() {
    let services = Services {
        local: "::ffff:192.0.2.7".parse().unwrap(),
        ..services()
    };

    let address = ask_at(&services, (4, 3), &rpcb(NFS, 3), Transport::Tcp);

    assert_eq!(address, Ok(string("192.0.2.7.8.1")));
}

#[test]
fn getaddr_goes_by_the_transport_of_the_question() {
    assert_eq!(ask((3, 3), &rpcb(NFS, 3), Transport::Udp), Ok(string("")));
    assert_eq!(
        ask((3, 3), &rpcb(PROGRAM, 3), Transport::Udp),
        Ok(string("192.0.2.7.0.111"))
    );
}

#[test]
fn getaddr_finds_any_version_and_getversaddr_the_one_that_is_asked_for() {
    let tcp = Transport::Tcp;
    let address = Ok(string("192.0.2.7.8.1"));

    assert_eq!(ask((4, 3), &rpcb(NFS, 4), tcp), address);
    assert_eq!(ask((4, 9), &rpcb(NFS, 4), tcp), Ok(string("")));
    assert_eq!(ask((4, 9), &rpcb(NFS, 3), tcp), address);
}

#[test]
fn rpcbind_lists_its_addresses_over_tcp() {
    let list = ask((3, 4), &[], Transport::Tcp).unwrap();

    let first = Rpcb {
        program: PROGRAM,
        version: 4,
        netid: b"tcp",
        address: b"192.0.2.7.0.111",
        owner: b"labelgate",
    };
    let expected = [vec![0, 0, 0, 1], first.to_bytes()].concat();
    assert!(list.starts_with(&expected));
    assert!(list.ends_with(&[0; 4]));
    assert_eq!(ask((4, 4), &[], Transport::Tcp), Ok(list));
}

#[test]
fn rpcbind_lists_a_programs_addresses_with_their_transports() {
    let tcp = ask((4, 11), &rpcb(NFS, 3), Transport::Tcp).unwrap();
    let tcp6 = ask_at(&services_v6(), (4, 11), &rpcb(MOUNT, 3), Transport::Tcp).unwrap();

    let entry = |address: &str, netid: &str, family: &str| {
        [
            vec![0, 0, 0, 1],
            string(address),
            string(netid),
            vec![0, 0, 0, 3],
            string(family),
            string("tcp"),
            vec![0; 4],
        ]
        .concat()
    };
    assert_eq!(tcp, entry("192.0.2.7.8.1", "tcp", "inet"));
    let address = "2001:db8:1111:2222:3333:4444:5555:6666.78.80";
    assert_eq!(tcp6, entry(address, "tcp6", "inet6"));
}

#[test]
fn rpcbind_tells_the_time() {
    assert_eq!(ask((3, 6), &[], Transport::Udp), Ok(vec![1, 2, 3, 4]));
    assert_eq!(ask((4, 6), &[], Transport::Udp), Ok(vec![1, 2, 3, 4]));
}

#[test]
fn what_is_not_done_is_unavailable() {
    let unavailable = Err(Accepted::ProcUnavail);
    let not_done = [
        (2, 5),
        (2, 6),
        (3, 5),
        (3, 7),
        (3, 8),
        (3, 9),
        (3, 11),
        (4, 5),
        (4, 7),
        (4, 8),
        (4, 10),
        (4, 12),
        (4, 13),
    ];
    for asked in not_done {
        assert_eq!(ask(asked, &[], Transport::Tcp), unavailable, "{asked:?}");
    }
}

#[test]
fn a_call_to_be_passed_on_is_met_with_silence_over_udp() {
    for version in [2, 3, 4] {
        let call = call(version, procedure::CALLIT);

        assert_eq!(answer(&call, &[0; 16], &services(), Transport::Udp), None);
    }
}

#[test]
fn lists_are_not_sent_over_udp() {
    let unavailable = Err(Accepted::ProcUnavail);

    assert_eq!(ask((2, 4), &[], Transport::Udp), unavailable);
    assert_eq!(ask((3, 4), &[], Transport::Udp), unavailable);
    assert_eq!(ask((4, 4), &[], Transport::Udp), unavailable);
    assert_eq!(ask((4, 11), &rpcb(NFS, 3), Transport::Udp), unavailable);
}

#[test]
fn an_answer_that_is_longer_than_its_question_is_not_sent_over_udp() {
    let call = call(4, procedure::GETADDR);
    let question = rpcb(PROGRAM, 4);
    let ask = |transport| answer(&call, &question, &services_v6(), transport);

    assert_eq!(ask(Transport::Udp), None);
    assert!(ask(Transport::Tcp).unwrap().len() > call.to_bytes().len() + question.len());
}

#[test]
fn arguments_of_another_shape_are_garbage() {
    let garbage = Err(Accepted::GarbageArgs);
    let tcp = Transport::Tcp;
    let netid = [&rpcb(NFS, 3)[..8], &[0, 0, 1, 0], &[b'x'; 256], &[0; 8]].concat();

    assert_eq!(ask((2, 3), &[0; 12], tcp), garbage);
    assert_eq!(ask((2, 3), &[0; 20], tcp), garbage);
    assert_eq!(ask((2, 4), &[0; 4], tcp), garbage);
    assert_eq!(ask((3, 3), &netid, tcp), garbage);
}

#[test]
fn other_versions_are_told_which_there_are() {
    let mismatch = Err(Accepted::ProgMismatch { low: 2, high: 4 });

    assert_eq!(ask((1, 0), &[], Transport::Udp), mismatch);
    assert_eq!(ask((5, 0), &[], Transport::Udp), mismatch);
}

#[test]
fn another_program_is_not_served_here() {
    let call = CallHeader {
        program: NFS,
        ..call(3, 0)
    };

    let reply = answer(&call, &[], &services(), Transport::Tcp).unwrap();

    let expected = Reply::accepted(call.xid, Accepted::ProgUnavail);
    assert_eq!(Reply::decode_all(&reply), Ok(expected));
}

#[test]
fn another_version_of_rpc_is_denied() {
    let mut question = call(2, 0).to_bytes();
    question[11] = 3;

    let reply = answer_message(&question, &services(), Transport::Udp).unwrap();

    let expected = Reply::denied(0x1234_5678, Denial::RpcMismatch);
    assert_eq!(Reply::decode_all(&reply), Ok(expected));
}

#[test]
fn a_denial_that_is_longer_than_its_question_is_not_sent_over_udp() {
    let question = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3];

    assert_eq!(answer_message(&question, &services(), Transport::Udp), None);
    assert!(answer_message(&question, &services(), Transport::Tcp).is_some());
}

#[test]
fn what_is_no_call_has_no_answer() {
    let reply = Reply::accepted(1, Accepted::Success).to_bytes();

    assert_eq!(answer_message(&[], &services(), Transport::Tcp), None);
    assert_eq!(answer_message(&reply, &services(), Transport::Tcp), None);
}
