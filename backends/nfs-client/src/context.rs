//! A connection with a server's NFS, and what is under way on it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use labelgate_wire::{Reader, Truncated};
use libc::c_int;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::address::{Handle, Owner};
use crate::attributes::MAX_TRANSFER;
use crate::call::{Call, Reply};
use crate::decode::{self, Landing};
use crate::encode;
use crate::rpc::{self, LAST, Taken};
use crate::{Error, Kind};

/// The longest answer in bytes: what is read at a time, and what is said of it.
const MAX_ANSWER: usize = MAX_TRANSFER as usize + 4096;
/// What is kept of an answer's room when nothing is under way.
const SMALL: usize = 16 << 10;
/// How many pieces of an answer may be empty. Each takes four bytes, and a record of them never ends.
const MAX_EMPTY: u32 = 8;
/// How many times is read in a row.
const BURST: u32 = 64;

/// A connection.
pub(crate) struct Context {
    socket: OwnedFd,
    owner: Owner,
    /// Calls that have not been answered.
    calls: HashMap<u32, Called>,
    /// Records to be sent, with their numbers, and how much of the first has been.
    outgoing: VecDeque<(u32, Vec<u8>)>,
    sent: usize,
    incoming: Incoming,
    replies: VecDeque<(u64, Reply)>,
    said: String,
}

/// A call that has not been answered.
#[derive(Debug)]
struct Called {
    /// What its owner calls it.
    number: u64,
    /// What is expected.
    landing: Landing,
    /// All of it has been given to the system.
    sent: bool,
}

/// A record that is coming.
#[derive(Debug, Default)]
struct Incoming {
    mark: [u8; 4],
    /// How much of the mark is there.
    marked: usize,
    /// Pieces that are there, and the one that is coming; it is not made smaller.
    record: Vec<u8>,
    /// How much of all that is there.
    filled: usize,
    /// Where the piece that is coming ends.
    end: usize,
    /// How many of its pieces were empty.
    empty: u32,
}

impl Context {
    /// One for a socket that is connected.
    pub(crate) fn new(socket: OwnedFd, owner: Owner) -> Self {
        Self {
            socket,
            owner,
            calls: HashMap::new(),
            outgoing: VecDeque::new(),
            sent: 0,
            incoming: Incoming::default(),
            replies: VecDeque::new(),
            said: String::new(),
        }
    }

    /// What was last found wrong.
    pub(crate) fn said(&self) -> String {
        self.said.clone()
    }

    /// Sends a call, which no other one has the numbers of that is under way: its own, that the server
    /// is told, and what its owner calls it.
    pub(crate) fn send(
        &mut self,
        (own, number): (u32, u64),
        of: &Handle,
        call: Call,
    ) -> Result<(), Error> {
        let record = encode::record(own, self.owner, of, &call);
        let record = record.ok_or(Error::of("sending a call", Kind::OutOfRange))?;
        self.outgoing.push_back((own, record));
        let called = Called {
            number,
            landing: call.into(),
            sent: false,
        };
        self.calls.insert(own, called);
        Ok(())
    }

    /// The socket, and what is waited for on it, as `poll` has it.
    pub(crate) fn waits(&self) -> (BorrowedFd<'_>, c_int) {
        let sends = match self.outgoing.is_empty() {
            true => 0,
            false => libc::POLLOUT,
        };
        (self.socket.as_fd(), (libc::POLLIN | sends).into())
    }

