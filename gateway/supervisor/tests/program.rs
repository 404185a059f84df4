//! `labelgated` as a program: its command line, and how it takes what the network sends it.
//!
//! There is no worker here; what needs one is tested from `fixtures`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_labelgated");

fn once(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A gateway that runs.
struct Running {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    audit: Arc<Mutex<String>>,
    directory: TempDir,
}

impl Running {
    /// Starts a gateway with these lines behind `[gateway]`'s.
    fn start(rest: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let config = directory.path().join("labelgate.toml");
        std::fs::write(&config, configuration(&directory, rest)).unwrap();
        let mut child = launch(&config);
        let log = collect(child.stderr.take().unwrap());
        let audit = collect(child.stdout.take().unwrap());
        let address = wait_for("it to listen", || {
            let log = log.lock().unwrap();
            let (_, after) = log.split_once("listening on ")?;
            after.split_once('\n')?.0.parse().ok()
        });
        Self {
            child,
            address,
            log,
            audit,
            directory,
        }
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("labelgate.toml")
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// A connection from an address of the loopback network.
    fn connect_from(&self, source: [u8; 4]) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket
            .bind(&SocketAddr::from((Ipv4Addr::from(source), 0)).into())
            .unwrap();
        socket.connect(&self.address.into()).unwrap();
        socket.into()
    }

    fn audit_with(&self, parts: &[&str]) -> String {
        wait_for(&format!("an audit record with {parts:?}"), || {
            let audit = self.audit.lock().unwrap();
            let line = audit
                .lines()
                .find(|line| parts.iter().all(|part| line.contains(part)))?;
            Some(line.to_owned())
        })
    }

    /// Asks it to stop, and sees that it does so in order and in time.
    fn stop(mut self) -> (String, String) {
        self.signal(Signal::TERM);
        let status = wait_for("it to stop", || self.child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "{}", self.log.lock().unwrap());
        let taken = |text: &Arc<Mutex<String>>| text.lock().unwrap().clone();
        (taken(&self.log), taken(&self.audit))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(directory: &TempDir, rest: &str) -> String {
    format!(
        "[gateway]\nlisten = [\"127.0.0.1:0\"]\nrun_dir = {:?}\nstate_dir = {:?}\n\
         worker = \"/nonexistent/worker\"\n{rest}",
        directory.path(),
        directory.path().join("state")
    )
}

fn launch(config: &std::path::Path) -> Child {
    Command::new(PROGRAM)
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Everything a pipe says, from now on.
fn collect(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let collected = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&collected);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut collected = into.lock().unwrap();
            collected.push_str(&line);
            collected.push('\n');
        }
    });
    collected
}

fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited for {what} in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether the other side has closed the connection.
fn is_closed(mut stream: &TcpStream) -> bool {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    match stream.read(&mut [0; 1]) {
        Ok(0) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        Ok(_) => false,
    }
}

