//! The OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::path::{PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ComponentsBuilder, Schema};
use utoipa::openapi::{
    Content, Info, License, OpenApi, OpenApiBuilder, RefOr, Required, ResponseBuilder,
};

use crate::endpoint::{Content as _, Declaration, Described, Json, Method};
use crate::{Problem, endpoints};

/// What the document says of the whole.
const ABOUT: &str = "HTTP/1.1 over a Unix socket, by default /run/labelgate/admin.sock. The \
socket knows who asks by the peer's user ID: root and the admin group may do all of it, the \
read-only group may GET. Over the network, with [remote], it is the same by TLS 1.3, and \
who asks is the host whose certificate it is: a monitor may GET, an admin everything but backup \
and restore, a hypervisor start and stop the machines that were granted to it. Sizes are bytes. Long operations answer with one JSON object per line.";

/// The OpenAPI 3.1 document of all [`endpoints`].
#[must_use]
pub fn document() -> OpenApi {
    let mut schemas = BTreeMap::new();
    let mut paths = PathsBuilder::new();
    for endpoint in endpoints::all() {
        let item = PathItem::new(method(endpoint.method), operation(&endpoint));
        paths = paths.path(endpoint.path, item);
        for content in [endpoint.body, endpoint.answer] {
            collect(content.schemas, &mut schemas);
        }
    }
    collect(Json::<Problem>::schemas, &mut schemas);
    let mut info = Info::new("labelgate admin socket", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new("Apache-2.0"));
    OpenApiBuilder::new()
        .info(info)
        .paths(paths.build())
        .components(Some(
            ComponentsBuilder::new().schemas_from_iter(schemas).build(),
        ))
        .build()
}

fn collect(from: fn(&mut Vec<(String, RefOr<Schema>)>), all: &mut BTreeMap<String, RefOr<Schema>>) {
    let mut some = Vec::new();
    from(&mut some);
    all.extend(some);
}

const fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Delete => HttpMethod::Delete,
    }
}

fn operation(endpoint: &Declaration) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(endpoint.name))
        .summary(Some(endpoint.summary))
        .response("200", answer(endpoint.answer))
        .response("default", failure());
    // axum and we name the tag after what follows /v1/.
    if let Some(tag) = endpoint.path.split('/').nth(2) {
        operation = operation.tag(tag);
    }
    for parameter in (endpoint.path_parameters)() {
        operation = operation.parameter(placed(parameter, ParameterIn::Path));
    }
    for parameter in (endpoint.query_parameters)() {
        operation = operation.parameter(placed(parameter, ParameterIn::Query));
    }
    if let Some(media) = endpoint.body.media {
        let body = RequestBodyBuilder::new()
            .content(media, Content::new((endpoint.body.schema)()))
            .required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    operation.build()
}

fn placed(mut parameter: Parameter, place: ParameterIn) -> Parameter {
    parameter.parameter_in = place;
    parameter
}

fn answer(described: Described) -> utoipa::openapi::Response {
    let response = ResponseBuilder::new().description("Done");
    match described.media {
        Some(media) => response.content(media, Content::new((described.schema)())),
        None => response,
    }
    .build()
}

fn failure() -> utoipa::openapi::Response {
    let problem = Described::of::<Json<Problem>>();
    ResponseBuilder::new()
        .description("What went wrong and what to do")
        .content("application/json", Content::new((problem.schema)()))
        .build()
}
