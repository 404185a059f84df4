//! Asks a gateway for what [`labelgate_api`] says: over the admin socket of this machine, or over
//! the network, with a certificate of the gateway's own authority.
//!
//! ```no_run
//! # async fn ask() -> Result<(), labelgate_client::ClientError> {
//! use labelgate_api::{Nothing, endpoints::GetStatus};
//! use labelgate_client::{Client, Remote};
//!
//! let credentials = "/etc/labelgate/host".as_ref();
//! let remote = Remote::new("https://gateway.example.com:9261", credentials)?;
//! let client = Client::remote(remote, std::time::Duration::from_secs(10));
//! let status = client
//!     .ask::<GetStatus>(&Nothing {}, &Nothing {}, &Nothing {})
//!     .await?;
//! println!("{} workers", status.workers);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod answers;
mod client;
mod error;
mod patient_stream;
mod place;

pub use answers::Answers;
pub use client::{Client, RequestBody};
pub use error::ClientError;
pub use place::{AUTHORITY, CERTIFICATE, KEY, Place, Remote};
