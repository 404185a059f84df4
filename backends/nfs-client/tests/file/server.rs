//! A server that is a thread, and answers whatever it is told to.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use labelgate_nfs_client::{Address, Options, Owner};

pub(crate) const SIZE: u32 = 1 << 20;

/// Procedures of NFS; MOUNT's is called 0.
pub(crate) const MOUNT: u32 = 0;
pub(crate) const GETATTR: u32 = 1;
const SETATTR: u32 = 2;
pub(crate) const READ: u32 = 6;
pub(crate) const WRITE: u32 = 7;
pub(crate) const COMMIT: u32 = 21;

/// A call: which, how much is read or written, and how stable a write shall be.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) procedure: u32,
    pub(crate) count: u32,
    pub(crate) stable: u32,
}

/// What a server answers that means well, but for what is read.
pub(crate) fn well(call: Call) -> Vec<u32> {
    match call.procedure {
        MOUNT => vec![0, 4, 0x0102_0304, 1, 1],
        GETATTR => {
            let mut words = vec![0; 22];
            (words[1], words[7]) = (1, SIZE);
            words
        }
        SETATTR => vec![0, 0, 0],
        3 => vec![0, 4, 0x0506_0708, 0, 0],
        4 => vec![0, 0, 0x1f],
        READ => {
            let data = vec![0x5a5a_5a5a; call.count.div_ceil(4) as usize];
            [&[0, 0, call.count, 0, call.count][..], &data].concat()
        }
        WRITE => vec![0, 0, 0, call.count, 2, 7, 7],
        19 => vec![
            0,
            0,
            65536,
            65536,
            1,
            65536,
            65536,
            1,
            4096,
            0,
            1 << 30,
            0,
            1,
            0x1b,
        ],
        COMMIT => vec![0, 0, 0, 7, 7],
        other => panic!("procedure {other}"),
    }
}

fn call(stream: &mut TcpStream) -> Option<(u32, Call)> {
    let mut mark = [0; 4];
    stream.read_exact(&mut mark).ok()?;
    let mut record = vec![0; (u32::from_be_bytes(mark) & 0x7fff_ffff) as usize];
    stream.read_exact(&mut record).ok()?;
    let word = |at: usize| u32::from_be_bytes(record[at..at + 4].try_into().unwrap());
    let procedure = match word(12) {
        100_005 => MOUNT,
        _ => word(20),
    };
    // Behind the credential, a verifier of no length, a handle of four bytes and an offset.
    let at = 32 + word(28) as usize + 8 + 8 + 8;
    let (count, stable) = match procedure {
        READ => (word(at), 0),
        WRITE => (word(at), word(at + 4)),
        _ => (0, 0),
    };
    let call = Call {
        procedure,
        count,
        stable,
    };
    Some((word(0), call))
}

/// The record of an answer that goes on with these words, behind a verifier that says it is so long.
pub(crate) fn record(number: u32, verifier: u32, rest: &[u32]) -> Vec<u8> {
    let words = [&[number, 1, 0, 0, verifier, 0][..], rest].concat();
    let mark = 0x8000_0000 | (words.len() as u32 * 4);
    let words = [mark].into_iter().chain(words);
    words.flat_map(u32::to_be_bytes).collect()
}

/// A server that answers so; nothing, and it hangs up.
pub(crate) fn serve(answer: impl Fn(Call) -> Option<Vec<u32>> + Send + Sync + 'static) -> Options {
    serve_bytes(move |number, call| Some(record(number, 0, &answer(call)?)))
}

/// One that sends these bytes.
pub(crate) fn serve_bytes(
    answer: impl Fn(u32, Call) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> Options {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), answer) = (stream, Arc::clone(&answer)) else {
                return;
            };
            let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
            thread::spawn(move || {
                while let Some((number, call)) = call(&mut stream) {
                    let Some(bytes) = answer(number, call) else {
                        return;
                    };
                    if stream.write_all(&bytes).is_err() {
                        return;
                    }
                }
            });
        }
    });
    Options {
        address: Address {
            server: IpAddr::V4(Ipv4Addr::LOCALHOST),
            nfs_port: port,
            mount_port: port,
            export: "/disks".to_owned(),
            path: "disk.raw".to_owned(),
        },
        owner: Owner { uid: 1, gid: 1 },
        read_only: false,
        write_through: true,
        connect: Duration::from_secs(10),
        patience: Duration::from_secs(20),
    }
}
