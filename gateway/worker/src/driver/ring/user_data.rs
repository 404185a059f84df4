//! What an entry of the ring is about, in the 64 bits that travel with it.

/// Generations use this many bits.
const GENERATION: u32 = 24;

/// What a completion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserData {
    /// A connection's receive.
    Receive(Name),
    /// A connection's send.
    Send(Name),
    /// A system call of an image operation.
    Job(u32),
    /// The control socket can be read.
    Control,
    /// The bell has been rung.
    Bell,
    /// A cancellation. What counts is the completion of what it cancels.
    Cancel,
}

/// One use of a connection's slot. A cancellation may reach the kernel late, when the slot is in
/// use again; the generation keeps it from hitting the wrong connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) slot: u32,
    generation: u32,
}

impl Name {
    /// `count` counts the connections there have been.
    pub(super) const fn new(slot: u32, count: u32) -> Self {
        let generation = count & ((1 << GENERATION) - 1);
        Self { slot, generation }
    }
}

impl UserData {
    pub(super) const fn encode(self) -> u64 {
        let (kind, generation, slot) = match self {
            Self::Receive(name) => (1, name.generation, name.slot),
            Self::Send(name) => (2, name.generation, name.slot),
            Self::Job(slot) => (3, 0, slot),
            Self::Control => (4, 0, 0),
            Self::Cancel => (5, 0, 0),
            Self::Bell => (6, 0, 0),
        };
        (kind << (32 + GENERATION)) | ((generation as u64) << 32) | slot as u64
    }

    pub(super) fn decode(bits: u64) -> Option<Self> {
        let slot = u32::try_from(bits & u64::from(u32::MAX)).ok()?;
        let name = Name::new(slot, u32::try_from(bits >> 32).ok()?);
        Some(match bits >> (32 + GENERATION) {
            1 => Self::Receive(name),
            2 => Self::Send(name),
            3 => Self::Job(slot),
            4 => Self::Control,
            5 => Self::Cancel,
            6 => Self::Bell,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(slot: u32, count: u32) {
            let name = Name::new(slot, count);
            for data in [UserData::Receive(name), UserData::Send(name), UserData::Job(slot)] {
                prop_assert_eq!(UserData::decode(data.encode()), Some(data));
            }
        }
    }

    #[test]
    fn a_slot_used_again_has_another_name() {
        assert_ne!(Name::new(7, 1), Name::new(7, 2));
    }
}
