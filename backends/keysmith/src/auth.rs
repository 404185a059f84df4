//! Entities and their keys, by commands to the monitors.

use labelgate_control::KeysmithRefusal;
use labelgate_rbd::{Cluster, Kind};
use serde::Deserialize;
use serde_json::json;

use crate::caps::{MINTED_MGR_CAP, MINTED_MON_CAP};
use crate::{Name, Refused, Scope};

/// An entity, as the monitors tell of it.
#[derive(Deserialize)]
struct Entity {
    key: String,
    #[serde(default)]
    caps: Caps,
}

#[derive(Deserialize, Default)]
struct Caps {
    #[serde(default)]
    osd: String,
}

/// The key of an entity for this scope, made if there is none.
///
/// An entity that is there keeps its key, and gets these capabilities instead of those that it has:
/// its scope may have been another one, or a clone may have been flattened.
pub(crate) fn mint(cluster: &Cluster, entity: &Name, scope: &Scope) -> Result<String, Refused> {
    let objects = scope.osd_cap();
    let caps = [
        "mon",
        MINTED_MON_CAP,
        "mgr",
        MINTED_MGR_CAP,
        "osd",
        objects.as_str(),
    ];
    let command = |prefix: &str| {
        let command = json!({
            "prefix": prefix,
            "entity": client(entity),
            "caps": caps,
            "format": "json",
        });
        cluster.command(&command.to_string())
    };
    let made = match command("auth get-or-create") {
        // It is there with others.
        Err(error) if error.kind() == Kind::Invalid => {
            command("auth caps")?;
            command("auth get-or-create")?
        }
        made => made?,
    };
    Ok(only(&made.output)?.key)
}

/// Deletes an entity. Whether it was there.
pub(crate) fn delete(cluster: &Cluster, entity: &Name) -> Result<(), Refused> {
    let command = json!({"prefix": "auth del", "entity": client(entity)});
    match cluster.command(&command.to_string()) {
        Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// What an entity may do with the OSDs; nothing if there is no such entity.
pub(crate) fn osd_cap(cluster: &Cluster, entity: &Name) -> Result<Option<String>, Refused> {
    let command = json!({"prefix": "auth get", "entity": client(entity), "format": "json"});
    match cluster.command(&command.to_string()) {
        Ok(answer) => Ok(Some(only(&answer.output)?.caps.osd)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn client(entity: &Name) -> String {
    format!("client.{entity}")
}

/// The one entity of an answer.
fn only(answer: &[u8]) -> Result<Entity, Refused> {
    let entities: Vec<Entity> =
        serde_json::from_slice(answer).map_err(|_| Refused::nonsense("no list of entities"))?;
    match <[Entity; 1]>::try_from(entities) {
        // A key is one word of base64.
        Ok([entity]) if is_key(&entity.key) => Ok(entity),
        _ => Err(Refused::nonsense("not one entity with a key")),
    }
}

fn is_key(text: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    (1..=labelgate_control::MAX_KEY).contains(&text.len()) && text.bytes().all(fit)
}

/// A name of ours: none that the gateway has not made is made, changed or deleted.
pub(crate) fn ours(prefix: &Name, text: &str) -> Result<Name, Refused> {
    let entity = Name::new("the entity", text)?;
    if entity.as_str().starts_with(prefix.as_str()) && entity != *prefix {
        return Ok(entity);
    }
    let reason = format!("{entity} is not one of this store's entities, which begin with {prefix}");
    Err(Refused::new(KeysmithRefusal::Permission, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monitors_answer_is_one_entity() {
        let answer = br#"[{"entity":"client.x","key":"AQ==","caps":{"mon":"m","osd":"o"}}]"#;
        let entity = only(answer).unwrap();
        assert_eq!(
            (entity.key.as_str(), entity.caps.osd.as_str()),
            ("AQ==", "o")
        );
        for wrong in [
            &b"[]"[..],
            b"{}",
            b"",
            br#"[{"key":"a"},{"key":"b"}]"#,
            br#"[{"key":""}]"#,
            br#"[{"key":"a\nb"}]"#,
        ] {
            assert!(only(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn other_peoples_entities_are_not_touched() {
        let prefix = Name::new("it", "labelgate.").unwrap();
        assert!(ours(&prefix, "labelgate.s0-c1").is_ok());
        for wrong in ["admin", "labelgate.", "labelgate", "labelgate. x", ""] {
            assert!(ours(&prefix, wrong).is_err(), "{wrong}");
        }
    }
}
