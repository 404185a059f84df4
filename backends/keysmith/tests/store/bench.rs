//! A cluster, a minting key, and a keysmith that works with it.

use std::time::Duration;

use labelgate_control::{
    ConfigureKeysmith, KeptName, KeyScope, KeysmithAnswer, KeysmithRefusal, KeysmithTask, List,
    Secret, Text,
};
use labelgate_fixtures::peer::{Ceph, Layout};
use labelgate_fixtures::process::{Finished, run};
use labelgate_keysmith::{Name, Smith, minting_caps};

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(60);
/// What our entities begin with.
pub(crate) const PREFIX: &str = "labelgate.";
/// Whose the minting key is.
pub(crate) const MINTER: &str = "gateway";

pub(crate) fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap()
}

pub(crate) fn name(namespace: &str, image: &str) -> KeptName {
    KeptName {
        namespace: text(namespace),
        image: text(image),
    }
}

pub(crate) struct Bench {
    pub(crate) ceph: Ceph,
    pub(crate) configure: ConfigureKeysmith,
    pub(crate) smith: Smith,
}

impl Bench {
    pub(crate) fn start() -> Self {
        Self::with(Layout::memory())
    }

    pub(crate) fn with(layout: Layout) -> Self {
        let ceph = Ceph::start(layout).unwrap();
        let pools = [ceph.pool(), "cold"].map(|pool| Name::new("the pool", pool).unwrap());
        let prefix = Name::new("the prefix", PREFIX).unwrap();
        let [(mon, mon_cap), (osd, osd_cap)] = minting_caps(&pools, &prefix);
        let key = ceph
            .make_key(MINTER, &[mon, &mon_cap, osd, &osd_cap])
            .unwrap();
        let configure = ConfigureKeysmith {
            monitors: text(&ceph.monitors()),
            entity: text(MINTER),
            key: Secret::new(&key).unwrap(),
            pool: text(ceph.pool()),
            prefix: text(PREFIX),
            unprivileged: true,
            context: None,
        };
        let smith = Smith::connect(&configure).unwrap();
        Self {
            ceph,
            configure,
            smith,
        }
    }

    pub(crate) fn ask(&self, task: &KeysmithTask) -> Result<KeysmithAnswer, KeysmithRefusal> {
        self.smith.work(task).map_err(|refused| {
            println!("refused: {refused}");
            refused.why
        })
    }

    pub(crate) fn create(&self, namespace: &str, image: &str, size: u64) {
        let task = KeysmithTask::CreateImage {
            name: name(namespace, image),
            size,
            object_size: None,
        };
        assert_eq!(self.ask(&task), Ok(KeysmithAnswer::Done));
    }

    #[track_caller]
    pub(crate) fn make_key(&self, entity: &str, scope: KeyScope) -> String {
        let task = KeysmithTask::MakeKey {
            entity: text(entity),
            scope,
        };
        match self.smith.work(&task) {
            Ok(KeysmithAnswer::Key(key)) => key.reveal().to_owned(),
            other => panic!("no key but {other:?}"),
        }
    }

    pub(crate) fn namespace_key(&self, entity: &str, namespace: &str) -> String {
        self.make_key(entity, KeyScope::Namespace(text(namespace)))
    }

    /// The key of an image, and of whatever it is a clone of.
    #[track_caller]
    pub(crate) fn image_key(&self, entity: &str, name: KeptName, read_only: bool) -> String {
        let task = KeysmithTask::ListParents { name: name.clone() };
        let parents: Vec<_> = match self.ask(&task) {
            Ok(KeysmithAnswer::Relatives { all, .. }) => {
                all.iter().map(|parent| parent.id.clone()).collect()
            }
            other => panic!("no parents but {other:?}"),
        };
        let scope = KeyScope::Image {
            name,
            read_only,
            parents: List::try_from(parents).unwrap(),
        };
        self.make_key(entity, scope)
    }

    /// The identifier of an image.
    #[track_caller]
    pub(crate) fn id(&self, namespace: &str, image: &str) -> String {
        let name = name(namespace, image);
        match self.ask(&KeysmithTask::DescribeImage { name }) {
            Ok(KeysmithAnswer::Image(image)) => image.id.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn does(&self, task: &KeysmithTask) {
        assert_eq!(self.ask(task), Ok(KeysmithAnswer::Done), "{task:?}");
    }

    pub(crate) fn revoke(&self, entity: &str) -> KeysmithTask {
        KeysmithTask::Revoke {
            entity: text(entity),
            instances: List::default(),
        }
    }

    pub(crate) fn fence(&self, entity: &str, instances: &[&str]) -> KeysmithTask {
        let instances: Vec<_> = instances.iter().map(|instance| text(instance)).collect();
        KeysmithTask::Fence {
            entity: text(entity),
            instances: List::try_from(instances).unwrap(),
        }
    }

    /// Runs one of Ceph's programs with somebody's key.
    pub(crate) fn as_entity(&self, entity: &str, key: &str, program: &[&str]) -> Finished {
        let mut command = self.ceph.command_as(entity, key, program[0]).unwrap();
        run(command.args(&program[1..]), LIMIT).unwrap()
    }

    /// That this is refused, by the cluster and for want of a right.
    #[track_caller]
    pub(crate) fn refuses(&self, entity: &str, key: &str, program: &[&str]) {
        let tried = self.as_entity(entity, key, program);
        let said = tried.output();
        assert!(
            tried.failed().is_ok(),
            "{program:?} was let through: {said}"
        );
        let refused = [
            "not permitted",
            "ermission denied",
            "EACCES",
            "EPERM",
            "error 13",
        ];
        assert!(
            refused.iter().any(|word| said.contains(word)),
            "{program:?}: {said}"
        );
    }

    /// That this works.
    #[track_caller]
    pub(crate) fn allows(&self, entity: &str, key: &str, program: &[&str]) -> String {
        let tried = self.as_entity(entity, key, program);
        tried.succeeded().unwrap().stdout
    }
}
