//! What a request says, taken out of it.

use std::time::Duration;

use axum::RequestPartsExt;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use labelgate_api::ErrorCode;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::caller::Caller;
use super::claim::Claim;
use super::failure::Denied;
use super::operation::Office;

/// The longest body of JSON, in bytes.
const LONGEST_BODY: usize = 64 << 10;
/// How long it may take to come: who sends it has its right and its connection as long.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// What the path names.
#[derive(Debug)]
pub(super) struct InPath<T>(pub(super) T);

/// What stands behind the question mark.
#[derive(Debug)]
pub(super) struct InQuery<T>(pub(super) T);

/// What the body says, in JSON.
#[derive(Debug)]
pub(super) struct InBody<T>(pub(super) T);

/// Who asks.
#[derive(Debug)]
pub(super) struct Asker(pub(super) Caller);

/// Who asks, for the records.
#[derive(Debug)]
pub(super) struct AskedBy(pub(super) String);

impl<S: Sync, T: DeserializeOwned + Send + 'static> FromRequestParts<S> for InPath<T> {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Denied> {
        let path = parts.extract::<Path<T>>().await;
        path.map(|Path(path)| Self(path))
            .map_err(|error| invalid("the path", error.body_text()))
    }
}

impl<S: Sync, T: DeserializeOwned + Send + 'static> FromRequestParts<S> for InQuery<T> {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Denied> {
        let query = parts.extract::<Query<T>>().await;
        query
            .map(|Query(query)| Self(query))
            .map_err(|error| invalid("the query", error.body_text()))
    }
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Denied> {
        let claim = parts.extensions.get::<Claim>().ok_or_else(nobody)?;
        Ok(Self(claim.caller().clone()))
    }
}

impl<S: Sync> FromRequestParts<S> for AskedBy {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Denied> {
        let Asker(caller) = Asker::from_request_parts(parts, state).await?;
        Ok(Self(caller.to_string()))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for InBody<T> {
    type Rejection = Denied;

    async fn from_request(request: Request, _: &S) -> Result<Self, Denied> {
        let body = whole(request.into_body(), BODY_PATIENCE).await?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| invalid("the body", error))
    }
}

/// A body that is there in time.
async fn whole(body: Body, patience: Duration) -> Result<Bytes, Denied> {
    let collected = Limited::new(body, LONGEST_BODY).collect();
    let collected = timeout(patience, collected).await.map_err(|_| {
        let seconds = patience.as_secs();
        let message = format_args!("the body was not there within {seconds} seconds");
        Denied::new(ErrorCode::TimedOut, message)
    })?;
    let body = collected.map_err(|error| match error.is::<LengthLimitError>() {
        true => Denied::new(
            ErrorCode::TooLarge,
            format_args!("the body is longer than {LONGEST_BODY} bytes"),
        ),
        false => Denied::new(ErrorCode::Cancelled, "the body was not sent to its end"),
    })?;
    Ok(body.to_bytes())
}

fn nobody() -> Denied {
    Denied::new(ErrorCode::Internal, "nobody asks")
}

/// Operations of this office are those of whoever asks.
impl FromRequestParts<Office> for Office {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, Denied> {
        let claim = parts.extensions.get::<Claim>().ok_or_else(nobody)?;
        Ok(office.of(claim.clone()))
    }
}

fn invalid(what: &str, why: impl std::fmt::Display) -> Denied {
    Denied::new(
        ErrorCode::Invalid,
        format_args!("{what} makes no sense: {why}"),
    )
    .hint("docs/openapi.json, or GET /v1/openapi.json, says what is expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_comes_bit_by_bit_is_not_waited_for() {
        let (pieces, body) = super::super::feed::feed();
        let sending = async {
            while pieces.send(Ok(Bytes::from_static(b" "))).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let reading = whole(body, Duration::from_millis(200));
        let (refused, ()) = tokio::join!(reading, sending);
        assert_eq!(refused.unwrap_err().0.code, ErrorCode::TimedOut);
    }
}
