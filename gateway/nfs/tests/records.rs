//! Records: how a call arrives in a stream of bytes.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use labelgate_engine::ConnectionId;
use labelgate_nfs::rpc::Accepted;
use labelgate_nfs::server::{Limits, Notice};
use rig::client::{
    self, Arguments, UNSTABLE, fragment, fragmented, nfs_message, procedure, record, status, write,
};
use rig::disk::number;
use rig::{Rig, image, root};

fn connected() -> (Rig, ConnectionId) {
    let mut rig = Rig::new();
    number_again(&mut rig);
    let id = rig.connect(1);
    (rig, id)
}

/// The front of the image is as it was.
fn number_again(rig: &mut Rig) {
    let front = rig.disk().bytes[..8192].iter_mut().enumerate();
    front.for_each(|(at, byte)| *byte = number(at));
}

/// The message of a WRITE of so many bytes of `e`s at 100.
fn write_message(length: usize) -> Vec<u8> {
    let arguments = write(&image(), 100, UNSTABLE, &vec![0xee; length]);
    nfs_message(1, procedure::WRITE, &arguments)
}

fn getattr_message() -> Vec<u8> {
    nfs_message(1, procedure::GETATTR, &Arguments::of(&root()).0)
}

/// The call was a WRITE of so many bytes, and has been done.
fn assert_written(rig: &mut Rig, id: ConnectionId, length: usize) {
    let mut results = rig.one(id).results();
    assert_eq!(results.u32(), status::OK);
    assert!(
        rig.disk().bytes[100..100 + length]
            .iter()
            .all(|&b| b == 0xee)
    );
    assert_eq!(rig.server.bytes_in_use(), 0);
}

/// The connection goes on with whatever is called next.
fn assert_goes_on(rig: &mut Rig, id: ConnectionId) {
    rig.nfs(id, procedure::NULL, &[]).end();
}

#[test]
fn a_call_is_the_same_in_fragments_of_any_size() {
    let (mut rig, id) = connected();
    for most in 2..=68 {
        rig.feed(id, &fragmented(&getattr_message(), most));

        assert_eq!(rig.one(id).results().u32(), status::OK, "{most}");
    }
}

#[test]
fn a_write_is_the_same_in_two_fragments_wherever_it_is_cut() {
    let message = write_message(1001);
    let (mut rig, id) = connected();
    for at in 0..=message.len() {
        number_again(&mut rig);
        let (first, rest) = message.split_at(at);

        rig.feed(id, &fragment(first, false));
        rig.feed(id, &fragment(rest, true));

        assert_written(&mut rig, id, 1001);
    }
}

#[test]
fn a_short_write_is_the_same_in_two_fragments_wherever_it_is_cut() {
    let message = write_message(5);
    let (mut rig, id) = connected();
    for at in 0..=message.len() {
        number_again(&mut rig);
        let (first, rest) = message.split_at(at);

        rig.feed(id, &fragment(first, false));
        rig.feed(id, &fragment(rest, true));

        assert_written(&mut rig, id, 5);
    }
}

#[test]
fn a_write_arrives_byte_by_byte() {
    let (mut rig, id) = connected();
    for byte in record(&write_message(601)) {
        rig.feed(id, &[byte]);
    }

    assert_written(&mut rig, id, 601);
}

/// > A record fragment is a four-byte header followed by 0 to (2**31) - 1 bytes of fragment data.
/// > (RFC 5531, 11)
///
/// A client that fills its buffer and sends it before it knows that the call has ended ends it
/// with an empty fragment.
#[test]
fn a_record_may_end_with_an_empty_fragment() {
    for message in [write_message(1001), write_message(4), write_message(0)] {
        let (mut rig, id) = connected();

        rig.feed(id, &fragment(&message, false));
        rig.feed(id, &fragment(&[], false));
        rig.feed(id, &fragment(&[], true));

        assert_eq!(rig.one(id).results().u32(), status::OK);
        assert_goes_on(&mut rig, id);
    }
}

#[test]
fn a_refused_write_may_end_with_an_empty_fragment() {
    let (mut rig, id) = connected();
    let arguments = write(&root(), 0, UNSTABLE, &[1; 1000]);

    rig.feed(
        id,
        &fragment(&nfs_message(1, procedure::WRITE, &arguments), false),
    );
    rig.feed(id, &fragment(&[], true));

    assert_eq!(rig.one(id).results().u32(), status::ISDIR);
    assert_goes_on(&mut rig, id);
}

#[test]
fn a_call_may_end_with_an_empty_fragment() {
    let (mut rig, id) = connected();

    rig.feed(id, &fragment(&[], false));
    rig.feed(id, &fragment(&getattr_message(), false));
    rig.feed(id, &fragment(&[], true));

    assert_eq!(rig.one(id).results().u32(), status::OK);
}

#[test]
fn a_long_write_may_have_as_many_fragments_as_a_small_buffer_of_a_client_makes() {
    let (mut rig, id) = connected();
    let length = Limits::TRANSFER as usize;

    rig.feed(id, &fragmented(&write_message(length), 4000));

    assert_written(&mut rig, id, length);
}

#[test]
fn a_record_of_nothing_but_fragments_ends_the_connection() {
    let (mut rig, id) = connected();
    for _ in 0..100 {
        rig.feed_if_open(id, &fragment(&[], false));
    }

    assert!(rig.is_closed(id));
}

