//! Messages of a keysmith.

use labelgate_control::{
    ConfigureKeysmith, FromKeysmith, IscsiAnchor, KeptImage, KeptName, KeptRelative, KeptSnapshot,
    KeyScope, KeysmithAnswer, KeysmithRefusal, KeysmithTask, List, LookAtTarget, Secret, Text,
    ToKeysmith,
};

use super::full;

fn secret<const N: usize>() -> Secret<N> {
    Secret::new(&"x".repeat(N)).unwrap()
}

fn name() -> KeptName {
    KeptName {
        namespace: full(),
        image: full(),
    }
}

fn instances() -> List<Text<512>, 6> {
    List::try_from(vec![full(); 6]).unwrap()
}

fn relative() -> KeptRelative {
    KeptRelative {
        pool: full(),
        name: name(),
        id: full(),
    }
}

fn snapshot() -> KeptSnapshot {
    KeptSnapshot {
        number: u64::MAX,
        name: full(),
        size: u64::MAX,
        created: u64::MAX,
    }
}

fn look() -> ToKeysmith {
    ToKeysmith::Look(Box::new(LookAtTarget {
        target: IscsiAnchor {
            portal: "[ffff::ffff]:65535".parse().unwrap(),
            target: full(),
            lun: u16::MAX,
            initiator: full(),
            user: full(),
            secret: secret(),
            target_user: full(),
            target_secret: secret(),
            reservation: u64::MAX,
            write_through: true,
            shared: true,
        },
        milliseconds: u32::MAX,
        unprivileged: true,
        context: Some(full()),
    }))
}

/// Every message to a keysmith.
pub fn to_keysmith() -> Vec<ToKeysmith> {
    let configure = ToKeysmith::Configure(ConfigureKeysmith {
        monitors: full(),
        entity: full(),
        key: secret(),
        pool: full(),
        prefix: full(),
        unprivileged: true,
        context: Some(full()),
    });
    let tasks = [key_tasks(), image_tasks(), snapshot_tasks()].concat();
    let requests = tasks.into_iter().map(|task| ToKeysmith::Request {
        request: u64::MAX,
        task,
    });
    [configure, look()].into_iter().chain(requests).collect()
}

fn key_tasks() -> Vec<KeysmithTask> {
    vec![
        KeysmithTask::MakeKey {
            entity: full(),
            scope: KeyScope::Namespace(full()),
        },
        KeysmithTask::MakeKey {
            entity: full(),
            scope: KeyScope::Image {
                name: name(),
                read_only: true,
                parents: List::try_from(vec![full(); 4]).unwrap(),
            },
        },
        KeysmithTask::Revoke {
            entity: full(),
            instances: instances(),
        },
        KeysmithTask::Fence {
            entity: full(),
            instances: instances(),
        },
    ]
}

fn image_tasks() -> Vec<KeysmithTask> {
    vec![
        KeysmithTask::RemoveNamespace { namespace: full() },
        KeysmithTask::CreateImage {
            name: name(),
            size: u64::MAX,
            object_size: Some(u8::MAX),
        },
        KeysmithTask::CloneImage {
            name: name(),
            of: name(),
            snapshot: full(),
        },
        KeysmithTask::RemoveImage { name: name() },
        KeysmithTask::ResizeImage {
            name: name(),
            size: u64::MAX,
            shrink: true,
        },
        KeysmithTask::DescribeImage { name: name() },
        KeysmithTask::ListImages {
            namespace: full(),
            after: full(),
        },
    ]
}

fn snapshot_tasks() -> Vec<KeysmithTask> {
    vec![
        KeysmithTask::ListParents { name: name() },
        KeysmithTask::ListClones {
            name: name(),
            skip: u32::MAX,
        },
        KeysmithTask::ListSnapshots {
            name: name(),
            after: u64::MAX,
        },
        KeysmithTask::CreateSnapshot {
            name: name(),
            snapshot: full(),
        },
        KeysmithTask::RemoveSnapshot {
            name: name(),
            snapshot: full(),
        },
        KeysmithTask::RollBack {
            name: name(),
            snapshot: full(),
        },
    ]
}

/// Every message from a keysmith.
pub fn from_keysmith() -> Vec<FromKeysmith> {
    let answers = [
        Ok(KeysmithAnswer::Done),
        Ok(KeysmithAnswer::Key(secret())),
        Ok(KeysmithAnswer::Image(KeptImage {
            id: full(),
            size: u64::MAX,
            object_size: u64::MAX,
            cloned: true,
            data_pool: true,
            snapshots: u32::MAX,
        })),
        Ok(KeysmithAnswer::Images {
            names: List::try_from(vec![full(); 16]).unwrap(),
            more: true,
        }),
        Ok(KeysmithAnswer::Relatives {
            all: List::try_from(vec![relative(); 8]).unwrap(),
            more: true,
        }),
        Ok(KeysmithAnswer::Snapshots {
            all: List::try_from(vec![snapshot(); 16]).unwrap(),
            more: true,
        }),
        Ok(KeysmithAnswer::Excluded {
            instances: u32::MAX,
            locks: u32::MAX,
        }),
        Err((KeysmithRefusal::Unfit, full())),
    ];
    let answers = answers.into_iter().map(|result| FromKeysmith::Answer {
        request: u64::MAX,
        result,
    });
    let mut messages = vec![
        FromKeysmith::Seen {
            confinement: List::try_from(vec![full(); 16]).unwrap(),
            single: true,
            what: full(),
        },
        FromKeysmith::Ready {
            confinement: List::try_from(vec![full(); 16]).unwrap(),
            cluster: full(),
            instance: full(),
        },
        FromKeysmith::Failed {
            why: KeysmithRefusal::Library,
            reason: full(),
        },
    ];
    messages.extend(answers);
    messages
}
