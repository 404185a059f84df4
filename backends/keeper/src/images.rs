//! The images of a keeper, and how far each has come.

use std::collections::BTreeMap;

/// How far an image has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is being opened; and then closed, if it has been asked for since.
    Opening {
        leaves: bool,
    },
    Open,
    Closing,
}

/// The images, by what they are called.
#[derive(Debug, Default)]
pub(crate) struct Images(BTreeMap<u32, Entry>);

#[derive(Debug)]
struct Entry {
    state: State,
    fenced: bool,
    /// The size that was asked for while it was being opened.
    wanted: Option<u64>,
}

/// What is to be done with an image that is to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It is not there: say so.
    Gone,
    /// It is open: close it.
    Close,
    /// It is on its way in or out.
    Wait,
}

/// What is to be done with an image that was opened, or was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entered {
    /// Say so.
    Say,
    /// Say so, and close it.
    Close,
    /// Say so, and that it has left.
    Left,
}

impl Images {
    /// Takes in an image that is being opened; whether it was not there.
    pub(crate) fn add(&mut self, image: u32) -> bool {
        if self.0.contains_key(&image) {
            return false;
        }
        let state = State::Opening { leaves: false };
        let entry = Entry {
            state,
            fenced: false,
            wanted: None,
        };
        self.0.insert(image, entry);
        true
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_open(&self, image: u32) -> bool {
        let entry = self.0.get(&image);
        entry.is_some_and(|entry| entry.state == State::Open)
    }

    /// Keeps in mind what size an image is to have when it is open; whether it is being opened.
    pub(crate) fn want(&mut self, image: u32, size: Option<u64>) -> bool {
        let opening = |entry: &&mut Entry| matches!(entry.state, State::Opening { .. });
        let Some(entry) = self.0.get_mut(&image).filter(opening) else {
            return false;
        };
        entry.wanted = entry.wanted.max(size);
        true
    }

    /// What size was asked for while an image was being opened.
    pub(crate) fn wanted(&mut self, image: u32) -> Option<u64> {
        self.0.get_mut(&image)?.wanted.take()
    }

    /// An image is open, or cannot be opened.
    pub(crate) fn opened(&mut self, image: u32, well: bool) -> Entered {
        let Some(entry) = self.0.get_mut(&image) else {
            return Entered::Say;
        };
        let leaves = entry.state == State::Opening { leaves: true };
        match (well, leaves) {
            (true, false) => {
                entry.state = State::Open;
                Entered::Say
            }
            (true, true) => {
                entry.state = State::Closing;
                Entered::Close
            }
            (false, leaves) => {
                self.0.remove(&image);
                match leaves {
                    true => Entered::Left,
                    false => Entered::Say,
                }
            }
        }
    }

    /// An image is to leave.
    pub(crate) fn leave(&mut self, image: u32) -> Leave {
        let Some(entry) = self.0.get_mut(&image) else {
            return Leave::Gone;
        };
        match &mut entry.state {
            State::Open => {
                entry.state = State::Closing;
                Leave::Close
            }
            State::Opening { leaves } => {
                *leaves = true;
                Leave::Wait
            }
            State::Closing => Leave::Wait,
        }
    }

    /// All images are to leave; those that are to be closed now.
    pub(crate) fn leave_all(&mut self) -> Vec<u32> {
        let all: Vec<u32> = self.0.keys().copied().collect();
        let closes = |image: &u32| self.leave(*image) == Leave::Close;
        all.into_iter().filter(closes).collect()
    }

    /// An image is closed; whether it was there.
    pub(crate) fn closed(&mut self, image: u32) -> bool {
        self.0.remove(&image).is_some()
    }

    /// The backend has shut this process out of an image; whether that is new.
    pub(crate) fn fenced(&mut self, image: u32) -> bool {
        let entry = self.0.get_mut(&image);
        entry.is_some_and(|entry| !std::mem::replace(&mut entry.fenced, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_is_asked_to_leave_while_it_is_opened_is_closed_then() {
        let mut images = Images::default();
        assert!(images.add(1) && !images.add(1));
        assert_eq!(images.leave(1), Leave::Wait);
        assert_eq!(images.opened(1, true), Entered::Close);
        assert!(!images.is_open(1));
        assert!(images.closed(1) && !images.closed(1));
        assert_eq!(images.leave(1), Leave::Gone);

        assert!(images.add(2));
        assert_eq!(images.leave(2), Leave::Wait);
        assert_eq!(images.opened(2, false), Entered::Left);
        assert_eq!(images.len(), 0);
    }

    #[test]
    fn the_largest_size_that_is_asked_for_while_an_image_is_opened_is_kept_in_mind() {
        let mut images = Images::default();
        assert!(!images.want(1, Some(8)), "it is not there");
        assert!(images.add(1));
        assert!(images.want(1, None) && images.want(1, Some(8)) && images.want(1, Some(4)));
        assert_eq!(images.opened(1, true), Entered::Say);
        assert_eq!((images.wanted(1), images.wanted(1)), (Some(8), None));
        assert!(!images.want(1, Some(16)), "it is open");
        assert_eq!(images.wanted(1), None);
    }

    #[test]
    fn an_image_is_open_between_its_opening_and_its_leaving() {
        let mut images = Images::default();
        assert!(images.add(1));
        assert!(!images.is_open(1));
        assert_eq!(images.opened(1, true), Entered::Say);
        assert!(images.is_open(1));
        assert!(images.fenced(1) && !images.fenced(1) && !images.fenced(7));
        assert_eq!(images.leave_all(), [1]);
        assert_eq!(images.leave(1), Leave::Wait);
        assert!(!images.is_open(1));
    }
}
