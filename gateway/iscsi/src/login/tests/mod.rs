//! Whole logins.

mod chap;
mod conversations;
mod fuzz;
mod handover;
mod hostile;

use super::{Authority, Established, Login, Reply, Step, Surroundings};
use crate::name::IscsiName;
use crate::pdu::{BHS, LoginRequest, LoginStatus, Request, Tsih};

pub(super) const DISK: &str = "iqn.2026-11.io.labelgate:disks.web";

/// A world with one target, and one session whose handle is 7.
pub(super) struct World;

impl Surroundings for World {
    fn has_target(&self, target: &IscsiName) -> bool {
        target.as_str() == DISK
    }

    fn has_session(&self, tsih: Tsih) -> bool {
        tsih == Tsih(7)
    }

    fn authority(&mut self) -> Option<&mut dyn Authority> {
        None
    }
}

/// A header in hexadecimal, blanks ignored; what is left out at the end is zero.
pub(super) fn header(hexadecimal: &str) -> [u8; BHS] {
    let digits: String = hexadecimal.split_whitespace().collect();
    let mut bytes = [0; BHS];
    for (at, byte) in bytes.iter_mut().enumerate().take(digits.len() / 2) {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    }
    bytes
}

pub(super) fn request(header: &[u8; BHS]) -> LoginRequest {
    match Request::parse(header) {
        Request::Login(request) => request,
        other => panic!("not a login request: {other:?}"),
    }
}

/// The text of pairs that are separated by blanks.
pub(super) fn text(pairs: &str) -> Vec<u8> {
    let pairs = pairs.split_whitespace();
    pairs
        .flat_map(|pair| [pair.as_bytes(), b"\0"].concat())
        .collect()
}

/// An initiator that sends what it is told.
#[derive(Default)]
pub(super) struct Initiator {
    login: Option<Box<Login>>,
}

/// What came back.
pub(super) enum Outcome {
    Continue(Reply),
    Established(Box<Established>, Reply),
    Refused(LoginStatus, Reply),
}

impl Initiator {
    pub(super) fn send(&mut self, request: &LoginRequest, data: &[u8]) -> Outcome {
        self.send_to(request, data, &mut World)
    }

    pub(super) fn send_to(
        &mut self,
        request: &LoginRequest,
        data: &[u8],
        world: &mut impl Surroundings,
    ) -> Outcome {
        let step = match self.login.take() {
            None => Login::start(request, data, world),
            Some(login) => login.step(request, data, world),
        };
        match step {
            Step::Continue { login, reply } => {
                self.login = Some(login);
                Outcome::Continue(reply)
            }
            Step::Established { established, reply } => Outcome::Established(established, reply),
            Step::Refused { status, reply, .. } => Outcome::Refused(status, reply),
        }
    }
}

impl Outcome {
    pub(super) fn continues(self) -> Reply {
        match self {
            Self::Continue(reply) => reply,
            Self::Established(..) => panic!("established"),
            Self::Refused(status, _) => panic!("refused: {status}"),
        }
    }

    pub(super) fn established(self) -> (Box<Established>, Reply) {
        match self {
            Self::Established(established, reply) => (established, reply),
            Self::Continue(_) => panic!("goes on"),
            Self::Refused(status, _) => panic!("refused: {status}"),
        }
    }

    pub(super) fn refused(self) -> LoginStatus {
        match self {
            Self::Refused(status, reply) => {
                assert_eq!(reply.response.status, status);
                assert!(reply.text.is_empty());
                status
            }
            Self::Continue(_) => panic!("goes on"),
            Self::Established(..) => panic!("established"),
        }
    }
}

/// A reply's text, pairs separated by blanks.
pub(super) fn answers(reply: &Reply) -> String {
    let text = String::from_utf8(reply.text.clone()).unwrap();
    text.trim_end_matches('\0').replace('\0', " ")
}
