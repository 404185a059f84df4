//! Greeters that say anything at any time, over real sockets, and secrets of a real registry.

use std::time::{Duration, Instant, SystemTime};

use labelgate_control::{
    Bytes, GreeterEnd, Incoming, List, Negotiated, Reverse, ReverseChallenge, Text, pair,
};
use labelgate_registry::{
    Change, ChapSecrets, NewIdentity, NewProof, NewSecrets, RedbRegistry, Registry, Secret,
};
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::config::{Admission, ChapSection, LeaseTerm, Proof};
use crate::greeting::response::response;

mod rpc;

const FORWARD: &str = "forward-secret";
const REVERSE: &str = "reverse-secret";

/// A supervisor whose registry knows "vm-a" with both secrets and "vm-b" with one.
struct House {
    runtime: Runtime,
    authority: Authority,
    exports: Exports,
    identities: watch::Sender<Arc<Identities>>,
    images: watch::Sender<Arc<Catalogue>>,
    registry: Arc<dyn Registry>,
    _directory: TempDir,
}

fn secrets(forward: &str, reverse: Option<&str>) -> ChapSecrets {
    let secret = |text: &str| text.parse::<Secret>().unwrap();
    ChapSecrets::new(secret(forward), reverse.map(secret)).unwrap()
}

fn add(registry: &dyn Registry, name: &str, secrets: ChapSecrets) {
    let change = Change::AddIdentity(NewIdentity {
        name: name.parse().unwrap(),
        proof: NewProof::Chap(secrets),
        label: "s0:c1,c2".parse().unwrap(),
        vm: None,
        needs_lease: false,
    });
    registry.apply(&change).unwrap();
}

fn identities(admission: &Admission) -> Arc<Identities> {
    let mut identities = Identities::default();
    for name in ["vm-a", "vm-b"] {
        let identity = Identity {
            name: Text::new(name).unwrap(),
            proof: Proof::Chap(Text::new(name).unwrap()),
            admission: admission.clone(),
            ..Identity::at("10.9.1.2".parse().unwrap(), "s0:c1,c2".parse().unwrap())
        };
        identities.insert(Arc::new(identity)).unwrap();
    }
    Arc::new(identities)
}

impl House {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let opened = RedbRegistry::open(&directory.path().join("registry.redb"));
        let registry: Arc<dyn Registry> = Arc::new(opened.unwrap());
        add(&*registry, "vm-a", secrets(FORWARD, Some(REVERSE)));
        add(&*registry, "vm-b", secrets("another-secret", None));
        let section = ChapSection {
            algorithms: ChapAlgorithm::ALL.to_vec(),
            name: Text::new("labelgate").unwrap(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Self {
            runtime: runtime.unwrap(),
            authority: Authority::new(section, Arc::clone(&registry)).unwrap(),
            exports: Exports::new(true),
            identities: watch::Sender::new(identities(&Admission::Always)),
            images: watch::Sender::new(Arc::new(Catalogue::default())),
            registry,
            _directory: directory,
        }
    }

    /// What comes of a greeter that plays this part for an initiator that is to prove itself, and
    /// what the part gave.
    fn play<T: Send>(&self, part: impl FnOnce(Player) -> T + Send) -> (Result<Agreed, Failure>, T) {
        let (end, played) = self.play_from(Stage::Fresh, part);
        let agreed = end.map(|end| match end {
            End::Agreed(agreed) => agreed,
            End::Ended => panic!("no login ends so"),
        });
        (agreed, played)
    }

    /// The same from any stage.
    fn play_from<T: Send>(
        &self,
        stage: Stage,
        part: impl FnOnce(Player) -> T + Send,
    ) -> (Result<End, Failure>, T) {
        self.play_with(stage, true, part)
    }

    /// The same where there is room for a worker, or none.
    fn play_with<T: Send>(
        &self,
        stage: Stage,
        room: bool,
        part: impl FnOnce(Player) -> T + Send,
    ) -> (Result<End, Failure>, T) {
        let (ours, theirs) = pair().unwrap();
        let dialogue = Dialogue {
            authority: &self.authority,
            exports: &self.exports,
            identities: &self.identities,
            images: &self.images,
            address: "10.9.1.2".parse().unwrap(),
        };
        std::thread::scope(|scope| {
            let player = Player(GreeterEnd::try_from(theirs).unwrap());
            let played = scope.spawn(move || part(player));
            let held = self.runtime.block_on(async {
                let control = SupervisorEnd::new(ours).unwrap();
                let room = |_: &Agreed| if room { Ok(()) } else { Err(Lack::Places) };
                dialogue.hold(&control, stage, (|_: &Stage| {}, room)).await
            });
            (held, played.join().unwrap())
        })
    }
}

/// The other end of the socket.
struct Player(GreeterEnd);

/// What a challenge says.
#[derive(Clone)]
struct Set {
    algorithm: ChapAlgorithm,
    identifier: u8,
    value: Vec<u8>,
}

impl Set {
    fn of(message: ToGreeter) -> Option<Self> {
        match message {
            ToGreeter::Challenge {
                algorithm,
                identifier,
                challenge,
            } => Some(Self {
                algorithm,
                identifier,
                value: challenge.to_vec(),
            }),
            _ => None,
        }
    }

