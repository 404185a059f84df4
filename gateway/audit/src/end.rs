//! The end of a file: its last record, and what follows it unfinished.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::chain::{Anchor, Head, MAX_LINE};

/// Two lines, their line feeds, and the one before.
const WINDOW: usize = 2 * (MAX_LINE + 1) + 1;

/// The end of a file of the trail.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// The anchor of its last record; `None` if it has no record at all.
    pub anchor: Option<Anchor>,
    /// How long the file is up to and with its last line feed.
    pub whole: u64,
    /// What follows: the beginning of a record whose writer was killed.
    pub torn: Vec<u8>,
}

impl End {
    /// Looks at the end of a file. `Ok(Err(why))`: it is not the end of a trail.
    pub fn of(file: &File) -> io::Result<Result<Self, String>> {
        let length = file.metadata()?.len();
        let window = usize::try_from(length).unwrap_or(WINDOW).min(WINDOW);
        let begin = length - window as u64;
        let mut bytes = vec![0; window];
        file.read_exact_at(&mut bytes, begin)?;
        Ok(Self::in_window(&bytes, begin))
    }

    fn in_window(bytes: &[u8], begin: u64) -> Result<Self, String> {
        let feed = |bytes: &[u8]| bytes.iter().rposition(|&byte| byte == b'\n');
        let (lines, torn) = match feed(bytes) {
            Some(at) => bytes.split_at(at.saturating_add(1)),
            None => bytes.split_at(0),
        };
        if torn.len() > MAX_LINE {
            return Err(format!(
                "its end is no record: {} bytes without an end",
                torn.len()
            ));
        }
        let anchor = match lines.strip_suffix(b"\n") {
            None => None,
            Some(before) => {
                let last = match feed(before) {
                    Some(at) => before.split_at(at.saturating_add(1)).1,
                    None if begin == 0 => before,
                    None => return Err("its last line is longer than any record".to_owned()),
                };
                let head = Head::parse(last).map_err(|fault| format!("at its end, {fault}"))?;
                Some(head.anchor(last))
            }
        };
        Ok(Self {
            anchor,
            whole: begin + lines.len() as u64,
            torn: torn.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn end(bytes: &[u8]) -> Result<End, String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        End::of(&file).unwrap()
    }

    #[test]
    fn the_last_record_and_what_is_torn() {
        let (first, one) = Anchor::START.seal(jiff::Timestamp::UNIX_EPOCH, r#"{"event":"login"}"#);
        let (second, two) = one.seal(jiff::Timestamp::UNIX_EPOCH, r#"{"event":"login"}"#);
        let whole = format!("{first}\n{second}\n");
        let length = whole.len() as u64;
        let expected = |anchor, whole, torn: &str| {
            Ok(End {
                anchor,
                whole,
                torn: torn.as_bytes().to_vec(),
            })
        };
        assert_eq!(end(b""), expected(None, 0, ""));
        assert_eq!(end(b"{\"se"), expected(None, 0, "{\"se"));
        assert_eq!(end(whole.as_bytes()), expected(Some(two), length, ""));
        assert_eq!(
            end(format!("{whole}{{\"s").as_bytes()),
            expected(Some(two), length, "{\"s")
        );
        let half = (first.len() + 1) as u64;
        assert_eq!(
            end(format!("{first}\n{second}").as_bytes()),
            expected(Some(one), half, &second)
        );
    }

    #[test]
    fn what_is_no_trail_is_said_to_be_none() {
        assert!(end(b"\n").is_err());
        assert!(end(b"hello\n").is_err());
        assert!(end(&vec![0; MAX_LINE + 1]).is_err());
        assert!(end(&[vec![b'x'; 3 * MAX_LINE], vec![b'\n']].concat()).is_err());
    }
}
