//! What is logged of a server that comes and goes.

use std::time::{Duration, Instant};

/// How many lines of an image there may be in a row, and how soon there may be one more. A server can come
/// and go as often as it likes, and whoever writes the log is not to be kept busy with that.
const IN_A_ROW: u32 = 6;
const BETWEEN: Duration = Duration::from_secs(10);

/// How it is with a server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Server {
    #[default]
    There,
    /// It is gone, and why.
    Gone(String),
}

/// The lines of one image.
#[derive(Debug, Default)]
pub(super) struct Lines {
    is: Server,
    /// It was said last that it is gone.
    said_gone: bool,
    /// When lines were said, of late.
    said: Vec<Instant>,
}

impl Lines {
    /// It is so with the server now.
    pub(super) fn now(&mut self, server: Server) {
        self.is = server;
    }

    /// What is to be said: how it is, if it is not what was said last, and not too much was.
    pub(super) fn due(&mut self, now: Instant) -> Option<String> {
        let gone = self.is != Server::There;
        if gone == self.said_gone {
            return None;
        }
        let of_late = |said: &Instant| now.saturating_duration_since(*said) < BETWEEN * IN_A_ROW;
        self.said.retain(of_late);
        if self.said.len() >= IN_A_ROW as usize {
            return None;
        }
        self.said.push(now);
        self.said_gone = gone;
        Some(match &self.is {
            Server::There => "its server is there again".to_owned(),
            Server::Gone(why) => format!("its server is gone: {why}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_comes_and_goes_is_a_few_lines() {
        let (mut lines, start) = (Lines::default(), Instant::now());
        assert_eq!(lines.due(start), None);
        let mut said = Vec::new();
        for second in 0..600 {
            lines.now(match second % 2 {
                0 => Server::Gone("no answer".to_owned()),
                _ => Server::There,
            });
            said.extend(lines.due(start + Duration::from_secs(second)));
        }
        assert_eq!(said[0], "its server is gone: no answer");
        assert_eq!(said[1], "its server is there again");
        assert!((6..=62).contains(&said.len()), "{}", said.len());
        // What it is in the end is said, however late.
        lines.now(Server::Gone("for good".to_owned()));
        let later = lines.due(start + Duration::from_secs(700));
        assert_eq!(later.as_deref(), Some("its server is gone: for good"));
        assert_eq!(lines.due(start + Duration::from_secs(900)), None);
    }
}