    fn answered(&self, secret: &str) -> Bytes<64> {
        let secret = secret.as_bytes();
        let response = response(self.algorithm, self.identifier, secret, &self.value);
        Bytes::try_from(response.as_slice()).unwrap()
    }

    /// As a challenge of the initiator's own.
    fn reflected(&self) -> ReverseChallenge {
        ReverseChallenge {
            identifier: self.identifier.wrapping_add(1),
            challenge: Bytes::try_from(self.value.as_slice()).unwrap(),
        }
    }
}

impl Player {
    fn say(&self, message: &FromGreeter) {
        // Whoever listens may have heard enough.
        let _ = self.0.send(message);
    }

    fn hear(&self) -> Option<ToGreeter> {
        match self.0.receive_blocking() {
            Ok(Incoming::Message(message)) => Some(message),
            _ => None,
        }
    }

    fn ask(&self, offered: &[ChapAlgorithm]) -> Option<Set> {
        let offered = List::try_from(offered.to_vec()).unwrap();
        self.say(&FromGreeter::Challenge { offered });
        Set::of(self.hear()?)
    }

    fn answer(
        &self,
        name: &str,
        response: Bytes<64>,
        reverse: Option<ReverseChallenge>,
    ) -> Option<Verdict> {
        let name = Text::new(name).unwrap();
        self.say(&FromGreeter::Answer(Answer {
            name,
            response,
            reverse,
        }));
        match self.hear()? {
            ToGreeter::Verdict(verdict) => Some(verdict),
            _ => None,
        }
    }

    fn negotiated(&self) {
        self.say(&negotiated());
    }

