//! What both drivers do, by one body for both: a worker with a test engine, real sockets, real
//! files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::wildcard_imports,
    clippy::print_stdout,
    missing_debug_implementations,
    dead_code,
    reason = "a panic in a test is a failed test, the test protocol's numbers are our own, and each test uses a part of the harness"
)]

mod harness;

use std::fs::File;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use harness::protocol::{
    ABORT, CLOSE, DISCARD, ECHO, EMPTY, FAULT, FLUSH, HEADER, LEAVE, LONG, Message, NOTICE, PAUSE,
    READ, STABLE, TIMER, UNMAP, WRITE, pattern,
};
use harness::{Bench, Client, Kind};
use labelgate_control::{FromWorker, ToWorker};
use rustix::net::sockopt;

macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod ring { $(#[test] fn $name() { super::$name(super::Kind::Ring); })* }
        mod epoll { $(#[test] fn $name() { super::$name(super::Kind::Epoll); })* }
    };
}

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
    images_are_read_and_written,
    image_operations_overtake_each_other,
    an_orderly_end_sends_everything_first,
    what_arrives_after_the_end_is_dropped,
    an_abort_ends_at_once,
    a_breach_by_the_engine_ends_the_connection,
    peers_vanish_at_any_moment,
    a_close_waits_for_no_image_operation,
    the_supervisor_closes_a_connection,
    three_hundred_connections,
    numbers_are_used_again,
    idle_workers_trim_and_go_on,
    an_image_is_removed_after_its_last_operation,
    a_worker_without_supervisor_flushes_and_ends,
    a_drain_waits_for_clients,
    socket_pairs_work_too,
    events_reach_the_supervisor_before_the_end,
    what_cannot_be_served_is_refused,
    fuzz_clients_that_do_anything,
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

/// An image of 16 MiB in memory, and one on the file system the tests are built on.
fn images() -> [File; 2] {
    [
        std::path::Path::new("/dev/shm"),
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")),
    ]
    .map(|directory| {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = directory.join(format!("labelgate-worker-{}-{count}", std::process::id()));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .unwrap();
        std::fs::remove_file(path).unwrap();
        file.set_len(16 << 20).unwrap();
        file
    })
}

/// Another open file description of the same file: the worker sets flags on its own.
fn again(file: &File) -> File {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    File::options().read(true).write(true).open(path).unwrap()
}

fn images_are_read_and_written(kind: Kind) {
    for (file, direct) in images()
        .iter()
        .flat_map(|file| [(file, false), (file, true)])
    {
        let mut bench = Bench::new(kind);
        bench.add_image(again(file), direct);
        let mut client = bench.connect();
        for (tag, length) in (0..).zip([512, 4096, 65_536, 1 << 19]) {
            let offset = u64::from(tag) << 20;
            for operation in [WRITE, STABLE] {
                let data = pattern(u64::from(tag) + u64::from(operation), length);
                client.call(Message::new(operation, tag, length).at(offset), &data, 0);
                assert!(
                    client.call(Message::new(READ, tag, length).at(offset), &[], length) == data
                );
                let mut there = vec![0; length];
                client.call(Message::new(FLUSH, tag, 0), &[], 0);
                file.read_exact_at(&mut there, offset).unwrap();
                assert!(there == data);
            }
        }
        let (beyond, _) = {
            client.send(Message::new(READ, 1, 512).at(16 << 20), &[]);
            client.receive(0)
        };
        assert_eq!(beyond.status, 1, "beyond the end is an error");
        drop(client);
        bench.finish();
    }
}

fn image_operations_overtake_each_other(kind: Kind) {
    for file in images() {
        let mut bench = Bench::new(kind);
        bench.add_image(again(&file), false);
        let mut client = bench.connect();
        let mut bytes = Vec::new();
        for tag in 0..200_u16 {
            let operation = if tag % 20 == 7 { FLUSH } else { WRITE };
            let length = if operation == FLUSH {
                0
            } else {
                512 * (1 + usize::from(tag) % 40)
            };
            let message = Message::new(operation, tag, length).at(u64::from(tag) * 65_536);
            bytes.extend_from_slice(&message.encode());
            bytes.extend_from_slice(&pattern(tag.into(), length));
        }
        client.stream.write_all(&bytes).unwrap();
        let mut tags: Vec<u16> = (0..200)
            .map(|_| client.receive(0).0)
            .map(|answer| {
                assert_eq!(answer.status, 0);
                answer.tag
            })
            .collect();
        tags.sort_unstable();
        assert_eq!(tags, (0..200).collect::<Vec<_>>());
        for tag in (0..200_u16).filter(|tag| tag % 20 != 7) {
            let length = 512 * (1 + usize::from(tag) % 40);
            let data = client.call(
                Message::new(READ, tag, length).at(u64::from(tag) * 65_536),
                &[],
                length,
            );
            assert!(data == pattern(tag.into(), length));
        }
        drop(client);
        bench.finish();
    }
}

fn an_orderly_end_sends_everything_first(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect_with(|server| {
        sockopt::set_socket_send_buffer_size(server, 4096).unwrap();
    });
    let payload = pattern(3, 600_000);
    let mut bytes = Message::new(ECHO, 1, payload.len()).encode().to_vec();
    bytes.extend_from_slice(&payload);
    bytes.extend_from_slice(&Message::new(CLOSE, 2, 0).encode());
    // Unread by the worker when it closes: without a linger this would become a reset.
    bytes.extend_from_slice(&pattern(4, 5000));
    let mut writer = client.stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || writer.write_all(&bytes).unwrap());
    std::thread::sleep(Duration::from_millis(100));
    let (_, answer) = client.receive(payload.len());
    assert!(answer == payload);
    assert_eq!(client.receive(0).0.tag, 2);
    assert_eq!(client.rest().unwrap(), 0);
    writing.join().unwrap();
    client.shut(Shutdown::Write);
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: client.name
        }
    );

    // One that never closes its side is not waited for long.
    let mut client = bench.connect();
    client.call(Message::new(CLOSE, 1, 0), &[], 0);
    let start = Instant::now();
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: client.name
        }
    );
    assert!(start.elapsed() < Duration::from_secs(5));
    bench.finish();
}

