//! What a command does to its image: one operation after the other.
//!
//! A [`Work`] owns the command's buffers whenever no operation has them. It knows nothing of
//! connections, windows or memory: it is given what it needs and asked what comes next.

use labelgate_buffers::{Buffer, MAX_BUFFER};
use labelgate_engine::{Completion, Geometry, Operation, Outcome};
use labelgate_scsi::{Access, LbaStatus, Plan, Sense, Span};

/// What every image answers without moving anything, and refuses where it may not be reached: the
/// state of its first block.
const PROBE: Operation = Operation::Extent { offset: 0 };

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// This operation.
    Submit(Operation),
    /// Whatever of the reservations is to outlive the worker is to be kept.
    Keep,
    /// Everything that was begun before has to end.
    Settle,
    /// Nothing: the command is over.
    Done(Answer),
}

/// How a command ends.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Status GOOD.
    Good,
    /// Status GOOD with this many bytes of this buffer.
    Data(Buffer, usize),
    /// Status GOOD with these bytes.
    Bytes(Vec<u8>),
    /// Status CHECK CONDITION.
    Sense(Sense),
    /// Status RESERVATION CONFLICT.
    Conflict,
}

/// A command being carried out.
#[derive(Debug)]
pub(crate) struct Work {
    plan: Plan,
    /// Bytes to move for the initiator: what the plan wants, cut to what the initiator expects.
    length: usize,
    geometry: Geometry,
    /// What came from the initiator.
    data: Option<Buffer>,
    /// Room for what is read, or for a repeated pattern.
    room: Option<Buffer>,
    /// How far a command that takes several operations has come, in bytes.
    position: u64,
    /// The second half of a command that has two (COMPARE AND WRITE, ORWRITE, WRITE AND VERIFY, those
    /// that reserve).
    second_half: bool,
    extents: Option<LbaStatus>,
}

impl Work {
    /// `length` is what will move between initiator and image, in bytes.
    pub(crate) const fn new(plan: Plan, length: usize, geometry: Geometry) -> Self {
        Self {
            plan,
            length,
            geometry,
            data: None,
            room: None,
            position: 0,
            second_half: false,
            extents: None,
        }
    }

    const fn block(&self) -> usize {
        self.geometry.block_size as usize
    }

    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether it has to touch its image at all.
    pub(crate) const fn needs_image(&self) -> bool {
        !matches!(
            self.plan,
            Plan::Good
                | Plan::Answer(_)
                | Plan::Parameters { .. }
                | Plan::Settle
                | Plan::Conflict
                | Plan::Fail(_)
        )
    }

    /// Room it needs besides the initiator's data, in bytes.
    pub(crate) fn room_needed(&self) -> usize {
        match &self.plan {
            Plan::Read { .. } => self.length.next_multiple_of(self.block()),
            Plan::Write { verify: true, .. } | Plan::OrWrite { .. } => self.length,
            Plan::Verify { span, .. }
            | Plan::VerifyPattern { span, .. }
            | Plan::WriteSame {
                span,
                zeroes: false,
                ..
            }
            | Plan::CompareAndWrite { span, .. } => chunk(span.length),
            _ => 0,
        }
    }

    /// Gives it room.
    pub(crate) fn furnish(&mut self, room: Buffer) {
        self.room = Some(room);
    }

    /// Gives it (back) the initiator's data.
    pub(crate) fn feed(&mut self, data: Buffer) {
        self.data = Some(data);
    }

    /// The buffer the initiator's data is landing in.
    pub(crate) fn take_data(&mut self) -> Option<Buffer> {
        self.data.take()
    }

    /// How much of the initiator's data there is a buffer for.
    pub(crate) fn data_capacity(&self) -> usize {
        self.data.as_ref().map_or(0, |buffer| buffer.len())
    }

    /// Copies what has already come into a larger buffer that takes the first one's place.
    pub(crate) fn move_data(&mut self, to: &mut Buffer, length: usize) {
        let from = self.data.as_deref().and_then(|data| data.get(..length));
        if let (Some(from), Some(to)) = (from, to.get_mut(..length)) {
            to.copy_from_slice(from);
        }
    }

    /// The parameter list, once it is whole.
    pub(crate) fn parameter_list(&self) -> &[u8] {
        let data = self.data.as_deref().unwrap_or_default();
        data.get(..self.length).unwrap_or_default()
    }

    /// The parameter list led to another plan.
    pub(crate) fn continue_with(&mut self, plan: Plan) {
        self.plan = plan;
    }

    /// The command fails, whatever it was.
    pub(crate) fn fail(&mut self, sense: Sense) {
        self.plan = Plan::Fail(sense);
    }

    /// The first operation, or the answer if there is none.
    pub(crate) fn start(&mut self) -> Next {
        match &mut self.plan {
            Plan::Good | Plan::Parameters { .. } => Next::Done(Answer::Good),
            Plan::Answer(bytes) => Next::Done(Answer::Bytes(std::mem::take(bytes))),
            Plan::Fail(sense) => Next::Done(Answer::Sense(*sense)),
            Plan::Conflict => Next::Done(Answer::Conflict),
            _ => self.next(),
        }
    }