    fn give_up(&self) {
        self.say(&FromGreeter::Refused {
            initiator: Text::default(),
            target: Text::default(),
            reason: Text::new("gave up").unwrap(),
        });
    }
}

fn negotiated() -> FromGreeter {
    FromGreeter::Negotiated(Negotiated {
        initiator: Text::new("iqn.2026-11.org.example:a").unwrap(),
        target: None,
        login: Bytes::default(),
    })
}

fn name(name: &str) -> Text<255> {
    Text::new(name).unwrap()
}

fn own_challenge() -> ReverseChallenge {
    ReverseChallenge {
        identifier: 9,
        challenge: Bytes::try_from(&[7; 24][..]).unwrap(),
    }
}

#[test]
fn a_right_answer_proves_both_sides_with_each_algorithm() {
    let house = House::new();
    for algorithm in ChapAlgorithm::ALL {
        let (agreed, verdict) = house.play(|greeter| {
            let set = greeter.ask(&[algorithm]).unwrap();
            assert_eq!((set.algorithm, set.value.len()), (algorithm, 32));
            let verdict = greeter.answer("vm-a", set.answered(FORWARD), Some(own_challenge()));
            greeter.negotiated();
            verdict
        });
        let agreed = agreed.unwrap();
        assert_eq!(agreed.identity.name.as_str(), "vm-a");
        let mutual = true;
        assert_eq!(agreed.how, How::Chap { algorithm, mutual });
        let expected = response(algorithm, 9, REVERSE.as_bytes(), &[7; 24]);
        let reverse = Some(Reverse {
            name: Text::new("labelgate").unwrap(),
            response: Bytes::try_from(expected.as_slice()).unwrap(),
        });
        assert_eq!(verdict, Some(Verdict::Granted { reverse }));
    }
}

#[test]
fn whoever_there_is_no_room_for_is_told_once_it_has_proved_itself() {
    let house = House::new();
    let (end, told) = house.play_with(Stage::Fresh, false, |greeter| {
        let set = greeter.ask(&[ChapAlgorithm::Md5]).unwrap();
        greeter.answer("vm-a", set.answered(FORWARD), None);
        greeter.negotiated();
        let told = greeter.hear();
        greeter.give_up();
        told
    });
    assert!(matches!(told, Some(ToGreeter::NoRoom)), "{told:?}");
    assert_eq!(end.unwrap_err(), Failure::NoRoom(Lack::Places));
}

#[test]
fn the_first_algorithm_of_the_initiator_that_is_allowed_is_used() {
    let mut house = House::new();
    let section = ChapSection {
        algorithms: vec![ChapAlgorithm::Sha1, ChapAlgorithm::Sha256],
        name: Text::default(),
    };
    house.authority = Authority::new(section, Arc::clone(&house.registry)).unwrap();
    let offered = [
        ChapAlgorithm::Md5,
        ChapAlgorithm::Sha256,
        ChapAlgorithm::Sha1,
    ];
    let (_, set) = house.play(|greeter| greeter.ask(&offered));
    assert_eq!(set.unwrap().algorithm, ChapAlgorithm::Sha256);
    let (failed, set) = house.play(|greeter| {
        let set = greeter.ask(&[ChapAlgorithm::Md5]);
        greeter.give_up();
        set.is_some()
    });
    assert!(!set);
    assert_eq!(failed.unwrap_err(), Failure::Algorithm);
}

#[test]
fn a_login_without_a_proof_is_nobodys() {
    let house = House::new();
    let unproved = Failure::Violation("a login without a proof");
    let (held, ()) = house.play(|greeter| greeter.negotiated());
    assert_eq!(held.unwrap_err(), unproved);
    let (held, ()) = house.play(|greeter| {
        greeter.ask(&[ChapAlgorithm::Md5]);
        greeter.negotiated();
    });
    assert_eq!(held.unwrap_err(), unproved);
    let (held, ()) = house.play(|greeter| {
        let set = greeter.ask(&[ChapAlgorithm::Md5]).unwrap();
        greeter.answer("vm-a", set.answered("something else"), None);
        greeter.negotiated();
    });
    assert_eq!(held.unwrap_err(), unproved);
    let (held, _) = house.play(|greeter| greeter.answer("vm-a", Bytes::default(), None));
    let unasked = Failure::Violation("an answer without a challenge");
    assert_eq!(held.unwrap_err(), unasked);
}

#[test]
fn one_answer_is_judged_for_each_connection_and_no_second_challenge_is_set() {
    let house = House::new();
    let (held, second) = house.play(|greeter| {
        let set = greeter.ask(&[ChapAlgorithm::Sha256]).unwrap();
        let wrong = greeter.answer("vm-a", set.answered("something else"), None);
        assert_eq!(wrong, Some(Verdict::Refused));
        // The right one, once the first has been found wrong.
        greeter.answer("vm-a", set.answered(FORWARD), None)
    });
    assert_eq!(second, None);
    let twice = Failure::Violation("an answer without a challenge");
    assert_eq!(held.unwrap_err(), twice);
    let (held, second) = house.play(|greeter| {
        greeter.ask(&[ChapAlgorithm::Sha256]).unwrap();
        greeter.ask(&[ChapAlgorithm::Sha256]).is_some()
    });
    assert!(!second);
    let once = Failure::Violation("a challenge is asked for once, and first");
    assert_eq!(held.unwrap_err(), once);
}

#[test]
fn wrong_answers_and_unknown_names_are_told_the_same_and_no_sooner() {
    let house = House::new();
    let attempt = |who: &str, secret: &str| {
        let (held, (verdict, took)) = house.play(|greeter| {
            let set = greeter.ask(&[ChapAlgorithm::Sha256]).unwrap();
            let began = Instant::now();
            let verdict = greeter.answer(who, set.answered(secret), Some(own_challenge()));
            let took = began.elapsed();
            greeter.give_up();
            (verdict, took)
        });
        assert_eq!(verdict, Some(Verdict::Refused));
        assert!(took >= Duration::from_millis(5), "{took:?}");
        held.unwrap_err()
    };
    assert_eq!(attempt("vm-a", REVERSE), Failure::Response(name("vm-a")));
    assert_eq!(attempt("vm-b", FORWARD), Failure::Response(name("vm-b")));
    for nobody in ["vm-c", "", "a b,c"] {
        assert_eq!(attempt(nobody, FORWARD), Failure::Name(name(nobody)));
    }
    let no_secret = Failure::NoReverseSecret(name("vm-b"));
    assert_eq!(attempt("vm-b", "another-secret"), no_secret);
}

#[test]
fn a_challenge_of_the_gateways_own_is_never_answered() {
    let house = House::new();
    let attempt = |theirs: Option<Set>| {
        let (held, (own, verdict)) = house.play(|greeter| {
            let own = greeter.ask(&[ChapAlgorithm::Sha256]).unwrap();
            let back = theirs.as_ref().unwrap_or(&own).reflected();
            let verdict = greeter.answer("vm-a", own.answered(FORWARD), Some(back));
            greeter.give_up();
            (own, verdict)
        });
        assert_eq!(verdict, Some(Verdict::Refused));
        assert_eq!(held.unwrap_err(), Failure::Reflected(name("vm-a")));
        own
    };
    // Its own connection's; one of a connection that has ended; one that is outstanding.
    let over = attempt(None);
    attempt(Some(over));
    let outstanding = house.authority.pose(&[ChapAlgorithm::Md5]).unwrap();
    attempt(Set::of(outstanding.message()));
    drop(outstanding);
}

#[test]
fn what_an_identity_has_become_meanwhile_decides() {
    let house = House::new();
    let attempt = |meanwhile: &(dyn Fn() + Sync)| {
        let (held, verdict) = house.play(|greeter| {
            let set = greeter.ask(&[ChapAlgorithm::Sha256]).unwrap();
            meanwhile();
            let verdict = greeter.answer("vm-a", set.answered(FORWARD), Some(own_challenge()));
            greeter.give_up();
            verdict
        });
        assert_eq!(verdict, Some(Verdict::Refused));
        held.unwrap_err()
    };
    let become_ = |identities| drop(house.identities.send_replace(identities));
    let over = LeaseTerm {
        address: None,
        host_addresses: None,
        ends: Some(SystemTime::now()),
    };
    let elsewhere = LeaseTerm {
        address: Some("10.9.1.3".parse().unwrap()),
        host_addresses: None,
        ends: None,
    };
    let unleased = Admission::Leased(vec![over, elsewhere]);
    let lease_over = || become_(identities(&unleased));
    assert_eq!(attempt(&lease_over), Failure::NoLease(name("vm-a")));
    let gone = || become_(Arc::default());
    assert_eq!(attempt(&gone), Failure::Name(name("vm-a")));
    let rotated = || {
        become_(identities(&Admission::Always));
        let change = Change::RotateIdentity {
            identity: "vm-a".parse().unwrap(),
            secrets: NewSecrets::Chap(secrets("quite-new-secret", None)),
        };
        house.registry.apply(&change).unwrap();
    };
    assert_eq!(attempt(&rotated), Failure::Response(name("vm-a")));
}

#[test]
fn a_greeter_that_dies_tells_nobody_anything() {
    let house = House::new();
    let (held, ()) = house.play(drop);
    assert!(matches!(held, Err(Failure::Died(_))), "{held:?}");
    let (held, _) = house.play(|greeter| {
        let set = greeter.ask(&[ChapAlgorithm::Md5]).unwrap();
        greeter.answer("vm-a", set.answered("something else"), None)
    });
    let why_it_was_refused = Failure::Response(name("vm-a"));
    assert_eq!(held.unwrap_err(), why_it_was_refused);
}

/// What a greeter in a guest's hands may try.
fn words() -> impl Strategy<Value = Vec<FromGreeter>> {
    let algorithms = prop::sample::subsequence(ChapAlgorithm::ALL.to_vec(), 0..=4);
    let bytes = || prop::collection::vec(any::<u8>(), 0..65);
    let names = prop::sample::select(vec!["vm-a", "vm-b", "nobody", ""]);
    let answer = |name: &str, response: &[u8], own: Option<&[u8]>| {
        FromGreeter::Answer(Answer {
            name: Text::new(name).unwrap(),
            response: Bytes::try_from(response).unwrap(),
            reverse: own.map(|own| ReverseChallenge {
                identifier: 1,
                challenge: Bytes::try_from(own).unwrap(),
            }),
        })
    };
    let ready = FromGreeter::Ready {
        confinement: List::default(),
    };
    let word = prop_oneof![
        1 => Just(ready),
        4 => algorithms.prop_map(|offered| FromGreeter::Challenge {
            offered: List::try_from(offered).unwrap(),
        }),
        4 => (names, bytes(), prop::option::of(bytes()))
            .prop_map(move |(name, response, own)| answer(name, &response, own.as_deref())),
        2 => Just(negotiated()),
        1 => prop::sample::select(rpc::words()),
    ];
    prop::collection::vec(word, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever is said in whatever order: without the secret it is nobody.
    #[test]
    fn no_order_of_words_is_a_proof(words in words()) {
        thread_local! {
            static HOUSE: House = House::new();
        }
        let (held, ()) = HOUSE.with(|house| {
            house.play(|greeter| words.iter().for_each(|word| greeter.say(word)))
        });
        prop_assert!(held.is_err(), "{held:?}");
    }
}
