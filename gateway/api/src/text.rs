//! Types that are one text in JSON.

/// The longest text that any of these types looks at, in bytes. What is longer is refused unread.
pub(crate) const LONGEST: usize = 4096;

/// Makes a type with `FromStr` and `Display` one JSON string, and describes it.
macro_rules! json_text {
    ($type:ty, $description:literal, $pattern:literal, $example:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                crate::text::deserialize(from)
            }
        }

        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::text::schema($description, $pattern, $example)
            }
        }

        impl utoipa::ToSchema for $type {}
    };
}

pub(crate) use json_text;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Visitor};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

/// Reads one of these types.
pub(crate) fn deserialize<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    from.deserialize_str(TextVisitor(PhantomData))
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        if text.len() > LONGEST {
            return Err(E::custom("too long a text"));
        }
        text.parse().map_err(E::custom)
    }
}

/// The schema of a text.
pub(crate) fn schema(description: &str, pattern: &str, example: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .description(Some(description))
        .pattern((!pattern.is_empty()).then_some(pattern))
        .examples([serde_json::Value::from(example)]);
    RefOr::T(Schema::Object(object.build()))
}
