//! Where a request goes.

use serde::Serialize;
use serde_json::Value;

use crate::Endpoint;

/// The path and query of a request: [`Endpoint::PATH`] with its parameters filled in, everything
/// that has a meaning in a URI percent-encoded (RFC 3986 2.3).
#[must_use]
pub fn uri<E: Endpoint>(path: &E::Path, query: &E::Query) -> String {
    let mut uri = E::PATH.to_owned();
    for (name, value) in pairs(path) {
        uri = uri.replace(&format!("{{{name}}}"), &encode(&value));
    }
    let query = pairs(query);
    for (number, (name, value)) in query.into_iter().enumerate() {
        uri.push(if number == 0 { '?' } else { '&' });
        uri += &format!("{name}={}", encode(&value));
    }
    uri
}

/// The fields of a struct of parameters, as texts. Fields without a value are left out.
fn pairs<T: Serialize>(parameters: &T) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(parameters) else {
        return Vec::new();
    };
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    let fields = fields.into_iter();
    fields
        .filter_map(|(name, value)| Some((name, text(value)?)))
        .collect()
}

/// RFC 3986 2.3: "unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~""; all else is encoded.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImagesQuery, MemberPath, Nothing, endpoints};

    #[test]
    fn what_has_a_meaning_in_a_uri_is_encoded() {
        let path = MemberPath {
            label: "s0:c1,c2".parse().unwrap(),
            identity: "a/b?c#d%".parse().unwrap(),
        };
        assert_eq!(
            uri::<endpoints::PutMember>(&path, &Nothing {}),
            "/v1/groups/s0%3Ac1%2Cc2/members/a%2Fb%3Fc%23d%25"
        );
    }

    #[test]
    fn a_query_has_what_was_asked_for_only() {
        let mut query = ImagesQuery::default();
        assert_eq!(
            uri::<endpoints::ListImages>(&Nothing {}, &query),
            "/v1/images"
        );
        query.label = Some("s0:c1,c2".parse().unwrap());
        query.store = Some("vms".parse().unwrap());
        assert_eq!(
            uri::<endpoints::ListImages>(&Nothing {}, &query),
            "/v1/images?label=s0%3Ac1%2Cc2&store=vms"
        );
    }
}
