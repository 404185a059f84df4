//! A look at a call that still lies in the socket.

use labelgate_control::Bytes;
use labelgate_nfs::record::Mark;
use labelgate_nfs::rpc::{CallHeader, LONGEST as LONGEST_HEADER, Parsed};
use labelgate_nfs::v3::{self, FileHandle, Procedure};
use labelgate_nfs::xdr::{Decoder, Malformed};

use crate::Fault;

/// Nobody sends a call in more fragments: those who write the header of one apart make two.
pub(crate) const MOST_FRAGMENTS: usize = 8;

/// As many bytes decide on every call: its header, its file handle, and the marks between.
pub(crate) const MOST_PEEKED: usize =
    MOST_FRAGMENTS * Mark::SIZE + LONGEST_HEADER + 4 + v3::MAX_HANDLE;

/// What is said of a client that speaks something else.
pub(crate) const NO_CALL: &str = "a message that is no RPC call";

/// What the first bytes of a call say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing yet.
    More,
    /// It is to be read and answered here.
    Whole,
    /// It shows a file handle.
    Shown(Shown),
}

/// A call that shows a file handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What an answer is to carry.
    pub(crate) xid: u32,
    /// What is called.
    pub(crate) procedure: Procedure,
    /// The file handle.
    pub(crate) handle: Bytes<64>,
}

/// What the bytes say that have come of a record. What is said is not taken back when more come.
pub(crate) fn look(bytes: &[u8]) -> Result<Look, Fault> {
    let front = Front::of(bytes)?;
    let more = |why| match front.is_whole {
        true => Err(Fault::Client(why)),
        false => Ok(Look::More),
    };
    match CallHeader::parse(&front.message) {
        Err(_) => Err(Fault::Client(NO_CALL)),
        Ok(Parsed::Need(_)) => more("a call that ends before its header does"),
        Ok(Parsed::Denied { .. }) => Ok(Look::Whole),
        Ok(Parsed::Header(header, length)) => {
            let Some(procedure) = shows_handle(&header) else {
                return Ok(Look::Whole);
            };
            let arguments = front.message.get(length..).unwrap_or_default();
            match Decoder::new(arguments).item::<FileHandle<'_>>() {
                Ok(handle) => Ok(Look::Shown(Shown {
                    xid: header.xid,
                    procedure,
                    // A file handle has no more than 64.
                    handle: Bytes::try_from(handle.as_bytes()).unwrap_or_default(),
                })),
                Err(Malformed::Truncated) if !front.is_whole => Ok(Look::More),
                // The client is told so.
                Err(_) => Ok(Look::Whole),
            }
        }
    }
}

/// The procedure that is called, if its arguments begin with a file handle: all of NFS do, but
/// those of NULL.
fn shows_handle(header: &CallHeader<'_>) -> Option<Procedure> {
    if (header.program, header.version) != (v3::PROGRAM, v3::VERSION) {
        return None;
    }
    let procedure = Procedure::from_number(header.procedure)?;
    (procedure != Procedure::Null).then_some(procedure)
}

/// As much of a message as has come, without the marks.
struct Front {
    message: Vec<u8>,
    /// Whether that is all of it.
    is_whole: bool,
}

