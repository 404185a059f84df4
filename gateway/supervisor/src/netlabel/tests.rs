use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use labelgate_mac::{Categories, Category, Level, Sensitivity};
use proptest::prelude::*;

use super::*;

fn source(kind: NetlabelKind, types: &[&str], categories: &str) -> Arc<NetlabelSource> {
    let level: Level = format!("s0:{categories}").parse().unwrap();
    Arc::new(NetlabelSource {
        network: "10.9.1.2".parse().unwrap(),
        kind,
        types: types.iter().copied().map(str::to_owned).collect(),
        categories: level.categories().clone(),
    })
}

fn ipsec() -> Arc<NetlabelSource> {
    source(NetlabelKind::Ipsec, &["svirt_t", "svirt_tcg_t"], "c0.c255")
}

fn cipso() -> Arc<NetlabelSource> {
    source(NetlabelKind::Cipso, &[NetlabelKind::LEVEL_ONLY], "c0.c255")
}

/// What a peer of this context is, or why it is nobody.
fn told(context: &str, source: &Arc<NetlabelSource>) -> Result<Identity, String> {
    let context = Some(context.parse().unwrap());
    identify(Ok(context), Some(source)).map_err(|refusal| refusal.to_string())
}

#[test]
fn a_level_within_its_sources_range_is_the_label() {
    for (context, source) in [
        ("system_u:system_r:svirt_t:s0:c1,c2", ipsec()),
        ("unconfined_u:unconfined_r:svirt_tcg_t:s0:c1,c2", ipsec()),
        ("system_u:object_r:netlabel_peer_t:s0:c1,c2", cipso()),
    ] {
        let identity = told(context, &source).unwrap();
        assert_eq!(identity.label.to_string(), "s0:c1,c2");
        assert_eq!(identity.name.as_str(), "netlabel:10.9.1.2:s0:c1,c2");
        assert_eq!(identity.proof, Proof::Netlabel(source));
        assert!(identity.grants.is_empty());
    }
}

#[test]
fn a_level_of_one_category_or_of_many_is_a_label_like_any_other() {
    for level in ["s0:c7", "s0:c1,c2,c3", "s0:c0.c255"] {
        let context = format!("system_u:system_r:svirt_t:{level}");
        let identity = told(&context, &ipsec()).unwrap();
        assert_eq!(*identity.label.level(), level.parse().unwrap());
    }
}

#[test]
fn each_refusal_says_what_was_seen_and_what_to_do() {
    let of = |range: &str| format!("system_u:system_r:svirt_t:{range}");
    let expected = [
        (
            of("s0"),
            "the context system_u:system_r:svirt_t:s0: not a label: it has no category",
        ),
        (
            of("s0:c0.c1023"),
            "the context system_u:system_r:svirt_t:s0:c0.c1023: not a label: it has all 1024",
        ),
        (
            of("s0-s0:c1,c2"),
            "the context system_u:system_r:svirt_t:s0-s0:c1,c2: not a label: a range",
        ),
        (
            of("s0:c255,c256"),
            "the context system_u:system_r:svirt_t:s0:c255,c256: its level is outside of what \
             source 10.9.1.2 may have, s0:c0.c255",
        ),
        (
            of("s1:c1,c2"),
            "the context system_u:system_r:svirt_t:s1:c1,c2: its level is outside of what source \
             10.9.1.2 may have, s0:c0.c255",
        ),
        (
            "system_u:system_r:httpd_t:s0:c1,c2".to_owned(),
            "the context system_u:system_r:httpd_t:s0:c1,c2 is of no type that is believed of \
             source 10.9.1.2 (ipsec: svirt_t, svirt_tcg_t); correct the types",
        ),
        (
            "system_u:object_r:netlabel_peer_t:s0:c1,c2".to_owned(),
            "the context system_u:object_r:netlabel_peer_t:s0:c1,c2 is of no type that is believed \
             of source 10.9.1.2 (ipsec: svirt_t, svirt_tcg_t); it came with CIPSO or CALIPSO",
        ),
    ];
    for (context, message) in expected {
        let said = told(&context, &ipsec()).unwrap_err();
        assert!(said.starts_with(message), "{said}\ninstead of\n{message}");
    }
    let said = told("system_u:system_r:svirt_t:s0:c1,c2", &cipso()).unwrap_err();
    assert!(
        said.ends_with("it did not come with CIPSO or CALIPSO; correct the kind of its section")
    );
}

