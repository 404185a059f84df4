//! Connections whose label is not known by their address alone.
//!
//! The supervisor parses no byte of theirs. Once the client has said something, a process that
//! was started ahead and can do nothing else, a *greeter*, does the iSCSI login with it, holding
//! no secret: challenges are made here, and answers are judged here. A client of NFS asks such a
//! process for ports and mounts, and its calls are left unread from the first one on that shows a
//! file handle. When the login is over the
//! greeter is killed and reaped, and the socket goes to the worker of the label that the identity,
//! or the group that the target belongs to, has.
//!
//! * [`hall`] and [`visitor`]: who waits, who has a seat, who has to give it up.
//! * [`pool`], [`greeter`], [`process`] and [`launch`]: the processes; [`port_mapper`]: one that
//!   stays.
//! * [`authority`], [`challenges`], [`response`]: CHAP. [`exports`]: tokens and file handles.
//! * [`dialogue`]: what a greeter may say when. [`reception`]: all of it, for one connection.

mod arrival;
mod attempts;
mod authority;
mod challenges;
mod dialogue;
mod exports;
mod failure;
mod greeter;
mod hall;
mod launch;
mod pool;
mod port_mapper;
mod process;
mod reception;
mod response;
mod visitor;

pub use arrival::Arrival;
pub use authority::Authority;
pub use launch::Launch;
pub use pool::Pool;
pub use port_mapper::PortMapper;
pub use reception::Reception;
