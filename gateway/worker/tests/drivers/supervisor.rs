//! What the supervisor says, and what a worker does when it is gone.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use labelgate_control::{FromWorker, ToWorker};
use labelgate_pages::WorkerCounter;

use crate::harness::protocol::{ECHO, Message, NOTICE, READ, WRITE, pattern};
use crate::harness::{Bench, Client, Kind};
use crate::images::{again, images};

both!(
    idle_workers_trim_and_go_on,
    a_worker_without_supervisor_flushes_and_ends,
    a_drain_waits_for_clients,
    a_worker_without_clients_ends_as_soon_as_it_is_asked_to,
    events_reach_the_supervisor_before_the_end,
    events_that_the_supervisor_does_not_take_are_counted_and_the_rest_reaches_it,
    what_cannot_be_served_is_refused,
);

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

/// Not only when it would have woken up for another reason: an idle worker does after a second.
fn a_worker_without_clients_ends_as_soon_as_it_is_asked_to(kind: Kind) {
    let mut bench = Bench::new(kind);
    let [_, file] = images();
    bench.add_image(again(&file), false);
    let client = bench.connect();
    let connection = client.name;
    drop(client);
    assert_eq!(bench.hear(), FromWorker::ConnectionClosed { connection });
    let start = Instant::now();
    bench.finish();
    assert!(start.elapsed() < Duration::from_millis(700));
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

fn events_that_the_supervisor_does_not_take_are_counted_and_the_rest_reaches_it(kind: Kind) {
    // More than its socket holds and the worker keeps: two messages of each.
    const CLIENTS: u16 = 1500;
    let mut bench = Bench::new(kind);
    for tag in 0..CLIENTS {
        let mut client = bench.connect();
        client.send(Message::new(NOTICE, tag, 0), &[]);
        let _ = client.rest();
    }
    let (mut events, mut ends) = (0_u16, 0_u16);
    while ends < CLIENTS {
        match bench.hear() {
            FromWorker::Audit { .. } => events += 1,
            FromWorker::ConnectionClosed { .. } => ends += 1,
            other => panic!("{other:?}"),
        }
    }
    let dropped = bench.page.worker().counter(WorkerCounter::EventsDropped);
    assert!(dropped > 0, "it keeps all of them");
    assert_eq!(
        u64::from(events) + dropped,
        u64::from(CLIENTS),
        "each is counted or here"
    );
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
