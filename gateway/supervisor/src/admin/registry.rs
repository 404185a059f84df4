//! The registry and the configuration file as a whole.

use axum::Json;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use labelgate_api::{Reloaded, Restored};
use labelgate_registry::LONGEST_BACKUP;

use super::asked::AskedBy;
use super::failure::{Answer, Denied};
use super::feed::{BodyReader, PieceWriter, feed};
use super::operation::{Office, record, recorded, revocation};
use crate::audit::Event;

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
            let restored = turn.restore(reader).await.map_err(Denied::from);
            let record = record(Event::Restore, &asked_by);
            let changed = recorded(record, restored).await?;
            Ok(Json(Restored {
                revision: changed.in_force.snapshot.revision,
                revocation: revocation(&changed, record).await?,
            }))
        })
        .await
}
