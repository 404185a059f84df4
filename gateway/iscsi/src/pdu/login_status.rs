//! Status-Class and Status-Detail of a login response (RFC 7143, 11.13.5).

use std::fmt;

/// How a login stands. The class is the high byte of the code, the detail the low one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum LoginStatus {
    /// The login proceeds, or has succeeded.
    Success = 0x0000,
    /// The target is, for now, at the TargetAddress given.
    TargetMovedTemporarily = 0x0101,
    /// The target is for good at the TargetAddress given.
    TargetMovedPermanently = 0x0102,
    /// The initiator did something the standard does not allow.
    InitiatorError = 0x0200,
    /// The initiator could not be authenticated.
    AuthenticationFailure = 0x0201,
    /// The initiator may not use this target.
    AuthorizationFailure = 0x0202,
    /// There is no such target, or none for this initiator.
    NotFound = 0x0203,
    /// The target is gone, and no new address is known.
    TargetRemoved = 0x0204,
    /// No version both sides speak.
    UnsupportedVersion = 0x0205,
    /// The session has all the connections it may have.
    TooManyConnections = 0x0206,
    /// A key that must be sent was not.
    MissingParameter = 0x0207,
    /// The target cannot join this connection to the session.
    CannotIncludeInSession = 0x0208,
    /// The target does not serve this type of session.
    SessionTypeNotSupported = 0x0209,
    /// There is no session with this TSIH.
    SessionDoesNotExist = 0x020a,
    /// A request other than a login request came during login.
    InvalidRequestDuringLogin = 0x020b,
    /// The target has a fault.
    TargetError = 0x0300,
    /// The target does not serve at the moment.
    ServiceUnavailable = 0x0301,
    /// The target lacks memory or another resource.
    OutOfResources = 0x0302,
}

impl LoginStatus {
    /// Class in the high byte, detail in the low one.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// All that the standard defines.
    pub const ALL: [Self; 18] = [
        Self::Success,
        Self::TargetMovedTemporarily,
        Self::TargetMovedPermanently,
        Self::InitiatorError,
        Self::AuthenticationFailure,
        Self::AuthorizationFailure,
        Self::NotFound,
        Self::TargetRemoved,
        Self::UnsupportedVersion,
        Self::TooManyConnections,
        Self::MissingParameter,
        Self::CannotIncludeInSession,
        Self::SessionTypeNotSupported,
        Self::SessionDoesNotExist,
        Self::InvalidRequestDuringLogin,
        Self::TargetError,
        Self::ServiceUnavailable,
        Self::OutOfResources,
    ];
}

impl fmt::Display for LoginStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::TargetMovedTemporarily => "target moved temporarily",
            Self::TargetMovedPermanently => "target moved permanently",
            Self::InitiatorError => "initiator error",
            Self::AuthenticationFailure => "authentication failure",
            Self::AuthorizationFailure => "authorization failure",
            Self::NotFound => "target not found",
            Self::TargetRemoved => "target removed",
            Self::UnsupportedVersion => "unsupported version",
            Self::TooManyConnections => "too many connections",
            Self::MissingParameter => "missing parameter",
            Self::CannotIncludeInSession => "cannot include in session",
            Self::SessionTypeNotSupported => "session type not supported",
            Self::SessionDoesNotExist => "session does not exist",
            Self::InvalidRequestDuringLogin => "invalid request during login",
            Self::TargetError => "target error",
            Self::ServiceUnavailable => "service unavailable",
            Self::OutOfResources => "out of resources",
        })
    }
}
