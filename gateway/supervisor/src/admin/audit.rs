//! The audit trail, to be read.

use axum::Json;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use labelgate_api::{AuditBreak, AuditQuery, AuditReport, ErrorCode};
use labelgate_audit::{Line, Report, Trail, trail};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::asked::InQuery;
use super::failure::{Answer, Denied};
use super::feed::{Pieces, feed};
use super::operation::Office;
use super::server::stopped;

/// So many records are shown if no number is given.
const LAST: u32 = 10;

pub(super) async fn show(
    office: Office,
    InQuery(asked): InQuery<AuditQuery>,
) -> Result<Response, Denied> {
    let trail = open()?;
    let (pieces, body) = feed();
    let failed = |error: std::io::Error| Denied::new(ErrorCode::Storage, error);
    // Where to go on is noted first, so that nothing falls between the two.
    let end = trail.anchor().seq;
    let first = match asked.after {
        Some(after) => after.min(end),
        None => {
            let last = usize::try_from(asked.last.unwrap_or(LAST)).unwrap_or(usize::MAX);
            let reading = trail.clone();
            let lines = spawn_blocking(move || reading.last(last)).await;
            let lines = lines.map_err(|error| failed(std::io::Error::other(error)))?;
            let lines = lines.map_err(failed)?;
            lines.first().map_or(end, |line| line.seq.saturating_sub(1))
        }
    };
    let until = (!asked.follow).then_some(end);
    tokio::spawn(send(trail, first, until, pieces, office.stop.clone()));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// Sends the records after `seq`, up to `until` or for ever.
async fn send(
    trail: Trail,
    mut seq: u64,
    until: Option<u64>,
    pieces: Pieces,
    mut stop: watch::Receiver<bool>,
) {
    let mut follow = trail.follow(seq);
    while until.is_none_or(|until| seq < until) {
        let lines = tokio::select! {
            lines = follow.next() => lines,
            () = stopped(&mut stop) => return,
            () = pieces.closed() => return,
        };
        let piece = match lines {
            Ok(Some(lines)) => {
                seq = lines.last().map_or(seq, |line| line.seq);
                Ok(text(lines, until))
            }
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let failed = piece.is_err();
        if pieces.send(piece).await.is_err() || failed {
            return;
        }
    }
}

fn text(lines: Vec<Line>, until: Option<u64>) -> Bytes {
    let mut text = String::new();
    let wanted = |line: &Line| until.is_none_or(|until| line.seq <= until);
    for line in lines.into_iter().filter(wanted) {
        text += &line.text;
        text.push('\n');
    }
    text.into()
}

pub(super) async fn verify() -> Answer<AuditReport> {
    let trail = open()?;
    let failed = |error: String| Denied::new(ErrorCode::Storage, error);
    let report = spawn_blocking(move || trail.verify()).await;
    let report = report.map_err(|error| failed(error.to_string()))?;
    let no_files = || {
        Denied::new(
            ErrorCode::Unsupported,
            "the audit trail is not kept in files",
        )
        .hint("set dir in [audit], and restart the gateway")
    };
    let report = report.ok_or_else(no_files)?;
    let report = report.map_err(|error| failed(error.to_string()))?;
    Ok(Json(describe(report)))
}

fn describe(report: Report) -> AuditReport {
    AuditReport {
        sound: report.is_sound(),
        files: report.files,
        records: report.records,
        first: report.first,
        last: report.last.as_ref().map(|last| last.seq),
        tail: report.last.as_ref().map(|last| last.hash.to_string()),
        broken: report.broken.map(|broken| AuditBreak {
            file: broken.file.display().to_string(),
            line: broken.line,
            reason: broken.fault.to_string(),
        }),
    }
}

fn open() -> Result<Trail, Denied> {
    trail().ok_or_else(|| Denied::new(ErrorCode::Unavailable, "no audit trail is open"))
}
