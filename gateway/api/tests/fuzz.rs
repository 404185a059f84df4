//! Any bytes give a request or an answer, or an error, without a panic; and what was read is
//! written so that it is read the same again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;

use bolero::TypeGenerator;
use labelgate_api::{
    AddBackend, AddGroup, AddHost, AddIdentity, AddStore, AddedIdentity, AllocateLevel, AuditQuery,
    AuditReport, CertifiedHost, CertifyHost, ClearImage, CloneImage, CreateImage, CreateSnapshot,
    EndedLease, Groups, HostMachinePath, Hosts, Identities, IdentityPath, ImagePath, Images,
    ImagesQuery, ImportQuery, LabelImage, LeasePath, Leases, Levels, MachinePath, MemberPath,
    Problem, RelabelledImage, RemoveImageQuery, ResizeImage, Restored, Revocation, RollBack,
    RotateIdentity, Rotated, SnapshotPath, Snapshots, StartLease, StartMachine, Status, Step,
    StopMachine, StorePath, Stores, Workers, document,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Reads bytes as a `T`. If they are one, it is written so that it is read the same again.
fn reads<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else {
        return false;
    };
    let written = serde_json::to_vec(&value).unwrap();
    let again: T = serde_json::from_slice(&written).unwrap();
    assert_eq!(again, value);
    true
}