    /// The operation has ended; what comes next.
    pub(crate) fn resume(&mut self, completion: Completion) -> Next {
        let Completion { result, buffer } = completion;
        let reading = self.reads_now();
        if let Some(buffer) = buffer {
            let place = if self.lends_room() {
                &mut self.room
            } else {
                &mut self.data
            };
            *place = Some(buffer);
        }
        match result {
            Ok(outcome) => self.absorb(outcome),
            // Whoever asked for it is to know that its reservation would not outlive us.
            Err(_) if matches!(self.plan, Plan::Settle) => {
                Next::Done(Answer::Sense(Sense::TARGET_FAILURE))
            }
            Err(error) => {
                let access = if reading { Access::Read } else { Access::Write };
                Next::Done(Answer::Sense(Sense::of_image(error, access)))
            }
        }
    }

    /// Whether the operation in flight is a read (for the sense of an error).
    const fn reads_now(&self) -> bool {
        match self.plan {
            Plan::Read { .. }
            | Plan::Verify { .. }
            | Plan::VerifyPattern { .. }
            | Plan::LbaStatus { .. }
            | Plan::Probe => true,
            Plan::CompareAndWrite { .. } | Plan::OrWrite { .. } => !self.second_half,
            Plan::Write { .. } => self.second_half,
            _ => false,
        }
    }

    /// Whether the operation in flight has the room (and not the initiator's data).
    const fn lends_room(&self) -> bool {
        self.reads_now() || matches!(self.plan, Plan::WriteSame { .. })
    }

    /// The next operation of a plan that touches the image.
    fn next(&mut self) -> Next {
        match self.plan {
            Plan::Read { span } => {
                self.read(span.offset, self.length.next_multiple_of(self.block()))
            }
            Plan::Write { span, .. } if self.second_half => self.read(span.offset, self.length),
            Plan::Write { span, stable, .. } => self.write(span.offset, 0, self.length, stable),
            Plan::Verify { span, .. } | Plan::VerifyPattern { span, .. } => {
                self.read(span.offset, chunk(span.length))
            }
            Plan::WriteSame { span, unmap, .. } => self.write_same(span, unmap),
            Plan::CompareAndWrite { span, stable } if self.second_half => {
                let length = chunk(span.length);
                self.write(span.offset, length, length, stable)
            }
            Plan::CompareAndWrite { span, .. } => self.read(span.offset, chunk(span.length)),
            Plan::OrWrite { span, stable } if self.second_half => {
                self.write(span.offset, 0, self.length, stable)
            }
            Plan::OrWrite { span, .. } => self.read(span.offset, self.length),
            Plan::Unmap { .. } => self.unmap(),
            Plan::Probe => Next::Submit(PROBE),
            Plan::Flush => Next::Submit(Operation::Flush),
            Plan::Settle if self.second_half => Next::Settle,
            Plan::Settle => Next::Keep,
            Plan::LbaStatus { span, allocation } => self.ask_extent(span, allocation),
            _ => Next::Done(Answer::Good),
        }
    }

    fn read(&mut self, offset: u64, length: usize) -> Next {
        if length == 0 {
            return Next::Done(Answer::Good);
        }
        let Some(buffer) = self.room.take() else {
            return out_of_step();
        };
        Next::Submit(Operation::Read {
            offset,
            length,
            buffer,
        })
    }

    fn write(&mut self, offset: u64, from: usize, length: usize, stable: bool) -> Next {
        if length == 0 {
            return Next::Done(Answer::Good);
        }
        let Some(buffer) = self.data.take() else {
            return out_of_step();
        };
        Next::Submit(Operation::Write {
            offset,
            length,
            buffer,
            from,
            stable,
        })
    }

    fn unmap(&self) -> Next {
        let Plan::Unmap { spans } = &self.plan else {
            return out_of_step();
        };
        match spans.get(usize_of(self.position)) {
            Some(span) => Next::Submit(Operation::Discard {
                offset: span.offset,
                length: span.length,
            }),
            None => Next::Done(Answer::Good),
        }
    }

    /// One operation makes zeros, however long; another pattern is written a buffer at a time.
    fn write_same(&mut self, span: Span, unmap: bool) -> Next {
        let left = span.length - self.position;
        if left == 0 {
            return Next::Done(Answer::Good);
        }
        let offset = span.offset + self.position;
        let Some(pattern) = self.pattern() else {
            return Next::Submit(Operation::WriteZeroes {
                offset,
                length: left,
                unmap,
            });
        };
        let Some(mut room) = self.room.take() else {
            return out_of_step();
        };
        if self.position == 0 {
            room.chunks_exact_mut(self.block())
                .for_each(|to| to.copy_from_slice(&pattern));
        }
        let length = chunk(left);
        Next::Submit(Operation::Write {
            offset,
            length,
            buffer: room,
            from: 0,
            stable: false,
        })
    }

