//! Who may connect to the admin socket: root and two groups, which a file's mode has no room for.
//!
//! > The access ACL ... is stored in the extended attribute system.posix_acl_access (acl(5),
//! > xattr(7); its layout: `include/uapi/linux/posix_acl_xattr.h`)

use std::io;
use std::path::Path;

use rustix::fs::{XattrFlags, setxattr};

const ATTRIBUTE: &str = "system.posix_acl_access";
/// POSIX_ACL_XATTR_VERSION.
const VERSION: u32 = 2;
/// ACL_READ | ACL_WRITE: what connect(2) to a socket needs is the right to write.
const MAY_CONNECT: u16 = 6;
/// ACL_UNDEFINED_ID.
const NO_ID: u32 = u32::MAX;

// ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK, ACL_OTHER.
const OWNER: u16 = 0x01;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHERS: u16 = 0x20;

/// Lets the owner and these groups connect to a socket, and nobody else.
pub(super) fn admit(socket: &Path, groups: &[u32]) -> io::Result<()> {
    Ok(setxattr(
        socket,
        ATTRIBUTE,
        &encode(groups),
        XattrFlags::empty(),
    )?)
}

fn encode(groups: &[u32]) -> Vec<u8> {
    let mut groups = groups.to_vec();
    // The kernel wants each once, in order.
    groups.sort_unstable();
    groups.dedup();
    let named = groups.into_iter().map(|group| (GROUP, MAY_CONNECT, group));
    let mut entries = vec![(OWNER, MAY_CONNECT, NO_ID), (OWNING_GROUP, 0, NO_ID)];
    entries.extend(named);
    entries.extend([(MASK, MAY_CONNECT, NO_ID), (OTHERS, 0, NO_ID)]);
    let mut list = VERSION.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    #[test]
    fn the_kernel_takes_the_list_and_shows_its_mask_as_the_mode() {
        let directory = tempfile::TempDir::new().unwrap();
        let socket = directory.path().join("s");
        let _listener = UnixListener::bind(&socket).unwrap();
        admit(&socket, &[4711, 42, 4711]).unwrap();
        let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        let mut list = [0; 64];
        let length = rustix::fs::getxattr(&socket, ATTRIBUTE, &mut list).unwrap();
        assert_eq!(list[..length], encode(&[42, 4711]));
    }
}
