//! The OpenAPI document that is checked in is the one the types make, and it is whole.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use labelgate_api::{Method, document, endpoints};
use serde_json::Value;

/// Set to anything, the document is written instead of compared.
const REWRITE: &str = "LABELGATE_REWRITE";

#[test]
fn the_document_that_is_checked_in_is_the_one_the_types_make() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let document = document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&file, document).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        checked_in == document,
        "docs/openapi.json is stale; {REWRITE}=1 cargo test -p labelgate-api writes it"
    );
}

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(to) if name == "$ref" => drop(found.insert(to.clone())),
                    value => references(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(document()).unwrap();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 30, "{} references", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_parameter_in_a_path_is_declared_and_no_two_endpoints_are_one() {
    let document = serde_json::to_value(document()).unwrap();
    let mut seen = HashSet::new();
    for endpoint in endpoints::all() {
        assert!(seen.insert((endpoint.method, endpoint.path)));
        let method = endpoint.method.as_str().to_lowercase();
        let path = endpoint.path.replace('/', "~1");
        let operation = document.pointer(&format!("/paths/{path}/{method}"));
        let operation = operation.unwrap_or_else(|| panic!("{method} {path} is missing"));
        let empty = Vec::new();
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let declared: BTreeSet<&str> = parameters
            .unwrap_or(&empty)
            .iter()
            .filter(|parameter| parameter.get("in") == Some(&"path".into()))
            .filter_map(|parameter| parameter.get("name")?.as_str())
            .collect();
        let braces = endpoint.path.split('{').skip(1);
        let used: BTreeSet<&str> = braces.filter_map(|rest| rest.split('}').next()).collect();
        assert_eq!(declared, used, "{}", endpoint.name);
    }
}

#[test]
fn what_may_only_be_read_is_a_get() {
    let mut reading: Vec<&str> = endpoints::all()
        .iter()
        .filter(|endpoint| endpoint.method == Method::Get)
        .map(|endpoint| endpoint.name)
        .collect();
    reading.sort_unstable();
    // Whoever adds one asks first whether it shows a secret.
    let allowed = [
        "GetAudit",
        "GetAuditReport",
        "GetDocument",
        "GetHost",
        "GetIdentity",
        "GetImage",
        "GetMetrics",
        "GetStatus",
        "GetStore",
        "ListGroups",
        "ListHosts",
        "ListIdentities",
        "ListImages",
        "ListLeases",
        "ListLevels",
        "ListSnapshots",
        "ListStores",
        "ListWorkers",
    ];
    assert_eq!(reading, allowed);
}
