//! labelgate-nfs-load: one NFS connection that keeps so many calls of one procedure under way.
//!
//! QEMU and libnfs call neither NULL nor GETATTR on their own, and what they cost themselves hides
//! what a server costs. This client lays each call out once and changes numbers in it, sends all
//! that it may before it receives, and takes as many replies as there are at a time. A reply counts
//! once all of it has been received and says that all was read or written.

#![forbid(unsafe_code)]

mod call;
mod connection;
mod export;
mod reply;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use labelgate_fixtures::{Failure, random::Random};

use crate::{
    call::{Call, Procedure},
    connection::Connection,
    export::File,
};

/// Calls one procedure of an NFS server again and again, and says how long it took.
#[derive(Debug, Parser)]
#[command(name = "labelgate-nfs-load", version)]
struct Options {
    /// The file: nfs://ADDRESS/DIRECTORY/FILE.
    url: String,
    /// Which procedure is called.
    #[arg(value_enum)]
    procedure: Procedure,
    /// How many calls.
    #[arg(long)]
    count: u64,
    /// How many are under way at once.
    #[arg(long)]
    depth: u64,
    /// Bytes of each READ or WRITE.
    #[arg(long, default_value_t = 4096)]
    block: u32,
    /// Which blocks follow each other.
    #[arg(long, value_enum, default_value_t = Order::Random)]
    order: Order,
}

/// Which blocks follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// At random.
    Random,
    /// One after the other, and again from the start.
    Sequential,
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
            eprintln!("labelgate-nfs-load: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<Duration, Failure> {
    let file = export::find(&options.url)?;
    let mut connection = Connection::open(file.address)?;
    let mut call = Call::of(options.procedure, &file.handle, options.block);
    let mut places = Places::new(options, &file);
    // A server that remembers the calls of an earlier run is not to take these for them.
    let first = std::process::id() << 16;
    let began = Instant::now();
    let (mut started, mut ended) = (0_u64, 0_u64);
    while ended < options.count {
        while started < options.count && started - ended < options.depth {
            // The number wraps, as xids do.
            let number = u32::try_from(started & u64::from(u32::MAX)).unwrap_or_default();
            call.set(first.wrapping_add(number), places.next());
            connection.send(call.record())?;
            started += 1;
        }
        connection.flush()?;
        ended += connection.receive(|message| {
            let (xid, results) = reply::accepted(message)?;
            let mine = u64::from(xid.wrapping_sub(first)) < started;
            Failure::unless(mine, || format!("a reply to no call: {xid:08x}"))?;
            reply::judge(options.procedure, options.block, results)
        })?;
    }
    Ok(began.elapsed())
}

/// Where the next READ or WRITE goes.
struct Places {
    order: Order,
    block: u64,
    blocks: u64,
    next: u64,
    random: Random,
}

impl Places {
    fn new(options: &Options, file: &File) -> Self {
        let block = u64::from(options.block.max(1));
        // Another order in every run: what a server keeps of the last one is of no use to this.
        let seed = u64::from(std::process::id());
        Self {
            order: options.order,
            block,
            blocks: file.size / block,
            next: 0,
            random: Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        }
    }

    fn next(&mut self) -> u64 {
        let place = match self.order {
            Order::Random => self.random.below(self.blocks),
            Order::Sequential => self.next % self.blocks.max(1),
        };
        self.next += 1;
        place * self.block
    }
}
