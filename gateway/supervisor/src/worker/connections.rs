//! The connections of a label: those that wait, and those that its worker serves.

use std::collections::{HashMap, VecDeque};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use labelgate_control::{Bytes, Services, Text};
use labelgate_mac::Label;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::config::{Identities, Identity};
use crate::sources::{LabelPlace, SourcePlace};

/// More connections than this do not wait for a label's worker.
const LONGEST_QUEUE: usize = 256;
/// A connection does not wait longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// An accepted connection whose label is known.
#[derive(Debug)]
pub struct Candidate {
    /// What it is called in every record and by its worker.
    pub number: u64,
    /// The socket.
    pub stream: TcpStream,
    /// The client's address.
    pub peer: SocketAddr,
    /// The address of ours that it reached.
    pub local: SocketAddr,
    /// Who it is.
    pub identity: Arc<Identity>,
    /// The label it is served under: its identity's own, or that of a group.
    pub label: Label,
    /// How far its login has come.
    pub login: Login,
    /// Its place among its source's connections, and among its label's.
    #[expect(dead_code, reason = "it is there to be dropped with the connection")]
    pub places: (SourcePlace, LabelPlace),
}

/// How far a connection's login has come.
#[derive(Debug)]
pub enum Login {
    /// Nothing was read from it: whatever it wants, its own label's worker answers.
    Untouched,
    /// A greeter has done all of it but the last response.
    Negotiated {
        /// The target it asked for; `None` for discovery.
        target: Option<Text<223>>,
        /// What the worker needs to go on, and nobody else looks into.
        state: Bytes<1536>,
    },
    /// Nothing was read from it, and it is to speak RPC: its own label's worker answers.
    Rpc {
        /// What is in the file handles of its identity.
        epoch: u64,
        /// Where it is told that services are, if it is one that asks that.
        ports: Option<Services>,
    },
    /// A greeter has read one call from it, which its own label's worker answers: it mounts something
    /// in a tree, by a token that is good.
    Mount {
        /// What is in the file handles of its identity.
        epoch: u64,
        /// The number of that call.
        xid: u32,
        /// The path behind the token.
        path: Bytes<1024>,
    },
}

impl Login {
    /// That of a connection of this identity that speaks NFS.
    #[must_use]
    pub const fn nfs(identity: &Identity) -> Self {
        Self::Rpc {
            epoch: identity.epoch,
            ports: None,
        }
    }

    /// The target that it asked for, as far as it was heard.
    #[must_use]
    pub fn target(&self) -> Option<&Text<223>> {
        match self {
            Self::Negotiated { target, .. } => target.as_ref(),
            Self::Untouched | Self::Rpc { .. } | Self::Mount { .. } => None,
        }
    }
}

/// Why a connection that was let in is so no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLonger {
    /// Its identity is gone, or its proof is another's by now.
    #[error("it is no longer this identity's")]
    Identity,
    /// Its identity is served under another label, or the image is no longer open to it.
    #[error("what it wants is no longer open to its identity")]
    Label,
    /// No lease runs.
    #[error("no lease of its identity's label runs (any longer)")]
    Lease,
}

impl Candidate {
    /// The identity as it is now, if that still opens to the client what it was let in for.
    pub fn is_still<'a>(
        &'a self,
        identities: &'a Identities,
        now: SystemTime,
    ) -> Result<&'a Arc<Identity>, NoLonger> {
        let address = self.peer.ip();
        let current = identities
            .current(&self.identity, address)
            .ok_or(NoLonger::Identity)?;
        let target = self.login.target().map(Text::as_str);
        if *current.label_for(target) != self.label {
            return Err(NoLonger::Label);
        }
        if !identities.admit(current, address, now) {
            return Err(NoLonger::Lease);
        }
        Ok(current)
    }
}

/// Connections that wait for a worker.
#[derive(Debug, Default)]
pub struct Queue(VecDeque<(Instant, Candidate)>);

impl Queue {
    /// Adds a connection, unless too many wait already.
    pub fn push(&mut self, candidate: Candidate, now: Instant) -> Result<(), Box<Candidate>> {
        if self.0.len() >= LONGEST_QUEUE {
            return Err(Box::new(candidate));
        }
        self.0.push_back((now + PATIENCE, candidate));
        Ok(())
    }

    /// The connection that has waited longest.
    pub fn pop(&mut self) -> Option<Candidate> {
        self.0.pop_front().map(|(_, candidate)| candidate)
    }

    /// A connection that has waited too long.
    pub fn pop_expired(&mut self, now: Instant) -> Option<Candidate> {
        let expired = self.deadline().is_some_and(|deadline| deadline <= now);
        if expired { self.pop() } else { None }
    }

    /// Forgets connections whose clients have given up: no worker is started for them.
    pub fn forget_departed(&mut self) {
        self.0
            .retain(|(_, candidate)| !has_departed(&candidate.stream));
    }