#[test]
fn the_man_page_has_each_option_and_exit_code() {
    let help = text(&once(&["--help"]).stdout);
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/labelgated.8");
    let page = std::fs::read_to_string(page).unwrap();
    let words = help.split_whitespace();
    let options = words.clone().filter_map(|word| word.strip_prefix("--"));
    for option in options.map(|option| option.trim_end_matches([',', ')', '.', '\''])) {
        assert!(
            page.contains(&format!("-{option}")),
            "--{option} is not in it"
        );
    }
    let (_, codes) = help.split_once("Exit codes:").unwrap();
    let codes = codes
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let mut seen = 0;
    for code in codes.filter(|code| code.parse::<u8>().is_ok()) {
        assert!(
            page.contains(&format!(".It {code}\n")),
            "exit code {code} is not in it"
        );
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn help_says_what_it_does_and_what_its_exit_codes_mean() {
    let help = text(&once(&["--help"]).stdout);
    for expected in [
        "--config",
        "--check",
        "--print-config",
        "SIGHUP",
        "Exit codes:",
        "audit trail",
    ] {
        assert!(help.contains(expected), "{expected} in {help}");
    }
    assert_eq!(once(&["--nonsense"]).status.code(), Some(2));
}

#[test]
fn the_printed_configuration_passes_the_check() {
    let printed = once(&["--print-config"]);
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("printed.toml");
    std::fs::write(&file, &printed.stdout).unwrap();

    let checked = once(&["--check", "--config", file.to_str().unwrap()]);

    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    assert_eq!(
        text(&checked.stdout),
        format!(
            "{}: nothing wrong: 0 stores, 0 images, 0 identities\n",
            file.display()
        )
    );
}

#[test]
fn the_check_says_what_is_wrong_and_where() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("wrong.toml");
    std::fs::write(
        &file,
        "[gateway]\n\n[[identity]]\naddress = \"10.9.1.2\"\nlabel = \"s0\"\n",
    )
    .unwrap();

    let checked = once(&["--check", "--config", file.to_str().unwrap()]);

    assert_eq!(checked.status.code(), Some(78));
    let said = text(&checked.stderr);
    assert!(
        said.starts_with(&format!("{}:5: label \"s0\"", file.display())),
        "{said}"
    );
}

/// Whoever starts it may leave it descriptors: none reaches a process that it confines.
#[test]
fn what_it_inherits_it_does_not_pass_on() {
    let (_reader, writer) = std::io::pipe().unwrap();
    rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::empty()).unwrap();
    let number = writer.as_raw_fd().to_string();
    let gateway = Running::start("");

    let mut seen = Vec::new();
    let descriptors = format!("/proc/{}/fdinfo", gateway.child.id());
    for descriptor in std::fs::read_dir(descriptors).unwrap() {
        let path = descriptor.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if ["0", "1", "2"].contains(&name.as_str()) {
            continue;
        }
        let info = std::fs::read_to_string(path).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = u32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
        assert_ne!(flags & OFlags::CLOEXEC.bits(), 0, "descriptor {name}");
        seen.push(name);
    }

    assert!(seen.contains(&number), "{number} was left to it: {seen:?}");
    gateway.stop();
}

#[test]
fn an_unknown_address_is_closed_at_once_and_recorded() {
    let gateway = Running::start("[[identity]]\naddress = \"127.0.0.2\"\nlabel = \"s0:c1,c2\"\n");

    let begin = Instant::now();
    assert!(is_closed(&gateway.connect_from([127, 0, 0, 1])));
    assert!(begin.elapsed() < Duration::from_secs(2));

    let record = gateway.audit_with(&["\"peer\":\"127.0.0.1:", "\"decision\":\"deny\""]);
    assert!(
        record.contains("\"reason\":\"no identity has this address\""),
        "{record}"
    );
    assert!(record.contains("\"event\":\"connection\""), "{record}");
    assert!(
        !record.contains("label"),
        "an unknown client has no label: {record}"
    );
    gateway.stop();
}

#[test]
fn a_known_client_waits_while_there_is_no_worker_and_hears_when_the_gateway_stops() {
    let gateway =
        Running::start("[[identity]]\naddress = \"127.0.0.0/30\"\nlabel = \"s0:c1,c2\"\n");
    let client = gateway.connect_from([127, 0, 0, 2]);

    let record = gateway.audit_with(&["\"event\":\"worker-start\"", "\"decision\":\"deny\""]);
    assert!(record.contains("\"label\":\"s0:c1,c2\""), "{record}");
    assert!(
        record.contains("/nonexistent/worker: No such file"),
        "{record}"
    );
    client
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let error = (&client).read(&mut [0; 1]).unwrap_err();
    assert_eq!(
        error.kind(),
        std::io::ErrorKind::WouldBlock,
        "it is not refused"
    );

    let (_, audit) = gateway.stop();
    assert!(is_closed(&client));
    assert!(
        audit.contains("\"reason\":\"the gateway stops\""),
        "{audit}"
    );
    let starts = audit
        .lines()
        .filter(|line| line.contains("worker-start"))
        .count();
    assert!(
        (2..=6).contains(&starts),
        "tried again, with growing pauses: {starts}"
    );
}

