//! The order in which an image's commands run.
//!
//! Most commands run as they come: SIMPLE tasks may be reordered freely. A task waits behind
//! another one that is not over only if
//!
//! * one of them is ORDERED (SAM-5, 8.4: everything older runs first, everything newer after), or
//! * their ranges overlap and one of them is *exclusive*: COMPARE AND WRITE, whose compare and
//!   write must not be seen apart, or a write whose initiator is gone or has aborted it but which
//!   the kernel has not ended yet. A newer write must not be overtaken by such an old one.
//!
//! An image has one worker and a worker one thread, so this is all the locking there is.

use labelgate_scsi::Span;

use super::task::TaskKey;

/// What a task does to its image, as far as order is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// The bytes it touches; `None` if it touches none that matter.
    pub(crate) span: Option<Span>,
    /// It changes them.
    pub(crate) writes: bool,
    /// Nothing that overlaps may run beside it.
    pub(crate) exclusive: bool,
    /// It has the ORDERED attribute.
    pub(crate) ordered: bool,
}

impl Footprint {
    fn conflicts(&self, other: &Self) -> bool {
        if self.ordered || other.ordered {
            return true;
        }
        (self.exclusive || other.exclusive)
            && (self.writes || other.writes)
            && overlap(self.span, other.span)
    }

    const fn special(&self) -> bool {
        self.exclusive || self.ordered
    }
}

fn overlap(one: Option<Span>, other: Option<Span>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    one.offset < other.offset.saturating_add(other.length)
        && other.offset < one.offset.saturating_add(one.length)
}

#[derive(Debug)]
struct Entry {
    key: TaskKey,
    footprint: Footprint,
    state: State,
}

/// How far an entry has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its data or its memory is not all there; it has its place because of an ORDERED task.
    Coming,
    /// Older entries have to leave first.
    Waiting,
    /// It runs.
    Running,
}

/// The tasks of one image that are running or waiting their turn, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    entries: Vec<Entry>,
    /// How many entries are exclusive or ordered: zero is the fast path.
    special: usize,
}

impl Gate {
    /// Gives a task its place before it is ready to run: an ORDERED task, or one that is older than
    /// an ORDERED one.
    pub(crate) fn announce(&mut self, key: TaskKey, ordered: bool) {
        if self.entries.iter().any(|entry| entry.key == key) {
            return;
        }
        let footprint = Footprint {
            span: None,
            writes: false,
            exclusive: false,
            ordered,
        };
        self.special += usize::from(ordered);
        self.entries.push(Entry {
            key,
            footprint,
            state: State::Coming,
        });
    }

    /// A task wants to run. Whether it may do so now; if not, [`Gate::leave`] names it later.
    pub(crate) fn enter(&mut self, key: TaskKey, footprint: Footprint) -> bool {
        let place = self.entries.iter().position(|entry| entry.key == key);
        if let Some(entry) = place.and_then(|at| self.entries.get_mut(at)) {
            self.special -= usize::from(entry.footprint.special());
        } else if self.special == 0 && !footprint.special() {
            self.entries.push(Entry {
                key,
                footprint,
                state: State::Running,
            });
            return true;
        }
        let older = self
            .entries
            .get(..place.unwrap_or(self.entries.len()))
            .unwrap_or_default();
        let free = !older
            .iter()
            .any(|entry| entry.footprint.conflicts(&footprint));
        let state = if free { State::Running } else { State::Waiting };
        self.special += usize::from(footprint.special());
        let entry = Entry {
            key,
            footprint,
            state,
        };
        match place.and_then(|at| self.entries.get_mut(at)) {
            Some(held) => *held = entry,
            None => self.entries.push(entry),
        }
        free
    }

    /// A task is over. The tasks that may run now are added to `ready`.
    pub(crate) fn leave(&mut self, key: TaskKey, ready: &mut Vec<TaskKey>) {
        let Some(at) = self.entries.iter().position(|entry| entry.key == key) else {
            return;
        };
        let gone = self.entries.remove(at);
        self.special -= usize::from(gone.footprint.special());
        if self
            .entries
            .iter()
            .all(|entry| entry.state != State::Waiting)
        {
            return;
        }
        for index in 0..self.entries.len() {
            let (older, rest) = self.entries.split_at_mut(index);
            let waiting = rest
                .first_mut()
                .filter(|entry| entry.state == State::Waiting);
            let Some(entry) = waiting else { continue };
            if !older
                .iter()
                .any(|other| other.footprint.conflicts(&entry.footprint))
            {
                entry.state = State::Running;
                ready.push(entry.key);
            }
        }
    }