/// Reads bytes as a `T`, and says the name of `T` if they are one.
type Reader = (&'static str, fn(&[u8]) -> bool);

macro_rules! readers {
    ($($type:ident),* $(,)?) => {
        [$((stringify!($type), reads::<$type>)),*]
    };
}

/// Everything that travels.
fn readers() -> impl Iterator<Item = Reader> {
    let requests: [Reader; 19] = readers![
        AddStore,
        AddBackend,
        CreateImage,
        CloneImage,
        LabelImage,
        ResizeImage,
        ClearImage,
        CreateSnapshot,
        RollBack,
        AddIdentity,
        RotateIdentity,
        AddGroup,
        AllocateLevel,
        StartLease,
        AddHost,
        CertifyHost,
        StartMachine,
        StopMachine,
        Problem,
    ];
    let parameters: [Reader; 12] = readers![
        StorePath,
        ImagePath,
        SnapshotPath,
        IdentityPath,
        MemberPath,
        LeasePath,
        HostMachinePath,
        MachinePath,
        ImagesQuery,
        ImportQuery,
        RemoveImageQuery,
        AuditQuery,
    ];
    let answers: [Reader; 19] = readers![
        Status,
        Stores,
        Images,
        Snapshots,
        RelabelledImage,
        Identities,
        AddedIdentity,
        Rotated,
        Groups,
        Levels,
        Leases,
        EndedLease,
        Hosts,
        CertifiedHost,
        Workers,
        AuditReport,
        Revocation,
        Step,
        Restored,
    ];
    requests.into_iter().chain(parameters).chain(answers)
}

/// Values that some field takes, or nearly.
const VALUES: [&str; 37] = [
    "null",
    "true",
    "0",
    "-1",
    "1",
    "512",
    "1.5",
    "18446744073709551615",
    "18446744073709551616",
    "1e400",
    "\"\"",
    "\"vms\"",
    "\"Vms\"",
    "\"web-1\"",
    "\"auto\"",
    "\"content\"",
    "\"s0:c1,c2\"",
    "\"s0:c0.c1023\"",
    "\"s0\"",
    "\"10.0.0.0/28\"",
    "\"10.0.0.0/33\"",
    "\"::/0\"",
    "\"2026-11-30T12:00:00Z\"",
    "\"-999999999-01-01T00:00:00Z\"",
    "\"b3c1a2d4-0000-4000-8000-000000000001\"",
    "\"0123456789abcdef\"",
    "\"a\\u0000b\"",
    "\"\\u202e\"",
    "\"raw\"",
    "\"chap\"",
    "\"token\"",
    "\"0123456789-ABCDEF_abcdef\"",
    "[]",
    "{}",
    "{\"kind\":\"chap\"}",
    "{\"kind\":\"token\"}",
    "{\"kind\":\"address\",\"network\":\"10.0.0.1\"}",
];

/// The names of all fields, from the document.
fn fields() -> Vec<String> {
    fn collect(value: &Value, names: &mut HashSet<String>) {
        let children: Vec<&Value> = match value {
            Value::Object(fields) => {
                if let Some(Value::Object(properties)) = fields.get("properties") {
                    names.extend(properties.keys().cloned());
                }
                fields.values().collect()
            }
            Value::Array(values) => values.iter().collect(),
            _ => Vec::new(),
        };
        children.into_iter().for_each(|child| collect(child, names));
    }
    let mut names = HashSet::new();
    collect(&serde_json::to_value(document()).unwrap(), &mut names);
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names
}

/// A JSON object of fields that there are, with values that might be right.
#[derive(Debug, TypeGenerator)]
enum Field {
    Known(u8, u8),
    Nested(u8, Vec<(u8, u8)>),
    List(u8, Vec<(u8, u8)>),
    Other(String, String),
}

fn write(names: &[String], fields: &[Field]) -> String {
    let pair = |&(name, value): &(u8, u8)| {
        let name = &names[usize::from(name) % names.len()];
        format!("\"{name}\":{}", VALUES[usize::from(value) % VALUES.len()])
    };
    let object = |pairs: &[(u8, u8)]| {
        let pairs: Vec<String> = pairs.iter().map(pair).collect();
        format!("{{{}}}", pairs.join(","))
    };
    let name = |name: u8| &names[usize::from(name) % names.len()];
    let fields = fields.iter().map(|field| match field {
        Field::Known(name, value) => pair(&(*name, *value)),
        Field::Nested(at, pairs) => format!("\"{}\":{}", name(*at), object(pairs)),
        Field::List(at, pairs) => format!("\"{}\":[{}]", name(*at), object(pairs)),
        Field::Other(name, value) => format!(
            "{}:{}",
            Value::from(name.as_str()),
            Value::from(value.as_str())
        ),
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[test]
fn fuzz_objects_of_known_fields() {
    let names = fields();
    let read = Mutex::new(HashSet::new());
    bolero::check!()
        .with_type::<Vec<Field>>()
        .with_test_time(time())
        .for_each(|fields| {
            let text = write(&names, &fields[..fields.len().min(12)]);
            for (name, reads) in readers() {
                if reads(text.as_bytes()) {
                    read.lock().unwrap().insert(name);
                }
            }
        });
    // The fuzzer does more than to find out how to be refused.
    let read = read.into_inner().unwrap();
    assert!(read.len() > 4, "{read:?}");
}

#[test]
fn fuzz_bytes() {
    bolero::check!()
        .with_type::<Vec<u8>>()
        .with_test_time(time())
        .for_each(|bytes| {
            for (_, reads) in readers() {
                reads(bytes);
            }
        });
}

/// What is right but for one byte or one value is the nearest to what must be refused.
#[test]
fn fuzz_answers_that_are_nearly_right() {
    let samples = samples();
    bolero::check!()
        .with_type::<(u8, u16, u8)>()
        .with_test_time(time())
        .for_each(|(sample, at, byte)| {
            let mut bytes = samples[usize::from(*sample) % samples.len()].clone();
            let length = bytes.len();
            bytes[usize::from(*at) % length] = *byte;
            for (_, reads) in readers() {
                reads(&bytes);
            }
        });
}

/// A sample of much of what travels.
fn samples() -> Vec<Vec<u8>> {
    let image = r#"{"store":"vms","name":"web-1","target":"iqn.2026-11.io.labelgate:vms.web-1",
        "label":"s0:c1,c2","content":false,"file":"web-1.img","size":1024,"allocated":0,
        "block_size":512,"read_only":false,"direct":true,"serial":"00","naa":"30",
        "source":"registry","poisoned":false}"#;
    let identity = r#"{"name":"web-1","proof":{"kind":"chap","mutual":true},"label":"s0:c1,c2",
        "vm":"b3c1a2d4-0000-4000-8000-000000000001","needs_lease":false,"groups":["s0:c3,c4"],
        "source":"registry","connections":1}"#;
    let lease = r#"{"id":"b3c1a2d4-0000-4000-8000-000000000001","host":"h","label":"s0:c1,c2",
        "vm":"b3c1a2d4-0000-4000-8000-000000000001","address":"::1",
        "start":"2026-11-30T12:00:00Z","ends":"2026-12-30T12:00:00+01:00"}"#;
    let revocation = r#"{"sessions_ended":1,"workers_killed":1,"milliseconds":3}"#;
    [
        format!("{{\"images\":[{image}]}}"),
        format!("{{\"image\":{image},\"revocation\":{revocation}}}"),
        format!("{{\"result\":{image}}}"),
        "{\"progress\":{\"done\":1,\"total\":2}}".to_owned(),
        "{\"error\":{\"code\":\"in-use\",\"message\":\"m\",\"hint\":\"h\"}}".to_owned(),
        format!("{{\"identities\":[{identity}]}}"),
        format!(
            "{{\"identity\":{identity},\"secrets\":{{\"secret\":\"0123456789abcdef\",\
             \"reverse_secret\":\"fedcba9876543210\"}}}}"
        ),
        format!(
            "{{\"identity\":{},\"token\":\"0123456789-ABCDEF_abcdef\"}}",
            identity.replace(r#""kind":"chap","mutual":true"#, r#""kind":"token""#)
        ),
        format!("{{\"lease\":{lease},\"revocation\":{revocation}}}"),
        "{\"workers\":[{\"label\":\"s0:c1,c2\",\"pid\":7,\"phase\":\"running\",\"connections\":1,\
         \"since\":\"2026-11-30T12:00:00Z\",\"images\":1,\"resident\":4096}]}"
            .to_owned(),
    ]
    .map(String::into_bytes)
    .to_vec()
}

#[test]
fn every_sample_is_read_by_something() {
    for sample in samples() {
        let read = readers().any(|(_, reads)| reads(&sample));
        assert!(read, "{}", String::from_utf8_lossy(&sample));
    }
}

#[test]
fn a_request_with_a_field_that_is_not_known_is_refused_and_an_answer_is_not() {
    let request = r#"{"name":"vms","path":"/vms","colour":"red"}"#;
    assert!(serde_json::from_str::<AddStore>(request).is_err());
    let answer = r#"{"sessions_ended":1,"workers_killed":1,"milliseconds":3,"colour":"red"}"#;
    assert!(serde_json::from_str::<Revocation>(answer).is_ok());
}

#[test]
fn a_misspelt_secret_is_refused_not_ignored() {
    let wrong = r#"{"name":"a","label":"auto","proof":{"kind":"chap","secert":"0123456789ab"}}"#;
    assert!(serde_json::from_str::<AddIdentity>(wrong).is_err());
    let wrong = wrong.replace("chap", "token");
    assert!(serde_json::from_str::<AddIdentity>(&wrong).is_err());
}
