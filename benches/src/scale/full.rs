//! Ten labels at full load: each by a thread that keeps eight reads under way.

use std::thread;
use std::time::{Duration, Instant};

use labelgate_benches::statistics::percentile;
use labelgate_fixtures::Failure;
use labelgate_fixtures::gateway::Gateway;
use labelgate_fixtures::random::Random;
use labelgate_fixtures::raw::{Session, opcode};
use serde::Serialize;

use crate::crowd::{BLOCK, SIZE, log_in};

/// Reads under way, of each.
const DEPTH: usize = 8;

/// What they got.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Load {
    /// Reads per second of all ten.
    pub iops: f64,
    /// The time that half of the reads took at most, in milliseconds.
    pub median_ms: f64,
    /// The same of 99 in 100.
    pub p99_ms: f64,
}

/// Reads of 4 KiB at random places by the first so many labels, for so long.
pub fn load(gateway: &Gateway, labels: u32, length: Duration) -> Result<Load, Failure> {
    let read = |number| {
        let session = log_in(gateway, number)?;
        Busy::new(session, number).read_for(length)
    };
    let parts = thread::scope(|scope| {
        let threads: Vec<_> = (0..labels).map(|n| scope.spawn(move || read(n))).collect();
        let ends = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ends.collect::<Vec<_>>()
    });
    let mut times = Vec::new();
    for part in parts {
        let dead = |_| Failure::Unexpected("a client died".to_owned());
        times.extend(part.map_err(dead)??);
    }
    Ok(Load {
        iops: times.len() as f64 / length.as_secs_f64(),
        median_ms: percentile(times.clone(), 0.5),
        p99_ms: percentile(times, 0.99),
    })
}

/// A session and its reads that are under way: the tag of each, and since when.
struct Busy {
    session: Session,
    random: Random,
    under_way: Vec<(u32, Instant)>,
}

impl Busy {
    fn new(session: Session, number: u32) -> Self {
        let random = Random::new(u64::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self {
            session,
            random,
            under_way: Vec::new(),
        }
    }

    /// How long each read took, in milliseconds.
    fn read_for(mut self, length: Duration) -> Result<Vec<f64>, Failure> {
        self.session.make_ready()?;
        let (until, mut times) = (Instant::now() + length, Vec::new());
        while Instant::now() < until {
            while self.under_way.len() < DEPTH && self.session.may_send() {
                self.start()?;
            }
            times.extend(self.end()?);
        }
        Ok(times)
    }

    /// READ (10).
    fn start(&mut self) -> Result<(), Failure> {
        let blocks = BLOCK / 512;
        let place = self.random.below(SIZE / u64::from(BLOCK));
        let first = u32::try_from(place).unwrap_or_default() * blocks;
        let ([a, b, c, d], [_, _, e, f]) = (first.to_be_bytes(), blocks.to_be_bytes());
        let cdb = [0x28, 0, a, b, c, d, 0, e, f, 0];
        let tag = self.session.start_read(&cdb, BLOCK as usize)?;
        self.under_way.push((tag, Instant::now()));
        Ok(())
    }

    /// Takes the next PDU; how long the read took that it ends.
    fn end(&mut self) -> Result<Option<f64>, Failure> {
        let pdu = self.session.receive()?;
        // With its S bit a Data-In carries the status (RFC 7143, section 11.7.3).
        let ends = pdu.opcode() == opcode::SCSI_RESPONSE || pdu.byte(1) & 1 != 0;
        Failure::unless(pdu.byte(2) == 0 && pdu.byte(3) == 0, || {
            format!("a read was answered with {pdu:?}")
        })?;
        if !ends {
            return Ok(None);
        }
        let place = self.under_way.iter().position(|(tag, _)| *tag == pdu.tag());
        let place =
            place.ok_or_else(|| Failure::Unexpected(format!("nobody has asked for {pdu:?}")))?;
        let (_, since) = self.under_way.swap_remove(place);
        Ok(Some(since.elapsed().as_secs_f64() * 1e3))
    }
}
