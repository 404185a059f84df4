//! labelgate-load: one iSCSI session that keeps so many reads or writes of random blocks under way.
//!
//! QEMU's tools know no random order and libiscsi's `iscsi-perf` only reads, so random writes need
//! a client of their own. It is one blocking thread over the raw client of the tests, which is not
//! the cheapest there is: what it costs, it costs with every server.

#![forbid(unsafe_code)]

use std::{
    net::SocketAddr,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use labelgate_fixtures::{
    Failure,
    random::Random,
    raw::{Connection, Login, Session, opcode},
};

/// Bytes of a block of every server here.
const BLOCK: u32 = 512;
const NAME: &str = "iqn.2026-11.io.labelgate.bench:load";

/// Reads or writes random blocks of an iSCSI disk, and says how long it took.
#[derive(Debug, Parser)]
#[command(name = "labelgate-load", version)]
struct Options {
    /// The target's ADDRESS:PORT.
    portal: SocketAddr,
    /// Its name.
    target: String,
    /// The logical unit.
    lun: u8,
    /// How many I/Os.
    #[arg(long)]
    count: u64,
    /// How many are under way at once.
    #[arg(long)]
    depth: u64,
    /// Bytes of each: a multiple of 512.
    #[arg(long)]
    block: u32,
    /// Write instead of reading.
    #[arg(long)]
    write: bool,
}

#[expect(clippy::print_stdout, reason = "the time is this program's output")]
#[expect(clippy::print_stderr, reason = "a tool run by hand or by a bench")]
fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(took) => {
            println!("Run completed in {:.6} seconds.", took.as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("labelgate-load: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<Duration, Failure> {
    let mut session =
        Login::to(NAME, &options.target).session(Connection::open(options.portal)?)?;
    session.lun = [0, options.lun, 0, 0, 0, 0, 0, 0];
    session.make_ready()?;
    let places = size(&mut session)? / u64::from(options.block);
    // Another order in every run: what a server keeps of the last one is of no use to this.
    let seed = u64::from(std::process::id());
    let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let payload = vec![0x5a; usize::try_from(options.block).unwrap_or(0)];
    let began = Instant::now();
    let (mut started, mut ended) = (0, 0);
    while ended < options.count {
        while started < options.count && started - ended < options.depth && session.may_send() {
            start(options, &mut session, random.below(places), &payload)?;
            started += 1;
        }
        if end(&mut session)? {
            ended += 1;
        }
    }
    Ok(began.elapsed())
}

/// Bytes of the disk, by READ CAPACITY (10).
fn size(session: &mut Session) -> Result<u64, Failure> {
    let answer = session
        .execute(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8)?
        .good()?;
    let last = answer.data.first_chunk().copied().map(u32::from_be_bytes);
    let last = last.ok_or_else(|| Failure::Unexpected("no capacity".into()))?;
    Ok((u64::from(last) + 1) * u64::from(BLOCK))
}

/// READ (10) or WRITE (10) of the I/O-sized piece `place`.
fn start(
    options: &Options,
    session: &mut Session,
    place: u64,
    payload: &[u8],
) -> Result<(), Failure> {
    let blocks = options.block / BLOCK;
    let first = u32::try_from(place * u64::from(blocks)).unwrap_or(u32::MAX);
    let [a, b, c, d] = first.to_be_bytes();
    let [_, _, e, f] = blocks.to_be_bytes();
    let cdb = |operation| [operation, 0, a, b, c, d, 0, e, f, 0];
    if options.write {
        session.start_write(&cdb(0x2a), payload.len(), payload)?;
    } else {
        session.start_read(&cdb(0x28), payload.len())?;
    }
    Ok(())
}

/// Takes the next PDU; whether it ended an I/O.
fn end(session: &mut Session) -> Result<bool, Failure> {
    let pdu = session.receive()?;
    let ends = match pdu.opcode() {
        opcode::SCSI_RESPONSE => true,
        // With its S bit a Data-In carries the status (RFC 7143, section 11.7.3).
        opcode::DATA_IN => pdu.byte(1) & 1 != 0,
        other => {
            let text = format!("opcode {other:02x} instead of an answer");
            return Err(Failure::Unexpected(text));
        }
    };
    Failure::unless(!ends || (pdu.byte(2) == 0 && pdu.byte(3) == 0), || {
        format!("an I/O was answered with {pdu:?}")
    })?;
    Ok(ends)
}
