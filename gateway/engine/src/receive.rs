//! What a connection is to receive next.

use std::net::SocketAddr;

use labelgate_buffers::Buffer;

/// The longest [`Receive::Header`] an engine may ask for, in bytes.
pub const MAX_HEADER: usize = 4096;

/// What is known of a connection when it is handed over: who it is was settled by the supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The client's address.
    pub peer: SocketAddr,
    /// The address of ours that it reached.
    pub local: SocketAddr,
    /// The identity that got it its label; sessions of different identities never touch.
    pub identity: String,
    /// How far its login has come.
    pub login: Login,
    /// What this identity may open on other labels, by the names of the protocol: it is shown
    /// to whoever asks what there is.
    pub granted: Vec<String>,
}

/// How far a connection's login has come when it is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Login {
    /// Nothing has been read from it, and no proof is to be asked for: whose it is is known.
    #[default]
    Untouched,
    /// Another process has led the login to its end, but for the last answer. These bytes of the
    /// protocol's own say what was agreed upon. Whoever wrote them had a stranger's bytes before
    /// it: the engine checks them like a stranger's.
    Negotiated(Vec<u8>),
    /// It speaks RPC, nothing has been read from it, and no proof is to be asked for.
    Rpc {
        /// What is in the file handles of its identity.
        epoch: u64,
        /// Where it is told that services are, if it may ask that (RFC 1833).
        ports: Option<Ports>,
    },
    /// It speaks RPC, and another process has read one call from it: to mount a path (RFC 1813,
    /// 5.2.1). It is still to be answered.
    Mount {
        /// What is in the file handles of its identity.
        epoch: u64,
        /// The number of that call.
        xid: u32,
        /// The path, as a stranger has sent it.
        path: Vec<u8>,
    },
}

/// Where RPC services are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// NFS's port.
    pub nfs: u16,
    /// MOUNT's port.
    pub mount: u16,
}

/// What a connection is to receive next. There is exactly one per connection at any time.
#[derive(Debug)]
pub enum Receive {
    /// The next `n` bytes (1 to [`MAX_HEADER`]), contiguous, for the engine to parse.
    Header {
        /// How many bytes.
        n: usize,
    },
    /// The next `n` bytes into `buffer` at `offset`, then `trailer` more bytes (padding and
    /// digest; may be zero) that the engine is shown.
    Payload {
        /// How many bytes of payload; may be zero.
        n: usize,
        /// Where they go; handed back with [`Received::Payload`].
        buffer: Buffer,
        /// Where in the buffer they start. `offset + n` is within the buffer.
        offset: usize,
        /// How many bytes follow the payload, at most 16.
        trailer: usize,
    },
    /// The next `n` bytes are dropped.
    Discard {
        /// How many bytes; may be zero.
        n: usize,
    },
    /// Nothing is read until an [`crate::Action::Receive`] says so: the connection has no credit.
    Pause,
}

/// What has arrived.
#[derive(Debug)]
pub enum Received<'a> {
    /// The bytes of a [`Receive::Header`].
    Header(&'a [u8]),
    /// A [`Receive::Payload`] has landed.
    Payload {
        /// The buffer it landed in.
        buffer: Buffer,
        /// The bytes behind the payload.
        trailer: &'a [u8],
    },
    /// A [`Receive::Discard`] is done.
    Discarded,
}
