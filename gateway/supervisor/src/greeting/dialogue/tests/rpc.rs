//! Tokens, file handles, and greeters that say anything about them.

use labelgate_handle::{BadHandle, Handle, HandleKey, Object};
use labelgate_registry::MasterKey;

use super::*;
use crate::config::TokenDigest;

const TOKEN: &[u8] = b"a-token-of-twenty-six-letters";
const EPOCH: u64 = 77;

fn master() -> Arc<MasterKey> {
    Arc::new(MasterKey::from_bytes([7; 32]))
}

/// Whoever has the token, admitted so.
fn token_identity(name: &str, token: &[u8], epoch: u64, admission: &Admission) -> Arc<Identity> {
    Arc::new(Identity {
        name: Text::new(name).unwrap(),
        proof: Proof::Token(TokenDigest::of(&master(), token)),
        admission: admission.clone(),
        epoch,
        ..Identity::at("10.9.1.9".parse().unwrap(), "s0:c1,c2".parse().unwrap())
    })
}

fn identities(admission: &Admission) -> Arc<Identities> {
    let mut identities = Identities::default();
    let vm = token_identity("nfs-a", TOKEN, EPOCH, admission);
    identities.insert(vm).unwrap();
    // Nobody gets in by NFS because an initiator has a CHAP name.
    let initiator = Identity {
        name: Text::new("vm-a").unwrap(),
        proof: Proof::Chap(Text::new("vm-a").unwrap()),
        epoch: EPOCH + 1,
        ..Identity::at("10.9.1.9".parse().unwrap(), "s0:c1,c2".parse().unwrap())
    };
    identities.insert(Arc::new(initiator)).unwrap();
    Arc::new(identities.with_epochs(&master()).unwrap())
}

fn house() -> House {
    let house = House::new();
    house
        .identities
        .send_replace(identities(&Admission::Always));
    house
}

/// A handle for the client of these dialogues, as a worker or the supervisor seals it.
fn sealed(epoch: u64, label: &str, client: Option<&str>) -> Bytes<64> {
    let handle = Handle {
        epoch,
        object: Object::Root,
    };
    let client = client.map(|text| text.parse().unwrap());
    let key = HandleKey::for_label(master().expose(), label);
    let sealed = handle.seal(&key, client);
    Bytes::try_from(&sealed[..]).unwrap()
}

fn own_handle() -> Bytes<64> {
    sealed(EPOCH, "s0:c1,c2", Some("10.9.1.2"))
}

fn mount(token: &[u8], rest: &str) -> FromGreeter {
    FromGreeter::Mount {
        xid: 7,
        token: Bytes::try_from(token).unwrap(),
        rest: Bytes::try_from(rest.as_bytes()).unwrap(),
    }
}

/// What a greeter of an RPC client may say.
pub fn words() -> Vec<FromGreeter> {
    vec![
        mount(TOKEN, ""),
        mount(b"", ""),
        FromGreeter::Handle(own_handle()),
        FromGreeter::Handle(Bytes::default()),
        FromGreeter::Ended,
    ]
}

impl Player {
    fn mount(&self, token: &[u8], rest: &str) -> Option<Result<Bytes<64>, MountRefusal>> {
        self.say(&mount(token, rest));
        match self.hear()? {
            ToGreeter::Mounted(result) => Some(result),
            _ => None,
        }
    }

    fn show(&self, handle: &Bytes<64>) -> Option<HandleRefusal> {
        self.say(&FromGreeter::Handle(handle.clone()));
        match self.hear()? {
            ToGreeter::HandleRefused(why) => Some(why),
            _ => None,
        }
    }
}

fn agreed(end: Result<End, Failure>) -> Agreed {
    match end {
        Ok(End::Agreed(agreed)) => agreed,
        other => panic!("{other:?}"),
    }
}

