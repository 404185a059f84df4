//! Every metric there is. docs/METRICS.md is made of this.

use super::declaration::{Declaration, Kind};

macro_rules! catalogue {
    ($($ident:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(pub(super) const $ident: Declaration = Declaration {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)+

        /// Every metric there is, in the order in which one would ask for them.
        pub const CATALOGUE: &[Declaration] = &[$($ident,)+];
    };
}

catalogue! {
    BUILD: Gauge "labelgate_build_info" ["version"]
        "1, with the version of labelgated.";
    RELOADS: Counter "labelgate_reloads_total" ["result"]
        "Configurations read again, by whether they were put into force.";
    RELOAD_SUCCESS: Gauge "labelgate_config_last_reload_successful" []
        "1 if the configuration in the file is in force, as far as the last reload says.";

    SERVING: Gauge "labelgate_serving" []
        "1 while the gateway serves; 0 while it does not, because what enforces labels has failed.";
    SELINUX_ENFORCING: Gauge "labelgate_selinux_enforcing" []
        "1 if the kernel's SELinux enforces; there with provider selinux only.";
    SELINUX_POLICY_LOADS: Counter "labelgate_selinux_policy_loads_total" []
        "SELinux policies loaded and booleans changed since the machine started; there with provider selinux only.";

    AUDIT_WRITTEN: Counter "labelgate_audit_records_written_total" []
        "Records written to the audit trail.";
    AUDIT_LOST: Counter "labelgate_audit_records_lost_total" []
        "Records that the audit trail could not take: it could not be written, or too many came at once.";
    AUDIT_SUPPRESSED: Counter "labelgate_audit_records_suppressed_total" []
        "Records that clients cause and that were too many of a label to be written singly; the trail has their number.";
    AUDIT_UNCOPIED: Counter "labelgate_audit_records_uncopied_total" []
        "Records in the trail of which a copy, to standard output or the journal, could not be made.";
    AUDIT_UNSYNCED: Counter "labelgate_audit_sync_failures_total" []
        "Failed attempts to bring the audit trail to stable storage.";

    HOST_CERTIFICATE: Gauge "labelgate_host_certificate_expiry_timestamp_seconds" ["host"]
        "When the certificate of a host that may ask over the network ends, in seconds since 1970.";
    REMOTE_CERTIFICATE: Gauge "labelgate_remote_certificate_expiry_timestamp_seconds" []
        "When the certificate ends that the gateway proves itself with to hosts, in seconds since 1970; there with [remote] only.";

    REFUSALS: Counter "labelgate_connections_refused_total" ["reason"]
        "Connections closed instead of being given to a worker or a greeter, or while they waited.";
    ACCEPTED: Counter "labelgate_connections_accepted_total" ["label"]
        "Connections given to a label's worker.";
    OPEN: Gauge "labelgate_connections_open" ["label"]
        "Connections a label's worker has.";
    LOGINS: Counter "labelgate_logins_total" ["label", "result"]
        "Logins at a label's worker, discovery included.";
    LOGOUTS: Counter "labelgate_logouts_total" ["label"]
        "Logouts.";
    REINSTATED: Counter "labelgate_sessions_reinstated_total" ["label"]
        "Sessions that a new login of the same initiator has replaced.";
    PROTOCOL_ERRORS: Counter "labelgate_protocol_errors_total" ["label"]
        "Connections that ended because the client broke the protocol.";
    MOUNTS: Counter "labelgate_mounts_total" ["label", "result"]
        "Directories that NFS clients wanted to mount at a label's worker.";
    HANDLES_REFUSED: Counter "labelgate_handles_refused_total" ["label"]
        "File handles that NFS clients have used at a label's worker and that were not valid there.";
    RECEIVED: Counter "labelgate_network_receive_bytes_total" ["label"]
        "Bytes received from clients.";
    SENT: Counter "labelgate_network_transmit_bytes_total" ["label"]
        "Bytes sent to clients.";

    GREETED: Counter "labelgate_greetings_total" ["result"]
        "Connections that a greeter was to receive, by whether they got to a worker or why not.";
    GREETER_STARTS: Counter "labelgate_greeter_starts_total" ["result"]
        "Greeters and port mappers started, by whether they became ready.";
    GREETER_DEATHS: Counter "labelgate_greeter_deaths_total" ["cause"]
        "Greeters reaped after their connection, and port mappers. The supervisor kills them, unless they end first.";
    PORTMAP_DATAGRAMS: Counter "labelgate_portmap_datagrams_total" ["result"]
        "Datagrams to the port mapper, by whether they were answered, met with silence, or too many of their source.";

    WORKERS: Gauge "labelgate_workers" []
        "Worker processes.";
    WORKER_INFO: Gauge "labelgate_worker_info" ["label", "driver"]
        "1 for each worker that is confined and ready, with what moves its bytes.";
    STARTS: Counter "labelgate_worker_starts_total" ["label"]
        "Workers started.";
    START_FAILURES: Counter "labelgate_worker_start_failures_total" ["label"]
        "Workers that could not be started.";
    DEATHS: Counter "labelgate_worker_deaths_total" ["label", "cause"]
        "Workers reaped. Orderly ones were asked to end and did.";
    WORKER_MEMORY: Gauge "labelgate_worker_resident_memory_bytes" ["label"]
        "Resident memory of a label's worker.";
    WORKER_CPU: Counter "labelgate_worker_cpu_seconds_total" ["label"]
        "Processor time of a label's workers; of those that have ended, up to their last scrape.";
    WORKER_BUFFERS: Gauge "labelgate_worker_buffer_bytes" ["label"]
        "Buffers that a label's worker is using.";
    WORKER_TURNS: Counter "labelgate_worker_turns_total" ["label"]
        "Turns of the loop of a label's worker.";
    WORKER_EVENTS_DROPPED: Counter "labelgate_worker_events_dropped_total" ["label"]
        "Events for the audit trail that a worker could not get rid of.";
    PAGE_REJECTED: Counter "labelgate_worker_page_rejected_total" ["label"]
        "Numbers in a worker's shared page that cannot be true and were not counted.";

    KEEPERS: Gauge "labelgate_keepers" ["label"]
        "Keepers that hold images for a label's worker.";
    KEEPER_STARTS: Counter "labelgate_keeper_starts_total" ["label"]
        "Keepers started for a label.";
    KEEPER_DEATHS: Counter "labelgate_keeper_deaths_total" ["label", "cause"]
        "Keepers reaped. Orderly ones were asked to end and did.";
    KEEPER_FENCES: Counter "labelgate_keeper_fences_total" ["label"]
        "Times that the keys of a keeper that was gone were taken back, and everybody was shut out who had come in with them.";
    KEEPER_LOSSES: Counter "labelgate_keeper_losses_total" ["label"]
        "Times that there was no keeper for so long that clients were told so.";
    KEYSMITH_STARTS: Counter "labelgate_keysmith_starts_total" ["result"]
        "Keysmiths started, by whether they became ready.";

    IMAGES_CONFIGURED: Gauge "labelgate_images_configured" []
        "Images to be served.";
    IMAGES_OPEN: Gauge "labelgate_images_open" ["label"]
        "Images that a label's worker has open.";
    IMAGES_POISONED: Gauge "labelgate_images_poisoned" []
        "Images with a mark of a failed flush, configured or not.";
    IMAGE_POISONED: Gauge "labelgate_image_poisoned" ["label", "image"]
        "1 if a flush of the image has failed and no admin has dealt with that.";
    OPERATIONS: Counter "labelgate_image_operations_total" ["label", "image", "operation"]
        "Operations on an image that have ended, in whatever way.";
    BYTES: Counter "labelgate_image_bytes_total" ["label", "image", "operation"]
        "Bytes of an image that successful operations have read, written, discarded or zeroed.";
    ERRORS: Counter "labelgate_image_errors_total" ["label", "image", "error"]
        "Operations on an image that have failed.";
    IN_FLIGHT: Gauge "labelgate_image_operations_in_flight" ["label", "image"]
        "Operations on an image that have begun and not ended.";
    DURATION: Histogram "labelgate_image_operation_duration_seconds" ["label", "image", "operation"]
        "Time from the turn in which a worker gave an operation to the image until it ended.";
    BACKEND_DURATION: Histogram "labelgate_backend_operation_duration_seconds" ["label", "image", "operation"]
        "Time that an image's backend took over what its keeper asked of it, as the keeper says.";

    CPU: Counter "process_cpu_seconds_total" []
        "Processor time of labelgated itself.";
    RESIDENT: Gauge "process_resident_memory_bytes" []
        "Resident memory of labelgated itself.";
    VIRTUAL: Gauge "process_virtual_memory_bytes" []
        "Address space of labelgated itself.";
    DESCRIPTORS: Gauge "process_open_fds" []
        "Descriptors that labelgated has open.";
    DESCRIPTOR_LIMIT: Gauge "process_max_fds" []
        "Descriptors that labelgated may have open.";
    STARTED: Gauge "process_start_time_seconds" []
        "When labelgated started, in seconds since 1970.";
}
