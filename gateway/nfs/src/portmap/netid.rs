//! What clients call a transport (RFC 5665).

/// A network identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Netid {
    /// TCP over IPv4.
    Tcp,
    /// TCP over IPv6.
    Tcp6,
    /// UDP over IPv4.
    Udp,
    /// UDP over IPv6.
    Udp6,
}

impl Netid {
    /// The identifier.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tcp6 => "tcp6",
            Self::Udp => "udp",
            Self::Udp6 => "udp6",
        }
    }

    /// > NC_INET "inet" (RFC 1833, 2.1)
    ///
    /// The family of IPv6, which that list is too old for, is "inet6" everywhere.
    #[must_use]
    pub const fn protocol_family(self) -> &'static str {
        match self {
            Self::Tcp | Self::Udp => "inet",
            Self::Tcp6 | Self::Udp6 => "inet6",
        }
    }

    /// > NC_TCP "tcp", NC_UDP "udp" (RFC 1833, 2.1)
    #[must_use]
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::Tcp | Self::Tcp6 => "tcp",
            Self::Udp | Self::Udp6 => "udp",
        }
    }

    /// > NC_TPI_CLTS (1) Connectionless, NC_TPI_COTS_ORD (3) Connection oriented with graceful
    /// > close (RFC 1833, 2.1)
    #[must_use]
    pub const fn semantics(self) -> u32 {
        match self {
            Self::Tcp | Self::Tcp6 => 3,
            Self::Udp | Self::Udp6 => 1,
        }
    }
}
