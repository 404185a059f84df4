//! What an operation of the admin socket is.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

/// What is done to what a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// To look; nothing changes and no secret is shown.
    Get,
    /// To do something.
    Post,
    /// To bring something whole.
    Put,
    /// To take away.
    Delete,
}

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// Whether the read-only group may do it.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::Get)
    }
}

/// One operation: what is asked and what is answered.
pub trait Endpoint {
    /// What is done.
    const METHOD: Method;
    /// To what: a path with `{parameter}`s, as OpenAPI and axum write them.
    const PATH: &'static str;
    /// Its name in the OpenAPI document.
    const NAME: &'static str;
    /// What it does.
    const SUMMARY: &'static str;
    /// The parameters in the path.
    type Path: Serialize + DeserializeOwned + IntoParams;
    /// The parameters behind the question mark.
    type Query: Serialize + DeserializeOwned + IntoParams;
    /// What the body of the request is.
    type Body: Content;
    /// What the body of the answer is.
    type Answer: Content;
}

/// What a body is.
pub trait Content {
    /// Its media type, if there is a body at all.
    const MEDIA: Option<&'static str>;
    /// Its schema, if it has one.
    fn schema() -> Option<RefOr<Schema>> {
        None
    }
    /// All schemas its schema needs, with their names.
    fn schemas(_all: &mut Vec<(String, RefOr<Schema>)>) {}
}

/// A body that is at most one JSON value.
pub trait JsonContent: Content {
    /// The value; [`Nothing`] where there is no body.
    type Value: Serialize + DeserializeOwned;
}

/// No parameters, or no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl IntoParams for Nothing {
    fn into_params(_: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>) -> Vec<Parameter> {
        Vec::new()
    }
}

impl Content for Nothing {
    const MEDIA: Option<&'static str> = None;
}

impl JsonContent for Nothing {
    type Value = Self;
}

/// One JSON value.
#[derive(Debug)]
pub struct Json<T>(PhantomData<T>);

impl<T: ToSchema + 'static> Content for Json<T> {
    const MEDIA: Option<&'static str> = Some("application/json");

    fn schema() -> Option<RefOr<Schema>> {
        Some(reference::<T>())
    }

    fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
        all.push((T::name().into_owned(), T::schema()));
        T::schemas(all);
    }
}

impl<T: ToSchema + Serialize + DeserializeOwned + 'static> JsonContent for Json<T> {
    type Value = T;
}

/// JSON values, one per line.
#[derive(Debug)]
pub struct Lines<T>(PhantomData<T>);

impl<T: ToSchema + 'static> Content for Lines<T> {
    const MEDIA: Option<&'static str> = Some("application/x-ndjson");

    fn schema() -> Option<RefOr<Schema>> {
        Some(reference::<T>())
    }

    fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
        Json::<T>::schemas(all);
    }
}

/// Bytes as they are.
#[derive(Debug)]
pub struct Bytes;

impl Content for Bytes {
    const MEDIA: Option<&'static str> = Some("application/octet-stream");
}

/// Text.
#[derive(Debug)]
pub struct PlainText;

impl Content for PlainText {
    const MEDIA: Option<&'static str> = Some("text/plain");
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    utoipa::openapi::Ref::from_schema_name(T::name()).into()
}

/// An [`Endpoint`] without its types, to look at all of them.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// What is done.
    pub method: Method,
    /// To what.
    pub path: &'static str,
    /// Its name in the OpenAPI document.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    pub(crate) path_parameters: fn() -> Vec<Parameter>,
    pub(crate) query_parameters: fn() -> Vec<Parameter>,
    pub(crate) body: Described,
    pub(crate) answer: Described,
}

/// A [`Content`] without its type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Described {
    pub(crate) media: Option<&'static str>,
    pub(crate) schema: fn() -> Option<RefOr<Schema>>,
    pub(crate) schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Described {
    pub(crate) const fn of<C: Content>() -> Self {
        Self {
            media: C::MEDIA,
            schema: C::schema,
            schemas: C::schemas,
        }
    }
}

impl Declaration {
    /// The declaration of an endpoint.
    #[must_use]
    pub fn of<E: Endpoint>() -> Self {
        Self {
            method: E::METHOD,
            path: E::PATH,
            name: E::NAME,
            summary: E::SUMMARY,
            path_parameters: || E::Path::into_params(|| None),
            query_parameters: || E::Query::into_params(|| None),
            body: Described::of::<E::Body>(),
            answer: Described::of::<E::Answer>(),
        }
    }
}
