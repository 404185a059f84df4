//! The keys of RFC 7143, sections 12.1 and 13, and when each may be used.

/// A key of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// AuthMethod (12.1).
    AuthMethod,
    /// CHAP_A (12.1.3), the algorithms.
    ChapAlgorithm,
    /// CHAP_I (12.1.3), a challenge's identifier.
    ChapIdentifier,
    /// CHAP_C (12.1.3), a challenge.
    ChapChallenge,
    /// CHAP_N (12.1.3), whose secret answers it.
    ChapName,
    /// CHAP_R (12.1.3), the answer.
    ChapResponse,
    /// HeaderDigest (13.1).
    HeaderDigest,
    /// DataDigest (13.1).
    DataDigest,
    /// MaxConnections (13.2).
    MaxConnections,
    /// SendTargets (13.3).
    SendTargets,
    /// TargetName (13.4).
    TargetName,
    /// InitiatorName (13.5).
    InitiatorName,
    /// TargetAlias (13.6).
    TargetAlias,
    /// InitiatorAlias (13.7).
    InitiatorAlias,
    /// TargetAddress (13.8).
    TargetAddress,
    /// TargetPortalGroupTag (13.9).
    TargetPortalGroupTag,
    /// InitialR2T (13.10).
    InitialR2T,
    /// ImmediateData (13.11).
    ImmediateData,
    /// MaxRecvDataSegmentLength (13.12).
    MaxRecvDataSegmentLength,
    /// MaxBurstLength (13.13).
    MaxBurstLength,
    /// FirstBurstLength (13.14).
    FirstBurstLength,
    /// DefaultTime2Wait (13.15).
    DefaultTime2Wait,
    /// DefaultTime2Retain (13.16).
    DefaultTime2Retain,
    /// MaxOutstandingR2T (13.17).
    MaxOutstandingR2T,
    /// DataPDUInOrder (13.18).
    DataPduInOrder,
    /// DataSequenceInOrder (13.19).
    DataSequenceInOrder,
    /// ErrorRecoveryLevel (13.20).
    ErrorRecoveryLevel,
    /// SessionType (13.21).
    SessionType,
    /// TaskReporting (13.23).
    TaskReporting,
    /// iSCSIProtocolLevel (13.24).
    ProtocolLevel,
    /// IFMarker (13.25, obsolete).
    IfMarker,
    /// OFMarker (13.25, obsolete).
    OfMarker,
    /// IFMarkInt (13.25, obsolete).
    IfMarkInt,
    /// OFMarkInt (13.25, obsolete).
    OfMarkInt,
}

/// When an initiator may send a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In the SecurityNegotiation stage.
    Security,
    /// In the LoginOperationalNegotiation stage.
    Operational,
    /// In either stage of the login: who wants to talk to whom.
    Login,
    /// In the full feature phase.
    FullFeature,
    /// Never: only a target sends it.
    Never,
}

impl Key {
    /// Every key, with its name on the wire.
    const NAMES: [(Self, &'static str); 34] = [
        (Self::AuthMethod, "AuthMethod"),
        (Self::ChapAlgorithm, "CHAP_A"),
        (Self::ChapIdentifier, "CHAP_I"),
        (Self::ChapChallenge, "CHAP_C"),
        (Self::ChapName, "CHAP_N"),
        (Self::ChapResponse, "CHAP_R"),
        (Self::HeaderDigest, "HeaderDigest"),
        (Self::DataDigest, "DataDigest"),
        (Self::MaxConnections, "MaxConnections"),
        (Self::SendTargets, "SendTargets"),
        (Self::TargetName, "TargetName"),
        (Self::InitiatorName, "InitiatorName"),
        (Self::TargetAlias, "TargetAlias"),
        (Self::InitiatorAlias, "InitiatorAlias"),
        (Self::TargetAddress, "TargetAddress"),
        (Self::TargetPortalGroupTag, "TargetPortalGroupTag"),
        (Self::InitialR2T, "InitialR2T"),
        (Self::ImmediateData, "ImmediateData"),
        (Self::MaxRecvDataSegmentLength, "MaxRecvDataSegmentLength"),
        (Self::MaxBurstLength, "MaxBurstLength"),
        (Self::FirstBurstLength, "FirstBurstLength"),
        (Self::DefaultTime2Wait, "DefaultTime2Wait"),
        (Self::DefaultTime2Retain, "DefaultTime2Retain"),
        (Self::MaxOutstandingR2T, "MaxOutstandingR2T"),
        (Self::DataPduInOrder, "DataPDUInOrder"),
        (Self::DataSequenceInOrder, "DataSequenceInOrder"),
        (Self::ErrorRecoveryLevel, "ErrorRecoveryLevel"),
        (Self::SessionType, "SessionType"),
        (Self::TaskReporting, "TaskReporting"),
        (Self::ProtocolLevel, "iSCSIProtocolLevel"),
        (Self::IfMarker, "IFMarker"),
        (Self::OfMarker, "OFMarker"),
        (Self::IfMarkInt, "IFMarkInt"),
        (Self::OfMarkInt, "OFMarkInt"),
    ];

    /// The key with this name; `None` for vendors' (`X-`), extensions and all others unknown.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::NAMES.into_iter().find(|&(_, known)| known == name);
        found.map(|(key, _)| key)
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = Self::NAMES.into_iter().find(|&(key, _)| key == self);
        found.map_or("", |(_, name)| name)
    }

    /// When an initiator may send it. InitiatorAlias and MaxRecvDataSegmentLength may also be sent
    /// in the full feature phase.
    #[must_use]
    pub const fn when(self) -> When {
        match self {
            Self::AuthMethod
            | Self::ChapAlgorithm
            | Self::ChapIdentifier
            | Self::ChapChallenge
            | Self::ChapName
            | Self::ChapResponse => When::Security,
            Self::TargetName | Self::InitiatorName | Self::InitiatorAlias | Self::SessionType => {
                When::Login
            }
            Self::SendTargets => When::FullFeature,
            Self::TargetAlias | Self::TargetAddress | Self::TargetPortalGroupTag => When::Never,
            _ => When::Operational,
        }
    }

    /// Whether the standard says of it "Irrelevant when: SessionType=Discovery".
    #[must_use]
    pub const fn is_irrelevant_in_discovery(self) -> bool {
        matches!(
            self,
            Self::MaxConnections
                | Self::InitialR2T
                | Self::ImmediateData
                | Self::MaxBurstLength
                | Self::FirstBurstLength
                | Self::MaxOutstandingR2T
                | Self::DataPduInOrder
                | Self::DataSequenceInOrder
                | Self::TaskReporting
                | Self::ProtocolLevel
        )
    }
}
