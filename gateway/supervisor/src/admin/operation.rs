//! What a request leads to, from the right to change something to the record of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use labelgate_api::{ErrorCode, Revocation};
use tokio::sync::{Semaphore, watch};

use super::caller::Caller;
use super::claim::Claim;
use super::failure::Denied;
use super::queue::Queue;
use crate::audit::{Decision, Event, Record, Throttle};
use crate::state::{Changed, State, Turn};

/// Images that are being filled at a time, at most: each has a process.
const FILLINGS: usize = 8;
/// How long an answer waits for its record to be on its way to the disk.
const RECORD_PATIENCE: Duration = Duration::from_secs(2);
/// Records of requests by those who may not: so many per second, and at once.
const DENIALS: (u32, u32) = (5, 50);

/// What every request is answered with.
#[derive(Debug, Clone)]
pub(super) struct Office {
    pub(super) state: Arc<State>,
    /// Becomes true when the gateway stops: answers that have no end of their own end then.
    pub(super) stop: watch::Receiver<bool>,
    /// Since when the gateway runs.
    pub(super) since: Timestamp,
    /// Rations the records of those who may not ask.
    pub(super) denials: Arc<Throttle>,
    /// Places for images that are being filled.
    pub(super) fillings: Arc<Semaphore>,
    queue: Arc<Queue>,
    /// What is asked for: nothing, of the office that all requests come to.
    claim: Option<Claim>,
}

impl Office {
    pub(super) fn new(state: Arc<State>, stop: watch::Receiver<bool>) -> Self {
        Self {
            state,
            stop,
            since: Timestamp::now(),
            denials: Arc::new(Throttle::new(DENIALS.0, DENIALS.1)),
            fillings: Arc::new(Semaphore::new(FILLINGS)),
            queue: Queue::new(),
            claim: None,
        }
    }

    /// The same for who asks for this.
    pub(super) fn of(&self, claim: Claim) -> Self {
        Self {
            claim: Some(claim),
            ..self.clone()
        }
    }

    /// Does something when it is its turn, and to its end even if the client does not wait. Who asks
    /// for it has to have the right to it then, too.
    pub(super) async fn operate<T, F, W>(&self, work: F) -> Result<T, Denied>
    where
        T: Send + 'static,
        F: FnOnce(Turn) -> W + Send + 'static,
        W: Future<Output = Result<T, Denied>> + Send + 'static,
    {
        self.operate_as(move |turn, _| work(turn)).await
    }

    /// The same for what depends on who asks, which is said as it is by then.
    pub(super) async fn operate_as<T, F, W>(&self, work: F) -> Result<T, Denied>
    where
        T: Send + 'static,
        F: FnOnce(Turn, Caller) -> W + Send + 'static,
        W: Future<Output = Result<T, Denied>> + Send + 'static,
    {
        let nobody = || Denied::new(ErrorCode::Internal, "nobody asks for this operation");
        let claim = self.claim.clone().ok_or_else(nobody)?;
        let place = self.queue.enter(claim.caller().host_name())?;
        let office = self.clone();
        let done = tokio::spawn(async move {
            let front = place.front().await;
            let turn = office.state.turn().await;
            drop(front);
            let caller = claim.granted(&office)?.caller().clone();
            work(turn, caller).await
        });
        done.await
            .unwrap_or_else(|error| Err(Denied::new(ErrorCode::Internal, error)))
    }

    /// Ends what an operation has begun, when it is its turn: that is not refused, lest what was begun
    /// stays as it is. It is told whether who asked has the right to it still.
    pub(super) async fn settle<T, F, W>(&self, work: F) -> Result<T, Denied>
    where
        T: Send + 'static,
        F: FnOnce(Turn, Result<(), Denied>) -> W + Send + 'static,
        W: Future<Output = Result<T, Denied>> + Send + 'static,
    {
        let nobody = || Denied::new(ErrorCode::Internal, "nobody asks for this operation");
        let office = self.clone();
        let done = tokio::spawn(async move {
            let turn = office.state.turn().await;
            let claim = office.claim.as_ref().ok_or_else(nobody);
            let still = claim.and_then(|claim| claim.granted(&office).map(drop));
            work(turn, still).await
        });
        done.await
            .unwrap_or_else(|error| Err(Denied::new(ErrorCode::Internal, error)))
    }
}

/// Writes down what became of what an admin asked for. The record is on its way before the answer.
pub(super) async fn recorded<T>(
    record: Record<'_>,
    result: Result<T, Denied>,
) -> Result<T, Denied> {
    let record = match &result {
        Ok(_) => record,
        Err(denied) => Record {
            decision: Decision::Deny,
            reason: Some(&denied.0.message),
            ..record
        },
    };
    record.write_through(RECORD_PATIENCE).await;
    result
}

/// A record of what an admin asks for. It says that it was done, unless it is changed.
pub(super) const fn record<'a>(event: Event, asked_by: &'a str) -> Record<'a> {
    Record::new(event, Decision::Allow).asked_by(asked_by)
}

/// Writes down what was ended for a change, and answers that; an error if it is not certain that
/// all of it has.
pub(super) async fn revocation(changed: &Changed, about: Record<'_>) -> Result<Revocation, Denied> {
    let reason = format!(
        "{} workers were killed{}",
        changed.ended.workers,
        match changed.complete {
            true => "",
            false => "; not all of it has ended yet",
        }
    );
    if changed.ended.sessions > 0 || changed.ended.workers > 0 || !changed.complete {
        let record = Record {
            event: Event::Revocation,
            decision: Decision::Note,
            count: Some(changed.ended.sessions),
            milliseconds: Some(changed.milliseconds),
            ..about
        };
        record.reason(&reason).write_through(RECORD_PATIENCE).await;
    }
    if !changed.complete {
        return Err(Denied::not_ended());
    }
    Ok(Revocation {
        sessions_ended: changed.ended.sessions,
        workers_killed: changed.ended.workers,
        milliseconds: changed.milliseconds,
    })
}
