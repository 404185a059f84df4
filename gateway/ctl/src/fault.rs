//! What can go wrong, what to do about it, and the exit status that says so.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use labelgate_api::{ErrorCode, Failure, Problem};
use labelgate_client::{ClientError, Place};

pub(crate) const EX_OK: u8 = 0;
pub(crate) const EX_USAGE: u8 = 64;
const EX_DATAERR: u8 = 65;
const EX_NOINPUT: u8 = 66;
const EX_UNAVAILABLE: u8 = 69;
const EX_SOFTWARE: u8 = 70;
const EX_CANTCREAT: u8 = 73;
const EX_IOERR: u8 = 74;
const EX_TEMPFAIL: u8 = 75;
const EX_PROTOCOL: u8 = 76;
const EX_NOPERM: u8 = 77;
/// 128 and the number of SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The gateway said no.
    #[error("{}", .0.message)]
    Refused(Failure),
    /// Nobody listens there.
    #[error("cannot reach the gateway at {place}: {error}")]
    Unreachable { place: Place, error: io::Error },
    /// Somebody listens there with whom there is no TLS.
    #[error("no TLS with the gateway at {place}: {error}")]
    Tls { place: Place, error: io::Error },
    /// That is no gateway's address.
    #[error("{0:?} is no gateway's address; write https://HOST:9261")]
    Address(String),
    /// The gateway did not answer in time.
    #[error("the gateway has not answered within {seconds} seconds")]
    TimedOut { seconds: u64 },
    /// The connection ended in the middle of an answer.
    #[error("the gateway broke off: {0}")]
    BrokenOff(String),
    /// The answer is not what the interface says.
    #[error("the gateway's answer is not understood: {0}")]
    Nonsense(String),
    /// A file could not be read.
    #[error("cannot read {}: {error}", .file.display())]
    Input { file: PathBuf, error: io::Error },
    /// What is to be sent could not be read to its end.
    #[error("cannot read what is to be sent: {0}")]
    Source(String),
    /// What was read is not what it should be. It is not shown: it may be a secret.
    #[error("{what}: {why}")]
    Content { what: &'static str, why: String },
    /// A file could not be created.
    #[error("cannot create {}: {error}", .file.display())]
    Create { file: PathBuf, error: io::Error },
    /// What a file or a pipe was to take could not be written.
    #[error("cannot write {}: {error}", .file.display())]
    Write { file: PathBuf, error: io::Error },
    /// Whoever was to read what this program says has gone away.
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
    /// The arguments do not go together.
    #[error("{0}")]
    Usage(&'static str),
    /// The hash chain of the audit trail is broken.
    #[error("the audit trail is broken: {0}")]
    BrokenTrail(String),
    /// An admin said no.
    #[error("not done")]
    Declined,
    /// An admin pressed ^C.
    #[error("interrupted; what was not finished is undone by the gateway")]
    Interrupted,
    /// The runtime could not be started.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl Fault {
    /// See the list in the help.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(failure) => refused(failure.code),
            Self::Unreachable { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                EX_NOPERM
            }
            Self::Unreachable { .. } | Self::Tls { .. } => EX_UNAVAILABLE,
            Self::TimedOut { .. } => EX_TEMPFAIL,
            Self::BrokenOff(_) | Self::Write { .. } => EX_IOERR,
            Self::Nonsense(_) => EX_PROTOCOL,
            Self::Input { .. } | Self::Source(_) => EX_NOINPUT,
            Self::Content { .. } | Self::BrokenTrail(_) => EX_DATAERR,
            Self::Create { .. } => EX_CANTCREAT,
            // `labelgate image list | head` is no error.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => EX_OK,
            Self::Output(_) => EX_IOERR,
            Self::Usage(_) | Self::Address(_) => EX_USAGE,
            Self::Declined | Self::Interrupted => INTERRUPTED,
            Self::Runtime(_) => EX_SOFTWARE,
        }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(failure) => failure.code,
            Self::Unreachable { .. } | Self::Tls { .. } => ErrorCode::Unavailable,
            Self::TimedOut { .. } => ErrorCode::TimedOut,
            Self::Input { .. }
            | Self::Source(_)
            | Self::Create { .. }
            | Self::Write { .. }
            | Self::Output(_) => ErrorCode::Storage,
            Self::Content { .. } | Self::Usage(_) | Self::Address(_) => ErrorCode::Invalid,
            Self::Declined | Self::Interrupted => ErrorCode::Cancelled,
            Self::BrokenOff(_) | Self::Nonsense(_) | Self::BrokenTrail(_) | Self::Runtime(_) => {
                ErrorCode::Internal
            }
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused(failure) => return failure.hint.clone(),
            Self::Unreachable {
                place: Place::Remote(_),
                ..
            } => "is labelgated running there, and has its configuration [remote]?",
            Self::Unreachable { error, .. } => return Some(reach(error)),
            Self::Tls { .. } => {
                "is that the gateway, under a name of its [remote], and does it know this host? labelgate host list, there"
            }
            Self::TimedOut { .. } => {
                "what was asked may still be done; see labelgate status, or allow more with --timeout"
            }
            Self::BrokenOff(_) => "is labelgated still running? systemctl status labelgate",
            Self::Nonsense(_) => {
                "is it labelgated that listens there, and of the same version as labelgate --version?"
            }
            Self::Create { error, .. } if error.kind() == io::ErrorKind::AlreadyExists => {
                "nothing is overwritten; name another file, or remove this one"
            }
            Self::BrokenTrail(_) => {
                "keep the files as they are; docs/AUDIT.md says what a broken chain can mean"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Says it on standard error: for people, or as the same JSON that the gateway answers with.
    pub(crate) fn report(&self, json: bool) {
        if self.exit_code() == EX_OK {
            return;
        }
        let mut error = io::stderr().lock();
        let hint = self.hint();
        // What cannot be said on standard error can be said nowhere.
        let _ = if json {
            let failure = Failure {
                code: self.code(),
                message: self.to_string(),
                hint,
            };
            let text = serde_json::to_string(&Problem { error: failure }).unwrap_or_default();
            writeln!(error, "{text}")
        } else {
            let message = crate::output::clean(&self.to_string());
            let hint = hint.map(|hint| format!("\n  {}", crate::output::clean(&hint)));
            writeln!(error, "labelgate: {message}{}", hint.unwrap_or_default())
        };
    }

    /// A file could not be read.
    pub(crate) fn input(file: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = file.to_owned();
        |error| Self::Input { file, error }
    }

    /// A file could not be written.
    pub(crate) fn write(file: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = file.to_owned();
        |error| Self::Write { file, error }
    }
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(failure) => Self::Refused(failure),
            ClientError::Unreachable { place, error } => Self::Unreachable { place, error },
            ClientError::Tls { place, error } => Self::Tls { place, error },
            ClientError::Credentials { file, error } => Self::Input { file, error },
            ClientError::Certificate(error) => Self::Content {
                what: "what this host proves itself with",
                why: error.to_string(),
            },
            ClientError::Address(url) => Self::Address(url),
            ClientError::TimedOut { seconds } => Self::TimedOut { seconds },
            ClientError::BrokenOff(why) => Self::BrokenOff(why),
            ClientError::Nonsense(why) => Self::Nonsense(why),
            ClientError::Source(why) => Self::Source(why),
        }
    }
}

fn reach(error: &io::Error) -> String {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "the socket is for root and for the gateway's admin and read-only groups; see the groups you are in with id"
        }
        _ => "is labelgated running? systemctl status labelgate",
    };
    hint.to_owned()
}

const fn refused(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::Invalid
        | ErrorCode::Exists
        | ErrorCode::InUse
        | ErrorCode::Declared
        | ErrorCode::Unsupported
        | ErrorCode::BadImage
        | ErrorCode::TooLarge
        | ErrorCode::LabelDoubt => EX_DATAERR,
        ErrorCode::NotFound => EX_NOINPUT,
        ErrorCode::Forbidden => EX_NOPERM,
        ErrorCode::Busy | ErrorCode::TimedOut | ErrorCode::NotEnded | ErrorCode::Cancelled => {
            EX_TEMPFAIL
        }
        ErrorCode::Full | ErrorCode::Storage => EX_IOERR,
        ErrorCode::Unavailable => EX_UNAVAILABLE,
        ErrorCode::NoSuchEndpoint => EX_PROTOCOL,
        ErrorCode::Internal | ErrorCode::Unknown => EX_SOFTWARE,
    }
}
