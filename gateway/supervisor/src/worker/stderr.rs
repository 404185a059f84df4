//! What a process writes to its standard error, on its way to the log.
//!
//! It may be under a guest's control: its lines are cut, cleaned and rationed.

use std::time::{Duration, Instant};

use labelgate_control::Text;
use labelgate_mac::Label;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::rate::Rate;

/// The longest line, in bytes; the rest of a longer one is dropped.
const LONGEST_LINE: usize = 512;
const LINES_PER_SECOND: u32 = 20;
const LINES_AT_ONCE: u32 = 200;

/// Logs the lines of a `kind` of process, with its label if it has one, until it closes its
/// standard error.
pub async fn log_lines(
    mut stderr: impl AsyncRead + Unpin,
    kind: &'static str,
    label: Option<Label>,
    pid: u32,
) {
    let label = label.as_ref().map(tracing::field::display);
    let mut lines = Lines::default();
    let mut rate = Rate::new(LINES_PER_SECOND, LINES_AT_ONCE, Instant::now());
    let mut dropped = 0_u64;
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        let mut over = false;
        lines.push(chunk.get(..length).unwrap_or_default(), |line| {
            if rate.take(Instant::now()).is_err() {
                dropped = dropped.saturating_add(1);
                over = true;
                return;
            }
            if dropped > 0 {
                tracing::warn!(
                    label,
                    pid,
                    "{kind}: {dropped} lines were too many to be logged"
                );
                dropped = 0;
            }
            tracing::info!(label, pid, "{kind}: {line}");
        });
        if over {
            // The pipe fills, and whoever floods it waits.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Debug, Default)]
struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Takes in bytes; each line that is complete is cleaned and handed on.
    fn push(&mut self, bytes: &[u8], mut complete: impl FnMut(Text<LONGEST_LINE>)) {
        for &byte in bytes {
            if byte != b'\n' {
                if self.partial.len() < LONGEST_LINE {
                    self.partial.push(byte);
                }
            } else if !self.partial.is_empty() {
                complete(Text::clean(&String::from_utf8_lossy(&self.partial)));
                self.partial.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut complete = Vec::new();
        for chunk in chunks {
            lines.push(chunk, |line| complete.push(line.to_string()));
        }
        assert!(lines.partial.len() <= LONGEST_LINE);
        complete
    }

    #[test]
    fn lines_may_come_in_pieces() {
        assert_eq!(lines(&[b"one\ntw", b"o\n\nthree"]), ["one", "two"]);
    }

    #[test]
    fn a_line_is_cut_and_cleaned() {
        let long = [b'x'; 3 * LONGEST_LINE];
        let cut = lines(&[&long, b"\nnext\n"]);
        assert_eq!(cut, ["x".repeat(LONGEST_LINE), "next".to_owned()]);
        assert_eq!(
            lines(&[b"\x1b[2J\xff\r\n"]),
            ["\u{FFFD}[2J\u{FFFD}\u{FFFD}"]
        );
    }
}
