//! Which right of the policy a request needs.

use axum::http::Method;
use labelgate_api::{Endpoint, endpoints as e};

use crate::provider::Right;

/// The right that a request to this path, as the routes have it, needs; `None` if nobody has said,
/// and then nobody has it.
pub(super) fn needed(method: &Method, path: &str) -> Option<Right> {
    // HEAD asks for what GET does.
    let method = match method.as_str() {
        "HEAD" => "GET",
        other => other,
    };
    let all = [looking(), storage(), access()].concat();
    let mut needs = all.into_iter();
    let need = needs.find(|need| need.method == method && need.path == path);
    need.map(|need| need.right)
}

#[derive(Debug, Clone, Copy)]
struct Need {
    method: &'static str,
    path: &'static str,
    right: Right,
}

fn of<E: Endpoint>(right: Right) -> Need {
    Need {
        method: E::METHOD.as_str(),
        path: E::PATH,
        right,
    }
}

fn looking() -> Vec<Need> {
    vec![
        of::<e::GetStatus>(Right::Status),
        of::<e::GetMetrics>(Right::Status),
        of::<e::GetDocument>(Right::Status),
        of::<e::ListStores>(Right::Status),
        of::<e::GetStore>(Right::Status),
        of::<e::ListImages>(Right::Status),
        of::<e::GetImage>(Right::Status),
        of::<e::ListSnapshots>(Right::Status),
        of::<e::ListIdentities>(Right::Status),
        of::<e::GetIdentity>(Right::Status),
        of::<e::ListGroups>(Right::Status),
        of::<e::ListLevels>(Right::Status),
        of::<e::ListLeases>(Right::Status),
        of::<e::ListWorkers>(Right::Status),
        of::<e::ListHosts>(Right::Status),
        of::<e::GetHost>(Right::Status),
        of::<e::GetAudit>(Right::Audit),
        of::<e::GetAuditReport>(Right::Audit),
    ]
}

fn storage() -> Vec<Need> {
    vec![
        of::<e::PostStore>(Right::Manage),
        of::<e::PostBackend>(Right::Manage),
        of::<e::PostStoreKey>(Right::Manage),
        of::<e::DeleteStore>(Right::Manage),
        of::<e::PostImage>(Right::Manage),
        of::<e::ImportImage>(Right::Manage),
        of::<e::DeleteImage>(Right::Manage),
        of::<e::PostClone>(Right::Manage),
        of::<e::PostImageSize>(Right::Manage),
        of::<e::PostImageClear>(Right::Manage),
        of::<e::PostSnapshot>(Right::Manage),
        of::<e::DeleteSnapshot>(Right::Manage),
        of::<e::PostRollback>(Right::Manage),
        of::<e::PostImageLabel>(Right::Relabel),
        of::<e::PostImageFollow>(Right::Relabel),
        of::<e::PostReload>(Right::Registry),
        of::<e::PostBackup>(Right::Registry),
        of::<e::PutRestore>(Right::Registry),
    ]
}

fn access() -> Vec<Need> {
    vec![
        of::<e::PostIdentity>(Right::Grant),
        of::<e::PostRotation>(Right::Grant),
        of::<e::PostGroup>(Right::Grant),
        of::<e::PutMember>(Right::Grant),
        of::<e::PostLevel>(Right::Grant),
        of::<e::PostHost>(Right::Grant),
        of::<e::PostHostCertificate>(Right::Grant),
        of::<e::PutHostAddresses>(Right::Grant),
        of::<e::PutHostMachine>(Right::Grant),
        of::<e::DeleteIdentity>(Right::Revoke),
        of::<e::DeleteGroup>(Right::Revoke),
        of::<e::DeleteMember>(Right::Revoke),
        of::<e::DeleteLevel>(Right::Revoke),
        of::<e::DeleteHost>(Right::Revoke),
        of::<e::DeleteHostMachine>(Right::Revoke),
        of::<e::DeleteWorker>(Right::Revoke),
        of::<e::PostLease>(Right::Lease),
        of::<e::DeleteLease>(Right::Lease),
        of::<e::PostMachineStart>(Right::Lease),
        of::<e::PostMachineStop>(Right::Lease),
        of::<e::PostMachineSecret>(Right::Lease),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_needs_a_right_and_only_looking_needs_the_least() {
        for endpoint in e::all() {
            let method: Method = endpoint.method.as_str().parse().unwrap();
            let right = needed(&method, endpoint.path);
            let right = right.unwrap_or_else(|| panic!("{method} {} needs none", endpoint.path));
            if !endpoint.method.is_read_only() {
                assert!(
                    !matches!(right, Right::Status | Right::Audit),
                    "{}",
                    endpoint.path
                );
            }
        }
        assert_eq!(needed(&Method::HEAD, "/v1/status"), Some(Right::Status));
        assert_eq!(needed(&Method::PATCH, "/v1/status"), None);
        assert_eq!(needed(&Method::GET, "/v1/status/"), None);
    }

    #[test]
    fn every_right_is_needed_for_something() {
        let all = [looking(), storage(), access()].concat();
        for right in Right::ALL {
            assert!(all.iter().any(|need| need.right == *right), "{right:?}");
        }
    }
}
