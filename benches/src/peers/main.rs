//! peers: labelgate side by side with other servers on one machine, over loopback.
//!
//! Prints a table and writes `target/reports/peers.json`, `peers.md` and `peers.svg`. It measures and asserts
//! nothing: figures of a shared machine are no pass or fail.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints figures"
)]

mod case;
mod ceph;
mod chart;
mod client;
mod figures;
mod gluster;
mod keepers;
mod medium;
mod options;
mod placement;
mod report;
mod schedule;
mod server;
mod table;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use labelgate_fixtures::{
    Failure,
    cache::{program, workspace},
    process::{command, run},
    scratch::Scratch,
};

use crate::{
    case::{Case, Front, cases},
    figures::Figure,
    medium::{Kind, Medium},
    options::Options,
    report::Row,
    server::{Driver, Server},
};

/// Set in the process that measures one medium: the file its rows go to.
const PART: &str = "LABELGATE_BENCH_ROWS";

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match env::var_os(PART) {
        Some(rows) => measure_medium(&options, &PathBuf::from(rows)),
        None => measure_all(&options),
    };
    if let Err(failure) = done {
        eprintln!("peers: {failure}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Starts a process per medium and puts their rows together.
fn measure_all(options: &Options) -> Result<(), Failure> {
    if options.list {
        wanted(options).iter().for_each(|case| println!("{case}"));
        return Ok(());
    }
    let mut rows = Vec::new();
    for medium in media(options)? {
        let part = medium.directory().join("rows.json");
        let myself = env::current_exe().map_err(Failure::io("finding the running program"))?;
        let mut child = command(myself);
        child.args(env::args_os().skip(1));
        child.env("TMPDIR", medium.directory()).env(PART, &part);
        let status = child
            .status()
            .map_err(Failure::io("starting the bench for a medium"))?;
        Failure::unless(status.success(), || {
            "a medium could not be measured".to_owned()
        })?;
        rows.extend(read_rows(&part)?);
    }
    let mut figures = Vec::new();
    if !options.without_ours && !options.without_figures {
        figures = figures::measure()?;
        keepers::measure(&mut figures)?;
    }
    write_reports(options, &rows, &figures)
}

/// --quick leaves the disk out.
fn media(options: &Options) -> Result<Vec<Medium>, Failure> {
    let wanted = match options.medium {
        Some(one) => vec![one],
        None if options.quick => vec![Kind::Memory],
        None => vec![Kind::Memory, Kind::Disk],
    };
    wanted.into_iter().map(Medium::new).collect()
}

fn read_rows(part: &PathBuf) -> Result<Vec<Row>, Failure> {
    let text = fs::read(part).map_err(Failure::io("reading the rows of a medium"))?;
    serde_json::from_slice(&text).map_err(|error| Failure::Unexpected(error.to_string()))
}

fn wanted(options: &Options) -> Vec<Case> {
    let all = cases(options.quick);
    all.into_iter()
        .filter(|case| options.wants(&case.to_string()))
        .collect()
}

/// The part of a process whose TMPDIR is the medium.
fn measure_medium(options: &Options, part: &PathBuf) -> Result<(), Failure> {
    let medium = medium::name_of_mine()?;
    println!(
        "# {medium}, {} repeats, {}\n",
        options.effort().repeats,
        clients()
    );
    let mut rows = Vec::new();
    for front in [Front::Block, Front::Nfs, Front::Ceph, Front::Gluster] {
        rows.extend(measure_front(options, &medium, front)?);
    }
    let text = serde_json::to_vec(&rows).map_err(|error| Failure::Unexpected(error.to_string()))?;
    fs::write(part, text).map_err(Failure::io("writing the rows of a medium"))
}

/// All servers of a front end, one after the other in each case.
fn measure_front(options: &Options, medium: &str, front: Front) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut lost) = (Vec::new(), false);
    let mut cases = wanted(options);
    cases.retain(|case| case.front == front);
    if cases.is_empty() {
        return Ok(rows);
    }
    let directory = Scratch::new("peers")?;
    let master = directory.join("master.raw");
    medium::fill(&master, options.image_size(front))?;
    let servers = start(options, front, &master)?;
    rustix::fs::sync();
    for case in cases {
        let say = |text: &str| {
            eprintln!("lost: {text}");
            lost = true;
        };
        let series = schedule::run(&case, &servers, options.effort(), say);
        let compared = report::compare(&case, medium, &servers, &series);
        println!("{}", table::markdown(&compared));
        rows.extend(compared);
    }
    if lost {
        // Dropped, gateways show their logs.
        return Ok(rows);
    }
    servers.into_iter().try_for_each(Server::stop)?;
    Ok(rows)
}

fn start(options: &Options, front: Front, master: &Path) -> Result<Vec<Server>, Failure> {
    if front == Front::Ceph {
        let in_memory = medium::name_of_mine()? == "tmpfs";
        return ceph::start(master, in_memory, !options.without_ours);
    }
    if front == Front::Gluster {
        return gluster::start(master, !options.without_ours);
    }
    let mut servers = Vec::new();
    if !options.without_ours {
        program("labelgated")?;
        servers.push(Server::ours(Driver::Ring, front, master)?);
        servers.push(Server::ours(Driver::Epoll, front, master)?);
    }
    match front {
        Front::Block => servers.extend([Server::tgt(master)?, Server::nbdkit(master)?]),
        Front::Nfs => servers.extend([Server::ganesha(master)?, Server::nfsserve(master)?]),
        Front::Ceph | Front::Gluster => {}
    }
    servers.push(Server::floor(front, options.image_size(front))?);
    Ok(servers)
}

/// Which clients take part, by their own words.
fn clients() -> String {
    let limit = Duration::from_secs(10);
    let version = run(command("qemu-img").arg("--version"), limit);
    let version = version.map(|finished| finished.stdout).unwrap_or_default();
    let qemu = version
        .lines()
        .next()
        .unwrap_or("qemu-img is missing")
        .to_owned();
    let engines = run(command("fio").arg("--enghelp"), limit);
    let engines = engines.map(|finished| finished.stdout).unwrap_or_default();
    // fio reaches NBD only, in Debian, which is not ours.
    let fio = if engines.contains("libiscsi") {
        "not used"
    } else {
        "has no engine for iSCSI or NFS"
    };
    format!("{qemu}; fio: {fio}")
}

fn write_reports(options: &Options, rows: &[Row], figures: &[Figure]) -> Result<(), Failure> {
    let directory = options
        .reports
        .clone()
        .unwrap_or_else(|| workspace().join("target").join("reports"));
    let doing = || Failure::io(format!("writing to {}", directory.display()));
    fs::create_dir_all(&directory).map_err(doing())?;
    let json = |error: serde_json::Error| Failure::Unexpected(error.to_string());
    let rows_json = serde_json::to_vec_pretty(rows).map_err(json)?;
    fs::write(directory.join("peers.json"), rows_json).map_err(doing())?;
    if !figures.is_empty() {
        let figures_json = serde_json::to_vec_pretty(figures).map_err(json)?;
        fs::write(directory.join("gateway.json"), figures_json).map_err(doing())?;
    }
    let own = table::figures(figures);
    let markdown = format!("{}\n{}\n{own}", table::markdown(rows), table::LEGEND);
    fs::write(directory.join("peers.md"), &markdown).map_err(doing())?;
    let picture = chart::picture(rows).map_err(Failure::Unexpected)?;
    fs::write(directory.join("peers.svg"), picture).map_err(doing())?;
    println!("{}\n{own}\n{}", table::LEGEND, directory.display());
    Ok(())
}
