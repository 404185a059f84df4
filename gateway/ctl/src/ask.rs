//! One request: asked, and its answer shown.

use std::time::Duration;

use labelgate_api::{Endpoint, Json, JsonContent, Nothing, Revocation};
use labelgate_client::{Client, Remote};
use serde::de::DeserializeOwned;

use crate::cli::Cli;
use crate::confirm;
use crate::fault::Fault;
use crate::output::Output;

/// What an admin asked for in general: where, how to show it, whether to ask back.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) client: Client,
    pub(crate) json: bool,
    yes: bool,
}

impl Ask {
    pub(crate) fn new(cli: &Cli) -> Result<Self, Fault> {
        let patience = Duration::from_secs(cli.timeout);
        let client = match (&cli.remote, &cli.credentials) {
            (Some(url), Some(credentials)) => {
                Client::remote(Remote::new(url, credentials)?, patience)
            }
            _ => Client::local(&cli.socket, patience),
        };
        Ok(Self {
            client,
            json: cli.json,
            yes: cli.yes,
        })
    }

    /// Asks for something, and shows the answer: as it is with `--json`, else as `show` does.
    pub(crate) async fn show<E>(
        &self,
        path: &E::Path,
        query: &E::Query,
        body: &<E::Body as JsonContent>::Value,
        show: impl FnOnce(&mut Output, <E::Answer as JsonContent>::Value) -> std::io::Result<()>,
    ) -> Result<(), Fault>
    where
        E: Endpoint<Body: JsonContent, Answer: JsonContent>,
    {
        let answer = self.client.call::<E>(path, query, body).await?;
        self.present(&answer, show)
    }

    /// Shows an answer: as it is with `--json`, else as `show` does.
    pub(crate) fn present<T: DeserializeOwned>(
        &self,
        answer: &[u8],
        show: impl FnOnce(&mut Output, T) -> std::io::Result<()>,
    ) -> Result<(), Fault> {
        let value = decode(answer)?;
        let mut output = Output::new();
        if self.json {
            output.bytes(answer)?;
            output.bytes(b"\n")?;
        } else {
            show(&mut output, value)?;
        }
        Ok(output.flush()?)
    }

    /// Looks something up.
    pub(crate) async fn get<E>(
        &self,
        query: &E::Query,
    ) -> Result<<E::Answer as JsonContent>::Value, Fault>
    where
        E: Endpoint<Path = Nothing, Body = Nothing, Answer: JsonContent>,
    {
        let answer = self
            .client
            .call::<E>(&Nothing {}, query, &Nothing {})
            .await?;
        decode(&answer)
    }

    /// Takes something away, after a question, and shows what ended with it.
    pub(crate) async fn revoke<E>(
        &self,
        question: &str,
        path: &E::Path,
        query: &E::Query,
    ) -> Result<(), Fault>
    where
        E: Endpoint<Body = Nothing, Answer = Json<Revocation>>,
    {
        self.confirm(question).await?;
        let show = |output: &mut Output, revocation| output.revocation("Done", &revocation);
        self.show::<E>(path, query, &Nothing {}, show).await
    }

    /// Asks back before something is ended or removed, if somebody is there to be asked.
    pub(crate) async fn confirm(&self, question: &str) -> Result<(), Fault> {
        match self.yes {
            true => Ok(()),
            false => confirm::ask(question).await,
        }
    }
}

/// What an answer says.
pub(crate) fn decode<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(answer).map_err(|error| Fault::Nonsense(error.to_string()))
}
