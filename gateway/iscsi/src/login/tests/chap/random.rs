//! Whatever is said in whatever order: without a granted verdict there is no session.

use std::sync::atomic::{AtomicU32, Ordering};

use bolero::TypeGenerator;
use proptest::prelude::*;

use super::*;
use crate::fuzzing;
use crate::login::{Handover, MAX_ROUND_TRIPS};
use crate::serial::StatSn;
use crate::text::{MAX_TEXT, pairs};

/// What initiators say, right and wrong, in and out of turn.
const PHRASES: [&str; 16] = [
    "AuthMethod=CHAP",
    "AuthMethod=CHAP,None",
    "AuthMethod=None",
    "CHAP_A=5",
    "CHAP_A=8,7,6,5",
    "CHAP_A=99",
    "CHAP_N=vm-a",
    "CHAP_N=vm-b",
    "CHAP_R=0x00",
    "CHAP_I=1",
    "CHAP_C=0x0102",
    "CHAP_C=0bAQI=",
    "MaxBurstLength=65536",
    "HeaderDigest=CRC32C,None",
    "X-com.example.key=1",
    "SessionType=Normal",
];

/// T, C, CSG and NSG as a sane initiator sets them.
const FLAGS: [u8; 8] = [0x00, 0x81, 0x83, 0x04, 0x87, 0x40, 0x44, 0x85];

/// One request.
#[derive(Debug, Clone, TypeGenerator)]
enum Move {
    /// What comes next in a good login.
    Sane,
    /// The right response for this algorithm, whichever was asked for; mutual or not.
    Proof { algorithm: u8, mutual: bool },
    /// Flags by number, and phrases by number.
    Phrases(u8, Vec<u8>),
    /// Any flags, any bytes.
    Bytes(u8, Vec<u8>),
}

/// A conversation, and how far a sane initiator would think it is.
struct Game {
    conversation: Conversation,
    turn: u32,
    sane: usize,
}

/// The end of a game.
enum End {
    Established(Box<Established>, Reply),
    Refused,
    Open,
}

impl Game {
    fn request(&mut self, step: &Move) -> (u8, Vec<u8>) {
        let (flags, said) = match step {
            Move::Sane => {
                let algorithm = self.conversation.world.0.posed;
                let proof = proof(algorithm.unwrap_or(Algorithm::Md5));
                self.sane += 1;
                match self.sane {
                    1 => (0x00, "AuthMethod=CHAP".to_owned()),
                    2 => (0x00, "CHAP_A=7,5".to_owned()),
                    3 => (0x81, proof),
                    _ => (0x87, "InitialR2T=No".to_owned()),
                }
            }
            Move::Proof { algorithm, mutual } => {
                let proof = proof(Algorithm::ALL[usize::from(algorithm % 4)]);
                let own = if *mutual { " CHAP_I=1 CHAP_C=0x05" } else { "" };
                (0x81, format!("{proof}{own}"))
            }
            Move::Phrases(flags, numbers) => {
                let phrases = numbers.iter().take(5);
                let phrases = phrases.map(|number| PHRASES[usize::from(number % 16)]);
                let said = phrases.collect::<Vec<_>>().join(" ");
                (FLAGS[usize::from(flags % 8)], said)
            }
            Move::Bytes(flags, bytes) => return (*flags, bytes.clone()),
        };
        (flags, text(&said))
    }

    fn play(moves: &[Move]) -> (Self, End) {
        let mut game = Self {
            conversation: Conversation::new(),
            turn: 0,
            sane: 0,
        };
        for step in moves {
            let (flags, mut data) = game.request(step);
            if game.turn == 0 {
                data.splice(0..0, text(&names()));
            }
            game.turn += 1;
            match game.conversation.send(&with_flags(flags), &data) {
                Outcome::Continue(reply) => check(&reply),
                Outcome::Established(session, reply) => {
                    check(&reply);
                    return (game, End::Established(session, reply));
                }
                Outcome::Refused(status, reply) => {
                    check(&reply);
                    assert_ne!(status, LoginStatus::Success);
                    return (game, End::Refused);
                }
            }
            assert!(game.turn <= MAX_ROUND_TRIPS, "a login must end");
        }
        (game, End::Open)
    }
}

fn check(reply: &Reply) {
    assert!(reply.text.len() <= MAX_TEXT);
    assert!(pairs(&reply.text).is_ok());
    let text = String::from_utf8_lossy(&reply.text);
    for secret in [SECRET, OUR_SECRET] {
        assert!(!text.contains(std::str::from_utf8(secret).unwrap()));
    }
}

/// Plays a game; whether it ended in a session.
fn judge(moves: &[Move]) -> bool {
    let (game, end) = Game::play(moves);
    let gatekeeper = &game.conversation.world.0;
    assert!(!gatekeeper.granted || gatekeeper.judged);
    let End::Established(established, reply) = end else {
        return false;
    };
    assert!(gatekeeper.granted, "a session without a proof");
    assert_eq!(reply.response.tsih, Tsih::NONE);
    assert!(reply.response.progress == LoginProgress::Transits(Stage::FullFeature));
    // Every login that succeeds can be handed over, and what arrives is what was agreed upon.
    let handover = Handover {
        established: Established {
            initiator_alias: None,
            ..*established
        },
        reply,
        stat_sn: StatSn::new(game.turn - 1),
    };
    assert_eq!(Handover::decode(&handover.encode()), Ok(handover));
    true
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let step = prop_oneof![
        6 => Just(Move::Sane),
        1 => (0_u8..4, any::<bool>())
            .prop_map(|(algorithm, mutual)| Move::Proof { algorithm, mutual }),
        2 => (0_u8..8, prop::collection::vec(0_u8..16, 0..4))
            .prop_map(|(flags, numbers)| Move::Phrases(flags, numbers)),
    ];
    prop::collection::vec(step, 1..12)
}

/// The game is worth playing: its sane moves win it.
#[test]
fn a_sane_initiator_logs_in() {
    assert!(judge(&[Move::Sane, Move::Sane, Move::Sane, Move::Sane]));
    let other = Move::Proof {
        algorithm: 2,
        mutual: true,
    };
    assert!(judge(&[
        Move::Sane,
        Move::Sane,
        other,
        Move::Phrases(4, vec![12])
    ]));
    assert!(!judge(&[Move::Sane, Move::Sane, Move::Sane]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn there_is_no_session_without_a_granted_verdict(moves in moves()) {
        judge(&moves);
    }
}

#[test]
fn fuzz_chap() {
    let (games, won) = (AtomicU32::new(0), AtomicU32::new(0));
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<(u8, Vec<Move>)>()
        .for_each(|(sane, moves)| {
            let opening = (0..sane % 4).map(|_| Move::Sane);
            let moves: Vec<_> = opening.chain(moves.iter().cloned()).collect();
            games.fetch_add(1, Ordering::Relaxed);
            won.fetch_add(u32::from(judge(&moves)), Ordering::Relaxed);
        });
    let (games, won) = (games.into_inner(), won.into_inner());
    // A fuzz target that never gets through the door tests the door alone.
    assert!(won > games / 100, "{won} of {games}");
}
