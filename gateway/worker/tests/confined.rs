//! A worker in a process of its own, confined as in service, does all it has to do: a system call
//! that the filter lacks would kill it.
//!
//! This program is both: the test, and with an argument the worker. A worker must be alone in its
//! process when it confines itself, which the standard test harness does not allow.

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
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::engine::TestEngine;
use harness::keeper::{SIZE, Shared, shared};
use harness::protocol::*;
use harness::{Bench, Client};
use labelgate_buffers::{MAX_BUFFER, Pool};
use labelgate_control::{Bytes, Configure, Driver, FromWorker, Handed, NotServed, Text, ToWorker};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};

const WORKER: &str = "--as-worker";

fn main() {
    if std::env::args().any(|argument| argument == WORKER) {
        let run = labelgate_worker::run(|configure, memory| {
            let bound = usize::try_from(configure.pool_bytes).unwrap();
            let pool = match memory {
                Some(memory) => memory.pool(bound)?,
                None => Pool::new(bound)?,
            };
            Ok(TestEngine::new(pool, harness::engine::SharedLog::default()))
        });
        // Without a word on stderr, which a test shows.
        std::process::exit(i32::from(run.is_err()));
    }
    for driver in [Driver::Ring, Driver::Epoll, Driver::Auto] {
        serves_confined(driver);
        println!("a worker confined with {driver:?} serves: ok");
    }
    for driver in [Driver::Ring, Driver::Epoll] {
        let (before, after) = memory_of_idle_connections(driver);
        println!("{driver:?}: {before} KiB without, {after} KiB with 300 idle connections: ok");
    }
    for driver in [Driver::Ring, Driver::Epoll] {
        opens_what_it_is_led_to(driver);
        println!(
            "a worker confined with {driver:?} opens its images itself, beneath its stores: ok"
        );
    }
    for driver in [Driver::Ring, Driver::Epoll] {
        serves_what_keepers_hold(driver);
        println!("a worker confined with {driver:?} serves what keepers hold: ok");
    }
    serves_nobody_in_another_context();
    println!("a worker that is not in its SELinux context ends: ok");
    serves_nobody_without_a_configuration();
    println!("a worker that is not told who it is ends: ok");
}

fn start(driver: Driver) -> Bench {
    start_with(driver, &[])
}

/// With directories beneath which it may open images.
fn start_with(driver: Driver, stores: &[OwnedFd]) -> Bench {
    start_sharing(driver, stores, None)
}

/// With what it shares with keepers, too.
fn start_sharing(driver: Driver, stores: &[OwnedFd], shared: Option<&Shared>) -> Bench {
    let program = std::env::current_exe().unwrap();
    let bench = Bench::process(Command::new(program).arg(WORKER));
    let (_, page) = labelgate_pages::Page::create(8).unwrap();
    let configure = Configure {
        label: "s0:c1,c2".parse().unwrap(),
        driver,
        pool_bytes: 32 * MAX_BUFFER as u64,
        max_connections: 300,
        stores: u32::try_from(stores.len()).unwrap(),
        trees: 0,
        mapped: false,
        keepers: shared.map_or(0, |shared| u32::try_from(shared.queues.len()).unwrap()),
        unprivileged: true,
        context: None,
        handle_key: Bytes::try_from(&[7; 32][..]).unwrap(),
        bind_handles: true,
    };
    bench.tell(ToWorker::Configure(configure, page.as_fd()));
    if let Some(shared) = shared {
        bench.tell(ToWorker::Memory(shared.memory.as_fd()));
        bench.tell(ToWorker::Bell(shared.bell.as_fd()));
        for queues in &shared.queues {
            bench.tell(ToWorker::Queues(queues.as_fd()));
        }
    }
    for store in stores {
        bench.tell(ToWorker::Store(store.as_fd()));
    }
    let FromWorker::Ready {
        driver: got,
        confinement,
    } = bench.hear()
    else {
        panic!("not ready");
    };
    let wanted = if driver == Driver::Auto {
        Driver::Ring
    } else {
        driver
    };
    assert_eq!(got, wanted);
    assert!(confinement.iter().any(|words| words.contains("seccomp")));
    assert!(confinement.iter().any(|words| words.contains("landlock")));
    bench
}

