//! scale: one gateway and a thousand labels, each with a worker, an image and a connection.
//!
//! All but ten read a block now and then; ten read as fast as they can. Prints a table and writes
//! `target/reports/scale.json`, `scale.md` and `scale.svg`. It measures and asserts nothing but that everyone
//! is served, and that who comes when there is no room is told so.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints figures"
)]

mod chart;
mod crowd;
mod full;
mod limits;
mod report;
mod taken;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use labelgate_fixtures::Failure;
use labelgate_fixtures::cache::workspace;
use labelgate_fixtures::gateway::Gateway;

use crate::crowd::Crowd;
use crate::report::Report;

/// Measures one gateway with very many labels.
#[derive(Debug, Parser)]
#[command(name = "scale", version)]
struct Options {
    /// How many labels, each with a worker, an image and a connection.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..=4000))]
    labels: u32,
    /// Seconds of each run at full load.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Where scale.json, scale.md and scale.svg go [default: target/reports].
    #[arg(long)]
    reports: Option<PathBuf>,
}

/// Labels at full load.
const BUSY: u32 = 10;
/// Labels that come when all others are there.
const LATE: u32 = 50;
/// Labels beyond what a limit admits.
const REFUSED: u32 = 1;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("scale: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let all = options.labels + LATE;
    let length = Duration::from_secs_f64(options.seconds.clamp(0.5, 600.0));
    let mut report = Report::new(options.labels);
    println!("{} labels; ten of them alone first", options.labels);
    let plan = crowd::plan(all + REFUSED).limit("workers", all);
    let gateway = Gateway::start(plan)?;
    let busy = Crowd::arrive(&gateway, 0..BUSY)?;
    report.alone(full::load(&gateway, BUSY, length)?);

    println!("the other {}", options.labels - BUSY);
    let before = taken::cpu(&gateway);
    let began = Instant::now();
    let crowd = Crowd::arrive(&gateway, BUSY..options.labels)?;
    report.started(began.elapsed(), taken::cpu(&gateway) - before, &crowd);

    println!("all idle");
    report.idle(&taken::look(&gateway)?);
    let late = Crowd::arrive_singly(&gateway, options.labels..all)?;
    report.late(&late);

    println!("ten at full load, all others now and then");
    report.among_idle(full::load(&gateway, BUSY, length)?);
    let (load, reads) = crowd.read_now_and_then(|| full::load(&gateway, BUSY, length))?;
    report.among_readers(load?, reads);
    report.scrape(&taken::scrape_times(&gateway)?);

    println!("no room for one more");
    let everyone = [&busy, &crowd, &late];
    report.no_worker_more(limits::workers(&gateway, all, everyone)?);
    gateway.stop()?;
    report.no_descriptor_more(limits::descriptors()?);
    report.no_memory_more(limits::memory()?);

    let directory = options.reports.clone();
    let directory = directory.unwrap_or_else(|| workspace().join("target/reports"));
    report.write(&directory)?;
    println!("{}", report.table());
    Ok(())
}
