//! A client's bytes.

use labelgate_nfs::rpc::{Accepted, AuthSys, CallHeader, Credential, Gids, Reply, ReplyBody};
use labelgate_nfs::xdr::{Decoder, Encode, Encoder};
use labelgate_nfs::{mount, v3};

use super::results::Results;

pub const UNSTABLE: u32 = 0;
pub const DATA_SYNC: u32 = 1;
pub const FILE_SYNC: u32 = 2;

/// An answer of the server.
#[derive(Debug, Clone)]
pub struct Answer {
    pub xid: u32,
    pub body: ReplyBody,
    pub results: Vec<u8>,
}

impl Answer {
    /// The results of a call that was understood.
    pub fn results(self) -> Results {
        assert_eq!(self.body, ReplyBody::Accepted(Accepted::Success));
        Results::new(self.results)
    }

    /// What became of a call that was accepted.
    pub fn accepted(&self) -> Accepted {
        match self.body {
            ReplyBody::Accepted(accepted) => accepted,
            ReplyBody::Denied(denial) => panic!("{denial:?}"),
        }
    }
}

/// Whole answers, each in one fragment.
pub fn answers(mut output: &[u8]) -> Vec<Answer> {
    let mut found = Vec::new();
    while let Some((mark, rest)) = output.split_first_chunk() {
        let mark = u32::from_be_bytes(*mark);
        assert_ne!(mark >> 31, 0, "an answer has one fragment");
        let (record, rest) = rest.split_at((mark & 0x7fff_ffff) as usize);
        let mut decoder = Decoder::new(record);
        let reply: Reply = decoder.item().unwrap();
        found.push(Answer {
            xid: reply.xid,
            body: reply.body,
            results: decoder.rest().to_vec(),
        });
        output = rest;
    }
    assert!(output.is_empty(), "answers are whole");
    found
}

/// Arguments in the making.
#[derive(Default, Clone)]
pub struct Arguments(pub Vec<u8>);

impl Arguments {
    pub fn of(handle: &[u8]) -> Self {
        Self::default().opaque(handle)
    }
    pub fn u32(mut self, value: u32) -> Self {
        Encoder::new(&mut self.0).u32(value);
        self
    }
    pub fn u64(mut self, value: u64) -> Self {
        Encoder::new(&mut self.0).u64(value);
        self
    }
    pub fn opaque(mut self, bytes: &[u8]) -> Self {
        Encoder::new(&mut self.0).opaque(bytes);
        self
    }
}

/// The message of a call of any program.
pub fn message(xid: u32, numbers: [u32; 3], arguments: &[u8]) -> Vec<u8> {
    let [program, version, procedure] = numbers;
    let sys = AuthSys {
        stamp: 1,
        machine_name: b"vm",
        uid: 0,
        gid: 0,
        gids: Gids::default(),
    };
    let header = CallHeader {
        xid,
        program,
        version,
        procedure,
        credential: Credential::Sys(sys),
    };
    let mut bytes = header.to_bytes();
    bytes.extend_from_slice(arguments);
    bytes
}

pub fn nfs_message(xid: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
    message(xid, [v3::PROGRAM, v3::VERSION, procedure], arguments)
}

/// A message in one fragment.
pub fn record(message: &[u8]) -> Vec<u8> {
    fragment(message, true)
}

pub fn fragment(bytes: &[u8], last: bool) -> Vec<u8> {
    let mark = bytes.len() as u32 | u32::from(last) << 31;
    [&mark.to_be_bytes()[..], bytes].concat()
}

/// A message in fragments of at most so many bytes.
pub fn fragmented(message: &[u8], most: usize) -> Vec<u8> {
    let chunks: Vec<_> = message.chunks(most).collect();
    let last = chunks.len() - 1;
    let fragments = chunks.iter().enumerate();
    fragments.fold(Vec::new(), |mut bytes, (at, chunk)| {
        bytes.extend(fragment(chunk, at == last));
        bytes
    })
}

