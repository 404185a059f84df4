//! The parts of a session's and a connection's name.

/// Initiator session ID, unique among an initiator's sessions with one portal group
/// (RFC 7143, 11.12.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isid(pub [u8; 6]);

/// Target session identifying handle (RFC 7143, 11.12.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tsih(pub u16);

impl Tsih {
    /// In a login request: a new session. In a login response: none given yet.
    pub const NONE: Self = Self(0);
}

/// Connection ID within a session (RFC 7143, 11.12.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid(pub u16);

impl Isid {
    /// The two rows of a login PDU that hold ISID and TSIH.
    pub(super) const fn rows(self, tsih: Tsih) -> ([u8; 4], [u8; 4]) {
        let [a, b, c, d, e, f] = self.0;
        let [g, h] = tsih.0.to_be_bytes();
        ([a, b, c, d], [e, f, g, h])
    }

    pub(super) const fn from_rows([a, b, c, d]: [u8; 4], [e, f, g, h]: [u8; 4]) -> (Self, Tsih) {
        (Self([a, b, c, d, e, f]), Tsih(u16::from_be_bytes([g, h])))
    }
}
