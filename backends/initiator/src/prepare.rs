//! What is asked before a logical unit is used: whether it is ready, what it is, and whether it is for
//! this initiator alone.

use crate::command::Command;
use crate::reserve::{self, Holder};
use crate::sense::{Key, Sense};
use crate::task::{Buffer, Status};
use crate::unit::{self, Pages, Unit};
use crate::{Error, Kind};

/// How often a step is tried that is answered by news (unit attentions) or by nothing of use.
const TRIES: u32 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Ready,
    Inquiry,
    Pages,
    Identity,
    Capacity,
    Limits,
    Provisioning,
    Register,
    Holder,
    Reserve,
    Preempt,
    Cache,
    /// What an earlier session has left is ended.
    Reset,
    /// The news of that is taken.
    Settle,
    Done,
}

/// Why it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is opened; a predecessor may have left something.
    First,
    /// There is another connection.
    Reconnected,
    /// The unit has news; the connection is the same.
    News,
}

/// What comes of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The step is another one, or done.
    Go,
    /// The same once more.
    Again,
    /// The same in a while.
    Later,
    Fail(Error),
    /// The session is of no use.
    Lost,
}

#[derive(Debug)]
pub(crate) struct Preparation {
    pub(crate) step: Step,
    pub(crate) unit: Unit,
    pages: Pages,
    /// What the unit is reserved with, if it shall be.
    key: Option<u64>,
    why: Why,
    /// The reservation shall outlive the target's power.
    lasting: bool,
    holder: Holder,
    tries: u32,
}

impl Preparation {
    pub(crate) fn new(key: Option<u64>, why: Why) -> Self {
        Self {
            step: Step::Ready,
            unit: Unit::default(),
            pages: Pages::default(),
            key,
            why,
            lasting: true,
            holder: Holder::Nobody,
            tries: 0,
        }
    }

