//! Why a connection was not let in.

use std::time::Duration;

use labelgate_control::Text;
use labelgate_handle::BadHandle;

use crate::audit::Event;
use crate::metrics::Greeted;
use crate::worker::Lack;

/// Why a connection was not let in, for the audit trail. The client hears nothing but
/// "authentication failure", whichever of these it is; only one that has proved itself is told that
/// there is no room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The client went away, or never said anything.
    #[error("it closed the connection before its login was over")]
    Departed,
    /// The time for a login is over.
    #[error("it did not log in within {} s (login.seconds)", .0.as_secs())]
    Late(Duration),
    /// Others came, and it had had its chance.
    #[error(
        "its place was given to another: too many logins at once (login.at_once, login.per_source)"
    )]
    Displaced,
    /// The greeter has refused it.
    #[error("{reason}")]
    Refused {
        /// The initiator's name, as far as it was given.
        initiator: Text<223>,
        /// The target's, as far as it was given.
        target: Text<223>,
        /// Why.
        reason: Text<256>,
    },
    /// None of the algorithms that it offered is allowed.
    #[error("none of the CHAP algorithms it offers is allowed (chap.algorithms)")]
    Algorithm,
    /// Its answer is wrong.
    #[error("wrong CHAP response for {0:?}")]
    Response(Text<255>),
    /// Nobody has this CHAP name.
    #[error("no identity has the CHAP name {0:?}")]
    Name(Text<255>),
    /// It set the gateway a challenge that is one of the gateway's own.
    #[error("{0:?} sent a challenge of the gateway's own back to have it answered")]
    Reflected(Text<255>),
    /// It asked the gateway to prove itself, and there is no secret for that.
    #[error(
        "{0:?} wants the gateway to prove itself, and has no reverse secret; give it one (labelgate identity rotate)"
    )]
    NoReverseSecret(Text<255>),
    /// No lease runs.
    #[error(
        "{0:?} has proved itself, but no lease of its label runs here; start one for its virtual machine"
    )]
    NoLease(Text<255>),
    /// Nobody has this token, which is written nowhere.
    #[error("no identity has the token that it mounts with")]
    Token,
    /// Its token is good, and there is nothing to mount at what follows it.
    #[error(
        "there is nothing to mount at {0:?}; a token, or a token and the name of a store that has trees, is all of the path"
    )]
    Path(Text<1024>),
    /// It has shown a file handle that was never one.
    #[error("a file handle that was never one: {0}")]
    BadHandle(BadHandle),
    /// It has shown a file handle that is no good, or no longer.
    #[error(
        "a file handle that is another's, forged, or from before its identity's token was changed"
    )]
    StaleHandle,
    /// The registry cannot say what the secret is.
    #[error("the registry cannot be asked for the secret: {0}")]
    Registry(String),
    /// The kernel has no random numbers.
    #[error("no challenge could be made: {0}")]
    Random(getrandom::Error),
    /// There is no process to greet it.
    #[error("no greeter: {0}")]
    NoGreeter(String),
    /// The process that greeted it is gone.
    #[error("its greeter died: {0}")]
    Died(String),
    /// The process that greeted it said what no greeter says.
    #[error("its greeter broke the control protocol: {0}")]
    Violation(&'static str),
    /// There is no room for the worker that would serve it.
    #[error("no room for its label's worker: {0}")]
    NoRoom(Lack),
    /// It is no longer what it was when its login began.
    #[error("{0}")]
    NoLonger(String),
}

impl Failure {
    /// What it is counted as.
    pub const fn result(&self) -> Greeted {
        match self {
            Self::Departed => Greeted::Departed,
            Self::Late(_) => Greeted::Late,
            Self::Displaced => Greeted::Displaced,
            Self::Refused { .. } => Greeted::Refused,
            Self::Algorithm => Greeted::Algorithm,
            Self::Response(_) => Greeted::WrongResponse,
            Self::Name(_) => Greeted::UnknownName,
            Self::Reflected(_) => Greeted::Reflected,
            Self::NoReverseSecret(_) => Greeted::NoReverseSecret,
            Self::NoLease(_) => Greeted::NoLease,
            Self::Token => Greeted::UnknownToken,
            Self::Path(_) => Greeted::UnknownPath,
            Self::BadHandle(_) | Self::StaleHandle => Greeted::WrongHandle,
            Self::Registry(_) | Self::Random(_) | Self::NoGreeter(_) => Greeted::Internal,
            Self::Died(_) | Self::Violation(_) => Greeted::Greeter,
            Self::NoRoom(_) => Greeted::NoRoom,
            Self::NoLonger(_) => Greeted::NoLonger,
        }
    }

    /// What it is recorded as: a proof that failed, or a login that came to nothing.
    pub const fn event(&self) -> Event {
        match self {
            Self::Algorithm
            | Self::Response(_)
            | Self::Name(_)
            | Self::Reflected(_)
            | Self::NoReverseSecret(_)
            | Self::NoLease(_)
            | Self::Token
            | Self::BadHandle(_)
            | Self::StaleHandle => Event::Authentication,
            _ => Event::Login,
        }
    }

    /// Whether it counts against its source as an attempt to prove something false.
    pub const fn is_an_attempt(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::Algorithm
            | Self::Response(_)
            | Self::Name(_)
            | Self::Reflected(_)
            | Self::NoReverseSecret(_)
            | Self::NoLease(_)
            | Self::Token
            | Self::BadHandle(_)
            | Self::StaleHandle
            | Self::Died(_)
            | Self::Violation(_) => true,
            Self::Departed
            | Self::Late(_)
            | Self::Displaced
            | Self::Path(_)
            | Self::Registry(_)
            | Self::Random(_)
            | Self::NoGreeter(_)
            | Self::NoRoom(_)
            | Self::NoLonger(_) => false,
        }
    }
}
