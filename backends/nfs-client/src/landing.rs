//! What the server has answered, and what that means for an operation.

use std::time::{Duration, Instant};

use crate::attributes::State;
use crate::call::{Answer, Reply, Stability, Verifier};
use crate::carry::{ATTEMPTS, Flying};
use crate::order::{Order, Outcome, Work};
use crate::session::{Event, Session};
use crate::standard as s;
use crate::{Error, Kind};

/// How soon what a server asks patience for is sent again.
const SOON: Duration = Duration::from_millis(200);

/// What a refusal means for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// At once, after looking again.
    Again,
    Later,
    Stale,
    Fail(Kind),
}

/// What a number of RFC 1813 2.6 means.
const fn verdict(status: u32) -> Verdict {
    match status {
        s::NFS3ERR_JUKEBOX => Verdict::Later,
        s::NFS3ERR_NOT_SYNC => Verdict::Again,
        s::NFS3ERR_STALE | s::NFS3ERR_BADHANDLE => Verdict::Stale,
        s::NFS3ERR_PERM | s::NFS3ERR_ACCES => Verdict::Fail(Kind::Permission),
        s::NFS3ERR_NOSPC | s::NFS3ERR_DQUOT => Verdict::Fail(Kind::NoSpace),
        s::NFS3ERR_ROFS => Verdict::Fail(Kind::ReadOnly),
        s::NFS3ERR_FBIG => Verdict::Fail(Kind::OutOfRange),
        _ => Verdict::Fail(Kind::Medium),
    }
}

impl Session {
    /// A call has ended.
    pub(crate) fn landed(&mut self, number: u64, reply: Reply) {
        let Some(flying) = self.flying.remove(&number) else {
            return;
        };
        if let Some(work) = self.works.get_mut(&number) {
            work.called = None;
        }
        match reply {
            Reply::Good(_) => self.proved(),
            Reply::Refused(status) if matches!(verdict(status), Verdict::Fail(_)) => self.proved(),
            _ => {}
        }
        match reply {
            Reply::Good(answer) => self.progress(number, flying, answer),
            Reply::Refused(status) => self.refused(number, flying, status),
            Reply::Nothing(said) => self.useless(number, flying, &said),
        }
        self.send_all(Instant::now());
    }

    /// The connection is gone, or what the server says makes no sense: then it goes, too.
    fn useless(&mut self, number: u64, flying: Flying, said: &str) {
        // If it is gone already, the server has said nothing.
        if let (false, Some(work)) = (self.broken, self.works.get(&number)) {
            self.trouble = Error::of(work.order.doing(), Kind::NotReady).with(said);
        }
        self.broken = true;
        self.flying.insert(number, flying);
    }

    fn refused(&mut self, number: u64, flying: Flying, status: u32) {
        let now = Instant::now();
        let Some(work) = self.works.get_mut(&number) else {
            return;
        };
        let doing = work.order.doing();
        work.seen = None;
        match verdict(status) {
            Verdict::Again if work.attempts < ATTEMPTS => {
                work.attempts += 1;
                self.waiting.push_back(number);
            }
            Verdict::Again => self.done(number, Err(Error::of(doing, Kind::NotReady))),
            Verdict::Later => self.later.push((now + SOON, number)),
            Verdict::Stale => {
                self.flying.insert(number, flying);
                self.went_stale(doing);
            }
            Verdict::Fail(kind) => {
                let full = matches!(kind, Kind::NoSpace | Kind::Medium);
                let stable = work.wants_stable(self.options.write_through);
                // A stable write brings what was left before to the medium, too: whose failure it is, it
                // does not say.
                let flushes = matches!(work.order, Order::Flush) || (full && stable);
                // But where nothing of this session's is left, nothing of it is lost.
                if flushes && self.dirt.is_ours() {
                    return self.dirt.lose();
                }
                let error = Error::of(doing, kind).with(&format!("status {status}"));
                self.done(number, Err(error));
            }
        }
    }

