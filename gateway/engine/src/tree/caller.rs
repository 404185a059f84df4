//! Whose call it is, where users are told apart.

/// How many groups a caller may have beside its own (RFC 5531, appendix A: AUTH_SYS has sixteen).
pub const MAX_GROUPS: usize = 16;

/// A user of a client's machine, as that says: within a label nobody else answers for it.
///
/// Only a tree that keeps real owners is told ([`super::TreeDescription::owners`]). To it, a caller is
/// what the kernel checks permissions by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub uid: u32,
    /// The user's group.
    pub gid: u32,
    count: usize,
    groups: [u32; MAX_GROUPS],
}

impl Caller {
    /// Who is nobody: what a call without a user is made by (`nobody`, `nogroup`).
    pub const NOBODY: Self = Self {
        uid: 65_534,
        gid: 65_534,
        count: 0,
        groups: [0; MAX_GROUPS],
    };

    /// A user with at most [`MAX_GROUPS`] further groups; what is beyond is left out.
    #[must_use]
    pub fn new(uid: u32, gid: u32, further: &[u32]) -> Self {
        let mut groups = [0; MAX_GROUPS];
        for (place, group) in groups.iter_mut().zip(further) {
            *place = *group;
        }
        Self {
            uid,
            gid,
            count: further.len().min(MAX_GROUPS),
            groups,
        }
    }

    /// Its groups beside its own.
    #[must_use]
    pub fn groups(&self) -> &[u32] {
        self.groups.get(..self.count).unwrap_or_default()
    }

    /// Whether it is in a group.
    #[must_use]
    pub fn is_in(&self, group: u32) -> bool {
        self.gid == group || self.groups().contains(&group)
    }
}
