//! Images: what a worker's operations become on a store.
//!
//! An image never blocks the worker's thread for long. [`Image::start`] either answers at once,
//! because the kernel could ([`Step::Done`]), or asks for something that takes time
//! ([`Step::Request`]), or puts the operation aside until another one of the same image has ended
//! ([`Step::Held`]). What a [`FileImage`] asks for is a system call, which the driver runs; what a
//! [`KeptImage`] asks for is an operation on a backend, which a keeper carries out.
//!
//! A [`Tree`](tree::Tree) is a directory of the label's own, for clients that make files themselves.

#![forbid(unsafe_code)]

mod file;
mod gate;
mod image;
mod kept;
mod request;
pub mod tree;

pub use file::{FileImage, FileOptions, OpenError, ResizeError, Strategy, Way};
pub use image::Image;
pub use kept::{KeptAnswer, KeptImage, KeptOptions, KeptRequest, NotKept, Shape};
pub use request::{Held, Request, Step, SystemCall};
