//! What a request says, taken out of it.

use axum::RequestPartsExt;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use http_body_util::{BodyExt, Limited};
use labelgate_api::ErrorCode;
use serde::de::DeserializeOwned;

use super::caller::Caller;
use super::failure::Denied;

/// The longest body of JSON, in bytes.
const LONGEST_BODY: usize = 64 << 10;

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
        let caller = parts.extensions.get::<Caller>();
        let caller = caller.ok_or_else(|| Denied::new(ErrorCode::Internal, "nobody asks"))?;
        Ok(Self(caller.clone()))
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
        let body = Limited::new(request.into_body(), LONGEST_BODY);
        let body = body.collect().await.map_err(|error| match error
            .is::<http_body_util::LengthLimitError>()
        {
            true => Denied::new(
                ErrorCode::TooLarge,
                format_args!("the body is longer than {LONGEST_BODY} bytes"),
            ),
            false => Denied::new(ErrorCode::Cancelled, "the body was not sent to its end"),
        })?;
        let body = body.to_bytes();
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| invalid("the body", error))
    }
}

fn invalid(what: &str, why: impl std::fmt::Display) -> Denied {
    Denied::new(
        ErrorCode::Invalid,
        format_args!("{what} makes no sense: {why}"),
    )
    .hint("docs/openapi.json, or GET /v1/openapi.json, says what is expected")
}