#[test]
fn ten_thousand_connections_that_are_reset_do_no_harm() {
    let gateway = Running::start(
        "pool_mib = 10000\n[gateway.limits]\naccepts_per_second = 1000000\naccepts_per_source_per_second = 1000000\n\
         connections_per_source = 10000\nconnections_per_label = 10000\n\
         [[identity]]\naddress = \"127.0.0.2\"\nlabel = \"s0:c1,c2\"\n",
    );
    for round in 0..10_000 {
        // Half of them with an identity, whose way into the gateway is longer.
        let source = if round % 2 == 0 {
            [127, 0, 0, 1]
        } else {
            [127, 0, 0, 2]
        };
        let stream = gateway.connect_from(source);
        // Closing without lingering sends RST instead of FIN.
        Socket::from(stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    assert!(
        is_closed(&gateway.connect_from([127, 0, 0, 1])),
        "it still answers"
    );
    let suppressed = gateway.audit_with(&["\"event\":\"suppressed\""]);
    assert!(
        suppressed.contains("too many to be written singly"),
        "{suppressed}"
    );
    let (log, audit) = gateway.stop();
    assert!(
        audit.lines().count() < 2000,
        "the flood does not fill the audit trail"
    );
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn one_address_cannot_take_all_places() {
    let gateway = Running::start(
        "[gateway.limits]\nconnections_per_source = 2\nconnections_per_label = 3\n\
         [[identity]]\naddress = \"127.0.0.0/29\"\nlabel = \"s0:c1,c2\"\n",
    );
    let _held = [
        gateway.connect_from([127, 0, 0, 2]),
        gateway.connect_from([127, 0, 0, 2]),
    ];
    assert!(is_closed(&gateway.connect_from([127, 0, 0, 2])));
    gateway.audit_with(&["connections_per_source"]);

    let _third = gateway.connect_from([127, 0, 0, 3]);
    assert!(is_closed(&gateway.connect_from([127, 0, 0, 4])));
    gateway.audit_with(&[
        "connections_per_label",
        "\"identity\":\"address:127.0.0.0/29\"",
    ]);
    gateway.stop();
}

#[test]
fn a_second_gateway_with_the_same_run_dir_refuses_to_run() {
    let gateway = Running::start("");

    let second = once(&["--config", gateway.config().to_str().unwrap()]);

    assert_eq!(second.status.code(), Some(75));
    let said = text(&second.stderr);
    let expected = format!("(process {})", gateway.child.id());
    assert!(
        said.contains("another gateway runs with") && said.contains(&expected),
        "{said}"
    );
    gateway.stop();
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let directory = TempDir::new().unwrap();
    let config = directory.path().join("labelgate.toml");
    let text_of = configuration(&directory, "").replace("127.0.0.1:0", &address.to_string());
    std::fs::write(&config, text_of).unwrap();

    let refused = once(&["--config", config.to_str().unwrap()]);

    assert_eq!(refused.status.code(), Some(71));
    let said = text(&refused.stderr);
    assert!(
        said.contains(&format!(
            "cannot listen on {address}: Address already in use"
        )),
        "{said}"
    );
}

#[test]
fn a_reload_takes_in_new_identities_and_a_bad_file_changes_nothing() {
    let gateway = Running::start("");
    assert!(is_closed(&gateway.connect_from([127, 0, 0, 2])));

    let identity = "[[identity]]\naddress = \"127.0.0.2\"\nlabel = \"s0:c1,c2\"\n";
    std::fs::write(
        gateway.config(),
        configuration(&gateway.directory, identity),
    )
    .unwrap();
    gateway.signal(Signal::HUP);
    gateway.audit_with(&["\"event\":\"reload\"", "\"decision\":\"allow\""]);
    let waiting = gateway.connect_from([127, 0, 0, 2]);
    gateway.audit_with(&["worker-start"]);

    std::fs::write(gateway.config(), "[[identity]]\nadress = 1\n").unwrap();
    gateway.signal(Signal::HUP);
    let refused = gateway.audit_with(&["\"event\":\"reload\"", "\"decision\":\"deny\""]);
    assert!(
        refused.contains("labelgate.toml:2: unknown field `adress`"),
        "{refused}"
    );
    let second = gateway.connect_from([127, 0, 0, 2]);
    for client in [&waiting, &second] {
        client
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let mut client = client;
        let error = client.read(&mut [0; 1]).unwrap_err();
        assert_eq!(
            error.kind(),
            std::io::ErrorKind::WouldBlock,
            "it is still served"
        );
    }
    gateway.stop();
}

#[test]
fn log_lines_can_be_json() {
    let directory = TempDir::new().unwrap();
    let config = directory.path().join("labelgate.toml");
    std::fs::write(&config, configuration(&directory, "")).unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["--log-format", "json", "--config", config.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = collect(child.stderr.take().unwrap());
    let line = wait_for("a line", || {
        let log = log.lock().unwrap();
        log.lines()
            .find(|line| line.contains("listening on"))
            .map(str::to_owned)
    });
    assert!(
        line.starts_with('{') && line.contains("\"level\":\"INFO\""),
        "{line}"
    );
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = wait_for("it to stop", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}
