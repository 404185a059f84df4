//! One connection as a driver has it.

use std::collections::VecDeque;

use labelgate_engine::{MAX_HEADER, Receive, Transmission};

const MARK: usize = 4;

pub struct Wire {
    pub pending: VecDeque<u8>,
    want: Option<Receive>,
    pub output: Vec<u8>,
    pub closed: bool,
    /// It is to be closed when everything is sent.
    pub leaving: bool,
    /// It was closed at once.
    pub cut: bool,
    /// The peer does not read: transmissions stay in the queue.
    pub stuck: bool,
    pub queue: VecDeque<Transmission>,
    /// Bytes of the current fragment that have not been asked for.
    fragment: usize,
    /// What is asked for is a mark.
    mark: bool,
}

impl Wire {
    pub fn new(want: Receive) -> Self {
        let mut wire = Self {
            pending: VecDeque::new(),
            want: None,
            output: Vec::new(),
            closed: false,
            leaving: false,
            cut: false,
            stuck: false,
            queue: VecDeque::new(),
            fragment: 0,
            mark: false,
        };
        wire.want(want);
        wire
    }

    /// What is to be received next, which must be a mark or within the fragment.
    pub fn want(&mut self, want: Receive) {
        if self.closed || self.leaving {
            return;
        }
        let n = match &want {
            Receive::Header { n } => {
                assert!((1..=MAX_HEADER).contains(n), "a header of {n} bytes");
                *n
            }
            Receive::Payload {
                n,
                buffer,
                offset,
                trailer,
            } => {
                assert!(offset + n <= buffer.len() && *trailer == 0);
                *n
            }
            Receive::Discard { n } => *n,
            Receive::Pause => 0,
        };
        self.mark = self.fragment == 0 && matches!(want, Receive::Header { .. });
        if self.mark {
            assert_eq!(n, MARK, "between fragments is a mark");
        } else {
            assert!(
                n <= self.fragment,
                "{n} bytes of {} were asked for",
                self.fragment
            );
            self.fragment -= n;
        }
        self.want = Some(want);
    }

    /// The end of a pause.
    pub fn resume(&mut self, want: Receive) {
        if self.closed || self.leaving {
            return;
        }
        assert!(
            matches!(self.want, Some(Receive::Pause)),
            "only a pause is ended"
        );
        self.want(want);
    }

    /// What was asked for and the bytes of it, if they are there.
    pub fn arrived(&mut self) -> Option<(Receive, Vec<u8>)> {
        let n = match self.want.as_ref()? {
            Receive::Header { n } | Receive::Payload { n, .. } | Receive::Discard { n } => *n,
            Receive::Pause => return None,
        };
        if self.closed || self.pending.len() < n {
            return None;
        }
        let bytes: Vec<u8> = self.pending.drain(..n).collect();
        if self.mark {
            let mark = u32::from_be_bytes(bytes[..].try_into().unwrap());
            self.fragment = (mark & 0x7fff_ffff) as usize;
        }
        Some((self.want.take()?, bytes))
    }

    pub const fn is_paused(&self) -> bool {
        matches!(self.want, Some(Receive::Pause))
    }

    pub fn push(&mut self, sent: Transmission) {
        if !self.closed && !self.leaving {
            self.queue.push_back(sent);
        }
    }

    pub fn pop(&mut self) -> Option<Transmission> {
        if self.stuck || self.closed {
            return None;
        }
        let sent = self.queue.pop_front()?;
        sent.slices()
            .for_each(|slice| self.output.extend_from_slice(slice));
        Some(sent)
    }

    /// What arrives is dropped, and no buffer is kept for it.
    pub fn swallow(&mut self) {
        self.want = None;
    }

    /// Everything of it is let go of.
    pub fn end(&mut self) {
        self.closed = true;
        self.want = None;
        self.queue.clear();
    }
}
