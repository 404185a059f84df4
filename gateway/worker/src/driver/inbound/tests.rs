//! However the bytes are cut up, the engine is told the same.

use std::collections::VecDeque;
use std::io;

use labelgate_backends::Request;
use labelgate_buffers::{MAX_BUFFER, Pool};
use labelgate_engine::{ConnectionId, Receive, Received, Transmission};
use proptest::prelude::*;

use super::{Inbound, Progress};
use crate::driver::handler::{Attention, Handler, Ticket};
use crate::driver::staging::{FULL, SMALL};
use crate::driver::want::Want;

const ID: ConnectionId = ConnectionId(3);

/// What an engine asks for.
#[derive(Debug, Clone)]
enum Ask {
    Header(usize),
    Payload {
        n: usize,
        offset: usize,
        trailer: usize,
    },
    Discard(usize),
    Pause,
}

/// What it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Header(Vec<u8>),
    Payload(Vec<u8>, Vec<u8>),
    Discarded,
}

/// Asks for one thing after another.
struct Script {
    asks: VecDeque<Ask>,
    /// Where the payload that was asked for last is.
    payload: std::ops::Range<usize>,
    told: Vec<Told>,
    pool: Pool,
}

impl Script {
    fn next(&mut self) -> Receive {
        match self.asks.pop_front().unwrap_or(Ask::Pause) {
            Ask::Header(n) => Receive::Header { n },
            Ask::Discard(n) => Receive::Discard { n },
            Ask::Pause => Receive::Pause,
            Ask::Payload { n, offset, trailer } => {
                self.payload = offset..offset + n;
                let mut buffer = self.pool.allocate(offset + n + 1).unwrap();
                buffer.fill(0xEE);
                Receive::Payload {
                    n,
                    buffer,
                    offset,
                    trailer,
                }
            }
        }
    }
}

impl Handler for Script {
    fn arrived(&mut self, _: usize) {}

    fn woken(&mut self) {}

    fn received(&mut self, connection: ConnectionId, received: Received<'_>) -> Receive {
        assert_eq!(connection, ID);
        self.told.push(match received {
            Received::Header(bytes) => Told::Header(bytes.to_vec()),
            Received::Discarded => Told::Discarded,
            Received::Payload { buffer, trailer } => {
                let payload = self.payload.clone();
                let around = buffer[..payload.start].iter().chain(&buffer[payload.end..]);
                assert!(
                    around.copied().all(|byte| byte == 0xEE),
                    "nothing but the payload is written"
                );
                Told::Payload(buffer[payload].to_vec(), trailer.to_vec())
            }
        });
        self.next()
    }

    fn sent(&mut self, _: ConnectionId, _: Transmission) {}
    fn closed(&mut self, _: ConnectionId) {}
    fn finished(&mut self, _: Ticket, _: Request, _: io::Result<usize>) {}
    fn control(&mut self) -> Attention {
        Attention::Later
    }
}

/// What the asks mean for a stream, by the contract alone.
fn expected(asks: &[Ask], mut stream: &[u8]) -> Vec<Told> {
    let mut take = |n| {
        let (taken, rest) = stream.split_at(n);
        stream = rest;
        taken.to_vec()
    };
    asks.iter()
        .filter_map(|ask| match *ask {
            Ask::Header(n) => Some(Told::Header(take(n))),
            Ask::Payload { n, trailer, .. } => Some(Told::Payload(take(n), take(trailer))),
            Ask::Discard(n) => {
                take(n);
                Some(Told::Discarded)
            }
            Ask::Pause => None,
        })
        .collect()
}

fn length(ask: &Ask) -> usize {
    match *ask {
        Ask::Header(n) | Ask::Discard(n) => n,
        Ask::Payload { n, trailer, .. } => n + trailer,
        Ask::Pause => 0,
    }
}

