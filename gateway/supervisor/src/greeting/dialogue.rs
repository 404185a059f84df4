//! What the supervisor and a greeter say to each other about one connection.
//!
//! ```text
//!   Chap:     Fresh ── Challenge ──▶ Challenged ── Answer, right ──▶ Proven ── Negotiated ──▶ done
//!   Address:  Proven ── Negotiated ──▶ done
//! ```
//!
//! The greeter may say `Refused` at any time. Everything else breaks the protocol, and so does
//! anything at all after a wrong answer but `Refused`.

use std::net::IpAddr;
use std::sync::Arc;

use labelgate_control::{
    Answer, ChapAlgorithm, FromGreeter, Negotiated, SupervisorEnd, ToGreeter, Verdict,
};
use tokio::sync::watch;

use super::authority::{Authority, How, Posed};
use super::failure::Failure;
use crate::config::{Identities, Identity};

/// How far a connection has proved itself.
#[derive(Debug)]
pub enum Stage {
    /// Nothing was asked.
    Fresh,
    /// It has a challenge to answer.
    Challenged(Posed),
    /// It is this identity.
    Proven(Arc<Identity>, How),
    /// It has not proved what it said, for this reason; its greeter tells it.
    Failed(Failure),
}

/// A login that is over but for its last response.
#[derive(Debug)]
pub struct Agreed {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// How that was proved.
    pub how: How,
    /// What it wants, and what its worker needs.
    pub negotiated: Negotiated,
}

/// What follows from something a greeter has said.
enum Heard {
    /// The login has come so far, and this is the answer.
    Next(Stage, ToGreeter),
    /// The login is over.
    Agreed(Agreed),
}

/// Judges what a greeter asks.
#[derive(Debug, Clone, Copy)]
pub struct Dialogue<'a> {
    /// Sets challenges and judges answers.
    pub authority: &'a Authority,
    /// Who is who at the moment.
    pub identities: &'a watch::Sender<Arc<Identities>>,
    /// Where the connection comes from.
    pub address: IpAddr,
}

impl Dialogue<'_> {
    /// Talks with a greeter that has been given its connection, until its login is over.
    /// `further` is told when the client has come further.
    pub async fn hold(
        self,
        greeter: &SupervisorEnd<ToGreeter>,
        mut stage: Stage,
        further: impl Fn(&Stage),
    ) -> Result<Agreed, Failure> {
        loop {
            let said = greeter.receive().await;
            let said = said.map_err(|error| Failure::Died(error.to_string()))?;
            let answer = match self.hear(stage, said).await? {
                Heard::Agreed(agreed) => return Ok(agreed),
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
                Ok(Heard::Agreed(Agreed {
                    identity,
                    how,
                    negotiated,
                }))
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
    }
}

#[cfg(test)]
mod tests;
