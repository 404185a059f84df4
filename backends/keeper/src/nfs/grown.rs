//! Images that become larger, on a server that is a thread.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use labelgate_control::{Anchor, NfsAnchor, Text};
use labelgate_shared::Memory;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Nfs;
use crate::backend::{Backend, Event, Opening};

/// How long it may take.
const SOON: Duration = Duration::from_secs(10);

/// How large the file is.
static SIZE: AtomicU32 = AtomicU32::new(1 << 20);

/// What is answered to a call of so many words.
fn answer(call: &[u32]) -> Vec<u32> {
    match (call[3], call[5]) {
        (100_005, _) => vec![0, 4, 1, 1, 1],
        (_, 1) => {
            let mut state = vec![0; 22];
            (state[1], state[7]) = (1, SIZE.load(Ordering::Relaxed));
            state
        }
        // Behind the handle: neither mode nor user nor group, but a size.
        (_, 2) => {
            SIZE.store(call[22], Ordering::Relaxed);
            vec![0, 0, 0]
        }
        (_, 3) => vec![0, 4, 2, 0, 0],
        (_, 4) => vec![0, 0, 0x1f],
        _ => vec![
            0, 0, 65536, 65536, 1, 65536, 65536, 1, 4096, 4, 0, 0, 1, 0x1b,
        ],
    }
}

fn serve(mut stream: TcpStream) -> Option<()> {
    loop {
        let mut mark = [0; 4];
        stream.read_exact(&mut mark).ok()?;
        let mut record = vec![0; (u32::from_be_bytes(mark) & 0x7fff_ffff) as usize];
        stream.read_exact(&mut record).ok()?;
        let (words, _) = record.as_chunks::<4>();
        let call: Vec<u32> = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
        let words = [&[call[0], 1, 0, 0, 0, 0][..], &answer(&call)].concat();
        let mark = 0x8000_0000 | u32::try_from(words.len() * 4).ok()?;
        let words = [mark].into_iter().chain(words);
        let bytes: Vec<u8> = words.flat_map(u32::to_be_bytes).collect();
        stream.write_all(&bytes).ok()?;
    }
}

fn anchor() -> Anchor {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(|| serve(stream));
        }
    });
    Anchor::Nfs(NfsAnchor {
        server: IpAddr::V4(Ipv4Addr::LOCALHOST),
        nfs_port: port,
        mount_port: port,
        export: Text::clean("/disks"),
        path: Text::clean("disk.raw"),
        uid: 1,
        gid: 1,
        write_through: true,
    })
}

/// Waits for something to happen, as the keeper's loop does.
fn hear<T>(backend: &mut Nfs, wanted: impl Fn(Event) -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = backend.events().into_iter().find_map(&wanted) {
            return found;
        }
        let left = SOON.saturating_sub(begun.elapsed());
        assert!(!left.is_zero(), "it does not happen");
        let limit = Timespec::try_from(left).unwrap();
        let descriptors = backend.descriptors();
        let mut polled: Vec<_> = descriptors
            .iter()
            .map(|descriptor| PollFd::new(descriptor, PollFlags::IN))
            .collect();
        poll(&mut polled, Some(&limit)).unwrap();
    }
}

/// Opens an image of this size, makes it larger by as much, and tells how long that took.
fn opened(backend: &mut Nfs, (image, size): (u32, u32), anchor: &Anchor) -> Duration {
    let begun = Instant::now();
    backend.open(Opening {
        image,
        anchor: anchor.clone(),
        read_only: false,
        size: Some(size.into()),
    });
    let opened = hear(backend, |event| match event {
        Event::Opened(_, result) => Some(result),
        _ => None,
    });
    assert_eq!(opened.unwrap().size, u64::from(size));
    backend.refresh(image, Some(u64::from(size) * 2));
    let refreshed = hear(backend, |event| match event {
        Event::Refreshed(_, result) => Some(result),
        _ => None,
    });
    assert_eq!(refreshed.unwrap().size, u64::from(size) * 2);
    assert_eq!(SIZE.load(Ordering::Relaxed), size * 2);
    begun.elapsed()
}

#[test]
fn an_image_that_is_made_larger_waits_for_no_timer() {
    let (mut backend, anchor) = (
        Nfs::new(Memory::anonymous(1 << 20).unwrap(), SOON),
        anchor(),
    );
    // Whatever else this machine does, once in a while it does this.
    let sizes = (1..6).map(|image| (image, 1 << (20 + 2 * image)));
    let took = sizes.map(|of| opened(&mut backend, of, &anchor));
    let quickest = took.min().unwrap();
    assert!(quickest < Duration::from_millis(700), "{quickest:?}");
}
