//! The gateway's own trail, in files: over kills, restarts and a reload.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use labelgate_audit::verify;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A gateway that refuses everybody, and writes it down.
struct Gateway {
    child: Child,
    address: SocketAddr,
    /// What it has written to standard error.
    log: Arc<Mutex<String>>,
}

impl Gateway {
    fn start(directory: &Path) -> Self {
        configure(directory, 1);
        let mut child = Command::new(env!("CARGO_BIN_EXE_labelgated"))
            .arg("--config")
            .arg(config(directory))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = log.next().unwrap().unwrap();
            if let Some((_, address)) = line.split_once("listening on ") {
                break address.parse().unwrap();
            }
        };
        let (written, rest) = (Arc::<Mutex<String>>::default(), log.map_while(Result::ok));
        let into = Arc::clone(&written);
        // A pipe that nobody reads would hold the gateway up.
        std::thread::spawn(move || rest.for_each(|line| *into.lock().unwrap() += &line));
        Self {
            child,
            address,
            log: written,
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Connects so often, and is refused.
    fn knock(&self, times: u32) {
        for _ in 0..times {
            drop(TcpStream::connect(self.address).unwrap());
        }
    }

    /// Waits for its end, and returns what it has written to standard output.
    fn ended(mut self) -> String {
        let mut out = String::new();
        let mut pipe = self.child.stdout.take().unwrap();
        pipe.read_to_string(&mut out).unwrap();
        self.child.wait().unwrap();
        out
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn trail(directory: &Path) -> PathBuf {
    directory.join("audit")
}

fn config(directory: &Path) -> PathBuf {
    directory.join("labelgate.toml")
}

/// Writes the configuration, with files of the trail so long.
fn configure(directory: &Path, mib: u32) {
    let text = format!(
        "[gateway]\nlisten = [\"127.0.0.1:0\"]\nrun_dir = {:?}\nstate_dir = {:?}\n\
         worker = \"/nonexistent\"\n[audit]\ndir = {:?}\nfile_mib = {mib}\n",
        directory.join("run"),
        directory.join("state"),
        trail(directory)
    );
    fs::write(config(directory), text).unwrap();
}

fn count(directory: &Path, part: &str) -> usize {
    let text = fs::read_to_string(trail(directory).join("audit.jsonl")).unwrap_or_default();
    text.lines().filter(|line| line.contains(part)).count()
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed().as_secs() < 30, "waited for {what} in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const REFUSED: &str = "\"reason\":\"no identity has this address\"";

#[test]
fn the_trail_goes_on_over_kills_and_says_how_each_time_began() {
    let directory = TempDir::new().unwrap();
    let in_trail = |part| count(directory.path(), part);
    for round in 1..=10 {
        let gateway = Gateway::start(directory.path());
        let before = in_trail(REFUSED);
        gateway.knock(20);
        wait_for("a record", || in_trail(REFUSED) > before);
        gateway.signal(Signal::KILL);
        assert_eq!(gateway.ended(), "", "the trail is in files alone");
        assert_eq!(in_trail("\"gateway-start\""), round);
    }
    let gateway = Gateway::start(directory.path());
    wait_for("the signals", || in_trail("\"gateway-start\"") == 11);
    gateway.knock(1);
    configure(directory.path(), 2);
    gateway.signal(Signal::HUP);
    wait_for("the reload", || in_trail("\"event\":\"reload\"") == 1);
    wait_for("a warning that the trail stays as it is", || {
        gateway
            .log
            .lock()
            .unwrap()
            .contains("or [audit] has changed")
    });
    gateway.signal(Signal::TERM);
    gateway.ended();

    let report = verify(&trail(directory.path()), None).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.first, report.lost, report.damaged), (Some(1), 0, 0));
    assert_eq!((report.unfinished, in_trail("\"gateway-stop\"")), (0, 1));
}

#[test]
fn a_gateway_whose_trail_cannot_be_kept_does_not_serve() {
    let directory = TempDir::new().unwrap();
    fs::write(trail(directory.path()), "no directory").unwrap();
    configure(directory.path(), 1);
    let refused = Command::new(env!("CARGO_BIN_EXE_labelgated"))
        .arg("--config")
        .arg(config(directory.path()))
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(71));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("the audit trail cannot be kept in"), "{said}");
}
