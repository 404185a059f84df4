//! How much a worker's iSCSI clients may take.

use std::time::Duration;

use labelgate_buffers::MAX_BUFFER;

/// Bounds on what the clients of one label can make this engine hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once; the supervisor keeps to it, the engine closes what exceeds it.
    pub connections: u32,
    /// The most commands one connection may have outstanding.
    pub window: u32,
    /// The commands every connection may always have outstanding, whatever the others do.
    pub guaranteed_window: u32,
    /// Bytes for reads and solicited writes, shared by all connections.
    pub shared_bytes: usize,
    /// Bytes for immediate and unsolicited data: what the advertised windows are covered by.
    pub unsolicited_bytes: usize,
    /// From accept to full feature phase.
    pub login_time: Duration,
    /// Silence after which a NOP-In asks whether the initiator is still there, and silence after
    /// that NOP-In after which it is taken to be gone.
    pub ping_time: Duration,
    /// A peer that neither reads nor sends what it owes for so long is closed.
    pub stall_time: Duration,
    /// Immediate commands a connection may have outstanding; they are outside the window.
    pub immediate: u32,
}

impl Limits {
    /// The largest run of unsolicited bytes a command may bring (our FirstBurstLength).
    pub const FIRST_BURST: usize = crate::negotiation::ours::FIRST_BURST_LENGTH as usize;

    /// These limits, with no more guaranteed to all connections than half of what there is: a
    /// guarantee that memory does not cover is none, and one that takes it all leaves a lone
    /// connection with nothing but its guarantee.
    pub(crate) fn covered(mut self) -> Self {
        // WRITE AND VERIFY of the longest transfer holds its data and what it reads back.
        self.shared_bytes = self.shared_bytes.max(2 * MAX_BUFFER);
        let half = (self.slots() / 2).max(1);
        let fair = half / self.connections.max(1);
        self.guaranteed_window = self.guaranteed_window.min(fair).max(1);
        self.connections = self.connections.clamp(1, half / self.guaranteed_window);
        self
    }

    /// Bytes that are kept for the data of those commands. One buffer per connection more than there
    /// are slots: the data of a command that was aborted while it arrived has nowhere else to land.
    pub(crate) fn reserve(&self) -> usize {
        let buffers = self.slots().saturating_add(self.connections) as usize;
        buffers.saturating_mul(Self::FIRST_BURST)
    }

    /// Slots of [`Limits::FIRST_BURST`] bytes that windows may be promised from.
    pub(crate) fn slots(&self) -> u32 {
        u32::try_from(self.unsolicited_bytes / Self::FIRST_BURST).unwrap_or(u32::MAX)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            window: 128,
            guaranteed_window: 2,
            shared_bytes: 64 * MAX_BUFFER,
            unsolicited_bytes: 256 * Self::FIRST_BURST,
            login_time: Duration::from_secs(10),
            ping_time: Duration::from_secs(30),
            stall_time: Duration::from_secs(60),
            immediate: 16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_guaranteed_is_covered_and_leaves_half(connections: u32, slots in 0_usize..5000) {
            let unsolicited_bytes = slots * Limits::FIRST_BURST;
            let limits = Limits { connections, unsolicited_bytes, ..Limits::default() }.covered();

            prop_assert!(limits.guaranteed_window >= 1 && limits.connections >= 1);
            let guaranteed = limits.guaranteed_window as usize * limits.connections as usize;
            prop_assert!(guaranteed <= (slots / 2).max(1));
        }
    }
}
