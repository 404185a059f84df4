//! What happens to the label for which there is no room.

use std::fs;
use std::time::{Duration, Instant};

use labelgate_fixtures::gateway::Gateway;
use labelgate_fixtures::raw::{Connection, Login};
use labelgate_fixtures::{Failure, procfs};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde::Serialize;

use crate::crowd::{self, Crowd};

/// Labels of the gateway that has few descriptors.
const FEW: u32 = 40;
/// How many of them are there before it has.
const THERE: u32 = 20;
/// Descriptors that it may have more than it has then.
const SPARE: u64 = 12;
/// In MiB: more than all else on this machine takes or gives back meanwhile.
const MARGIN_MIB: u32 = 1536;
/// How long a client waits for its answer.
const LIMIT: Duration = Duration::from_secs(40);

/// One that was not let in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Refusal {
    /// Labels that were there.
    pub there: u32,
    /// What its client was told, and after how long.
    pub client: String,
    /// What the gateway's log says.
    pub gateway: String,
    /// All others were served meanwhile.
    pub others_served: bool,
    /// Whether it was let in when there was room again; nothing if that was not tried.
    pub let_in_then: Option<bool>,
}

/// The configuration's limit of workers: the label of this number is one too many.
pub fn workers(gateway: &Gateway, number: u32, everyone: [&Crowd; 3]) -> Result<Refusal, Failure> {
    let before = gateway.log().len();
    let client = told(gateway, number).ok_or_else(|| {
        let text = format!("label {number} was let in beyond the limit");
        Failure::Unexpected(text)
    })?;
    for crowd in everyone {
        crowd.is_served()?;
    }
    Ok(Refusal {
        there: number,
        client,
        gateway: said(gateway, before, "limits.workers"),
        others_served: true,
        let_in_then: None,
    })
}

/// Descriptors of labelgated: labels come until there are none left.
pub fn descriptors() -> Result<Refusal, Failure> {
    let gateway = Gateway::start(crowd::plan(FEW))?;
    let crowd = Crowd::arrive(&gateway, 0..THERE)?;
    let open = fs::read_dir(format!("/proc/{}/fd", gateway.pid()));
    let open = open.map_err(Failure::io("counting descriptors"))?.count();
    let open = u64::try_from(open).unwrap_or(u64::MAX);
    let before = gateway.log().len();
    let usual = limit(&gateway, Some(open + SPARE))?;
    let mut late = Vec::new();
    let mut refused = None;
    for number in THERE..FEW {
        match crowd::log_in(&gateway, number) {
            Ok(session) => late.push(session),
            Err(_) => {
                refused = Some((number, told(&gateway, number).unwrap_or_default()));
                break;
            }
        }
    }
    let none = || Failure::Unexpected("nobody was refused for want of descriptors".to_owned());
    let (there, client) = refused.ok_or_else(none)?;
    crowd.is_served()?;
    limit(&gateway, usual)?;
    let then = crowd::log_in(&gateway, there).is_ok();
    let refusal = Refusal {
        there,
        client,
        gateway: said(&gateway, before, "os error 24"),
        others_served: true,
        let_in_then: Some(then),
    };
    gateway.stop()?;
    Ok(refusal)
}

/// Memory of the machine: labels come when less of it is left than the gateway keeps for those that are there.
pub fn memory() -> Result<Refusal, Failure> {
    let spare = procfs::memory_available()?.saturating_sub(MARGIN_MIB);
    let gateway = Gateway::start(crowd::plan(FEW).limit("spare_memory_mib", spare))?;
    let crowd = Crowd::arrive(&gateway, 0..THERE)?;
    let before = gateway.log().len();
    let taken = vec![1_u8; usize::try_from(2 * MARGIN_MIB).unwrap_or(0) << 20];
    let client = told(&gateway, THERE)
        .ok_or_else(|| Failure::Unexpected("nobody was refused for want of memory".to_owned()))?;
    crowd.is_served()?;
    drop(taken);
    let then = crowd::log_in(&gateway, THERE).is_ok();
    let refusal = Refusal {
        there: THERE,
        client,
        gateway: said(&gateway, before, "spare_memory_mib"),
        others_served: true,
        let_in_then: Some(then),
    };
    gateway.stop()?;
    Ok(refusal)
}

/// Sets how many descriptors a gateway may have, and gives what that was.
fn limit(gateway: &Gateway, most: Option<u64>) -> Result<Option<u64>, Failure> {
    let pid = i32::try_from(gateway.pid()).ok().and_then(Pid::from_raw);
    let now = rustix::process::getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current: most,
        maximum: now.maximum,
    };
    let before = prlimit(pid, Resource::Nofile, limit)
        .map_err(|error| Failure::io("limiting descriptors")(error.into()))?;
    Ok(before.current)
}

/// What a client is told that is not let in, and after how long.
fn told(gateway: &Gateway, number: u32) -> Option<String> {
    let began = Instant::now();
    let target = gateway.target(&crowd::image(number));
    let login = Login::to("iqn.2026-11.io.labelgate.bench:late", &target);
    let attempt = Connection::open_from(crowd::source(number), gateway.address());
    let answer = attempt.and_then(|mut connection| {
        connection.limit = LIMIT;
        login.attempt(&mut connection)
    });
    let said = match answer {
        Ok((answer, _)) if answer.status == (0, 0) => return None,
        Ok((answer, _)) => {
            let (class, detail) = answer.status;
            format!("login status {class:02x}{detail:02x}")
        }
        Err(failure) => failure.to_string(),
    };
    Some(format!(
        "{said} ({:.0} ms)",
        began.elapsed().as_secs_f64() * 1e3
    ))
}

/// The first line of a log, from there on, that has this word.
fn said(gateway: &Gateway, before: usize, word: &str) -> String {
    let log = gateway.log();
    let lines = log.get(before..).unwrap_or_default().lines();
    let mut about = lines.filter(|line| line.contains(word));
    about.next().unwrap_or("nothing").to_owned()
}