fn what_arrives_after_the_end_is_dropped(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    client.send(Message::new(LEAVE, 1, 20_000), &pattern(1, 5000));
    assert_eq!(client.receive(0).0.tag, 1);
    assert_eq!(client.rest().unwrap(), 0, "our side is closed");
    let received = bench.log.lock().unwrap().received;
    client.stream.write_all(&pattern(2, 30_000)).unwrap();
    client.shut(Shutdown::Write);
    let start = Instant::now();
    let connection = client.name;
    assert_eq!(bench.hear(), FromWorker::ConnectionClosed { connection });
    assert!(
        start.elapsed() < Duration::from_millis(700),
        "it sees the peer's end"
    );
    let log = bench.log.lock().unwrap();
    assert_eq!(log.received, received, "nobody listens any more");
    assert_eq!(log.free_at_close, [64 << 20], "the buffer is back");
    drop(log);
    bench.finish();
}

fn an_abort_ends_at_once(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect_with(|server| {
        sockopt::set_socket_send_buffer_size(server, 4096).unwrap();
    });
    sockopt::set_socket_recv_buffer_size(&client.stream, 4096).unwrap();
    // A send is stuck in the kernel, a payload half received.
    client.send(Message::new(ECHO, 1, 900_000), &pattern(1, 900_000));
    client.send(Message::new(ABORT, 2, 0), &[]);
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: client.name
        }
    );
    drop(client);
    bench.finish();
}

fn a_breach_by_the_engine_ends_the_connection(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    client.send(Message::new(FAULT, 1, 0), &[]);
    assert_eq!(client.rest().unwrap(), 0);
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: client.name
        }
    );
    bench.finish();
}

