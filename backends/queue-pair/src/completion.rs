//! Ends of operations, as they are in the ring.

use std::time::Duration;

use crate::Broken;
use crate::layout::COMPLETION_WORDS;

/// The end of an operation, on its way to the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// The operation's.
    pub tag: u64,
    /// What became of it.
    pub result: Result<Outcome, Failure>,
    /// How long the backend has taken over it, as the keeper says.
    pub took: Duration,
}

/// What an operation answers that has succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done: of a resize, the image's size in bytes now; of a read, how many bytes there
    /// were, and the rest of the run is zeros.
    Done(u64),
    /// The answer to [`crate::Operation::Extent`].
    Extent {
        /// How many bytes it holds for, at least one.
        length: u64,
        /// Whether they have storage behind them.
        mapped: bool,
    },
}

/// Why an operation has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The backend could not read or write its medium.
    Medium,
    /// It is full.
    NoSpace,
    /// It is not there at the moment, or the image is not open.
    NotReady,
    /// It has shut this keeper out: what became of the operation is not known, and a successor may
    /// be asked for it again.
    Fenced,
    /// The range is not within the image.
    OutOfRange,
    /// The image is read-only.
    ReadOnly,
    /// The keeper does not do that: it is nonsense.
    Refused,
}

/// The time stands above the code in one word: 56 bits of nanoseconds, which are two years.
const CODE_BITS: u32 = 8;
const LONGEST: u64 = u64::MAX >> CODE_BITS;

const DONE: u64 = 0;
const EXTENT: u64 = 1;
const FAILED: u64 = 2;

const FAILURES: [Failure; 7] = [
    Failure::Medium,
    Failure::NoSpace,
    Failure::NotReady,
    Failure::Fenced,
    Failure::OutOfRange,
    Failure::ReadOnly,
    Failure::Refused,
];

impl Completion {
    pub(crate) fn encode(&self) -> [u64; COMPLETION_WORDS] {
        let (code, first, second) = match self.result {
            Ok(Outcome::Done(count)) => (DONE, count, 0),
            Ok(Outcome::Extent { length, mapped }) => (EXTENT, length, mapped.into()),
            Err(failure) => (FAILED, failure as u64, 0),
        };
        let took = u64::try_from(self.took.as_nanos()).unwrap_or(LONGEST);
        let took = took.min(LONGEST) << CODE_BITS;
        [self.tag, took | code, first, second]
    }

    pub(crate) fn decode(words: [u64; COMPLETION_WORDS]) -> Result<Self, Broken> {
        let [tag, head, first, second] = words;
        let took = Duration::from_nanos(head >> CODE_BITS);
        let code = head & !(LONGEST << CODE_BITS);
        let result = match (code, second) {
            (DONE, 0) => Ok(Outcome::Done(first)),
            (EXTENT, 0 | 1) if first != 0 => Ok(Outcome::Extent {
                length: first,
                mapped: second == 1,
            }),
            (FAILED, 0) => {
                let at = usize::try_from(first).map_err(|_| Broken)?;
                Err(*FAILURES.get(at).ok_or(Broken)?)
            }
            _ => return Err(Broken),
        };
        Ok(Self { tag, result, took })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_failure_has_its_number() {
        for (at, failure) in FAILURES.into_iter().enumerate() {
            assert_eq!(failure as usize, at);
        }
    }

    #[test]
    fn a_time_that_has_no_room_is_the_longest_that_has() {
        let (tag, result) = (1, Ok(Outcome::Done(2)));
        let took = Duration::MAX;
        let sent = Completion { tag, result, took };
        let came = Completion::decode(sent.encode()).unwrap();
        assert_eq!((came.tag, came.result), (tag, result));
        assert_eq!(came.took, Duration::from_nanos(LONGEST));
    }

    proptest! {
        #[test]
        fn what_is_understood_means_the_same_to_both(tag: u64, code in 0_u64..4, took in 0_u64..=LONGEST, first in prop_oneof![0_u64..10, any::<u64>()], second in 0_u64..3) {
            let words = [tag, took << CODE_BITS | code, first, second];
            if let Ok(completion) = Completion::decode(words) {
                prop_assert_eq!(completion.encode(), words);
            }
        }

        #[test]
        fn an_end_arrives_as_it_was_sent(tag: u64, took in 0_u64..=LONGEST, count: u64, length in 1_u64.., mapped: bool, failure in 0_usize..7) {
            let results = [
                Ok(Outcome::Done(count)),
                Ok(Outcome::Extent { length, mapped }),
                Err(FAILURES[failure]),
            ];
            for result in results {
                let took = Duration::from_nanos(took);
                let sent = Completion { tag, result, took };
                prop_assert_eq!(Completion::decode(sent.encode()), Ok(sent));
            }
        }
    }
}
