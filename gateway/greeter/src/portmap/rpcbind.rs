//! Another port mapper of this machine, on a connection to its local socket (RFC 1833, 2).

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use labelgate_control::{Entry, PortmapEnd, Program};
use labelgate_nfs::portmap::{Netid, PROGRAM, RPCBIND_4, Rpcb, UniversalAddress, procedure};
use labelgate_nfs::record::Mark;
use labelgate_nfs::rpc::{Accepted, CallHeader, Credential, Reply, ReplyBody};
use labelgate_nfs::xdr::{Decoder, Encode};
use labelgate_nfs::{mount, v3};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendFlags, recvmsg, sendmsg,
};

/// It answers after this long, or not at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// No answer that is understood here is longer, in bytes.
const LONGEST: usize = 512;
/// Who has entered it, which it knows better from the connection.
const OWNER: &[u8] = b"labelgate";

/// The other port mapper.
#[derive(Debug)]
pub(super) struct Rpcbind<'a> {
    connection: OwnedFd,
    /// Without a supervisor there is nothing to be entered.
    control: &'a PortmapEnd,
    xid: u32,
}

/// Why the other port mapper did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The supervisor is gone.
    #[error("the supervisor has closed the control socket")]
    Abandoned,
    /// It takes too long.
    #[error("rpcbind did not answer within {} s", PATIENCE.as_secs())]
    Late,
    /// The connection has ended.
    #[error("rpcbind has ended the connection: {0}")]
    Connection(io::Error),
    /// It says what no port mapper says.
    #[error("rpcbind answered with something that is no answer")]
    NoAnswer,
    /// It does not do such things.
    #[error("rpcbind does not take entries: {0:?}")]
    Denied(ReplyBody),
}

impl<'a> Rpcbind<'a> {
    pub(super) const fn new(connection: OwnedFd, control: &'a PortmapEnd) -> Self {
        Self {
            connection,
            control,
            xid: 1,
        }
    }

    /// > The procedure returns a boolean reply whose value is "TRUE" if the procedure successfully
    /// > established the mapping and "FALSE" otherwise. (RFC 1833, 2.2.1, RPCBPROC_SET)
    ///
    /// What is there already with the same address counts as established.
    pub(super) fn set(&mut self, entry: &Entry) -> Result<bool, Trouble> {
        self.call(procedure::SET, entry)
    }

    /// Whether the mapping was there, and is no more (RFC 1833, 2.2.1, RPCBPROC_UNSET).
    pub(super) fn unset(&mut self, entry: &Entry) -> Result<bool, Trouble> {
        self.call(procedure::UNSET, entry)
    }

    fn call(&mut self, procedure: u32, entry: &Entry) -> Result<bool, Trouble> {
        self.xid = self.xid.wrapping_add(1);
        let until = Instant::now() + PATIENCE;
        self.write(&question(self.xid, procedure, entry), until)?;
        let answer = self.record(until)?;
        understood(self.xid, &answer)
    }

    fn write(&self, mut rest: &[u8], until: Instant) -> Result<(), Trouble> {
        while !rest.is_empty() {
            self.wait(PollFlags::OUT, until)?;
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            let parts = [IoSlice::new(rest)];
            let mut nothing = SendAncillaryBuffer::default();
            match sendmsg(&self.connection, &parts, &mut nothing, flags) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(Trouble::Connection(error.into())),
            }
        }
        Ok(())
    }

    /// The next record, in however many fragments (RFC 5531, 11).
    fn record(&self, until: Instant) -> Result<Vec<u8>, Trouble> {
        let mut record = Vec::new();
        loop {
            let mut mark = [0; Mark::SIZE];
            self.read(&mut mark, until)?;
            let mark = Mark::parse(mark);
            let from = record.len();
            let length = usize::try_from(mark.length()).unwrap_or(usize::MAX);
            let to = from.saturating_add(length);
            // A fragment of nothing would go on for ever.
            if to > LONGEST || (length == 0 && !mark.is_last()) {
                return Err(Trouble::NoAnswer);
            }
            record.resize(to, 0);
            self.read(record.get_mut(from..).unwrap_or_default(), until)?;
            if mark.is_last() {
                return Ok(record);
            }
        }
    }

    fn read(&self, buffer: &mut [u8], until: Instant) -> Result<(), Trouble> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..)
            && !rest.is_empty()
        {
            self.wait(PollFlags::IN, until)?;
            let mut nothing = RecvAncillaryBuffer::default();
            let mut parts = [IoSliceMut::new(rest)];
            let flags = RecvFlags::DONTWAIT;
            match recvmsg(&self.connection, &mut parts, &mut nothing, flags) {
                Ok(received) if received.bytes == 0 => {
                    let end = io::ErrorKind::UnexpectedEof;
                    return Err(Trouble::Connection(end.into()));
                }
                Ok(received) => filled += received.bytes,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(Trouble::Connection(error.into())),
            }
        }
        Ok(())
    }

    fn wait(&self, ready: PollFlags, until: Instant) -> Result<(), Trouble> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(|_| Trouble::Late)?;
            let mut waits = [
                PollFd::new(&self.connection, ready),
                // Its end is told without being asked for.
                PollFd::new(self.control, PollFlags::empty()),
            ];
            match poll(&mut waits, Some(&left)) {
                Ok(0) => return Err(Trouble::Late),
                Ok(_) => {
                    let [_, supervisor] = waits;
                    return match supervisor.revents().is_empty() {
                        true => Ok(()),
                        false => Err(Trouble::Abandoned),
                    };
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(Trouble::Connection(error.into())),
            }
        }
    }
}