    /// Does what there is to do on the socket; whether the connection is still there.
    pub(crate) fn serve(&mut self) -> bool {
        for _ in 0..BURST {
            match self.receive() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return self.fail(&error),
            }
        }
        self.flush()
    }

    fn fail(&mut self, error: &io::Error) -> bool {
        self.said = error.to_string();
        false
    }

    /// Sends what has not been sent, as far as the connection takes it.
    pub(crate) fn flush(&mut self) -> bool {
        while let Some((own, record)) = self.outgoing.front() {
            let rest = record.get(self.sent..).unwrap_or_default();
            match send(&self.socket, rest, SendFlags::NOSIGNAL) {
                Ok(sent) => self.sent += sent,
                Err(Errno::AGAIN | Errno::INTR) => return true,
                Err(error) => return self.fail(&error.into()),
            }
            if self.sent >= record.len() {
                if let Some(called) = self.calls.get_mut(own) {
                    called.sent = true;
                }
                self.outgoing.pop_front();
                self.sent = 0;
            }
        }
        true
    }

    /// Takes what is there; whether there may be more.
    fn receive(&mut self) -> io::Result<bool> {
        let room = self.incoming.room();
        let read = match recv(&self.socket, room, RecvFlags::empty()) {
            Ok((_, 0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok((_, read)) => read,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if self.incoming.came(read)? {
            let record = std::mem::take(&mut self.incoming.record);
            let whole = record.get(..self.incoming.filled).unwrap_or_default();
            let taken = self.answered(whole);
            self.incoming.filled = 0;
            // Kept for the next, unless it is large and there is none to come.
            if record.len() <= SMALL || !self.calls.is_empty() {
                self.incoming.record = record;
            }
            taken.map_err(|Truncated| io::Error::other("the server makes no sense"))?;
        }
        Ok(true)
    }

    /// A record is there.
    fn answered(&mut self, record: &[u8]) -> Result<(), Truncated> {
        let mut reader = Reader::new(record);
        let (own, taken) = rpc::head(&mut reader)?;
        // Nothing is answered that was not asked. A call that waits to be sent counts as one: records would
        // gather without end if who answers them did not read them.
        let called = self.calls.remove(&own).filter(|called| called.sent);
        let Called {
            number, landing, ..
        } = called.ok_or(Truncated)?;
        let reply = match taken {
            Taken::Well => decode::reply(&mut reader, &landing),
            Taken::Denied => Reply::Nothing("the server does not let this user ask".to_owned()),
            Taken::Unknown => Reply::Nothing("the server does not know the call".to_owned()),
        };
        self.replies.push_back((number, reply));
        Ok(())
    }

    /// What has ended since the last call.
    pub(crate) fn take(&mut self) -> VecDeque<(u64, Reply)> {
        std::mem::take(&mut self.replies)
    }
}

impl Incoming {
    /// Where what comes next goes: never nowhere.
    fn room(&mut self) -> &mut [u8] {
        if self.marked < self.mark.len() {
            return self.mark.get_mut(self.marked..).unwrap_or_default();
        }
        if self.record.len() < self.end {
            self.record.resize(self.end, 0);
        }
        self.record
            .get_mut(self.filled..self.end)
            .unwrap_or_default()
    }

    /// So many bytes have come; whether a record is whole with them.
    fn came(&mut self, read: usize) -> io::Result<bool> {
        let mark = if self.marked < self.mark.len() {
            self.marked += read;
            if self.marked < self.mark.len() {
                return Ok(false);
            }
            let mark = u32::from_be_bytes(self.mark);
            let length = usize::try_from(mark & !LAST).unwrap_or(usize::MAX);
            self.end = self.filled.saturating_add(length);
            if self.end > MAX_ANSWER {
                return Err(io::Error::other("an answer is longer than any is"));
            }
            self.empty += u32::from(length == 0);
            if self.empty > MAX_EMPTY {
                return Err(io::Error::other("an answer is of pieces that are empty"));
            }
            mark
        } else {
            self.filled += read;
            u32::from_be_bytes(self.mark)
        };
        if self.filled < self.end {
            return Ok(false);
        }
        self.marked = 0;
        let whole = mark & LAST != 0;
        if whole {
            self.empty = 0;
        }
        Ok(whole)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection with {} calls", self.calls.len())
    }
}

#[cfg(test)]
mod tests {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    use super::*;
    use crate::call::{Source, Stability};

    /// Feeds it, `step` bytes at a time; the records that become whole.
    fn fed(bytes: &[u8], step: usize) -> io::Result<Vec<Vec<u8>>> {
        let (mut incoming, mut records) = (Incoming::default(), Vec::new());
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = incoming.room();
            assert!(!room.is_empty());
            let read = room.len().min(step).min(rest.len());
            room[..read].copy_from_slice(&rest[..read]);
            rest = &rest[read..];
            if incoming.came(read)? {
                records.push(incoming.record[..incoming.filled].to_vec());
                incoming.filled = 0;
            }
            assert!(incoming.record.len() <= MAX_ANSWER);
        }
        Ok(records)
    }

    /// The record of an answer to a write of so much, all zeros.
    fn written(own: u32, length: u32) -> Vec<u8> {
        let words = [LAST | 52, own, 1, 0, 0, 0, 0, 0, 0, 0, length, 2, 0, 0];
        words.into_iter().flat_map(u32::to_be_bytes).collect()
    }

    #[test]
    fn what_was_not_sent_is_not_answered() {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (own, other) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        let mut context = Context::new(own, Owner { uid: 1, gid: 1 });
        let handle = Handle::new(&[1]).unwrap();
        for number in 1..17_u32 {
            let write = Call::Write(0, Source::Zeros(1 << 20), Stability::Stable);
            let numbers = (number, number.into());
            context.send(numbers, &handle, write).unwrap();
        }
        // It takes what there is room for, and no more; nobody reads it.
        assert!(context.flush() && !context.outgoing.is_empty());
        let unsent = context.outgoing[0].0;
        let mut room = vec![0; 1 << 20];
        while unsent == context.outgoing[0].0 {
            while recv(&other, &mut room[..], RecvFlags::empty()).is_ok() {}
            assert!(context.flush());
        }
        let unsent = context.outgoing[0].0;
        let answer = |own| send(&other, &written(own, 1 << 20), SendFlags::NOSIGNAL);
        answer(unsent - 1).unwrap();
        assert!(context.serve());
        assert_eq!(context.take().len(), 1);
        for own in [unsent, unsent + 1] {
            answer(own).unwrap();
            assert!(!context.serve());
            assert!(context.take().is_empty());
        }
    }

    #[test]
    fn records_come_in_pieces_of_any_length() {
        let bytes = b"\x80\0\0\x03abc\0\0\0\x02de\0\0\0\0\x80\0\0\x01f\x80\0\0\0\x80\0\0\x01g";
        let expected = [&b"abc"[..], b"def", b"", b"g"].map(<[u8]>::to_vec);
        for step in 1..bytes.len() {
            assert_eq!(fed(bytes, step).unwrap(), expected);
        }
        assert!(fed(&[0x80, 0x10, 0x10, 0x01], 4).is_err());
        assert!(fed(&[0x80, 0x10, 0x10, 0x00], 4).is_ok());
        let endless = [&[0, 0x10, 0, 0][..], &vec![1; 1 << 20], &[0, 0, 0x10, 1]].concat();
        assert!(fed(&endless, 65536).is_err());
        let empty = |pieces: usize| [&[0; 4].repeat(pieces)[..], &[0x80, 0, 0, 0]].concat();
        assert!(fed(&empty(7).repeat(3), 5).is_ok());
        assert!(fed(&empty(9), 5).is_err());
    }

    #[test]
    fn fuzz_records() {
        bolero::check!()
            .with_type::<(u8, Vec<u8>)>()
            .for_each(|(step, bytes)| {
                let _ = fed(bytes, usize::from(*step) + 1);
            });
    }
}
