//! Calls, laid out once: only their numbers change.

use clap::ValueEnum;
use labelgate_nfs::{
    record::Mark,
    rpc::{VERSION, flavor},
    v3,
    xdr::Encoder,
};

/// `msg_type` of a call (RFC 5531, 9).
const CALL: u32 = 0;
/// Where the xid is: behind the mark.
const XID: usize = Mark::SIZE;

/// Of NFS, what can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Procedure {
    /// Nothing is done.
    Null,
    /// The attributes of the file.
    #[value(name = "getattr")]
    GetAttr,
    /// READ.
    Read,
    /// WRITE, UNSTABLE.
    Write,
}

/// A call in a record of its own.
#[derive(Debug)]
pub struct Call {
    record: Vec<u8>,
    /// Where the offset is, if it has one.
    offset: Option<usize>,
}

impl Call {
    /// With these arguments, by root of a machine called "bench".
    pub fn new(
        (program, version): (u32, u32),
        procedure: u32,
        arguments: impl FnOnce(&mut Encoder<'_>),
    ) -> Self {
        let mut record = vec![0; Mark::SIZE];
        let mut e = Encoder::new(&mut record);
        for number in [0, CALL, VERSION, program, version, procedure, flavor::SYS] {
            e.u32(number);
        }
        let mut credential = Vec::new();
        auth_sys(&mut Encoder::new(&mut credential));
        e.opaque(&credential);
        e.u32(flavor::NONE);
        e.opaque(&[]);
        arguments(&mut e);
        let mark = Mark::whole(record.len() - Mark::SIZE).map(Mark::encode);
        if let (Some(place), Some(mark)) = (record.first_chunk_mut(), mark) {
            *place = mark;
        }
        Self {
            record,
            offset: None,
        }
    }

    /// Of a procedure, with `block` bytes if it moves any.
    pub fn of(procedure: Procedure, handle: &[u8], block: u32) -> Self {
        let mut offset = None;
        let number = match procedure {
            Procedure::Null => v3::Procedure::Null,
            Procedure::GetAttr => v3::Procedure::GetAttr,
            Procedure::Read => v3::Procedure::Read,
            Procedure::Write => v3::Procedure::Write,
        };
        let call = Self::new((v3::PROGRAM, v3::VERSION), number as u32, |e| {
            if procedure != Procedure::Null {
                e.opaque(handle);
            }
            if matches!(procedure, Procedure::Read | Procedure::Write) {
                offset = Some(e.written());
                e.u64(0);
                e.u32(block);
            }
            if procedure == Procedure::Write {
                e.item(&v3::write::Stability::Unstable);
                e.opaque(&vec![0x5a; usize::try_from(block).unwrap_or(0)]);
            }
        });
        Self { offset, ..call }
    }

    /// Gives it another number, and another offset if it has one.
    pub fn set(&mut self, xid: u32, offset: u64) {
        self.put(XID, xid.to_be_bytes());
        if let Some(place) = self.offset {
            self.put(place, offset.to_be_bytes());
        }
    }

    fn put<const N: usize>(&mut self, place: usize, bytes: [u8; N]) {
        let room = self.record.get_mut(place..).unwrap_or_default();
        if let Some(room) = room.first_chunk_mut() {
            *room = bytes;
        }
    }

    /// Its bytes.
    pub fn record(&self) -> &[u8] {
        &self.record
    }
}

/// > struct authsys_parms { unsigned int stamp; string machinename<255>; unsigned int uid; unsigned
/// > int gid; unsigned int gids<16>; }; (RFC 5531, appendix A)
fn auth_sys(e: &mut Encoder<'_>) {
    e.u32(0);
    e.opaque(b"bench");
    e.u32(0);
    e.u32(0);
    e.length(0);
}

#[cfg(test)]
mod tests {
    use labelgate_nfs::{
        rpc::{CallHeader, Credential, Parsed},
        v3::{Call as Read, Procedure as Number, decode_call},
        xdr::Decoder,
    };

    use super::*;

    #[test]
    fn a_call_has_the_number_and_the_place_it_was_given() {
        let mut call = Call::of(Procedure::Read, &[9; 5], 4096);
        call.set(7, 1 << 33);
        let (mark, message) = call.record().split_at(Mark::SIZE);
        assert_eq!(mark, Mark::whole(message.len()).unwrap().encode());
        let Ok(Parsed::Header(header, length)) = CallHeader::parse(message) else {
            panic!("no header");
        };
        assert_eq!(
            (header.xid, header.program, header.procedure),
            (7, 100_003, 6)
        );
        assert!(matches!(header.credential, Credential::Sys(_)));
        let mut decoder = Decoder::new(&message[length..]);
        let Ok(Read::Read(args)) = decode_call(Number::Read, &mut decoder) else {
            panic!("no READ");
        };
        assert_eq!(
            (args.file.as_bytes(), args.offset, args.count),
            (&[9; 5][..], 1 << 33, 4096)
        );
        assert!(decoder.finish().is_ok());
    }
}
