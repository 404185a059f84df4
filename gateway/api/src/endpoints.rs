//! All operations of the admin socket.

use crate::endpoint::{Bytes, Declaration, Endpoint, Json, Lines, Method, Nothing, PlainText};
use crate::{
    AddBackend, AddGroup, AddHost, AddIdentity, AddStore, AddedIdentity, AllocateLevel, AuditQuery,
    AuditReport, CertifiedHost, CertifyHost, ClearImage, CloneImage, CreateImage, CreateSnapshot,
    Done, EndedLease, FollowMachine, Group, GroupPath, Groups, Host, HostAddresses,
    HostMachinePath, HostPath, Hosts, Identities, Identity, IdentityPath, Image, ImagePath, Images,
    ImagesQuery, ImportQuery, LabelImage, Lease, LeasePath, Leases, Level, LevelPath, Levels,
    MachinePath, MachineSecret, MemberPath, NewMachineSecret, RekeyStore, RelabelledImage,
    Reloaded, RemoveImageQuery, ResizeImage, ResizedImage, Restored, Revocation, RollBack,
    RotateIdentity, Rotated, Snapshot, SnapshotPath, Snapshots, StartLease, StartMachine, Status,
    Step, StopMachine, Store, StorePath, Stores, WorkerPath, Workers,
};

/// Declares one type per endpoint, and the list of all of them.
macro_rules! endpoints {
    ($(
        #[doc = $summary:literal]
        $name:ident = $method:ident $path:literal
            ($in_path:ty, $in_query:ty, $body:ty) -> $answer:ty;
    )*) => {
        $(
            #[doc = $summary]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Endpoint for $name {
                const METHOD: Method = Method::$method;
                const PATH: &'static str = $path;
                const NAME: &'static str = stringify!($name);
                const SUMMARY: &'static str = $summary.trim_ascii();
                type Path = $in_path;
                type Query = $in_query;
                type Body = $body;
                type Answer = $answer;
            }
        )*

        /// Every endpoint, in the order of the document.
        #[must_use]
        pub fn all() -> Vec<Declaration> {
            vec![$(Declaration::of::<$name>()),*]
        }
    };
}