    /// When the first will have waited too long.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.front().map(|&(deadline, _)| deadline)
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether the client has closed the connection, or reset it. Nothing that it sent is looked at.
pub fn has_departed(stream: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(stream, PollFlags::RDHUP)];
    // ERR and HUP are reported without being asked for.
    poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// A connection that the worker serves.
#[derive(Debug)]
pub struct Live {
    /// Who it is. Its `stream` is the supervisor's copy of the socket, to cut it with.
    pub candidate: Candidate,
    /// The target it is logged in to, as its greeter or its worker says.
    pub target: Option<Text<223>>,
    /// Whether it was counted among those that a revocation ends.
    counted: bool,
    /// When the worker must have given it up, once it has been cut.
    until: Option<Instant>,
}

/// The connections that the worker serves, by their numbers.
#[derive(Debug, Default)]
pub struct Connections(HashMap<u64, Live>);

impl Connections {
    /// Adds a connection that the worker has been given.
    pub fn insert(&mut self, connection: u64, candidate: Candidate) {
        let target = candidate.login.target().cloned();
        let live = Live {
            candidate,
            target,
            counted: false,
            until: None,
        };
        self.0.insert(connection, live);
    }

    /// A connection by its number.
    #[must_use]
    pub fn get(&self, connection: u64) -> Option<&Live> {
        self.0.get(&connection)
    }

    /// Notes which target a connection has logged in to.
    pub fn note_login(&mut self, connection: u64, target: &Text<223>) {
        if let Some(live) = self.0.get_mut(&connection) {
            live.target = Some(target.clone());
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Live> {
        self.0.values()
    }

    /// Counts those that end because their image is taken away, as far as their worker says which
    /// that is.
    pub fn count_on(&mut self, target: &Text<223>) -> usize {
        self.count(|live| live.target.as_ref() == Some(target))
    }

    /// Counts those that end with their worker.
    pub fn count_all(&mut self) -> usize {
        self.count(|_| true)
    }

    /// Counts connections that have not been counted before.
    fn count(&mut self, which: impl Fn(&Live) -> bool) -> usize {
        let mut count = 0;
        for live in self.0.values_mut() {
            if !live.counted && which(live) {
                live.counted = true;
                count += 1;
            }
        }
        count
    }

    /// Whether one may stay when these targets are gone: one that has not been cut and is not known
    /// to be on one of them.
    #[must_use]
    pub fn one_stays(&self, gone: &[Text<223>]) -> bool {
        let leaves = |target: &Text<223>| gone.contains(target);
        let stays = |live: &Live| live.until.is_none() && !live.target.as_ref().is_some_and(leaves);
        self.0.values().any(stays)
    }

    /// Forgets a connection, which ends it if the worker has let go of it.
    pub fn remove(&mut self, connection: u64) -> Option<Live> {
        self.0.remove(&connection)
    }

    /// Ends and forgets all of them: the worker that had them is reaped.
    pub fn clear(&mut self) {
        for (_, live) in self.0.drain() {
            // Whoever else may have a copy of the socket: its client hears of the end now.
            let _ = live.candidate.stream.shutdown(Shutdown::Both);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Cuts every connection whose client is no longer who it was, and answers their numbers.
    ///
    /// The socket itself is shut down, with which the client's access ends at once and whatever
    /// the worker thinks of it.
    pub fn cut_strangers(&mut self, identities: &Identities, until: Instant) -> Vec<u64> {
        let now = SystemTime::now();
        let mut cut = Vec::new();
        for (&connection, live) in &mut self.0 {
            if live.until.is_none() && live.candidate.is_still(identities, now).is_err() {
                // It fails when the client is gone already.
                let _ = live.candidate.stream.shutdown(Shutdown::Both);
                live.until = Some(until);
                live.counted = true;
                cut.push(connection);
            }
        }
        cut
    }

    /// Cuts every connection.
    pub fn cut_all(&mut self, until: Instant) {
        for live in self.0.values_mut() {
            // It fails when the client is gone already.
            let _ = live.candidate.stream.shutdown(Shutdown::Both);
            live.until.get_or_insert(until);
        }
    }

    /// Whether one has been cut that the worker has not given up yet.
    #[must_use]
    pub fn is_one_cut(&self) -> bool {
        self.deadline().is_some()
    }

    /// When the next one that has been cut must have been given up.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.values().filter_map(|live| live.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;

    #[test]
    fn a_client_that_has_closed_its_connection_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        accepted.set_nonblocking(true).unwrap();

        assert!(!has_departed(&accepted));
        client.write_all(b"login").unwrap();
        assert!(!has_departed(&accepted));
        drop(client);
        let deadline = Instant::now() + Duration::from_secs(10);
        while !has_departed(&accepted) {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        assert_eq!(accepted.peek(&mut [0; 16]).unwrap(), 5, "nothing was taken");
    }
}
