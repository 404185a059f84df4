//! Labels with an image, an address and a connection each.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use labelgate_fixtures::Failure;
use labelgate_fixtures::gateway::{Gateway, Plan};
use labelgate_fixtures::random::Random;
use labelgate_fixtures::raw::{Connection, Login, Session};

/// Bytes of an image, of which nothing is stored.
pub const SIZE: u64 = 16 << 20;
/// Bytes of a read.
pub const BLOCK: u32 = 4096;
const NAME: &str = "iqn.2026-11.io.labelgate.bench:scale";
/// How many connect at once: a host whose machines all start.
const AT_ONCE: usize = 4;
/// How often one of the crowd reads.
const NOW_AND_THEN: Duration = Duration::from_secs(1);

/// The level of a label; no other number has it.
pub fn level(number: u32) -> String {
    format!("s0:c{},c{}", number % 500, 500 + number / 500)
}

/// Where its connections come from.
pub fn source(number: u32) -> IpAddr {
    let [_, _, high, low] = (number + 1).to_be_bytes();
    Ipv4Addr::new(127, 77, high, low).into()
}

/// The name of its image.
pub fn image(number: u32) -> String {
    format!("disk{number}")
}

/// A gateway for so many.
pub fn plan(labels: u32) -> Plan {
    (0..labels).fold(Plan::new().metrics(), |plan, number| {
        let level = level(number);
        plan.image(&image(number), &level, SIZE)
            .identity(source(number), &level)
    })
}

/// Logs in as this label.
pub fn log_in(gateway: &Gateway, number: u32) -> Result<Session, Failure> {
    let connection = Connection::open_from(source(number), gateway.address())?;
    Login::to(NAME, &gateway.target(&image(number))).session(connection)
}

/// One that is logged in.
#[derive(Debug)]
struct Arrived {
    number: u32,
    session: Mutex<Session>,
    /// When it was, since the first of the crowd came, and how long that took from its connect(2).
    at: Duration,
    took: Duration,
}

/// Many that are logged in.
#[derive(Debug)]
pub struct Crowd(Vec<Arrived>);

impl Crowd {
    /// All come at once, as far as a host's connections do.
    pub fn arrive(gateway: &Gateway, numbers: Range<u32>) -> Result<Self, Failure> {
        let began = Instant::now();
        let left = Mutex::new(numbers);
        let next = || left.lock().ok().and_then(|mut left| left.next());
        let come = || {
            let mut arrived = Vec::new();
            while let Some(number) = next() {
                arrived.push(Arrived::now(gateway, number, began)?);
            }
            Ok::<_, Failure>(arrived)
        };
        let parts = thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(come)).collect();
            let ends = threads.into_iter().map(thread::ScopedJoinHandle::join);
            ends.collect::<Vec<_>>()
        });
        let mut crowd = Vec::new();
        for part in parts {
            let dead = |_| Failure::Unexpected("a client died".to_owned());
            crowd.extend(part.map_err(dead)??);
        }
        Ok(Self(crowd))
    }

    /// One comes after the other, as machines that start now and then.
    pub fn arrive_singly(gateway: &Gateway, numbers: Range<u32>) -> Result<Self, Failure> {
        let began = Instant::now();
        let pause = Duration::from_millis(50);
        let arrive = |number| {
            thread::sleep(pause);
            Arrived::now(gateway, number, began)
        };
        numbers.map(arrive).collect::<Result<_, _>>().map(Self)
    }

    /// How long each took from its connect(2) to the end of its login, in milliseconds, and how many
    /// milliseconds after the first had come it was there.
    pub fn arrivals(&self) -> Vec<(f64, f64)> {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let arrived = self.0.iter();
        arrived
            .map(|one| (milliseconds(one.at), milliseconds(one.took)))
            .collect()
    }

    /// Each reads a block; says who cannot.
    pub fn is_served(&self) -> Result<(), Failure> {
        for one in &self.0 {
            one.read(0)
                .map_err(|failure| Failure::Unexpected(format!("disk{}: {failure}", one.number)))?;
        }
        Ok(())
    }

    /// Each reads a random block every second while something is done; also how long each read took, in
    /// milliseconds.
    pub fn read_now_and_then<T>(
        &self,
        action: impl FnOnce() -> T,
    ) -> Result<(T, Vec<f64>), Failure> {
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let reading = scope.spawn(|| self.read_until(&ended));
            let done = action();
            ended.store(true, Ordering::Relaxed);
            let reads = reading.join();
            let dead = |_| Failure::Unexpected("a client died".to_owned());
            Ok((done, reads.map_err(dead)??))
        })
    }

    fn read_until(&self, ended: &AtomicBool) -> Result<Vec<f64>, Failure> {
        let mut random = Random::new(u64::from(std::process::id()));
        let count = u32::try_from(self.0.len().max(1)).unwrap_or(u32::MAX);
        let (turn, mut reads) = (NOW_AND_THEN / count, Vec::new());
        let mut next = Instant::now();
        for one in self.0.iter().cycle() {
            if ended.load(Ordering::Relaxed) {
                break;
            }
            thread::sleep(next.saturating_duration_since(Instant::now()));
            // Who is late does not hurry: it is the gateway that is measured.
            next = (next + turn).max(Instant::now());
            let place = random.below(SIZE / u64::from(BLOCK));
            let began = Instant::now();
            one.read(place * u64::from(BLOCK))?;
            reads.push(began.elapsed().as_secs_f64() * 1e3);
        }
        Ok(reads)
    }
}

impl Arrived {
    fn now(gateway: &Gateway, number: u32, began: Instant) -> Result<Self, Failure> {
        let connecting = Instant::now();
        let mut session = log_in(gateway, number)?;
        let took = connecting.elapsed();
        session.make_ready()?;
        Ok(Self {
            number,
            session: Mutex::new(session),
            at: began.elapsed(),
            took,
        })
    }

    fn read(&self, offset: u64) -> Result<(), Failure> {
        let dead = |_| Failure::Unexpected("a client died".to_owned());
        let mut session = self.session.lock().map_err(dead)?;
        session.read(offset, BLOCK as usize).map(drop)
    }
}