pub fn nfs(xid: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
    record(&nfs_message(xid, procedure, arguments))
}

pub fn mount(xid: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
    let numbers = [mount::PROGRAM, mount::VERSION, procedure];
    record(&message(xid, numbers, arguments))
}

pub fn read(handle: &[u8], offset: u64, count: u32) -> Vec<u8> {
    Arguments::of(handle).u64(offset).u32(count).0
}

pub fn write(handle: &[u8], offset: u64, stable: u32, data: &[u8]) -> Vec<u8> {
    let count = data.len() as u32;
    let head = Arguments::of(handle).u64(offset).u32(count).u32(stable);
    head.opaque(data).0
}

/// A READ of so much, as a record.
pub fn read_call(xid: u32, handle: &[u8], offset: u64, count: u32) -> Vec<u8> {
    nfs(xid, procedure::READ, &read(handle, offset, count))
}

/// A WRITE of this, as a record.
pub fn write_call(xid: u32, handle: &[u8], offset: u64, stable: u32, data: &[u8]) -> Vec<u8> {
    nfs(xid, procedure::WRITE, &write(handle, offset, stable, data))
}

/// SETATTR of the size and nothing else, with or without a guard.
pub fn set_size(handle: &[u8], size: u64, guard: Option<(u32, u32)>) -> Vec<u8> {
    let set = Arguments::of(handle).u32(0).u32(0).u32(0);
    let set = set.u32(1).u64(size).u32(0).u32(0);
    match guard {
        Some((seconds, nanoseconds)) => set.u32(1).u32(seconds).u32(nanoseconds).0,
        None => set.u32(0).0,
    }
}

/// A directory, and a name in it.
pub fn named(handle: &[u8], name: &[u8]) -> Vec<u8> {
    Arguments::of(handle).opaque(name).0
}

/// The numbers of the procedures.
pub mod procedure {
    pub const NULL: u32 = 0;
    pub const GETATTR: u32 = 1;
    pub const SETATTR: u32 = 2;
    pub const LOOKUP: u32 = 3;
    pub const ACCESS: u32 = 4;
    pub const READLINK: u32 = 5;
    pub const READ: u32 = 6;
    pub const WRITE: u32 = 7;
    pub const CREATE: u32 = 8;
    pub const MKDIR: u32 = 9;
    pub const SYMLINK: u32 = 10;
    pub const MKNOD: u32 = 11;
    pub const REMOVE: u32 = 12;
    pub const RMDIR: u32 = 13;
    pub const RENAME: u32 = 14;
    pub const LINK: u32 = 15;
    pub const READDIR: u32 = 16;
    pub const READDIRPLUS: u32 = 17;
    pub const FSSTAT: u32 = 18;
    pub const FSINFO: u32 = 19;
    pub const PATHCONF: u32 = 20;
    pub const COMMIT: u32 = 21;
}

/// The numbers of the statuses.
pub mod status {
    pub const OK: u32 = 0;
    pub const PERM: u32 = 1;
    pub const NOENT: u32 = 2;
    pub const IO: u32 = 5;
    pub const ACCES: u32 = 13;
    pub const EXIST: u32 = 17;
    pub const XDEV: u32 = 18;
    pub const NOTDIR: u32 = 20;
    pub const ISDIR: u32 = 21;
    pub const INVAL: u32 = 22;
    pub const FBIG: u32 = 27;
    pub const NOSPC: u32 = 28;
    pub const ROFS: u32 = 30;
    pub const NAMETOOLONG: u32 = 63;
    pub const NOTEMPTY: u32 = 66;
    pub const STALE: u32 = 70;
    pub const BADHANDLE: u32 = 10_001;
    pub const NOT_SYNC: u32 = 10_002;
    pub const BAD_COOKIE: u32 = 10_003;
    pub const TOOSMALL: u32 = 10_005;
    pub const BADTYPE: u32 = 10_007;
    pub const JUKEBOX: u32 = 10_008;
}
