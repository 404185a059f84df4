//! Whose call it is.
//!
//! A client's machine says who its users are, and within a label nobody else could: all of it is one
//! virtual machine. It means something only where objects have owners, and nothing between labels.

use labelgate_engine::tree::Caller;

use crate::rpc::Credential;

/// Who a call says it is made by. One that names nobody is nobody's.
pub(super) fn caller_of(credential: &Credential<'_>) -> Caller {
    match credential {
        Credential::Sys(sys) => Caller::new(sys.uid, sys.gid, sys.gids.as_slice()),
        Credential::None => Caller::NOBODY,
    }
}
