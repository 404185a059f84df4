//! Weak cache consistency: wcc_attr and wcc_data (RFC 1813, 2.5).

use super::{Attributes, Time};
use crate::xdr::{Encode, Encoder};

/// What an object was like before an operation: wcc_attr, and as an `Option` a pre_op_attr.
///
/// > This is the subset of pre-operation attributes needed to better support the weak cache
/// > consistency semantics. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WccAttributes {
    /// > Size is the file size in bytes of the object before the operation.
    pub size: u64,
    /// > Mtime is the time of last modification of the object before the operation.
    pub mtime: Time,
    /// > Ctime is the time of last change to the attributes of the object before the operation.
    pub ctime: Time,
}

/// What an object was like before and after an operation: wcc_data.
///
/// > In order to support the weak cache consistency model, the server will need to be able to get
/// > the pre-operation attributes of the object, perform the intended modify operation, and then
/// > get the post-operation attributes atomically. (RFC 1813 2.5)
///
/// So `before` is there only if nothing else can have come in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WccData {
    /// What it was like before.
    pub before: Option<WccAttributes>,
    /// What it is like after.
    pub after: Option<Attributes>,
}

impl From<&Attributes> for WccAttributes {
    fn from(attributes: &Attributes) -> Self {
        Self {
            size: attributes.size,
            mtime: attributes.mtime,
            ctime: attributes.ctime,
        }
    }
}

impl Encode for WccAttributes {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u64(self.size);
        e.item(&self.mtime);
        e.item(&self.ctime);
    }
}

impl Encode for WccData {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.before);
        e.item(&self.after);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{ATTRIBUTES, NO_WCC_BYTES, WCC, hex, wcc_bytes};
    use super::*;

    #[test]
    fn what_was_before_comes_before_what_is_after() {
        assert_eq!(WCC.to_bytes(), hex(&wcc_bytes()));
    }

    #[test]
    fn either_may_be_missing() {
        assert_eq!(WccData::default().to_bytes(), hex(NO_WCC_BYTES));
    }

    #[test]
    fn size_mtime_and_ctime_are_kept_of_what_was_before() {
        assert_eq!(
            WccAttributes::from(&ATTRIBUTES),
            WccAttributes {
                size: ATTRIBUTES.size,
                mtime: ATTRIBUTES.mtime,
                ctime: ATTRIBUTES.ctime,
            }
        );
    }
}
