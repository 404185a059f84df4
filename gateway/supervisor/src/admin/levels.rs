//! Levels: labels that are given to somebody and to nobody else.

use std::collections::BTreeSet;

use axum::Json;
use jiff::Timestamp;
use labelgate_api::{self as api, AllocateLevel, Done, ErrorCode, LabelChoice, LevelPath, Levels};
use labelgate_mac::{Categories, Category, Label};
use labelgate_registry::{Allocation, Change, Level, Purpose};

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::failure::{Answer, Denied};
use super::operation::{Office, record, recorded};
use crate::audit::Event;
use crate::state::Turn;

pub(super) async fn list(office: Office) -> Answer<Levels> {
    let snapshot = &office.state.in_force().snapshot;
    let levels = snapshot.levels.values().map(describe);
    let levels = levels.collect::<Result<_, _>>()?;
    Ok(Json(Levels { levels }))
}

pub(super) async fn allocate(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<AllocateLevel>,
) -> Answer<api::Level> {
    office
        .operate(async move |turn| {
            let within = range(asked.lowest, asked.highest)?;
            let label = give(&turn, &asked_by, asked.for_whom.as_str(), within).await?;
            let snapshot = &turn.state().in_force().snapshot;
            let level = snapshot.levels.get(&label);
            let level = level.ok_or_else(|| Denied::not_found("level", &label))?;
            describe(level).map(Json)
        })
        .await
}

/// A level that nothing uses any more still has a worker while that is not idle for long enough:
/// it is killed first, so that whoever gets the level next meets nothing of it.
pub(super) async fn release(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(LevelPath { label }): InPath<LevelPath>,
) -> Answer<Done> {
    office
        .operate(async move |turn| {
            let label = label.get();
            let record = record(Event::LevelRelease, &asked_by).label(label);
            recorded(record, let_go(&turn, label).await).await?;
            Ok(Json(Done {}))
        })
        .await
}

/// Releases a level once nothing is left of its worker.
pub(super) async fn let_go(turn: &Turn, label: &Label) -> Result<(), Denied> {
    let release = Change::ReleaseLevel(label.clone());
    turn.check(&release)?;
    let killed = turn.kill_worker(label, "its level is released").await;
    if !killed.complete {
        let message = "a worker of the level, or its last I/O, has not ended yet";
        return Err(Denied::new(ErrorCode::NotEnded, message)
            .hint("the level stays allocated until it has; try again later"));
    }
    turn.change(release).await?;
    Ok(())
}

/// A label that was chosen, or was allocated for this.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) label: Label,
    pub(super) allocated: bool,
}

impl Chosen {
    /// Gives back a label that was allocated for what did not come to be.
    pub(super) async fn keep_if<T>(
        self,
        turn: &Turn,
        result: Result<T, Denied>,
    ) -> Result<T, Denied> {
        if result.is_err()
            && self.allocated
            && let Err(error) = turn.change(Change::ReleaseLevel(self.label.clone())).await
        {
            tracing::warn!("the level {} stays allocated: {error}", self.label);
        }
        result
    }
}

/// The label that was chosen; if that is left to us, one that no other has.
pub(super) async fn choose(
    turn: &Turn,
    asked_by: &str,
    choice: LabelChoice,
    for_whom: &str,
) -> Result<Chosen, Denied> {
    match choice {
        LabelChoice::Given(label) => Ok(Chosen {
            label: label.into(),
            allocated: false,
        }),
        LabelChoice::Auto => Ok(Chosen {
            label: give(turn, asked_by, for_whom, None).await?,
            allocated: true,
        }),
    }
}

async fn give(
    turn: &Turn,
    asked_by: &str,
    for_whom: &str,
    within: Option<Categories>,
) -> Result<Label, Denied> {
    let in_force = turn.state().in_force();
    let reserved: BTreeSet<Label> = in_force.declared_labels().cloned().collect();
    let within = in_force.config.own_categories(within);
    let allocation = Allocation {
        for_whom: Purpose::clean(for_whom),
        since: Timestamp::now(),
        reserved,
        within,
    };
    let allocated = turn.change(Change::AllocateLevel(allocation)).await;
    let allocated = allocated.map_err(Denied::from).and_then(|changed| {
        let none = || Denied::new(ErrorCode::Internal, "no level was allocated");
        changed.allocated.ok_or_else(none)
    });
    let record = record(Event::LevelAllocate, asked_by).reason(for_whom);
    match allocated {
        Ok(label) => {
            recorded(record.label(&label), Ok(())).await?;
            Ok(label)
        }
        Err(denied) => recorded(record, Err(denied)).await,
    }
}

/// The categories from the lowest to the highest; `None` if neither is given.
fn range(lowest: Option<u16>, highest: Option<u16>) -> Result<Option<Categories>, Denied> {
    if lowest.is_none() && highest.is_none() {
        return Ok(None);
    }
    let last = Category::COUNT.saturating_sub(1);
    let (lowest, highest) = (lowest.unwrap_or(0), highest.unwrap_or(last));
    if highest > last {
        let message = format!("there is no category {highest}; the highest is {last}");
        return Err(Denied::new(ErrorCode::Invalid, message));
    }
    Ok(Some((lowest..=highest).filter_map(Category::new).collect()))
}

fn describe(level: &Level) -> Result<api::Level, Denied> {
    Ok(api::Level {
        label: level.label.clone().into(),
        since: level.since,
        for_whom: same(level.for_whom.as_str())?,
    })
}
