//! A gateway with an admin socket, and `curl` to ask it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_labelgated");

/// A gateway that runs. There is no worker: what needs one is tested from `fixtures`.
pub struct House {
    child: Child,
    pub directory: TempDir,
}

impl House {
    /// Starts a gateway with these lines in its configuration.
    pub fn start(rest: &str) -> Self {
        let directory = TempDir::new().unwrap();
        // Its files are for other users' processes to be kept from, not its path.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(directory.path(), open).unwrap();
        fs::create_dir(directory.path().join("vms")).unwrap();
        let config = format!(
            "[gateway]\nlisten = [\"127.0.0.1:0\"]\nrun_dir = {:?}\nstate_dir = {:?}\n\
             worker = \"/nonexistent/worker\"\n{rest}",
            directory.path().join("run"),
            directory.path().join("state"),
        );
        fs::write(directory.path().join("labelgate.toml"), config).unwrap();
        let child = launch(&directory);
        let house = Self { child, directory };
        house.wait_up();
        house
    }

    fn wait_up(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.try_ask("GET", "/v1/status", None).is_none() {
            assert!(Instant::now() < deadline, "it does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("run/admin.sock")
    }

    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    pub fn is_up(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it and starts it again.
    pub fn kill_and_restart(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        self.child = launch(&self.directory);
        self.wait_up();
    }

    fn curl(&self) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "60"]);
        curl.arg("--unix-socket").arg(self.socket());
        curl.args(["--write-out", "\n%{http_code}"]);
        curl
    }

    /// Asks, as root.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.try_ask(method, path, body).unwrap()
    }

    /// Asks, and must be answered with success.
    pub fn done(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, path, body.as_ref());
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// Asks, and must be refused for this reason.
    pub fn refused(&self, method: &str, path: &str, body: Option<Value>, code: &str) -> String {
        let (status, answer) = self.ask(method, path, body.as_ref());
        assert!(status >= 400, "{method} {path}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{method} {path}: {answer}");
        answer["error"].to_string()
    }

    pub fn try_ask(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let mut curl = self.curl();
        curl.args(["--request", method]);
        if let Some(body) = body {
            curl.arg("--data").arg(body.to_string());
        }
        answer(curl.arg(format!("http://labelgate{path}")))
    }

    /// Sends a file.
    pub fn upload(&self, path: &str, file: &std::path::Path) -> (u16, Value) {
        let mut curl = self.curl();
        curl.arg("--upload-file").arg(file);
        answer(curl.arg(format!("http://labelgate{path}"))).unwrap()
    }

    /// Asks as somebody else, who is in this group alone. `None`: he cannot even connect.
    pub fn ask_as(&self, uid: u32, gid: u32, method: &str, path: &str) -> Option<(u16, Value)> {
        let mut curl = self.curl();
        curl.args(["--request", method]).uid(uid).gid(gid);
        answer(curl.arg(format!("http://labelgate{path}")))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(directory: &TempDir) -> Child {
    Command::new(PROGRAM)
        .arg("--config")
        .arg(directory.path().join("labelgate.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(directory.path().join("log")).unwrap())
        .spawn()
        .unwrap()
}

pub fn answer(curl: &mut Command) -> Option<(u16, Value)> {
    let output = curl.output().unwrap();
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    Some((status.parse().unwrap(), body))
}
