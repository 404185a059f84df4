//! The supervisor, as a login sees it: who makes challenges and judges answers.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use labelgate_control::{
    Answer, Bytes, ChapAlgorithm, FromGreeter, Greet, GreeterEnd, HandleRefusal, Incoming,
    MountRefusal, Negotiated, ReverseChallenge, SendError, Text, ToGreeter, Verdict,
};
use labelgate_iscsi::login::{Algorithm, Authority, Challenge, Denial, Proof, Reverse};

use crate::Fault;

/// The supervisor.
#[derive(Debug)]
pub struct Supervisor {
    control: Rc<GreeterEnd>,
    /// Why the authority could not be asked, for the log: a login hears [`Denial`] alone.
    fault: Option<Fault>,
}

impl Supervisor {
    /// The supervisor at the other end of this socket.
    #[must_use]
    pub const fn new(control: Rc<GreeterEnd>) -> Self {
        Self {
            control,
            fault: None,
        }
    }

    /// Waits for the connection to greet; `None` if there will be none.
    ///
    /// # Errors
    /// The supervisor says something else.
    pub fn connection(&mut self) -> Result<Option<(Greet, OwnedFd)>, Fault> {
        match self.control.receive_blocking()? {
            Incoming::Message(ToGreeter::Greet(order, socket)) => Ok(Some((order, socket))),
            Incoming::Withheld(_) => Err(Fault::Withheld),
            Incoming::Message(_) => Err(Fault::Protocol("an answer to nothing")),
            Incoming::Nothing | Incoming::Closed => Ok(None),
        }
    }

    /// Tells it something.
    ///
    /// # Errors
    /// It is gone.
    pub fn say(&mut self, message: &FromGreeter) -> Result<(), Fault> {
        match self.control.send(message) {
            Err(SendError::Closed) => Err(Fault::Abandoned),
            sent => Ok(sent?),
        }
    }

    /// Asks for the root handle of what this token opens, in a call with this number. There is no
    /// answer if that is for a worker to say: this process has done its work, and will be killed or
    /// find the supervisor gone.
    ///
    /// # Errors
    /// It says something else.
    pub fn mount(
        &mut self,
        xid: u32,
        token: Bytes<64>,
        rest: Bytes<1024>,
    ) -> Result<Option<Result<Bytes<64>, MountRefusal>>, Fault> {
        match self.ask(&FromGreeter::Mount { xid, token, rest }) {
            Ok(ToGreeter::Mounted(result)) => Ok(Some(result)),
            Ok(_) => Err(Fault::Protocol("no answer to a mount")),
            Err(Fault::Abandoned) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Shows it a file handle. If that is good there is no answer: this process has done its work,
    /// and will be killed or find the supervisor gone.
    ///
    /// # Errors
    /// It says something else.
    pub fn show(&mut self, handle: Bytes<64>) -> Result<Option<HandleRefusal>, Fault> {
        match self.ask(&FromGreeter::Handle(handle)) {
            Ok(ToGreeter::HandleRefused(why)) => Ok(Some(why)),
            Ok(_) => Err(Fault::Protocol("no answer to a file handle")),
            Err(Fault::Abandoned) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Leaves the rest of a login to a worker. Whether somebody has to be told that there is no room for
    /// that: otherwise there is no answer, and this process has done its work, and will be killed or
    /// find the supervisor gone.
    ///
    /// # Errors
    /// It says something else.
    pub fn hand_over(&mut self, login: Negotiated) -> Result<bool, Fault> {
        match self.ask(&FromGreeter::Negotiated(login)) {
            Ok(ToGreeter::NoRoom) => Ok(true),
            Ok(_) => Err(Fault::Protocol("no answer to a login")),
            Err(Fault::Abandoned) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Why a question was not answered, if one was not.
    pub fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    fn ask(&mut self, question: &FromGreeter) -> Result<ToGreeter, Fault> {
        self.say(question)?;
        match self.control.receive_blocking()? {
            Incoming::Message(answer) => Ok(answer),
            Incoming::Withheld(_) => Err(Fault::Withheld),
            Incoming::Nothing | Incoming::Closed => Err(Fault::Abandoned),
        }
    }

    fn fails(&mut self, fault: Fault) -> Denial {
        self.fault = Some(fault);
        Denial::Unavailable
    }
}

impl Authority for Supervisor {
    fn challenge(&mut self, offered: &[Algorithm]) -> Result<Challenge, Denial> {
        let offered: Vec<_> = offered.iter().copied().map(to_control).collect();
        // No more than there are algorithms.
        let offered = offered.try_into().unwrap_or_default();
        match self.ask(&FromGreeter::Challenge { offered }) {
            Ok(ToGreeter::Challenge {
                algorithm,
                identifier,
                challenge,
            }) => Ok(Challenge {
                algorithm: from_control(algorithm),
                identifier,
                challenge: challenge.to_vec(),
            }),
            Ok(ToGreeter::Verdict(Verdict::Refused)) => Err(Denial::Refused),
            Ok(_) => Err(self.fails(Fault::Protocol("no challenge"))),
            Err(fault) => Err(self.fails(fault)),
        }
    }

    fn verify(&mut self, proof: Proof) -> Result<Option<Reverse>, Denial> {
        // A name that cannot be told is nobody's.
        let answer = answer(proof).ok_or(Denial::Refused)?;
        match self.ask(&FromGreeter::Answer(answer)) {
            Ok(ToGreeter::Verdict(Verdict::Granted { reverse })) => {
                Ok(reverse.map(|reverse| Reverse {
                    name: reverse.name.into(),
                    response: reverse.response.to_vec(),
                }))
            }
            Ok(ToGreeter::Verdict(Verdict::Refused)) => Err(Denial::Refused),
            Ok(_) => Err(self.fails(Fault::Protocol("no verdict"))),
            Err(fault) => Err(self.fails(fault)),
        }
    }
}

/// An initiator's answer as a message; `None` if it breaks a bound, which no right one does.
fn answer(proof: Proof) -> Option<Answer> {
    let reverse = match proof.reverse {
        None => None,
        Some((identifier, challenge)) => Some(ReverseChallenge {
            identifier,
            challenge: Bytes::try_from(challenge.as_slice()).ok()?,
        }),
    };
    Some(Answer {
        name: Text::new(&proof.name).ok()?,
        response: Bytes::try_from(proof.response.as_slice()).ok()?,
        reverse,
    })
}

const fn to_control(algorithm: Algorithm) -> ChapAlgorithm {
    match algorithm {
        Algorithm::Md5 => ChapAlgorithm::Md5,
        Algorithm::Sha1 => ChapAlgorithm::Sha1,
        Algorithm::Sha256 => ChapAlgorithm::Sha256,
        Algorithm::Sha3_256 => ChapAlgorithm::Sha3_256,
    }
}

const fn from_control(algorithm: ChapAlgorithm) -> Algorithm {
    match algorithm {
        ChapAlgorithm::Md5 => Algorithm::Md5,
        ChapAlgorithm::Sha1 => Algorithm::Sha1,
        ChapAlgorithm::Sha256 => Algorithm::Sha256,
        ChapAlgorithm::Sha3_256 => Algorithm::Sha3_256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_mean_the_same_algorithm_by_a_number() {
        for algorithm in Algorithm::ALL {
            let there = to_control(algorithm);
            assert_eq!(there.number(), algorithm.number());
            assert_eq!(there.response_length(), algorithm.response_length());
            assert_eq!(from_control(there), algorithm);
        }
    }
}