endpoints! {
    /// The gateway as a whole.
    GetStatus = Get "/v1/status" (Nothing, Nothing, Nothing) -> Json<Status>;
    /// All metrics, in Prometheus' text format.
    GetMetrics = Get "/v1/metrics" (Nothing, Nothing, Nothing) -> PlainText;
    /// The OpenAPI document of this interface.
    GetDocument = Get "/v1/openapi.json" (Nothing, Nothing, Nothing) -> Json<serde_json::Value>;

    /// Lists stores.
    ListStores = Get "/v1/stores" (Nothing, Nothing, Nothing) -> Json<Stores>;
    /// Adds a store that is a directory.
    PostStore = Post "/v1/stores" (Nothing, Nothing, Json<AddStore>) -> Json<Store>;
    /// Adds a store whose images a backend keeps. One that has a key is asked first whether it lets it in.
    PostBackend = Post "/v1/backends" (Nothing, Nothing, Json<AddBackend>) -> Json<Store>;
    /// One store, without its key.
    GetStore = Get "/v1/stores/{store}" (StorePath, Nothing, Nothing) -> Json<Store>;
    /// Gives a store whose images a backend keeps another key.
    PostStoreKey = Post "/v1/stores/{store}/key" (StorePath, Nothing, Json<RekeyStore>) -> Json<Store>;
    /// Removes a store that has no images. Its directory, or pool, stays as it is.
    DeleteStore = Delete "/v1/stores/{store}" (StorePath, Nothing, Nothing) -> Json<Done>;

    /// Lists images.
    ListImages = Get "/v1/images" (Nothing, ImagesQuery, Nothing) -> Json<Images>;
    /// Creates an empty image, or takes in a file that is there.
    PostImage = Post "/v1/images" (Nothing, Nothing, Json<CreateImage>) -> Json<Image>;
    /// One image.
    GetImage = Get "/v1/images/{store}/{image}" (ImagePath, Nothing, Nothing) -> Json<Image>;
    /// Makes a new image of the bytes in the body. If it fails, or the client goes away, nothing of it remains.
    ImportImage = Put "/v1/images/{store}/{image}" (ImagePath, ImportQuery, Bytes) -> Lines<Step>;
    /// Removes an image.
    DeleteImage = Delete "/v1/images/{store}/{image}" (ImagePath, RemoveImageQuery, Nothing) -> Json<Revocation>;
    /// Makes a new image that is a copy of this one.
    PostClone = Post "/v1/images/{store}/{image}/clone" (ImagePath, Nothing, Json<CloneImage>) -> Lines<Step>;
    /// Gives an image another label. Sessions of the old label end first.
    PostImageLabel = Post "/v1/images/{store}/{image}/label" (ImagePath, Nothing, Json<LabelImage>) -> Json<RelabelledImage>;
    /// Lets an image follow a machine: it has the level of its process while that runs, and is nobody's otherwise. Sessions on it end first.
    PostImageFollow = Post "/v1/images/{store}/{image}/follow" (ImagePath, Nothing, Json<FollowMachine>) -> Json<RelabelledImage>;
    /// Makes an image larger, while it is served.
    PostImageSize = Post "/v1/images/{store}/{image}/resize" (ImagePath, Nothing, Json<ResizeImage>) -> Json<ResizedImage>;
    /// Serves an image again after a failed flush.
    PostImageClear = Post "/v1/images/{store}/{image}/clear" (ImagePath, Nothing, Json<ClearImage>) -> Json<Image>;

    /// Lists the snapshots of an image in a pool.
    ListSnapshots = Get "/v1/images/{store}/{image}/snapshots" (ImagePath, Nothing, Nothing) -> Json<Snapshots>;
    /// Makes a snapshot of an image in a pool, while it is served.
    PostSnapshot = Post "/v1/images/{store}/{image}/snapshots" (ImagePath, Nothing, Json<CreateSnapshot>) -> Json<Snapshot>;
    /// Removes a snapshot that no image is a clone of.
    DeleteSnapshot = Delete "/v1/images/{store}/{image}/snapshots/{snapshot}" (SnapshotPath, Nothing, Nothing) -> Json<Done>;
    /// Has an image hold again what it held when a snapshot was made. Nobody is served it meanwhile.
    PostRollback = Post "/v1/images/{store}/{image}/snapshots/{snapshot}/rollback" (SnapshotPath, Nothing, Json<RollBack>) -> Json<Revocation>;

    /// Lists identities, without their secrets.
    ListIdentities = Get "/v1/identities" (Nothing, Nothing, Nothing) -> Json<Identities>;
    /// Adds an identity. The answer holds its secrets or its token, this once.
    PostIdentity = Post "/v1/identities" (Nothing, Nothing, Json<AddIdentity>) -> Json<AddedIdentity>;
    /// One identity, without its secrets.
    GetIdentity = Get "/v1/identities/{identity}" (IdentityPath, Nothing, Nothing) -> Json<Identity>;
    /// Removes an identity. Its sessions end first.
    DeleteIdentity = Delete "/v1/identities/{identity}" (IdentityPath, Nothing, Nothing) -> Json<Revocation>;
    /// Gives an identity new secrets or a new token. The answer holds them, this once. Sessions go on.
    PostRotation = Post "/v1/identities/{identity}/rotate" (IdentityPath, Nothing, Json<RotateIdentity>) -> Json<Rotated>;

    /// Lists group labels with their members.
    ListGroups = Get "/v1/groups" (Nothing, Nothing, Nothing) -> Json<Groups>;
    /// Makes a label a group label.
    PostGroup = Post "/v1/groups" (Nothing, Nothing, Json<AddGroup>) -> Json<Group>;
    /// Removes a group label. Sessions of its members on its images end first.
    DeleteGroup = Delete "/v1/groups/{label}" (GroupPath, Nothing, Nothing) -> Json<Revocation>;
    /// Lets an identity open the images of a group label.
    PutMember = Put "/v1/groups/{label}/members/{identity}" (MemberPath, Nothing, Nothing) -> Json<Group>;
    /// Takes that away again. Its sessions on those images end first.
    DeleteMember = Delete "/v1/groups/{label}/members/{identity}" (MemberPath, Nothing, Nothing) -> Json<Revocation>;

    /// Lists levels that are allocated.
    ListLevels = Get "/v1/levels" (Nothing, Nothing, Nothing) -> Json<Levels>;
    /// Allocates a level that no other has.
    PostLevel = Post "/v1/levels" (Nothing, Nothing, Json<AllocateLevel>) -> Json<Level>;
    /// Releases a level that nothing uses.
    DeleteLevel = Delete "/v1/levels/{label}" (LevelPath, Nothing, Nothing) -> Json<Done>;

    /// Lists leases.
    ListLeases = Get "/v1/leases" (Nothing, Nothing, Nothing) -> Json<Leases>;
    /// Starts a lease.
    PostLease = Post "/v1/leases" (Nothing, Nothing, Json<StartLease>) -> Json<Lease>;
    /// Ends a lease. The sessions it admitted end first.
    DeleteLease = Delete "/v1/leases/{lease}" (LeasePath, Nothing, Nothing) -> Json<EndedLease>;

    /// A machine starts on a host, or comes in by a migration. Its disks that point here are looked at first; what runs there already has its lease.
    PostMachineStart = Post "/v1/machines/{vm}/start" (MachinePath, Nothing, Json<StartMachine>) -> Json<Lease>;
    /// A machine has stopped on a host, or has left it. The sessions that its lease there admitted end first.
    PostMachineStop = Post "/v1/machines/{vm}/stop" (MachinePath, Nothing, Json<StopMachine>) -> Json<EndedLease>;

    /// Makes a new secret for a machine that runs nowhere, for a hypervisor that may start it.
    PostMachineSecret = Post "/v1/machines/{vm}/secret" (MachinePath, Nothing, Json<NewMachineSecret>) -> Json<MachineSecret>;

    /// Lists hosts.
    ListHosts = Get "/v1/hosts" (Nothing, Nothing, Nothing) -> Json<Hosts>;
    /// Adds a host, and issues its certificate.
    PostHost = Post "/v1/hosts" (Nothing, Nothing, Json<AddHost>) -> Json<CertifiedHost>;
    /// One host.
    GetHost = Get "/v1/hosts/{host}" (HostPath, Nothing, Nothing) -> Json<Host>;
    /// Removes a host. Its certificate is good for nothing from then on, and its connections end; its leases stay.
    DeleteHost = Delete "/v1/hosts/{host}" (HostPath, Nothing, Nothing) -> Json<Done>;
    /// Issues another certificate for a host. The one before is good for nothing from then on.
    PostHostCertificate = Post "/v1/hosts/{host}/certificate" (HostPath, Nothing, Json<CertifyHost>) -> Json<CertifiedHost>;
    /// Says from which addresses a hypervisor's machines connect. Sessions that its leases admit no longer end first.
    PutHostAddresses = Put "/v1/hosts/{host}/addresses" (HostPath, Nothing, Json<HostAddresses>) -> Json<Revocation>;
    /// Lets a hypervisor start a machine.
    PutHostMachine = Put "/v1/hosts/{host}/machines/{vm}" (HostMachinePath, Nothing, Nothing) -> Json<Host>;
    /// Takes that away again. A lease that it has stays.
    DeleteHostMachine = Delete "/v1/hosts/{host}/machines/{vm}" (HostMachinePath, Nothing, Nothing) -> Json<Host>;

    /// Lists workers.
    ListWorkers = Get "/v1/workers" (Nothing, Nothing, Nothing) -> Json<Workers>;
    /// Kills a worker. Its clients connect again, to a new one.
    DeleteWorker = Delete "/v1/workers/{label}" (WorkerPath, Nothing, Nothing) -> Json<Revocation>;

    /// Records of the audit trail.
    GetAudit = Get "/v1/audit" (Nothing, AuditQuery, Nothing) -> Lines<serde_json::Value>;
    /// Checks the hash chain of the audit trail.
    GetAuditReport = Get "/v1/audit/verify" (Nothing, Nothing, Nothing) -> Json<AuditReport>;

    /// Reads the configuration file again.
    PostReload = Post "/v1/reload" (Nothing, Nothing, Nothing) -> Json<Reloaded>;
    /// A backup of the registry. It holds every secret.
    PostBackup = Post "/v1/backup" (Nothing, Nothing, Nothing) -> Bytes;
    /// Replaces the registry by that of a backup. What the backup does not have ends first.
    PutRestore = Put "/v1/restore" (Nothing, Nothing, Bytes) -> Json<Restored>;
}
