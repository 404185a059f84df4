//! Starting a probe and seeing how it ends.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Output, Stdio};

use labelgate_mac::idmap;

/// The argument that makes this program a probe.
pub const PROBE: &str = "--as-probe";

/// What the layers of a probe begin with that has a user namespace of its own.
pub const MAPPED: &str = "mapped-";

/// The first of the ids that such a probe acts as.
pub const FIRST: u32 = 2_150_039_552;

/// A UID that owns nothing.
pub const UID: u32 = 2_100_000_042;

/// How a probe ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// What it tried was done.
    Done,
    /// What it tried was refused with this error number.
    Refused(i32),
    /// This signal killed it while it tried.
    Killed(i32),
    /// It became another program.
    Replaced,
    /// The confinement itself did not come about.
    Unconfined(String),
}

/// What a probe said before it tried, and how it ended.
pub struct Outcome {
    pub end: End,
    pub report: String,
}

/// A command that runs this program as a probe. By descriptor, since the probe's UID may not
/// be able to reach the path.
fn command(uid: u32, arguments: &[&str]) -> Command {
    let program = File::open("/proc/self/exe").expect("this program is there");
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    command
        .arg(PROBE)
        .args(arguments)
        .env_clear()
        .uid(uid)
        .gid(uid)
        .current_dir("/");
    // Held open until the child has started: the closure lives as long as the command.
    // SAFETY: the closure does nothing but own a descriptor.
    unsafe {
        command.pre_exec(move || {
            let _held = &program;
            Ok(())
        });
    }
    command
}

/// As a supervisor does: waits until it has left our user namespace, and gives it its ids.
fn run_mapped(command: &mut Command, uid: u32) -> io::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::inherit()).spawn()?;
    let mut left = [0];
    let (input, output) = (child.stdin.take(), child.stdout.as_mut());
    output.expect("piped").read_exact(&mut left)?;
    idmap::namespace_of(child.id())?;
    idmap::map_ids(child.id(), FIRST, uid)?;
    // It waits for the end of this.
    drop(input);
    child.wait_with_output()
}

/// Runs one probe under `uid`: these layers, then this action with its arguments.
pub fn probe_as(uid: u32, layers: &str, action: &[&str]) -> Outcome {
    let mut arguments = vec![layers];
    arguments.extend(action);
    let mut command = command(uid, &arguments);
    let output = match layers.starts_with(MAPPED) {
        true => run_mapped(&mut command, uid),
        false => command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output(),
    };
    let output = output.expect("the probe starts; giving it a UID needs root");
    let said = String::from_utf8(output.stdout).expect("text");
    let line = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
    let end = if let Some(error) = line("unconfined ") {
        End::Unconfined(error.to_owned())
    } else {
        let report = line("confined").unwrap_or_else(|| panic!("{layers} {action:?}: {said:?}"));
        assert_eq!(report.is_empty(), layers == "none", "{said:?}");
        match (output.status.signal(), line("refused "), line("done")) {
            (Some(signal), None, None) => End::Killed(signal),
            (None, Some(number), None) => End::Refused(number.parse().expect("a number")),
            (None, None, Some("")) => End::Done,
            (None, None, None) if output.status.success() => End::Replaced,
            _ => panic!("{layers} {action:?}: {:?} after {said:?}", output.status),
        }
    };
    Outcome {
        end,
        report: line("confined ").unwrap_or_default().to_owned(),
    }
}

/// As [`probe_as`], under the UID that owns nothing.
pub fn probe(layers: &str, action: &[&str]) -> End {
    probe_as(UID, layers, action).end
}

/// Another process of the probe's own UID, so that file permissions and the like allow the probe
/// everything that its confinement does not forbid. Killed and reaped when dropped.
pub struct Neighbour(Child);

impl Neighbour {
    pub fn start() -> Self {
        let mut child = command(UID, &["none", "neighbour"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the neighbour starts");
        let mut first = [0];
        let output = child.stdout.as_mut().expect("piped");
        output
            .read_exact(&mut first)
            .expect("the neighbour says that it runs");
        Self(child)
    }

    pub fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
