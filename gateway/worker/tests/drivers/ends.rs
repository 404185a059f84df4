//! How connections end, and that each end is told once.

use std::io::Write;
use std::net::Shutdown;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use labelgate_control::{FromWorker, ToWorker};
use rustix::net::sockopt;

use crate::harness::protocol::{
    ABORT, CLOSE, ECHO, FAULT, FLUSH, HEADER, LEAVE, Message, PAUSE, READ, STABLE, TIMER, pattern,
};
use crate::harness::{Bench, Client, Kind};
use crate::images::{again, images};

both!(
    an_orderly_end_sends_everything_first,
    what_arrives_after_the_end_is_dropped,
    an_abort_ends_at_once,
    a_breach_by_the_engine_ends_the_connection,
    peers_vanish_at_any_moment,
    a_close_waits_for_no_image_operation,
    the_supervisor_closes_a_connection,
    three_hundred_connections,
    numbers_are_used_again,
);

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
