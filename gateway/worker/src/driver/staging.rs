//! Where bytes wait that no buffer was named for: headers, trailers, what came along with them.

/// Memory of a busy connection, in bytes: some 170 iSCSI headers in one system call.
pub(crate) const FULL: usize = 8192;

/// Memory of an idle connection that must have some lent to the kernel, in bytes.
pub(crate) const SMALL: usize = 256;

/// A linear buffer: consumed at the front, filled at the back.
#[derive(Debug, Default)]
pub(crate) struct Staging {
    memory: Box<[u8]>,
    start: usize,
    end: usize,
    /// The last receive filled it, so more is likely to be there.
    tight: bool,
}

impl Staging {
    /// What has arrived and is not consumed.
    pub(crate) fn staged(&self) -> &[u8] {
        self.memory.get(self.start..self.end).unwrap_or_default()
    }

    /// Drops the first `n` staged bytes.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Makes room at the back: for at least `contiguous` bytes in all, and at least one more.
    /// `idle` is what an empty staging gets at first, in bytes.
    pub(crate) fn prepare(&mut self, contiguous: usize, idle: usize) {
        // Little is left here when room is asked for: part of a header, if anything.
        self.memory.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let needed = contiguous.max(self.end + 1).max(idle);
        if self.memory.len() < needed || (self.tight && self.memory.len() < FULL) {
            let size = if needed <= idle && !self.tight {
                idle
            } else {
                FULL
            };
            let mut larger = vec![0; size].into_boxed_slice();
            if let Some(front) = larger.get_mut(..self.end) {
                front.copy_from_slice(self.staged());
            }
            self.memory = larger;
        }
    }

    /// The room at the back.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.end..).unwrap_or_default()
    }

    /// `n` bytes have been put into [`Staging::room`].
    pub(crate) fn filled(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.memory.len());
        self.tight = n > 0 && self.end == self.memory.len();
    }

    /// Whether it has more memory than an idle connection should.
    pub(crate) fn is_large(&self) -> bool {
        self.memory.len() > SMALL
    }

    /// Frees the memory if nothing is staged.
    pub(crate) fn shrink(&mut self) {
        if self.start == self.end {
            *self = Self::default();
        }
    }
}
