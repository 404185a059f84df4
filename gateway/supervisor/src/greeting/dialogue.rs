//! What the supervisor and a greeter say to each other about one connection.
//!
//! ```text
//!   Chap:     Fresh ── Challenge ──▶ Challenged ── Answer, right ──▶ Proven ── Negotiated ──▶ done
//!   Address:  Proven ── Negotiated ──▶ done
//!             Proven ── Negotiated, and no room for a worker ──▶ Failed
//!   Rpc:      Unmounted ── Mount, good ──▶ Mounted ── Mount, good ──▶ Mounted
//!             Unmounted, Mounted ── Mount, good, of what only a worker knows ──▶ done
//!             Unmounted, Mounted ── Handle, good ──▶ done
//!             Unmounted, Mounted ── Ended ──▶ over
//!   Portmap:  Asking ── Ended ──▶ over
//! ```
//!
//! A mount proves who it is that mounts. Whose a connection is that goes on to files is proved by the
//! file handle that is shown on it. The greeter may say `Refused` at any time. Everything else breaks the protocol, and so does
//! anything at all after a wrong answer, token or handle but `Refused`.

use std::net::IpAddr;
use std::sync::Arc;

use labelgate_control::{
    Answer, Bytes, ChapAlgorithm, FromGreeter, HandleRefusal, MountRefusal, SupervisorEnd,
    ToGreeter, Verdict,
};
use tokio::sync::watch;

use super::authority::{Authority, How, Posed};
use super::exports::{At, Exports, Mounted};
use super::failure::Failure;
use crate::catalogue::Catalogue;
use crate::config::{Identities, Identity};
use crate::worker::{Lack, Login};

/// How far a connection has proved itself.
#[derive(Debug)]
pub enum Stage {
    /// Nothing was asked.
    Fresh,
    /// It has a challenge to answer.
    Challenged(Posed),
    /// It is this identity.
    Proven(Arc<Identity>, How),
    /// It may mount, or show a file handle.
    Unmounted,
    /// It has mounted with the token of this identity, and may do so again, or show a file handle.
    Mounted(Arc<Identity>),
    /// It may ask for ports, of which nothing is heard here.
    Asking,
    /// It has not proved what it said, for this reason; its greeter tells it.
    Failed(Failure),
}

/// A connection of which it is known whose it is, and what it wants.
#[derive(Debug)]
pub struct Agreed {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// How that was proved.
    pub how: How,
    /// What it wants, and what its worker needs.
    pub login: Login,
}

impl Agreed {
    /// Whether its greeter can still tell the client that it is refused. An NFS client is told nothing,
    /// and asks again.
    const fn may_be_refused(&self) -> bool {
        matches!(self.login, Login::Negotiated { .. })
    }
}

/// What comes of a dialogue that does not fail.
#[derive(Debug)]
pub enum End {
    /// A worker has to go on with the connection.
    Agreed(Agreed),
    /// The client has got all that it wanted, and has closed the connection.
    Ended,
}

/// What follows from something a greeter has said.
enum Heard {
    /// The login has come so far, and this is the answer.
    Next(Stage, ToGreeter),
    /// There is nothing more to say.
    End(End),
}

/// Judges what a greeter asks.
#[derive(Debug, Clone, Copy)]
pub struct Dialogue<'a> {
    /// Sets challenges and judges answers.
    pub authority: &'a Authority,
    /// Judges tokens and file handles.
    pub exports: &'a Exports,
    /// Who is who at the moment.
    pub identities: &'a watch::Sender<Arc<Identities>>,
    /// What is to be served at the moment.
    pub images: &'a watch::Sender<Arc<Catalogue>>,
    /// Where the connection comes from.
    pub address: IpAddr,
}

