//! A socket that answers whatever it is told to, as no gateway would; and the program itself.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The program.
pub const LABELGATE: &str = env!("CARGO_BIN_EXE_labelgate");

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A listener that gives one connection after the other to what was given to it.
pub struct Listener {
    scratch: TempDir,
    requests: mpsc::Receiver<String>,
}

impl Listener {
    /// Each connection's request is read to the end of its header, handed on, and answered.
    pub fn answering(answer: impl Fn(&mut UnixStream, &str) + Send + 'static) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(scratch.path().join("socket")).unwrap();
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let header = header(&mut stream);
                answer(&mut stream, &header);
                let _ = sender.send(header);
            }
        });
        Self { scratch, requests }
    }

    /// Always the same bytes.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::answering(move |stream, _| {
            let _ = stream.write_all(&bytes);
        })
    }

    /// Always a JSON value with this status.
    pub fn saying_json(status: u16, json: &str) -> Self {
        Self::saying(response(status, json))
    }

    /// What was requested next.
    pub fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).unwrap()
    }

    pub fn socket(&self) -> PathBuf {
        self.scratch.path().join("socket")
    }

    /// A directory for this test.
    pub fn directory(&self) -> &Path {
        self.scratch.path()
    }

    /// The program, about to talk to this listener.
    pub fn labelgate(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(LABELGATE);
        command
            .arg("--socket")
            .arg(self.socket())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.labelgate(arguments).output().unwrap())
    }
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub output: String,
    pub error: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            output: String::from_utf8(output.stdout).unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn of_child(child: Child) -> Self {
        Self::of(child.wait_with_output().unwrap())
    }
}

/// An answer with a JSON body.
pub fn response(status: u16, json: &str) -> String {
    let length = json.len();
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
    )
}

/// Reads a request to the end of its header, and not a byte more.
fn header(stream: &mut UnixStream) -> String {
    let mut header = Vec::new();
    let mut byte = [0];
    while !header.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            break;
        }
        header.extend_from_slice(&byte);
    }
    String::from_utf8(header).unwrap()
}

/// Reads a body of this length.
pub fn body(stream: &mut UnixStream, header: &str) -> Vec<u8> {
    let lower = header.to_lowercase();
    let length = lower.split("content-length: ").nth(1);
    let Some(length) = length.and_then(|rest| rest.split("\r\n").next()) else {
        return chunked(stream);
    };
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    body
}

/// Reads a chunked body (RFC 9112 7.1). Whatever is missing at its end is a `\0` at ours.
fn chunked(stream: &mut UnixStream) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            if stream.read(&mut byte).unwrap_or(0) == 0 {
                body.push(0);
                return body;
            }
            line.extend_from_slice(&byte);
        }
        let line = String::from_utf8(line).unwrap();
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; length + 2];
        if stream.read_exact(&mut chunk).is_err() {
            body.push(0);
            return body;
        }
        chunk.truncate(length);
        body.extend(chunk);
        if length == 0 {
            return body;
        }
    }
}