    /// A call of an operation is done.
    fn progress(&mut self, number: u64, flying: Flying, answer: Answer) {
        match answer {
            Answer::Read { length, end, size } => self.read(number, length, end, size),
            Answer::Written {
                length,
                stability,
                verifier,
                size,
            } => self.written(number, length, (stability, verifier), size),
            Answer::Committed(verifier) => {
                self.dirt.flushed(verifier, flying.covers);
                if !self.dirt.is_lost() {
                    self.done(number, Ok(Outcome::Done));
                }
            }
            Answer::State(state) => self.looked(number, state),
            Answer::Grown => self.grown(number),
            Answer::Found(_) | Answer::Access(..) | Answer::Limits(_) => {
                self.useless(number, flying, "another answer than to what was asked");
            }
        }
    }

    /// The file's size, as it came along.
    fn noticed(&mut self, size: Option<u64>) {
        if let (Some(size), Some(file)) = (size, &self.file) {
            self.stale |= size != file.size;
        }
    }

    fn read(&mut self, number: u64, length: u32, end: bool, size: Option<u64>) {
        self.noticed(size);
        let Some(work) = self.works.get_mut(&number) else {
            return;
        };
        work.came(length);
        self.moved.on(work, length);
        if work.is_complete() {
            return self.done(number, Ok(Outcome::Done));
        }
        if end || work.attempts > ATTEMPTS {
            // It has been made smaller.
            self.stale = true;
            let error = Error::of(work.order.doing(), Kind::Medium);
            return self.done(number, Err(error.with("the file ends before")));
        }
        self.waiting.push_front(number);
    }

    fn written(
        &mut self,
        number: u64,
        length: u32,
        (stability, verifier): (Stability, Verifier),
        size: Option<u64>,
    ) {
        self.noticed(size);
        let Some(work) = self.works.get_mut(&number) else {
            return;
        };
        if stability == Stability::Unstable {
            self.dirt.wrote(verifier);
            work.dirty = true;
        }
        work.came(length);
        self.moved.on(work, length);
        if self.dirt.is_lost() {
            return;
        }
        if work.attempts > ATTEMPTS {
            let error = Error::of(work.order.doing(), Kind::Medium);
            return self.done(number, Err(error.with("the server writes nothing")));
        }
        match (work.is_complete(), work.dirty) {
            // The server has not made it as stable as it was asked to.
            (true, true) if work.wants_stable(self.options.write_through) => {
                *work = Work::new(work.tag, Order::Flush, work.since);
                self.waiting.push_front(number);
            }
            (true, _) => self.done(number, Ok(Outcome::Done)),
            (false, _) => self.waiting.push_front(number),
        }
    }

    /// What the file is before it is made larger.
    fn looked(&mut self, number: u64, state: State) {
        let Some(work) = self.works.get_mut(&number) else {
            return;
        };
        let Order::Resize { size } = work.order else {
            return;
        };
        work.seen = Some(state);
        match state.size >= size {
            true => self.grown(number),
            false => self.waiting.push_front(number),
        }
    }

    fn grown(&mut self, number: u64) {
        let Some((work, file)) = self.works.get(&number).zip(self.file.as_mut()) else {
            return;
        };
        let Order::Resize { size } = work.order else {
            return;
        };
        let seen = work.seen.map_or(0, |state| state.size);
        if file.size != size.max(seen) {
            file.size = size.max(seen);
            self.events.push(Event::Changed(file.clone()));
        }
        self.done(number, Ok(Outcome::Done));
    }
}

impl Work {
    /// So many bytes more are done.
    fn came(&mut self, length: u32) {
        self.done += u64::from(length);
        self.attempts = match length {
            0 => self.attempts + 1,
            _ => 0,
        };
    }

    fn is_complete(&self) -> bool {
        self.done >= self.order.span().1
    }
}