    pub(crate) const fn doing(&self) -> &'static str {
        match self.step {
            Step::Ready => "asking whether the unit is ready",
            Step::Reset => "ending what an earlier session has left",
            Step::Capacity => "asking for the unit's size",
            Step::Register | Step::Holder | Step::Reserve | Step::Preempt => "reserving the unit",
            _ => "asking what the unit is",
        }
    }

    /// The command of this step; nothing if it is none.
    pub(crate) fn command(&self) -> Option<(Command, Buffer)> {
        let key = self.key.unwrap_or(0);
        let page = |page, length| Some((Command::product_data(page, length), Buffer::room(length)));
        match self.step {
            Step::Ready | Step::Settle => Some((Command::test_unit_ready(), Buffer::None)),
            Step::Inquiry => Some((Command::inquiry(96), Buffer::room(96))),
            Step::Pages => page(0, 252),
            Step::Identity => page(0x83, 1024),
            Step::Capacity => Some((Command::read_capacity(32), Buffer::room(32))),
            Step::Cache => Some((Command::caching(252), Buffer::room(252))),
            Step::Limits => page(0xb0, 64),
            Step::Provisioning => page(0xb2, 64),
            Step::Register => Some(reserve::register(key, self.lasting)),
            Step::Holder => Some(reserve::ask()),
            Step::Reserve => Some(reserve::reserve(key)),
            Step::Preempt => match self.holder {
                Holder::Ours(theirs) => Some(reserve::preempt(key, theirs)),
                _ => None,
            },
            Step::Reset | Step::Done => None,
        }
    }

    /// Takes an answer.
    pub(crate) fn answer(&mut self, status: Status, data: &[u8], resets: bool) -> Next {
        self.tries += 1;
        if self.tries > TRIES {
            let error = Error::of(self.doing(), Kind::NotReady);
            return Next::Fail(error.with("it always answers something else"));
        }
        match status {
            Status::Good { short } => {
                let kept = data
                    .len()
                    .saturating_sub(usize::try_from(short).unwrap_or(usize::MAX));
                self.good(data.get(..kept).unwrap_or_default(), resets)
            }
            Status::Check(sense) => self.check(sense, resets),
            Status::Busy => self.later(),
            Status::Conflict => self.conflict(resets),
            Status::Aborted => Next::Again,
            Status::Unknown => Next::Lost,
        }
    }

    /// The target's state is none of ours to count.
    fn later(&mut self) -> Next {
        self.tries -= 1;
        Next::Later
    }

    fn check(&mut self, sense: Sense, resets: bool) -> Next {
        match sense.key {
            Key::Attention | Key::Aborted | Key::Recovered => Next::Again,
            Key::NotReady => self.later(),
            Key::Illegal => self.not_offered(sense, resets),
            _ => self.fail(Kind::Medium, &format!("{:?} {:04x}", sense.key, sense.code)),
        }
    }

    fn fail(&self, kind: Kind, said: &str) -> Next {
        Next::Fail(Error::of(self.doing(), kind).with(said))
    }

    fn conflict(&mut self, resets: bool) -> Next {
        match self.step {
            // What others may not ask is as if it were not known.
            Step::Ready | Step::Cache | Step::Settle => self.go(resets),
            // It is a predecessor's, or what is left of the last connection. On the same connection it
            // would be ours: then somebody else has our key.
            Step::Reserve if matches!(self.holder, Holder::Ours(_)) && self.why != Why::News => {
                self.step = Step::Preempt;
                Next::Go
            }
            _ => self.fail(Kind::Held, ""),
        }
    }

    /// The target does not know what it was asked.
    fn not_offered(&mut self, sense: Sense, resets: bool) -> Next {
        match self.step {
            Step::Pages | Step::Identity | Step::Limits | Step::Provisioning | Step::Cache => {
                self.go(resets)
            }
            Step::Register if self.lasting => {
                self.lasting = false;
                Next::Go
            }
            // It knows no reservations.
            Step::Register | Step::Holder => {
                self.step = Step::Cache;
                Next::Go
            }
            _ if sense.code == crate::sense::code::NO_SUCH_UNIT => self.fail(Kind::NotFound, ""),
            _ => self.fail(Kind::Unfit, &format!("{:04x}", sense.code)),
        }
    }

    fn good(&mut self, data: &[u8], resets: bool) -> Next {
        let understood = match self.step {
            Step::Inquiry => match unit::device_type(data) {
                Some(unit::DISK) => Ok(()),
                Some(kind) => return self.fail(Kind::Unfit, &format!("device type {kind:#x}")),
                None => return self.fail(Kind::NotFound, ""),
            },
            Step::Pages => unit::pages(data).map(|pages| self.pages = pages),
            Step::Identity => self.unit.identify(data),
            Step::Capacity => self.unit.measure(data),
            // A page that is not there says nothing.
            Step::Cache => {
                let _ = self.unit.cache(data);
                Ok(())
            }
            Step::Limits => self.unit.limit(data),
            Step::Provisioning => self.unit.provision(data),
            Step::Holder => reserve::holder(data, self.key).map(|holder| self.holder = holder),
            _ => Ok(()),
        };
        if understood.is_err() {
            return self.fail(Kind::Unfit, "what it says makes no sense");
        }
        if let (Step::Holder, Holder::Another(key)) = (self.step, self.holder) {
            return self.fail(Kind::Held, &format!("key {key:016x}"));
        }
        if matches!(self.step, Step::Reserve | Step::Preempt) {
            self.unit.exclusive = true;
        }
        self.go(resets)
    }

    /// On to the next step.
    pub(crate) fn go(&mut self, resets: bool) -> Next {
        self.step = match self.step {
            Step::Ready => Step::Inquiry,
            Step::Inquiry => Step::Pages,
            Step::Pages if self.pages.identity => Step::Identity,
            Step::Pages | Step::Identity => Step::Capacity,
            Step::Capacity if self.pages.limits => Step::Limits,
            Step::Capacity | Step::Limits if self.pages.provisioning => Step::Provisioning,
            Step::Capacity | Step::Limits | Step::Provisioning if self.key.is_some() => {
                Step::Register
            }
            Step::Register => Step::Holder,
            Step::Holder => Step::Reserve,
            Step::Cache => self.end(resets),
            Step::Reset => Step::Settle,
            Step::Settle | Step::Done => Step::Done,
            // Last: whoever has not reserved a unit that is may not ask for it.
            _ => Step::Cache,
        };
        Next::Go
    }

    /// The step after all that is asked: nobody else's commands are ended unless the unit is ours, or we
    /// have left some that must be.
    const fn end(&self, resets: bool) -> Step {
        match resets || (matches!(self.why, Why::First) && self.unit.exclusive) {
            true => Step::Reset,
            false => Step::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzz_a_target_that_answers_anything() {
        type Answers = Vec<(u8, u16, Vec<u8>)>;
        bolero::check!().with_type::<Answers>().for_each(|answers| {
            let mut preparation = Preparation::new(Some(7), Why::First);
            for (how, code, data) in answers {
                let Some((_, buffer)) = preparation.command() else {
                    return;
                };
                let sense = Sense::parse(&[&[0, 18, 0x70, 0, how >> 4][..], data].concat());
                let status = match how & 7 {
                    0..=3 => Status::Good {
                        short: (*code).into(),
                    },
                    4 => Status::Check(sense),
                    5 => Status::Busy,
                    6 => Status::Conflict,
                    _ => Status::Aborted,
                };
                let mut read = match buffer {
                    Buffer::Answer(room) => room.into_vec(),
                    _ => Vec::new(),
                };
                for (to, from) in read.iter_mut().zip(data) {
                    *to = *from;
                }
                if let Next::Fail(_) = preparation.answer(status, &read, false) {
                    return;
                }
            }
        });
    }
}
