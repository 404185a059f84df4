//! The admin socket: what admins look at and change while the gateway runs.
//!
//! HTTP/1.1 and JSON on a Unix socket, and for hosts over TLS (`remote`); [`labelgate_api`] says which paths there are and what is
//! spoken on them. `caller` says who asks, by what the kernel says of the other end. `server` takes connections and
//! bounds them; `claim` says whether what is asked for is granted, and `queue` who is next. `routes` leads a request to what does it: `stores`, `images`, `identities` and so on,
//! which change nothing themselves but ask for a [`crate::state::Turn`].

mod access_list;
mod answer;
mod asked;
mod audit;
mod available;
mod backends;
mod caller;
mod claim;
mod clones;
mod copied;
mod failure;
mod feed;
mod fill;
mod follow;
mod followers;
mod groups;
mod hosts;
mod identities;
mod image_changes;
mod image_view;
mod images;
mod kept;
mod leases;
mod levels;
mod machine_disks;
mod machine_secrets;
mod machines;
mod operation;
mod proving;
mod queue;
mod registry;
mod remote;
mod remote_right;
mod right;
mod rollback;
mod routes;
mod server;
mod snapshots;
mod status;
mod stores;
mod workers;

pub use followers::keep_followers;
pub use server::{Door, DoorError};