    /// The block that WRITE SAME repeats, unless it is zeros, which the image knows how to make.
    fn pattern(&self) -> Option<Vec<u8>> {
        if matches!(self.plan, Plan::WriteSame { zeroes: true, .. }) {
            return None;
        }
        let block = self.data.as_deref()?.get(..self.block())?;
        block.iter().any(|&byte| byte != 0).then(|| block.to_vec())
    }

    fn ask_extent(&mut self, span: Span, allocation: usize) -> Next {
        let geometry = &self.geometry;
        let status = self
            .extents
            .get_or_insert_with(|| LbaStatus::new(geometry, span, allocation));
        match status.next() {
            Some(offset) => Next::Submit(Operation::Extent { offset }),
            None => match self.extents.take() {
                Some(status) => Next::Done(Answer::Bytes(status.finish())),
                None => out_of_step(),
            },
        }
    }

    /// An operation succeeded.
    fn absorb(&mut self, outcome: Outcome) -> Next {
        match self.plan {
            Plan::Read { .. } => match self.room.take() {
                Some(buffer) => Next::Done(Answer::Data(buffer, self.length)),
                None => out_of_step(),
            },
            Plan::Write { verify: true, .. } | Plan::Settle if !self.second_half => {
                self.second_half = true;
                self.next()
            }
            Plan::Write { verify: true, .. } => self.compare(self.length),
            Plan::Verify {
                span,
                compare: true,
            } => self.compare(chunk(span.length)),
            Plan::VerifyPattern { span, .. } => self.compare_pattern(chunk(span.length)),
            Plan::CompareAndWrite { span, .. } if !self.second_half => {
                match self.first_difference(chunk(span.length)) {
                    Some(at) => miscompare(at),
                    None => {
                        self.second_half = true;
                        self.next()
                    }
                }
            }
            Plan::OrWrite { .. } if !self.second_half => {
                self.or_with_room();
                self.second_half = true;
                self.next()
            }
            Plan::WriteSame { span, .. } => {
                let left = span.length - self.position;
                let zeroed = self.pattern().is_none();
                self.position += if zeroed { left } else { chunk(left) as u64 };
                self.next()
            }
            Plan::Unmap { .. } => {
                self.position += 1;
                self.next()
            }
            Plan::LbaStatus { .. } => self.absorb_extent(outcome),
            Plan::Fail(sense) => Next::Done(Answer::Sense(sense)),
            _ => Next::Done(Answer::Good),
        }
    }

    fn absorb_extent(&mut self, outcome: Outcome) -> Next {
        match (outcome, &mut self.extents) {
            (Outcome::Extent(extent), Some(status)) => {
                status.push(extent);
                self.next()
            }
            _ => out_of_step(),
        }
    }

    fn compare(&self, length: usize) -> Next {
        self.first_difference(length)
            .map_or(Next::Done(Answer::Good), miscompare)
    }

    /// Compares the room with the initiator's one block, repeated.
    fn compare_pattern(&self, length: usize) -> Next {
        let block = self
            .data
            .as_deref()
            .and_then(|data| data.get(..self.block()));
        let read = self.room.as_deref().and_then(|room| room.get(..length));
        let (Some(block), Some(read)) = (block, read) else {
            return out_of_step();
        };
        let unequal = read
            .iter()
            .zip(block.iter().cycle())
            .position(|(one, other)| one != other);
        unequal.map_or(Next::Done(Answer::Good), miscompare)
    }

    /// What the initiator has sent becomes the bitwise OR of it and what was read.
    fn or_with_room(&mut self) {
        let data = self.data.as_deref_mut().unwrap_or_default();
        let read = self.room.as_deref().unwrap_or_default();
        for (byte, old) in data.iter_mut().zip(read).take(self.length) {
            *byte |= old;
        }
    }

    /// Where the room differs from the initiator's data.
    fn first_difference(&self, length: usize) -> Option<usize> {
        let data = self
            .data
            .as_deref()
            .and_then(|data| data.get(..length))
            .unwrap_or_default();
        let read = self
            .room
            .as_deref()
            .and_then(|room| room.get(..length))
            .unwrap_or_default();
        if data == read && data.len() == length {
            return None;
        }
        Some(
            data.iter()
                .zip(read)
                .position(|(one, other)| one != other)
                .unwrap_or(0),
        )
    }
}

fn miscompare(at: usize) -> Next {
    Next::Done(Answer::Sense(Sense::miscompare(at as u64)))
}

/// As much of `length` as fits one buffer.
fn chunk(length: u64) -> usize {
    usize_of(length.min(MAX_BUFFER as u64))
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The engine asked for something it did not prepare: a fault of ours, told as such.
fn out_of_step() -> Next {
    debug_assert!(false, "work is started with the buffers it asked for");
    Next::Done(Answer::Sense(Sense::TARGET_FAILURE))
}
