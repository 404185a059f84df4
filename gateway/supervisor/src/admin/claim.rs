//! Who asks for what, and whether that is granted: when the head of a request is there, and again when
//! it has come to its turn.
//!
//! Between the two a body is read, and others have their turns: a host may be removed meanwhile, be
//! given another role or another certificate, or lose a machine, and a policy may be loaded.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use labelgate_api::ErrorCode;

use super::caller::{Caller, Role};
use super::failure::Denied;
use super::operation::{Office, record};
use super::remote_right;
use super::right::needed;
use crate::audit::{Decision, Event, Record};
use crate::provider::{Domains, Right};

/// A path may be as long as a head; what is on record need not be.
const LONGEST_PATH: usize = 200;

/// Who asks for what.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    caller: Caller,
    method: Method,
    /// The route; `None` if it leads nowhere.
    route: Option<MatchedPath>,
    /// What is written down of the path.
    path: Arc<str>,
}

impl Claim {
    /// What is asked for by the head of a request.
    pub(super) fn of(caller: Caller, request: &Request) -> Self {
        let path: String = request.uri().path().chars().take(LONGEST_PATH).collect();
        Self {
            caller,
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            path: path.into(),
        }
    }

    /// Who asks, as it was when this was last granted.
    pub(super) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The same claim of the caller as it is now, if that may have what it asks for. A refusal is on
    /// record.
    pub(super) fn granted(&self, office: &Office) -> Result<Self, Denied> {
        // What a host may do now counts, not what it might when it connected.
        let Some(caller) = self.caller.now(&office.state) else {
            self.record_denial(office, "known no more");
            let denied = Denied::new(ErrorCode::Forbidden, "this host is known no more");
            return Err(denied);
        };
        let claim = Self {
            caller,
            ..self.clone()
        };
        claim.check_role(office)?;
        claim.consult(office)?;
        Ok(claim)
    }

    fn check_role(&self, office: &Office) -> Result<(), Denied> {
        let looks = matches!(self.method, Method::GET | Method::HEAD);
        match &self.caller.role {
            Role::Admin => Ok(()),
            Role::Reader if looks => Ok(()),
            Role::Reader | Role::Stranger => Err(self.deny_user(office)),
            Role::RemoteAdmin | Role::Hypervisor(_) | Role::Monitor => self.check_host(office),
        }
    }

    fn deny_user(&self, office: &Office) -> Denied {
        let section = &office.state.in_force().config.admin;
        let group = match &self.caller.role {
            Role::Reader => &section.admin_group,
            _ => &section.read_group,
        };
        self.record_denial(office, &format!("not in group {group}"));
        let message = format!("{} is not in the group {group}, and not root", self.caller);
        Denied::new(ErrorCode::Forbidden, message).hint(format_args!(
            "ask an admin to add you: usermod -aG {group} USER"
        ))
    }

    /// Refuses a host what its role does not have.
    fn check_host(&self, office: &Office) -> Result<(), Denied> {
        // What leads nowhere does nothing, and is answered as that.
        let Some(route) = &self.route else {
            return Ok(());
        };
        let checked = remote_right::check(&self.caller.role, &self.method, route.as_str());
        checked.inspect_err(|denied| self.record_denial(office, &denied.0.message))
    }

    /// Where SELinux enforces labels, its policy has to agree, each time anew.
    fn consult(&self, office: &Office) -> Result<(), Denied> {
        let Some(selinux) = office.state.shared().provider.selinux() else {
            return Ok(());
        };
        // What leads nowhere does nothing.
        let Some(route) = &self.route else {
            return Ok(());
        };
        let Some(right) = needed(&self.method, route.as_str()) else {
            return Err(Denied::new(ErrorCode::Forbidden, "nobody may do this"));
        };
        let no_right = match selinux.authorise(self.caller.context(), right) {
            Ok(()) => return Ok(()),
            Err(no_right) => no_right,
        };
        let reason = no_right.to_string();
        self.record_denial(office, &reason);
        Err(Denied::new(ErrorCode::Forbidden, reason).hint(format_args!(
            "let the caller's domain be an admin's: (call labelgate_admin (TYPE)) in a CIL module, or \
             run the command from a domain that is; sesearch -A -t {} -c {} shows which are",
            Domains::SUPERVISOR,
            Right::CLASS,
        )))
    }

    /// Writes down that this was refused.
    fn record_denial(&self, office: &Office, why: &str) {
        let asked_by = self.caller.to_string();
        let reason = format!("{} {}: {why}", self.method, self.path);
        let refused = Record {
            decision: Decision::Deny,
            ..record(Event::Admin, &asked_by)
        };
        office.denials.write(&refused.reason(&reason));
    }
}
