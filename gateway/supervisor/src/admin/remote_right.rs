//! What a host may do, by its role.

use axum::http::Method;
use labelgate_api::{Endpoint, ErrorCode, endpoints as e};

use super::caller::Role;
use super::failure::Denied;

/// What takes out every secret, or puts them in, and what makes files of the gateway's machine images:
/// on the gateway itself, and nowhere else.
const LOCAL: [(&str, &str); 4] = [
    of::<e::PostBackup>(),
    of::<e::PutRestore>(),
    of::<e::PostStore>(),
    of::<e::PostBackend>(),
];

/// What a hypervisor may ask, which its handlers bound to what is the hypervisor's own.
const HYPERVISOR: [(&str, &str); 6] = [
    of::<e::ListLeases>(),
    of::<e::PostLease>(),
    of::<e::DeleteLease>(),
    of::<e::PostMachineStart>(),
    of::<e::PostMachineStop>(),
    of::<e::PostMachineSecret>(),
];

const fn of<E: Endpoint>() -> (&'static str, &'static str) {
    (E::METHOD.as_str(), E::PATH)
}

/// Whether a host of this role may make a request to this path, as the routes have it.
pub(super) fn check(role: &Role, method: &Method, path: &str) -> Result<(), Denied> {
    let looks = matches!(*method, Method::GET | Method::HEAD);
    // HEAD asks for what GET does.
    let method = if looks { "GET" } else { method.as_str() };
    let among = |list: &[(&str, &str)]| list.contains(&(method, path));
    let (may, message, hint) = match role {
        Role::RemoteAdmin => (
            !among(&LOCAL),
            "backups hold every secret, and are not made or restored over the network; nor are stores \
             added, which are files of the gateway's machine",
            "run the command on the gateway itself",
        ),
        Role::Hypervisor(_) => (
            among(&HYPERVISOR),
            "a hypervisor may start and stop its own machines, and see its own leases",
            "ask an admin to do it",
        ),
        Role::Monitor => (
            looks,
            "a monitor may look, and change nothing",
            "ask an admin to do it",
        ),
        Role::Admin | Role::Reader | Role::Stranger => (false, "no host asks", "connect anew"),
    };
    match may {
        true => Ok(()),
        false => Err(Denied::new(ErrorCode::Forbidden, message).hint(hint)),
    }
}

#[cfg(test)]
mod tests {
    use labelgate_registry::Machines;

    use super::*;

    /// The names of what a role may do.
    fn may(role: &Role) -> Vec<&'static str> {
        let all = e::all();
        let may = all.iter().filter(|endpoint| {
            let method: Method = endpoint.method.as_str().parse().unwrap();
            check(role, &method, endpoint.path).is_ok()
        });
        may.map(|endpoint| endpoint.name).collect()
    }

    #[test]
    fn an_admin_may_all_but_what_belongs_on_the_gateway_itself() {
        let may = may(&Role::RemoteAdmin);
        let all = e::all().into_iter().map(|endpoint| endpoint.name);
        let may_not: Vec<_> = all.filter(|name| !may.contains(name)).collect();
        assert_eq!(
            may_not,
            ["PostStore", "PostBackend", "PostBackup", "PutRestore"]
        );
    }

    #[test]
    fn a_monitor_may_look_and_a_hypervisor_say_where_machines_run() {
        let looking = e::all().into_iter().filter(|e| e.method.is_read_only());
        let looking: Vec<_> = looking.map(|endpoint| endpoint.name).collect();
        assert_eq!(may(&Role::Monitor), looking);
        assert_eq!(
            may(&Role::Hypervisor(Machines::Any)),
            [
                "ListLeases",
                "PostLease",
                "DeleteLease",
                "PostMachineStart",
                "PostMachineStop",
                "PostMachineSecret"
            ]
        );
    }

    #[test]
    fn roles_of_this_machine_give_a_host_nothing() {
        for role in [Role::Admin, Role::Reader, Role::Stranger] {
            assert!(may(&role).is_empty());
        }
        let head = check(
            &Role::Hypervisor(Machines::Any),
            &Method::HEAD,
            "/v1/leases",
        );
        assert!(head.is_ok());
        let patch = check(&Role::Monitor, &Method::PATCH, "/v1/leases");
        assert!(patch.is_err());
    }
}