fn peers_vanish_at_any_moment(kind: Kind) {
    let mut bench = Bench::new(kind);
    let [_, file] = images();
    bench.add_image(again(&file), true);
    for round in 0..60_usize {
        let mut client = bench.connect_with(|server| {
            sockopt::set_socket_send_buffer_size(server, 4096).unwrap();
        });
        let payload = pattern(1, 200_000);
        match round % 6 {
            // Before the first byte; within a header; within a payload.
            0 => {}
            1 => client
                .stream
                .write_all(&Message::new(ECHO, 1, 9).encode()[..round % HEADER])
                .unwrap(),
            2 => client.send(Message::new(ECHO, 1, 200_000), &payload[..round * 3000]),
            // While an answer is on its way, while images are written and read, while paused.
            3 => client.send(Message::new(ECHO, 1, 200_000), &payload),
            4 => {
                client.send(Message::new(STABLE, 1, 65_536), &payload[..65_536]);
                client.send(Message::new(READ, 2, 1 << 20), &[]);
                client.send(Message::new(FLUSH, 3, 0), &[]);
            }
            _ => client.send(Message::new(PAUSE, 1, 20), &[]),
        }
        if round % 3 == 0 {
            std::thread::sleep(Duration::from_millis(3));
        }
        if round % 2 == 0 {
            client.reset();
        } else {
            drop(client);
        }
    }
    bench.until(|log| log.closed == 60);
    bench.finish();
}

fn a_close_waits_for_no_image_operation(kind: Kind) {
    let mut bench = Bench::new(kind);
    let [_, file] = images();
    bench.add_image(again(&file), true);
    let mut client = bench.connect();
    for tag in 0..40 {
        let offset = u64::from(tag) << 18;
        client.send(
            Message::new(STABLE, tag, 1 << 18).at(offset),
            &pattern(tag.into(), 1 << 18),
        );
    }
    client.send(Message::new(ABORT, 99, 0), &[]);
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: client.name
        }
    );
    // Each operation ends all the same, and only then is its buffer free.
    bench.until(|log| log.completed.len() == 40);
    let log = bench.log.lock().unwrap();
    if log.completed_after_close > 0 {
        assert!(
            log.free_at_close[0] < 64 << 20,
            "a buffer in flight is not free"
        );
    }
    drop(log);
    for tag in 0..40_u16 {
        let mut there = vec![0; 1 << 18];
        file.read_exact_at(&mut there, u64::from(tag) << 18)
            .unwrap();
        assert!(there == pattern(tag.into(), 1 << 18));
    }
    bench.finish();
}

fn the_supervisor_closes_a_connection(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    let other = bench.connect();
    client.call(Message::new(ECHO, 1, 2), b"hi", 2);
    bench.tell(ToWorker::CloseConnection {
        connection: client.name,
    });
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: client.name
        }
    );
    assert_eq!(client.rest().unwrap(), 0);
    drop(other);
    bench.finish();
}

fn three_hundred_connections(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut clients: Vec<Client> = (0..300).map(|_| bench.connect()).collect();
    for round in 0..3 {
        for (tag, client) in (0_u16..).zip(&mut clients) {
            client.send(
                Message::new(ECHO, tag, 3000),
                &pattern(u64::from(tag) + round, 3000),
            );
        }
        for (tag, client) in (0_u16..).zip(&mut clients) {
            let (message, answer) = client.receive(3000);
            assert_eq!(message.tag, tag);
            assert!(answer == pattern(u64::from(tag) + round, 3000));
        }
    }
    drop(clients);
    bench.until(|log| log.closed == 300);
    bench.finish();
}

fn numbers_are_used_again(kind: Kind) {
    let mut bench = Bench::new(kind);
    for tag in 0..300 {
        let mut client = bench.connect();
        assert_eq!(client.call(Message::new(ECHO, tag, 2), b"hi", 2), b"hi");
        if tag % 3 == 0 {
            client.send(Message::new(TIMER, 1, 1), &[]);
            client.reset();
        }
    }
    bench.finish();
}