impl AsFd for Rpcbind<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}

/// The number and the version of a program.
pub(super) const fn numbers(program: Program) -> (u32, u32) {
    match program {
        Program::Nfs => (v3::PROGRAM, v3::VERSION),
        Program::Mount => (mount::PROGRAM, mount::VERSION),
    }
}

/// What an entry's transport is called.
pub(super) const fn netid(entry: &Entry) -> Netid {
    match entry.address.is_ipv4() {
        true => Netid::Tcp,
        false => Netid::Tcp6,
    }
}

/// A call as one record.
fn question(xid: u32, procedure: u32, entry: &Entry) -> Vec<u8> {
    let header = CallHeader {
        xid,
        program: PROGRAM,
        version: RPCBIND_4,
        procedure,
        credential: Credential::None,
    };
    let (program, version) = numbers(entry.program);
    let address = UniversalAddress(entry.address).to_string();
    let arguments = Rpcb {
        program,
        version,
        netid: netid(entry).as_str().as_bytes(),
        address: address.as_bytes(),
        owner: OWNER,
    };
    let message = [header.to_bytes(), arguments.to_bytes()].concat();
    // It has some hundred bytes.
    let mark = Mark::whole(message.len()).map(Mark::encode);
    [&mark.unwrap_or_default()[..], &message].concat()
}

/// The boolean that a reply to the call of this number has.
fn understood(xid: u32, answer: &[u8]) -> Result<bool, Trouble> {
    let mut decoder = Decoder::new(answer);
    let reply: Reply = decoder.item().map_err(|_| Trouble::NoAnswer)?;
    if reply.xid != xid {
        return Err(Trouble::NoAnswer);
    }
    match reply.body {
        ReplyBody::Accepted(Accepted::Success) => decoder.bool().map_err(|_| Trouble::NoAnswer),
        body => Err(Trouble::Denied(body)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration as Time;

    use super::*;

    const ENTRY: Entry = Entry {
        program: Program::Nfs,
        address: std::net::SocketAddr::new(
            std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            2049,
        ),
    };

    #[test]
    fn a_set_as_it_is_sent() {
        #[rustfmt::skip]
        let expected = [
            0x80, 0, 0, 88,
            0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2,
            0, 1, 0x86, 0xa0, 0, 0, 0, 4, 0, 0, 0, 1,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 1, 0x86, 0xa3, 0, 0, 0, 3,
            0, 0, 0, 3, b't', b'c', b'p', 0,
            0, 0, 0, 11, b'0', b'.', b'0', b'.', b'0', b'.', b'0', b'.', b'8', b'.', b'1', 0,
            0, 0, 0, 9, b'l', b'a', b'b', b'e', b'l', b'g', b'a', b't', b'e', 0, 0, 0,
        ];
        let sent = question(7, procedure::SET, &ENTRY);
        assert_eq!(sent.len(), 4 + 88);
        assert_eq!(sent, expected);
    }

    #[test]
    fn an_address_of_ipv6_has_a_transport_of_its_own() {
        let entry = Entry {
            program: Program::Mount,
            address: "[::]:2049".parse().unwrap(),
        };
        let sent = question(7, procedure::SET, &entry);
        let has = |part: &[u8]| sent.windows(part.len()).any(|window| window == part);
        assert!(has(b"tcp6") && has(b"::.8.1"));
        assert!(has(&100_005_u32.to_be_bytes()));
    }

    #[test]
    fn an_answer_is_one_to_its_call_alone() {
        let answer = |results: &u32| Reply::success(7, results);
        assert!(understood(7, &answer(&1)).unwrap());
        assert!(!understood(7, &answer(&0)).unwrap());
        for wrong in [&answer(&2)[..], &answer(&1)[..20], &[], &[0; 64]] {
            let understood = understood(7, wrong);
            assert!(matches!(understood, Err(Trouble::NoAnswer)), "{wrong:?}");
        }
        let other = understood(8, &answer(&1));
        assert!(matches!(other, Err(Trouble::NoAnswer)));
        let denied = Reply::accepted(7, Accepted::ProcUnavail).to_bytes();
        assert!(matches!(understood(7, &denied), Err(Trouble::Denied(_))));
    }

    #[test]
    fn fuzz_an_answer_of_rpcbind() {
        let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
        let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
        bolero::check!()
            .with_type::<(Vec<(u8, u8)>, Vec<u8>)>()
            .with_test_time(Time::from_secs(seconds.unwrap_or(2)))
            .for_each(|(changes, tail)| {
                let _ = understood(7, tail);
                let mut bytes = [Reply::success(7, &1_u32), tail.clone()].concat();
                for (at, value) in changes {
                    let at = usize::from(*at) % bytes.len();
                    bytes[at] = *value;
                }
                let _ = understood(7, &bytes);
            });
    }
}
