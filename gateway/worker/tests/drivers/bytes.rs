//! Bytes in and out: receiving where the engine says, sending all of it, in order.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rustix::net::sockopt;

use crate::harness::protocol::{
    ABORT, DISCARD, ECHO, EMPTY, HEADER, LONG, Message, PAUSE, TIMER, pattern,
};
use crate::harness::{Bench, Kind};

both!(
    headers_may_be_cut_anywhere,
    many_messages_in_one_segment,
    payload_lands_where_it_was_asked_for,
    large_payloads_come_back_whole,
    a_slow_reader_gets_everything_in_order,
    a_pause_stops_reading_and_ends,
    discards_drop_exactly_what_they_say,
    long_headers_fit,
    timers_fire_while_nothing_happens,
    an_empty_transmission_is_sent,
    socket_pairs_work_too,
);

fn headers_may_be_cut_anywhere(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    let payload = pattern(1, 5);
    let mut bytes = Message::new(ECHO, 1, 5).trailer(3).encode().to_vec();
    bytes.extend_from_slice(&payload);
    bytes.extend_from_slice(b"abc");
    for cut in 1..bytes.len() {
        client.stream.write_all(&bytes[..cut]).unwrap();
        // Long enough for the first part to be received alone, mostly.
        std::thread::sleep(Duration::from_millis(2));
        client.stream.write_all(&bytes[cut..]).unwrap();

        let (_, answer) = client.receive(8);

        assert_eq!(answer, [payload.as_slice(), b"abc"].concat());
    }
    drop(client);
    bench.finish();
}

fn many_messages_in_one_segment(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    let mut bytes = Vec::new();
    for tag in 0..1000 {
        bytes.extend_from_slice(&Message::new(ECHO, tag, 3).encode());
        bytes.extend_from_slice(&pattern(tag.into(), 3));
    }
    let mut writer = client.stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || writer.write_all(&bytes).unwrap());
    for tag in 0..1000 {
        let (message, answer) = client.receive(3);
        assert_eq!((message.tag, answer), (tag, pattern(tag.into(), 3)));
    }
    writing.join().unwrap();
    drop(client);
    bench.finish();
}

fn payload_lands_where_it_was_asked_for(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    for (tag, length) in [0, 1, 7, 255, 256, 257, 4096, 8191, 8192, 8193, 70_000]
        .into_iter()
        .enumerate()
    {
        for offset in [0, 1, 4095, 10_000] {
            let tag = u16::try_from(tag).unwrap();
            let payload = pattern(offset + u64::from(tag), length);
            let message = Message::new(ECHO, tag, length).at(offset);
            assert_eq!(client.call(message, &payload, length), payload);
        }
    }
    drop(client);
    bench.finish();
}

fn large_payloads_come_back_whole(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    let length = 1 << 20;
    for tag in 0..8 {
        let payload = pattern(tag.into(), length);
        let mut writer = client.stream.try_clone().unwrap();
        let sent = payload.clone();
        let writing = std::thread::spawn(move || {
            writer
                .write_all(&Message::new(ECHO, tag, length).encode())
                .unwrap();
            writer.write_all(&sent).unwrap();
        });
        let (_, answer) = client.receive(length);
        assert!(answer == payload);
        writing.join().unwrap();
    }
    drop(client);
    bench.finish();
}