    /// A running task lost its initiator or was aborted: until it ends, nothing newer that
    /// overlaps may run.
    pub(crate) fn fence(&mut self, key: TaskKey) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
            self.special += usize::from(!entry.footprint.special());
            entry.footprint.exclusive = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn footprint(offset: u64, length: u64, writes: bool) -> Footprint {
        let span = Some(Span { offset, length });
        Footprint {
            span,
            writes,
            exclusive: false,
            ordered: false,
        }
    }

    const fn key(index: u32) -> TaskKey {
        TaskKey {
            index,
            generation: 0,
        }
    }

    fn after_leaving(gate: &mut Gate, index: u32) -> Vec<TaskKey> {
        let mut ready = Vec::new();
        gate.leave(key(index), &mut ready);
        ready
    }

    #[test]
    fn simple_tasks_run_at_once_even_when_they_overlap() {
        let mut gate = Gate::default();

        assert!(gate.enter(key(0), footprint(0, 100, true)));
        assert!(gate.enter(key(1), footprint(50, 100, true)));
    }

    #[test]
    fn compare_and_write_waits_for_overlapping_io_and_holds_back_what_follows() {
        let mut gate = Gate::default();
        let exclusive = Footprint {
            exclusive: true,
            ..footprint(0, 512, true)
        };

        assert!(gate.enter(key(0), footprint(0, 4096, true)));
        assert!(!gate.enter(key(1), exclusive));
        assert!(
            !gate.enter(key(2), footprint(0, 512, false)),
            "a read would see it half done"
        );
        assert!(
            gate.enter(key(3), footprint(512, 512, true)),
            "no overlap, no wait"
        );

        assert_eq!(after_leaving(&mut gate, 0), [key(1)]);
        assert_eq!(after_leaving(&mut gate, 1), [key(2)]);
    }

    #[test]
    fn an_ordered_task_is_a_barrier_in_both_directions() {
        let mut gate = Gate::default();
        let ordered = Footprint {
            ordered: true,
            ..footprint(0, 1, false)
        };

        assert!(gate.enter(key(0), footprint(5000, 1, false)));
        assert!(!gate.enter(key(1), ordered));
        assert!(!gate.enter(key(2), footprint(9000, 1, false)));

        assert_eq!(after_leaving(&mut gate, 0), [key(1)]);
        assert_eq!(after_leaving(&mut gate, 1), [key(2)]);
    }

    #[test]
    fn an_ordered_task_waits_for_older_ones_that_are_not_ready_yet() {
        let mut gate = Gate::default();
        let ordered = Footprint {
            ordered: true,
            ..footprint(0, 1, false)
        };
        gate.announce(key(0), false);
        gate.announce(key(1), true);

        assert!(
            !gate.enter(key(2), footprint(9000, 1, false)),
            "newer than the ordered one"
        );
        assert!(!gate.enter(key(1), ordered));
        assert!(gate.enter(key(0), footprint(0, 1, true)));

        assert_eq!(after_leaving(&mut gate, 0), [key(1)]);
        assert_eq!(after_leaving(&mut gate, 1), [key(2)]);
        assert!(after_leaving(&mut gate, 2).is_empty());
        assert_eq!(gate.special, 0);
    }

    #[test]
    fn a_write_without_an_initiator_is_not_overtaken() {
        let mut gate = Gate::default();
        assert!(gate.enter(key(0), footprint(0, 512, true)));

        gate.fence(key(0));

        assert!(!gate.enter(key(1), footprint(0, 512, true)));
        assert_eq!(after_leaving(&mut gate, 0), [key(1)]);
        assert!(after_leaving(&mut gate, 1).is_empty());
        assert_eq!(gate.special, 0);
    }

    #[test]
    fn a_waiting_task_that_is_aborted_lets_the_next_one_pass() {
        let mut gate = Gate::default();
        let exclusive = Footprint {
            exclusive: true,
            ..footprint(0, 512, true)
        };
        assert!(gate.enter(key(0), footprint(0, 512, false)));
        assert!(!gate.enter(key(1), exclusive));
        assert!(!gate.enter(key(2), footprint(0, 512, false)));

        assert_eq!(after_leaving(&mut gate, 1), [key(2)]);
    }
}
