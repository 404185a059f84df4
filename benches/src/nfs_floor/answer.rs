//! What each call is answered.

use std::{io, net::SocketAddr};

use labelgate_nfs::{
    handle, mount,
    portmap::{self, Services, Transport},
    record::Mark,
    rpc::{Accepted, CallHeader, Parsed, Reply},
    v3::{self, Attributes, DeviceNumber, FileHandle, FileType, Mode, Status, Time},
    xdr::{Decoder, Encode, Encoder},
};

/// The most that one READ has.
pub const TRANSFER: usize = 1 << 20;
/// The handle of everything.
const HANDLE: [u8; handle::LENGTH] = [7; handle::LENGTH];

/// Appends the answer to a call, but for the data of a READ: how many bytes of it follow.
pub fn to(call: &[u8], local: SocketAddr, size: u64, out: &mut Vec<u8>) -> io::Result<usize> {
    let Ok(Parsed::Header(header, length)) = CallHeader::parse(call) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no call"));
    };
    let arguments = call.get(length..).unwrap_or_default();
    let start = out.len();
    out.extend_from_slice(&[0; Mark::SIZE]);
    let data = match header.program {
        portmap::PROGRAM => {
            let services = services(local);
            let answer = portmap::answer(&header, arguments, &services, Transport::Tcp);
            out.extend(answer.unwrap_or_default());
            0
        }
        mount::PROGRAM => {
            mount(&header, arguments, out);
            0
        }
        _ => nfs(&header, arguments, size, out),
    };
    let mark = Mark::whole(out.len() - start - Mark::SIZE + data).map(Mark::encode);
    let place = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut);
    if let (Some(place), Some(mark)) = (place, mark) {
        *place = mark;
    }
    Ok(data)
}

/// Everything is at the port that was called.
fn services(local: SocketAddr) -> Services {
    Services {
        nfs_port: local.port(),
        mount_port: local.port(),
        portmap_port: local.port(),
        udp: false,
        local: local.ip(),
        time: 0,
    }
}

fn mount(header: &CallHeader<'_>, arguments: &[u8], out: &mut Vec<u8>) {
    match mount::Call::parse(header, arguments) {
        Ok(mount::Call::Mnt(_)) => {
            let mounted = mount::MntReply::Mounted(mount::Mounted(HANDLE));
            success(header.xid, &mounted, out);
        }
        Ok(mount::Call::Export) => success(header.xid, &mount::ExportList::default(), out),
        Ok(_) => success(header.xid, &(), out),
        Err(why) => refused(header.xid, why, out),
    }
}

fn nfs(header: &CallHeader<'_>, arguments: &[u8], size: u64, out: &mut Vec<u8>) -> usize {
    let xid = header.xid;
    let Some(procedure) = v3::Procedure::from_number(header.procedure) else {
        refused(xid, Accepted::ProcUnavail, out);
        return 0;
    };
    let Ok(call) = v3::decode_call(procedure, &mut Decoder::new(arguments)) else {
        refused(xid, Accepted::GarbageArgs, out);
        return 0;
    };
    let attributes = attributes(size);
    match call {
        v3::Call::Null => success(xid, &(), out),
        v3::Call::GetAttr(_) => {
            success::<v3::getattr::Reply>(xid, &Ok(v3::getattr::Success { attributes }), out);
        }
        v3::Call::Lookup(_) => success(xid, &lookup(), out),
        v3::Call::Access(args) => success::<v3::access::Reply>(xid, &allowed(args), out),
        v3::Call::FsInfo(_) => success::<v3::fsinfo::Reply>(xid, &file_system(), out),
        v3::Call::Commit(_) => success(xid, &committed(), out),
        v3::Call::Read(args) => return read(xid, args, size, out),
        v3::Call::Write(head) => success(xid, &written(&head, attributes), out),
        _ => {
            let failed: v3::Reply<(), ()> = Err(Status::NotSupp.into());
            success(xid, &failed, out);
        }
    }
    0
}

fn lookup() -> v3::lookup::Reply<'static> {
    let object = FileHandle::new(&HANDLE).ok_or(Status::ServerFault)?;
    Ok(v3::lookup::Success {
        object,
        attributes: None,
        dir: None,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "what is answered is either")]
const fn allowed(args: v3::access::Args<'_>) -> v3::access::Reply {
    Ok(v3::access::Success {
        attributes: None,
        access: args.access,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "what is answered is either")]
fn file_system() -> v3::fsinfo::Reply {
    let most = u32::try_from(TRANSFER).unwrap_or(u32::MAX);
    let transfer = v3::fsinfo::TransferSize {
        max: most,
        preferred: most,
        multiple: 4096,
    };
    Ok(v3::fsinfo::Success {
        attributes: None,
        read: transfer,
        write: transfer,
        readdir_preferred: most,
        max_file_size: u64::MAX,
        time_delta: Time::default(),
        properties: v3::fsinfo::Properties::default(),
    })
}

#[expect(
    clippy::unnecessary_wraps,
    clippy::result_large_err,
    reason = "what is answered is either"
)]
fn committed() -> v3::commit::Reply {
    Ok(v3::commit::Success {
        file: v3::WccData::default(),
        verifier: v3::WriteVerifier([0; v3::WRITE_VERIFIER]),
    })
}

/// Blocks are whole words, so that no padding follows.
fn read(xid: u32, args: v3::read::Args<'_>, size: u64, out: &mut Vec<u8>) -> usize {
    let most = u32::try_from(TRANSFER).unwrap_or(u32::MAX);
    let count = args.count.min(most) & !3;
    let results: v3::read::Reply = Ok(v3::read::OkHead {
        attributes: None,
        count,
        eof: args.offset + u64::from(count) >= size,
    });
    success(xid, &results, out);
    usize::try_from(count).unwrap_or(0)
}

#[expect(
    clippy::result_large_err,
    reason = "what the standard has in a failure"
)]
fn written(head: &v3::write::Head<'_>, attributes: Attributes) -> v3::write::Reply {
    Ok(v3::write::Success {
        file: v3::WccData {
            before: None,
            after: Some(attributes),
        },
        count: head.count,
        committed: head.stable,
        verifier: v3::WriteVerifier([0; v3::WRITE_VERIFIER]),
    })
}

fn attributes(size: u64) -> Attributes {
    Attributes {
        file_type: FileType::Regular,
        mode: Mode::new(0o600),
        nlink: 1,
        uid: 0,
        gid: 0,
        size,
        used: size,
        rdev: DeviceNumber::default(),
        fsid: 1,
        fileid: 1,
        atime: Time::default(),
        mtime: Time::default(),
        ctime: Time::default(),
    }
}

fn success<T: Encode + ?Sized>(xid: u32, results: &T, out: &mut Vec<u8>) {
    let mut e = Encoder::new(out);
    e.item(&Reply::accepted(xid, Accepted::Success));
    e.item(results);
}

fn refused(xid: u32, why: Accepted, out: &mut Vec<u8>) {
    Encoder::new(out).item(&Reply::accepted(xid, why));
}