fn idle_workers_trim_and_go_on(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut clients: Vec<Client> = (0..20).map(|_| bench.connect()).collect();
    let payload = pattern(1, 50_000);
    for round in 0..2 {
        for client in &mut clients {
            assert!(client.call(Message::new(ECHO, round, 50_000), &payload, 50_000) == payload);
        }
        // Half a header waits in staging while the memory around it is given back.
        for client in &mut clients {
            client
                .stream
                .write_all(&Message::new(ECHO, 7, 3).encode()[..11])
                .unwrap();
        }
        std::thread::sleep(Duration::from_millis(1300));
        for client in &mut clients {
            client
                .stream
                .write_all(&Message::new(ECHO, 7, 3).encode()[11..])
                .unwrap();
            client.stream.write_all(b"abc").unwrap();
            assert_eq!(client.receive(3).1, b"abc");
        }
    }
    drop(clients);
    bench.finish();
}

fn an_image_is_removed_after_its_last_operation(kind: Kind) {
    let mut bench = Bench::new(kind);
    let [_, file] = images();
    bench.add_image(again(&file), true);
    let mut client = bench.connect();
    for tag in 0..20 {
        client.send(Message::new(STABLE, tag, 1 << 18), &pattern(1, 1 << 18));
    }
    bench.until(|log| log.received > 20);
    bench.tell(ToWorker::RemoveImage { image: 1 });
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: client.name
        }
    );
    assert_eq!(bench.hear(), FromWorker::ImageRemoved { image: 1 });
    bench.tell(ToWorker::RemoveImage { image: 1 });
    assert_eq!(bench.hear(), FromWorker::ImageRemoved { image: 1 });

    let mut client = bench.connect();
    client.send(Message::new(READ, 1, 512), &[]);
    assert_eq!(client.receive(0).0.status, 1, "the image is gone");
    drop(client);
    bench.finish();
}

fn a_worker_without_supervisor_flushes_and_ends(kind: Kind) {
    let mut bench = Bench::new(kind);
    let [_, file] = images();
    bench.add_image(again(&file), false);
    let mut client = bench.connect();
    client.call(Message::new(WRITE, 1, 4096), &pattern(1, 4096), 0);
    client.send(Message::new(READ, 2, 1 << 20), &[]);
    let start = Instant::now();
    let remains = bench.abandon();
    assert_eq!(
        remains.result.unwrap(),
        labelgate_worker::Farewell::Orphaned
    );
    assert_eq!(remains.leaked, 0);
    assert!(start.elapsed() < Duration::from_secs(5));
    let mut bytes = Vec::new();
    // The connection is closed, with or without the answer.
    let _ = client.stream.read_to_end(&mut bytes);
}