impl Front {
    fn of(mut bytes: &[u8]) -> Result<Self, Fault> {
        let mut front = Self {
            message: Vec::new(),
            is_whole: false,
        };
        for _ in 0..MOST_FRAGMENTS {
            let Some((mark, rest)) = bytes.split_first_chunk() else {
                return Ok(front);
            };
            let mark = Mark::parse(*mark);
            let length = usize::try_from(mark.length()).unwrap_or(usize::MAX);
            let Some((fragment, rest)) = rest.split_at_checked(length) else {
                front.message.extend(rest);
                return Ok(front);
            };
            front.message.extend(fragment);
            if mark.is_last() {
                front.is_whole = true;
                return Ok(front);
            }
            bytes = rest;
        }
        Err(Fault::Client("a call in more pieces than anyone makes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use labelgate_nfs::mount;
    use labelgate_nfs::rpc::Credential;
    use labelgate_nfs::xdr::Encode;

    fn call((program, version): (u32, u32), procedure: u32, arguments: &[u8]) -> Vec<u8> {
        let header = CallHeader {
            xid: 7,
            program,
            version,
            procedure,
            credential: Credential::None,
        };
        [&header.to_bytes(), arguments].concat()
    }

    fn record(message: &[u8]) -> Vec<u8> {
        [&Mark::whole(message.len()).unwrap().encode(), message].concat()
    }

    /// The same in pieces of so many bytes.
    fn fragments(message: &[u8], size: usize) -> Vec<u8> {
        let pieces: Vec<&[u8]> = message.chunks(size).collect();
        let (last, pieces) = pieces.split_last().unwrap();
        let mark = |piece: &[u8], last| {
            let length = u32::try_from(piece.len()).unwrap();
            Mark::new(length, last).unwrap().encode()
        };
        let marked = pieces
            .iter()
            .flat_map(|piece| [&mark(piece, false), *piece].concat());
        let mut bytes: Vec<u8> = marked.collect();
        bytes.extend([&mark(last, true), *last].concat());
        bytes
    }

    const NFS: (u32, u32) = (v3::PROGRAM, v3::VERSION);

    fn getattr(handle: &[u8]) -> Vec<u8> {
        let handle = FileHandle::new(handle).unwrap().to_bytes();
        call(NFS, Procedure::GetAttr.number(), &handle)
    }

    fn shown(handle: &[u8]) -> Look {
        Look::Shown(Shown {
            xid: 7,
            procedure: Procedure::GetAttr,
            handle: Bytes::try_from(handle).unwrap(),
        })
    }

    #[test]
    fn a_handle_is_seen_once_all_of_it_is_there() {
        for handle in [&[5; 48][..], &[5; 64], &[5; 3], &[]] {
            let bytes = record(&getattr(handle));
            for length in 0..bytes.len() {
                assert_eq!(look(&bytes[..length]).unwrap(), Look::More, "{length}");
            }
            assert_eq!(look(&bytes).unwrap(), shown(handle));
            let more = [&bytes[..], &[9; 100]].concat();
            assert_eq!(look(&more).unwrap(), shown(handle));
        }
    }

    /// The data of a write, which may be megabytes, is not waited for.
    #[test]
    fn what_follows_the_handle_of_a_long_call_is_not_looked_at() {
        let mut message = getattr(&[5; 48]);
        message.resize(1 << 20, 0);
        let bytes = record(&message);
        assert_eq!(look(&bytes[..MOST_PEEKED]).unwrap(), shown(&[5; 48]));
    }

    #[test]
    fn a_call_in_pieces_is_one_call() {
        let message = getattr(&[5; 48]);
        for size in [message.len().div_ceil(MOST_FRAGMENTS), 40, 60, 91] {
            let bytes = fragments(&message, size);
            assert!(bytes.len() <= MOST_PEEKED);
            assert_eq!(look(&bytes).unwrap(), shown(&[5; 48]), "{size}");
        }
        let error = look(&fragments(&message, 8)).unwrap_err();
        assert!(matches!(error, Fault::Client(_)), "{error}");
    }

    #[test]
    fn every_other_call_is_to_be_read() {
        let too_long = [&[0, 0, 0, 65][..], &[0; 68]].concat();
        for message in [
            call(NFS, 0, &[]),
            call(NFS, 22, &[0; 8]),
            call((v3::PROGRAM, 4), 1, &[0; 8]),
            call((mount::PROGRAM, mount::VERSION), 1, &[0; 4]),
            call((100_227, 3), 1, &[0; 8]),
            // No file handle has 65 bytes, and none ends before it does.
            call(NFS, 1, &too_long),
            call(NFS, 1, &[0, 0, 0, 8, 1]),
            call(NFS, 1, &[]),
        ] {
            assert_eq!(look(&record(&message)).unwrap(), Look::Whole);
        }
    }

    #[test]
    fn what_is_no_call_is_the_clients_fault() {
        let mut reply = call(NFS, 0, &[]);
        reply[7] = 1;
        let request = b"GET / HTTP/1.1\r\n\r\n";
        for bytes in [&record(&reply)[..], request] {
            let error = look(bytes).unwrap_err();
            assert!(matches!(error, Fault::Client(NO_CALL)), "{error}");
        }
        // Of another RPC, which is told so.
        assert_eq!(look(&record(&[0; 12])).unwrap(), Look::Whole);
    }
}
