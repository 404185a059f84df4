//! An answer that comes bit by bit.

use std::collections::VecDeque;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};

use crate::ClientError;
use crate::error::causes;

/// The longest line that is taken, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// An answer that comes bit by bit.
#[derive(Debug)]
pub struct Answers {
    body: Incoming,
    lines: Splitter,
}

impl Answers {
    pub(crate) fn new(body: Incoming) -> Self {
        let lines = Splitter::default();
        Self { body, lines }
    }

    /// The next bytes as they come; nothing at the end.
    pub async fn bytes(&mut self) -> Result<Option<Bytes>, ClientError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| ClientError::BrokenOff(causes(&error)))?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// The next line, without its end; nothing at the end of the answer.
    pub async fn line(&mut self) -> Result<Option<String>, ClientError> {
        loop {
            if let Some(line) = self.lines.next() {
                let line = String::from_utf8(line);
                return line.map(Some).map_err(|_| nonsense("a line is not UTF-8"));
            }
            match self.bytes().await? {
                Some(bytes) => self.lines.take(&bytes)?,
                None if self.lines.rest.is_empty() => return Ok(None),
                None => return Err(nonsense("it ends within a line")),
            }
        }
    }
}

fn nonsense(what: &str) -> ClientError {
    ClientError::Nonsense(what.to_owned())
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
struct Splitter {
    lines: VecDeque<Vec<u8>>,
    rest: Vec<u8>,
}

impl Splitter {
    fn take(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let mut pieces = bytes.split(|&byte| byte == b'\n');
        // What stands behind the last line feed begins the next line.
        let last = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            self.grow(piece)?;
            let line = std::mem::take(&mut self.rest);
            if !line.is_empty() {
                self.lines.push_back(line);
            }
        }
        self.grow(last)
    }

    fn grow(&mut self, piece: &[u8]) -> Result<(), ClientError> {
        if self.rest.len().saturating_add(piece.len()) > LONGEST_LINE {
            return Err(nonsense("a line without an end"));
        }
        self.rest.extend_from_slice(piece);
        Ok(())
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        self.lines.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let text = b"{\"a\":1}\n\n{}\nend";
        for cut in 0..text.len() {
            let (one, other) = text.split_at(cut);
            let mut splitter = Splitter::default();
            splitter.take(one).unwrap();
            splitter.take(other).unwrap();
            assert_eq!(splitter.next().unwrap(), b"{\"a\":1}");
            assert_eq!(splitter.next().unwrap(), b"{}");
            assert_eq!(splitter.next(), None);
            assert_eq!(splitter.rest, b"end");
        }
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut splitter = Splitter::default();
        let chunk = vec![b'x'; LONGEST_LINE / 2 + 1];
        splitter.take(&chunk).unwrap();
        assert!(splitter.take(&chunk).is_err());
    }
}
