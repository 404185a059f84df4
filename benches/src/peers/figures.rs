//! What is measured on the gateway alone: how soon it answers a connection, and the memory of a
//! worker that has nothing to do.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream},
    thread,
    time::{Duration, Instant},
};

use labelgate_benches::statistics::percentile;
use labelgate_fixtures::{
    Failure,
    gateway::{Gateway, Plan},
    process::{Service, command},
    raw::{Connection, Digests, HEADER, Login},
};
use serde::Serialize;

/// Labels whose worker does not run before the first connection.
const LABELS: u8 = 50;
/// Connections to a label whose worker runs.
const WARM: u8 = 200;
const LIMIT: Duration = Duration::from_secs(30);
const SIZE: u64 = 64 << 20;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What it says.
    pub name: String,
    /// How much.
    pub value: f64,
    /// In which unit.
    pub unit: &'static str,
    /// From how many observations.
    pub observations: usize,
}

/// All of them.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    first_bytes(&mut figures)?;
    memory(&mut figures)?;
    Ok(figures)
}

fn label(number: u8) -> String {
    format!("s0:c{},c{}", u16::from(number), u16::from(number) + 512)
}

fn source(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 7, number)
}

fn image(number: u8) -> String {
    format!("disk{number}")
}

fn plan(labels: u8) -> Plan {
    (1..=labels).fold(Plan::new(), |plan, number| {
        let label = label(number);
        plan.image(&image(number), &label, SIZE)
            .identity(source(number).into(), &label)
    })
}

/// From before connect(2) to the first byte of the login response, for a label without a worker
/// and for one whose worker runs.
fn first_bytes(figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let gateway = Gateway::start(plan(LABELS))?;
    let mut kept = Vec::new();
    let mut cold = Vec::new();
    for number in 1..=LABELS {
        let (took, stream) = first_byte(&gateway, number, 0)?;
        cold.push(took.as_secs_f64() * 1e3);
        // Held open, so that no worker ends before the last has started.
        kept.push(stream);
    }
    let workers = gateway.workers();
    Failure::unless(workers.len() == usize::from(LABELS), || {
        format!("{} workers for {LABELS} labels", workers.len())
    })?;
    let shares: Vec<f64> = workers
        .iter()
        .filter_map(|worker| worker.memory())
        .map(mebibytes)
        .collect();
    let mut warm = Vec::new();
    for session in 1..=WARM {
        let (took, _) = first_byte(&gateway, 1, session)?;
        warm.push(took.as_secs_f64() * 1e3);
    }
    for (name, sample) in [
        ("its worker to be started", cold),
        ("its worker running", warm),
    ] {
        for (of, fraction) in [("median", 0.5), ("p99", 0.99)] {
            figures.push(Figure {
                name: format!("connect to first byte of the login response, {name}, {of}"),
                observations: sample.len(),
                value: percentile(sample.clone(), fraction),
                unit: "ms",
            });
        }
    }
    figures.push(Figure {
        name: format!("memory (PSS) of a worker after its start, {LABELS} workers, median"),
        observations: shares.len(),
        value: percentile(shares, 0.5),
        unit: "MiB",
    });
    drop(kept);
    gateway.stop()
}

fn first_byte(
    gateway: &Gateway,
    number: u8,
    session: u8,
) -> Result<(Duration, TcpStream), Failure> {
    let mut login = Login::to(
        "iqn.2026-01.net.labelgate:bench",
        &gateway.target(&image(number)),
    );
    // Another ISID is another session; the same one would end its predecessor.
    let [.., last] = &mut login.isid;
    *last = session;
    let request = login.request().to_bytes(Digests::default());
    let SocketAddr::V4(address) = gateway.address() else {
        return Err(Failure::Machine(
            "the gateway listens on no IPv4 address".to_owned(),
        ));
    };
    let start = Instant::now();
    let mut stream = connect(source(number), address)
        .map_err(|error| Failure::io("connecting to the gateway")(error.into()))?;
    let doing = || Failure::io(format!("logging in under {}", label(number)));
    stream.set_read_timeout(Some(LIMIT)).map_err(doing())?;
    stream.write_all(&request).map_err(doing())?;
    let mut header = [0; HEADER];
    let (first, rest) = header.split_at_mut(1);
    stream.read_exact(first).map_err(doing())?;
    let took = start.elapsed();
    stream.read_exact(rest).map_err(doing())?;
    let status = header.get(36).copied();
    Failure::unless(status == Some(0), || {
        format!("a login was refused: {status:?}")
    })?;
    Ok((took, stream))
}

