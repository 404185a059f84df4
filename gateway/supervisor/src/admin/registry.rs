//! The registry and the configuration file as a whole.

use axum::Json;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use labelgate_api::{ErrorCode, Reloaded, Restored};
use labelgate_registry::LONGEST_BACKUP;

use super::asked::AskedBy;
use super::failure::{Answer, Denied};
use super::feed::{BodyReader, PieceWriter, feed};
use super::followers::look_at_all;
use super::operation::{Office, record, recorded, revocation};
use crate::audit::Event;
use crate::state::Turn;

pub(super) async fn reload(office: Office, AskedBy(asked_by): AskedBy) -> Answer<Reloaded> {
    office
        .operate(async move |turn| {
            let reloaded = turn.reload().await.map_err(Denied::from);
            let record = record(Event::Reload, &asked_by);
            let changed = recorded(record, reloaded).await?;
            let revocation = revocation(&changed, record).await?;
            Ok(Json(Reloaded { revocation }))
        })
        .await
}

/// A backup that breaks off is no backup: it has a checksum at its end.
pub(super) async fn backup(office: Office, AskedBy(asked_by): AskedBy) -> Response {
    let (pieces, body) = feed();
    tokio::spawn(async move {
        let writer = PieceWriter::new(pieces.clone());
        let made = office
            .operate(async move |turn| turn.backup(writer).await.map_err(Denied::from))
            .await;
        if let Err(denied) = recorded(record(Event::Backup, &asked_by), made).await {
            let error = std::io::Error::other(denied.0.message);
            // The client may be gone, which may be why.
            let _ = pieces.send(Err(error)).await;
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

pub(super) async fn restore(
    office: Office,
    AskedBy(asked_by): AskedBy,
    body: Body,
) -> Answer<Restored> {
    let reader = BodyReader::new(body, LONGEST_BACKUP);
    office
        .operate(async move |turn| {
            let restored = match check_followers(&turn) {
                Ok(()) => turn.restore(reader).await.map_err(Denied::from),
                Err(denied) => Err(denied),
            };
            let record = record(Event::Restore, &asked_by);
            let changed = recorded(record, restored).await?;
            // The files may be where another registry had them.
            look_at_all(&turn).await;
            Ok(Json(Restored {
                revision: changed.in_force.snapshot.revision,
                revocation: revocation(&changed, record).await?,
            }))
        })
        .await
}

/// Where images are that follow a machine which runs a backup does not know.
fn check_followers(turn: &Turn) -> Result<(), Denied> {
    let in_force = turn.state().in_force();
    let snapshot = &in_force.snapshot;
    let all = snapshot.all_followed();
    let mut all = all.iter().filter_map(|vm| snapshot.followed(*vm));
    match all.find(|followed| !followed.is_at_rest()) {
        None => Ok(()),
        Some(followed) => {
            let message = format_args!("images follow machine {}, which runs", followed.vm);
            Err(Denied::new(ErrorCode::InUse, message)
                .hint("stop such machines first, or end their leases: labelgate lease list"))
        }
    }
}
