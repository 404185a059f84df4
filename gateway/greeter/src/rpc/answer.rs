//! What a call that is read here is answered.

use labelgate_nfs::mount::{self, DirPath, ExportList, MountList};
use labelgate_nfs::rpc::{Accepted, CallHeader, Parsed, Reply};
use labelgate_nfs::v3::{self, Procedure};
use labelgate_nfs::xdr::Encode;

use super::look::NO_CALL;
use crate::Fault;

/// What a call is answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<'a> {
    /// This.
    Reply(Vec<u8>),
    /// The handle of this path, if the supervisor has one.
    Mount {
        /// What the answer is to carry.
        xid: u32,
        /// The path.
        path: DirPath<'a>,
    },
}

/// What a message is answered that shows no file handle.
pub(crate) fn answer(message: &[u8]) -> Result<Answer<'_>, Fault> {
    let (header, length) = match CallHeader::parse(message) {
        Ok(Parsed::Header(header, length)) => (header, length),
        Ok(Parsed::Denied { xid, denial }) => {
            return Ok(Answer::Reply(Reply::denied(xid, denial).to_bytes()));
        }
        Ok(Parsed::Need(_)) | Err(_) => return Err(Fault::Client(NO_CALL)),
    };
    let arguments = message.get(length..).unwrap_or_default();
    let answered = match header.program {
        v3::PROGRAM => nfs(&header),
        mount::PROGRAM => mounts(&header, arguments),
        _ => Err(Accepted::ProgUnavail),
    };
    Ok(answered.unwrap_or_else(|why| Answer::Reply(Reply::accepted(header.xid, why).to_bytes())))
}

/// A call of NFS that shows no file handle: NULL, or none at all.
fn nfs(header: &CallHeader<'_>) -> Result<Answer<'static>, Accepted> {
    if header.version != v3::VERSION {
        return Err(Accepted::ProgMismatch {
            low: v3::VERSION,
            high: v3::VERSION,
        });
    }
    match Procedure::from_number(header.procedure) {
        Some(Procedure::Null) => Ok(Answer::Reply(Reply::success(header.xid, &()))),
        Some(_) => Err(Accepted::GarbageArgs),
        None => Err(Accepted::ProcUnavail),
    }
}

fn mounts<'a>(header: &CallHeader<'_>, arguments: &'a [u8]) -> Result<Answer<'a>, Accepted> {
    let xid = header.xid;
    Ok(match mount::Call::parse(header, arguments)? {
        mount::Call::Mnt(path) => Answer::Mount { xid, path },
        // What there is, is told to nobody who has not proved who it is; nor who has mounted it.
        mount::Call::Export => Answer::Reply(Reply::success(xid, &ExportList::default())),
        mount::Call::Dump => Answer::Reply(Reply::success(xid, &MountList::default())),
        mount::Call::Null | mount::Call::Umnt(_) | mount::Call::UmntAll => {
            Answer::Reply(Reply::success(xid, &()))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use labelgate_nfs::mount::procedure;
    use labelgate_nfs::rpc::{Credential, Denial};

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

    fn replied(message: &[u8]) -> Vec<u8> {
        match answer(message) {
            Ok(Answer::Reply(reply)) => reply,
            other => panic!("{other:?}"),
        }
    }

    const NFS: (u32, u32) = (v3::PROGRAM, v3::VERSION);
    const MOUNT: (u32, u32) = (mount::PROGRAM, mount::VERSION);
    const PATH: &[u8] = &[0, 0, 0, 3, b'/', b'v', b'm', 0];

    #[test]
    fn null_is_answered_with_nothing() {
        let nothing = Reply::success(7, &());
        assert_eq!(replied(&call(NFS, 0, &[])), nothing);
        assert_eq!(replied(&call(MOUNT, 0, &[])), nothing);
        assert_eq!(replied(&call(MOUNT, procedure::UMNT, PATH)), nothing);
        assert_eq!(replied(&call(MOUNT, procedure::UMNTALL, &[])), nothing);
    }

    #[test]
    fn lists_are_empty() {
        let end = Reply::success(7, &0_u32);
        assert_eq!(replied(&call(MOUNT, procedure::EXPORT, &[])), end);
        assert_eq!(replied(&call(MOUNT, procedure::DUMP, &[])), end);
    }

    #[test]
    fn a_path_is_the_supervisors_to_judge() {
        let path = DirPath::new(b"/vm").unwrap();
        let mount = call(MOUNT, procedure::MNT, PATH);
        assert_eq!(answer(&mount).unwrap(), Answer::Mount { xid: 7, path });
    }

    #[test]
    fn other_versions_programs_and_procedures_are_told_so() {
        let refused = |accepted| Reply::accepted(7, accepted).to_bytes();
        let mismatch = refused(Accepted::ProgMismatch { low: 3, high: 3 });
        for version in [2, 4] {
            assert_eq!(replied(&call((v3::PROGRAM, version), 0, &[])), mismatch);
            assert_eq!(replied(&call((mount::PROGRAM, version), 0, &[])), mismatch);
        }
        let unavailable = refused(Accepted::ProgUnavail);
        assert_eq!(replied(&call((100_227, 3), 0, &[])), unavailable);
        let unknown = refused(Accepted::ProcUnavail);
        assert_eq!(replied(&call(NFS, 22, &[])), unknown);
        let garbage = refused(Accepted::GarbageArgs);
        assert_eq!(replied(&call(NFS, 1, &[])), garbage);
        let mut other = call(NFS, 0, &[]);
        other[11] = 3;
        let denied = Reply::denied(7, Denial::RpcMismatch).to_bytes();
        assert_eq!(replied(&other), denied);
    }
}
