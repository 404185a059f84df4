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
    pub async fn hold(
        self,
        greeter: &SupervisorEnd<ToGreeter>,
        mut stage: Stage,
    ) -> Result<Agreed, Failure> {
        loop {
            let said = greeter.receive().await;
            let Some(said) = said.map_err(|error| Failure::Died(error.to_string()))? else {
                return Err(match stage {
                    Stage::Failed(failure) => failure,
                    _ => Failure::Died("it closed its control socket".to_owned()),
                });
            };
            let (next, answer) = match (stage, said) {
                (Stage::Fresh, FromGreeter::Challenge { offered }) => self.challenge(&offered),
                (Stage::Challenged(posed), FromGreeter::Answer(answer)) => {
                    self.judge(posed, &answer).await
                }
                (Stage::Proven(identity, how), FromGreeter::Negotiated(negotiated)) => {
                    return Ok(Agreed {
                        identity,
                        how,
                        negotiated,
                    });
                }
                (Stage::Failed(failure), FromGreeter::Refused { .. }) => return Err(failure),
                (
                    _,
                    FromGreeter::Refused {
                        initiator,
                        target,
                        reason,
                    },
                ) => {
                    return Err(Failure::Refused {
                        initiator,
                        target,
                        reason,
                    });
                }
                (_, FromGreeter::Ready { .. }) => return Err(Failure::Violation("ready again")),
                (_, FromGreeter::Challenge { .. }) => {
                    return Err(Failure::Violation(
                        "a challenge is asked for once, and first",
                    ));
                }
                (_, FromGreeter::Answer(_)) => {
                    return Err(Failure::Violation("an answer without a challenge"));
                }
                (_, FromGreeter::Negotiated(_)) => {
                    return Err(Failure::Violation("a login without a proof"));
                }
            };
            stage = next;
            // If it is gone, that is heard next.
            let _ = greeter.send(answer).await;
        }
    }

    fn challenge(self, offered: &[ChapAlgorithm]) -> (Stage, ToGreeter) {
        match self.authority.pose(offered) {
            Ok(posed) => {
                let message = posed.message();
                (Stage::Challenged(posed), message)
            }
            Err(failure) => refused(failure),
        }
    }

    async fn judge(self, posed: Posed, answer: &Answer) -> (Stage, ToGreeter) {
        let identities = Arc::clone(&self.identities.borrow());
        let who = (&*identities, self.address);
        match self.authority.judge(posed, answer, who).await {
            Ok(proven) => {
                let reverse = proven.reverse;
                let verdict = ToGreeter::Verdict(Verdict::Granted { reverse });
                (Stage::Proven(proven.identity, proven.how), verdict)
            }
            Err(failure) => refused(failure),
        }
    }
}

fn refused(failure: Failure) -> (Stage, ToGreeter) {
    (Stage::Failed(failure), ToGreeter::Verdict(Verdict::Refused))
}

#[cfg(test)]
mod tests;
