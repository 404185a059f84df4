//! Changes, and what is in their way.

use labelgate_registry::{ApplyError, Change, ChapSecrets, RedbRegistry, Refusal, Registry, Thing};

use crate::samples::{chap, image, registry, store};

fn refusal(registry: &RedbRegistry, change: &Change) -> Refusal {
    let before = registry.read().unwrap();
    match registry.apply(change) {
        Err(ApplyError::Refused(refusal)) => {
            assert_eq!(
                registry.read().unwrap(),
                before,
                "a refused change left something"
            );
            refusal
        }
        other => panic!("{change:?} was not refused: {other:?}"),
    }
}

#[test]
fn what_was_applied_is_there_after_a_restart() {
    let (_directory, path, registry) = registry();
    registry.apply(&store("vms")).unwrap();
    registry
        .apply(&Change::AddImage(image("vms", "web", "s0:c1,c2")))
        .unwrap();
    let identity = chap("vm-1", "s0:c1,c2");
    let labelgate_registry::NewProof::Chap(secrets) = &identity.proof else {
        panic!()
    };
    let secrets: ChapSecrets = secrets.clone();
    let applied = registry.apply(&Change::AddIdentity(identity)).unwrap();
    assert_eq!(applied.snapshot.revision, 3);
    drop(registry);

    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(registry.read().unwrap(), applied.snapshot);
    assert_eq!(
        registry.secrets(&"vm-1".parse().unwrap()).unwrap(),
        Some(secrets)
    );
    assert_eq!(registry.secrets(&"vm-2".parse().unwrap()).unwrap(), None);
}

#[test]
fn a_store_with_images_stays() {
    let (_directory, _, registry) = registry();
    registry.apply(&store("vms")).unwrap();
    let web = image("vms", "web", "s0:c1,c2");
    registry.apply(&Change::AddImage(web.clone())).unwrap();
    let remove = Change::RemoveStore("vms".parse().unwrap());
    let said = refusal(&registry, &remove).to_string();
    assert_eq!(
        said,
        "store vms still has images (1), such as vms/web; remove them first"
    );
    registry.apply(&Change::RemoveImage(web.id())).unwrap();
    registry.apply(&remove).unwrap();
    assert_eq!(
        refusal(&registry, &remove),
        Refusal::Absent(Thing::Store("vms".parse().unwrap()))
    );
}
