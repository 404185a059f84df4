//! Targets that mean no good.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use labelgate_fixtures::random::Random;
use labelgate_initiator::{Address, Chap, Credentials, Kind, Options};

use crate::bench::INITIATOR;
use crate::{Bench, kind};

const TARGET: &str = "iqn.2026-11.io.labelgate.test:impostor";

/// Reads one request: its header.
fn request(stream: &mut TcpStream) -> Option<[u8; 48]> {
    let mut header = [0; 48];
    stream.read_exact(&mut header).ok()?;
    let length = u32::from_be_bytes([0, header[5], header[6], header[7]]) as usize;
    let mut data = vec![0; length.next_multiple_of(4)];
    stream.read_exact(&mut data).ok()?;
    Some(header)
}

/// Answers a login request with these flags and this text.
fn answer(stream: &mut TcpStream, request: &[u8; 48], flags: u8, text: &[u8]) -> Option<()> {
    let mut header = [0; 48];
    (header[0], header[1]) = (0x23, flags);
    header[5..8].copy_from_slice(&(text.len() as u32).to_be_bytes()[1..]);
    header[8..16].copy_from_slice(&request[8..16]);
    header[16..20].copy_from_slice(&request[16..20]);
    header[28..32].copy_from_slice(&request[24..28]);
    header[32..36].copy_from_slice(&request[24..28]);
    let mut all = header.to_vec();
    all.extend(text);
    all.resize(48 + text.len().next_multiple_of(4), 0);
    stream.write_all(&all).ok()
}

fn serve(act: impl Fn(&mut TcpStream) -> Option<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = act(&mut stream);
        }
    });
    address
}

fn options(portal: SocketAddr) -> Options {
    let chap = |name: &str, secret: &str| {
        let (name, secret) = (name.to_owned(), secret.to_owned());
        Some(Chap { name, secret })
    };
    Options {
        address: Address {
            portal,
            target: TARGET.to_owned(),
            unit: 1,
        },
        credentials: Credentials {
            initiator: INITIATOR.to_owned(),
            chap: chap("user", "secret-of-user"),
            target_chap: chap("target", "secret-of-target"),
        },
        read_only: false,
        write_through: true,
        key: None,
        connect: Duration::from_secs(3),
        patience: Duration::from_secs(3),
    }
}

const TRANSIT: u8 = 0x80;
/// From the stage of operational parameters to the full feature phase.
const TO_FULL: u8 = TRANSIT | 0x04 | 0x03;

/// The library lets in a target that says it is in another stage than it is.
#[test]
fn a_target_that_skips_its_proof_is_not_believed() {
    let portal = serve(|stream| {
        let first = request(stream)?;
        answer(stream, &first, TO_FULL, b"")?;
        request(stream).map(drop)
    });
    assert_eq!(kind(Bench::open(options(portal)).map(drop)), Kind::Impostor);
}

/// What the library compares a response with is 16 bytes 0 until it has challenged.
#[test]
fn a_target_that_answers_before_it_is_asked_is_not_believed() {
    let portal = serve(|stream| {
        let first = request(stream)?;
        let zeros = "0".repeat(32);
        let text = format!("CHAP_N=target\0CHAP_R=0x{zeros}\0");
        answer(stream, &first, TRANSIT | 0x01, text.as_bytes())?;
        let second = request(stream)?;
        answer(stream, &second, TO_FULL, b"")?;
        request(stream).map(drop)
    });
    assert_eq!(kind(Bench::open(options(portal)).map(drop)), Kind::Impostor);
}

/// Another portal would get the proof of whoever is redirected.
#[test]
fn a_redirection_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = elsewhere.local_addr().unwrap();
    let portal = serve(move |stream| {
        let first = request(stream)?;
        let text = format!("TargetAddress={address}\0");
        let mut header = [0; 48];
        (header[0], header[1]) = (0x23, 0);
        header[5..8].copy_from_slice(&(text.len() as u32).to_be_bytes()[1..]);
        header[16..20].copy_from_slice(&first[16..20]);
        (header[36], header[37]) = (1, 1);
        let mut all = header.to_vec();
        all.extend(text.as_bytes());
        all.resize(48 + text.len().next_multiple_of(4), 0);
        stream.write_all(&all).ok()
    });
    assert_eq!(kind(Bench::open(options(portal)).map(drop)), Kind::NotReady);
    elsewhere.set_nonblocking(true).unwrap();
    assert!(elsewhere.accept().is_err(), "somebody came");
}

/// After a login that is in order, whatever comes.
#[test]
fn fuzz_a_target_that_says_anything() {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(3);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut seed = 0;
    while Instant::now() < until {
        seed += 1;
        let portal = serve(move |stream| {
            let mut random = Random::new(seed);
            let first = request(stream)?;
            answer(stream, &first, TO_FULL, b"MaxRecvDataSegmentLength=8192\0")?;
            for _ in 0..64 {
                let command = request(stream)?;
                let opcode =
                    [0x21, 0x25, 0x31, 0x20, 0x22, 0x32, 0x3f, 0x24][random.below(8) as usize];
                let mut header = random.bytes(48);
                (header[0], header[4]) = (opcode, 0);
                header[1] |= 0x80;
                let length = [0_u32, 4, 18, 40, 300, 0x00ff_ffff][random.below(6) as usize];
                header[5..8].copy_from_slice(&length.to_be_bytes()[1..]);
                header[16..20].copy_from_slice(&command[16..20]);
                if random.below(2) == 0 {
                    header[3] = [0, 2, 8, 0x18, 0x40][random.below(5) as usize];
                    header[2] = 0;
                    header[40..44].fill(0);
                }
                let data = random.bytes((length as usize).min(512).next_multiple_of(4));
                stream.write_all(&header).ok()?;
                stream.write_all(&data).ok()?;
            }
            Some(())
        });
        let mut options = options(portal);
        options.credentials.chap = None;
        options.credentials.target_chap = None;
        options.connect = Duration::from_millis(60);
        // Whatever comes of it, it ends.
        let _ = Bench::open(options).map(drop);
    }
    println!("{seed} targets");
}