#[test]
fn no_label_an_unreadable_one_and_an_unknown_source_are_refused() {
    let unlabelled = identify(Ok(None), Some(&ipsec())).unwrap_err();
    assert!(matches!(unlabelled, NetlabelRefusal::Unlabelled));
    let said = unlabelled.to_string();
    assert!(
        said.starts_with("this peer's connection carries no label"),
        "{said}"
    );

    let fault = || ContextError::from(io::Error::from(io::ErrorKind::PermissionDenied));
    let unreadable = identify(Err(fault()), Some(&ipsec())).unwrap_err();
    assert!(matches!(unreadable, NetlabelRefusal::Unreadable(_)));
    let text = identify(Err(ContextError::Text), None).unwrap_err();
    assert!(matches!(text, NetlabelRefusal::Unreadable(_)));

    let context = "system_u:system_r:svirt_t:s0:c1,c2".parse().unwrap();
    let unknown = identify(Ok(Some(context)), None).unwrap_err();
    assert!(unknown.to_string().contains("s0:c1,c2"), "{unknown}");
}

#[test]
fn what_a_peer_is_called_is_bounded_in_every_message() {
    let every_second = (0..1023).step_by(2).filter_map(Category::new);
    let level = Level::new(Sensitivity::default(), Categories::from_iter(every_second));
    let all = source(NetlabelKind::Static, &["svirt_t"], "c0.c1023");
    for source in [&all, &ipsec()] {
        let context = format!("system_u:system_r:svirt_t:{level}");
        let said = told(&context, source).unwrap_err();
        assert!(said.len() < 1024, "{} bytes", said.len());
    }
}

/// A context whose parts are often those that are believed.
fn context() -> impl Strategy<Value = Context> {
    let name = prop_oneof![
        4 => Just("svirt_t"), 2 => Just("netlabel_peer_t"), 1 => Just("unlabeled_t"),
        1 => Just("labelgate_t"), 1 => Just("svirt_t.x"),
    ];
    let category = prop_oneof![8 => 0_u16..16, 1 => 0_u16..1024];
    let level = (0_u8..3, proptest::collection::vec(category, 0..5)).prop_map(|(high, set)| {
        let sensitivity = Sensitivity::new(high / 2).unwrap();
        Level::new(
            sensitivity,
            set.into_iter().filter_map(Category::new).collect(),
        )
    });
    (name, level.clone(), level, any::<bool>()).prop_map(|(name, low, high, single)| {
        let range = match single {
            true => low.into(),
            false => labelgate_mac::Range::new(low.clone(), high).unwrap_or_else(|| low.into()),
        };
        Context::object(name, range)
    })
}

proptest! {
    /// The decision, said once more in the words of the documentation.
    #[test]
    fn who_is_let_in_has_an_allowed_type_and_one_level_within_the_range(
        context in context(), (first, length) in (0_u16..8, 1_u16..16), kind in 0_usize..4,
    ) {
        let kind = [
            NetlabelKind::Cipso, NetlabelKind::Calipso, NetlabelKind::Ipsec, NetlabelKind::Static,
        ][kind];
        let types = match kind.tells_type() {
            true => BTreeSet::from(["svirt_t".to_owned()]),
            false => BTreeSet::from([NetlabelKind::LEVEL_ONLY.to_owned()]),
        };
        let numbers = first..first + length;
        let source = Arc::new(NetlabelSource {
            network: "10.9.1.2".parse().unwrap(),
            kind,
            types: types.clone(),
            categories: numbers.clone().filter_map(Category::new).collect(),
        });
        let range = context.range();
        let level = range.low();
        let expected = types.contains(context.type_name())
            && range.low() == range.high()
            && level.sensitivity().number() == 0
            && !level.categories().is_empty()
            && level.categories().iter().all(|category| numbers.contains(&category.number()));
        match identify(Ok(Some(context.clone())), Some(&source)) {
            Ok(identity) => {
                prop_assert!(expected, "{} was let in", context);
                prop_assert_eq!(identity.label.level(), level);
            }
            Err(refusal) => prop_assert!(!expected, "{context}: {refusal}"),
        }
    }
}

#[test]
fn fuzz_context_of_a_peer() {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    bolero::check!()
        .with_test_time(Duration::from_secs(seconds.unwrap_or(2)))
        .with_type::<(bool, Vec<u8>)>()
        .for_each(|(near, bytes)| {
            // Half of them are nearly right: the alphabet of levels behind a type that is believed.
            let letter = |byte: &u8| char::from(b"c0123.,:-s"[usize::from(*byte) % 10]);
            let text = match near {
                true => format!(
                    "u:r:svirt_t:s0:c{}",
                    bytes.iter().map(letter).collect::<String>()
                ),
                false => String::from_utf8_lossy(bytes).into_owned(),
            };
            let peer = match text.parse::<Context>() {
                Ok(context) => Ok(Some(context)),
                Err(error) => Err(ContextError::Parse {
                    text: text.clone().into(),
                    error,
                }),
            };
            match identify(peer, Some(&ipsec())) {
                Ok(identity) => {
                    let ours = ipsec();
                    let categories = identity.label.level().categories();
                    assert!(ours.categories.is_superset(categories), "{text}");
                    assert!(!categories.is_empty() && !text.contains('-'), "{text}");
                }
                Err(refusal) => assert!(!refusal.to_string().is_empty()),
            }
        });
}
