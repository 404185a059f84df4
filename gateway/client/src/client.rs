//! HTTP with the gateway.

use std::io;
use std::path::Path;
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use labelgate_api::{Content, Endpoint, JsonContent, Problem, uri};
use tokio::time::timeout;

use crate::error::causes;
use crate::{Answers, ClientError, Place, Remote};

/// The longest answer that is taken in whole, in bytes: some 100,000 images.
const LONGEST_ANSWER: usize = 64 << 20;

/// What a request carries.
pub type RequestBody = BoxBody<Bytes, io::Error>;

/// Calls the gateway. Each request has a connection of its own.
#[derive(Debug, Clone)]
pub struct Client {
    place: Place,
    /// How long an answer may take.
    patience: Duration,
}

impl Client {
    /// For the gateway of this machine, at its admin socket. An answer may take so long.
    #[must_use]
    pub fn local(socket: &Path, patience: Duration) -> Self {
        let place = Place::Socket(socket.to_owned());
        Self { place, patience }
    }

    /// For a gateway over the network.
    #[must_use]
    pub const fn remote(remote: Remote, patience: Duration) -> Self {
        let place = Place::Remote(remote);
        Self { place, patience }
    }

    /// Asks for one JSON value.
    ///
    /// # Errors
    /// The gateway refuses, or there is no answer.
    pub async fn ask<E>(
        &self,
        path: &E::Path,
        query: &E::Query,
        body: &<E::Body as JsonContent>::Value,
    ) -> Result<<E::Answer as JsonContent>::Value, ClientError>
    where
        E: Endpoint<Body: JsonContent, Answer: JsonContent>,
    {
        let answer = self.call::<E>(path, query, body).await?;
        serde_json::from_slice(&answer).map_err(|error| ClientError::Nonsense(error.to_string()))
    }

    /// Asks for one JSON value, and gives it as it came.
    ///
    /// # Errors
    /// The gateway refuses, or there is no answer.
    pub async fn call<E>(
        &self,
        path: &E::Path,
        query: &E::Query,
        body: &<E::Body as JsonContent>::Value,
    ) -> Result<Bytes, ClientError>
    where
        E: Endpoint<Body: JsonContent>,
    {
        let body = json::<E>(body)?;
        self.in_time(async {
            let response = self.send::<E>(path, query, body).await?;
            whole(response.into_body()).await
        })
        .await
    }

    /// Sends bytes, and asks for one JSON value.
    ///
    /// # Errors
    /// The gateway refuses, or there is no answer.
    pub async fn upload<E: Endpoint>(
        &self,
        path: &E::Path,
        body: RequestBody,
    ) -> Result<Bytes, ClientError>
    where
        E::Query: Default,
    {
        let response = self.send::<E>(path, &E::Query::default(), body).await?;
        self.in_time(whole(response.into_body())).await
    }

    /// Asks for what comes bit by bit. The time limit is that for its beginning.
    ///
    /// # Errors
    /// The gateway refuses, or there is no answer.
    pub async fn stream<E>(
        &self,
        path: &E::Path,
        query: &E::Query,
        body: &<E::Body as JsonContent>::Value,
    ) -> Result<Answers, ClientError>
    where
        E: Endpoint<Body: JsonContent>,
    {
        let body = json::<E>(body)?;
        let response = self.in_time(self.send::<E>(path, query, body)).await?;
        Ok(Answers::new(response.into_body()))
    }

    /// Sends bytes, and asks for what comes bit by bit. There is no time limit: the answer may
    /// begin when all was sent.
    ///
    /// # Errors
    /// The gateway refuses, or there is no answer.
    pub async fn exchange<E: Endpoint>(
        &self,
        path: &E::Path,
        query: &E::Query,
        body: RequestBody,
    ) -> Result<Answers, ClientError> {
        let response = self.send::<E>(path, query, body).await?;
        Ok(Answers::new(response.into_body()))
    }

    async fn in_time<T>(
        &self,
        what: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let seconds = self.patience.as_secs();
        timeout(self.patience, what)
            .await
            .unwrap_or(Err(ClientError::TimedOut { seconds }))
    }

    /// Sends a request. What is not a success becomes a [`ClientError`].
    async fn send<E: Endpoint>(
        &self,
        path: &E::Path,
        query: &E::Query,
        body: RequestBody,
    ) -> Result<Response<Incoming>, ClientError> {
        let stream = self.place.connect().await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| ClientError::BrokenOff(causes(&error)))?;
        // It ends with the connection, at the latest with this process.
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(E::METHOD.as_str())
            .uri(uri::<E>(path, query))
            // RFC 9112 3.2: a request without Host is answered with 400.
            .header(HOST, "labelgate");
        if let Some(media) = E::Body::MEDIA {
            request = request.header(CONTENT_TYPE, media);
        }
        let request = request
            .body(body)
            .map_err(|error| ClientError::Nonsense(error.to_string()))?;
        let sent = sender.send_request(request).await;
        let response = sent.map_err(|error| broken(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self
            .in_time(refusal(response))
            .await
            .unwrap_or_else(|fault| fault))
    }
}

/// The body of a request that carries a JSON value, or none.
fn json<E>(value: &<E::Body as JsonContent>::Value) -> Result<RequestBody, ClientError>
where
    E: Endpoint<Body: JsonContent>,
{
    if E::Body::MEDIA.is_none() {
        return Ok(Empty::new().map_err(|never| match never {}).boxed());
    }
    let text =
        serde_json::to_vec(value).map_err(|error| ClientError::Nonsense(error.to_string()))?;
    let body = Full::new(Bytes::from(text));
    Ok(body.map_err(|never| match never {}).boxed())
}

/// Takes in a whole answer, unless it is too long.
async fn whole(body: Incoming) -> Result<Bytes, ClientError> {
    match Limited::new(body, LONGEST_ANSWER).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ClientError::Nonsense(format!(
            "it is longer than {LONGEST_ANSWER} bytes"
        ))),
        Err(error) => Err(ClientError::BrokenOff(causes(error.as_ref()))),
    }
}

/// Why the gateway refused.
async fn refusal(response: Response<Incoming>) -> Result<ClientError, ClientError> {
    let status = response.status();
    let body = whole(response.into_body()).await?;
    Ok(match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => ClientError::Refused(problem.error),
        Err(_) => ClientError::Nonsense(format!("status {status} without a reason")),
    })
}

/// What hyper says, told apart by whose fault it is.
fn broken(error: &hyper::Error) -> ClientError {
    if error.is_user() {
        // The body is the only thing of ours that can fail.
        let cause = std::error::Error::source(error);
        return ClientError::Source(cause.map_or_else(|| error.to_string(), causes));
    }
    match error.is_parse() {
        true => ClientError::Nonsense(causes(error)),
        false => ClientError::BrokenOff(causes(error)),
    }
}
