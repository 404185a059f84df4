//! Images: reading, writing, overtaking, removal.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use labelgate_control::{FromWorker, ToWorker};

use crate::harness::protocol::{FLUSH, Message, READ, STABLE, WRITE, pattern};
use crate::harness::{Bench, Kind};

both!(
    images_are_read_and_written,
    image_operations_overtake_each_other,
    an_image_is_removed_after_its_last_operation,
);

/// An image of 16 MiB in memory, and one on the file system the tests are built on.
pub(crate) fn images() -> [File; 2] {
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
pub(crate) fn again(file: &File) -> File {
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
