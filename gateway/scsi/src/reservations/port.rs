//! Who an I_T nexus's initiator is.

use std::fmt;
use std::rc::Rc;

use labelgate_wire::Reader;

use crate::Sense;

/// The initiator port of an I_T nexus, and who proved to be behind it.
///
/// > RFC 7143, 4.4.1: the "initiator port name" is the iSCSI initiator name, ",i,0x" and the ISID
/// > in hexadecimal (in substance).
///
/// Anybody can claim a name: that another identity has claimed the same one does not make it the
/// same nexus here. The target port is one per image, so that the initiator port is all there is to
/// tell nexuses apart by.
#[derive(Clone, PartialEq, Eq)]
pub struct InitiatorPort {
    isid: [u8; 6],
    name: Rc<str>,
    identity: Rc<str>,
}

/// PROTOCOL IDENTIFIER 5, iSCSI, and FORMAT CODE 01b: a port, not a device (SPC-4 7.5.4.6).
const ISCSI_PORT: u8 = 0x45;

/// The separator, 0x, and twelve digits.
const SUFFIX: u16 = 5 + 12;

/// iSCSI names are at most this long (RFC 7143 4.2.7.1).
const MAX_NAME: u16 = 223;

/// The longest TransportID: four bytes, a name, its suffix and a null, padded.
pub(super) const MAX_TRANSPORT_ID: u16 = 4 + (MAX_NAME + SUFFIX + 1).next_multiple_of(4);

impl InitiatorPort {
    /// The port `isid` of the initiator `name`, as `identity` has proved to be.
    #[must_use]
    pub fn new(identity: &str, name: &str, isid: [u8; 6]) -> Self {
        Self {
            isid,
            name: name.into(),
            identity: identity.into(),
        }
    }

    /// Who proved to be behind it.
    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    /// The initiator's iSCSI name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn isid(&self) -> [u8; 6] {
        self.isid
    }

    /// Whether a TransportID names it.
    pub(super) fn is_named(&self, named: &TransportId<'_>) -> bool {
        self.isid == named.isid && self.name.eq_ignore_ascii_case(named.name)
    }

    /// Its TransportID (SPC-4 7.5.4.6): "null-terminated, null-padded", at least 20 bytes of it, and
    /// a multiple of four.
    pub(super) fn transport_id(&self) -> Vec<u8> {
        let mut name = self.to_string().into_bytes();
        name.resize((name.len() + 1).next_multiple_of(4).max(20), 0);
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let mut data = vec![ISCSI_PORT, 0];
        data.extend(length.to_be_bytes());
        data.extend(name);
        data
    }
}

impl fmt::Display for InitiatorPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: String = self.name.chars().take(usize::from(MAX_NAME)).collect();
        let [a, b, c, d, e, g] = self.isid;
        write!(f, "{name},i,0x{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{g:02x}")
    }
}

impl fmt::Debug for InitiatorPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} of {}", self.identity)
    }
}

/// A port as a parameter list names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransportId<'a> {
    name: &'a str,
    isid: [u8; 6],
}

impl<'a> TransportId<'a> {
    /// Parses a TransportID that starts at byte `at` of its parameter list.
    pub(super) fn parse(bytes: &'a [u8], at: u16) -> Result<Self, Sense> {
        let mut reader = Reader::new(bytes);
        let format = reader.u8()?;
        reader.skip(1)?;
        let length = reader.u16()?;
        let text = reader.take(usize::from(length))?;
        // A device without a port (FORMAT CODE 00b) is no nexus.
        if format != ISCSI_PORT {
            return Err(Sense::invalid_parameter(at, None));
        }
        // "The ADDITIONAL LENGTH field [...] shall be at least 20 [and] a multiple of four."
        if length < 20 || !length.is_multiple_of(4) || length > MAX_TRANSPORT_ID {
            return Err(Sense::invalid_parameter(at.saturating_add(2), None));
        }
        Self::of_text(text).ok_or(Sense::invalid_parameter(at.saturating_add(4), None))
    }

    fn of_text(text: &'a [u8]) -> Option<Self> {
        let end = text.iter().position(|&byte| byte == 0)?;
        let (text, padding) = text.split_at_checked(end)?;
        if padding.iter().any(|&byte| byte != 0) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        let (name, isid) = text.split_once(",i,0x")?;
        if name.is_empty() || isid.len() != 12 || !isid.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let number = u64::from_str_radix(isid, 16).ok()?;
        let [_, _, a, b, c, d, e, f] = number.to_be_bytes();
        let isid = [a, b, c, d, e, f];
        Some(Self { name, isid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISID: [u8; 6] = [0x80, 0x12, 0x34, 0, 0, 0xab];

    #[test]
    fn a_port_is_named_as_rfc_7143_says_and_known_again_by_that() {
        let port = InitiatorPort::new("vm", "iqn.2008-11.org.linux-kvm:vm", ISID);

        let bytes = port.transport_id();

        let text = b"iqn.2008-11.org.linux-kvm:vm,i,0x8012340000ab\0\0\0";
        assert_eq!(bytes[..4], [0x45, 0, 0, 48]);
        assert_eq!(bytes[4..], text[..]);
        let named = TransportId::parse(&bytes, 24).unwrap();
        assert!(port.is_named(&named));
        assert!(!InitiatorPort::new("vm", "iqn.2008-11.org.linux-kvm:vm", [0; 6]).is_named(&named));
        assert!(!InitiatorPort::new("vm", "iqn.other", ISID).is_named(&named));
    }

    #[test]
    fn another_identity_with_the_same_name_is_another_nexus() {
        let one = InitiatorPort::new("one", "iqn.x", ISID);

        assert_ne!(one, InitiatorPort::new("two", "iqn.x", ISID));
        assert_eq!(one, InitiatorPort::new("one", "iqn.x", ISID));
    }

    #[test]
    fn what_names_no_port_is_refused_where_it_is_wrong() {
        let whole = InitiatorPort::new("vm", "iqn.2008-11.org:vm", ISID).transport_id();
        let refused = |change: fn(&mut Vec<u8>)| {
            let mut bytes = whole.clone();
            change(&mut bytes);
            TransportId::parse(&bytes, 24).unwrap_err()
        };

        assert_eq!(refused(|b| b[0] = 0x05), Sense::invalid_parameter(24, None));
        assert_eq!(refused(|b| b[0] = 0x46), Sense::invalid_parameter(24, None));
        assert_eq!(refused(|b| b[3] -= 1), Sense::invalid_parameter(26, None));
        assert_eq!(refused(|b| b[3] = 16), Sense::invalid_parameter(26, None));
        for change in [
            (|b| b[4 + 18] = b';') as fn(&mut Vec<u8>),
            |b| b[4 + 30] = b'x',
            |b| b[4 + 2] = 0xff,
            |b| *b.last_mut().unwrap() = b'x',
        ] {
            assert_eq!(refused(change), Sense::invalid_parameter(28, None));
        }
        assert_eq!(
            refused(|b| b.truncate(20)),
            Sense::PARAMETER_LIST_LENGTH_ERROR
        );
    }
}