fn serves_confined(driver: Driver) {
    for (directory, direct) in [
        ("/dev/shm", false),
        (env!("CARGO_TARGET_TMPDIR"), false),
        (env!("CARGO_TARGET_TMPDIR"), true),
    ] {
        let path = format!("{directory}/labelgate-confined-{}", std::process::id());
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .unwrap();
        std::fs::remove_file(path).unwrap();
        file.set_len(16 << 20).unwrap();
        let mut bench = start(driver);
        bench.add_image(&file, direct);
        all_operations(&mut bench);
        resize(&bench);
        connections_come_and_go(&mut bench);
        // Idle long enough to give memory back; then busy again.
        std::thread::sleep(Duration::from_millis(1200));
        connections_come_and_go(&mut bench);
        bench.tell(ToWorker::RemoveImage { image: 1 });
        while bench.hear() != (FromWorker::ImageRemoved { image: 1 }) {}
        bench.finish();
    }
}

fn all_operations(bench: &mut Bench) {
    let mut client = bench.connect();
    for (tag, length) in (0..).zip([512, 4096, 1 << 19]) {
        let data = pattern(u64::from(tag), length);
        client.call(Message::new(WRITE, tag, length), &data, 0);
        client.call(Message::new(STABLE, tag, length).at(1 << 20), &data, 0);
        assert!(client.call(Message::new(READ, tag, length), &[], length) == data);
        client.call(Message::new(FLUSH, tag, 0), &[], 0);
    }
    for operation in [UNMAP, ZERO, EXTENT] {
        client.call(Message::new(operation, 1, 1 << 20).at(1 << 20), &[], 0);
    }
    client.call(Message::new(TIMER, 1, 5), &[], 0);
    client.call(Message::new(PAUSE, 1, 5), &[], 0);
    client.call(Message::new(DISCARD, 1, 100), &[0; 100], 0);
}

fn resize(bench: &Bench) {
    bench.tell(ToWorker::RefreshImage {
        image: 1,
        size: Some(17 << 20),
    });
    loop {
        if let FromWorker::ImageRefreshed { result, .. } = bench.hear() {
            assert_eq!(result.unwrap().size, 17 << 20);
            return;
        }
    }
}

fn connections_come_and_go(bench: &mut Bench) {
    let mut clients: Vec<Client> = (0..60).map(|_| bench.connect()).collect();
    for (tag, client) in (0_u16..).zip(&mut clients) {
        let data = pattern(u64::from(tag), 30_000);
        assert!(client.call(Message::new(ECHO, tag, 30_000), &data, 30_000) == data);
    }
    for (index, mut client) in clients.into_iter().enumerate() {
        match index % 5 {
            0 => client.reset(),
            1 => client.send(Message::new(ABORT, 1, 0), &[]),
            2 => client.send(Message::new(CLOSE, 1, 0), &[]),
            3 => bench.tell(ToWorker::CloseConnection {
                connection: client.name,
            }),
            _ => {}
        }
    }
    let mut closed = 0;
    while closed < 60 {
        closed += usize::from(matches!(bench.hear(), FromWorker::ConnectionClosed { .. }));
    }
}

/// A keeper's image, and its successor's: all that is mapped was mapped at the start.
fn serves_what_keepers_hold(driver: Driver) {
    let (shared, slots) = shared(2);
    let mut bench = start_sharing(driver, &[], Some(&shared));
    bench.offer_kept(1, 1).unwrap();
    let mut client = bench.connect();
    let mut disk = vec![0; SIZE];
    for round in 0..3_u16 {
        let mut keeper = slots[1].successor(&bench, disk);
        let data = pattern(round.into(), 1 << 19);
        for operation in [WRITE, STABLE] {
            client.send(Message::new(operation, round, 1 << 19), &data);
            keeper.serve_one();
            assert_eq!(client.receive(0).0.status, 0);
        }
        client.send(Message::new(READ, round, 1 << 19), &[]);
        keeper.serve_one();
        assert!(client.receive(1 << 19).1 == data);
        for operation in [FLUSH, UNMAP, ZERO, EXTENT] {
            client.send(Message::new(operation, round, 4096).at(8 << 20), &[]);
            keeper.serve_one();
            assert_eq!(client.receive(0).0.status, 0);
        }
        // Idle long enough to give memory back; then one dies in the middle of something.
        std::thread::sleep(Duration::from_millis(1200));
        client.send(Message::new(WRITE, round, 512).at(9 << 20), &[9; 512]);
        keeper.next();
        disk = std::mem::take(&mut keeper.disk);
        drop(keeper);
        bench.keeper_gone(1);
        let mut keeper = slots[1].successor(&bench, disk);
        keeper.serve_one();
        assert_eq!(client.receive(0).0.status, 0);
        disk = std::mem::take(&mut keeper.disk);
        drop(keeper);
        bench.keeper_gone(1);
    }
    bench.tell(ToWorker::KeeperLost { slot: 1 });
    drop(client);
    bench.finish();
}

