//! The answer to a call whose file handle is no good.

use labelgate_nfs::rpc::Reply;
use labelgate_nfs::v3::{Attributes, Failure, Procedure, Status, WccData, link, rename};
use labelgate_nfs::xdr::Encode;

/// The whole message that says so, without attributes of anything.
pub(crate) fn reply(xid: u32, procedure: Procedure, status: Status) -> Vec<u8> {
    match procedure {
        Procedure::Null => Reply::success(xid, &()),
        Procedure::GetAttr => failed::<()>(xid, status),
        Procedure::Lookup
        | Procedure::Access
        | Procedure::ReadLink
        | Procedure::Read
        | Procedure::ReadDir
        | Procedure::ReadDirPlus
        | Procedure::FsStat
        | Procedure::FsInfo
        | Procedure::PathConf => failed::<Option<Attributes>>(xid, status),
        Procedure::SetAttr
        | Procedure::Write
        | Procedure::Create
        | Procedure::MkDir
        | Procedure::SymLink
        | Procedure::MkNod
        | Procedure::Remove
        | Procedure::RmDir
        | Procedure::Commit => failed::<WccData>(xid, status),
        Procedure::Rename => failed::<rename::Directories>(xid, status),
        Procedure::Link => failed::<link::FileAndDirectory>(xid, status),
    }
}

fn failed<F: Default + Encode>(xid: u32, status: Status) -> Vec<u8> {
    Reply::success(xid, &Failure::<F>::from(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// > The nfsstat3 type is returned with every procedure's results except for the NULL procedure.
    /// > (RFC 1813 2.5)
    ///
    /// What follows says that no attributes do, once for each object that the procedure has.
    #[test]
    fn each_procedure_has_its_own_form_of_a_failure() {
        let head = Reply::success(7, &());
        let results = |procedure| {
            let reply = reply(7, procedure, Status::Stale);
            assert_eq!(reply[..head.len()], head);
            reply[head.len()..].to_vec()
        };
        let words = |count: usize| [&[0, 0, 0, 70][..], &vec![0; 4 * count]].concat();
        assert_eq!(results(Procedure::GetAttr), words(0));
        assert_eq!(results(Procedure::FsInfo), words(1));
        assert_eq!(results(Procedure::Write), words(2));
        assert_eq!(results(Procedure::Rename), words(4));
        assert_eq!(results(Procedure::Link), words(3));
    }
}
