//! What is asked before a file is used: where it is, what it is, what may be done with it, and whether
//! its server has lost something.

use std::collections::VecDeque;

use crate::address::{Handle, Name};
use crate::attributes::Attributes;
use crate::call::{Answer, Call, Reply};
use crate::dirt::Dirt;
use crate::standard as s;
use crate::{Error, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Find,
    State,
    Access,
    Limits,
    /// Whatever was left is flushed, to hear whether it is still there.
    Verify,
    Done,
}

/// What comes of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Go,
    /// The same in a while.
    Later,
    /// The handle is of nothing any more.
    Stale,
    Fail(Error),
    /// The connection is of no use.
    Lost(String),
}

#[derive(Debug)]
pub(crate) struct Preparation {
    pub(crate) step: Step,
    pub(crate) file: Attributes,
    /// The directory or file that is asked about.
    pub(crate) handle: Handle,
    /// The names that are yet to be found.
    names: VecDeque<Name>,
    /// The handle that the file had before, if it had one.
    before: Option<Handle>,
    /// There is another connection than there was: the server may have been restarted.
    pub(crate) anew: bool,
    /// How much had been left when the last step was taken.
    covers: u64,
}

impl Preparation {
    /// Of a file beneath a directory, which must be the one that had this handle before, if one had.
    pub(crate) fn find(root: Handle, names: Vec<Name>, before: Option<Handle>) -> Self {
        Self {
            step: Step::Find,
            file: Attributes::default(),
            handle: root,
            names: names.into(),
            before,
            anew: true,
            covers: 0,
        }
    }

    /// Of a file that is known, on another connection or the same.
    pub(crate) fn again(handle: Handle, anew: bool) -> Self {
        Self {
            step: Step::State,
            file: Attributes::default(),
            handle,
            names: VecDeque::new(),
            before: None,
            anew,
            covers: 0,
        }
    }

