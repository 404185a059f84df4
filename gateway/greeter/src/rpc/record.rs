//! Whole records from and to the client (RFC 5531, 11).

use labelgate_nfs::record::Mark;

use super::look::MOST_FRAGMENTS;
use crate::{Client, Fault};

/// No call that is read here is longer: the longest has a path of 1024 bytes and a credential.
pub(crate) const LONGEST: usize = 2048;

/// A call that is not answered by what it says is read over up to this length: more than any data
/// that is written at once.
const LONGEST_SKIPPED: usize = 2 << 20;

/// The next message; `None` if the client has ended the connection instead.
pub(crate) fn receive(client: &Client) -> Result<Option<Vec<u8>>, Fault> {
    let mut message = Vec::new();
    for fragment in 0..MOST_FRAGMENTS {
        let mut mark = [0; Mark::SIZE];
        if !client.read_or_end(&mut mark)? {
            return match fragment {
                0 => Ok(None),
                _ => Err(Fault::Client("a call that is not whole")),
            };
        }
        let mark = Mark::parse(mark);
        let from = message.len();
        let to = from.saturating_add(length(mark));
        if to > LONGEST {
            return Err(Fault::Client("a call longer than any before a file handle"));
        }
        message.resize(to, 0);
        client.read(message.get_mut(from..).unwrap_or_default())?;
        if mark.is_last() {
            return Ok(Some(message));
        }
    }
    Err(Fault::Client("a call in more pieces than anyone makes"))
}

/// Reads a message over.
pub(crate) fn skip(client: &Client) -> Result<(), Fault> {
    let mut skipped = 0_usize;
    loop {
        let mut mark = [0; Mark::SIZE];
        client.read(&mut mark)?;
        let mark = Mark::parse(mark);
        // Without a mark's own length, a message could be of nothing but marks for ever.
        skipped = skipped.saturating_add(Mark::SIZE + length(mark));
        if skipped > LONGEST_SKIPPED {
            return Err(Fault::Client("a call longer than any"));
        }
        let (mut left, mut bytes) = (length(mark), [0; 4096]);
        while left > 0 {
            let piece = left.min(bytes.len());
            client.read(bytes.get_mut(..piece).unwrap_or_default())?;
            left -= piece;
        }
        if mark.is_last() {
            return Ok(());
        }
    }
}

/// Sends a message.
pub(crate) fn send(client: &Client, message: &[u8]) -> Result<(), Fault> {
    let mark = Mark::whole(message.len());
    let mark = mark.ok_or(Fault::Client("an answer longer than any"))?;
    client.write(&[&mark.encode(), message].concat())
}

fn length(mark: Mark) -> usize {
    usize::try_from(mark.length()).unwrap_or(usize::MAX)
}
