//! The gateway as a whole.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use labelgate_api::{ChapAlgorithm, ErrorCode, SelinuxStatus, Status};
use labelgate_control::ChapAlgorithm as Hash;

use super::answer::count;
use super::failure::{Answer, Denied};
use super::operation::Office;
use crate::config::{ChapSection, Image};
use crate::provider::{MayServe, Provider, Selinux};
use crate::state::{ending, warning};
use crate::worker::{Description, ImageDescription, Shared, Standing};

pub(super) async fn show(office: Office) -> Answer<Status> {
    let state = &office.state;
    let (in_force, shared) = (state.in_force(), state.shared());
    let labels = state.labels().describe().await;
    let poisoned = |image: &&std::sync::Arc<Image>| shared.poison.contains(image.designator.serial);
    let poisoned = in_force.images.all().iter().filter(poisoned).count();
    let clients = labels.iter().map(|label| label.clients.len()).sum();
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        since: office.since,
        provider: match *shared.provider {
            Provider::Landlock => "landlock".to_owned(),
            Provider::Selinux(_) => "selinux".to_owned(),
        },
        selinux: shared
            .provider
            .selinux()
            .map(|selinux| describe(selinux, &shared.serving)),
        portals: state.portals().to_vec(),
        target_prefix: shared.section.target_prefix.clone(),
        chap_name: shared.section.chap.name.to_string(),
        chap_algorithms: algorithms(&shared.section.chap),
        revision: in_force.snapshot.revision,
        stores: count(in_force.stores.len()),
        images: count(in_force.images.all().len()),
        poisoned_images: count(poisoned),
        identities: count(in_force.identities.iter().count()),
        leases: count(in_force.snapshot.leases.len()),
        workers: count(labels.iter().filter(|label| label.worker.is_some()).count()),
        connections: count(clients),
        warnings: {
            let mut warnings = warnings(shared, poisoned, &labels);
            let now = Timestamp::now();
            let ending = ending(&in_force.snapshot, now);
            warnings.extend(ending.map(|host| warning(host, now)));
            warnings
        },
    }))
}

/// The hashes that are allowed. In what order the configuration names them decides nothing.
fn algorithms(section: &ChapSection) -> Vec<ChapAlgorithm> {
    let allowed = Hash::ALL
        .iter()
        .filter(|hash| section.algorithms.contains(hash));
    let named = allowed.map(|hash| match hash {
        Hash::Sha3_256 => ChapAlgorithm::Sha3_256,
        Hash::Sha256 => ChapAlgorithm::Sha256,
        Hash::Sha1 => ChapAlgorithm::Sha1,
        Hash::Md5 => ChapAlgorithm::Md5,
    });
    named.collect()
}

fn describe(selinux: &Selinux, serving: &MayServe) -> SelinuxStatus {
    let status = selinux.status();
    SelinuxStatus {
        context: selinux.domains().own().to_string(),
        enforcing: status.as_ref().is_ok_and(|status| status.enforcing),
        policy_loads: status.map_or(0, |status| status.policy_loads),
        halted: serving.check().err().map(|halted| halted.to_string()),
    }
}

fn warnings(shared: &Shared, poisoned: usize, labels: &[Description]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(halted) = shared.serving.check() {
        warnings.push(halted.to_string());
    } else if let Some(selinux) = shared.provider.selinux()
        && !selinux.status().is_ok_and(|status| status.enforcing)
    {
        warnings.push(
            "SELinux is permissive, so labels protect nothing; allow_permissive is set".to_owned(),
        );
    }
    if poisoned > 0 {
        warnings.push(format!(
            "{poisoned} images answer MEDIUM ERROR since a flush failed: see \"labelgate image list\""
        ));
    }
    if shared.is_replaced() {
        warnings.push(
            "another version of labelgate is installed than the one that runs, or none; it runs from the next \
             \"systemctl restart labelgated\" on, which ends all connections"
                .to_owned(),
        );
    }
    for label in labels {
        let name = &label.label;
        if let Some(trouble) = &label.trouble {
            warnings.push(format!("label {name}: {trouble}"));
        }
        if !label.settled {
            warnings.push(format!(
                "label {name}: the last I/O of a worker that is gone has not ended"
            ));
        }
        let refused = |image: &&ImageDescription| image.standing == Standing::Refused;
        for image in label.images.iter().filter(refused) {
            warnings.push(format!(
                "image {} cannot be served: see the audit trail",
                image.image
            ));
        }
    }
    warnings
}

pub(super) async fn metrics(office: Office) -> Result<Response, Denied> {
    let rendered = office.state.shared().render_metrics();
    let rendered = rendered.map_err(|error| Denied::new(ErrorCode::Internal, error))?;
    // Prometheus' text format, version 0.0.4.
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], rendered).into_response())
}

pub(super) async fn document() -> Response {
    let document = labelgate_api::document();
    let headers = [(CONTENT_TYPE, "application/json")];
    (headers, Json(document)).into_response()
}