fn connect(source: Ipv4Addr, to: SocketAddrV4) -> Result<TcpStream, rustix::io::Errno> {
    use rustix::net;
    let flags = net::SocketFlags::CLOEXEC;
    let socket = net::socket_with(
        net::AddressFamily::INET,
        net::SocketType::STREAM,
        flags,
        None,
    )?;
    net::bind(&socket, &SocketAddrV4::new(source, 0))?;
    net::connect(&socket, &to)?;
    Ok(TcpStream::from(socket))
}

/// One worker alone: after its start, right after a burst, and once it has given memory back.
fn memory(figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let plan = plan(1).identity(Ipv4Addr::LOCALHOST.into(), &label(1));
    let gateway = Gateway::start(plan)?;
    let (_, stream) = first_byte(&gateway, 1, 0)?;
    let worker = gateway.worker_of(&image(1))?;
    let now = || {
        worker
            .memory()
            .map(mebibytes)
            .ok_or_else(|| Failure::Unexpected("no worker".to_owned()))
    };
    thread::sleep(Duration::from_millis(500));
    let after_start = now()?;
    figures.push(Figure {
        name: "commands that a lone connection may have under way".to_owned(),
        value: f64::from(window(&gateway)?),
        unit: "",
        observations: 1,
    });
    let peak = burst(&gateway.url(&image(1)), now)?.max(after_start);
    let (settled, after) = settle(now)?;
    for (name, value) in [
        (
            "memory (PSS) of a worker after its start, alone".to_owned(),
            after_start,
        ),
        (
            "memory (PSS) of a worker during a burst of I/O, the most seen".to_owned(),
            peak,
        ),
        (
            format!(
                "memory (PSS) of a worker idle for {} s after it",
                after.as_secs()
            ),
            settled,
        ),
    ] {
        figures.push(Figure {
            name,
            value,
            unit: "MiB",
            observations: 1,
        });
    }
    drop(stream);
    gateway.stop()
}

/// Runs clients of several kinds; the largest value seen meanwhile.
fn burst(url: &str, value: impl Fn() -> Result<f64, Failure>) -> Result<f64, Failure> {
    let mut peak = 0.0_f64;
    for pattern in [["-d32", "-s4096", "-c40000"], ["-d8", "-s1048576", "-c600"]] {
        for write in [&[][..], &["-w"]] {
            let mut client = command("qemu-img");
            client.args(["bench", "-f", "raw", "-t", "none"]);
            client.args(pattern).args(write).arg(url);
            let mut client = Service::start(&mut client)?;
            while client.is_running() {
                peak = value()?.max(peak);
                thread::sleep(Duration::from_millis(10));
            }
            let status = client.wait_end(LIMIT)?;
            Failure::unless(status.success(), || {
                format!("a burst failed: {}", client.log())
            })?;
        }
    }
    Ok(peak)
}

/// What the target advertises with an answer; less than a client's depth makes that depth moot.
fn window(gateway: &Gateway) -> Result<u32, Failure> {
    let login = Login::to(
        "iqn.2026-01.net.labelgate:window",
        &gateway.target(&image(1)),
    );
    let mut session = login.session(Connection::open(gateway.address())?)?;
    let test_unit_ready = [0; 6];
    session.start_read(&test_unit_ready, 0)?;
    let answer = session.receive()?;
    let (expected, most) = (answer.u32(28), answer.u32(32));
    // RFC 7143, 4.2.2.1: MaxCmdSN - ExpCmdSN + 1, in serial number arithmetic.
    Ok(most.wrapping_sub(expected).wrapping_add(1))
}

/// Waits until a value has not moved for five seconds, at most half a minute.
fn settle(value: impl Fn() -> Result<f64, Failure>) -> Result<(f64, Duration), Failure> {
    let start = Instant::now();
    let (mut last, mut since) = (value()?, start);
    while since.elapsed() < Duration::from_secs(5) && start.elapsed() < LIMIT {
        thread::sleep(Duration::from_millis(250));
        let now = value()?;
        if (now - last).abs() > 0.05 {
            (last, since) = (now, Instant::now());
        }
    }
    Ok((value()?, start.elapsed()))
}

pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
