//! Records of a stream (RFC 5531, 11), of which only the first bytes are looked at.

use std::io::{self, Read};

use labelgate_nfs::record::Mark;

/// As much of each record as is kept: all of a call or a reply, but for the data of READ and WRITE.
pub const HEAD: usize = 1024;
/// Bytes that are read at once: more than many small records, a part of one with data.
const BUFFER: usize = 256 << 10;

/// The records that come in on a stream. Data is received, as whoever wants it has to, and dropped.
#[derive(Debug)]
pub struct Records {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes of the current fragment that have not been taken.
    left: usize,
    /// With them the record ends.
    last: bool,
    /// The record before has been handed out.
    over: bool,
    head: Vec<u8>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            left: 0,
            last: false,
            over: false,
            head: Vec::with_capacity(HEAD),
        }
    }
}

impl Records {
    /// Reads once from the stream; 0 when its peer has ended it.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub fn fill(&mut self, stream: &mut impl Read) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = stream.read(room)?;
        self.end += count;
        Ok(count)
    }

    /// The first [`HEAD`] bytes of the next record, once all of it is there.
    pub fn next_record(&mut self) -> Option<&[u8]> {
        if std::mem::take(&mut self.over) {
            self.head.clear();
        }
        while self.left > 0 || !self.last {
            let there = self.buffer.get(self.start..self.end)?;
            if self.left == 0 {
                let mark = Mark::parse(*there.first_chunk()?);
                self.start += Mark::SIZE;
                (self.left, self.last) = (usize::try_from(mark.length()).ok()?, mark.is_last());
                continue;
            }
            let taken = self.left.min(there.len());
            if taken == 0 {
                return None;
            }
            let kept = taken.min(HEAD - self.head.len());
            self.head
                .extend_from_slice(there.get(..kept).unwrap_or_default());
            self.left -= taken;
            self.start += taken;
        }
        self.last = false;
        self.over = true;
        Some(&self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fragments: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (index, fragment) in fragments.iter().enumerate() {
            let length = u32::try_from(fragment.len()).unwrap();
            let mark = Mark::new(length, index + 1 == fragments.len()).unwrap();
            bytes.extend_from_slice(&mark.encode());
            bytes.extend_from_slice(fragment);
        }
        bytes
    }

    #[test]
    fn records_are_told_apart_however_the_stream_is_cut() {
        let long = vec![7; 3 * HEAD];
        let stream = [
            record(&[b"first"]),
            record(&[b"sec", b"", b"ond"]),
            record(&[&long]),
            record(&[b"last"]),
        ]
        .concat();
        for cut in [1, 3, 4, 5, 100, stream.len()] {
            let mut records = Records::default();
            let mut found = Vec::new();
            for mut piece in stream.chunks(cut) {
                let length = piece.len();
                assert_eq!(records.fill(&mut piece).unwrap(), length);
                while let Some(head) = records.next_record() {
                    found.push(head.to_vec());
                }
            }
            let expected: [&[u8]; 4] = [b"first", b"second", &long[..HEAD], b"last"];
            assert_eq!(found, expected, "in pieces of {cut}");
        }
    }
}
