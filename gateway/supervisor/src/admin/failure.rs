//! Why a request was not granted, in the words of the API.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use labelgate_api::{ErrorCode, Failure, Problem};
use labelgate_registry::{Kind, Refusal, RestoreError, Thing};

use crate::state::StateError;

/// A request that was not granted.
#[derive(Debug)]
pub(super) struct Denied(pub(super) Failure);

/// What handlers answer.
pub(super) type Answer<T> = Result<Json<T>, Denied>;

impl Denied {
    pub(super) fn new(code: ErrorCode, message: impl std::fmt::Display) -> Self {
        // One line, whatever it was made of.
        let message = message.to_string().replace('\n', "; ");
        Self(Failure::new(code, message))
    }

    pub(super) fn hint(self, hint: impl std::fmt::Display) -> Self {
        Self(self.0.hint(hint))
    }

    pub(super) fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        let list = format!("\"labelgate {what} list\" shows what there is");
        Self::new(
            ErrorCode::NotFound,
            format_args!("there is no {what} {name}"),
        )
        .hint(list)
    }

    pub(super) fn declared(what: impl std::fmt::Display) -> Self {
        let message = format!("{what} is declared in the configuration file");
        Self::new(ErrorCode::Declared, message).hint("change it there, then \"labelgate reload\"")
    }

    /// What was taken away is not verifiably gone.
    pub(super) fn not_ended() -> Self {
        Self::new(
            ErrorCode::NotEnded,
            "the change is made and stays, but a worker or its last I/O has not ended yet",
        )
        .hint("nobody gets what it held until it has; look at the store and at labelgated's log")
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(Problem::from(self.0))).into_response()
    }
}

impl From<StateError> for Denied {
    fn from(error: StateError) -> Self {
        let code = match &error {
            StateError::Refused(refusal) => return Self::from(refusal),
            StateError::Clash(_) => ErrorCode::Declared,
            StateError::Restore(error) => code_of(error),
            StateError::Configuration(_) | StateError::TargetPrefix => ErrorCode::Invalid,
            StateError::Registry(_) | StateError::Backup(_) => ErrorCode::Storage,
            StateError::Task(_) => ErrorCode::Internal,
        };
        Self::new(code, error)
    }
}

const fn code_of(error: &RestoreError) -> ErrorCode {
    match error {
        RestoreError::Registry(_) => ErrorCode::Storage,
        RestoreError::Read(_) => ErrorCode::Cancelled,
        _ => ErrorCode::Invalid,
    }
}

/// The registry's texts end with what to do, after a semicolon.
impl From<&Refusal> for Denied {
    fn from(refusal: &Refusal) -> Self {
        let code = match (refusal, refusal.kind()) {
            (Refusal::Exhausted { .. } | Refusal::TooMany(_), _) => ErrorCode::Full,
            (
                Refusal::ContentResized(_)
                | Refusal::ContentFollows(_)
                | Refusal::NoSecrets(_)
                | Refusal::ProvedByChap(_)
                | Refusal::ProvedByToken(_),
                _,
            ) => ErrorCode::Unsupported,
            (Refusal::Absent(thing), _) => return absent(thing),
            (_, Kind::Absent) => ErrorCode::NotFound,
            (_, Kind::Invalid) => ErrorCode::Invalid,
            (
                Refusal::LevelInUse { .. }
                | Refusal::StoreInUse { .. }
                | Refusal::FollowedRuns { .. }
                | Refusal::StillOut { .. }
                | Refusal::RunsAtLevel { .. },
                _,
            ) => ErrorCode::InUse,
            (_, Kind::Conflict) => ErrorCode::Exists,
        };
        let text = refusal.to_string();
        match text.split_once("; ") {
            Some((message, hint)) => Self::new(code, message).hint(hint),
            None => Self::new(code, text),
        }
    }
}

fn absent(thing: &Thing) -> Denied {
    let command = match thing {
        Thing::Store(_) => "store",
        Thing::Image(_) => "image",
        Thing::Identity(_) => "identity",
        Thing::Group(_) => "group",
        Thing::Level(_) => "level",
        Thing::Lease(_) => "lease",
        Thing::Host(_) => "host",
    };
    Denied::new(ErrorCode::NotFound, format_args!("there is no {thing}")).hint(format_args!(
        "\"labelgate {command} list\" shows what there is"
    ))
}
