//! Operations, as they are in the ring.

use crate::layout::SUBMISSION_WORDS;

/// An operation on its way to a keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Submission {
    /// What its end will carry. The worker never uses one twice.
    pub tag: u64,
    /// Which image.
    pub image: u32,
    /// What is to be done.
    pub operation: Operation,
}

/// A run of the memory that a worker shares with its keepers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Where it starts, in bytes from the start of the memory.
    pub position: u64,
    /// In bytes.
    pub length: u64,
}

/// What is to be done. Offsets, lengths and sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Read as much as the run takes.
    Read {
        /// Where in the image.
        offset: u64,
        /// Where to.
        run: Run,
    },
    /// Write what is in the run.
    Write {
        /// Where in the image.
        offset: u64,
        /// Where from.
        run: Run,
        /// End it when it is on stable storage.
        stable: bool,
    },
    /// Everything that has ended goes to stable storage.
    Flush,
    /// The range is no longer needed, and reads as zeros afterwards.
    Discard {
        /// Where in the image.
        offset: u64,
        /// How much.
        length: u64,
    },
    /// The range becomes zeros.
    WriteZeroes {
        /// Where in the image.
        offset: u64,
        /// How much.
        length: u64,
        /// Whether its space may be given back.
        unmap: bool,
    },
    /// Whether the image has storage at `offset`, and how far that holds; of what is beyond
    /// `length` nobody wants to know.
    Extent {
        /// Where in the image.
        offset: u64,
        /// How far.
        length: u64,
    },
    /// The image becomes so long.
    Resize {
        /// In bytes.
        size: u64,
    },
}

const READ: u64 = 1;
const WRITE: u64 = 2;
const FLUSH: u64 = 3;
const DISCARD: u64 = 4;
const WRITE_ZEROES: u64 = 5;
const EXTENT: u64 = 6;
const RESIZE: u64 = 7;

/// Stable, of a write; unmap, of zeros.
const FLAG: u64 = 1;

/// Where the operation and its flag are in the second word, above the image.
const OPERATION: u32 = 32;
const FLAGS: u32 = 40;

impl Submission {
    pub(crate) fn encode(&self) -> [u64; SUBMISSION_WORDS] {
        let none = Run {
            position: 0,
            length: 0,
        };
        let (code, flag, offset, run) = match self.operation {
            Operation::Read { offset, run } => (READ, false, offset, run),
            Operation::Write {
                offset,
                run,
                stable,
            } => (WRITE, stable, offset, run),
            Operation::Flush => (FLUSH, false, 0, none),
            Operation::Discard { offset, length } => (DISCARD, false, offset, bare(length)),
            Operation::WriteZeroes {
                offset,
                length,
                unmap,
            } => (WRITE_ZEROES, unmap, offset, bare(length)),
            Operation::Extent { offset, length } => (EXTENT, false, offset, bare(length)),
            Operation::Resize { size } => (RESIZE, false, 0, bare(size)),
        };
        let flags = if flag { FLAG } else { 0 };
        let what = u64::from(self.image) | (code << OPERATION) | (flags << FLAGS);
        [self.tag, what, offset, run.length, run.position, 0, 0, 0]
    }

    /// What it says; its tag alone, if it says nothing that is known.
    pub(crate) fn decode(words: [u64; SUBMISSION_WORDS]) -> Result<Self, u64> {
        let [tag, what, offset, length, position, rest @ ..] = words;
        let image = u32::try_from(what & u64::from(u32::MAX)).unwrap_or(0);
        let code = (what >> OPERATION) & 0xff;
        let flags = what >> FLAGS;
        if flags > FLAG || rest != [0; 3] {
            return Err(tag);
        }
        let flag = flags == FLAG;
        let run = Run { position, length };
        let operation = match (code, flag, position) {
            (READ, false, _) => Operation::Read { offset, run },
            (WRITE, stable, _) => Operation::Write {
                offset,
                run,
                stable,
            },
            (FLUSH, false, 0) if (offset, length) == (0, 0) => Operation::Flush,
            (DISCARD, false, 0) => Operation::Discard { offset, length },
            (WRITE_ZEROES, unmap, 0) => Operation::WriteZeroes {
                offset,
                length,
                unmap,
            },
            (EXTENT, false, 0) => Operation::Extent { offset, length },
            (RESIZE, false, 0) if offset == 0 => Operation::Resize { size: length },
            _ => return Err(tag),
        };
        Ok(Self {
            tag,
            image,
            operation,
        })
    }
}

/// A length without a place.
const fn bare(length: u64) -> Run {
    Run {
        position: 0,
        length,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_understood_means_the_same_to_both(words: [u64; 8], code in 0_u64..10, flag in 0_u64..3, plain: bool) {
            let mut words = words;
            if plain {
                words[1] = (words[1] & 0xffff_ffff) | (code << OPERATION) | (flag << FLAGS);
                words[5..].fill(0);
            }
            match Submission::decode(words) {
                Ok(submission) => prop_assert_eq!(submission.encode(), words),
                Err(tag) => prop_assert_eq!(tag, words[0]),
            }
        }

        #[test]
        fn an_operation_arrives_as_it_was_sent(tag: u64, image: u32, offset: u64, length: u64, position: u64, flag: bool) {
            let run = Run { position, length };
            let operations = [
                Operation::Read { offset, run },
                Operation::Write { offset, run, stable: flag },
                Operation::Flush,
                Operation::Discard { offset, length },
                Operation::WriteZeroes { offset, length, unmap: flag },
                Operation::Extent { offset, length },
                Operation::Resize { size: length },
            ];
            for operation in operations {
                let sent = Submission { tag, image, operation };
                prop_assert_eq!(Submission::decode(sent.encode()), Ok(sent));
            }
        }
    }
}