fn a_drain_waits_for_clients(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    client.call(Message::new(ECHO, 1, 2), b"hi", 2);
    bench.tell(ToWorker::Drain {
        milliseconds: 10_000,
    });
    std::thread::sleep(Duration::from_millis(100));
    // It is still served, but nobody new is.
    assert_eq!(client.call(Message::new(ECHO, 2, 2), b"yo", 2), b"yo");
    let mut late = bench.connect();
    assert_eq!(
        bench.hear(),
        FromWorker::ConnectionClosed {
            connection: late.name
        }
    );
    assert!(matches!(late.rest(), Ok(0) | Err(_)));
    let start = Instant::now();
    drop(client);
    bench.finish();
    assert!(start.elapsed() < Duration::from_secs(5));
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

fn events_reach_the_supervisor_before_the_end(kind: Kind) {
    let mut bench = Bench::new(kind);
    let mut client = bench.connect();
    client.send(Message::new(NOTICE, 1, 0), &[]);
    let connection = client.name;
    let said = bench.hear();
    assert!(matches!(said, FromWorker::Audit { connection: name, .. } if name == connection));
    assert_eq!(bench.hear(), FromWorker::ConnectionClosed { connection });
    bench.finish();
}

fn what_cannot_be_served_is_refused(kind: Kind) {
    let mut bench = Bench::new(kind);
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    assert!(
        bench.offer_image(&socket, false).is_err(),
        "a socket is no image"
    );
    let [file, _] = images();
    bench.add_image(&file, false);
    assert!(
        bench.offer_image(&file, false).is_err(),
        "the number is taken"
    );
    bench.tell(ToWorker::RefreshImage {
        image: 9,
        size: None,
    });
    let said = bench.hear();
    assert!(matches!(
        said,
        FromWorker::ImageRefreshed {
            image: 9,
            result: Err(_)
        }
    ));
    // What is no connected stream ends as soon as it is touched.
    let connection = bench.hand_over(&file);
    assert_eq!(bench.hear(), FromWorker::ConnectionClosed { connection });
    let mut client = bench.connect();
    assert_eq!(client.call(Message::new(ECHO, 1, 2), b"hi", 2), b"hi");
    drop(client);
    bench.finish();
}

/// Clients that send random valid messages in random cuts, read or do not, and vanish in random
/// ways. The engine sees to it that the driver keeps the contract.
fn fuzz_clients_that_do_anything(kind: Kind) {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").map_or(2, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    let seed = std::env::var("LABELGATE_FUZZ_SEED")
        .map_or(since.as_nanos() as u64, |text| text.parse().unwrap());
    println!("seed {seed}");
    let mut dice = Dice(seed | 1);
    let mut bench = Bench::new(kind);
    let [_, file] = images();
    bench.add_image(again(&file), dice.below(2) == 0);
    while Instant::now() < end {
        let mut clients: Vec<Client> = (0..8).map(|_| bench.connect()).collect();
        for _ in 0..dice.below(40) {
            let which = dice.below(clients.len());
            if !dice.act(&mut clients[which]) {
                dice.end(clients.swap_remove(which));
                clients.push(bench.connect());
            }
        }
        clients.into_iter().for_each(|client| dice.end(client));
    }
    bench.finish();
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }

    /// One thing a client does; whether it goes on.
    fn act(&mut self, client: &mut Client) -> bool {
        let operations = [
            ECHO, ECHO, ECHO, WRITE, STABLE, READ, READ, FLUSH, DISCARD, PAUSE, TIMER, EMPTY,
            UNMAP, ABORT, CLOSE, FAULT,
        ];
        let operation = operations[self.below(operations.len())];
        let length = match operation {
            PAUSE | TIMER => self.below(10),
            WRITE | STABLE | READ | UNMAP => 512 * (1 + self.below(200)),
            FLUSH | EMPTY | ABORT | CLOSE | FAULT => 0,
            _ => self.below(100_000),
        };
        let offset = match operation {
            ECHO => self.below(5000),
            _ => 512 * self.below(16_384),
        };
        let trailer = if operation == ECHO { self.below(17) } else { 0 };
        let message = Message::new(operation, 1, length)
            .at(offset as u64)
            .trailer(trailer as u8);
        let payload = if matches!(operation, ECHO | WRITE | STABLE | DISCARD) {
            length + trailer
        } else {
            0
        };
        let mut bytes = message.encode().to_vec();
        bytes.resize(HEADER + payload, 7);
        client.stream.set_nonblocking(true).unwrap();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let cut = (1 + self.below(30_000)).min(rest.len());
            match client.stream.write(&rest[..cut]) {
                Ok(n) => rest = &rest[n..],
                // It does not read, or the worker has had enough of it.
                Err(_) => return false,
            }
            if self.below(3) == 0 {
                let _ = client.stream.read(&mut vec![0; 50_000]);
            }
            if self.below(20) == 0 {
                return false;
            }
        }
        !matches!(operation, ABORT | CLOSE | FAULT)
    }

    fn end(&mut self, client: Client) {
        match self.below(3) {
            0 => client.reset(),
            1 => drop(client),
            _ => {
                let _ = client.stream.shutdown(Shutdown::Write);
                std::thread::sleep(Duration::from_millis(self.below(3) as u64));
            }
        }
    }
}