    pub(crate) const fn doing(&self) -> &'static str {
        match self.step {
            Step::Find => "looking for the file",
            Step::State | Step::Done => "asking what the file is",
            Step::Access => "asking what may be done with the file",
            Step::Limits => "asking what the server can do",
            Step::Verify => "asking whether all is there that was written",
        }
    }

    /// The call of this step; nothing if it is none.
    pub(crate) fn call(&self) -> Option<Call> {
        match self.step {
            Step::Find => self.names.front().cloned().map(Call::Find),
            Step::State => Some(Call::State),
            Step::Access => Some(Call::Access),
            Step::Limits => Some(Call::Limits),
            Step::Verify => Some(Call::Commit),
            Step::Done => None,
        }
    }

    /// Takes an answer.
    pub(crate) fn answer(&mut self, reply: Reply, dirt: &mut Dirt) -> Next {
        match reply {
            Reply::Good(answer) => self.good(answer, dirt),
            Reply::Refused(status) => self.refused(status, dirt),
            Reply::Nothing(said) => Next::Lost(said),
        }
    }

    fn fail(&self, kind: Kind, said: &str) -> Next {
        Next::Fail(Error::of(self.doing(), kind).with(said))
    }

    fn refused(&self, status: u32, dirt: &mut Dirt) -> Next {
        let said = format!("status {status}");
        match status {
            s::NFS3ERR_JUKEBOX => Next::Later,
            s::NFS3ERR_STALE | s::NFS3ERR_BADHANDLE => Next::Stale,
            _ if self.step == Step::Verify => {
                // As with any flush that fails.
                dirt.lose();
                Next::Go
            }
            s::NFS3ERR_NOENT | s::NFS3ERR_NAMETOOLONG => self.fail(Kind::NotFound, ""),
            s::NFS3ERR_NOTDIR => self.fail(Kind::NotFound, "what is on the way is no directory"),
            s::NFS3ERR_PERM | s::NFS3ERR_ACCES => self.fail(Kind::Permission, &said),
            _ => self.fail(Kind::Medium, &said),
        }
    }

    fn good(&mut self, answer: Answer, dirt: &mut Dirt) -> Next {
        match (self.step, answer) {
            (Step::Find, Answer::Found(handle)) => return self.found(handle),
            (Step::State, Answer::State(state)) => {
                if !state.is_file() {
                    return self.fail(Kind::Unfit, "it is no regular file");
                }
                self.file.size = state.size;
                self.step = Step::Access;
            }
            (Step::Access, Answer::Access(reads, writes)) => {
                if !reads {
                    return self.fail(Kind::Permission, "it may not be read");
                }
                self.file.read_only = !writes;
                self.step = Step::Limits;
            }
            (Step::Limits, Answer::Limits(limits)) => {
                if !self.file.limit(limits) {
                    return self.fail(Kind::Unfit, "the server moves too little at a time");
                }
                self.covers = dirt.left();
                self.step = match self.anew && dirt.is_ours() {
                    true => Step::Verify,
                    false => Step::Done,
                };
            }
            (Step::Verify, Answer::Committed(verifier)) => {
                dirt.flushed(verifier, self.covers);
                self.step = Step::Done;
            }
            _ => return Next::Lost("another answer than to what was asked".to_owned()),
        }
        Next::Go
    }

    fn found(&mut self, handle: Handle) -> Next {
        self.names.pop_front();
        if self.names.is_empty() {
            // Before anything else is asked of it: what is flushed of another file says nothing of what
            // was written to this one.
            if self.before.as_ref().is_some_and(|before| *before != handle) {
                return self.fail(Kind::Another, "");
            }
            self.step = Step::State;
        }
        self.handle = handle;
        Next::Go
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::{Limits, State, Time};

    fn found(number: u8) -> Reply {
        Reply::Good(Answer::Found(Handle::new(&[number]).unwrap()))
    }

    const fn state(kind: u32) -> Reply {
        let changed = Time {
            seconds: 0,
            nanoseconds: 0,
        };
        Reply::Good(Answer::State(State {
            kind,
            size: 7,
            changed,
        }))
    }

    const LIMITS: Reply = Reply::Good(Answer::Limits(Limits {
        read: 65536,
        write: 65536,
        largest: 1 << 40,
    }));

    fn preparation() -> Preparation {
        let names = ["a", "b"].map(str::to_owned);
        Preparation::find(Handle::new(&[1]).unwrap(), names.to_vec(), None)
    }

    #[test]
    fn a_file_is_found_name_by_name() {
        let (mut preparation, mut dirt) = (preparation(), Dirt::default());
        let replies = [
            found(2),
            found(3),
            state(s::NF3REG),
            Reply::Good(Answer::Access(true, false)),
            LIMITS,
        ];
        for reply in replies {
            assert!(preparation.call().is_some());
            assert_eq!(preparation.answer(reply, &mut dirt), Next::Go);
        }
        assert_eq!(preparation.step, Step::Done);
        assert_eq!(preparation.handle.bytes(), [3]);
        assert!(preparation.file.size == 7 && preparation.file.read_only);
    }

    /// It is not flushed: that would count for the file that it is not.
    #[test]
    fn another_file_is_told_by_its_handle_before_anything_is_asked_of_it() {
        let mut dirt = Dirt::default();
        dirt.wrote([1; 8]);
        for (number, same) in [(3, true), (4, false)] {
            let (root, before) = (Handle::new(&[1]).unwrap(), Handle::new(&[3]));
            let mut preparation = Preparation::find(root, vec!["a".to_owned()], before);
            match preparation.answer(found(number), &mut dirt) {
                Next::Go => assert!(same && preparation.step == Step::State),
                Next::Fail(error) => assert!(!same && error.kind() == Kind::Another),
                other => panic!("{other:?}"),
            }
            assert!(dirt.is_ours() && !dirt.is_lost());
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let (mut preparation, mut dirt) = (preparation(), Dirt::default());
        let kind = |next| match next {
            Next::Fail(error) => Some(error.kind()),
            _ => None,
        };
        let refused = preparation.answer(Reply::Refused(s::NFS3ERR_NOTDIR), &mut dirt);
        assert_eq!(kind(refused), Some(Kind::NotFound));
        preparation.answer(found(2), &mut dirt);
        preparation.answer(found(3), &mut dirt);
        let directory = preparation.answer(state(2), &mut dirt);
        assert_eq!(kind(directory), Some(Kind::Unfit));
        preparation.answer(state(s::NF3REG), &mut dirt);
        let secret = preparation.answer(Reply::Good(Answer::Access(false, true)), &mut dirt);
        assert_eq!(kind(secret), Some(Kind::Permission));
        let lost = preparation.answer(LIMITS, &mut dirt);
        assert!(matches!(lost, Next::Lost(_)));
    }

    #[test]
    fn what_was_left_is_asked_for_after_an_outage() {
        let mut dirt = Dirt::default();
        dirt.wrote([1; 8]);
        let mut preparation = Preparation::again(Handle::new(&[3]).unwrap(), true);
        let access = Reply::Good(Answer::Access(true, true));
        for reply in [state(s::NF3REG), access, LIMITS] {
            assert_eq!(preparation.answer(reply, &mut dirt), Next::Go);
        }
        assert_eq!(preparation.step, Step::Verify);
        preparation.answer(Reply::Good(Answer::Committed([1; 8])), &mut dirt);
        assert!(dirt.is_clean() && !dirt.is_lost());
        dirt.wrote([1; 8]);
        preparation.step = Step::Verify;
        preparation.answer(Reply::Good(Answer::Committed([2; 8])), &mut dirt);
        assert!(dirt.is_lost());
    }
}