fn failed(end: Result<End, Failure>) -> Failure {
    match end {
        Err(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_mounts_and_what_it_mounts_proves_whose_a_connection_is() {
    let house = house();
    let (end, root) = house.play_from(Stage::Unmounted, |greeter| {
        let root = greeter.mount(TOKEN, "");
        greeter.say(&FromGreeter::Ended);
        root
    });
    assert!(matches!(end, Ok(End::Ended)), "{end:?}");
    let root = root.unwrap().unwrap();
    assert_eq!(root, own_handle());

    let (end, ()) = house.play_from(Stage::Unmounted, |greeter| {
        greeter.say(&FromGreeter::Handle(root));
    });
    let agreed = agreed(end);
    assert_eq!(agreed.identity.name.as_str(), "nfs-a");
    assert_eq!(agreed.how, How::Handle);
    assert!(matches!(
        agreed.login,
        Login::Rpc {
            epoch: EPOCH,
            ports: None
        }
    ));
}

#[test]
fn a_client_may_mount_twice_and_go_on_with_the_same_connection() {
    let (end, mounted) = house().play_from(Stage::Unmounted, |greeter| {
        let mounted = [greeter.mount(TOKEN, ""), greeter.mount(TOKEN, "")];
        greeter.say(&FromGreeter::Handle(own_handle()));
        mounted
    });
    let root = Some(Ok(own_handle()));
    assert_eq!(mounted, [root.clone(), root]);
    assert_eq!(agreed(end).identity.name.as_str(), "nfs-a");
}

#[test]
fn handles_are_bound_to_an_address_unless_the_admin_says_otherwise() {
    let mut house = house();
    let elsewhere = sealed(EPOCH, "s0:c1,c2", Some("10.9.1.3"));
    let unbound = sealed(EPOCH, "s0:c1,c2", None);
    let show = |house: &House, handle: &Bytes<64>| {
        let (end, told) = house.play_from(Stage::Unmounted, |greeter| greeter.show(handle));
        (end.is_ok(), told)
    };
    let stale = (false, Some(HandleRefusal::Stale));
    assert_eq!(show(&house, &elsewhere), stale);
    assert_eq!(show(&house, &unbound), stale);
    house.exports = Exports::new(false);
    assert_eq!(show(&house, &own_handle()), stale);
    assert_eq!(show(&house, &unbound), (true, None));
    let (_, root) = house.play_from(Stage::Unmounted, |greeter| greeter.mount(TOKEN, ""));
    assert_eq!(root, Some(Ok(unbound)));
}

#[test]
fn no_other_handle_proves_anything() {
    let house = house();
    let refusal = |handle: Bytes<64>| {
        let (end, told) = house.play_from(Stage::Unmounted, |greeter| {
            let told = greeter.show(&handle);
            greeter.give_up();
            told
        });
        (failed(end), told.unwrap())
    };
    let stale = (Failure::StaleHandle, HandleRefusal::Stale);
    let here = Some("10.9.1.2");
    for (epoch, label) in [
        (EPOCH - 1, "s0:c1,c2"),
        (EPOCH, "s0:c1,c3"),
        // Of an initiator's identity, which is given no handle.
        (EPOCH + 1, "s0:c1,c2"),
        (0, "s0:c1,c2"),
    ] {
        assert_eq!(refusal(sealed(epoch, label, here)), stale);
    }
    let mut forged = own_handle().to_vec();
    forged[47] ^= 1;
    assert_eq!(refusal(Bytes::try_from(&forged[..]).unwrap()), stale);
    let none = (
        Failure::BadHandle(BadHandle::Length(0)),
        HandleRefusal::Malformed,
    );
    assert_eq!(refusal(Bytes::default()), none);
}

#[test]
fn whatever_is_wrong_with_a_token_is_told_the_same_and_no_sooner() {
    let house = house();
    let attempt = |token: &[u8], rest: &str| {
        let (end, (told, took)) = house.play_from(Stage::Unmounted, |greeter| {
            let began = Instant::now();
            let told = greeter.mount(token, rest);
            let took = began.elapsed();
            greeter.give_up();
            (told, took)
        });
        assert!(took >= Duration::from_millis(5), "{took:?}");
        (failed(end), told.unwrap().unwrap_err())
    };
    let nobodys = (Failure::Token, MountRefusal::Access);
    assert_eq!(attempt(b"another-token-of-twenty-odd", ""), nobodys);
    assert_eq!(attempt(&TOKEN[1..], ""), nobodys);
    assert_eq!(attempt(b"", ""), nobodys);
    // Whether there is such a path is nobody's business who has no token.
    assert_eq!(attempt(b"another-token-of-twenty-odd", "vms"), nobodys);
    let path = Text::new("vms").unwrap();
    let no_entry = (Failure::Path(path), MountRefusal::NoEntry);
    assert_eq!(attempt(TOKEN, "vms"), no_entry);

    let unleased = Admission::Leased(vec![]);
    house.identities.send_replace(identities(&unleased));
    let no_lease = (Failure::NoLease(name("nfs-a")), MountRefusal::Access);
    assert_eq!(attempt(TOKEN, ""), no_lease);
    assert_eq!(attempt(TOKEN, "vms"), no_lease);
}

/// A client that was told that its handle is stale would give it up for good.
#[test]
fn while_no_lease_runs_a_good_handle_is_told_nothing() {
    let house = house();
    let unleased = Admission::Leased(vec![]);
    house.identities.send_replace(identities(&unleased));
    let (end, told) = house.play_from(Stage::Unmounted, |greeter| greeter.show(&own_handle()));
    assert_eq!(failed(end), Failure::NoLease(name("nfs-a")));
    assert_eq!(told, None);
}

#[test]
fn after_another_token_was_given_neither_the_old_one_nor_its_handles_are_good() {
    let house = house();
    let mut rotated = Identities::default();
    let vm = token_identity(
        "nfs-a",
        b"the-next-token-of-its-own",
        78,
        &Admission::Always,
    );
    rotated.insert(vm).unwrap();
    house.identities.send_replace(Arc::new(rotated));
    let (_, mounted) = house.play_from(Stage::Unmounted, |greeter| greeter.mount(TOKEN, ""));
    assert_eq!(mounted, Some(Err(MountRefusal::Access)));
    let (end, told) = house.play_from(Stage::Unmounted, |greeter| greeter.show(&own_handle()));
    assert_eq!(told, Some(HandleRefusal::Stale));
    assert_eq!(failed(end), Failure::StaleHandle);
}

#[test]
fn one_wrong_token_or_handle_is_judged_for_each_connection() {
    let house = house();
    let (end, second) = house.play_from(Stage::Unmounted, |greeter| {
        greeter.mount(b"another-token-of-twenty-odd", "");
        greeter.mount(TOKEN, "")
    });
    assert_eq!(second, None);
    let twice = Failure::Violation("a mount where there is none");
    assert_eq!(failed(end), twice);
    let (end, second) = house.play_from(Stage::Unmounted, |greeter| {
        greeter.show(&Bytes::default());
        greeter.show(&own_handle())
    });
    assert_eq!(second, None);
    let twice = Failure::Violation("a file handle where none is shown");
    assert_eq!(failed(end), twice);
}

#[test]
fn who_asks_for_ports_may_end_and_nothing_else() {
    let house = house();
    let (end, ()) = house.play_from(Stage::Asking, |greeter| greeter.say(&FromGreeter::Ended));
    assert!(matches!(end, Ok(End::Ended)), "{end:?}");
    for word in words()
        .into_iter()
        .filter(|word| *word != FromGreeter::Ended)
    {
        let (end, ()) = house.play_from(Stage::Asking, |greeter| greeter.say(&word));
        assert!(matches!(failed(end), Failure::Violation(_)), "{word:?}");
    }
    let (end, ()) = house.play_from(Stage::Unmounted, |greeter| greeter.say(&negotiated()));
    let unproved = Failure::Violation("a login without a proof");
    assert_eq!(failed(end), unproved);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever is said in whatever order: without a handle that is good it is nobody, and with one
    /// it is who that was sealed for.
    #[test]
    fn a_good_handle_alone_gives_a_connection_to_a_worker(
        said in prop::collection::vec(prop::sample::select(words()), 0..8),
    ) {
        thread_local! {
            static HOUSE: House = house();
        }
        let (end, ()) = HOUSE.with(|house| {
            house.play_from(Stage::Unmounted, |greeter| {
                said.iter().for_each(|word| greeter.say(word));
            })
        });
        let good = said.contains(&FromGreeter::Handle(own_handle()));
        if let Ok(End::Agreed(agreed)) = end {
            prop_assert!(good);
            prop_assert_eq!(agreed.identity.epoch, EPOCH);
        }
    }
}