impl Dialogue<'_> {
    /// Talks with a greeter that has been given its connection, until its login is over.
    /// `further` is told when the client has come further, and `room` asked whether a worker can
    /// go on with it.
    pub async fn hold(
        self,
        greeter: &SupervisorEnd<ToGreeter>,
        mut stage: Stage,
        (further, room): (impl Fn(&Stage), impl Fn(&Agreed) -> Result<(), Lack>),
    ) -> Result<End, Failure> {
        loop {
            let said = greeter.receive().await;
            let said = said.map_err(|error| Failure::Died(error.to_string()))?;
            let answer = match self.hear(stage, said).await? {
                Heard::End(End::Agreed(agreed)) if agreed.may_be_refused() => {
                    let Err(lack) = room(&agreed) else {
                        return Ok(End::Agreed(agreed));
                    };
                    stage = Stage::Failed(Failure::NoRoom(lack));
                    ToGreeter::NoRoom
                }
                Heard::End(end) => return Ok(end),
                Heard::Next(next, answer) => {
                    stage = next;
                    answer
                }
            };
            further(&stage);
            // If it is gone, that is heard next.
            let _ = greeter.send(answer).await;
        }
    }

    /// What follows from what the greeter has said; it has said nothing more if it is gone.
    async fn hear(self, stage: Stage, said: Option<FromGreeter>) -> Result<Heard, Failure> {
        match (stage, said) {
            (Stage::Fresh, Some(FromGreeter::Challenge { offered })) => {
                Ok(self.challenge(&offered))
            }
            (Stage::Challenged(posed), Some(FromGreeter::Answer(answer))) => {
                Ok(self.judge(posed, &answer).await)
            }
            (Stage::Proven(identity, how), Some(FromGreeter::Negotiated(negotiated))) => {
                let login = Login::Negotiated {
                    target: negotiated.target,
                    state: negotiated.login,
                };
                Ok(agreed(identity, how, login))
            }
            (
                Stage::Unmounted | Stage::Mounted(_),
                Some(FromGreeter::Mount { xid, token, rest }),
            ) => Ok(self.mount(&token, (xid, rest)).await),
            (Stage::Unmounted | Stage::Mounted(_), Some(FromGreeter::Handle(handle))) => {
                self.show(&handle).await
            }
            (Stage::Unmounted | Stage::Mounted(_) | Stage::Asking, Some(FromGreeter::Ended)) => {
                Ok(Heard::End(End::Ended))
            }
            (Stage::Failed(failure), None | Some(FromGreeter::Refused { .. })) => Err(failure),
            (_, None) => Err(Failure::Died("it closed its control socket".to_owned())),
            (_, Some(said)) => Err(end_of(said)),
        }
    }

    fn challenge(self, offered: &[ChapAlgorithm]) -> Heard {
        match self.authority.pose(offered) {
            Ok(posed) => {
                let message = posed.message();
                Heard::Next(Stage::Challenged(posed), message)
            }
            Err(failure) => refused(failure),
        }
    }

    async fn judge(self, posed: Posed, answer: &Answer) -> Heard {
        let identities = Arc::clone(&self.identities.borrow());
        let who = (&*identities, self.address);
        match self.authority.judge(posed, answer, who).await {
            Ok(proven) => {
                let reverse = proven.reverse;
                let verdict = ToGreeter::Verdict(Verdict::Granted { reverse });
                Heard::Next(Stage::Proven(proven.identity, proven.how), verdict)
            }
            Err(failure) => refused(failure),
        }
    }

    async fn mount(self, token: &[u8], (xid, path): (u32, Bytes<1024>)) -> Heard {
        let identities = Arc::clone(&self.identities.borrow());
        let who = (&*identities, self.address);
        let images = Arc::clone(&self.images.borrow());
        let trees = images.trees();
        match self.exports.mount(token, &path, who, trees).await {
            Ok(Mounted {
                identity,
                at: At::Root(root),
            }) => Heard::Next(Stage::Mounted(identity), ToGreeter::Mounted(Ok(root))),
            Ok(Mounted {
                identity,
                at: At::Within,
            }) => {
                let epoch = identity.epoch;
                agreed(identity, How::Token, Login::Mount { epoch, xid, path })
            }
            Err(failure) => {
                let told = match failure {
                    Failure::Path(_) => MountRefusal::NoEntry,
                    _ => MountRefusal::Access,
                };
                Heard::Next(Stage::Failed(failure), ToGreeter::Mounted(Err(told)))
            }
        }
    }

    async fn show(self, handle: &[u8]) -> Result<Heard, Failure> {
        let identities = Arc::clone(&self.identities.borrow());
        let who = (&*identities, self.address);
        let refusal = match self.exports.open(handle, who).await {
            Ok(identity) => {
                let login = Login::nfs(&identity);
                return Ok(agreed(identity, How::Handle, login));
            }
            Err(failure @ Failure::BadHandle(_)) => (failure, HandleRefusal::Malformed),
            Err(failure @ Failure::StaleHandle) => (failure, HandleRefusal::Stale),
            // It is good, and may be so again later: a client that is told nothing asks again, and
            // one that is told keeps no handle.
            Err(failure) => return Err(failure),
        };
        let (failure, told) = refusal;
        Ok(Heard::Next(
            Stage::Failed(failure),
            ToGreeter::HandleRefused(told),
        ))
    }
}

const fn agreed(identity: Arc<Identity>, how: How, login: Login) -> Heard {
    Heard::End(End::Agreed(Agreed {
        identity,
        how,
        login,
    }))
}

fn refused(failure: Failure) -> Heard {
    Heard::Next(Stage::Failed(failure), ToGreeter::Verdict(Verdict::Refused))
}

/// What a login ends with when a greeter says this, and it is not its turn to.
fn end_of(said: FromGreeter) -> Failure {
    match said {
        FromGreeter::Refused {
            initiator,
            target,
            reason,
        } => Failure::Refused {
            initiator,
            target,
            reason,
        },
        FromGreeter::Ready { .. } => Failure::Violation("ready again"),
        FromGreeter::Challenge { .. } => {
            Failure::Violation("a challenge is asked for once, and first")
        }
        FromGreeter::Answer(_) => Failure::Violation("an answer without a challenge"),
        FromGreeter::Negotiated(_) => Failure::Violation("a login without a proof"),
        FromGreeter::Mount { .. } => Failure::Violation("a mount where there is none"),
        FromGreeter::Handle(_) => Failure::Violation("a file handle where none is shown"),
        FromGreeter::Ended => Failure::Violation("an end of a login that is not over"),
    }
}

#[cfg(test)]
mod tests;