fn a_slow_reader_gets_everything_in_order(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect_with(|server| {
        sockopt::set_socket_send_buffer_size(server, 4096).unwrap();
    });
    sockopt::set_socket_recv_buffer_size(&client.stream, 16_384).unwrap();
    let lengths: Vec<usize> = (0..60).map(|i| (i * 997) % 40_000).collect();
    let mut writer = client.stream.try_clone().unwrap();
    let all = lengths.clone();
    let writing = std::thread::spawn(move || {
        for (tag, &length) in (0..).zip(&all) {
            writer
                .write_all(&Message::new(ECHO, tag, length).encode())
                .unwrap();
            writer.write_all(&pattern(tag.into(), length)).unwrap();
        }
    });
    std::thread::sleep(Duration::from_millis(100));
    for (tag, &length) in (0..).zip(&lengths) {
        let (message, answer) = client.receive(length);
        assert_eq!(message.tag, tag);
        assert!(answer == pattern(tag.into(), length));
        if tag % 10 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    writing.join().unwrap();
    bench.until(|log| log.sent == lengths.len());
    let bytes: usize = lengths.iter().map(|length| length + HEADER).sum();
    assert_eq!(bench.log.lock().unwrap().sent_bytes, bytes);
    drop(client);
    bench.finish();
}

fn a_pause_stops_reading_and_ends(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    // The echo is staged behind the pause, and must wait there.
    let mut bytes = Message::new(PAUSE, 1, 80).encode().to_vec();
    bytes.extend_from_slice(&Message::new(ECHO, 2, 4).encode());
    bytes.extend_from_slice(b"late");
    let start = Instant::now();
    client.stream.write_all(&bytes).unwrap();

    let (first, _) = client.receive(0);
    let (second, answer) = client.receive(4);

    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(
        (first.tag, second.tag, answer.as_slice()),
        (1, 2, &b"late"[..])
    );

    // Nothing is read meanwhile: the peer cannot send more than the socket buffers hold.
    client.send(Message::new(PAUSE, 3, 400), &[]);
    std::thread::sleep(Duration::from_millis(50));
    let received = bench.log.lock().unwrap().received;
    client.send(Message::new(ECHO, 4, 4), b"more");
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(bench.log.lock().unwrap().received, received);
    assert_eq!(client.receive(0).0.tag, 3);
    assert_eq!(client.receive(4).1, b"more");
    drop(client);
    bench.finish();
}

fn discards_drop_exactly_what_they_say(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    for length in [0, 1, 23, 24, 25, 8192, 100_000] {
        // What is dropped looks like messages.
        let poison = Message::new(ABORT, 0, 0).encode();
        let dropped: Vec<u8> = poison.iter().copied().cycle().take(length).collect();
        client.call(Message::new(DISCARD, 9, length), &dropped, 0);
        assert_eq!(client.call(Message::new(ECHO, 1, 2), b"ok", 2), b"ok");
    }
    drop(client);
    bench.finish();
}

fn long_headers_fit(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    for length in [1, 255, 256, 257, 4095, 4096] {
        let bytes = pattern(length, length as usize);
        let sum: u64 = bytes.iter().map(|&byte| u64::from(byte)).sum();
        client.send(Message::new(LONG, 1, length as usize), &bytes);
        assert_eq!(client.receive(0).0.status, sum);
    }
    drop(client);
    bench.finish();
}

fn timers_fire_while_nothing_happens(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    client.send(Message::new(TIMER, 1, 120), &[]);
    client.send(Message::new(TIMER, 2, 40), &[]);
    let start = Instant::now();
    assert_eq!(client.receive(0).0.tag, 2);
    assert_eq!(client.receive(0).0.tag, 1);
    let elapsed = start.elapsed();
    assert!((Duration::from_millis(90)..Duration::from_secs(5)).contains(&elapsed));
    // Time passes without spinning.
    assert!(bench.log.lock().unwrap().ticks < 20);
    drop(client);
    bench.finish();
}

fn an_empty_transmission_is_sent(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    client.call(Message::new(EMPTY, 1, 0), &[], 0);
    bench.until(|log| log.sent == 2);
    drop(client);
    bench.finish();
}

fn socket_pairs_work_too(kind: Kind) {
    let mut bench = Bench::new(kind);
    let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    bench.hand_over(&theirs);
    drop(theirs);
    let payload = pattern(5, 300_000);
    let mut writer = ours.try_clone().unwrap();
    let sent = payload.clone();
    let writing = std::thread::spawn(move || {
        writer
            .write_all(&Message::new(ECHO, 1, sent.len()).encode())
            .unwrap();
        writer.write_all(&sent).unwrap();
    });
    let mut answer = vec![0; HEADER + payload.len()];
    ours.read_exact(&mut answer).unwrap();
    assert!(answer[HEADER..] == payload);
    writing.join().unwrap();
    drop(ours);
    bench.finish();
}
