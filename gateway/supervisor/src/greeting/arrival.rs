//! A connection of which it is not known whose it is, or what it wants.

use std::net::SocketAddr;
use std::sync::Arc;

use labelgate_control::{Greet, Protocol};
use tokio::net::TcpStream;

use super::authority::How;
use super::dialogue::Stage;
use crate::config::Identity;

/// A connection of which it is not known whose it is, or what it wants.
#[derive(Debug)]
pub struct Arrival {
    /// What it is called in every record.
    pub number: u64,
    /// The socket, from which nothing was read.
    pub stream: TcpStream,
    /// The client's address.
    pub peer: SocketAddr,
    /// The address of ours that it reached.
    pub local: SocketAddr,
    /// Who it is by its address. Without this it has to prove who it is.
    pub known: Option<Arc<Identity>>,
    /// What it is to speak.
    pub protocol: Protocol,
}

impl Arrival {
    /// What its greeter is told.
    pub fn greet(&self) -> Greet {
        Greet {
            connection: self.number,
            peer: self.peer,
            local: self.local,
            protocol: self.protocol,
        }
    }

    /// Where its login begins.
    pub fn stage(&self) -> Stage {
        match (self.protocol, &self.known) {
            (Protocol::Iscsi { .. }, Some(identity)) => {
                Stage::Proven(Arc::clone(identity), How::Address)
            }
            (Protocol::Iscsi { .. }, None) => Stage::Fresh,
            (Protocol::Portmap(_), _) => Stage::Asking,
            (Protocol::Rpc(_), _) => Stage::Unmounted,
        }
    }
}