/// What a connection is closed for.
fn broken_by(bytes: &[u8]) -> &'static str {
    let (mut rig, id) = connected();
    rig.feed(id, bytes);
    assert!(rig.is_closed(id) && rig.is_cut(id));
    assert_eq!(rig.server.bytes_in_use(), 0);
    match rig.notices()[..] {
        [Notice::Closed { why, .. }] => why,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_record_longer_than_any_call_ends_the_connection() {
    let long = "a record that is longer than any call";

    assert_eq!(broken_by(&[0xff; 4]), long);
    assert_eq!(broken_by(&[0x7f, 0xff, 0xff, 0xff]), long);
    assert_eq!(broken_by(&[0x80, 0x10, 0x20, 0x01]), long);
}

#[test]
fn fragments_that_are_too_long_together_end_the_connection() {
    let arguments = write(&root(), 0, UNSTABLE, &[1; 9000]);
    let begun = nfs_message(1, procedure::WRITE, &arguments);
    let more = [0x00, 0x10, 0x00, 0x00];

    let two = [fragment(&begun, false), more.to_vec()].concat();

    assert_eq!(broken_by(&two), "a record that is longer than any call");
}

#[test]
fn a_credential_of_a_gib_ends_the_connection() {
    let mut message = getattr_message();
    message[28..32].copy_from_slice(&0x4000_0000_u32.to_be_bytes());

    assert_eq!(broken_by(&record(&message)), "no RPC call");
}

#[test]
fn a_record_that_ends_in_its_header_ends_the_connection() {
    let why = "a call that ends in its header";

    assert_eq!(broken_by(&record(&[])), why);
    assert_eq!(broken_by(&record(&[0; 3])), why);
    assert_eq!(broken_by(&record(&getattr_message()[..39])), why);
}

#[test]
fn an_answer_is_no_call() {
    let mut message = getattr_message();
    message[7] = 1;

    assert_eq!(broken_by(&record(&message)), "no RPC call");
}

#[test]
fn a_write_whose_record_is_shorter_or_longer_than_its_count_is_garbage() {
    for length in [8, 1001, 5000] {
        let whole = write_message(length);
        let shorter = &whole[..whole.len() - 4];
        let longer = [&whole[..], &[0; 4]].concat();
        for message in [shorter, &longer] {
            let (mut rig, id) = connected();

            rig.feed(id, &record(message));

            assert_eq!(rig.one(id).accepted(), Accepted::GarbageArgs);
            assert_eq!(rig.disk().bytes[100], number(100));
            assert_goes_on(&mut rig, id);
        }
    }
}

/// As above, where it is seen only after data has been received.
#[test]
fn a_write_in_fragments_that_is_shorter_or_longer_than_its_count_is_garbage() {
    let whole = write_message(1001);
    let shorter = &whole[..whole.len() - 4];
    let without_padding = &whole[..whole.len() - 1];
    let longer = [&whole[..], &[0; 1]].concat();
    let (mut rig, id) = connected();
    for message in [shorter, without_padding, &longer] {
        for at in [0, 40, 200, 1000, message.len() - 1] {
            let (first, rest) = message.split_at(at);

            rig.feed(id, &fragment(first, false));
            rig.feed(id, &fragment(rest, true));

            assert_eq!(rig.one(id).accepted(), Accepted::GarbageArgs);
            assert_eq!(rig.disk().bytes[100], number(100));
            assert_eq!(rig.server.bytes_in_use(), 0);
            assert_goes_on(&mut rig, id);
        }
    }
}

/// What a broken WRITE had taken is there again, also for its own connection.
#[test]
fn writes_that_are_garbage_take_nothing_from_what_a_connection_may_hold() {
    let limits = Limits {
        pool_bytes: 2 << 20,
        ..Limits::default()
    };
    let mut rig = Rig::with(limits);
    let id = rig.connect(1);
    let whole = write_message(1 << 20);
    let (first, rest) = whole.split_at(4000);
    for _ in 0..3 {
        rig.feed(id, &fragment(first, false));
        rig.feed(id, &fragment(&rest[..rest.len() - 4], true));
        assert_eq!(rig.one(id).accepted(), Accepted::GarbageArgs);
    }

    rig.feed(id, &record(&whole));

    assert_eq!(rig.one(id).results().u32(), status::OK);
}

/// And it is there for others.
#[test]
fn a_write_that_turns_out_garbage_lets_others_go_on() {
    let limits = Limits {
        pool_bytes: 1 << 20,
        ..Limits::default()
    };
    let mut rig = Rig::with(limits);
    let (evil, other) = (rig.connect(1), rig.connect(2));
    let whole = write_message(1 << 20);
    let (first, rest) = whole.split_at(4000);
    rig.feed(evil, &fragment(first, false));
    rig.feed(other, &client::read_call(1, &image(), 0, 4096));
    assert!(rig.answers(other).is_empty(), "it waits for memory");

    rig.feed(evil, &fragment(&rest[..rest.len() - 4], true));

    assert_eq!(rig.one(other).results().u32(), status::OK);
}

#[test]
fn calls_follow_each_other_without_a_gap() {
    let (mut rig, id) = connected();
    let mut bytes = record(&write_message(1001));
    bytes.extend(client::read_call(2, &image(), 100, 1001));
    bytes.extend(client::nfs(3, procedure::NULL, &[]));

    rig.feed(id, &bytes);

    let mut xids: Vec<_> = rig.answers(id).iter().map(|answer| answer.xid).collect();
    xids.sort_unstable();
    assert_eq!(xids, [1, 2, 3]);
}
