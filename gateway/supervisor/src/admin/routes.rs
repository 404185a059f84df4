//! Which request is answered by what, and by whom it may be made.

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Extension, Router};
use labelgate_api::{Endpoint, ErrorCode, endpoints as e};

use super::caller::Caller;
use super::claim::Claim;
use super::failure::Denied;
use super::operation::Office;
use super::{
    audit, backends, fill, follow, groups, hosts, identities, image_changes, image_view, images,
    leases, levels, machine_secrets, machines, registry, rollback, snapshots, status, stores,
    workers,
};

/// Every request and what answers it.
pub(super) fn all(office: Office) -> Router {
    let router = Router::new();
    let router = whole(router);
    let router = image_routes(router);
    let router = client_routes(router);
    let router = host_routes(router);
    router
        .fallback(no_such)
        .method_not_allowed_fallback(no_such)
        .layer(from_fn_with_state(office.clone(), authorise))
        .with_state(office)
}

fn whole(router: Router<Office>) -> Router<Office> {
    let router = on::<e::GetStatus>(router, get(status::show));
    let router = on::<e::GetMetrics>(router, get(status::metrics));
    let router = on::<e::GetDocument>(router, get(status::document));
    let router = on::<e::GetAudit>(router, get(audit::show));
    let router = on::<e::GetAuditReport>(router, get(audit::verify));
    let router = on::<e::PostReload>(router, post(registry::reload));
    let router = on::<e::PostBackup>(router, post(registry::backup));
    let router = on::<e::PutRestore>(router, put(registry::restore));
    let router = on::<e::ListWorkers>(router, get(workers::list));
    on::<e::DeleteWorker>(router, delete(workers::kill))
}

fn image_routes(router: Router<Office>) -> Router<Office> {
    let router = on::<e::ListStores>(router, get(stores::list));
    let router = on::<e::PostStore>(router, post(stores::add));
    let router = on::<e::PostBackend>(router, post(backends::add));
    let router = on::<e::GetStore>(router, get(stores::show));
    let router = on::<e::PostStoreKey>(router, post(backends::rekey));
    let router = on::<e::DeleteStore>(router, delete(stores::remove));
    let router = on::<e::ListImages>(router, get(image_view::list));
    let router = on::<e::PostImage>(router, post(images::create));
    let router = on::<e::GetImage>(router, get(image_view::show));
    let router = on::<e::DeleteImage>(router, delete(images::remove));
    let router = on::<e::PostImageLabel>(router, post(image_changes::relabel));
    let router = on::<e::PostImageFollow>(router, post(follow::follow));
    let router = on::<e::PostImageSize>(router, post(image_changes::resize));
    let router = on::<e::ImportImage>(router, put(fill::from_body));
    let router = on::<e::PostClone>(router, post(fill::from_image));
    let router = on::<e::PostImageClear>(router, post(image_changes::clear));
    let router = on::<e::ListSnapshots>(router, get(snapshots::list));
    let router = on::<e::PostSnapshot>(router, post(snapshots::create));
    let router = on::<e::DeleteSnapshot>(router, delete(snapshots::remove));
    on::<e::PostRollback>(router, post(rollback::roll_back))
}

fn client_routes(router: Router<Office>) -> Router<Office> {
    let router = on::<e::ListIdentities>(router, get(identities::list));
    let router = on::<e::PostIdentity>(router, post(identities::add));
    let router = on::<e::GetIdentity>(router, get(identities::show));
    let router = on::<e::DeleteIdentity>(router, delete(identities::remove));
    let router = on::<e::PostRotation>(router, post(identities::rotate));
    let router = on::<e::ListGroups>(router, get(groups::list));
    let router = on::<e::PostGroup>(router, post(groups::add));
    let router = on::<e::DeleteGroup>(router, delete(groups::remove));
    let router = on::<e::PutMember>(router, put(groups::grant));
    let router = on::<e::DeleteMember>(router, delete(groups::revoke));
    let router = on::<e::ListLevels>(router, get(levels::list));
    let router = on::<e::PostLevel>(router, post(levels::allocate));
    let router = on::<e::DeleteLevel>(router, delete(levels::release));
    let router = on::<e::ListLeases>(router, get(leases::list));
    let router = on::<e::PostLease>(router, post(leases::start));
    let router = on::<e::DeleteLease>(router, delete(leases::end));
    let router = on::<e::PostMachineStart>(router, post(machines::start));
    let router = on::<e::PostMachineStop>(router, post(machines::stop));
    on::<e::PostMachineSecret>(router, post(machine_secrets::renew))
}

fn host_routes(router: Router<Office>) -> Router<Office> {
    let router = on::<e::ListHosts>(router, get(hosts::list));
    let router = on::<e::PostHost>(router, post(hosts::add));
    let router = on::<e::GetHost>(router, get(hosts::show));
    let router = on::<e::DeleteHost>(router, delete(hosts::remove));
    let router = on::<e::PostHostCertificate>(router, post(hosts::certify));
    let router = on::<e::PutHostAddresses>(router, put(hosts::set_addresses));
    let router = on::<e::PutHostMachine>(router, put(hosts::grant));
    on::<e::DeleteHostMachine>(router, delete(hosts::revoke))
}

fn on<E: Endpoint>(router: Router<Office>, method: MethodRouter<Office>) -> Router<Office> {
    router.route(E::PATH, method)
}

/// Lets a request through to those who may make it.
async fn authorise(
    State(office): State<Office>,
    Extension(caller): Extension<Caller>,
    mut request: Request,
    next: Next,
) -> Response {
    match Claim::of(caller, &request).granted(&office) {
        Ok(claim) => {
            request.extensions_mut().insert(claim);
            next.run(request).await
        }
        Err(denied) => denied.into_response(),
    }
}

async fn no_such() -> Denied {
    Denied::new(ErrorCode::NoSuchEndpoint, "there is no such method or path")
        .hint("docs/openapi.json, or GET /v1/openapi.json, lists what there is")
}