/// Receives the stream in these cuts, over and over, as a driver does.
fn receive(asks: &[Ask], stream: &[u8], cuts: &[usize], idle: usize) -> Vec<Told> {
    let mut script = Script {
        asks: asks.iter().cloned().collect(),
        payload: 0..0,
        told: Vec::new(),
        pool: Pool::new(MAX_BUFFER).unwrap(),
    };
    let first = Want::new(script.next()).unwrap();
    let mut inbound = Inbound::new(first);
    let mut rest = stream;
    let mut cuts = cuts.iter().copied().cycle();
    loop {
        match inbound.deliver(ID, &mut script).1.unwrap() {
            Progress::Unfinished => {}
            Progress::Paused if script.asks.is_empty() => break,
            Progress::Paused => {
                let next = script.next();
                inbound.resume(next).unwrap();
            }
            Progress::Hungry => {
                assert!(!rest.is_empty(), "it wants more than there is");
                let space = inbound.space(idle);
                assert!(!space[1].is_empty(), "there is always room behind");
                let room = space[0].len() + space[1].len();
                let n = cuts.next().unwrap().min(room).min(rest.len());
                let (now, later) = rest.split_at(n);
                for (to, from) in space.into_iter().flatten().zip(now) {
                    *to = *from;
                }
                inbound.arrived(n);
                rest = later;
            }
        }
    }
    drop(inbound);
    assert!(script.pool.is_idle(), "every buffer is back");
    script.told
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let ask = prop_oneof![
        4 => (1_usize..=96).prop_map(Ask::Header),
        1 => (1_usize..=4096).prop_map(Ask::Header),
        3 => (0_usize..20_000, 0_usize..5000, 0_usize..=16)
            .prop_map(|(n, offset, trailer)| Ask::Payload { n, offset, trailer }),
        1 => (0_usize..20_000).prop_map(Ask::Discard),
        1 => Just(Ask::Pause),
    ];
    proptest::collection::vec(ask, 0..100)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn cuts_make_no_difference(
        asks in asks(),
        cuts in proptest::collection::vec(prop_oneof![1_usize..50, 1_usize..9000, Just(usize::MAX)], 1..50),
        small: bool,
    ) {
        let total: usize = asks.iter().map(length).sum();
        // Bytes that tell where they belong.
        let stream: Vec<u8> = (0..=250).cycle().take(total).collect();
        let idle = if small { SMALL } else { FULL };
        prop_assert_eq!(receive(&asks, &stream, &cuts, idle), expected(&asks, &stream));
    }
}

#[test]
fn a_header_behind_a_payload_comes_along() {
    let payload = Ask::Payload {
        n: 5000,
        offset: 0,
        trailer: 4,
    };
    let asks = [payload, Ask::Header(48), Ask::Pause];
    let mut script = Script {
        asks: asks.into(),
        payload: 0..0,
        told: Vec::new(),
        pool: Pool::new(MAX_BUFFER).unwrap(),
    };
    let first = Want::new(script.next()).unwrap();
    let mut inbound = Inbound::new(first);

    let lengths = inbound.space(SMALL).map(|piece| piece.len());
    inbound.arrived(5052);

    assert_eq!(
        lengths,
        [5000, SMALL],
        "straight into the buffer, then what follows"
    );
    assert_eq!(inbound.deliver(ID, &mut script), (2, Ok(Progress::Paused)));
}

#[test]
fn a_busy_connection_gets_more_room_and_an_idle_one_gives_it_back() {
    let mut inbound = Inbound::new(Want::Discard { left: 1 << 20 });
    assert_eq!(inbound.space(SMALL)[1].len(), SMALL);
    inbound.arrived(SMALL);
    inbound.absorb();
    assert_eq!(inbound.space(SMALL)[1].len(), FULL);
    inbound.arrived(1);
    inbound.absorb();

    inbound.shrink();

    assert!(!inbound.is_large());
    assert_eq!(inbound.space(SMALL)[1].len(), SMALL);
}

#[test]
fn receives_outside_the_contract_are_refused() {
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let payload = |n, offset, trailer| Receive::Payload {
        n,
        buffer: pool.allocate(1).unwrap(),
        offset,
        trailer,
    };
    for receive in [
        Receive::Header { n: 0 },
        Receive::Header { n: 4097 },
        payload(4096, 1, 0),
        payload(usize::MAX, 2, 0),
        payload(1, 0, 17),
    ] {
        assert!(Want::new(receive).is_err());
    }
    assert!(pool.is_idle());
    let mut inbound = Inbound::new(Want::Header { length: 1 });
    assert!(inbound.resume(Receive::Pause).is_err(), "it is not paused");
}
