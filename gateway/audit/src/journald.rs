//! Records in systemd's journal, by its native protocol.
//!
//! <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>: one datagram per record, a field per line;
//! a value that has a line feed would need a length, but no value here has one. The record's line
//! is `MESSAGE`, and each of its members is a field of its own: `LABELGATE_EVENT`,
//! `LABELGATE_LABEL`, ...
//!
//! The crates that speak it keep a failure to themselves; a trail must know.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

/// Where the journal listens.
pub const SOCKET: &str = "/run/systemd/journal/socket";
/// How long a busy journal is waited for.
const PATIENCE: Duration = Duration::from_millis(200);
/// LOG_NOTICE and LOG_WARNING of syslog(3).
const NOTICE: u8 = 5;
const WARNING: u8 = 4;

/// The journal.
#[derive(Debug)]
pub struct Journald {
    socket: UnixDatagram,
    /// Where each record is sent: a connection would end with the journal it was made to, and not
    /// reach the next one.
    journal: PathBuf,
}

impl Journald {
    /// The journal that listens at `journal`.
    pub fn at(journal: &Path) -> io::Result<Self> {
        // Whether it listens.
        UnixDatagram::unbound()?.connect(journal)?;
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let journal = journal.to_owned();
        Ok(Self { socket, journal })
    }

    /// Writes a record.
    pub fn append(&self, line: &str) -> io::Result<()> {
        let datagram = datagram(line);
        match self.socket.send_to(&datagram, &self.journal) {
            Ok(_) => Ok(()),
            // Its fields are in its line, too.
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error()) =>
            {
                let short = head(line, NOTICE);
                self.socket.send_to(&short, &self.journal).map(drop)
            }
            Err(error) => Err(error),
        }
    }
}

fn head(line: &str, priority: u8) -> Vec<u8> {
    format!(
        "MESSAGE={line}\nPRIORITY={priority}\nSYSLOG_IDENTIFIER=labelgated\nLABELGATE_AUDIT=1\n"
    )
    .into_bytes()
}

fn datagram(line: &str) -> Vec<u8> {
    let members: Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
    let denied = members
        .get("decision")
        .is_some_and(|decision| decision == "deny");
    let mut datagram = head(line, if denied { WARNING } else { NOTICE });
    for (name, value) in &members {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // A text may have anything in it: in the line it is escaped, here it is cut short.
        let text: String = text
            .chars()
            .take_while(|character| *character != '\n')
            .collect();
        let field = format!("LABELGATE_{}={text}\n", name.to_ascii_uppercase());
        datagram.extend_from_slice(field.as_bytes());
    }
    datagram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_becomes_a_message_and_its_fields() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let journal = UnixDatagram::bind(&path).unwrap();
        let line = r#"{"seq":7,"event":"login","decision":"deny","reason":"a\nMESSAGE=forged"}"#;

        Journald::at(&path).unwrap().append(line).unwrap();

        let mut bytes = vec![0; 4096];
        let length = journal.recv(&mut bytes).unwrap();
        let text = std::str::from_utf8(&bytes[..length]).unwrap();
        let mut fields: Vec<&str> = text.lines().collect();
        fields.sort_unstable();
        let message = format!("MESSAGE={line}");
        assert_eq!(
            fields,
            [
                "LABELGATE_AUDIT=1",
                "LABELGATE_DECISION=deny",
                "LABELGATE_EVENT=login",
                "LABELGATE_REASON=a",
                "LABELGATE_SEQ=7",
                &message,
                "PRIORITY=4",
                "SYSLOG_IDENTIFIER=labelgated",
            ]
        );
    }

    #[test]
    fn a_journal_that_comes_back_takes_records_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let first = UnixDatagram::bind(&path).unwrap();
        let journald = Journald::at(&path).unwrap();
        drop(first);
        assert!(journald.append("{}").is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(journald.append("{}").is_err());

        let second = UnixDatagram::bind(&path).unwrap();
        journald.append("{}").unwrap();
        assert!(second.recv(&mut [0; 4096]).is_ok_and(|length| length > 0));
    }

    #[test]
    fn a_journal_that_is_not_there_or_does_not_read_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        assert!(Journald::at(&path).is_err());
        let _journal = UnixDatagram::bind(&path).unwrap();
        let journald = Journald::at(&path).unwrap();
        let fails = (0..10_000).any(|_| journald.append("{}").is_err());
        assert!(fails, "its queue is bounded");
    }
}