/// The supervisor says something else first, or nothing: the worker serves nobody.
/// This test is in no context of labelgate's, on any machine.
fn serves_nobody_in_another_context() {
    let program = std::env::current_exe().unwrap();
    let bench = Bench::process(Command::new(program).arg(WORKER));
    let (_, page) = labelgate_pages::Page::create(8).unwrap();
    let context = Text::new("system_u:system_r:labelgate_worker_t:s0:c1,c2").unwrap();
    let configure = Configure {
        label: "s0:c1,c2".parse().unwrap(),
        driver: Driver::Auto,
        pool_bytes: 32 * MAX_BUFFER as u64,
        max_connections: 300,
        stores: 0,
        trees: 0,
        mapped: false,
        keepers: 0,
        unprivileged: true,
        context: Some(context),
        handle_key: Bytes::try_from(&[7; 32][..]).unwrap(),
        bind_handles: true,
    };
    bench.tell(ToWorker::Configure(configure, page.as_fd()));
    assert!(!bench.status().success());
}

fn serves_nobody_without_a_configuration() {
    let program = std::env::current_exe().unwrap();
    for message in [Some(ToWorker::Drain { milliseconds: 0 }), None] {
        let bench = Bench::process(Command::new(&program).arg(WORKER));
        if let Some(message) = message {
            bench.tell(message);
        }
        assert!(!bench.status().success());
    }
}

/// Private memory of a worker, in KiB: with no connection, and with 300 that were busy a while ago.
fn memory_of_idle_connections(driver: Driver) -> (u64, u64) {
    let mut bench = start(driver);
    let before = bench.private_memory();
    let mut clients: Vec<Client> = (0..300).map(|_| bench.connect()).collect();
    for (tag, client) in (0_u16..).zip(&mut clients) {
        let data = pattern(u64::from(tag), 30_000);
        assert!(client.call(Message::new(ECHO, tag, 30_000), &data, 30_000) == data);
    }
    std::thread::sleep(Duration::from_millis(1300));
    let after = bench.private_memory();
    assert!(
        after < before + 300 * 4,
        "{before} KiB, and {after} KiB with idle connections"
    );
    drop(clients);
    bench.finish();
    (before, after)
}

/// An image by its path: beneath its store, and nowhere else; locked, and not while another has it.
fn opens_what_it_is_led_to(driver: Driver) {
    let [store, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let path_only = |path: &Path| open(path, OFlags::PATH, Mode::empty()).unwrap();
    let image = |directory: &Path| {
        let path = directory.join("image");
        File::create_new(&path).unwrap().set_len(1 << 20).unwrap();
        path
    };
    let (inside, outside) = (image(store.path()), image(elsewhere.path()));
    let bench = start_with(driver, &[path_only(store.path())]);
    let offer = |path: &Path| bench.offer_handed(Handed::Path, path_only(path), false);

    assert_eq!(offer(&outside), Err(NotServed::Refused { errno: 13 }));
    let other = File::open(&inside).unwrap();
    flock(&other, FlockOperation::NonBlockingLockShared).unwrap();
    assert_eq!(offer(&inside), Err(NotServed::Held));
    flock(&other, FlockOperation::Unlock).unwrap();
    assert_eq!(offer(&inside).unwrap().size, 1 << 20);
    assert!(flock(&other, FlockOperation::NonBlockingLockShared).is_err());

    // What it has opened itself can be grown, for which Landlock wants a right of its own.
    bench.tell(ToWorker::RefreshImage {
        image: 1,
        size: Some(2 << 20),
    });
    let FromWorker::ImageRefreshed { result, .. } = bench.hear() else {
        panic!("not the answer to RefreshImage");
    };
    assert_eq!(result.unwrap().size, 2 << 20);
    bench.tell(ToWorker::RemoveImage { image: 1 });
    assert_eq!(bench.hear(), FromWorker::ImageRemoved { image: 1 });
    flock(&other, FlockOperation::NonBlockingLockExclusive).unwrap();
}
